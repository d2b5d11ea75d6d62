"""Processes that are forked: what they all import is imported once.

``forked`` forks this process. ``Nest`` starts one that has imported the program, is small and has one thread,
as the test process may not have; it runs the command in a fork of itself, as often as it is asked.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import migrator
from migrator import __main__ as program

SECONDS = 60
# What a run imports once it needs it.
LATER = ("azure.mgmt.batchai", "libcst.native", "tomllib")


def forked(run: Callable[[], object], seconds: int = SECONDS) -> Any:
    """Return what ``run`` returns in a process of its own, as JSON has it; None if that does not end well."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(seconds)
        try:
            with os.fdopen(writing, "w") as report:
                json.dump(run(), report, default=str)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as report:
        text = report.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def silence() -> None:
    """Let nothing that this process prints be seen."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


class Nest:
    """A process with an environment of its own, which runs the command; one at a time."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="nest"))
        words = [sys.executable, "-m", "tests.forking", str(self._folder)]
        self._process = subprocess.Popen(
            words, cwd=self._folder, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._running: list[str] = []

    def close(self) -> None:
        """End it."""
        self._process.communicate()
        shutil.rmtree(self._folder)

    def start(
        self,
        words: Sequence[str],
        cwd: Path,
        environ: Mapping[str, str],
        limits: Mapping[str, int] | None = None,
        seconds: int = SECONDS,
    ) -> int:
        """Start the command in a session of its own and return its number.

        ``environ`` is added to the environment, ``limits`` are those of setrlimit by name.
        """
        if self._running:  # what a test has left alone
            self.end()
        asked = self._process.stdin
        assert asked is not None
        asked.write(json.dumps([words, str(cwd), dict(environ), limits or {}, seconds]) + "\n")
        asked.flush()
        self._running = list(words)
        return self._told()

    def end(self) -> subprocess.CompletedProcess[bytes]:
        """Wait for the end of what was started."""
        words, code = self._running, self._told()
        self._running = []
        if code == -signal.SIGALRM:
            raise subprocess.TimeoutExpired(words, SECONDS)
        shown, said = ((self._folder / name).read_bytes() for name in ("1", "2"))
        return subprocess.CompletedProcess(words, code, shown, said)

    def _told(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


def main(folder: Path) -> None:
    """Run the command for each line of stdin, what it prints in files; print its number and exit code."""
    names = [each.name for each in pkgutil.walk_packages(migrator.__path__, "migrator.")]
    for name in (*names, *LATER):
        if not name.endswith("__main__"):
            with suppress(ImportError):  # of the extra "online"
                importlib.import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _command(folder, *json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _command(
    folder: Path,
    words: Sequence[str],
    cwd: str,
    environ: Mapping[str, str],
    limits: Mapping[str, int],
    seconds: int,
) -> None:
    os.setsid()
    signal.alarm(seconds)
    for number, place in enumerate((Path(os.devnull), folder / "1", folder / "2")):
        if number:
            place.unlink(missing_ok=True)
        opened = os.open(place, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(cwd)
    os.environ.update(environ)
    for name, most in limits.items():
        resource.setrlimit(getattr(resource, name), (most, most))
    sys.argv = [program.__file__, *words]
    program.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

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
    """A process with an environment of its own, which runs the command."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="nest"))
        words = [sys.executable, "-m", "tests.forking", str(self._folder)]
        self._process = subprocess.Popen(
            words, cwd=self._folder, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """End it."""
        self._process.communicate()
        shutil.rmtree(self._folder)

    def run(
        self, words: Sequence[str], cwd: Path, environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command; ``environ`` is added to the environment."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        asked.write(json.dumps([words, str(cwd), dict(environ)]) + "\n")
        asked.flush()
        code = json.loads(told.readline())
        if code == -signal.SIGALRM:
            raise subprocess.TimeoutExpired(list(words), SECONDS)
        shown, said = ((self._folder / name).read_bytes() for name in ("1", "2"))
        return subprocess.CompletedProcess(list(words), code, shown, said)


def main(folder: Path) -> None:
    """Run the command for each line of stdin, with what it prints in files; print the exit codes."""
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
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _command(folder: Path, words: Sequence[str], cwd: str, environ: Mapping[str, str]) -> None:
    signal.alarm(SECONDS)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (1, 2):
        place = folder / str(number)
        place.unlink(missing_ok=True)
        os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(cwd)
    os.environ.update(environ)
    sys.argv = [program.__file__, *words]
    program.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

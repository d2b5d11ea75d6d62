"""Signals at any moment: a run and its workers end at once, with a shell's exit code, in silence."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import TypeAlias

import pytest

from migrator.write import take_back
from tests.command import PROJECT, git, nest, run, spec
from tests.trees import job

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")

WORDS = {signal.SIGINT: b"interrupted\n", signal.SIGTERM: b"terminated\n", signal.SIGHUP: b"hung up\n"}
Ended: TypeAlias = tuple[int, bytes, bytes]
SECONDS = 20


class Forked:
    """The command in a fork of a process that has imported it, in a session of its own."""

    def __init__(self, *words: str, cwd: Path) -> None:
        self.pid = nest().start(words, cwd, {})

    def end(self) -> Ended:
        ended = nest().end()
        return ended.returncode, ended.stdout, ended.stderr


class Started:
    """The command as a user starts it, in a session of its own."""

    def __init__(self, *words: str, cwd: Path) -> None:
        self.process = popen(*words, cwd=cwd)
        self.pid = self.process.pid

    def end(self) -> Ended:
        output, said = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, output, said


def popen(*words: str, cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "migrator", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_until_it_listens(process: Forked | Started) -> None:
    """Return once the process hears signals, or has ended."""
    bit = 1 << (signal.SIGTERM - 1)
    with contextlib.suppress(FileNotFoundError):
        while True:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            status = dict(line.split(":", 1) for line in lines)
            if "SigCgt" not in status or int(status["SigCgt"], 16) & bit or "Z" in status["State"]:
                return
            time.sleep(0.001)


# How it is started, at how many moments it gets each signal, and its words. The imports, which a user's start
# does first, are the same whatever these are.
LINES: tuple[tuple[type[Forked | Started], int, tuple[str, ...]], ...] = (
    (Started, 5, ("plan", "-j", "1", "-q")),
    *((Forked, 8, (command, "-j", count, "-q")) for command, count in product(("plan", "apply"), "12")),
)


def is_gone(group: int) -> bool:
    """Tell whether nobody of the process group is left, soon."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "work"
    for name in "abc":
        (top / name).mkdir(parents=True)
        (top / name / "job.json").write_text(spec())
        (top / name / "run.py").write_text(f"import azure.mgmt.batchai.models as models\n{job()}")
    git("init", "-q", cwd=top)
    git("add", "-A", cwd=top)
    git("commit", "-qm", "start", cwd=top)
    return top


def snapshot(top: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in top.rglob("*.*") if path.suffix in (".py", ".json")}


def test_a_signal_ends_a_run_and_its_workers_at_any_moment(
    tree: Path, record_property: Callable[[str, object], None]
) -> None:
    before = snapshot(tree)
    ended = delivered = 0
    for start, moments, words in LINES:
        times = []
        for _ in range(3):
            process = start(*words, cwd=tree)
            wait_until_it_listens(process)
            begin = time.monotonic()
            assert process.end()[0] == 0
            times.append(time.monotonic() - begin)
            take_back(tree)
        for (number, word), moment in product(WORDS.items(), range(moments)):
            process = start(*words, cwd=tree)
            wait_until_it_listens(process)
            time.sleep(min(times) * moment / moments)
            send = os.killpg if moment % 2 else os.kill  # a terminal tells all processes
            with contextlib.suppress(ProcessLookupError):
                send(process.pid, number)
                delivered += 1
            code, output, said = process.end()
            where = (words, number, moment, code, output, said)
            assert is_gone(process.pid), where
            assert b"Traceback" not in said, where
            if code != 0:  # 0: it was faster
                ended += 1
                assert code == 128 + number, where
                assert said.endswith(word), where
            take_back(tree)
            assert snapshot(tree) == before, where
            assert not (tree / ".ngc-migrate").exists(), where
    assert delivered >= 100
    assert ended >= delivered // 2
    record_property("counted", f"signals: {delivered} delivered, {ended} in time; none hung or left a child")


def test_a_killed_run_leaves_no_worker(tree: Path) -> None:
    for name in "abc":
        for count in range(99):
            shutil.copy(tree / name / "run.py", tree / name / f"run{count}.py")
    process = popen("-j", "2", "-q", cwd=tree)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and not children.read_text():
        time.sleep(0.005)
    process.kill()
    process.communicate(timeout=SECONDS)
    assert is_gone(process.pid)


def test_what_is_ignored_stays_ignored(tree: Path) -> None:
    code = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "from migrator.cli.signals import listen; listen(); os.kill(os.getpid(), signal.SIGHUP); print(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout == "1\n"
    assert run("-q", cwd=tree).returncode == 0


def is_writing(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether the process waits for room in a pipe; see proc(5)."""
    return "pipe" in Path(f"/proc/{process.pid}/wchan").read_text()


@pytest.mark.skipif(not Path("/proc/self/wchan").exists(), reason="there is no /proc")
def test_an_interrupt_ends_with_130(tree: Path) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b" " * 4096)
    os.set_blocking(write, True)
    process = subprocess.Popen(
        [sys.executable, "-m", "migrator"],
        cwd=tree,
        stdout=write,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    try:
        while not is_writing(process):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        os.close(read)
        os.close(write)
    assert (process.returncode, said) == (130, b"interrupted\n")

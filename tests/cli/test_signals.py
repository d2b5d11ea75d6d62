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

import pytest

from migrator.write import take_back
from tests.command import PROJECT, git, run, spec
from tests.trees import job

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")

WORDS = {signal.SIGINT: b"interrupted\n", signal.SIGTERM: b"terminated\n", signal.SIGHUP: b"hung up\n"}
MOMENTS = 9
SECONDS = 20


def started(*words: str, cwd: Path) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own; returns once it listens for signals."""
    process = subprocess.Popen(
        [sys.executable, "-m", "migrator", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    bit = 1 << (signal.SIGTERM - 1)
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = next((line for line in status.splitlines() if line.startswith("SigCgt")), "SigCgt: 0")
        if int(caught.split()[1], 16) & bit:
            break
    return process


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
    lines = [(command, "-j", count, "-q") for command, count in product(("plan", "apply"), "12")]
    ended = delivered = 0
    for words in lines:
        process = started(*words, cwd=tree)
        begin = time.monotonic()
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        whole = time.monotonic() - begin
        take_back(tree)
        for (number, word), moment in product(WORDS.items(), range(MOMENTS)):
            process = started(*words, cwd=tree)
            time.sleep(whole * moment / MOMENTS)
            send = os.killpg if moment % 2 else os.kill  # a terminal tells all processes
            with contextlib.suppress(ProcessLookupError):
                send(process.pid, number)
                delivered += 1
            output, said = process.communicate(timeout=SECONDS)
            where = (words, number, moment, process.returncode, output, said)
            assert is_gone(process.pid), where
            assert b"Traceback" not in said, where
            if process.returncode != 0:  # 0: it was faster
                ended += 1
                assert process.returncode == 128 + number, where
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
    process = started("-j", "2", "-q", cwd=tree)
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

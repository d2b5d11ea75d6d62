"""What only POSIX has is not needed: the command runs in a Python that was deprived of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import PROJECT, block, job, spec, work_tree

# https://docs.python.org/3/library/os.html and signal.html: "Availability: Unix".
DEPRIVED = f"""
import os, signal, sys
sys.path.insert(0, {str(PROJECT)!r})
import subprocess  # it needs some of it itself, on this system
for module in ("fcntl", "pwd", "grp", "resource", "termios", "tty", "syslog"):
    sys.modules[module] = None
kept = {{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_CREAT", "O_EXCL", "O_TRUNC", "O_APPEND"}}
for name in [name for name in vars(os) if name.startswith("O_") and name not in kept]:
    delattr(os, name)
for name in ("chown", "fchown", "lchown", "fchmod", "fchdir", "geteuid", "getuid", "getegid", "getgid",
             "fork", "SEEK_DATA", "SEEK_HOLE", "getxattr", "setxattr", "listxattr", "statvfs", "uname"):
    delattr(os, name)
for name in [name for name in vars(signal) if name.startswith("SIG") and name not in (
        "SIGINT", "SIGTERM", "SIGABRT", "SIGFPE", "SIGILL", "SIGSEGV", "SIG_DFL", "SIG_IGN",
        "SIGKILL")]:  # the library's own means to kill a process, here
    delattr(signal, name)
del signal.pthread_sigmask
import multiprocessing
multiprocessing.get_all_start_methods = lambda: ["spawn"]
from migrator.__main__ import main
"""


def deprived(*words: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    code = f"{DEPRIVED}\nsys.argv = ['ngc-migrate', *{words!r}]\nmain()\n"
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, timeout=120)


@pytest.mark.parametrize("count", ["1", "2"])
def test_plan_apply_and_undo_need_nothing_of_posix(tmp_path: Path, count: str) -> None:
    tree = work_tree(tmp_path)
    block(tree)
    ran = deprived("--format", "json", "-o", str(tmp_path / "report.json"), "-j", count, cwd=tree)
    assert (ran.returncode, ran.stdout) == (0, b""), ran.stderr
    ran = deprived("apply", "--reviewed", str(tmp_path / "report.json"), "-j", count, cwd=tree)
    assert ran.returncode == 0, ran.stderr
    assert job(tree).read_text() != spec()
    ran = deprived("undo", cwd=tree)
    assert ran.returncode == 0, ran.stderr
    assert job(tree).read_text() == spec()
    assert not (tree / ".ngc-migrate").exists()

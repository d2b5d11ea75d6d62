from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import PROJECT, refused, run, work_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return work_tree(tmp_path)


def test_a_report_that_cannot_be_written_is_a_failure(tree: Path) -> None:
    assert "cannot write" in refused("-o", "recipes", cwd=tree)
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "migrator"],
            cwd=tree,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )
    assert ran.returncode == 2
    assert b"cannot write to standard output" in ran.stderr


def test_a_reader_that_goes_away_is_no_failure(tree: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "migrator"],
            cwd=tree,
            stdout=write,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )
    finally:
        os.close(write)
    assert ran.returncode == 0
    assert b"Broken" not in ran.stderr
    assert b"Exception" not in ran.stderr


@pytest.mark.parametrize(("mode", "shown"), [("1", "日本\\x1b[31m"), ("0", "\\xe6\\x97\\xa5")])
def test_an_ascii_terminal_stops_nothing(tree: Path, mode: str, shown: str) -> None:
    (tree / "recipes" / "Digits").rename(tree / "recipes" / "日本\x1b[31m")
    ran = run("recipes", "--check", cwd=tree, PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8=mode)
    assert ran.returncode == 1
    assert shown in ran.stdout.decode()
    assert b"\x1b" not in ran.stdout + ran.stderr


COUNTING = """
from migrator.cli import console
console._PATIENCE = {patience}
progress = console.Progress(is_quiet={is_quiet})
progress.step("Looking")
list(progress.over("Planning", ["a", "b"]))
progress.step()
"""
LOOKING, COUNTED, CLEARED = "\r\x1b[2KLooking …", "\r\x1b[2KPlanning folder 1 of 2 …", "\r\x1b[2K"


@pytest.mark.parametrize(
    ("patience", "is_quiet", "term", "shown"),
    [
        (-1, False, "xterm", LOOKING + COUNTED + CLEARED),
        (60, False, "xterm", LOOKING + CLEARED),
        (-1, True, "xterm", ""),
        (-1, False, "dumb", ""),
    ],
)
def test_a_terminal_sees_what_goes_on_and_counts_after_a_while(
    patience: int, is_quiet: bool, term: str, shown: str
) -> None:
    reader, terminal = pty.openpty()
    environ = {"PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "utf-8", "TERM": term}
    code = COUNTING.format(patience=patience, is_quiet=is_quiet)
    subprocess.run([sys.executable, "-c", code], stderr=terminal, env=environ, check=True)
    os.write(terminal, b"$")  # the end, as a read may bring only a part
    read = b""
    while not read.endswith(b"$"):
        read += os.read(reader, 10_000)
    os.close(terminal)
    assert read.decode() == f"{shown}$"
    os.close(reader)

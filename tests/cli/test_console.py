from __future__ import annotations

import os
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

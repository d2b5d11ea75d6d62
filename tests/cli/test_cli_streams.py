from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import PROJECT, block, job, refused, run, spec, work_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return work_tree(tmp_path)


def test_the_json_report_stands_alone_on_standard_output(tree: Path) -> None:
    ran = run("--format", "json", "recipes", cwd=tree, FORCE_COLOR="1")
    report = json.loads(ran.stdout)
    assert (report["root"], report["summary"]["recipes"]) == ("recipes", {"migrate": 1})
    assert report["edits"][0]["path"] == "Digits/job.json"
    counts = report["summary"]["files"]
    assert counts.pop("seen") == sum(counts.values())


def test_a_report_goes_into_a_file_instead(tree: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "report.json"
    ran = run("--format", "json", "-o", str(file), cwd=tree)
    assert (ran.returncode, ran.stdout) == (0, b"")
    assert json.loads(file.read_bytes())["version"] == 1
    assert [entry.name for entry in file.parent.iterdir()] == ["report.json"]


def test_a_device_is_written_and_not_replaced(tree: Path) -> None:
    assert run("-o", "/dev/null", cwd=tree).returncode == 0
    assert Path("/dev/null").is_char_device()
    assert b"Files  " in run("-o", "/dev/stdout", cwd=tree).stdout
    assert b"Files  " in run("-o", "-", cwd=tree).stdout


def test_a_report_does_not_overwrite_what_is_looked_at(tree: Path) -> None:
    assert "would overwrite" in refused("-o", "recipes/Digits/job.json", cwd=tree)
    assert job(tree).read_text() == spec()


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


def test_quiet_leaves_the_overview_to_the_closing_sentence(tree: Path) -> None:
    ran = run("-q", cwd=tree)
    assert ran.stdout.startswith(b"MIGRATE 1\n")
    assert len(ran.stderr.splitlines()) == 2


def test_the_version_is_data() -> None:
    ran = run("--version", cwd=PROJECT)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.startswith(b"ngc-migrate 0.")


@pytest.mark.parametrize("words", [("--help",), ("plan", "--help"), ("apply", "--help"), ("recipes", "-h")])
def test_help_is_data_and_fits_a_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = run(*words, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert max(map(len, ran.stdout.decode().splitlines())) <= 80


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_a_question_about_the_tool_loads_no_heavy_module(word: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "migrator", word],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.decode().splitlines()}
    heavy = {
        "libcst",
        "azure",
        "msrest",
        "rich",
        "tree_sitter",
        "tomllib",
        "migrator.plan.run",
        "migrator.report.patch",
    }
    assert not {name.partition(".")[0] for name in loaded} & heavy
    assert not loaded & heavy


@pytest.mark.parametrize(
    ("words", "environ", "is_colored"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1", "TERM": "dumb"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--diff",), {"FORCE_COLOR": "1"}, False),
        (("--format", "json"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colors_follow_the_word_then_the_environment(
    tree: Path, words: tuple[str, ...], environ: dict[str, str], is_colored: bool
) -> None:
    assert (b"\x1b[" in run(*words, cwd=tree, **environ).stdout) is is_colored


@pytest.mark.parametrize(("mode", "shown"), [("1", "日本\\x1b[31m"), ("0", "\\xe6\\x97\\xa5")])
def test_an_ascii_terminal_stops_nothing(tree: Path, mode: str, shown: str) -> None:
    (tree / "recipes" / "Digits").rename(tree / "recipes" / "日本\x1b[31m")
    ran = run("recipes", "--check", cwd=tree, PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8=mode)
    assert ran.returncode == 1
    assert shown in ran.stdout.decode()
    assert b"\x1b" not in ran.stdout + ran.stderr


def test_any_order_of_hashes_gives_the_same_bytes(tree: Path) -> None:
    block(tree)
    made = {
        run("--format", form, cwd=tree, PYTHONHASHSEED=seed).stdout
        for form in ("text", "json")
        for seed in "12"
    }
    assert len(made) == 2

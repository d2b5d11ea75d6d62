from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import block, run, work_tree


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


def test_quiet_leaves_the_overview_to_the_closing_sentence(tree: Path) -> None:
    ran = run("-q", cwd=tree)
    assert ran.stdout.startswith(b"MIGRATE 1\n")
    assert len(ran.stderr.splitlines()) == 2


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


def test_any_order_of_hashes_gives_the_same_bytes(tree: Path) -> None:
    block(tree)
    made = {
        run("--format", form, cwd=tree, PYTHONHASHSEED=seed).stdout
        for form in ("text", "json")
        for seed in "12"
    }
    assert len(made) == 2

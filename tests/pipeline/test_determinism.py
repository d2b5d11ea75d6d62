"""The same input gives the same bytes: any number of processes, any hash seed, any order of a folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from migrator.discover import discover
from migrator.options import Options
from migrator.pipeline import plan
from migrator.pipeline.run import helping
from tests.command import run

FIXTURES = Path(__file__).parents[2] / "fixtures"


def report(tree: Path, *words: str, **environ: str) -> bytes:
    return run(tree.name, "--format", "json", *words, cwd=tree.parent, **environ).stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of several fixtures, made in an order of its own."""
    target = tmp_path_factory.mktemp("all") / "tree"
    names = ("whole-tree", "image-constant", "job-in-a-heredoc", "suppressed-cell", "cntk-distributed")
    for name in sorted(names, reverse=True):
        shutil.copytree(FIXTURES / name / "before", target / name)
    return target


@pytest.fixture(scope="module")
def reported(tree: Path) -> bytes:
    found = report(tree)
    assert json.loads(found)["edits"]
    return found


@pytest.mark.parametrize("workers", ["1", "2", "3", "50"])
def test_the_number_of_processes_changes_nothing(tree: Path, reported: bytes, workers: str) -> None:
    assert report(tree, "-j", workers) == reported


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor")
@pytest.mark.parametrize(("files", "processes"), [(0, 1), (60, 1), (199, 1), (200, 2)])
def test_a_second_process_helps_where_hundreds_of_files_matter(
    tmp_path: Path, files: int, processes: int
) -> None:
    for number in range(files):
        (tmp_path / f"{number}.json").write_text('{"nodeCount": 1}')
    assert helping(discover([tmp_path])) == processes


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_process_finds_the_secrets_of_its_recipes(tmp_path: Path, workers: int) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "job.json").write_text(f'{{"nodeCount": 1, "password": "s3cret-of-{name}"}}')
        (tmp_path / name / "run.sh").write_text(f"az batchai job create; export KEY=t0ken-of-{name}\n")
    found = plan(discover([tmp_path]), Options(), workers).secrets
    assert found == {f"{kind}-of-{name}" for name in ("one", "two", "three") for kind in ("s3cret", "t0ken")}


def test_the_hash_seed_changes_nothing(tree: Path, reported: bytes) -> None:
    assert {report(tree, PYTHONHASHSEED=seed) for seed in ("0", "1", "4711")} == {reported}


def test_the_order_in_which_files_were_made_changes_nothing(
    tree: Path, reported: bytes, tmp_path: Path
) -> None:
    again = tmp_path / "tree"
    for path in sorted(tree.rglob("*")):
        place = again / path.relative_to(tree)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            place.write_bytes(path.read_bytes())
    assert report(again) == reported

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.discover.tree import discover
from migrator.model import FileCounts
from migrator.options import Options
from migrator.pipeline import plan
from tests.trees import CONFIGURATION, LOADER, MODELS, job, job_spec, planned, written

LOAD = "from config import Configuration\ncfg = Configuration('configuration.json')\n"
SUBMIT = LOAD + MODELS + job("cfg.location")
CNTK = job(image="'microsoft/cntk:2.5.1-gpu-python2.7'", nodes="2", toolkit="cntk_settings=None")


def counted(folder: Path, files: dict[str, str | bytes], path: str = "") -> FileCounts:
    return planned(folder, files, path=path).files


def test_nothing_is_counted_where_nothing_is(tmp_path: Path) -> None:
    assert counted(tmp_path, {}) == FileCounts()


def test_files_that_cannot_matter_are_unchanged(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.txt": "x", "b/c.py": "print(1)", "d.json": "{}", "e": b"\xff"}
    assert counted(tmp_path, files) == FileCounts(unchanged=4)


def test_changed_files_are_counted_once_whether_or_not_they_name_batch_ai(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "config.py": LOADER,
        "settings.json": "{}",
        "submit.py": SUBMIT.replace("'configuration.json'", "'settings.json'"),
        "notes.txt": "",
    }
    assert counted(tmp_path, files) == FileCounts(changed=3, unchanged=1)


def test_blocked_and_failed_files_are_counted_as_such(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blocked.py": MODELS + CNTK,
        "other/failed.py": "JobCreateParameters(batchai",
        "changed.json": job_spec({"image": "tensorflow/tensorflow:1.8.0-gpu"}),
        "manual.json": job_spec({"image": "me/own"}),
    }
    assert counted(tmp_path, files) == FileCounts(changed=1, unchanged=1, blocked=1, failed=1)


def test_a_file_with_a_blocked_and_a_migrated_job_is_changed(tmp_path: Path) -> None:
    assert counted(tmp_path, {"submit.py": MODELS + CNTK + job()}) == FileCounts(changed=1)


@pytest.mark.parametrize("content", ["{", '{"a": 1,}'])
def test_a_broken_configuration_is_failed(tmp_path: Path, content: str) -> None:
    files: dict[str, str | bytes] = {"config.py": LOADER, "configuration.json": content, "submit.py": SUBMIT}
    assert counted(tmp_path, files) == FileCounts(unchanged=1, failed=2)


@pytest.mark.parametrize("content", [CONFIGURATION, "{"])
def test_a_broken_or_changed_file_without_a_mark_of_batch_ai_is_counted_once(
    tmp_path: Path, content: str
) -> None:
    script = SUBMIT.replace("'configuration.json'", "'settings.json'")
    files: dict[str, str | bytes] = {"config.py": LOADER, "settings.json": content, "submit.py": script}
    assert counted(tmp_path, files).seen == len(files)


def test_hidden_and_ignored_entries_are_skipped(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    files: dict[str, str | bytes] = {
        ".gitignore": "drafts\n",
        "drafts/a.py": "",
        "drafts/b.py": "",
        "c.py": "",
    }
    assert counted(tmp_path, files) == FileCounts(unchanged=1, skipped=3)


def test_a_git_ignored_configuration_that_changes_is_changed_and_not_skipped(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    files: dict[str, str | bytes] = {
        ".gitignore": "configuration.json\n",
        "config.py": LOADER,
        "configuration.json": CONFIGURATION,
        "submit.py": SUBMIT,
    }
    assert counted(tmp_path, files) == FileCounts(changed=3, skipped=2)


def test_a_configuration_in_an_ignored_folder_is_seen_beside_the_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    script = SUBMIT.replace("'configuration.json'", "'private/configuration.json'")
    files: dict[str, str | bytes] = {
        ".gitignore": "private\n",
        "config.py": LOADER,
        "private/configuration.json": CONFIGURATION,
        "submit.py": script,
    }
    assert counted(tmp_path, files) == FileCounts(changed=3, skipped=3)


def test_a_file_outside_of_the_path_is_seen_only_if_it_failed(tmp_path: Path) -> None:
    script = SUBMIT.replace("'configuration.json'", "'../configuration.json'")
    files: dict[str, str | bytes] = {"r/config.py": LOADER, "r/submit.py": script}
    fine = counted(tmp_path / "1", {**files, "configuration.json": CONFIGURATION}, "r")
    broken = counted(tmp_path / "2", {**files, "configuration.json": "{"}, "r")
    assert (fine, broken) == (FileCounts(changed=2), FileCounts(unchanged=1, failed=2))


def test_an_excluded_loader_is_skipped_and_not_changed(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "config.py": LOADER,
        "configuration.json": CONFIGURATION,
        "submit.py": SUBMIT,
    }
    found = plan(discover([written(tmp_path, files)], exclude=["config.py"]), Options())
    assert found.files == FileCounts(changed=1, unchanged=1, skipped=1)


def test_a_file_that_cannot_be_read_is_failed(tmp_path: Path) -> None:
    written(tmp_path, {"a.py": ""})
    with (tmp_path / "large.ipynb").open("wb") as file:
        file.write(b"batchai")
        file.truncate(128 * 2**20 + 1)
    assert plan(discover([tmp_path]), Options()).files == FileCounts(unchanged=1, failed=1)

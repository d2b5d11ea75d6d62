from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from migrator.write.vcs import Dirty, NoVcs, UnknownState, state


def git(folder: Path, *arguments: str) -> None:
    me = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    subprocess.run(["git", *me, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("a\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b c.py").write_text("b\n")
    (tmp_path / ".gitignore").write_text("configuration.json\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_no_paths_are_clean(tmp_path: Path) -> None:
    assert state(tmp_path, []) is None


def test_committed_files_are_clean(repository: Path) -> None:
    assert state(repository, ["a.py", "sub/b c.py"]) is None
    assert state(repository / "sub", ["b c.py", "../a.py"]) is None


def test_only_the_files_asked_for_count(repository: Path) -> None:
    (repository / "a.py").write_text("changed\n")
    assert state(repository, ["sub/b c.py"]) is None


def test_changed_staged_and_untracked_files_are_dirty(repository: Path) -> None:
    (repository / "a.py").write_text("changed\n")
    (repository / "sub" / "b c.py").write_text("staged\n")
    git(repository, "add", "sub")
    (repository / "new.py").write_text("new\n")
    assert state(repository, ["sub/b c.py", "new.py", "a.py"]) == Dirty(("a.py", "new.py", "sub/b c.py"))
    assert state(repository / "sub", ["b c.py"]) == Dirty(("b c.py",))


def test_a_git_ignored_file_is_exempt(repository: Path) -> None:
    (repository / "configuration.json").write_text("{}")
    assert state(repository, ["configuration.json"]) is None


def test_names_are_literal(repository: Path) -> None:
    for name in ("*.py", ":(top)a.py", "-x.py", "bad\udcff.py"):
        (repository / name).write_text("new\n")
        assert state(repository, [name]) == Dirty((name,))


def test_a_folder_without_git_has_no_vcs(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a\n")
    assert state(tmp_path, ["a.py"]) == NoVcs(("a.py",))


def test_without_the_program_there_is_no_vcs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository / "sub"))
    assert state(repository, ["a.py"]) == NoVcs(("a.py",))


def test_a_nested_repository_answers_for_its_files(repository: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    (inner / "c.py").write_text("c\n")
    git(inner, "init", "-q")
    assert state(repository, ["inner/c.py", "a.py"]) == Dirty(("inner/c.py",))
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "first")
    assert state(repository, ["inner/c.py", "a.py"]) is None


def test_a_broken_repository_is_unknown(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    assert isinstance(state(tmp_path, ["a.py"]), UnknownState)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another owner")
def test_a_repository_of_another_owner_is_unknown(repository: Path) -> None:
    for path in (repository, repository / ".git"):
        os.chown(path, 12345, 12345)
    found = state(repository, ["a.py"])
    assert isinstance(found, UnknownState)
    assert "dubious ownership" in found.message


def test_git_variables_of_the_caller_do_not_count(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    assert state(repository, ["a.py"]) is None


def test_nothing_that_the_repository_configures_is_run(repository: Path) -> None:
    trap = repository / ".git" / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{repository}/.git/ran'\ncat\n")
    trap.chmod(0o755)
    (repository / ".git" / "hooks" / "post-index-change").write_text(trap.read_text())
    (repository / ".git" / "hooks" / "post-index-change").chmod(0o755)
    for name in ("core.fsmonitor", "filter.ev=il.clean", "filter.p.process", "core.pager", "core.sshCommand"):
        git(repository, "config", name, str(trap))
    git(repository, "config", "filter.p.required", "true")
    (repository / ".git" / "info" / "attributes").write_text("a.py filter=ev=il\nsub/* filter=p\n")
    os.utime(repository / "a.py", (1, 1))
    os.utime(repository / "sub" / "b c.py", (1, 1))
    assert state(repository, ["a.py", "sub/b c.py"]) is None
    assert not (repository / ".git" / "ran").exists()
    subprocess.run(["git", "status"], cwd=repository, check=False, capture_output=True)
    assert (repository / ".git" / "ran").exists()


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_files_that_git_was_told_to_overlook_are_dirty_where_they_differ(repository: Path, flag: str) -> None:
    git(repository, "update-index", flag, "a.py", "sub/b c.py")
    assert state(repository, ["a.py", "sub/b c.py"]) is None
    (repository / "a.py").write_text("mine\n")
    (repository / "sub" / "b c.py").write_text("mine\n")
    assert state(repository, ["a.py", "sub/b c.py"]) == Dirty(("a.py", "sub/b c.py"))
    assert state(repository / "sub", ["b c.py"]) == Dirty(("b c.py",))


@pytest.mark.parametrize("entry", ["", ".", "bin", "{top}/bin", "{top}"])
def test_a_git_of_the_tree_is_not_run(repository: Path, monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    (repository / "bin").mkdir()
    for place in (repository / "git", repository / "bin" / "git"):
        place.write_text(f"#!/bin/sh\ntouch '{repository}/ran'\n")
        place.chmod(0o755)
    monkeypatch.setenv("PATH", entry.format(top=repository) + os.pathsep + os.environ["PATH"])
    monkeypatch.chdir(repository)
    assert state(repository, ["a.py"]) is None
    monkeypatch.setenv("PATH", entry.format(top=repository))
    assert state(repository, ["a.py"]) == NoVcs(("a.py",))
    assert not (repository / "ran").exists()

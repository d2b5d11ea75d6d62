from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import migrator
from migrator.discover import tree as module
from migrator.discover.git import BadGlob
from migrator.discover.tree import MissingPath, Reason, Tree, discover

TEXT = b"import azure.mgmt.batchai\n"


def make(root: Path, *paths: str, data: bytes = TEXT) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def found(tree: Tree) -> list[str]:
    return [source.path for source in tree.sources]


def left(tree: Tree) -> dict[str, Reason]:
    return dict(tree.left_out)


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    tree = discover([tmp_path])
    assert (tree.sources, tree.others, tree.left_out, tree.problems) == ((), 0, {}, {})


def test_a_file_that_does_not_speak_of_batch_ai_is_counted(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.json", data=b"{}")
    make(tmp_path, "c.md", "d")
    tree = discover([tmp_path])
    assert (found(tree), tree.others) == ([], 4)


def test_sources_are_sorted_and_hold_their_bytes(tmp_path: Path) -> None:
    make(tmp_path, "b.ipynb", "a/z.json", "a.py", "c.JSON")
    make(tmp_path, "configuration.json", "x/configuration.json.template", data=b"{}")
    tree = discover([tmp_path])
    assert found(tree) == [
        "a.py",
        "a/z.json",
        "b.ipynb",
        "c.JSON",
        "configuration.json",
        "x/configuration.json.template",
    ]
    assert tree.sources[0].data == TEXT
    assert tree.folder == tmp_path


def test_hidden_installed_and_linked_things_are_left_out_once(tmp_path: Path) -> None:
    make(
        tmp_path,
        ".ipynb_checkpoints/a.ipynb",
        ".h.py",
        "env/pyvenv.cfg",
        "env/a.py",
        "node_modules/a.json",
        "a.py",
    )
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe.py")
    tree = discover([tmp_path])
    assert found(tree) == ["a.py"]
    assert left(tree) == {
        ".h.py": Reason.HIDDEN,
        ".ipynb_checkpoints": Reason.HIDDEN,
        "env": Reason.VIRTUAL_ENVIRONMENT,
        "link.py": Reason.LINK,
        "loop": Reason.LINK,
        "node_modules": Reason.VIRTUAL_ENVIRONMENT,
        "pipe.py": Reason.SPECIAL_FILE,
    }


def test_ignored_files_are_left_out_as_git_does(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    make(
        tmp_path,
        "r/a.py",
        "r/b.py",
        "r/build/c.py",
        "r/keep/b.py",
        "r/configuration.json",
        "r/info.py",
        "r/x\\.py",
        "r/s/q.py",
    )
    (tmp_path / ".gitignore").write_bytes(
        b"\xef\xbb\xbfbuild/\r\nb.py\nconfiguration.json\nx\\\n[z-a]\n" + b"*q" * 30 + b"\n"
    )
    (tmp_path / "r" / "keep" / ".gitignore").write_text("!b.py\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("info.py\n")
    tree = discover([tmp_path / "r"])
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z", "*.py", "*.json"],
        cwd=tmp_path / "r",
        capture_output=True,
        check=True,
    )
    assert found(tree) == sorted(listed.stdout.decode().split("\0")[:-1])
    assert left(tree)["configuration.json"] is Reason.IGNORED
    assert left(tree)["build"] is Reason.IGNORED
    assert tree.read("configuration.json") == TEXT


def test_what_the_user_names_is_taken_though_hidden_or_ignored(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    make(tmp_path, "build/a.py", ".h/b.py", "a.py", "build/deep/c.py")
    (tmp_path / ".gitignore").write_text("build/\n")
    assert found(discover([tmp_path / "build"])) == ["a.py", "deep/c.py"]
    assert found(discover([tmp_path / ".h"])) == ["b.py"]
    both = discover([tmp_path, tmp_path / "build" / "a.py", tmp_path / ".h"])
    assert found(both) == [".h/b.py", "a.py", "build/a.py"]


def test_overlapping_paths_count_once(tmp_path: Path) -> None:
    make(tmp_path, "a/b/c.py", "a/d.py", "a/e.md")
    once = discover([tmp_path / "a"])
    tree = discover([tmp_path / "a" / "b" / "c.py", tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a"])
    assert (found(tree), tree.others) == (found(once), once.others) == (["b/c.py", "d.py"], 1)


def test_the_root_is_shown_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "r/a/x.py", "r/b/y.py")
    monkeypatch.chdir(tmp_path)
    assert discover([Path("r")]).root == "r"
    assert discover([Path("r/a/x.py")]).root == "r/a"
    assert discover([Path("r/a"), Path("r/b/y.py")]).root == "r"
    assert discover([]).root == "."
    (tmp_path / "link").symlink_to("r")
    assert (discover([Path("link")]).root, found(discover([Path("link")]))) == ("link", ["a/x.py", "b/y.py"])


def test_excluded_globs_are_left_out_and_not_writable(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/x.py", "c.py")
    tree = discover([tmp_path], exclude=["a/", "c.*"])
    assert found(tree) == ["b/x.py"]
    assert left(tree) == {"a": Reason.EXCLUDED, "c.py": Reason.EXCLUDED}
    assert [tree.is_writable(path) for path in ("a/x.py", "b/x.py", "c.py")] == [False, True, False]
    with pytest.raises(BadGlob):
        discover([tmp_path], exclude=["x\\"])


def test_read_reaches_beside_the_root_and_no_further(tmp_path: Path) -> None:
    make(tmp_path, "top/r/a.py", "top/utilities/config.py", "secret.py")
    (tmp_path / "top" / "link").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "top" / "pipe")
    tree = discover([tmp_path / "top" / "r"])
    assert tree.read("../utilities/config.py") == tree.read("a.py") == TEXT
    outside = (
        "../../secret.py",
        "../link/secret.py",
        "../pipe",
        "/etc/passwd",
        "gone.py",
        "",
        "..",
        "a\0",
        "a.py/b",
    )
    assert [tree.read(path) for path in outside] == [None] * len(outside)
    assert tree.is_writable("a.py")
    assert not tree.is_writable("../utilities/config.py")


def test_the_git_work_tree_is_the_boundary(tmp_path: Path) -> None:
    make(tmp_path, "top/a/b/c/x.py", "top/config.py", "secret.py")
    (tmp_path / "top" / ".git").mkdir()
    tree = discover([tmp_path / "top" / "a" / "b" / "c"])
    assert tree.read("../../../config.py") == TEXT
    assert tree.read("../../../../secret.py") is None


@pytest.mark.parametrize(("name", "suggestion"), [("aply", "apply"), ("zzzzzzzz", None)])
def test_a_missing_path_names_what_is_close(
    name: str, suggestion: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "recipes/a.py")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingPath) as caught:
        discover([Path(name)])
    assert (caught.value.path, caught.value.suggestion) == (name, suggestion)


@pytest.mark.parametrize("path", ["recips", "a\0b", "x" * 5000, "loop", "recipes/a.py/b"])
def test_a_path_that_cannot_be_is_missing(path: str, tmp_path: Path) -> None:
    make(tmp_path, "recipes/a.py")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(MissingPath):
        discover([tmp_path / path])


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    make(tmp_path, "bad\udcff.py")
    tree = discover([tmp_path])
    assert found(tree) == ["bad\udcff.py"]
    assert tree.read("bad\udcff.py") == TEXT


def sparse(path: Path, size: int, tail: bytes) -> None:
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(0, os.SEEK_END)
        file.write(tail)


def large(path: Path, tail: bytes) -> None:
    sparse(path, module.MAX_BYTES + 2**20 - 3, tail)


def test_a_large_script_or_configuration_is_a_problem_and_other_large_files_are_left_out(
    tmp_path: Path,
) -> None:
    for name in ("a.py", "b.json", "c.md", "configuration.json", "d.sh", "e.bin"):
        large(tmp_path / name, b"batchai")
    tree = discover([tmp_path])
    assert (found(tree), tree.others) == ([], 1)
    assert tree.problems == dict.fromkeys(["a.py", "configuration.json"], "larger than 128 MiB")
    assert tree.left_out == dict.fromkeys(["b.json", "c.md", "d.sh"], Reason.TOO_LARGE)
    assert tree.read("b.json") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_what_may_not_be_read_is_a_problem(request: pytest.FixtureRequest) -> None:
    root = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    remove: Callable[[], object] = lambda: subprocess.run(["rm", "-r", root], check=True)  # noqa: E731
    request.addfinalizer(remove)
    root.chmod(0o755)
    make(root, "a.py", "closed/b.py", "c.py", "page.md", "notes")
    for name in ("a.py", "page.md", "notes"):
        (root / name).chmod(0)
    (root / "closed").chmod(0)
    code = (
        f"import os, sys; sys.path.insert(0, {str(Path(migrator.__file__).parents[1])!r})\n"
        "from pathlib import Path; from migrator.discover.tree import discover\n"
        f"os.setuid(65534); tree = discover([Path({str(root)!r})])\n"
        "print([s.path for s in tree.sources], [*tree.problems.items()])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['c.py'] [('a.py', 'Permission denied'), ('closed', 'Permission denied')]"


def test_a_deep_tree_is_walked(tmp_path: Path) -> None:
    place = tmp_path
    for _ in range(900):
        place /= "d"
    place.mkdir(parents=True)
    (place / "a.py").write_bytes(TEXT)
    assert len(discover([tmp_path]).sources) == 1


def test_left_out_entries_are_sorted(tmp_path: Path) -> None:
    make(tmp_path, "b/.x", "a/.y")
    assert list(discover([tmp_path]).left_out) == ["a/.y", "b/.x"]


@pytest.mark.hostile
def test_gigabytes_that_no_disk_holds_are_not_read(tmp_path: Path) -> None:
    for name in ("a.py", "b.json", "c.md", "d.sh"):
        sparse(tmp_path / name, 2**36, TEXT)
    sparse(tmp_path / "configuration.json", 2**36, b"")
    sparse(tmp_path / ".gitignore", 2**36, b"*")
    start = time.process_time()
    tree = discover([tmp_path])
    assert time.process_time() - start < 5
    assert (list(tree.problems), list(tree.left_out)) == (
        ["a.py", "configuration.json"],
        [".gitignore", "b.json", "c.md", "d.sh"],
    )


def test_files_that_do_not_fit_together_are_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "b.py", "c.py")
    monkeypatch.setattr(module, "MAX_TOTAL", 2 * len(TEXT))
    tree = discover([tmp_path])
    assert found(tree) == ["a.py", "b.py"]
    assert list(tree.problems) == ["c.py"]
    assert "not read" in tree.problems["c.py"]

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import migrator
from codemods.syntax.edits import Edit
from migrator.model import Change
from migrator.write import HalfWritten, Unwritten, Written, disk, finish, take_back, write
from migrator.write.files import Refusal

PROJECT = Path(migrator.__file__).parents[1]


def change(path: str, before: bytes = b"old\n", after: bytes = b"new\n") -> Change:
    return Change(path=path, before=before, edits=(Edit(0, len(before), after),))


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"old\n")


def tree(root: Path) -> dict[str, bytes]:
    """Return every file but those of the journal."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.parent.name != ".ngc-migrate"
    }


def journal(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".ngc-migrate").iterdir())


def refusal(result: Written | Unwritten | HalfWritten) -> tuple[str, Refusal]:
    assert isinstance(result, Unwritten)
    (left,) = result.left
    assert left.message
    return left.path, left.reason


def test_no_changes_write_nothing(tmp_path: Path) -> None:
    assert write([], tmp_path) == Written(())
    assert list(tmp_path.iterdir()) == []


def test_a_change_without_effect_leaves_the_file_alone(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    before = (tmp_path / "a.py").stat()
    assert write([change("a.py", after=b"old\n")], tmp_path) == Written(())
    assert (tmp_path / "a.py").stat() == before


def test_all_is_written_and_only_the_journal_is_left(tmp_path: Path) -> None:
    make(tmp_path, "r/a.py", "b.py", "other")
    assert write([change("r/a.py"), change("b.py", after=b"")], tmp_path) == Written(("r/a.py", "b.py"))
    assert tree(tmp_path) == {"r/a.py": b"new\n", "b.py": b"", "other": b"old\n"}
    assert journal(tmp_path) == [".gitignore", "closed"]
    assert (tmp_path / ".ngc-migrate" / ".gitignore").read_bytes() == b"*\n"
    assert stat.S_IMODE((tmp_path / ".ngc-migrate").stat().st_mode) == 0o700


def test_the_journal_holds_what_the_edits_replaced_and_no_more(tmp_path: Path) -> None:
    text = b"secret = 'visibly-false'\nimage = 'old'\n"
    (tmp_path / "a.py").write_bytes(text)
    at = text.index(b"old")
    write([Change(path="a.py", before=text, edits=(Edit(at, at + 3, b"new"),))], tmp_path)
    kept = (tmp_path / ".ngc-migrate" / "closed").read_bytes()
    assert b"old" in kept
    assert b"visibly-false" not in kept


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o664])
def test_the_mode_is_kept(mode: int, tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / "a.py").chmod(mode)
    write([change("a.py")], tmp_path)
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another owner")
def test_the_owner_is_kept(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.chown(tmp_path / "a.py", 12345, 23456)
    write([change("a.py")], tmp_path)
    assert ((tmp_path / "a.py").stat().st_uid, (tmp_path / "a.py").stat().st_gid) == (12345, 23456)


def test_the_time_of_change_is_new(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.utime(tmp_path / "a.py", (1, 1))
    write([change("a.py")], tmp_path)
    assert (tmp_path / "a.py").stat().st_mtime > 1


def test_a_stale_file_refuses_all(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py", "c.py")
    (tmp_path / "b.py").write_bytes(b"edited\n")
    result = write([change("a.py"), change("b.py"), change("c.py")], tmp_path)
    assert refusal(result) == ("b.py", Refusal.STALE)
    assert tree(tmp_path) == {"a.py": b"old\n", "b.py": b"edited\n", "c.py": b"old\n"}
    assert not (tmp_path / ".ngc-migrate").exists()


def test_a_file_that_grew_is_stale(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old\nmore")
    assert refusal(write([change("a.py")], tmp_path)) == ("a.py", Refusal.STALE)


@pytest.mark.parametrize(
    "path", ["../a.py", "/etc/a.py", "x/../../a.py", "", "a\0.py", ".git/config", "x/.GIT/hooks/a"]
)
def test_a_path_out_of_the_root_is_refused(path: str, tmp_path: Path) -> None:
    assert refusal(write([change(path)], tmp_path))[1] is Refusal.OUTSIDE


@pytest.mark.parametrize("path", ["gone.py", "a.py/below.py", "no/folder.py"])
def test_a_missing_file_is_refused(path: str, tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    assert refusal(write([change("a.py"), change(path)], tmp_path))[1] is Refusal.MISSING
    assert tree(tmp_path) == {"a.py": b"old\n"}


def test_a_link_or_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "out/a.py")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").symlink_to(tmp_path / "out" / "a.py")
    (root / "out").symlink_to(tmp_path / "out")
    for path in ("a.py", "out/a.py"):
        assert refusal(write([change(path)], root))[1] is Refusal.LINK
    assert (tmp_path / "out" / "a.py").read_bytes() == b"old\n"


def test_a_special_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    assert refusal(write([change("a.py")], tmp_path))[1] is Refusal.SPECIAL_FILE


def run(code: str, root: Path, user: int | None = None) -> str:
    head = (
        "import os, resource, sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(PROJECT)!r}); root = Path({str(root)!r})\n"
        "from codemods.syntax.edits import Edit\n"
        "from migrator.model import Change\nfrom migrator.write import write\n"
        "def change(path, size=4):\n"
        "    return Change(path=path, before=b'old\\n', edits=(Edit(0, 4, b'n' * size),))\n"
    )
    tail = "\nprint(type(result).__name__, *(f'{r.path}: {r.reason.name} {r.message}' for r in result.left))"
    demoted = () if user is None else (f"os.setgid({user}); os.setuid({user})\n",)
    done = subprocess.run(
        [sys.executable, "-c", "".join((head, *demoted, code, tail))], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_file_that_does_not_fit_leaves_the_group_as_it_was(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py")
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    out = run(limit + "result = write([change('a.py'), change('b.py', 9999)], root)", tmp_path)
    assert out.startswith("Unwritten b.py: UNWRITABLE File too large")
    assert tree(tmp_path) == {"a.py": b"old\n", "b.py": b"old\n"}


@pytest.mark.skipif(os.geteuid() != 0, reason="the owner of a sticky folder must be somebody else")
def test_a_rename_that_fails_puts_the_earlier_files_back() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root, "own/a.py", "sticky/b.py")
        root.chmod(0o777)
        (root / "own").chmod(0o777)
        (root / "sticky").chmod(0o1777)
        for path in ("own/a.py", "sticky/b.py"):
            (root / path).chmod(0o666)
        os.chown(root / "own/a.py", 65534, 65534)
        out = run("result = write([change('own/a.py'), change('sticky/b.py')], root)", root, 65534)
        assert out.startswith("Unwritten sticky/b.py: UNWRITABLE Operation not permitted")
        assert tree(root) == {"own/a.py": b"old\n", "sticky/b.py": b"old\n"}
        assert (root / "own/a.py").stat().st_uid == 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o755, 0o666), (0o777, 0o444)])
def test_a_read_only_folder_or_file_is_refused(folder_mode: int, file_mode: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        make(root, "a.py")
        (root / "a.py").chmod(file_mode)
        root.chmod(folder_mode)
        out = run("result = write([change('a.py')], root)", root, 65534)
        assert out.startswith(("Unwritten a.py: UNWRITABLE", "Unwritten .ngc-migrate: UNWRITABLE"))
        assert tree(root) == {"a.py": b"old\n"}


def test_a_run_that_is_stopped_in_time_writes_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py")
    asked: list[bool] = []

    def is_stopped() -> bool:
        asked.append(len(asked) == 1)
        return asked[-1]

    result = write([change("a.py"), change("b.py")], tmp_path, is_stopped)
    assert refusal(result) == ("b.py", Refusal.STOPPED)
    assert set(tree(tmp_path).values()) == {b"old\n"}
    assert not (tmp_path / ".ngc-migrate").exists()


def test_writing_works_in_another_thread(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    thread = threading.Thread(target=write, args=([change("a.py")], tmp_path))
    thread.start()
    thread.join()
    assert tree(tmp_path) == {"a.py": b"new\n"}


def test_what_was_written_is_taken_back_once(tmp_path: Path) -> None:
    make(tmp_path, "r/a.py", "b.py")
    (tmp_path / "b.py").chmod(0o640)
    write([change("r/a.py"), change("b.py", after=b"")], tmp_path)
    assert take_back(tmp_path) == Written(("r/a.py", "b.py"))
    assert tree(tmp_path) == {"r/a.py": b"old\n", "b.py": b"old\n"}
    assert stat.S_IMODE((tmp_path / "b.py").stat().st_mode) == 0o640
    assert not (tmp_path / ".ngc-migrate").exists()
    assert take_back(tmp_path) == Written(())


def test_edits_of_every_kind_are_taken_back(tmp_path: Path) -> None:
    text = b"0123456789\r\n\xff\x00" * 3
    (tmp_path / "a.py").write_bytes(text)
    edits = (Edit(0, 0, b"head"), Edit(0, 2, b""), Edit(2, 3, b"longer"), Edit(4, 5, b""), Edit(5, 6, b""))
    last = Edit(len(text), len(text), b"\xfe")
    write([Change(path="a.py", before=text, edits=(*edits, last))], tmp_path)
    assert (tmp_path / "a.py").read_bytes() != text
    take_back(tmp_path)
    assert (tmp_path / "a.py").read_bytes() == text


def test_a_file_that_changed_since_is_named_and_left(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py", "c.py")
    write([change("a.py"), change("b.py"), change("c.py")], tmp_path)
    (tmp_path / "b.py").write_bytes(b"new\nedited\n")
    (tmp_path / "c.py").unlink()
    result = take_back(tmp_path)
    assert result.files == ("a.py",)
    assert [(left.path, left.reason) for left in result.left] == [
        ("b.py", Refusal.STALE),
        ("c.py", Refusal.MISSING),
    ]
    assert tree(tmp_path) == {"a.py": b"old\n", "b.py": b"new\nedited\n"}
    # Once it is as the journal knows it, it can still be taken back.
    (tmp_path / "b.py").write_bytes(b"new\n")
    assert take_back(tmp_path).files == ("b.py",)


def test_a_run_that_fails_keeps_the_journal_of_the_one_before(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py")
    write([change("a.py")], tmp_path)
    (tmp_path / "b.py").write_bytes(b"edited\n")
    assert isinstance(write([change("b.py")], tmp_path), Unwritten)
    assert take_back(tmp_path) == Written(("a.py",))


def at_the_second_rename(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    renames: list[str] = []
    real = disk.replace

    def replace(new: str, target: str) -> None:
        renames.append(target)
        if len(renames) == 4:  # the first two are of the journal
            happens()
        real(new, target)

    monkeypatch.setattr(disk, "replace", replace)


def test_a_file_edited_between_rename_and_roll_back_is_left_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.py", "b.py", "c.py")

    def edit_and_fail() -> None:
        (tmp_path / "a.py").write_bytes(b"mine\n")
        raise PermissionError(1, "not permitted")

    at_the_second_rename(monkeypatch, edit_and_fail)
    result = write([change("a.py"), change("b.py"), change("c.py")], tmp_path)
    assert isinstance(result, HalfWritten)
    assert [(left.path, left.reason) for left in result.left] == [
        ("b.py", Refusal.UNWRITABLE),
        ("a.py", Refusal.STALE),
    ]
    assert tree(tmp_path) == {"a.py": b"mine\n", "b.py": b"old\n", "c.py": b"old\n"}
    assert not (tmp_path / ".ngc-migrate").exists()


def test_a_link_put_in_the_way_is_never_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "root/a.py", "root/b.py", "out/b.py")
    root = tmp_path / "root"

    def link() -> None:
        (root / "b.py").unlink()
        (root / "b.py").symlink_to(tmp_path / "out" / "b.py")

    renamed: list[str] = []
    real = disk.identity

    def identity(path: str) -> tuple[int, ...]:
        renamed.append(path)
        if len(renamed) == 4:  # two when staged, one before the first rename
            link()
        return real(path)

    monkeypatch.setattr(disk, "identity", identity)
    assert refusal(write([change("a.py"), change("b.py")], root)) == ("b.py", Refusal.STALE)
    assert (root / "a.py").read_bytes() == b"old\n"
    assert (tmp_path / "out" / "b.py").read_bytes() == b"old\n"


@pytest.mark.parametrize("kind", ["link", "file", "pipe"])
def test_a_journal_folder_that_is_none_is_refused(tmp_path: Path, kind: str) -> None:
    make(tmp_path, "root/a.py", "out/x")
    place = tmp_path / "root" / ".ngc-migrate"
    if kind == "link":
        place.symlink_to(tmp_path / "out")
    elif kind == "file":
        place.write_bytes(b"")
    else:
        os.mkfifo(place)
    result = write([change("a.py")], tmp_path / "root")
    assert isinstance(result, Unwritten)
    assert result.left[0].path == ".ngc-migrate"
    assert tree(tmp_path)["root/a.py"] == b"old\n"
    assert (tmp_path / "out" / "x").read_bytes() == b"old\n"


def test_a_second_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "r/a.py", "r/b.py", "c.py")
    told: list[tuple[str, Refusal]] = []

    def run_another() -> None:
        told.append(refusal(write([change("r/b.py")], tmp_path)))
        told.append(refusal(write([change("b.py")], tmp_path / "r")))
        told.extend((left.path, left.reason) for left in take_back(tmp_path).left)
        told.extend((left.path, left.reason) for left in finish(tmp_path).left)

    at_the_second_rename(monkeypatch, run_another)
    assert write([change("r/a.py"), change("c.py")], tmp_path) == Written(("r/a.py", "c.py"))
    own, above = (".ngc-migrate", Refusal.BUSY), ("..", Refusal.BUSY)
    assert told == [own, above, own, own]
    assert tree(tmp_path) == {"r/a.py": b"new\n", "r/b.py": b"old\n", "c.py": b"new\n"}


def test_a_lock_of_a_dead_run_keeps_nobody_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / ".ngc-migrate").mkdir(mode=0o700)
    (tmp_path / ".ngc-migrate" / "lock").write_bytes(b"")
    (tmp_path / ".ngc-migrate" / "after-0").write_bytes(b"half")
    assert write([change("a.py")], tmp_path) == Written(("a.py",))
    assert journal(tmp_path) == [".gitignore", "closed"]

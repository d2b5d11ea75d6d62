from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

import migrator
from codemods.syntax.edits import Edit
from migrator.model import Change
from migrator.write.files import Ending, Refusal, WriteResult, write

PROJECT = Path(migrator.__file__).parents[1]


def change(path: str, before: bytes = b"old\n", after: bytes = b"new\n") -> Change:
    return Change(path=path, before=before, edits=(Edit(0, len(before), after),))


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"old\n")


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def refusal(result: WriteResult) -> tuple[str, str, Refusal]:
    assert result.groups == ()
    assert result.files == ()
    (refused,) = result.refused
    assert refused.message
    return refused.group, refused.path, refused.reason


def test_no_groups_write_nothing(tmp_path: Path) -> None:
    assert write([], tmp_path) == WriteResult((), (), (), Ending.COMPLETE)


def test_a_change_without_effect_leaves_the_file_alone(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    before = (tmp_path / "a.py").stat()
    result = write([("r", [change("a.py", after=b"old\n")])], tmp_path)
    assert (result.groups, result.files) == (("r",), ())
    assert (tmp_path / "a.py").stat() == before


def test_a_group_is_written_and_nothing_is_left_beside(tmp_path: Path) -> None:
    make(tmp_path, "r/a.py", "b.py", "other")
    result = write([("r", [change("r/a.py"), change("b.py", after=b"")])], tmp_path)
    assert result == WriteResult(("r",), ("b.py", "r/a.py"), (), Ending.COMPLETE)
    assert tree(tmp_path) == {"r/a.py": b"new\n", "b.py": b"", "other": b"old\n"}


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o664])
def test_the_mode_is_kept(mode: int, tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / "a.py").chmod(mode)
    write([("r", [change("a.py")])], tmp_path)
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another owner")
def test_the_owner_is_kept(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.chown(tmp_path / "a.py", 12345, 23456)
    write([("r", [change("a.py")])], tmp_path)
    assert ((tmp_path / "a.py").stat().st_uid, (tmp_path / "a.py").stat().st_gid) == (12345, 23456)


def test_the_time_of_change_is_new(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.utime(tmp_path / "a.py", (1, 1))
    write([("r", [change("a.py")])], tmp_path)
    assert (tmp_path / "a.py").stat().st_mtime > 1


def test_a_stale_file_refuses_its_whole_group_and_no_other(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py", "c.py")
    (tmp_path / "b.py").write_bytes(b"edited\n")
    result = write([("r", [change("a.py"), change("b.py")]), ("s", [change("c.py")])], tmp_path)
    assert result.groups == ("s",)
    assert [(r.group, r.path, r.reason) for r in result.refused] == [("r", "b.py", Refusal.STALE)]
    assert tree(tmp_path) == {"a.py": b"old\n", "b.py": b"edited\n", "c.py": b"new\n"}


def test_a_file_that_grew_is_stale(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old\nmore")
    assert refusal(write([("r", [change("a.py")])], tmp_path)) == ("r", "a.py", Refusal.STALE)


def test_a_shared_file_is_written_once(tmp_path: Path) -> None:
    make(tmp_path, "shared.py", "a.py", "b.py")
    groups = [("r", [change("shared.py"), change("a.py")]), ("s", [change("shared.py"), change("b.py")])]
    result = write(groups, tmp_path)
    assert result.groups == ("r", "s")
    assert set(tree(tmp_path).values()) == {b"new\n"}


def test_a_shared_file_with_another_change_is_stale(tmp_path: Path) -> None:
    make(tmp_path, "shared.py")
    result = write([("r", [change("shared.py")]), ("s", [change("shared.py", after=b"other\n")])], tmp_path)
    assert result.groups == ("r",)
    assert result.refused[0].reason is Refusal.STALE
    assert tree(tmp_path) == {"shared.py": b"new\n"}


@pytest.mark.parametrize("path", ["../a.py", "/etc/a.py", "x/../../a.py", "", "a\0.py"])
def test_a_path_out_of_the_root_is_refused(path: str, tmp_path: Path) -> None:
    assert refusal(write([("r", [change(path)])], tmp_path))[2] is Refusal.OUTSIDE


@pytest.mark.parametrize("path", ["gone.py", "a.py/below.py", "no/folder.py"])
def test_a_missing_file_is_refused(path: str, tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    assert refusal(write([("r", [change("a.py"), change(path)])], tmp_path))[2] is Refusal.MISSING
    assert tree(tmp_path) == {"a.py": b"old\n"}


def test_a_link_or_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "out/a.py")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").symlink_to(tmp_path / "out" / "a.py")
    (root / "out").symlink_to(tmp_path / "out")
    for path in ("a.py", "out/a.py"):
        assert refusal(write([("r", [change(path)])], root))[2] is Refusal.LINK
    assert (tmp_path / "out" / "a.py").read_bytes() == b"old\n"


def test_a_special_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    assert refusal(write([("r", [change("a.py")])], tmp_path))[2] is Refusal.SPECIAL_FILE


def run(code: str, root: Path, user: int | None = None) -> str:
    head = (
        "import os, resource, sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(PROJECT)!r}); root = Path({str(root)!r})\n"
        "from codemods.syntax.edits import Edit\n"
        "from migrator.model import Change\nfrom migrator.write.files import write\n"
        "def change(path, size=4):\n"
        "    return Change(path=path, before=b'old\\n', edits=(Edit(0, 4, b'n' * size),))\n"
    )
    told = "f'{r.path}: {r.reason.name} {r.message}' for r in result.refused"
    tail = f"\nprint(*result.groups, *({told}))"
    demoted = () if user is None else (f"os.setgid({user}); os.setuid({user})\n",)
    done = subprocess.run(
        [sys.executable, "-c", "".join((head, *demoted, code, tail))], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_file_that_does_not_fit_leaves_the_group_as_it_was(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py")
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    out = run(limit + "result = write([('r', [change('a.py'), change('b.py', 9999)])], root)", tmp_path)
    assert out.startswith("b.py: UNWRITABLE File too large")
    assert tree(tmp_path) == {"a.py": b"old\n", "b.py": b"old\n"}


@pytest.mark.skipif(os.geteuid() != 0, reason="the owner of a sticky folder must be somebody else")
def test_a_rename_that_fails_puts_the_earlier_files_back() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        make(root, "own/a.py", "sticky/b.py")
        (root / "own").chmod(0o777)
        (root / "sticky").chmod(0o1777)
        for path in ("own/a.py", "sticky/b.py"):
            (root / path).chmod(0o666)
        os.chown(root / "own/a.py", 65534, 65534)
        before = (root / "own/a.py").stat()
        out = run("result = write([('r', [change('own/a.py'), change('sticky/b.py')])], root)", root, 65534)
        assert out.startswith("sticky/b.py: UNWRITABLE Operation not permitted")
        assert tree(root) == {"own/a.py": b"old\n", "sticky/b.py": b"old\n"}
        assert ((root / "own/a.py").stat().st_uid, (root / "own/a.py").stat().st_ino) == (
            before.st_uid,
            before.st_ino,
        )


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o755, 0o666), (0o777, 0o444)])
def test_a_read_only_folder_or_file_is_refused(folder_mode: int, file_mode: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root, "a.py")
        (root / "a.py").chmod(file_mode)
        root.chmod(folder_mode)
        out = run("result = write([('r', [change('a.py')])], root)", root, 65534)
        assert out.startswith("a.py: UNWRITABLE")
        assert tree(root) == {"a.py": b"old\n"}


def test_an_interrupt_waits_for_the_group_at_hand(tmp_path: Path) -> None:
    groups = [(str(n), [change(f"{n}/{name}.py") for name in "abc"]) for n in range(3000)]
    make(tmp_path, *(each.path for _, changes in groups for each in changes))

    def interrupt() -> None:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = write(groups, tmp_path)
    thread.join()
    assert result.ending is Ending.INTERRUPTED
    assert 0 < len(result.groups) < len(groups)
    found = tree(tmp_path)
    assert len(found) == 9000
    assert {path for path, data in found.items() if data == b"new\n"} == set(result.files)
    assert len(result.files) == 3 * len(result.groups)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_writing_works_in_another_thread(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    thread = threading.Thread(target=write, args=([("r", [change("a.py")])], tmp_path))
    thread.start()
    thread.join()
    assert tree(tmp_path) == {"a.py": b"new\n"}

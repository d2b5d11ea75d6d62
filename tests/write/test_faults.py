"""Full disks, closed folders, other owners, and every call of the write phase failing: never half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.command import PROJECT, run, spec
from tests.write.faults import RUNS

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
MEMORY = Path("/dev/shm")  # noqa: S108


@pytest.mark.parametrize("name", RUNS)
def test_every_fault_leaves_all_files_old_or_new(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.write.faults", folder, name],
            cwd=PROJECT,
            capture_output=True,
            check=True,
        )
    told = json.loads(done.stdout)
    counts: dict[str, int] = told["counts"]
    kinds = ", ".join(f"{count} times {kind}" for kind, count in counts.items())
    record_property(
        "counted",
        f"write phase, {name}: {sum(counts.values())} faults ({kinds}), "
        f"each followed by an apply and by an undo: {len(told['defects'])} half or left over",
    )
    assert told["defects"] == []
    assert sum(counts.values()) >= 400


@contextmanager
def made(*words: str, after: tuple[str, ...]) -> Iterator[None]:
    """Do something that the system may not let us do; skips the test then."""
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{' '.join(words[:2])}: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(after, check=True)


def recipes(root: Path, *names: str) -> dict[str, str]:
    """Make recipes; returns their specs by path."""
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "job.json").write_text(spec())
    return {f"{name}/job.json": spec() for name in names}


def specs(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("job.json")}


def fill(file: Path) -> None:
    """Write until there is no room."""
    with suppress(OSError), file.open("wb", buffering=0) as open_file:
        while True:
            open_file.write(b"x" * 4096)


def test_a_full_disk_leaves_all_as_it_was_and_room_lets_it_through(tmp_path: Path) -> None:
    root = tmp_path / "disk"
    root.mkdir()
    with made("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(root), after=("umount", str(root))):
        before = recipes(root, "a", "b", "c")
        filler = root / "filler"
        fill(filler)
        for spare in range(6):
            ran = run("apply", "--allow-no-vcs", cwd=root)
            assert ran.returncode == 2, spare
            assert b"No space left" in ran.stderr
            assert specs(root) == before
            assert not (root / ".ngc-migrate").exists()
            os.truncate(filler, filler.stat().st_size - 4096)
            if spare == 2:
                break
        filler.unlink()
        assert run("apply", "--allow-no-vcs", cwd=root).returncode == 0
        assert set(specs(root)) == set(before)
        assert not set(specs(root).values()) & set(before.values())
        assert run("undo", cwd=root).returncode == 0
        assert specs(root) == before


def test_a_folder_that_only_grows_is_taken_back(tmp_path: Path) -> None:
    before = recipes(tmp_path, "a", "b")
    with made("chattr", "+a", str(tmp_path / "b"), after=("chattr", "-a", str(tmp_path / "b"))):
        ran = run("apply", "--allow-no-vcs", cwd=tmp_path)
        assert ran.returncode == 2
        assert b"b/job.json: Operation not permitted; nothing was written" in ran.stderr
        assert specs(tmp_path) == before
        assert not (tmp_path / ".ngc-migrate").exists()


def test_a_file_that_must_not_change_is_taken_back(tmp_path: Path) -> None:
    before = recipes(tmp_path, "a", "b")
    file = str(tmp_path / "b" / "job.json")
    with made("chattr", "+i", file, after=("chattr", "-i", file)):
        assert run("apply", "--allow-no-vcs", cwd=tmp_path).returncode == 2
        assert specs(tmp_path) == before


@pytest.mark.skipif(not IS_ROOT, reason="needs another user")
def test_what_another_user_may_not_write_is_left_whole() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        before = recipes(root, "a", "b", "c")
        for path in (root, root / "a", root / "b"):
            os.chown(path, 65534, 65534)
            path.chmod(0o755)
        for path in root.rglob("job.json"):
            path.chmod(0o666)
        (root / "c").chmod(0o755)  # of root: nothing can be renamed there
        code = (
            "import os, sys; sys.path.insert(0, sys.argv.pop(1)); "
            "from migrator.write import write; from migrator.model import Change; "
            "from codemods.syntax.edits import Edit; from pathlib import Path\n"
            "os.setgid(65534); os.setuid(65534); files = [f'{name}/job.json' for name in 'abc']\n"
            "print(write([Change(path=f, before=Path(f).read_bytes(), edits=(Edit(0, 0, b' '),))"
            " for f in files], Path('.')))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(PROJECT)], cwd=root, capture_output=True, text=True
        )
        assert "Unwritten(left=(Left(path='c/job.json'" in done.stdout, done.stderr
        assert specs(root) == before
        assert not (root / ".ngc-migrate").exists()

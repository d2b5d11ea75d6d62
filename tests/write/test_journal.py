from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from codemods.syntax.edits import Edit
from migrator.model import Change
from migrator.write import Done, Interrupted, Strange, Unwritten, above, below, look, take_back, write
from migrator.write.journal import Entry, Side, encoded, entry_of


def written(root: Path, name: str = "a.py") -> Path:
    """Write one file; returns the closed journal."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(b"old\n")
    write([Change(path=name, before=b"old\n", edits=(Edit(0, 3, b"new"),))], root)
    return root / ".ngc-migrate" / "closed"


def test_adjoining_edits_turn_both_ways() -> None:
    edits = (Edit(0, 0, b"x"), Edit(0, 2, b""), Edit(2, 4, b""), Edit(4, 5, b"yz"), Edit(6, 6, b"end"))
    change = Change(path="a", before=b"abcdef", edits=edits)
    entry = entry_of(change)
    assert entry.turned(change.before, Side.AFTER) == change.after
    assert entry.turned(change.after, Side.BEFORE) == change.before
    assert (entry.side(change.before), entry.side(change.after)) == (Side.BEFORE, Side.AFTER)
    assert entry.side(b"") is None


def test_where_nothing_was_written_nothing_is_found(tmp_path: Path) -> None:
    assert look(str(tmp_path)) is None
    assert look(str(tmp_path / "gone")) is None
    (tmp_path / ".ngc-migrate").mkdir()
    assert look(str(tmp_path)) is None


def test_a_whole_run_and_an_interrupted_one_are_told_apart(tmp_path: Path) -> None:
    closed = written(tmp_path)
    assert isinstance(look(str(tmp_path)), Done)
    closed.rename(closed.with_name("open"))
    assert look(str(tmp_path)) == Interrupted(str(tmp_path), 1, 1)
    (tmp_path / "a.py").write_bytes(b"old\n")
    assert look(str(tmp_path)) == Interrupted(str(tmp_path), 0, 1)
    closed.with_name("open").unlink()
    closed.with_name("after-0").write_bytes(b"")
    assert look(str(tmp_path)) == Interrupted(str(tmp_path), 0, 0)


@pytest.mark.parametrize(
    "journal",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"version": 1}',
        b'{"version": 2, "place": 0, "files": [["a"]]}',
        b'{"version": 2, "place": 0, "files": [["a", ["b", "c"], [[], [["1", 1, ""]]]]]}',
        b'{"version": 2, "place": 0, "files": [["a", ["b", "c"], [[], [[1, 2, 3]]]]]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_journal_is_not_followed(tmp_path: Path, journal: bytes) -> None:
    closed = written(tmp_path)
    closed.write_bytes(journal)
    assert isinstance(look(str(tmp_path)), Strange)
    result = take_back(tmp_path)
    assert (result.files, len(result.left)) == ((), 1)
    assert (tmp_path / "a.py").read_bytes() == b"new\n"


@pytest.mark.skipif(os.name == "nt", reason="modes tell, which Windows lacks")
def test_a_journal_that_came_with_a_checkout_is_not_followed(tmp_path: Path) -> None:
    closed = written(tmp_path)
    closed.parent.chmod(0o755)
    assert isinstance(look(str(tmp_path)), Done)  # a file system without modes: the folder's number tells
    document = json.loads(closed.read_bytes())
    closed.write_text(json.dumps({**document, "place": document["place"] + 1}))
    assert isinstance(look(str(tmp_path)), Strange)
    assert take_back(tmp_path).files == ()
    assert isinstance(
        write([Change(path="a.py", before=b"new\n", edits=(Edit(0, 0, b"x"),))], tmp_path), Unwritten
    )
    assert (tmp_path / "a.py").read_bytes() == b"new\n"
    closed.parent.chmod(0o700)
    assert take_back(tmp_path).files == ("a.py",)


@pytest.mark.parametrize("path", ["../out", "x/../../out", ".git/config", "link/out", "link"])
def test_a_journal_reaches_nothing_outside_of_the_root(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    closed = written(root)
    (root / ".git").mkdir()
    for place in (tmp_path / "out", root / ".git" / "config"):
        place.write_bytes(b"new\n")
    (root / "link").symlink_to(tmp_path)
    change = Change(path=path, before=b"old\n", edits=(Edit(0, 3, b"new"),))
    closed.write_bytes(encoded([entry_of(change)], 0))
    result = take_back(root)
    assert (result.files, len(result.left)) == ((), 1)
    assert {place.read_bytes() for place in (tmp_path / "out", root / ".git" / "config")} == {b"new\n"}


def test_edits_that_do_not_give_what_the_journal_says_are_not_made(tmp_path: Path) -> None:
    closed = written(tmp_path)
    entry = entry_of(Change(path="a.py", before=b"old\n", edits=(Edit(0, 3, b"new"),)))
    wrong = Entry(entry.path, entry.digests, ((Edit(0, 3, b"bad"),), (Edit(0, 3, b"new"),)))
    closed.write_bytes(encoded([wrong], 0))
    assert take_back(tmp_path).files == ()
    assert (tmp_path / "a.py").read_bytes() == b"new\n"


def test_journals_are_found_above_and_below(tmp_path: Path) -> None:
    (tmp_path / "top" / ".git").mkdir(parents=True)
    inner = tmp_path / "top" / "a" / "b"
    written(inner)
    assert list(above([str(inner)])) == [str(inner), str(inner.parent), str(tmp_path / "top")]
    assert list(below(str(tmp_path))) == [str(inner)]
    assert list(below(str(inner))) == []

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.syntax.edits import Edit
from migrator.model import Change
from migrator.report import patch as module
from migrator.report.patch import DiffLine, LineKind, patch

SECRET = b'  "password": "hunter2",\n'


def shown_of(change: Change) -> list[DiffLine]:
    return module.diff_lines(change, frozenset())


def change(before: bytes, after: bytes, path: str = "job.json") -> Change:
    """Return a change by the smallest single edit."""
    shortest = min(len(before), len(after))
    head = next((i for i in range(shortest) if before[i] != after[i]), shortest)
    tail = next((i for i in range(shortest - head) if before[-1 - i] != after[-1 - i]), shortest - head)
    edit = Edit(head, len(before) - tail, after[head : len(after) - tail])
    return Change(path=path, before=before, edits=(edit,))


def git_apply(text: bytes, folder: Path, *options: str) -> None:
    command = ["git", "-c", "core.autocrlf=false", "apply", *options]
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True)
    assert done.returncode == 0, (done.stderr, text)


def check(changes: Sequence[Change], folder: Path) -> bytes:
    """Apply the patch with git forwards and backwards, and return its text."""
    made = patch(changes)
    assert made.withheld == ()
    for each in changes:
        (folder / each.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / each.path).write_bytes(each.before)
    if made.text:
        git_apply(made.text, folder)
        assert [(folder / each.path).read_bytes() for each in changes] == [each.after for each in changes]
        git_apply(made.text, folder, "-R")
    assert [(folder / each.path).read_bytes() for each in changes] == [each.before for each in changes]
    return made.text


def test_no_change_gives_an_empty_patch() -> None:
    same = Change(path="a.py", before=b"a\n", edits=(Edit(0, 1, b"a"),))
    assert patch([]).text == b""
    assert patch([same, Change(path="b.py", before=b"b", edits=())]).text == b""


def test_a_patch_is_a_unified_diff_with_three_lines_of_context() -> None:
    before = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n"
    text = patch([change(before, before.replace(b"5", b"x"), "a.py")]).text
    assert text == (
        b"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\r\nb\r\n", b"a\r\nB\r\n"),
        (b"a\rb\rc", b"a\rb\rC\r"),
        (b"a", b"b"),
        (b"a", b"a\n"),
        (b"a\n", b"a"),
        (b"", b"a\n"),
        (b"a\n", b""),
        (b"a\n", b"a\nb"),
        (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfb\n"),
        (b"\0\xff\n\x0c\n", b"\0\xfe\n\x0c\n"),
        (b"a\n" * 20, b"a\n" * 10 + b"b\n" + b"a\n" * 10),
        (b"a\n" * 3000, b"b\n" + b"a\n" * 2998 + b"c\n"),
        (b"\xe2\x80\xa8 \x85 a\n", b"\xe2\x80\xa8 \x85 b\n"),
    ],
)
def test_git_takes_the_patch_of(before: bytes, after: bytes, tmp_path: Path) -> None:
    assert check([change(before, after)], tmp_path)


@pytest.mark.parametrize(
    "path", ["a b/c d.py", "tab\there.py", 'quo"te\\.py', "é.py", "new\nline.py", "bad\udcff.py", "-a.py"]
)
def test_git_takes_odd_names(path: str, tmp_path: Path) -> None:
    check([change(b"a\n", b"b\n", path), change(b"a\n", b"b\n", "z.py")], tmp_path)


def test_a_prefix_stands_before_each_path() -> None:
    assert patch([change(b"a\n", b"b\n")], prefix="recipes/").text.startswith(
        b"diff --git a/recipes/job.json b/recipes/job.json\n"
    )


def test_files_stand_in_order_of_path() -> None:
    one, two = change(b"a\n", b"b\n", "1.py"), change(b"a\n", b"b\n", "2.py")
    assert patch([two, one]) == patch([one, two])


def test_a_secret_far_away_does_not_matter(tmp_path: Path) -> None:
    text = check([change(SECRET + b"1\n2\n3\n4\nx\n", SECRET + b"1\n2\n3\n4\ny\n")], tmp_path)
    assert text.count(b"\n ") == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"0\n" + SECRET + b"1\nx\n2\n", b"0\n" + SECRET + b"1\ny\n2\n"),
        (SECRET + b"x\n2\n", SECRET + b"y\n2\n"),
        (b"1\nx\n2\n" + SECRET, b"1\ny\n2\n" + SECRET),
        (b"1\nx\n2\n" + SECRET + b"3\nx\n4\n", b"1\ny\n2\n" + SECRET + b"3\ny\n4\n"),
    ],
)
def test_context_stops_before_a_secret_and_stays_text(before: bytes, after: bytes, tmp_path: Path) -> None:
    text = check([change_each(before, after)], tmp_path)
    assert b"hunter2" not in text
    assert b"@@ " in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"1\nx\n" + SECRET + b"2\n", b"1\ny\n" + SECRET + b"2\n"),
        (b"x\n" + SECRET + b"x\n", b"y\n" + SECRET + b"yy\n"),
        (SECRET, SECRET + b"added\n"),
        (SECRET + b"removed\n", SECRET),
        (b'{"password": "hunter2", "a": 1}', b'{"password": "hunter2", "a": 1, "b": 2}'),
        (
            b"x" * 70_000 + b'{"password": "hunter2"}',
            b"y" + b"x" * 69_999 + b'{"password": "hunter2"}' + b"z" * 300,
        ),
    ],
)
def test_edits_right_beside_a_secret_become_a_binary_delta(
    before: bytes, after: bytes, tmp_path: Path
) -> None:
    text = check([change_each(before, after)], tmp_path)
    assert b"GIT binary patch" in text
    assert b"hunter2" not in text


def change_each(before: bytes, after: bytes) -> Change:
    """Return a change of the parts around the secret, which no edit touches."""
    cut, new_cut = before.find(b'"password": "hunter2"'), after.find(b'"password": "hunter2"')
    first, last = change(before[:cut], after[:new_cut]), change(before[cut:], after[new_cut:])
    edits = tuple(Edit(e.start + cut, e.end + cut, e.text) for e in last.edits)
    kept = tuple(e for e in (*first.edits, *edits) if e.start != e.end or e.text)
    return Change(path="job.json", before=before, edits=kept)


@pytest.mark.parametrize(
    "pair", [(b"", SECRET), (SECRET, b""), (SECRET, SECRET.replace(b"hunter2", b"hunter3"))]
)
def test_a_file_whose_edit_holds_a_secret_is_withheld_and_named(pair: tuple[bytes, bytes]) -> None:
    made = patch([change(*pair), change(b"a\n", b"b\n", "z.py")])
    assert made.withheld == ("job.json",)
    assert b"z.py" in made.text
    assert b"hunter" not in made.text


TEXTS = st.lists(
    st.sampled_from(
        [b"a\n", b"b\n", b"\n", b"a\r\n", b"\r", b"\0", b"x" * 9, b"- \n", b"+ \n", b"\\ \n", SECRET]
    ),
    max_size=14,
).map(b"".join)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS), min_size=1, max_size=12))
def test_git_gives_exactly_the_result_of_the_edits(cases: list[tuple[bytes, ...]]) -> None:
    changes = []
    for number, (head, old, middle, new, tail) in enumerate(cases):
        before = head + old + middle + tail
        point = len(head + old + middle)
        edits = (Edit(len(head), len(head + old), new), Edit(point, point + len(tail) // 2, old))
        changes.append(Change(path=f"{number}.py", before=before, edits=edits if old else edits[:1]))
    # As in a run: what is a secret by its place is one in other places, too.
    made = patch(changes, secrets=frozenset({"hunter2"}))
    assert b"hunter2" not in made.text
    with tempfile.TemporaryDirectory() as folder:
        check([each for each in changes if each.path not in made.withheld], Path(folder))


def notebook(*sources: str) -> bytes:
    cells = [{"cell_type": "code", "source": source.splitlines(keepends=True)} for source in sources]
    return json.dumps({"cells": cells}, indent=1).encode()


def test_a_shown_script_has_typed_lines() -> None:
    shown = shown_of(change(b"1\nx\n2\n", b"1\ny\n2\n", "a.py"))
    assert [(line.kind, line.text) for line in shown] == [
        (LineKind.HUNK, "@@ -1,3 +1,3 @@"),
        (LineKind.CONTEXT, "1"),
        (LineKind.REMOVED, "x"),
        (LineKind.ADDED, "y"),
        (LineKind.CONTEXT, "2"),
    ]


def test_a_shown_notebook_has_code_by_cell() -> None:
    shown = shown_of(change(notebook("a\n", "b\nc"), notebook("a\n", "b\nd"), "n.ipynb"))
    assert [(line.kind, line.text) for line in shown] == [
        (LineKind.CELL, "cell 1"),
        (LineKind.HUNK, "@@ -1,2 +1,2 @@"),
        (LineKind.CONTEXT, "b"),
        (LineKind.REMOVED, "c"),
        (LineKind.ADDED, "d"),
    ]


def test_shown_secrets_are_masked() -> None:
    before = notebook("password = 'hunter2'\nx = 1")
    shown = shown_of(change(before, notebook("password = 'hunter2'\nx = 2"), "n.ipynb"))
    assert "password = '***'" in [line.text for line in shown]
    script = shown_of(change("é password='hunter2'\n".encode(), "è password='hunter3'\n".encode(), "a.py"))
    assert [line.text for line in script][1:] == ["é password='***'", "è password='***'"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b'{"cells": 5}', b'{"cells": [{"source": 5}]}', b"[" * 100_000, b"\xff"]
)
def test_a_notebook_that_is_none_is_shown_by_line(data: bytes) -> None:
    shown = shown_of(Change(path="n.ipynb", before=data, edits=(Edit(0, 0, b"new\n"),)))
    assert "new" in [line.text for line in shown if line.kind is LineKind.ADDED]


def test_control_characters_are_shown_escaped() -> None:
    shown = shown_of(change(b"a\n", b"\x1b[31m\ta\xff\n", "a\x1b.py"))
    assert shown[-1].text == "\\x1b[31m   a\\xff"

from __future__ import annotations

import ast
import json
import warnings
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.syntax.edits import Edit, OverlappingEdits, apply, between
from migrator.understand.texts.notebook import Notebook, read_notebook
from migrator.understand.texts.text import Unreadable


def test_no_edits_change_nothing() -> None:
    assert apply([], "abc") == "abc"
    assert apply([], b"abc") == b"abc"
    assert between("a\nb", "a\nb") == ()


def test_an_edit_replaces_a_half_open_span() -> None:
    assert apply([Edit(1, 2, "xy")], "abc") == "axyc"
    assert apply([Edit(3, 3, b"!")], b"abc") == b"abc!"


def test_edits_may_touch() -> None:
    assert apply([Edit(0, 1, "x"), Edit(1, 1, "y"), Edit(1, 2, "z")], "abc") == "xyzc"


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 2, "x"), Edit(1, 3, "y")],
        [Edit(0, 3, "x"), Edit(1, 1, "y")],
        [Edit(1, 1, "x"), Edit(1, 1, "y")],
        [Edit(1, 2, "x"), Edit(1, 2, "x")],
        [Edit(2, 1, "x")],
        [Edit(3, 4, "x")],
        [Edit(-1, 0, "x")],
    ],
)
def test_edits_that_overlap_or_lie_outside_are_refused(edits: list[Edit[str]]) -> None:
    for given_edits in (edits, edits[::-1]):
        with pytest.raises(OverlappingEdits):
            apply(given_edits, "abc")


def test_edits_between_texts_leave_equal_lines_and_ends_of_lines_alone() -> None:
    assert between("a\nold b\nc", "a\nnew b\nc") == (Edit(2, 5, "new"),)
    assert between("a\nc", "a\nb\nc", offset=10) == (Edit(12, 12, "b\n"),)


TEXTS = st.text(alphabet="ab\n\r\f é", max_size=30)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_edits_between_texts_make_the_one_the_other(before: str, after: str) -> None:
    assert apply(between(before, after), before) == after


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_edits_of_a_part_fit_the_whole(head: str, before: str, after: str, tail: str) -> None:
    assert apply(between(before, after, offset=len(head)), head + before + tail) == head + after + tail


@settings(deadline=None)
@given(st.data())
def test_edits_count_alike_in_any_order(data: st.DataObject) -> None:
    before, after = data.draw(TEXTS), data.draw(TEXTS)
    edits = between(before, after)
    assert apply(data.draw(st.permutations(edits)), before) == after


@settings(deadline=None)
@given(
    TEXTS,
    st.lists(st.tuples(st.integers(-1, 31), st.integers(-1, 31), st.text("xy", max_size=2)), max_size=4),
)
def test_edits_are_refused_exactly_if_two_claim_a_place(text: str, found: list[tuple[int, int, str]]) -> None:
    edits = [Edit(*edit) for edit in found]
    if all(0 <= edit.start <= edit.end <= len(text) for edit in edits) and not _has_clash(edits):
        kept = sum(edit.start - edit.end for edit in edits) + len(text)
        assert len(apply(edits, text)) == kept + sum(len(edit.text) for edit in edits)
    else:
        with pytest.raises(OverlappingEdits):
            apply(edits, text)


def _has_clash(edits: list[Edit[str]]) -> bool:
    pairs = [(one, other) for number, one in enumerate(edits) for other in edits[:number]]
    return any(
        (one.start < other.end and other.start < one.end) or (one.start, one.end) == (other.start, other.end)
        for one, other in pairs
    )


def notebook(data: bytes) -> Notebook:
    found = read_notebook("a.ipynb", data)
    assert isinstance(found, Notebook), found
    return found


# Edits of notebooks obey the same laws through the JSON around them.


@dataclass(frozen=True)
class Written:
    """JSON as text that says how its strings are escaped."""

    data: bytes
    sources: tuple[tuple[str, ...] | str, ...]


PIECES = st.lists(
    st.sampled_from(
        ["a", " ", "\n", "\r\n", "\r", '"', "\\", "/", "é", "😀", "\u2028", "\t", "\f", "x = 1\n"]
    ),
    max_size=6,
).map("".join)
SOURCES = st.lists(PIECES | st.lists(PIECES, max_size=5).map(tuple), min_size=1, max_size=3).map(tuple)


@st.composite
def written(draw: st.DrawFn) -> Written:
    sources = draw(SOURCES)
    cells: list[dict[str, object]] = []
    for source in sources:
        cells.append({"cell_type": "code", "source": source, "outputs": [{"text": ["é\n", "\\"]}]})
        cells.append({"source": ["not code\n"], "cell_type": "markdown"})
    document: dict[str, object] = {"metadata": {"é": [1.50, {}]}, "nbformat": 4, "cells": cells}
    if draw(st.booleans()):
        document = {"nbformat": 3, "worksheets": [{"cells": [_format_3(cell) for cell in cells]}]}
    text = json.dumps(
        document,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 1, 2, "\t"])),
        separators=draw(st.sampled_from([(",", ":"), (",", ": "), (" , ", " : ")])),
    )
    # Line ends and slashes inside of strings are escaped, so these change the layout alone.
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    text = text.replace("/", draw(st.sampled_from(["/", "\\/"])))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return Written(mark + text.encode(), sources)


def _format_3(cell: dict[str, object]) -> dict[str, object]:
    return {("input" if key == "source" else key): value for key, value in cell.items()}


@st.composite
def edits_of(draw: st.DrawFn, length: int) -> list[Edit[str]]:
    points = draw(st.lists(st.integers(0, length), max_size=8).map(sorted))
    found = [Edit(start, end, draw(PIECES)) for start, end in zip(points[::2], points[1::2], strict=False)]
    return [edit for number, edit in enumerate(found) if number == 0 or edit.start > found[number - 1].start]


def cell_texts(view: Notebook) -> list[str]:
    return [view.text[cell.start : cell.end] for cell in view.cells]


@settings(deadline=None, max_examples=400)
@given(written())
def test_the_text_of_a_cell_is_its_source(file: Written) -> None:
    view = notebook(file.data)
    assert cell_texts(view) == ["".join(source) for source in file.sources]
    assert len(view.masked) == len(view.text)
    with warnings.catch_warnings(action="ignore"):  # a text may hold an escape that Python does not know
        ast.parse(view.masked)


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_edits_change_the_text_as_told_and_nothing_else(data: st.DataObject) -> None:
    file = data.draw(written())
    view = notebook(file.data)
    per_cell = [data.draw(edits_of(cell.end - cell.start)) for cell in view.cells]
    shifted = [
        Edit(cell.start + edit.start, cell.start + edit.end, edit.text)
        for cell, edits in zip(view.cells, per_cell, strict=True)
        for edit in edits
    ]
    after = apply(view.edits(data.draw(st.permutations(shifted))), view.data)
    expected = [apply(edits, text) for edits, text in zip(per_cell, cell_texts(view), strict=True)]
    again = notebook(after)
    assert cell_texts(again) == expected
    assert _without_sources(after) == _without_sources(file.data)
    assert _shell(view) == _shell(again)


def _without_sources(data: bytes) -> object:
    document = json.loads(data.decode("utf-8-sig"))
    for sheet in document.get("worksheets", [document]):
        for cell in sheet["cells"]:
            if cell["cell_type"] == "code":
                cell.pop("source", None)
                cell.pop("input", None)
    return document


def _shell(view: Notebook) -> list[str]:
    """What stands around the sources: nothing of it may change."""
    parts, position = [], 0
    for cell in view.cells:
        parts.append(view.file.text[position : cell.source.start])
        _, position = json.JSONDecoder().raw_decode(view.file.text, cell.source.start)
    return [*parts, view.file.text[position:]]


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_line_inserted_into_a_list_changes_no_other_string(data: st.DataObject) -> None:
    lines = [*data.draw(st.lists(st.sampled_from(["a\n", "\n", "é 😀\n"]), min_size=1, max_size=5)), "end"]
    number = data.draw(st.integers(0, len(lines) - 1))
    before = _code(lines)
    view = notebook(before.encode())
    start = view.cells[0].start + len("".join(lines[:number]))
    after = apply(view.edits([Edit(start, start, "new\n")]), view.data).decode()
    assert after == _code([*lines[:number], "new\n", *lines[number:]])


def _code(lines: list[str]) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": lines}]}, indent=1)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",: \\ntrue1cellsour', max_size=60).map(str.encode))
def test_no_bytes_raise(data: bytes) -> None:
    assert isinstance(read_notebook("a.ipynb", data), Notebook | Unreadable)

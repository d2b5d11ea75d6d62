from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given, strategies

from codemods.syntax.edits import Edit, apply
from migrator.model import Place
from migrator.understand.texts import fenced_blocks
from migrator.understand.texts.markdown import Block


def blocks(text: str) -> list[Block]:
    return list(fenced_blocks("README.md", text.encode()))


def replaced(text: str, old: str, new: str) -> str:
    """Return the document after an edit of its only block."""
    (block,) = blocks(text)
    start = block.text.index(old)
    edit = Edit(start, start + len(old), new)
    after = apply(block.edits([edit]), block.data).decode()
    (again,) = blocks(after)
    assert again.text == apply([edit], block.text)
    return after


@pytest.mark.parametrize(
    ("text", "info", "inside"),
    [
        ("```json\n{}\n```\n", "json", "{}\n"),
        ("```\n{}\n```", "", "{}\n"),
        ("~~~ azurecli test\n{}\n~~~\n", "azurecli test", "{}\n"),
        ("`````python\n```\n`````\n", "python", "```\n"),
        ("~~~~\n~~~\n~~~~~\n", "", "~~~\n"),
        ("```json\r\n{\r\n}\r\n```\r\n", "json", "{\r\n}\r\n"),
        ("```\r{}\r```\r", "", "{}\r"),
        ("```\n{\n\t1\n}\n```\n", "", "{\n\t1\n}\n"),
        ("  ```\n  {\n    1\n }\n  ```\n", "", "{\n  1\n}\n"),
        ("- a\n\n  ```json\n  {\n\n  }\n  ```\n- b\n", "json", "{\n\n}\n"),
        ("1. a\n   ```\n   {\n   ```\n", "", "{\n"),
        ("* a\n\n\t```\n\t{\n\t\t1\n\t}\n\t```\n", "", "{\n\t1\n}\n"),
        ("> ```\n> {\n>   1\n> }\n> ```\n", "", "{\n  1\n}\n"),
        ("> - ```\n>   {}\n>   ```\n", "", "{}\n"),
        ("```\n{}", "", "{}"),
        ("```\n{}\n", "", "{}\n"),
        ("```\n```\n", "", ""),
    ],
)
def test_a_block_is_what_stands_between_its_fences(text: str, info: str, inside: str) -> None:
    (block,) = blocks(text)
    assert (block.info, block.text) == (info, inside)


@pytest.mark.parametrize(
    "text", ["", "`{}`\n", "    {}\n", "``` a `b`\n", "a ```{}``` b\n", "<pre>\n```\n</pre>"]
)
def test_what_is_not_fenced_is_no_block(text: str) -> None:
    assert blocks(text) == []


def test_a_place_is_that_in_the_document() -> None:
    (block,) = blocks("# a\n\n> ```\n> {\n> }\n> ```\n")
    assert block.place(block.text.index("}")) == Place("README.md", line=5)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a\n```\n{old}\n```\nb", "a\n```\n{x\ny}\n```\nb"),
        ("- a\n  ```\n  {old}\n  ```\n", "- a\n  ```\n  {x\n  y}\n  ```\n"),
        ("> ```\n> {old}\n> ```\n", "> ```\n> {x\n> y}\n> ```\n"),
        ("* a\n\n\t~~~\n\t{old}\n\t~~~\n", "* a\n\n\t~~~\n\t{x\n\ty}\n\t~~~\n"),
    ],
)
def test_new_lines_are_indented_and_quoted_as_their_line(text: str, after: str) -> None:
    assert replaced(text, "old", "x\ny") == after


def test_an_edit_over_lines_leaves_what_stands_before_them() -> None:
    assert replaced("> ```\n> a\n> b\n> c\n> ```\n", "a\nb\n", "x\n") == "> ```\n> x\n> c\n> ```\n"


def test_an_edit_of_a_markdown_cell_lands_in_its_strings() -> None:
    source = ["a\n", "```\n", "old\n", "```"]
    cells: list[object] = [
        {"cell_type": "markdown", "metadata": {}, "source": each} for each in ("# a", source)
    ]
    data = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}, indent=1).encode()
    (block,) = fenced_blocks("a.ipynb", data)
    assert block.place(0) == Place("a.ipynb", 1, 3)
    after = apply(block.edits([Edit(0, 3, "x\ny")]), data)
    assert json.loads(after)["cells"][1]["source"] == ["a\n", "```\n", "x\n", "y\n", "```"]
    assert json.loads(after)["cells"][0] == cells[0]


_LINES = strategies.sampled_from(
    [
        "```",
        "~~~",
        "````json",
        "- a",
        "  - b",
        "> c",
        "> ```",
        "{",
        "\t{",
        "   x",
        "",
        "    y",
        "1. z",
        "  ```",
        ">",
        "\t",
    ]
)
_ENDS = strategies.sampled_from(["\n", "\r\n", "\r"])


@given(
    strategies.lists(_LINES, max_size=30),
    _ENDS,
    strategies.booleans(),
    strategies.sampled_from(["", "x", "x\ny", "\n"]),
)
@example(["> ```", "> {", "> ```"], "\r\n", True, "x\ny")
def test_text_outside_of_fences_never_changes(lines: list[str], end: str, is_ended: bool, new: str) -> None:
    text = end.join(lines) + (end if is_ended else "")
    for block in blocks(text):
        starts = [start for start, _ in block.lines]
        edit = Edit(0, len(block.text.rstrip("\r\n")), new)
        after = apply(block.edits([edit]), block.data).decode()
        before, behind = text[: starts[0]], text[starts[-1] :]
        assert after.startswith(before)
        assert after.endswith(behind)
        assert re.sub(r"[\s>]", "", after[len(before) : len(after) - len(behind)]) == re.sub(r"\s", "", new)

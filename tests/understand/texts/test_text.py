from __future__ import annotations

import ast
import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.syntax.edits import Edit, apply, between
from migrator.model import Place
from migrator.understand.texts.text import Text, Unreadable, merged, read_json, read_script, split_lines


def script(data: bytes) -> Text:
    found = read_script("a.py", data)
    assert isinstance(found, Text), found
    return found


def unreadable(data: bytes) -> Unreadable:
    found = read_script("a.py", data)
    assert isinstance(found, Unreadable), found
    return found


def replaced(data: bytes, old: str, new: str) -> bytes:
    text = script(data)
    start = text.text.index(old)
    return apply(text.edits([Edit(start, start + len(old), new)]), data)


def test_a_text_without_edits_has_none() -> None:
    assert script(b"x = 1\n").edits([]) == ()


def test_a_script_is_masked_by_nothing() -> None:
    text = script("%time\nx = 'é'".encode())
    assert text.masked == text.text == "%time\nx = 'é'"


@pytest.mark.parametrize(
    "data", [b"", b"a", b"a\r\nold\r\n\r\nc", b"a\rold\rc", b"a\nold\r\nc\r", b"\told \x0c"]
)
def test_line_ends_are_kept(data: bytes) -> None:
    text = script(data)
    assert text.text.encode() == data
    assert b"old" not in data or replaced(data, "old", "new") == data.replace(b"old", b"new")


def test_a_byte_order_mark_is_kept_and_no_part_of_the_text() -> None:
    data = codecs.BOM_UTF8 + "é = old".encode()
    assert script(data).text == "é = old"
    assert replaced(data, "old", "new") == data.replace(b"old", b"new")


@pytest.mark.parametrize("name", ["utf-8", "UTF_8", "utf-8-sig", "utf8", "ascii"])
def test_a_script_that_is_declared_as_utf_8_is_read(name: str) -> None:
    data = f"#!/bin/x\n# coding: {name}\ns = 'é' + old\n".encode()
    assert replaced(data, "old", "new") == data.replace(b"old", b"new")


@pytest.mark.parametrize("name", ["latin-1", "shift_jis", "nonsense", "hex", "utf-7", "iso-2022-jp"])
def test_a_script_that_is_declared_otherwise_is_unreadable(name: str) -> None:
    for head in ("", "\n", "#!/bin/x\n", "\ufeff"):
        found = unreadable(f"{head}# -*- coding: {name} -*-\n".encode())
        assert "only UTF-8 can be read" in found.message


def test_a_declaration_counts_in_the_first_two_lines_without_code_only() -> None:
    for head in ("x = 1\n", "#\n\n"):
        assert script(f"{head}# coding: latin-1\r'é'".encode()).text.endswith("'é'")


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"x = 1\r\ny = '\xff'", 2, 6),
        (codecs.BOM_UTF8 + "é\xe9".encode() + b"\xe9", 1, 3),
        (b"x\ry\0", 2, 2),
        ("x = 1".encode("utf-16"), 1, 1),
        ("x = 1".encode("utf-32"), 1, 1),
    ],
)
def test_what_cannot_be_decoded_is_unreadable_with_its_place(data: bytes, line: int, column: int) -> None:
    found = unreadable(data)
    assert (found.line, found.column, found.cell) == (line, column, -1)


def test_json_is_utf_8_with_or_without_a_mark() -> None:
    for mark in (b"", codecs.BOM_UTF8):
        text = read_json("a.json", mark + b'{"a": 1}\r\n')
        assert isinstance(text, Text)
        assert text.text == '{"a": 1}\r\n'


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_json_in_another_encoding_is_unreadable(encoding: str) -> None:
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""
    found = read_json("a.json", mark + '{"é": 1}'.encode(encoding))
    assert isinstance(found, Unreadable)
    assert (found.message == "not utf-8") == (encoding == "latin-1")


def test_a_new_line_ends_as_its_own_or_the_one_above() -> None:
    text = script(b"a\r\nb\nc\rd")
    assert [text.newline_at(offset) for offset in (0, 1, 2, 3, 4, 5, 7)] == [
        "\r\n", "\r\n", "\r\n", "\n", "\n", "\r", "\r",
    ]  # fmt: skip
    assert script(b"a").newline_at(1) == "\n"


def test_a_place_counts_the_lines_that_python_counts() -> None:
    text = script("a\x0c\x0b\u2028\u0085\r\nb\rc".encode())
    assert text.place(0) == Place("a.py", line=1)
    assert text.place(text.text.index("b")) == Place("a.py", line=2)
    assert text.place(len(text.text)) == Place("a.py", line=3)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_positions_of_the_parser_are_offsets(end: str) -> None:
    text = script(f"s = '\x0b\u2028é😀'; t = 1{end}\x0c{end}é = '😀'; name = 2{end}".encode())
    names = [node for node in ast.walk(ast.parse(text.masked)) if isinstance(node, ast.Name)]
    assert sorted(node.id for node in names) == ["name", "s", "t", "é"]
    for node in names:
        start = text.offset(node.lineno, node.col_offset)
        assert text.text[start : start + len(node.id)] == node.id
        assert node.end_col_offset is not None
        assert text.offset(node.lineno, node.end_col_offset) == start + len(node.id)


def test_a_position_behind_the_end_is_the_end() -> None:
    text = script(b"ab")
    assert (text.offset(1, 9), text.offset(9, 0)) == (2, 2)


@pytest.mark.parametrize("span", [(-1, 0), (2, 3)])
def test_an_edit_outside_of_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside"):
        script(b"ab").edits([Edit(*span, "x")])


def test_touching_edits_are_merged_and_empty_ones_dropped() -> None:
    edits = [Edit(3, 4, "b"), Edit(1, 3, "a"), Edit(4, 4, "c"), Edit(6, 6, "")]
    assert merged(edits) == [Edit(1, 4, "abc")]


def test_lines_split_where_python_splits() -> None:
    assert split_lines("") == [""]
    assert split_lines("a\x0c\r\n\rb\u2028\n") == ["a\x0c\r\n", "\r", "b\u2028\n"]


TEXTS = st.text(alphabet="ab\n\r\té😀\u2028\x0c", max_size=30)


@settings(deadline=None, max_examples=300)
@given(TEXTS, TEXTS, st.sampled_from([b"", codecs.BOM_UTF8]))
def test_edits_of_the_text_are_edits_of_the_bytes(before: str, after: str, mark: bytes) -> None:
    data = mark + before.encode()
    assert apply(script(data).edits(between(before, after)), data) == mark + after.encode()


@settings(deadline=None, max_examples=300)
@given(
    st.binary(max_size=30),
    st.sampled_from([b"", b"# coding: latin-1\n", b"# coding: big5\n", b"# coding: cp932\r"]),
)
def test_a_readable_script_leads_back_to_its_bytes(data: bytes, cookie: bytes) -> None:
    found = read_script("a.py", cookie + data)
    if isinstance(found, Text):
        whole = apply(found.edits([Edit(0, len(found.text), found.text)]), found.data)
        assert whole == cookie + data


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=40))
def test_no_bytes_raise(data: bytes) -> None:
    for read in (read_script, read_json):
        assert isinstance(read("a", data), Text | Unreadable)

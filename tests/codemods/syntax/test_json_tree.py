from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.syntax.json_tree import MAX_DEPTH, InvalidJson, Kind, Node, parse

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
LAYOUTS = st.tuples(
    st.sampled_from([None, "", " ", "  ", "    ", "\t"]),
    st.sampled_from([":", ": ", " : ", " :"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.sampled_from(["", "\n", " \r\n"]),
)
Layout = tuple[str | None, str, str, bool, str]


def written(value: object, layout: Layout) -> str:
    indent, colon, line_end, ascii_only, tail = layout
    text = json.dumps(value, indent=indent, separators=(",", colon), ensure_ascii=ascii_only)
    return text.replace("\n", line_end) + tail


def tree_value(node: Node) -> object:
    if node.kind is Kind.OBJECT:
        return {member.key: tree_value(member.value) for member in node.members}
    if node.kind is Kind.ARRAY:
        return [tree_value(item) for item in node.items]
    return node.value


@given(VALUES, LAYOUTS)
@settings(deadline=None)
def test_the_tree_holds_what_json_loads_reads(value: object, layout: Layout) -> None:
    text = written(value, layout)
    root = parse(text)
    assert tree_value(root) == root.value == json.loads(text)


@given(st.text() | st.text('[]{}",:\\0123456789eE+-.ntf \n\r\t\ud800\x00é'))
@settings(deadline=None, max_examples=500)
def test_any_text_is_read_like_json_loads_or_refused(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=int)
    except ValueError:
        with pytest.raises(InvalidJson):
            parse(text)
    else:
        assert tree_value(parse(text)) == expected


@pytest.mark.parametrize("number", ["1e5", "1E+5", "1e+22", "-0", "0.10", "1e400", "10.25E-07"])
def test_every_form_of_number_is_read(number: str) -> None:
    assert parse(f"[{number}]").items[0].value == json.loads(number)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("{} // comment", 1, 4),
        ("{}{}", 1, 3),
        ('{\r\n  "a": 1,\r\n}', 3, 1),
        ('{\r"a": x}', 2, 6),
        ('{"a": "NaN",\n "b": NaN}', 2, 7),
        ("[-Infinity]", 1, 2),
        ("\ufeff{}", 1, 1),
        ('"\x00"', 1, 2),
        ('"\x0c"', 1, 2),
        ("[" + "9" * 5000 + "]", 1, 2),
        ("[" * 100_000, 1, 1),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), 1, 1),
    ],
)
def test_what_is_not_strict_json_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(InvalidJson) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_refusal_quotes_nothing() -> None:
    with pytest.raises(InvalidJson) as caught:
        parse('{"password": "hunter2\\q"}')
    assert "hunter2" not in str(caught.value)
    assert "q" not in str(caught.value).split()


def test_the_deepest_accepted_nesting_can_be_loaded() -> None:
    text = '{"a":[' * (MAX_DEPTH // 2) + '"[\\"{"' + "]}" * (MAX_DEPTH // 2)
    assert parse(text).value == json.loads(text)


def test_positions_are_code_points_whatever_stands_before() -> None:
    text = '{"é😀\ud800": "ü", "b": [1,\r\n 22]}'
    node = parse(text).find("b")
    assert node is not None
    assert text[node.items[1].start : node.items[1].end] == "22"


def test_the_last_of_duplicate_keys_counts_and_escaped_keys_are_found() -> None:
    root = parse('{"a": 1, "\\u0061": {"b": 2}}')
    found = root.find("a", "b")
    assert found is not None
    assert found.value == 2
    assert [member.key for member in root.members] == ["a", "a"]


def test_what_is_not_there_is_none() -> None:
    root = parse('{"a": [1]}')
    assert root.find("b") is root.find("a", "b") is root.find("a", "b", "c") is None
    assert root.find() is root
    assert root.items == ()


def test_blank_is_null_or_whitespace() -> None:
    nodes = parse('[null, "", " \\n", "a", 0, false, {}, []]').items
    assert [node.is_blank for node in nodes] == [True] * 3 + [False] * 5


def test_a_number_of_too_many_digits_is_placed_in_a_hostile_text_at_once() -> None:
    with pytest.raises(InvalidJson) as refused:
        parse("[\n" + "1" * 5000 + ', "' + '\\"' * 500_000)
    assert (refused.value.line, refused.value.column) == (2, 1)

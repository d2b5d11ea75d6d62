from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.syntax.edits import apply
from codemods.syntax.json_tree import (
    MAX_DEPTH,
    InvalidJson,
    Json,
    Kind,
    Node,
    insert_members,
    parse,
    replace_value,
)

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
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


def inserted(text: str, members: Mapping[str, Json], *keys: str, before: int | None = None) -> str:
    parent = parse(text).find(*keys)
    assert parent is not None
    return apply([insert_members(text, parent, members, before=before)], text)


LOGIN: dict[str, Json] = {"who": "me", "login": {"key": "k"}}


@given(VALUES, LAYOUTS)
@settings(deadline=None)
def test_the_tree_holds_what_json_loads_reads(value: object, layout: Layout) -> None:
    text = written(value, layout)
    root = parse(text)
    assert tree_value(root) == root.value == json.loads(text)


@given(OBJECTS, OBJECTS, LAYOUTS, st.booleans())
@settings(deadline=None)
def test_inserting_adds_the_members_and_changes_no_other_character(
    old: dict[str, Json], new: dict[str, Json], layout: Layout, first: bool
) -> None:
    text = written(old, layout)
    edit = insert_members(text, parse(text), new, before=0 if first else None)
    after = apply([edit], text)
    assert after.startswith(text[: edit.start])
    assert after.endswith(text[edit.end :])
    assert not text[edit.start : edit.end].strip()
    assert json.loads(after) == ({**new, **old} if first else {**old, **new})
    keys = [*new, *old] if first else [*old, *new]
    assert [member.key for member in parse(after).members] == keys


@given(OBJECTS.filter(bool), VALUES, LAYOUTS)
@settings(deadline=None)
def test_replacing_puts_the_value_there(old: dict[str, Json], value: Json, layout: Layout) -> None:
    text = written({"a": old}, layout)
    key = next(iter(old))
    node = parse(text).find("a", key)
    assert node is not None
    assert json.loads(apply([replace_value(node, value)], text)) == {"a": {**old, key: value}}


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
    assert node.items[1].line == 2
    assert node.line == 1


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a":1}', '{"a":1,"who":"me","login":{"key":"k"}}'),
        ('{"a": 1}', '{"a": 1, "who": "me", "login": {"key": "k"}}'),
        ('{ "a" : 1 }\n', '{ "a" : 1, "who" : "me", "login" : {"key" : "k"} }\n'),
        ("{}", '{\n    "who": "me",\n    "login": {\n        "key": "k"\n    }\n}'),
        (
            '{\n  "a": 1\n}',
            '{\n  "a": 1,\n  "who": "me",\n  "login": {\n    "key": "k"\n  }\n}',
        ),
        (
            '{\r\n\t"a": 1 \r\n}\r\n',
            '{\r\n\t"a": 1,\r\n\t"who": "me",\r\n\t"login": {\r\n\t\t"key": "k"\r\n\t} \r\n}\r\n',
        ),
        (
            '{\r  "a" : {},\r\r  "b": 2\r}',
            '{\r  "a" : {},\r\r  "b": 2,\r  "who": "me",\r  "login": {\r    "key": "k"\r  }\r}',
        ),
        (
            '{"a": 1,\n "b": 2}',
            '{"a": 1,\n "b": 2,\n "who": "me",\n "login": {\n     "key": "k"\n }}',
        ),
    ],
)
def test_new_members_follow_the_layout_of_the_object(before: str, after: str) -> None:
    assert inserted(before, LOGIN) == after


def test_an_object_on_one_line_of_a_long_file_opens_only_for_a_new_object() -> None:
    text = '{\n  "a": {"b": 1},\n  "c": {}\n}\n'
    assert '  "a": {"b": 1, "who": "me"},\n' in inserted(text, {"who": "me"}, "a")
    assert '  "a": {"b": 1, "in": {\n    "key": "k"\n  }},\n' in inserted(text, {"in": {"key": "k"}}, "a")
    assert '  "c": {\n    "who": "me"\n  }\n}\n' in inserted(text, {"who": "me"}, "c")


def test_members_can_come_first_or_between() -> None:
    text = '{\n\n  "a": 1,\n  "b": 2\n}'
    assert inserted(text, {"c": 3}, before=0) == '{\n\n  "c": 3,\n  "a": 1,\n  "b": 2\n}'
    between = insert_members(text, parse(text), {"c": 3}, before=1)
    assert apply([between], text) == '{\n\n  "a": 1,\n  "c": 3,\n  "b": 2\n}'


def test_the_indentation_is_that_of_the_nearest_member() -> None:
    text = '{\n  "a": 1,\n     "b": 2\n}'
    assert inserted(text, {"c": 3}) == '{\n  "a": 1,\n     "b": 2,\n     "c": 3\n}'
    assert inserted(text, {"c": 3}, before=0) == '{\n  "c": 3,\n  "a": 1,\n     "b": 2\n}'


def test_other_characters_are_escaped_only_where_the_file_escapes_them() -> None:
    assert inserted('{"a": "\\u00fc"}', {"b": "é"}) == '{"a": "\\u00fc", "b": "\\u00e9"}'
    assert inserted('{"a": "ü"}', {"b": "é"}) == '{"a": "ü", "b": "é"}'
    assert inserted('{"a": "ü"}', {"b": "\ud800"}) == '{"a": "ü", "b": "\\ud800"}'


def test_a_null_becomes_an_object_in_the_style_of_the_file() -> None:
    text = '{\n\t"a": null,\n\t"b" : {}\n}'
    node = parse(text).find("a")
    assert node is not None
    assert apply([replace_value(node, {"k": 1})], text) == '{\n\t"a": {\n\t\t"k": 1\n\t},\n\t"b" : {}\n}'


def test_only_an_object_takes_members() -> None:
    with pytest.raises(ValueError, match="object"):
        insert_members("[1]", parse("[1]"), {"a": 1})


def test_blank_is_null_or_whitespace() -> None:
    nodes = parse('[null, "", " \\n", "a", 0, false, {}, []]').items
    assert [node.is_blank for node in nodes] == [True] * 3 + [False] * 5


def test_a_number_of_too_many_digits_is_placed_in_a_hostile_text_at_once() -> None:
    with pytest.raises(InvalidJson) as refused:
        parse("[\n" + "1" * 5000 + ', "' + '\\"' * 500_000)
    assert (refused.value.line, refused.value.column) == (2, 1)

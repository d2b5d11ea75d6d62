from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.syntax.edits import apply
from codemods.syntax.json_edits import insert_members, replace_value
from codemods.syntax.json_tree import Json, parse
from tests.codemods.syntax.test_json_tree import LAYOUTS, VALUES, Layout, written

OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


def inserted(text: str, members: Mapping[str, Json], *keys: str, before: int = 99) -> str:
    parent = parse(text).find(*keys)
    assert parent is not None
    return apply([insert_members(parent, members, before)], text)


LOGIN: dict[str, Json] = {"who": "me", "login": {"key": "k"}}


@given(OBJECTS, OBJECTS, LAYOUTS, st.booleans())
@settings(deadline=None)
def test_inserting_adds_the_members_and_changes_no_other_character(
    old: dict[str, Json], new: dict[str, Json], layout: Layout, first: bool
) -> None:
    text = written(old, layout)
    edit = insert_members(parse(text), new, 0 if first else len(old))
    after = apply([edit], text)
    assert after.startswith(text[: edit.start])
    assert after.endswith(text[edit.end :])
    assert not text[edit.start : edit.end].strip("{ }\r\n\t")
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
    between = insert_members(parse(text), {"c": 3}, 1)
    assert apply([between], text) == '{\n\n  "a": 1,\n  "c": 3,\n  "b": 2\n}'


def test_the_indentation_is_that_of_the_nearest_member() -> None:
    text = '{\n  "a": 1,\n     "b": 2\n}'
    assert inserted(text, {"c": 3}) == '{\n  "a": 1,\n     "b": 2,\n     "c": 3\n}'
    assert inserted(text, {"c": 3}, before=0) == '{\n  "c": 3,\n  "a": 1,\n     "b": 2\n}'


def test_other_characters_are_escaped_only_where_the_file_escapes_them() -> None:
    assert inserted('{"a": "\\u00fc"}', {"b": "é"}) == '{"a": "\\u00fc", "b": "\\u00e9"}'
    assert inserted('{"a": "ü"}', {"b": "é"}) == '{"a": "ü", "b": "é"}'


def test_a_null_becomes_an_object_in_the_style_of_the_file() -> None:
    text = '{\n\t"a": null,\n\t"b" : {}\n}'
    node = parse(text).find("a")
    assert node is not None
    assert apply([replace_value(node, {"k": 1})], text) == '{\n\t"a": {\n\t\t"k": 1\n\t},\n\t"b" : {}\n}'

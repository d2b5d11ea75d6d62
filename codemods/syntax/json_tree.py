"""Strict JSON as a lazy concrete syntax tree.

Positions come from tree-sitter's JSON grammar (https://github.com/tree-sitter/tree-sitter-json).
It also accepts comments and several documents in one file, so ``json.loads`` decides first.
All offsets are 0-based code points of the text, half-open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import TypeAlias

import tree_sitter
import tree_sitter_json

from codemods.syntax.lines import line_start

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

# Far from the interpreter's recursion limit, so that a tree which was accepted can always be loaded.
MAX_DEPTH = 400

_LANGUAGE = tree_sitter.Language(tree_sitter_json.language())
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_REFUSED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|(-?(?:NaN|Infinity)|(?<!\d)\d{4301,})', re.DOTALL)
_TOO_DEEP = "nested too deeply"


class Kind(StrEnum):
    """What a value is; the names are those of the grammar."""

    OBJECT = "object"
    ARRAY = "array"
    STRING = "string"
    NUMBER = "number"
    TRUE = "true"
    FALSE = "false"
    NULL = "null"


_KINDS = {kind.value: kind for kind in Kind}


class InvalidJson(ValueError):
    """The text is not strict JSON; ``line`` and ``column`` are 1-based, the message quotes nothing."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(eq=False)
class Node:
    """One value: its kind and its place in the document; everything below is read when asked for.

    Nothing changes it; one that is frozen takes twice as long to make, and large files have millions.
    ``outer`` is the object around it, None where it stands in none.
    """

    kind: Kind
    start: int
    end: int
    document: str = field(repr=False)
    outer: Node | None = field(repr=False)
    _syntax: tree_sitter.Node = field(repr=False)

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The members of an object in the file's order, duplicates included; else none."""
        if self.kind is not Kind.OBJECT:
            return ()
        pairs = (pair.named_children for pair in self._syntax.named_children)
        return tuple(
            Member(
                str(_value(self.document, key.start_byte, key.end_byte)),
                key.start_byte,
                key.end_byte,
                self._below(value),
            )
            for key, value in pairs
        )

    @cached_property
    def items(self) -> tuple[Node, ...]:
        """The items of an array; else none."""
        if self.kind is not Kind.ARRAY:
            return ()
        return tuple(map(self._below, self._syntax.named_children))

    def _below(self, syntax: tree_sitter.Node) -> Node:
        return _node(self.document, self if self.kind is Kind.OBJECT else self.outer, syntax)

    @property
    def value(self) -> Json:
        """The Python value, as ``json.loads`` gives it."""
        return _value(self.document, self.start, self.end)

    @property
    def is_blank(self) -> bool:
        """Whether it is null or a string of nothing but whitespace."""
        return self.kind is Kind.NULL or (self.kind is Kind.STRING and not str(self.value).strip())

    def find(self, *keys: str) -> Node | None:
        """Return the value under the keys, one object deeper each; of duplicates the last one counts."""
        node: Node | None = self
        for key in keys:
            members = node.members if node else ()
            node = next((member.value for member in reversed(members) if member.key == key), None)
        return node

    def text(self, *keys: str) -> str | None:
        """Return the string under the keys; None where there is none."""
        node = self.find(*keys)
        return str(node.value) if node is not None and node.kind is Kind.STRING else None


@dataclass(slots=True, eq=False)
class Member:
    """One ``"key": value`` of an object; ``key`` is decoded, and stands from ``start`` to ``key_end``."""

    key: str
    start: int
    key_end: int
    value: Node


@lru_cache(maxsize=1)  # Recipes and jobs in a row ask for one configuration file.
def parse(text: str) -> Node:
    """Return the root of the decoded text, without byte order mark. Raises InvalidJson as ``loaded`` does."""
    loaded(text)
    root = tree_sitter.Parser(_LANGUAGE).parse(_stand_in(text)).root_node
    if root.has_error or root.named_child_count != 1:
        raise InvalidJson("not understood by the JSON grammar", 1, 1)
    return _node(text, None, root.named_children[0])


def loaded(text: str) -> Json:
    """Return the value of strict JSON.

    Raises InvalidJson for all that ``json.loads`` refuses, for NaN and Infinity, and for values nested deeper
    than MAX_DEPTH.
    """
    try:
        value: Json = json.loads(text, parse_constant=int)  # which takes neither NaN nor Infinity
    except json.JSONDecodeError as error:
        raise _refused(text, error) from None
    except RecursionError:
        raise InvalidJson(_TOO_DEEP, 1, 1) from None
    except ValueError:
        refused = next((token.start() for token in _REFUSED.finditer(text) if token[1]), 0)
        raise InvalidJson("no JSON number, or one with too many digits", *_position(text, refused)) from None
    if _is_deeper_than(MAX_DEPTH, _stand_in(text)):
        raise InvalidJson(_TOO_DEEP, 1, 1)
    return value


def _stand_in(text: str) -> bytes:
    # With a stand-in of one byte for every other character the grammar's bytes are code points of the text.
    # The grammar does not know the plus of ``1e+5``, which stands nowhere else but in strings.
    return text.encode("ascii", "replace").replace(b"+", b"-")


def _refused(text: str, error: json.JSONDecodeError) -> InvalidJson:
    message, position = error.msg.partition(":")[0].removesuffix(" at"), error.pos
    # Python 3.13 names a trailing comma itself; the report is to be the same from every Python.
    if message.startswith("Illegal trailing comma"):
        position += 1 + len(text[position + 1 :]) - len(text[position + 1 :].lstrip(" \t\r\n"))
        is_array = text[position : position + 1] == "]"
        message = "Expecting value" if is_array else "Expecting property name enclosed in double quotes"
    return InvalidJson(message, *_position(text, position))


def _node(document: str, outer: Node | None, syntax: tree_sitter.Node) -> Node:
    return Node(_KINDS[syntax.type], syntax.start_byte, syntax.end_byte, document, outer, syntax)


def _value(document: str, start: int, end: int) -> Json:
    source = document[start:end]
    if source[0] == '"' and "\\" not in source:
        return source[1:-1]
    loaded: Json = json.loads(source)
    return loaded


def _position(text: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and column of an offset; CRLF, LF and CR end a line."""
    ends = text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
    return ends + 1, offset - line_start(text, offset) + 1


def _is_deeper_than(limit: int, data: bytes) -> bool:
    """Tell whether valid JSON is nested deeper: peel off the innermost brackets, a level each time."""
    unescaped = data.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_BRACKETS)
    brackets = b"".join(unescaped.split(b'"')[::2]).replace(b"{", b"[").replace(b"}", b"]")
    for _ in range(limit):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)

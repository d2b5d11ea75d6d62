"""Strict JSON as a lazy concrete syntax tree, and edits that follow the layout of the file.

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
from functools import cached_property
from typing import TypeAlias

import tree_sitter
import tree_sitter_json

from codemods.syntax.edits import Edit
from codemods.syntax.lines import LINE_END, indent_at, line_start

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

# Far from the interpreter's recursion limit, so that a tree which was accepted can always be loaded.
MAX_DEPTH = 400

_LANGUAGE = tree_sitter.Language(tree_sitter_json.language())
_SURROGATE = re.compile("[\ud800-\udfff]")
_STEP = re.compile(r"(?:^|[\r\n])([ \t]*)(?![ \t])[^\r\n]*[\[{][ \t]*(?:\r\n|\n|\r)\1([ \t]+)(?!\s)")
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


class InvalidJson(ValueError):
    """The text is not strict JSON; ``line`` and ``column`` are 1-based, the message quotes nothing."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, eq=False)
class Node:
    """One value: its kind and its place in the text; everything below is read when asked for."""

    kind: Kind
    start: int
    end: int
    _document: str = field(repr=False)
    _syntax: tree_sitter.Node = field(repr=False)

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The members of an object in the file's order, duplicates included; else none."""
        if self.kind is not Kind.OBJECT:
            return ()
        pairs = (pair.named_children for pair in self._syntax.named_children)
        nodes = ((_node(self._document, key), _node(self._document, value)) for key, value in pairs)
        return tuple(Member(str(key.value), key, value) for key, value in nodes)

    @cached_property
    def items(self) -> tuple[Node, ...]:
        """The items of an array; else none."""
        if self.kind is not Kind.ARRAY:
            return ()
        return tuple(_node(self._document, child) for child in self._syntax.named_children)

    @property
    def value(self) -> Json:
        """The Python value, as ``json.loads`` gives it."""
        loaded: Json = json.loads(self._document[self.start : self.end])
        return loaded

    @property
    def is_blank(self) -> bool:
        """Whether it is null or a string of nothing but whitespace."""
        return self.kind is Kind.NULL or (self.kind is Kind.STRING and not str(self.value).strip())

    @property
    def line(self) -> int:
        """The 1-based line on which it starts."""
        return _position(self._document, self.start)[0]

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


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One ``"key": value`` of an object; ``key`` is decoded."""

    key: str
    key_node: Node
    value: Node


def parse(text: str) -> Node:
    """Return the root of the text, which is decoded and without a byte order mark.

    Raises InvalidJson as ``loaded`` does.
    """
    loaded(text)
    root = tree_sitter.Parser(_LANGUAGE).parse(_stand_in(text)).root_node
    if root.has_error or root.named_child_count != 1:
        raise InvalidJson("not understood by the JSON grammar", 1, 1)
    return _node(text, root.named_children[0])


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


def replace_value(node: Node, value: Json) -> Edit[str]:
    """Return the edit that puts ``value`` in the node's place; objects follow the file's layout.

    Raises ValueError for NaN and infinite numbers.
    """
    return Edit(node.start, node.end, _layout_at(node).render(value))


def insert_members(
    text: str, parent: Node, members: Mapping[str, Json], *, before: int | None = None
) -> Edit[str]:
    """Return the edit that adds members to the end of the object, or ``before`` an existing one (0-based).

    The new text follows its neighbours: own lines or one line, indentation, line ends, colons.
    Raises ValueError if ``parent`` is no object, and for NaN and infinite numbers.
    """
    if parent.kind is not Kind.OBJECT:
        raise ValueError("members can only be added to an object")
    siblings = parent.members
    index = len(siblings) if before is None else before
    if not siblings:
        return Edit(parent.start + 1, parent.end - 1, _layout_at(parent).render(members)[1:-1])
    nearest = min(index, len(siblings) - 1)
    layout = _layout_inside(text, parent, nearest)
    separator = f",{layout.space if layout.gap is None else layout.gap}"
    added = [layout.render(key) + layout.colon + layout.render(value) for key, value in members.items()]
    start, end = siblings[nearest].key_node.start, siblings[nearest].value.end
    if index == nearest:
        return Edit(start, start, "".join(member + separator for member in added))
    return Edit(end, end, "".join(separator + member for member in added))


@dataclass(frozen=True, slots=True)
class _Layout:
    """How new text is written beside its siblings; an empty ``line_end`` keeps objects on one line."""

    text: str
    siblings: Sequence[Member]
    line_end: str
    indent: str
    unit: str
    gap: str | None = None

    @property
    def colon(self) -> str:
        """The narrowest colon with its spaces: wider ones may align values."""
        colons = (self.text[each.key_node.end : each.value.start] for each in self.siblings)
        return min((colon for colon in colons if not LINE_END.search(colon)), key=len, default=": ")

    @property
    def space(self) -> str:
        return " " if self.colon[-1].isspace() else ""

    def render(self, value: Json) -> str:
        is_open = self.line_end and value and not isinstance(value, str | int | float)
        encoder = json.JSONEncoder(
            ensure_ascii=False,
            allow_nan=False,
            indent=self.unit if is_open else None,
            separators=("," if is_open else "," + self.space, self.colon),
            default=dict,
        )
        encoded = encoder.encode(value)
        if self.text.isascii() or _SURROGATE.search(encoded):
            encoder.ensure_ascii = True
            encoded = encoder.encode(value)
        return encoded.replace("\n", self.line_end + self.indent)


def _layout_at(node: Node) -> _Layout:
    """Return the layout of the nearest enclosing object, whose style a lone value follows."""
    text, syntax = node._document, node._syntax.parent
    while syntax is not None and syntax.type != Kind.OBJECT:
        syntax = syntax.parent
    siblings = _node(text, syntax).members if syntax is not None else ()
    line_end = _line_end(text) or ("\n" if node.end - node.start == len(text.strip()) else "")
    return _Layout(text, siblings, line_end, indent_at(text, node.start), _unit(text, node.start))


def _layout_inside(text: str, parent: Node, index: int) -> _Layout:
    siblings = parent.members
    starts = [parent.start + 1, *(sibling.value.end for sibling in siblings)]
    gaps = [text[start : sibling.key_node.start] for start, sibling in zip(starts, siblings, strict=False)]
    line_end, indent = _line_end(text), indent_at(text, starts[-1])
    gap = gaps[-1].partition(",")[2] if len(gaps) > 1 else None
    # Nearest first: the gap before the member, those before it, those after it.
    for near in (*gaps[index::-1], *gaps[index + 1 :]):
        if LINE_END.search(near):
            line_end, indent = LINE_END.findall(near)[-1], indent_at(near, len(near))
            gap = line_end + indent
            break
    return _Layout(text, siblings, line_end, indent, _unit(text, parent.start), gap)


def _line_end(text: str) -> str:
    """Return the first line end inside of the document; none if it stands on one line."""
    found = LINE_END.search(text.strip())
    return found[0] if found else ""


def _unit(text: str, offset: int) -> str:
    """Return one step of indentation: that of the line, else the next one's, else the file's first."""
    found = _STEP.search(text, max(0, line_start(text, offset) - 1)) or _STEP.search(text)
    return found[2] if found else "    "


def _node(document: str, syntax: tree_sitter.Node) -> Node:
    return Node(Kind(syntax.type), syntax.start_byte, syntax.end_byte, document, syntax)


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

"""Dicts as authors write them, ``{'a': 1}`` and ``dict(a=1)``: reading them, and writing their like.

``{'image' : name}`` has the pair of ``"image"`` and ``name``; a new one beside it is ``'serverUrl' : url``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias

import libcst as cst

from codemods.image_literal import literal_value
from codemods.syntax.layout import CallLines, Elements, ItemT, Line, Style

DictLike: TypeAlias = cst.Dict | cst.Call
_Gap: TypeAlias = cst.BaseParenthesizableWhitespace


def dict_like(node: cst.BaseExpression) -> DictLike | None:
    """Return ``node`` if it is a dict display or a call of ``dict``, else None."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        return node
    return node if isinstance(node, cst.Dict) else None


def line_of(node: DictLike, lines: CallLines) -> Line:
    """Return the line on which the bracket of ``node`` opens; ``lines`` has visited it."""
    return lines.dicts[node] if isinstance(node, cst.Dict) else lines.lines[node]


def pairs_of(node: DictLike) -> list[tuple[str | None, cst.BaseExpression]]:
    """Return keys and values in order; the key is None where it is no plain name or literal."""
    if isinstance(node, cst.Call):
        return [(arg.keyword.value if arg.keyword else None, arg.value) for arg in node.args]
    return [
        (literal_value(element.key) if isinstance(element, cst.DictElement) else None, element.value)
        for element in node.elements
    ]


@dataclass(frozen=True, slots=True)
class Notation(ABC, Generic[ItemT]):
    """How a dict is written down; new text follows ``style``."""

    style: Style

    @abstractmethod
    def key(self, item: ItemT) -> str | None:
        """Return the key of an item."""

    @abstractmethod
    def item(self, key: str, value: cst.BaseExpression) -> ItemT:
        """Return an item."""

    @abstractmethod
    def mapping(self, items: Sequence[ItemT], line: str) -> DictLike:
        """Return a dict that opens on a line with that indentation, each item on a line of its own."""


@dataclass(frozen=True, slots=True)
class Braces(Notation[cst.DictElement]):
    """``{'key': value}``, with the gaps of ``colon`` before and after each colon."""

    colon: tuple[_Gap, _Gap]

    def key(self, item: cst.DictElement) -> str | None:
        """Return the key, None if it is no literal text."""
        return literal_value(item.key)

    def item(self, key: str, value: cst.BaseExpression) -> cst.DictElement:
        """Return ``'key': value``."""
        before, after = self.colon
        literal = cst.SimpleString(f"{self.style.quote}{key}{self.style.quote}")
        return cst.DictElement(literal, value, whitespace_before_colon=before, whitespace_after_colon=after)

    def mapping(self, items: Sequence[cst.DictElement], line: str) -> cst.Dict:
        """Return the dict display of the items."""
        flat = cst.Dict([item.with_changes(comma=cst.Comma()) for item in items[:-1]] + [items[-1]])
        return Elements.of(flat).spread(line, self.style).put_into(flat)


@dataclass(frozen=True, slots=True)
class Keywords(Notation[cst.Arg]):
    """``dict(key=value)``."""

    def key(self, item: cst.Arg) -> str | None:
        """Return the keyword, None if there is none."""
        return item.keyword.value if item.keyword else None

    def item(self, key: str, value: cst.BaseExpression) -> cst.Arg:
        """Return ``key=value``."""
        return self.style.keyword(key, value)

    def mapping(self, items: Sequence[cst.Arg], line: str) -> cst.Call:
        """Return the call of ``dict`` with the items."""
        return self.style.call(cst.Name("dict"), items, line)


def colon_of(elements: Elements) -> tuple[_Gap, _Gap]:
    """Return the narrowest space around a colon, since wider ones may align values."""
    gaps = (
        (before, after)
        for element in elements.args
        if isinstance(before := element.whitespace_before_colon, cst.SimpleWhitespace)
        and isinstance(after := element.whitespace_after_colon, cst.SimpleWhitespace)
        and not (before.value + after.value).strip(" ")
    )
    default = (cst.SimpleWhitespace(""), cst.SimpleWhitespace(" "))
    return min(gaps, key=lambda pair: len(pair[0].value + pair[1].value), default=default)

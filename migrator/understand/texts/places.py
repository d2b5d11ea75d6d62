"""A notebook's JSON with the places of its cells and their sources; all else is decoded in one go.

Outputs may be a hundred times what matters: a tree of them, or a Python object a value, would cost that much.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

# What is below these keys is placed, too.
_PLACED = frozenset({"worksheets", "cells", "source", "input", "metadata", "kernelspec", "language_info"})
_BLANKS = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A value and its place in the text, half-open; in a list or dictionary that is placed are others."""

    start: int
    end: int
    value: object

    @property
    def items(self) -> Sequence[Placed]:
        """The items of a list that is placed; else none."""
        items = self.value if isinstance(self.value, list) else []
        return [item for item in items if isinstance(item, Placed)]

    def find(self, *keys: str) -> Placed:
        """Return the value under the keys, one object deeper each, or NOWHERE."""
        found = self
        for key in keys:
            inside = found.value.get(key) if isinstance(found.value, dict) else None
            found = inside if isinstance(inside, Placed) else NOWHERE
        return found


NOWHERE = Placed(0, 0, None)


def placed(text: str) -> Placed:
    """Return the root of valid JSON."""
    return _placed(text, _after_blanks(text, 0))


def _placed(text: str, start: int) -> Placed:
    if text[start] not in "{[":
        return _decoded(text, start)
    is_object = text[start] == "{"
    members: dict[str, Placed] = {}
    items: list[Placed] = []
    position = _after_blanks(text, start + 1)
    while text[position] not in "}]":
        if is_object:
            key = _decoded(text, position)
            position = _after_blanks(text, _after_blanks(text, key.end) + 1)
            read = _placed if key.value in _PLACED else _decoded
            members[str(key.value)] = item = read(text, position)
        else:
            item = _placed(text, position)
            items.append(item)
        position = _after_blanks(text, item.end)
        if text[position] == ",":
            position = _after_blanks(text, position + 1)
    return Placed(start, position + 1, members if is_object else items)


def _decoded(text: str, start: int) -> Placed:
    value, end = _DECODER.raw_decode(text, start)
    return Placed(start, end, value)


def _after_blanks(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position

"""Where the cells of a notebook and their sources stand in its JSON; all else is skipped in one go."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

# What is below these keys is placed, too.
_PLACED = frozenset({"worksheets", "cells", "source", "input"})
_BETWEEN = re.compile(r"[ \t\r\n:,]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """The place of a value in the text, half-open; ``inside`` is what is placed of a list or an object."""

    start: int
    end: int
    inside: Mapping[str | int, Placed]

    def find(self, *keys: str | int) -> Placed:
        """Return the place of the value under the keys. Raises KeyError."""
        found = self
        for key in keys:
            found = found.inside[key]
        return found


def placed(text: str, start: int = 0) -> Placed:
    """Return the place of the value that follows ``start`` in valid JSON, with those inside of it."""
    start = _token(text, start)
    if text[start] not in "{[":
        return _skipped(text, start)
    inside: dict[str | int, Placed] = {}
    position = _token(text, start + 1)
    while text[position] not in "}]":
        key: str | int = len(inside)
        if text[start] == "{":
            key, end = _DECODER.raw_decode(text, position)
            position = _token(text, end)
        is_placed = text[start] == "[" or key in _PLACED
        inside[key] = item = placed(text, position) if is_placed else _skipped(text, position)
        position = _token(text, item.end)
    return Placed(start, position + 1, inside)


def _skipped(text: str, start: int) -> Placed:
    return Placed(start, _DECODER.raw_decode(text, start)[1], {})


def _token(text: str, position: int) -> int:
    found = _BETWEEN.match(text, position)
    return found.end() if found else position

"""Lines of a text: CRLF, LF and CR end one. Offsets are code points, 0-based."""

from __future__ import annotations

import re

LINE_END = re.compile(r"\r\n|\n|\r")


def line_start(text: str, offset: int) -> int:
    """Return where the line of ``offset`` starts."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def indent_at(text: str, offset: int) -> str:
    """Return the white space that begins the line of ``offset``, as far as it stands before it."""
    line = text[line_start(text, offset) : offset]
    return line[: len(line) - len(line.lstrip(" \t"))]

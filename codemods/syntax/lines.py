"""Lines of a text and their indentation: CRLF, LF and CR end one. Offsets are code points, 0-based."""

from __future__ import annotations

import re

LINE_END = re.compile(r"\r\n|\n|\r")

# A line that ends in an open bracket, and a deeper one; what is deeper still is aligned with something.
_STEP = re.compile(
    r"(?:^|[\r\n])([ \t]*)(?![ \t])[^\r\n]*[\[({][ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r)\1([ \t]{1,8})(?!\s)"
)


def line_start(text: str, offset: int) -> int:
    """Return where the line of ``offset`` starts."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def indent_at(text: str, offset: int) -> str:
    """Return the white space that begins the line of ``offset``, as far as it stands before it."""
    line = text[line_start(text, offset) : offset]
    return line[: len(line) - len(line.lstrip(" \t"))]


def unit_at(text: str, offset: int) -> str | None:
    """Return one step of indentation: on or after the line of ``offset``, else the text's first."""
    found = _STEP.search(text, max(0, line_start(text, offset) - 1)) or _STEP.search(text)
    return found[2] if found else None

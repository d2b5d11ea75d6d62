"""Values in text of any language: what stands after a key, and how far a group of settings reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.catalogue import ImageReference
from migrator.discover import TextKind
from migrator.secrets import masked

CLOSING = r"""[\\"'`\]]{0,6}+"""
"""What can close a name before its sign: quotes, escaped or not, and brackets."""

_BARE = (
    r"(?:\{\{[^\n]{0,200}?\}\}|\$\{[^}\n]{0,200}\}|\$\([^)\n]{0,200}\)|<[^<>\n]{0,200}>"
    r"""|[^\s,;{}\[\]()<>"'\\])++"""
)
_VALUE = rf"""(?:(?P<quote>\\*+["'])(?P<quoted>[^\n]{{0,2000}}?)(?P=quote)|(?P<bare>{_BARE}))"""
_SIGN = r"[ \t]*+(?::(?!:)=?|=(?![=~])>?|<-|\?=)[ \t]*+"
_AT = re.compile(_VALUE)
_QUOTED = re.compile(r"""\\*+["'][^\n"']{1,300}["']""")
_ASSIGNED = re.compile(rf"(?<![\w.$-])\$?(?P<name>[A-Za-z_]\w{{0,79}}){_SIGN}{_VALUE}")
_PLACEHOLDER = re.compile(
    r"\$\{?[A-Za-z_][\w:.]{0,79}\}?|\$\([^)\n]{1,80}\)|%\w{1,80}%|\{\{[^\n]{0,80}?\}\}|\{\w{1,80}\}"
    r"|<[^<>\n]{1,80}>"
)
_REST = re.compile(r"[^,\n]{0,200}")
_OPENING = re.compile(r"""[^\n"'({\[,;]{0,120}+\s*+(?<!\$)(?=[({\[])(?!\{\{)""")
_BRACKET = re.compile(r"[(){}\[\]]")
_HEADER = re.compile(r"(?m)^[ \t]*+\[")
_UNQUOTED_LITERALS = frozenset({TextKind.YAML, TextKind.SETTINGS})
_LONGEST_BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written, without its quotes; ``start`` is the 0-based code point it begins at.

    ``literal`` is the value if it is written out as an image reference, ``source`` names what it comes
    from otherwise: a variable, a placeholder, an expression.
    """

    start: int
    text: str
    literal: str | None
    source: str


def key(name: str) -> re.Pattern[str]:
    """Return the pattern of a key (a regular expression without case) with its value."""
    return re.compile(rf"(?i)(?<![a-z0-9_])(?:{name}){CLOSING}{_SIGN}{_VALUE}")


def value_after(pattern: re.Pattern[str], kind: TextKind, text: str, start: int, end: int) -> Value | None:
    """Return the value of the first such key between two positions."""
    match = pattern.search(text, start, end)
    return _value(match, kind) if match else None


def value_at(kind: TextKind, text: str, position: int) -> Value | None:
    """Return the value that stands at a position, after blanks."""
    while position < len(text) and text[position] in " \t":
        position += 1
    match = _AT.match(text, position)
    return _value(match, kind) if match else None


def first_quoted(kind: TextKind, text: str, start: int, end: int) -> Value | None:
    """Return the first quoted value between two positions."""
    match = _QUOTED.search(text, start, end)
    return value_at(kind, text, match.start()) if match else None


def assignments(kind: TextKind, text: str) -> Iterator[tuple[str, Value]]:
    """Yield every name that the text binds, with its value."""
    for match in _ASSIGNED.finditer(text):
        yield match["name"], _value(match, kind)


def name_in(source: str) -> str:
    """Return the variable's name in ``$IMAGE``, ``${IMAGE}``, ``$(IMAGE)``, ``%IMAGE%``, ``{{ image }}``."""
    match = re.search(r"[A-Za-z_]\w*", source)
    return match[0] if match else ""


def block_end(text: str, start: int, limit: int, *, is_header: bool) -> int:
    """Return where the settings end that begin at ``start``, at most ``limit`` (0-based code points).

    They are in brackets, or under a ``[header]``, or on further lines with more indentation, or on the
    rest of the line.
    """
    limit = min(limit, start + _LONGEST_BLOCK)
    if is_header:
        header = _HEADER.search(text, start, limit)
        return header.start() if header else limit
    opening = _OPENING.match(text, start, limit)
    if text[start - 1] == "(" or opening:
        first = start - 1 if text[start - 1] == "(" or opening is None else opening.end()
        return _closing(text, first, limit)
    line_end = _line_end(text, start, limit)
    is_nested = not text[start:line_end].strip(" \t\r|>-")
    return _indented_end(text, start, line_end, limit) if is_nested else line_end


def _closing(text: str, start: int, limit: int) -> int:
    depth = 0
    for match in _BRACKET.finditer(text, start, limit):
        depth += 1 if match[0] in "({[" else -1
        if depth <= 0:
            return match.end()
    return limit


def _line_end(text: str, start: int, limit: int) -> int:
    end = text.find("\n", start, limit)
    return end if end >= 0 else limit


def _indented_end(text: str, start: int, line_end: int, limit: int) -> int:
    outer = _indentation(text[text.rfind("\n", max(0, start - _LONGEST_BLOCK), start) + 1 : line_end])
    end = line_end
    while end < limit:
        following = _line_end(text, end + 1, limit)
        line = text[end + 1 : following]
        if line.strip() and _indentation(line) <= outer:
            return end
        end = max(following, end + 1)
    return limit


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _value(match: re.Match[str], kind: TextKind) -> Value:
    quoted, bare = match["quoted"], match["bare"]
    start = match.start("quoted" if quoted is not None else "bare")
    written = quoted if quoted is not None else bare
    is_name = quoted is None and (kind not in _UNQUOTED_LITERALS or not re.search("[/:]", written))
    if not is_name and not _PLACEHOLDER.search(written) and ImageReference.parse(written) is not None:
        return Value(start, written, written, "")
    return Value(start, written, None, _source(match.string, start, written))


def _source(text: str, start: int, written: str) -> str:
    rest = _REST.match(text, start)
    match = _PLACEHOLDER.search(written) or (
        _PLACEHOLDER.search(rest[0]) if rest and not re.search(r"\w", written) else None
    )
    return masked(match[0] if match else written[:80].strip())

"""Where a text of any language is quoted or a comment, and what becomes of ``$name`` there."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from migrator.discover import HEAD_BYTES, PYTHON, Language, Role, language_of
from migrator.understand.texts import Text

_HEREDOC = re.compile(
    r"(?<!<)<<(?P<indented>[-~]?)[ \t]{0,40}(?P<word>(?:[\w.-]|\\\w|'[^'\n]*'|\"[^\"\n]*\"){1,200})"
)


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A piece of a text without its quotes: 0-based, half-open, in code points."""

    start: int
    end: int
    role: Role


def regions(language: Language, text: str) -> tuple[Region, ...]:
    """Return the heredocs, quoted pieces and comments of a text, sorted and disjoint.

    A quote that is never closed quotes nothing.
    """
    heredocs = tuple(_heredocs(language, text)) if language.heredocs is not None else ()
    outside = list(text)
    for region in heredocs:
        outside[region.start : region.end] = " " * (region.end - region.start)
    return tuple(sorted((*heredocs, *_pieces(language, "".join(outside)))))


def region_at(found: Sequence[Region], position: int) -> Region | None:
    """Return the region that holds a position, of sorted and disjoint ones."""
    index = bisect_right(found, position, key=lambda region: region.start) - 1
    return found[index] if index >= 0 and position < found[index].end else None


def regions_of(text: Text) -> tuple[Region, ...]:
    """Return the regions of a file, by its name."""
    is_python = text.path.lower().endswith((".py", ".ipynb"))
    language = PYTHON if is_python else language_of(text.path, text.text[:HEAD_BYTES].encode())
    return regions(language, text.text) if language is not None else ()


def is_shown(text: Text, found: Sequence[Region], position: int) -> bool:
    """Tell whether what stands at a position is only for people: in a comment or an unused string."""
    region = region_at(found, position)
    if region is None or text.text[position] != text.masked[position]:
        return False
    if region.role is Role.COMMENT or not text.path.lower().endswith((".py", ".ipynb")):
        return region.role is Role.COMMENT
    start = text.text[max(0, region.start - 2000) : region.start].rstrip("\"'rRbBuUfF")
    before, _, line = start.rpartition("\n")
    code = re.sub(r"#[^\n]*\Z", "", before.rstrip()).rstrip()
    return not line.strip() and code[-1:] not in tuple("([{,=+%\\'\"")


@cache
def _patterns(language: Language) -> tuple[re.Pattern[str], tuple[re.Pattern[str], ...]]:
    opening = "|".join(f"({piece.opening})" for piece in language.pieces)
    flags = re.MULTILINE | re.DOTALL
    return re.compile(opening, flags), tuple(re.compile(piece.closing, flags) for piece in language.pieces)


def _pieces(language: Language, text: str) -> Iterator[Region]:
    opening, closings = _patterns(language)
    # What is not closed after one place is not closed after a later one: so the time stays linear.
    unclosed: set[int] = set()
    position = 0
    while match := opening.search(text, position):
        index = (match.lastindex or 1) - 1
        position = match.end()
        closing = closings[index].match(text, position) if index not in unclosed else None
        if closing is None:
            unclosed.add(index)
            continue
        position = closing.end()
        role = language.pieces[index].role
        if role is not None:
            yield Region(*closing.span(1), role)


def _heredocs(language: Language, text: str) -> Iterator[Region]:
    behind = opened = 0
    # As with pieces: so the time stays linear.
    unclosed: set[str] = set()
    for match in _HEREDOC.finditer(text):
        following = text.find("\n", match.end()) + 1
        is_comment = text[text.rfind("\n", 0, match.start()) + 1 : match.start()].lstrip().startswith("#")
        if not following or is_comment or (match.start() < behind and following != opened):
            continue
        start = behind if following == opened else following
        word = re.sub(r"[\\'\"]", "", match["word"])
        # Only in a script of the shell is the indentation known that the shell will see.
        is_exact = language.outside is Role.EXPANDING and not match["indented"]
        blanks = "" if is_exact else r"[ \t]*"
        line = rf"^{blanks}{re.escape(word)}{blanks}\r?(?:\n|\Z)"
        end = re.compile(line, re.MULTILINE).search(text, start) if line not in unclosed else None
        if end is None:
            unclosed.add(line)
            continue
        role = language.heredocs if word == match["word"] else Role.LITERAL
        yield Region(start, end.start(), role or Role.LITERAL)
        behind, opened = end.end(), following

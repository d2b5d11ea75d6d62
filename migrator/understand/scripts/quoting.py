"""Where a script quotes text, so that it is known whether ``$oauthtoken`` would survive there.

Shell: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html (quoting, here-documents).
PowerShell: https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from migrator.discover import TextKind


class Quoting(Enum):
    """How a piece of a script is quoted; in those of ``EXPANDING`` variables are replaced."""

    COMMENT = "comment"
    SINGLE = "single quotes"
    DOUBLE = "double quotes"
    HEREDOC = "heredoc"
    QUOTED_HEREDOC = "heredoc with a quoted delimiter"
    HERE_STRING = "double-quoted here-string"
    LITERAL_HERE_STRING = "single-quoted here-string"


EXPANDING = frozenset({Quoting.DOUBLE, Quoting.HEREDOC, Quoting.HERE_STRING})


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A quoted piece of a text, without its quotes: 0-based, half-open, in code points."""

    start: int
    end: int
    quoting: Quoting


@dataclass(frozen=True, slots=True)
class _Quote:
    """``closing`` matches right after ``opening`` and has the quoted text as its group; None: an escape."""

    opening: str
    closing: re.Pattern[str]
    quoting: Quoting | None


_NOTHING = re.compile("()")
_LINE = re.compile(r"([^\n]*)")
_SHELL = (
    _Quote(r"(?s:\\.)", _NOTHING, None),
    _Quote(r"(?<![^\s;&|()])#", _LINE, Quoting.COMMENT),
    _Quote(r"\$'", re.compile(r"((?:\\.|[^'\\])*+)'", re.DOTALL), Quoting.SINGLE),
    _Quote("'", re.compile("([^']*+)'"), Quoting.SINGLE),
    _Quote('"', re.compile(r'((?:\\.|[^"\\])*+)"', re.DOTALL), Quoting.DOUBLE),
)
_POWERSHELL = (
    _Quote("(?s:`.)", _NOTHING, None),
    _Quote("<#", re.compile("(.*?)#>", re.DOTALL), Quoting.COMMENT),
    _Quote(r"(?<![^\s;&|(){}])#", _LINE, Quoting.COMMENT),
    _Quote('@"[ \\t]*\r?\n', re.compile('(.*?)^"@', re.DOTALL | re.MULTILINE), Quoting.HERE_STRING),
    _Quote("@'[ \\t]*\r?\n", re.compile("(.*?)^'@", re.DOTALL | re.MULTILINE), Quoting.LITERAL_HERE_STRING),
    _Quote("'", re.compile("((?:''|[^'])*+)'"), Quoting.SINGLE),
    _Quote('"', re.compile('((?:`.|""|[^"`])*+)"', re.DOTALL), Quoting.DOUBLE),
)
_HEREDOC = re.compile(r"(?<!<)<<(?P<tab>-?)[ \t]*(?P<word>(?:[\w.-]|\\\w|'[^'\n]*+'|\"[^\"\n]*+\")++)")
_WITHOUT_HEREDOCS = frozenset({TextKind.POWERSHELL, TextKind.BATCH, TextKind.R, TextKind.SETTINGS})


def quoted_regions(kind: TextKind, text: str) -> tuple[Region, ...]:
    """Return the quoted pieces of a script, sorted and disjoint; comments count as quoted.

    Heredocs are found in everything that can hold shell commands, quotes only in shell and PowerShell.
    A quote that is never closed quotes nothing.
    """
    if kind is TextKind.POWERSHELL:
        return tuple(_quoted(text, _POWERSHELL))
    if kind in _WITHOUT_HEREDOCS:
        return ()
    heredocs = tuple(_heredocs(kind, text))
    if kind is not TextKind.SHELL:
        return heredocs
    return tuple(sorted((*heredocs, *_quoted(_blanked(text, heredocs), _SHELL))))


def region_at(regions: Sequence[Region], position: int) -> Region | None:
    """Return the region that holds a position, of sorted and disjoint ones."""
    index = bisect_right(regions, position, key=lambda region: region.start) - 1
    return regions[index] if index >= 0 and position < regions[index].end else None


def _quoted(text: str, quotes: Sequence[_Quote]) -> Iterator[Region]:
    opening = re.compile("|".join(f"({quote.opening})" for quote in quotes))
    # What is not closed after one place is not closed after a later one: so the time stays linear.
    unclosed: set[_Quote] = set()
    position = 0
    while match := opening.search(text, position):
        quote = quotes[(match.lastindex or 1) - 1]
        position = match.end()
        closing = quote.closing.match(text, position) if quote not in unclosed else None
        if closing is None:
            unclosed.add(quote)
            continue
        position = closing.end()
        if quote.quoting is not None:
            yield Region(*closing.span(1), quote.quoting)


def _heredocs(kind: TextKind, text: str) -> Iterator[Region]:
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    exact, stripped = _Ends(lines, "\r"), _Ends(lines, None)
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        for match in () if line.lstrip().startswith("#") else _HEREDOC.finditer(line):
            word = re.sub(r"[\\'\"]", "", match["word"])
            # Only in a shell script is the indentation known that the shell will see.
            ends = exact if kind is TextKind.SHELL and not match["tab"] else stripped
            end = ends.after(index, word)
            if end is not None:
                quoting = Quoting.HEREDOC if word == match["word"] else Quoting.QUOTED_HEREDOC
                yield Region(starts[index], starts[end], quoting)
                index = end + 1


class _Ends:
    """The lines that can end a heredoc, by their text without the given characters around it."""

    def __init__(self, lines: Sequence[str], characters: str | None) -> None:
        self._lines: dict[str, list[int]] = {}
        for index, line in enumerate(lines):
            text = line.rstrip(characters) if characters else line.strip()
            self._lines.setdefault(text, []).append(index)

    def after(self, start: int, word: str) -> int | None:
        """Return the first line at or after ``start`` (0-based) that is the word."""
        found = self._lines.get(word, ())
        place = bisect_left(found, start)
        return found[place] if place < len(found) else None


def _blanked(text: str, regions: Sequence[Region]) -> str:
    parts: list[str] = []
    position = 0
    for region in regions:
        parts += (text[position : region.start], " " * (region.end - region.start))
        position = region.end
    return "".join((*parts, text[position:]))

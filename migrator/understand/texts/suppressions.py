"""Find the suppressions that stand in comments: ``# ngc-migrate: ignore[rule] reason``.

A comment begins outside of strings, which are told as Python writes them, in other languages too. Lines
are 1-based, in the file or in the cell.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.model import Place
from migrator.secrets import masked
from migrator.understand.texts.magics import comments
from migrator.understand.texts.notebook import Cell, Notebook
from migrator.understand.texts.text import Text, Unreadable, first_line, split_lines

CONFIGURATION = "pyproject.toml"
_LONGEST = 200
_MENTION = re.compile(r"(?i)ngc-migrate")
_DIRECTIVE = re.compile(
    r"(?i)(?:^|(?<=\s))#+[ \t]*ngc-migrate[ \t]*:[ \t]*ignore\b(?:[ \t]*\[(?P<rules>[^\[\]]*)\])?"
)
# The reason ends before another tool's comment on the line; `#7` is a part of it.
_NEXT_COMMENT = re.compile(r"(?:^|\s)#(?!\d)")
_AROUND_REASON = " \t-\u2013\u2014:,;"


@dataclass(frozen=True, slots=True, order=True)
class LineRange:
    """Lines of one file or cell, both ends included; ``cell`` is 0-based, -1 outside of notebooks."""

    path: str
    cell: int
    first: int
    last: int

    def meets(self, other: LineRange) -> bool:
        """Tell whether some line is in both."""
        is_same_text = (self.path, self.cell) == (other.path, other.cell)
        return is_same_text and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """The wish to hear nothing of one rule: on ``lines``, or, of the configuration, where ``glob`` matches.

    ``rule`` is empty where a comment names none; ``place`` is where the wish stands.
    """

    rule: str
    place: Place
    reason: str = ""
    lines: LineRange | None = None
    glob: str = ""

    @property
    def is_honoured(self) -> bool:
        """Whether it counts: a comment must say why."""
        return bool(self.reason or self.glob)

    @property
    def why(self) -> str:
        """The reason, or what stands in its place."""
        return self.reason or f"{self.glob} stands under ignore in [tool.ngc-migrate]"


def lines_at(place: Place, last: int | None = None) -> LineRange:
    """Return the lines of a file or cell from a place to line ``last``; without it that one line."""
    return LineRange(place.path, place.cell, place.line, last or place.line)


def gather(text: Text) -> tuple[Suppression, ...]:
    """Return the suppressions in the comments of a script or of a notebook's code cells, in order.

    One for each rule that a comment names. Behind code a comment counts for its line; on a line of
    its own for the whole cell of a notebook, and in a script for the statement that follows, or for
    the next line of the statement that it stands in. Nothing is raised, whatever the text is.
    """
    if not _MENTION.search(text.text):
        return ()
    if isinstance(text, Notebook):
        return tuple(one for cell in text.cells for one in _in_cell(text, cell))
    return tuple(_in_script(text))


def _in_cell(notebook: Notebook, cell: Cell) -> Iterator[Suppression]:
    last = notebook.place(max(cell.end - 1, cell.start)).line
    for comment in comments(cell.text):
        place = notebook.place(cell.start + comment.start)
        whole = LineRange(place.path, place.cell, 1, last)
        yield from _suppressions(comment.text, place, whole if comment.is_alone else lines_at(place))


def _in_script(text: Text) -> Iterator[Suppression]:
    lines = [line.lstrip() for line in split_lines(text.text)]
    code = [number for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    # Of statements that begin on one line the longest comes first.
    statements = sorted((first, -last) for first, last in _statements(text.tree))
    for comment in comments(text.text):
        place = text.place(comment.start)
        last = place.line
        if comment.is_alone:
            index = bisect(code, last)
            last = code[index] if index < len(code) else last
            index = bisect(statements, (place.line, 0))
            if index < len(statements) and not comment.is_inside:
                last = min(-statements[index][1], len(lines))
        yield from _suppressions(comment.text, place, lines_at(place, last))


def _statements(tree: ast.Module | Unreadable) -> Iterator[tuple[int, int]]:
    """Yield the first line, decorators included, and the last line of every statement; none if broken."""
    for node in ast.walk(tree) if isinstance(tree, ast.Module) else ():
        if isinstance(node, ast.stmt):
            yield first_line(node), node.end_lineno or node.lineno


def _suppressions(comment: str, place: Place, lines: LineRange) -> Iterator[Suppression]:
    for match in _DIRECTIVE.finditer(comment):
        rest = _NEXT_COMMENT.split(comment[match.end() :], maxsplit=1)[0]
        reason = _shortened(rest.strip(_AROUND_REASON)) if re.search(r"\w", rest) else ""
        rules = dict.fromkeys(rule.strip() for rule in (match["rules"] or "").split(","))
        for rule in [rule for rule in rules if rule] or [""]:
            yield Suppression(rule=_shortened(rule), place=place, reason=reason, lines=lines)


def _shortened(text: str) -> str:
    hidden = masked(text)
    return hidden if len(hidden) <= _LONGEST else f"{hidden[: _LONGEST - 1]}…"

"""Find the suppressions that stand in comments: ``# ngc-migrate: ignore[rule] reason``.

A comment begins outside of strings, which are told as Python writes them, in other languages too. Lines
are 1-based, in the file or in the cell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.model import Place
from migrator.secrets import masked
from migrator.understand.texts.magics import LEXEME
from migrator.understand.texts.notebook import Notebook
from migrator.understand.texts.text import Text, first_line, split_lines

_LONGEST = 200
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

    A comment without ``reason`` does not count. ``rule`` is empty where a comment names none; ``place`` is
    where the wish stands.
    """

    rule: str
    place: Place
    reason: str = ""
    lines: LineRange | None = None
    glob: str = ""


def lines_at(place: Place, last: int | None = None) -> LineRange:
    """Return the lines of a file or cell from a place to line ``last``; without it that one line."""
    return LineRange(place.path, place.cell, place.line, last or place.line)


def gather(text: Text) -> tuple[Suppression, ...]:
    """Return the suppressions in the comments of a script or of a notebook's code cells, in order.

    One for each rule that a comment names. Behind code a comment counts for its line; on a line of
    its own for the whole cell of a notebook, and in a script for the statement that follows, or for
    the next line of the statement that it stands in. Nothing is raised, whatever the text is.
    """
    if "ngc-migrate" not in text.text.lower():
        return ()
    return tuple(_in_cells(text) if isinstance(text, Notebook) else _in_script(text))


def _in_cells(notebook: Notebook) -> Iterator[Suppression]:
    for cell in notebook.cells:
        whole = LineRange(notebook.path, cell.index, 1, notebook.place(max(cell.end - 1, cell.start)).line)
        for comment, is_alone, _ in _comments(cell.text):
            place = notebook.place(cell.start + comment.start())
            yield from _suppressions(comment[0], place, whole if is_alone else lines_at(place))


def _in_script(text: Text) -> Iterator[Suppression]:
    lines = [line.lstrip() for line in split_lines(text.text)]
    code = [number for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    nodes = ast.walk(text.tree) if isinstance(text.tree, ast.Module) else ()
    found = ((first_line(n), -(n.end_lineno or n.lineno)) for n in nodes if isinstance(n, ast.stmt))
    # Of statements that begin on one line the longest comes first.
    statements = sorted(found)
    for comment, is_alone, is_inside in _comments(text.text):
        place = text.place(comment.start())
        last = next((number for number in code if is_alone and number > place.line), place.line)
        ends = (-end for first, end in statements if first > place.line)
        last = next(ends, last) if is_alone and not is_inside else last
        yield from _suppressions(comment[0], place, lines_at(place, min(last, len(lines))))


def _comments(text: str) -> Iterator[tuple[re.Match[str], bool, bool]]:
    """Yield every comment with a directive, whether it is alone on its line, and inside of brackets."""
    depth, line_start = 0, 0
    for lexeme in LEXEME.finditer(text):
        depth += bool(lexeme["open"]) - bool(lexeme["close"])
        if lexeme["end"]:
            line_start = lexeme.end()
        elif lexeme["comment"] and _DIRECTIVE.search(lexeme[0]):
            yield lexeme, not text[line_start : lexeme.start()].strip(), depth > 0


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

"""Find the suppressions that stand in comments: ``# ngc-migrate: ignore[rule] reason``.

Comments are found by the tokenizer, so that strings which look like comments do not count; where it
gives up (magics, Python 2, shell), line by line. Lines are 1-based, in the file or in the cell.
"""

from __future__ import annotations

import ast
import bisect
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from migrator.model import Place
from migrator.secrets import masked
from migrator.understand.texts.magics import blank
from migrator.understand.texts.notebook import Cell, Notebook
from migrator.understand.texts.text import LINE_END, Fault, Text, split_lines

_LONGEST: Final = 200
_MENTION: Final = re.compile(r"ngc-migrate", re.IGNORECASE)
_DIRECTIVE: Final = re.compile(
    r"(?:^|(?<=\s))#+[ \t]*ngc-migrate[ \t]*:[ \t]*ignore\b(?:[ \t]*\[(?P<rules>[^\[\]]*)\])?", re.IGNORECASE
)
# The reason ends before another tool's comment on the line; `#7` is a part of it.
_NEXT_COMMENT: Final = re.compile(r"(?:^|\s)#(?!\d)")
_AROUND_REASON: Final = " \t-\u2013\u2014:,;"
_BEHIND_CODE: Final = re.compile(r"""(?:[^#'"]++|'[^']*+'|"[^"]*+")*+(?P<comment>\#.*)""", re.DOTALL)
_NO_CODE: Final = frozenset(
    {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


class _Position(Enum):
    """Where a comment stands: behind code, on a line of its own, or on one inside of a statement."""

    BEHIND = auto()
    ALONE = auto()
    INSIDE = auto()


@dataclass(frozen=True, slots=True)
class _Comment:
    line: int
    position: _Position
    text: str


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
    raw = notebook.text[cell.start : cell.end]
    if not _MENTION.search(raw):
        return
    whole = Lines(notebook.path, cell.index, 1, len(split_lines(raw)))
    for comment in _comments(raw, _parsed(raw, notebook.masked[cell.start : cell.end])):
        place = Place(notebook.path, cell.index, comment.line)
        is_behind = comment.position is _Position.BEHIND
        own = Lines(place.path, place.cell, place.line, place.line)
        yield from _suppressions(comment.text, place, own if is_behind else whole)


def _parsed(raw: str, shown: str) -> str:
    """Return what of a cell is for the tokenizer: its masked form, all but ``%%magic`` if that is blank."""
    if shown.strip():
        return shown
    start = len(raw) - len(raw.lstrip())
    end = LINE_END.search(raw, start)
    head = raw[: end.start() if end else len(raw)]
    return blank(head) + raw[len(head) :] if raw.startswith("%%", start) else raw


def _in_script(text: Text) -> Iterator[Suppression]:
    layout: _Statements | None = None
    for comment in _comments(text.text, text.masked):
        if not _DIRECTIVE.search(comment.text):
            continue
        layout = layout or _Statements(text)
        first, last = layout.covered(comment)
        start, end = (text.place(text.line_starts[line - 1]) for line in (first, last))
        place = text.place(text.line_starts[comment.line - 1])
        yield from _suppressions(comment.text, place, Lines(start.path, start.cell, start.line, end.line))


class _Statements:
    """Where the statements and the lines of code of a script begin."""

    def __init__(self, text: Text) -> None:
        lines = split_lines(text.text)
        self._last = len(lines)
        self._code = [
            number for number, line in enumerate(lines, 1) if line.strip() and line.lstrip()[0] != "#"
        ]
        # Of statements that begin on one line the longest comes first.
        self._statements = sorted((first, -last) for first, last in _statements(text.tree))

    def covered(self, comment: _Comment) -> tuple[int, int]:
        """Return the first and the last line that a comment counts for."""
        if comment.position is _Position.BEHIND:
            return comment.line, comment.line
        index = bisect.bisect_right(self._statements, (comment.line, 0))
        if comment.position is _Position.ALONE and index < len(self._statements):
            return comment.line, min(-self._statements[index][1], self._last)
        following = bisect.bisect_right(self._code, comment.line)
        return comment.line, self._code[following] if following < len(self._code) else comment.line


def _statements(tree: ast.Module | Fault) -> Iterator[tuple[int, int]]:
    """Yield the first line, decorators included, and the last line of every statement; none if broken."""
    for node in ast.walk(tree) if isinstance(tree, ast.Module) else ():
        if isinstance(node, ast.stmt):
            decorators: Iterable[ast.expr] = getattr(node, "decorator_list", ())
            first = min([node.lineno, *(each.lineno for each in decorators)])
            yield first, node.end_lineno or node.lineno


def _comments(raw: str, parsed: str) -> list[_Comment]:
    """Return the comments of ``raw``; ``parsed`` is of the same length, and what the tokenizer gets."""
    lines = split_lines(raw)
    found = _tokenized(parsed)
    if found is None:
        return [each for line, content in enumerate(lines, 1) for each in _in_line(line, content)]
    for line, (content, shown) in enumerate(zip(lines, split_lines(parsed), strict=False), 1):
        found += _in_line(line, content) if content != shown else ()
    return sorted(found, key=lambda each: each.line)


def _in_line(line: int, content: str) -> Iterator[_Comment]:
    bare = LINE_END.sub("", content)
    if bare.lstrip().startswith("#"):
        yield _Comment(line, _Position.ALONE, bare.lstrip())
    elif (match := _BEHIND_CODE.match(bare)) is not None:
        yield _Comment(line, _Position.BEHIND, match["comment"])


def _tokenized(source: str) -> list[_Comment] | None:
    # Line ends are made one kind, because the tokenizers of Python's versions differ on a lone CR.
    lines = split_lines(LINE_END.sub("\n", source))
    found = []
    is_inside = False
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            line, column = token.start
            if token.type == tokenize.COMMENT:
                alone = _Position.INSIDE if is_inside else _Position.ALONE
                is_behind = lines[line - 1][:column].strip() != ""
                found.append(_Comment(line, _Position.BEHIND if is_behind else alone, token.string))
            elif token.type == tokenize.NEWLINE:
                is_inside = False
            elif token.type not in _NO_CODE:
                is_inside = True
    except (tokenize.TokenError, SyntaxError, RecursionError, MemoryError, ValueError):
        return None
    return found


def _suppressions(comment: str, place: Place, lines: Lines) -> Iterator[Suppression]:
    for match in _DIRECTIVE.finditer(comment):
        rest = _NEXT_COMMENT.split(comment[match.end() :], maxsplit=1)[0]
        reason = _shortened(rest.strip(_AROUND_REASON)) if re.search(r"\w", rest) else ""
        rules = dict.fromkeys(rule.strip() for rule in (match["rules"] or "").split(","))
        for rule in [rule for rule in rules if rule] or [""]:
            yield Suppression(rule=_shortened(rule), place=place, reason=reason, lines=lines)


def _shortened(text: str) -> str:
    hidden = masked(text)
    return hidden if len(hidden) <= _LONGEST else f"{hidden[: _LONGEST - 1]}…"


CONFIGURATION: Final = "pyproject.toml"


@dataclass(frozen=True, slots=True, order=True)
class Lines:
    """Lines of one file or cell, both ends included; ``cell`` is 0-based, -1 outside of notebooks."""

    path: str
    cell: int
    first: int
    last: int

    def meets(self, other: Lines) -> bool:
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
    lines: Lines | None = None
    glob: str = ""

    @property
    def is_honoured(self) -> bool:
        """Whether it counts: a comment must say why."""
        return bool(self.reason or self.glob)

    @property
    def why(self) -> str:
        """The reason, or what stands in its place."""
        return self.reason or f"{self.glob} stands under ignore in [tool.ngc-migrate]"


def lines_at(place: Place) -> Lines:
    """Return the one line of a place."""
    return Lines(place.path, place.cell, place.line, place.line)

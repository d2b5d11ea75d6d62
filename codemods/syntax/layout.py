"""How an author lays out calls and dicts: indentation, line ends, and where the brackets close."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self, TypeAlias

import libcst as cst

from codemods.syntax.source import code, parse_expression

Written: TypeAlias = cst.Call | cst.Dict
Item: TypeAlias = cst.Arg | cst.BaseDictElement | cst.ImportAlias

_NOTHING = cst.SimpleWhitespace("")
_WIDEST_UNIT = 8
#: White space that spans lines: the rest of the first one, whole lines, and the indentation of the last.
_LINES = re.compile(r"([^\r\n]*(?:\r\n|\n|\r))((?:.*[\r\n])?)([^\r\n]*)", re.DOTALL)


class Closing(Enum):
    """What stands between the last item and the bracket of a call or dict that spans lines."""

    HANGING = ""
    OWN_LINE = "\n"
    OWN_LINE_AFTER_COMMA = ",\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What new lines follow: ``unit`` of indentation, line end, brackets."""

    unit: str
    newline: str
    closing: Closing


class Indents(cst.CSTVisitor):
    """Finds the indentation of the line on which the bracket of every call and dict opens."""

    def __init__(self, indent: str) -> None:
        """Take the indentation of the line at the start."""
        super().__init__()
        self.found: dict[Written, str] = {}
        self._indent = indent

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Follow the indentation of the current line."""
        if isinstance(node, cst.ParenthesizedWhitespace):
            self._indent = node.last_line.value
        elif isinstance(node, cst.SimpleWhitespace) and "\n" in node.value:
            self._indent = node.value.rpartition("\n")[2]
        return super().on_visit(node)

    def leave_Call_func(self, node: cst.Call) -> None:
        """Note the line where the callee ends."""
        self.found[node] = self._indent

    def visit_Dict_lbrace(self, node: cst.Dict) -> None:
        """Note the line of the brace."""
        self.found[node] = self._indent


@dataclass(frozen=True, slots=True)
class Items:
    """The sources of what stands between brackets, apart from the white space around each.

    ``gaps`` has one more member than ``texts``: before each item, and before the closing bracket.
    """

    texts: tuple[str, ...]
    gaps: tuple[str, ...]
    has_last_comma: bool

    @classmethod
    def of(cls, node: Written | cst.ImportFrom, args: Sequence[Item], newline: str) -> Self:
        """Take ``args``, in the place of its own, with the white space that ``node`` has around them."""
        first, last = _outer_gaps(node)
        texts, gaps, has_comma = [], [code(first, newline)], False
        for arg in args:
            text = code(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT), newline)
            tail = code(arg.whitespace_after_arg, newline) if isinstance(arg, cst.Arg) else ""
            text = text.removesuffix(tail)
            has_comma = isinstance(arg.comma, cst.Comma)
            if isinstance(arg.comma, cst.Comma):
                text += code(arg.comma.whitespace_before, newline)
                tail = code(arg.comma.whitespace_after, newline) + tail
            texts.append(text)
            gaps.append(tail)
        gaps[-1] += code(last, newline)
        return cls(tuple(texts), tuple(gaps), has_comma)

    @property
    def source(self) -> str:
        """All of it as it stands between the brackets."""
        last = len(self.texts) - (not self.has_last_comma)
        commas = ("," if number < last else "" for number in range(len(self.texts)))
        return self.gaps[0] + "".join(map("".join, zip(self.texts, commas, self.gaps[1:], strict=True)))

    def put_into(self, node: Written, newline: str) -> cst.BaseExpression:
        """Return ``node`` with these items and this white space between its brackets."""
        if isinstance(node, cst.Call):
            empty = node.with_changes(
                lpar=(), rpar=(), args=(), whitespace_before_args=cst.SimpleWhitespace("")
            )
            start, end = code(empty, newline)[:-1], ")"
        else:
            start, end = "{", "}"
        filled = parse_expression(start + self.source + end, newline).node
        return filled.with_changes(lpar=node.lpar, rpar=node.rpar)

    @property
    def spans_lines(self) -> bool:
        """Whether an item starts a line."""
        return self.indent is not None

    @property
    def indent(self) -> str | None:
        """The indentation of the first item that starts a line, None if none does."""
        found = (_LINES.fullmatch(gap) for gap in self.gaps[: len(self.texts)])
        return next((match[3] for match in found if match), None)

    @property
    def closing(self) -> Closing:
        """Where the bracket closes."""
        if not _LINES.fullmatch(self.gaps[-1]):
            return Closing.HANGING
        return Closing.OWN_LINE_AFTER_COMMA if self.has_last_comma else Closing.OWN_LINE

    def spread(self, indent: str, style: Style) -> Self:
        """Put each item on a line of its own, one unit deeper than ``indent``."""
        starts = [style.newline + indent + style.unit] * len(self.texts)
        if _LINES.fullmatch(self.gaps[-1]):
            return replace(self, gaps=(*starts, self.gaps[-1]))
        end = "" if style.closing is Closing.HANGING else style.newline + indent
        has_comma = style.closing is Closing.OWN_LINE_AFTER_COMMA
        return replace(self, gaps=(*starts, end), has_last_comma=has_comma)

    def insert(self, index: int, text: str, line: str) -> Self:
        """Put ``text`` after ``line``, a gap, leaving every comment with the item it speaks of."""
        gap, is_last = self.gaps[index], index == len(self.texts)
        new = _LINES.fullmatch(line)
        old = _LINES.fullmatch(gap)
        if new and old:
            first, whole, last = old.groups()
            before = first + whole + new[3] if is_last else first + last
            after = new[1] + last if is_last else new[1] + whole + last
        elif index == 0 and self.texts:
            before, after = gap, line
        else:
            before, after = line, line if new and not is_last else gap
        texts = (*self.texts[:index], text, *self.texts[index:])
        return replace(self, texts=texts, gaps=(*self.gaps[:index], before, after, *self.gaps[index + 1 :]))


def _outer_gaps(node: Written | cst.ImportFrom) -> tuple[cst.BaseParenthesizableWhitespace, ...]:
    """Return what LibCST keeps with the brackets, not with the items."""
    if isinstance(node, cst.Call):
        return node.whitespace_before_args, _NOTHING
    if isinstance(node, cst.Dict):
        return node.lbrace.whitespace_after, node.rbrace.whitespace_before
    first = node.lpar.whitespace_after if node.lpar else _NOTHING
    return first, node.rpar.whitespace_before if node.rpar else _NOTHING


def unit_of(node: Written, indent: str) -> str | None:
    """Return how much deeper than ``indent`` the first item of ``node`` stands, if on its own line."""
    gap = _outer_gaps(node)[0]
    inner = gap.last_line.value if isinstance(gap, cst.ParenthesizedWhitespace) else ""
    unit = inner.removeprefix(indent)
    return unit if inner.startswith(indent) and 0 < len(unit) <= _WIDEST_UNIT else None

"""How an author lays out calls and dicts: indentation, where the brackets close, spaces around ``=``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Generic, Self, TypeVar

import libcst as cst

from codemods.syntax.source import NotRewritable

ItemT = TypeVar("ItemT", bound=cst.Arg | cst.DictElement)
NodeT = TypeVar("NodeT", cst.Call, cst.Dict)

_WIDEST_UNIT = 8


class Closing(Enum):
    """Where the bracket of a call or dict that spans lines closes."""

    HANGING = auto()
    OWN_LINE = auto()
    OWN_LINE_AFTER_COMMA = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """The line on which something stands: its indentation, and that of the block around it."""

    indent: str
    block: str

    def indent_after(self, gap: cst.BaseParenthesizableWhitespace) -> str | None:
        """Return the whole indentation of the line that ``gap`` starts, None if it starts none."""
        if not isinstance(gap, cst.ParenthesizedWhitespace):
            return None
        return (self.block if gap.indent else "") + gap.last_line.value


class Lines(cst.CSTVisitor):
    """Finds the line on which the bracket of every call and dict opens."""

    def __init__(self, indent: str = "", default_indent: str = "    ") -> None:
        """Take the indentation at the start and that of a module's unnamed blocks."""
        super().__init__()
        self.lines: dict[cst.Call | cst.Dict, Line] = {}
        self._indent = indent
        self._default_indent = default_indent
        self._blocks = [""]

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Follow the indentation of the current line."""
        if isinstance(node, cst.IndentedBlock):
            self._blocks.append(self._blocks[-1] + (node.indent or self._default_indent))
        elif isinstance(node, (cst.BaseCompoundStatement, cst.SimpleStatementLine)):
            self._indent = self._blocks[-1]
        elif isinstance(node, cst.ParenthesizedWhitespace):
            self._indent = Line(self._indent, self._blocks[-1]).indent_after(node) or ""
        elif isinstance(node, cst.SimpleWhitespace) and "\n" in node.value:
            self._indent = node.value.rpartition("\n")[2]
        return super().on_visit(node)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Leave a block."""
        if isinstance(original_node, cst.IndentedBlock):
            self._blocks.pop()
        super().on_leave(original_node)

    def leave_Call_func(self, node: cst.Call) -> None:
        """Note the line where the callee ends."""
        self.lines[node] = Line(self._indent, self._blocks[-1])

    def visit_Dict_lbrace(self, node: cst.Dict) -> None:
        """Note the line of the brace."""
        self.lines[node] = Line(self._indent, self._blocks[-1])


@dataclass(frozen=True, slots=True)
class Items(ABC, Generic[ItemT, NodeT]):
    """What stands between brackets, apart from the whitespace around each.

    ``gaps`` has one more member than ``args``: before each item, and before the closing bracket.
    """

    args: tuple[ItemT, ...]
    gaps: tuple[cst.BaseParenthesizableWhitespace, ...]
    has_last_comma: bool

    @abstractmethod
    def put_into(self, node: NodeT) -> NodeT:
        """Return ``node`` with these items and this whitespace."""

    @property
    def spans_lines(self) -> bool:
        """Whether an item starts a line."""
        return any(isinstance(gap, cst.ParenthesizedWhitespace) for gap in self.gaps[: len(self.args)])

    @property
    def closing(self) -> Closing:
        """Where the bracket closes."""
        if not isinstance(self.gaps[-1], cst.ParenthesizedWhitespace):
            return Closing.HANGING
        return Closing.OWN_LINE_AFTER_COMMA if self.has_last_comma else Closing.OWN_LINE

    def line_after(self, line: Line, style: Style) -> cst.ParenthesizedWhitespace:
        """Return the whitespace that starts a line as the first item on a line of its own does.

        ``line`` is the one on which the bracket opens; without such an item it is one unit deeper.
        """
        indents = (line.indent_after(gap) for gap in self.gaps[: len(self.args)])
        found = next((indent for indent in indents if indent is not None), None)
        return style.line(line.indent + style.unit if found is None else found)

    def spread(self, line: str, style: Style) -> Self:
        """Put each item on a line of its own, one unit deeper than ``line``."""
        starts: list[cst.BaseParenthesizableWhitespace]
        starts = [style.line(line + style.unit) for _ in self.args]
        if isinstance(self.gaps[-1], cst.ParenthesizedWhitespace):
            return replace(self, gaps=(*starts, self.gaps[-1]))
        # A comment may stand before the last comma.
        has_comma = style.closing is Closing.OWN_LINE_AFTER_COMMA or (
            isinstance(comma := self.args[-1].comma, cst.Comma)
            and isinstance(comma.whitespace_before, cst.ParenthesizedWhitespace)
        )
        return replace(self, gaps=(*starts, style.end(line)), has_last_comma=has_comma)

    def insert(self, index: int, arg: ItemT, new_line: cst.ParenthesizedWhitespace) -> Self:
        """Put ``arg`` on a line of its own, leaving every comment with the item it speaks of."""
        gap = self.gaps[index]
        if index == len(self.args):
            before, after = _split_tail(gap, new_line)
        elif isinstance(gap, cst.ParenthesizedWhitespace):
            before = gap.with_changes(empty_lines=())
            after = gap.with_changes(first_line=new_line.first_line)
        else:
            before, after = (gap if index == 0 else new_line), new_line
        args = (*self.args[:index], arg, *self.args[index:])
        return replace(self, args=args, gaps=(*self.gaps[:index], before, after, *self.gaps[index + 1 :]))


@dataclass(frozen=True, slots=True)
class Arguments(Items[cst.Arg, cst.Call]):
    """The arguments of a call."""

    @classmethod
    def of(cls, call: cst.Call) -> Arguments:
        """Take the arguments out of ``call``."""
        gaps = [call.whitespace_before_args]
        has_last_comma = False
        for arg in call.args:
            has_last_comma = isinstance(arg.comma, cst.Comma)
            gaps.append(
                arg.comma.whitespace_after if isinstance(arg.comma, cst.Comma) else arg.whitespace_after_arg
            )
        return cls(tuple(call.args), tuple(gaps), has_last_comma)

    def put_into(self, node: cst.Call) -> cst.Call:
        """Return ``node`` with these arguments and this whitespace."""
        placed: list[cst.Arg] = []
        for arg, gap in zip(self.args, self.gaps[1:], strict=True):
            if len(placed) < len(self.args) - 1 or self.has_last_comma:
                had_comma = isinstance(arg.comma, cst.Comma)
                comma = arg.comma if isinstance(arg.comma, cst.Comma) else cst.Comma()
                before = arg.whitespace_after_arg if had_comma else cst.SimpleWhitespace("")
                comma = comma.with_changes(whitespace_after=gap)
                placed.append(arg.with_changes(whitespace_after_arg=before, comma=comma))
            else:
                no_comma = cst.MaybeSentinel.DEFAULT
                placed.append(arg.with_changes(whitespace_after_arg=gap, comma=no_comma))
        return node.with_changes(args=placed, whitespace_before_args=self.gaps[0])


@dataclass(frozen=True, slots=True)
class Elements(Items[cst.DictElement, cst.Dict]):
    """The elements of a dict display; LibCST keeps the last gap with the brace, whatever stands before it."""

    @classmethod
    def of(cls, node: cst.Dict) -> Elements:
        """Take the elements out of ``node``. Raises NotRewritable if it unpacks another dict."""
        elements = tuple(each for each in node.elements if isinstance(each, cst.DictElement))
        if len(elements) < len(node.elements):
            raise NotRewritable("the dict unpacks another one")
        if not elements:
            return cls((), (node.lbrace.whitespace_after,), False)
        commas = [element.comma for element in elements]
        between = [comma.whitespace_after for comma in commas[:-1] if isinstance(comma, cst.Comma)]
        gaps = (node.lbrace.whitespace_after, *between, node.rbrace.whitespace_before)
        return cls(elements, gaps, isinstance(commas[-1], cst.Comma))

    def put_into(self, node: cst.Dict) -> cst.Dict:
        """Return ``node`` with these elements and this whitespace."""
        placed: list[cst.DictElement] = []
        for element, gap in zip(self.args, self.gaps[1:], strict=True):
            is_last = len(placed) == len(self.args) - 1
            comma: cst.Comma | cst.MaybeSentinel = cst.MaybeSentinel.DEFAULT
            if not is_last or self.has_last_comma:
                old = element.comma if isinstance(element.comma, cst.Comma) else cst.Comma()
                comma = old.with_changes(whitespace_after=cst.SimpleWhitespace("") if is_last else gap)
            placed.append(element.with_changes(comma=comma))
        tail = self.gaps[-1] if placed else cst.SimpleWhitespace("")
        return node.with_changes(
            elements=placed,
            lbrace=node.lbrace.with_changes(whitespace_after=self.gaps[0]),
            rbrace=node.rbrace.with_changes(whitespace_before=tail),
        )


def _split_tail(
    tail: cst.BaseParenthesizableWhitespace, new_line: cst.ParenthesizedWhitespace
) -> tuple[cst.BaseParenthesizableWhitespace, cst.BaseParenthesizableWhitespace]:
    if not isinstance(tail, cst.ParenthesizedWhitespace):
        return new_line, tail
    before = new_line.with_changes(first_line=tail.first_line, empty_lines=tail.empty_lines)
    return before, tail.with_changes(first_line=new_line.first_line, empty_lines=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What new text follows: ``unit`` of indentation, line end, brackets, ``=`` and quotes."""

    unit: str
    newline: str
    closing: Closing
    equal: cst.AssignEqual
    quote: str

    def line(self, indent: str) -> cst.ParenthesizedWhitespace:
        """Return the whitespace that ends a line and starts one with ``indent``."""
        ending = cst.TrailingWhitespace(newline=cst.Newline(value=self.newline))
        return cst.ParenthesizedWhitespace(first_line=ending, last_line=cst.SimpleWhitespace(indent))

    def end(self, indent: str) -> cst.BaseParenthesizableWhitespace:
        """Return the whitespace before the bracket of a call that opened on a line with ``indent``."""
        return cst.SimpleWhitespace("") if self.closing is Closing.HANGING else self.line(indent)


def equal_of(nodes: Iterable[cst.CSTNode]) -> cst.AssignEqual:
    """Return the ``=`` of the first keyword argument of calls in ``nodes``, else one without spaces."""
    for arg in (arg for node in nodes if isinstance(node, cst.Call) for arg in node.args):
        if isinstance(equal := arg.equal, cst.AssignEqual) and all(
            isinstance(gap, cst.SimpleWhitespace) and gap.value.strip(" ") == ""
            for gap in (equal.whitespace_before, equal.whitespace_after)
        ):
            return equal
    return cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def unit_of(node: cst.Call | cst.Dict, line: Line) -> str | None:
    """Return how much deeper than ``line`` the first item of ``node`` stands, if on its own line."""
    gap = node.lbrace.whitespace_after if isinstance(node, cst.Dict) else node.whitespace_before_args
    indent = line.indent_after(gap) or ""
    unit = indent.removeprefix(line.indent)
    return unit if indent.startswith(line.indent) and 0 < len(unit) <= _WIDEST_UNIT else None

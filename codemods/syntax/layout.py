"""How an author lays out what stands between brackets: indentation, gaps, and where the brackets close."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

import libcst as cst

from codemods.syntax.source import code, parse_expression

Written: TypeAlias = cst.Call | cst.Dict
Item: TypeAlias = cst.Arg | cst.BaseDictElement | cst.ImportAlias

#: White space that spans lines: the rest of the first one, whole lines, and the indentation of the last.
_LINES = re.compile(r"([^\n]*\n)((?:.*\n)?)([^\n]*)", re.DOTALL)


def items_in(node: Written) -> Sequence[cst.Arg | cst.BaseDictElement]:
    """Return the arguments of a call or the elements of a dict."""
    return node.args if isinstance(node, cst.Call) else node.elements


@dataclass(frozen=True, slots=True)
class Items:
    """The sources of what stands between brackets, apart from the white space around each.

    ``gaps`` has one more member than ``texts``: before each item, and before the closing bracket.
    """

    texts: tuple[str, ...]
    gaps: tuple[str, ...]
    has_last_comma: bool

    @classmethod
    def of(cls, node: Written | cst.ImportFrom) -> Self:
        """Take a node apart."""
        # LibCST keeps the outer white space with the brackets, not with the items.
        items: Sequence[Item] = ()
        ends: tuple[cst.BaseParenthesizableWhitespace, ...] = ()
        if isinstance(node, cst.Call):
            items, ends = node.args, (node.whitespace_before_args, cst.SimpleWhitespace(""))
        elif isinstance(node, cst.Dict):
            items, ends = node.elements, (node.lbrace.whitespace_after, node.rbrace.whitespace_before)
        elif not isinstance(node.names, cst.ImportStar):
            items = node.names
            if node.lpar and node.rpar:
                ends = node.lpar.whitespace_after, node.rpar.whitespace_before
        first, last = map(code, ends) if ends else ("", "")
        texts, gaps, has_comma = [], [first], False
        for item in items:
            text = code(item.with_changes(comma=cst.MaybeSentinel.DEFAULT))
            tail = code(item.whitespace_after_arg) if isinstance(item, cst.Arg) else ""
            text = text.removesuffix(tail)
            has_comma = isinstance(item.comma, cst.Comma)
            if isinstance(item.comma, cst.Comma):
                text += code(item.comma.whitespace_before)
                tail = code(item.comma.whitespace_after) + tail
            texts.append(text)
            gaps.append(tail)
        gaps[-1] += last
        return cls(tuple(texts), tuple(gaps), has_comma)

    @property
    def source(self) -> str:
        """All of it as it stands between the brackets."""
        last = len(self.texts) - (not self.has_last_comma)
        commas = ("," if number < last else "" for number in range(len(self.texts)))
        return self.gaps[0] + "".join(map("".join, zip(self.texts, commas, self.gaps[1:], strict=True)))

    def put_into(self, node: Written) -> cst.BaseExpression:
        """Return ``node`` with these items and this white space between its brackets."""
        if isinstance(node, cst.Call):
            filled = parse_expression(f"f({self.source})").with_changes(func=node.func)
            filled = filled.with_changes(whitespace_after_func=node.whitespace_after_func)
        else:
            filled = parse_expression(f"{{{self.source}}}")
        return filled.with_changes(lpar=node.lpar, rpar=node.rpar)

    @property
    def indent(self) -> str | None:
        """The indentation of the first item that starts a line, None if none does."""
        found = (_LINES.fullmatch(gap) for gap in self.gaps[: len(self.texts)])
        return next((match[3] for match in found if match), None)

    @property
    def closing(self) -> str:
        """What closes, apart from the indentation: nothing, a line end, or a comma and a line end."""
        if not _LINES.fullmatch(self.gaps[-1]):
            return ""
        return ",\n" if self.has_last_comma else "\n"

    def spread(self, indent: str, unit: str, closing: str) -> Self:
        """Put each item on a line of its own, one unit deeper than ``indent``."""
        starts = [f"\n{indent}{unit}"] * len(self.texts)
        if _LINES.fullmatch(self.gaps[-1]):
            return replace(self, gaps=(*starts, self.gaps[-1]))
        end = f"\n{indent}" if closing else ""
        return replace(self, gaps=(*starts, end), has_last_comma=closing.startswith(","))

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

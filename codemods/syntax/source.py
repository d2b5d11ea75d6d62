"""Source text in, LibCST nodes out and back, with nothing lost and no surprise on hostile input.

Nodes know one line end, LF; ``rewritten`` puts the author's back.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from typing import TypeVar

import libcst as cst

from codemods.syntax.lines import LINE_END

NodeT = TypeVar("NodeT", bound=cst.CSTNode)

# LibCST's parser is native and recursive: deep enough a source ends the process, so depth is measured first.
_DEEPEST = 100


class NotRewritable(ValueError):
    """The source has a shape that this codemod does not rewrite; the message is half a sentence."""


def rewritten(source: str, rewrite: Callable[[str], str], newline: str = "\n") -> str:
    """Return what ``rewrite`` makes of a source with LF, with the line ends of the source, else ``newline``.

    Raises NotRewritable.
    """
    line_ends = set(LINE_END.findall(source)) or {newline}
    if len(line_ends) > 1:
        raise NotRewritable("it mixes line ends")
    (newline,) = line_ends
    try:
        return rewrite(source.replace(newline, "\n")).replace("\n", newline)
    except RecursionError as error:
        raise NotRewritable("it is nested too deeply") from error


def parse_expression(source: str) -> cst.BaseExpression:
    """Parse an expression as it stands between brackets: it may span lines without its own."""

    def parsed(text: str) -> cst.BaseExpression:
        node = cst.parse_expression(f"({text})")
        return node.with_changes(lpar=node.lpar[1:], rpar=node.rpar[:-1])

    return _parsed(source, f"({source})", parsed)


def parse_module(source: str) -> cst.Module:
    """Parse whole statements."""
    return _parsed(source, source, cst.parse_module)


def _parsed(source: str, alone: str, parse: Callable[[str], NodeT]) -> NodeT:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            level: list[ast.AST] = [ast.parse(alone)]
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise NotRewritable("it is not Python 3") from error
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise NotRewritable("it is nested too deeply")
    try:
        node = parse(source)
        is_same = code(node) == source
    except (cst.ParserSyntaxError, cst.CSTValidationError, ValueError, RecursionError) as error:
        raise NotRewritable("it does not parse") from error
    if not is_same:
        raise NotRewritable("the parser loses a part of it")
    return node


def code(node: cst.CSTNode) -> str:
    """Return the source of a node."""
    return cst.Module([]).code_for_node(node)


def nodes_in(root: cst.CSTNode, kind: type[NodeT]) -> list[NodeT]:
    """Return the nodes of one kind, ``root`` included, outer before inner, in source order."""
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, kind):
            found.append(node)
        waiting += reversed(node.children)
    return found


def dotted(node: cst.BaseExpression) -> str | None:
    """Return the names of ``a.b.c`` joined by dots, whatever stands between them, else None."""
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    return ".".join([node.value, *reversed(names)]) if isinstance(node, cst.Name) else None

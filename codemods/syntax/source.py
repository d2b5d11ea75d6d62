"""Source text in, LibCST nodes out and back, with nothing lost and no surprise on hostile input."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst

from codemods.syntax.lines import LINE_END

NodeT = TypeVar("NodeT", bound=cst.CSTNode)

# LibCST's parser is native and recursive: deep enough a source ends the process, so depth is measured first.
_DEEPEST = 100
_ERRORS = (cst.ParserSyntaxError, cst.CSTValidationError, ValueError, RecursionError)


class NotLossless(ValueError):
    """The parser does not give back the source that it read, so an edit could change other text."""


class NotRewritable(ValueError):
    """The source has a shape that this codemod does not rewrite; ``reason`` is half a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression with the line end that its whitespace nodes stand for."""

    node: cst.BaseExpression
    newline: str


def parse_expression(source: str, newline: str = "\n") -> Expression:
    """Parse an expression as it stands between brackets: it may span lines without its own.

    ``newline`` counts where the source has one line. Raises NotRewritable, NotLossless.
    """
    line_ends = set(LINE_END.findall(source)) or {newline}
    if len(line_ends) > 1:
        raise NotRewritable("it mixes line ends")
    bracketed = f"({source})"
    _check(bracketed)
    try:
        node = cst.parse_expression(bracketed)
        bare = getattr(node, "lpar", ())[1:], getattr(node, "rpar", ())[:-1]
        node = node.with_changes(lpar=bare[0], rpar=bare[1])
    except _ERRORS as error:
        raise NotRewritable("it does not parse") from error
    expression = Expression(node, *line_ends)
    if code(node, expression.newline) != source:
        raise NotLossless("the parser loses a part of the expression")
    return expression


def parse_statement(source: str) -> cst.Module:
    """Parse a module of exactly one statement. Raises NotRewritable, NotLossless."""
    _check(source)
    try:
        module = cst.parse_module(source)
        is_same = module.code == source
    except _ERRORS as error:
        raise NotRewritable("it does not parse") from error
    if not is_same:
        raise NotLossless("the parser loses a part of the statement")
    if len(module.body) != 1:
        raise NotRewritable("it is not exactly one statement")
    return module


def code(node: cst.CSTNode, newline: str = "\n") -> str:
    """Return the source of a node, with the line end that it was parsed with. Raises NotRewritable."""
    try:
        return cst.Module([], default_newline=newline).code_for_node(node)
    except RecursionError as error:
        raise NotRewritable("it is nested too deeply") from error


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


def _check(source: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise NotRewritable("it is not Python 3") from error
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise NotRewritable("it is nested too deeply")

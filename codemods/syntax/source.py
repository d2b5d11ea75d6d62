"""Source text in, LibCST nodes out and back, with nothing lost and no surprise on hostile input."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

import libcst as cst

# LibCST's parser is native and recursive: deep enough a source ends the process, so depth is measured first.
_DEEPEST = 100
_LINE_END = re.compile(r"\r\n|\n|\r")


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

    def code(self, node: cst.CSTNode) -> str:
        """Return the source of ``node``, which is this expression or what became of it."""
        try:
            return cst.Module([], default_newline=self.newline).code_for_node(node)
        except RecursionError as error:
            raise NotRewritable("it is nested too deeply") from error


def parse_expression(source: str, newline: str = "\n") -> Expression:
    """Parse an expression as it stands between brackets: it may span lines without its own.

    ``newline`` counts where the source has one line. Raises NotRewritable, NotLossless.
    """
    bracketed = f"({source})"
    _check(bracketed)
    try:
        node = cst.parse_expression(bracketed)
        bare = getattr(node, "lpar", ())[1:], getattr(node, "rpar", ())[:-1]
        node = node.with_changes(lpar=bare[0], rpar=bare[1])
    except (cst.ParserSyntaxError, cst.CSTValidationError, ValueError, RecursionError) as error:
        raise NotRewritable("it does not parse") from error
    found = _LINE_END.search(source)
    expression = Expression(node, found[0] if found else newline)
    if expression.code(node) != source:
        raise NotLossless("the parser loses a part of the expression")
    return expression


def parse_statement(source: str) -> cst.Module:
    """Parse a module of exactly one statement. Raises NotRewritable, NotLossless."""
    _check(source)
    try:
        module = cst.parse_module(source)
        code = module.code
    except (cst.ParserSyntaxError, cst.CSTValidationError, ValueError, RecursionError) as error:
        raise NotRewritable("it does not parse") from error
    if code != source:
        raise NotLossless("the parser loses a part of the statement")
    if len(module.body) != 1:
        raise NotRewritable("it is not exactly one statement")
    return module


def dotted(node: cst.BaseExpression) -> str | None:
    """Return the names of ``a.b.c`` joined by dots, whatever stands between them, else None."""
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join([node.value, *reversed(names)])


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

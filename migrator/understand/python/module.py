"""A Python text with its names, seen as uses of the Batch AI models."""

from __future__ import annotations

import ast
import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.model import Place
from migrator.understand.python.names import Names
from migrator.understand.python.objects import Objects
from migrator.understand.python.reflection import PAPERMILL, SHELL
from migrator.understand.python.values import Step
from migrator.understand.texts import IN_NAMESPACE, Notebook, Text, Unreadable, may_bind

if TYPE_CHECKING:
    from migrator.understand.python.modules import Modules


@dataclass(frozen=True, eq=False)
class PythonModule:
    """A script or the joined cells of a notebook: its text, names and objects."""

    names: Names

    @property
    def text(self) -> Text:
        """The text of the script or notebook."""
        return self.names.text

    @property
    def peers(self) -> Modules:
        """The modules that its imports may lead to."""
        return self.names.outside

    @property
    def objects(self) -> Objects:
        """The objects of the module and of those that may be loaded together with it."""
        return self.peers.objects(self.names)

    def owner(self, node: ast.AST) -> PythonModule:
        """Return the module that holds ``node``, which a value of this one led to."""
        return self if self.names.holds(node) else self.peers.owner(node) or self

    def place(self, node: ast.AST) -> Place:
        """Return where ``node`` begins."""
        return self.text.place(self.span(node)[0])

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return the half-open span of ``node`` in the text, in code points."""
        assert isinstance(node, ast.expr | ast.stmt)  # noqa: S101 - only these have positions
        start = self.text.offset(node.lineno, node.col_offset)
        return start, self.text.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def source(self, node: ast.AST) -> str:
        """Return the source of ``node``."""
        start, end = self.span(node)
        return self.text.text[start:end]

    def trace(self, steps: tuple[Step, ...]) -> tuple[str, ...]:
        """Return the steps as text, each with its place."""
        return tuple(f"{step.text} ({self._where(step.node)})" for step in steps)

    def _where(self, node: ast.AST) -> str:
        if not isinstance(node, ast.expr | ast.stmt):
            return "this file"
        owner = self.owner(node)
        place = owner.place(node)
        file = "" if owner is self else f"{place.path}, "
        cell = f"cell {place.cell}, " if place.cell >= 0 else ""
        return f"{file}{cell}line {place.line}"


def read_module(text: Text, peers: Modules) -> PythonModule | Unreadable:
    """Understand a text's tree; a syntax error, or nesting too deep to walk, is returned as a value.

    ``peers`` are the modules that its imports may lead to.
    """
    tree = text.tree
    if isinstance(tree, Unreadable):
        place = text.place(text.offset(tree.line, 0))
        return Unreadable(f"not valid Python: {tree.message}", place.line, tree.column, place.cell)
    try:
        _unmask(text, tree)
        return PythonModule(Names(text, tree, peers))
    except RecursionError:
        return Unreadable("nested too deeply to be read", 1, 1)


def _unmask(text: Text, tree: ast.Module) -> None:
    """Put calls of ``get_ipython`` in place of masked lines, and of cells that are no Python.

    The body of a cell such as ``%%timeit`` becomes a function's: what it binds is lost.
    """
    cells = text.cells if isinstance(text, Notebook) else ()
    if text.masked == text.text and not any(cell.has_parameters for cell in cells):
        return
    for node in ast.walk(tree):
        is_masked = isinstance(node, ast.Assign | ast.Expr) and isinstance(node.value, ast.Constant)
        if is_masked and isinstance(node, ast.Assign | ast.Expr):
            start = text.offset(node.value.lineno, node.value.col_offset)
            if text.text[start] in "!%" and (isinstance(node, ast.Assign) or text.text[start] == "%"):
                line = text.text[start:].splitlines()[0]
                node.value = _shell(line if isinstance(node, ast.Expr) else "", node.value)
    if isinstance(text, Notebook):
        tree.body = _with_cells(text, tree.body)


def _with_cells(notebook: Notebook, body: list[ast.stmt]) -> list[ast.stmt]:
    unparsed = {one.cell for one in notebook.unparsed}
    found: list[ast.stmt] = []
    waiting = list(reversed(body))
    for cell in notebook.cells:
        inside: list[ast.stmt] = []
        while waiting and notebook.offset(waiting[-1].lineno, 0) <= cell.end:
            inside.append(waiting.pop())
        is_read = cell.magic is None and cell.index not in unparsed
        if is_read and not cell.has_parameters:
            found += inside
            continue
        line = bisect.bisect_right(notebook.line_starts, cell.start)
        if inside and not is_read and not (cell.magic and cell.magic.name in IN_NAMESPACE):
            function = ast.parse("def _(): pass").body[0]
            assert isinstance(function, ast.FunctionDef)  # noqa: S101 - as it is spelled
            function.name, function.body = f"%%{cell.magic.name if cell.magic else None}", inside
            inside = [ast.copy_location(function, inside[0])]
        found += inside
        parts = (part for statement in inside for part in ast.walk(statement))
        bound = (e.id for e in parts if isinstance(e, ast.Name) and isinstance(e.ctx, ast.Store))
        text = " ".join((PAPERMILL, *bound)) if is_read else cell.text
        if may_bind(text) is not None:
            at = ast.Constant(text, lineno=line, col_offset=0, end_lineno=line, end_col_offset=0)
            found.append(ast.copy_location(ast.Expr(_shell(text, at)), at))
    return [*found, *reversed(waiting)]


def _shell(text: str, at: ast.expr) -> ast.Call:
    func = ast.copy_location(ast.Name(SHELL, ast.Load()), at)
    arguments: list[ast.expr] = [ast.copy_location(ast.Constant(text), at)] if text else []
    return ast.copy_location(ast.Call(func, arguments, []), at)

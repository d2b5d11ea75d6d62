"""A Python text with its names, seen as uses of the Batch AI models."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.model import Place
from migrator.understand.python.cells import unmask
from migrator.understand.python.dicts import Dicts
from migrator.understand.python.names import Names
from migrator.understand.python.objects import Objects
from migrator.understand.python.values import Step
from migrator.understand.texts import Text, Unreadable

if TYPE_CHECKING:
    from migrator.understand.python.modules import Modules


@dataclass(frozen=True, eq=False)
class PythonModule:
    """A script or the joined cells of a notebook: its text, names, objects and dictionaries."""

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

    @property
    def dicts(self) -> Dicts:
        """The dictionaries of the module."""
        return Dicts(self.names, self.objects)

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
        unmask(text, tree)
        return PythonModule(Names(text, tree, peers))
    except RecursionError:
        return Unreadable("nested too deeply to be read", 1, 1)

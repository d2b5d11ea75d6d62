"""A Python text with its names, seen as uses of the Batch AI models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from migrator.model import Place
from migrator.understand.python.aliases import with_aliases
from migrator.understand.python.dicts import Dicts
from migrator.understand.python.names import Names, Outside
from migrator.understand.python.stores import Store, gather_stores
from migrator.understand.python.traces import SHELL, Step
from migrator.understand.texts import Fault, Text, Unreadable


class Peers(Outside, Protocol):
    """The modules around one."""

    def owner(self, node: ast.AST) -> PythonModule | None:
        """Return the module that holds a node."""

    def is_mentioned(self, home: PythonModule, name: str) -> bool:
        """Tell whether something that cannot be followed may use a module-level name of ``home``."""

    def uses(self, home: PythonModule, name: str) -> Iterator[tuple[PythonModule, ast.expr]]:
        """Yield every place in other modules that uses a module-level name of ``home``."""


@dataclass(frozen=True, slots=True, eq=False)
class PythonModule:
    """A script or the joined cells of a notebook: its text, names, dictionaries and stores."""

    text: Text
    names: Names
    stores: tuple[Store, ...]
    dicts: Dicts
    peers: Peers | None = None

    def owner(self, node: ast.AST) -> PythonModule:
        """Return the module that holds ``node``, which a value of this one led to."""
        if node in self.names.parents or self.peers is None:
            return self
        return self.peers.owner(node) or self

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


def read_module(text: Text, peers: Peers | None = None) -> PythonModule | Unreadable:
    """Understand a text's tree; a syntax error, or nesting too deep to walk, is returned as a value.

    ``peers`` are the modules that its imports may lead to.
    """
    tree = text.tree
    if isinstance(tree, Fault):
        place = text.place(text.offset(tree.line, 0))
        return Unreadable(f"not valid Python: {tree.message}", place.line, tree.column, place.cell)
    try:
        _unmask(text, tree)
        names = Names(tree)
        stores = with_aliases(names, gather_stores(tree))
        module = PythonModule(text, names, stores, Dicts(names, stores), peers)
        module.names.outside = peers
        return module
    except RecursionError:
        return Unreadable("nested too deeply to be read", 1, 1)


def _unmask(text: Text, tree: ast.Module) -> None:
    """Put a call in place of what masks ``x = !command``: the value is known only when it runs."""
    if text.masked == text.text:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            value = node.value
            if text.text[text.offset(value.lineno, value.col_offset)] in "!%":
                func = ast.copy_location(ast.Name(SHELL, ast.Load()), value)
                node.value = ast.copy_location(ast.Call(func, [], []), value)

"""Dictionaries of a module, seen through literals, ``dict(…)`` calls, names and later stores."""

from __future__ import annotations

import ast

from migrator.understand.python.names import Names
from migrator.understand.python.objects import ANYTHING, Objects, is_dict

Path = tuple[str, ...]


class Dicts:
    """The nested dictionaries of one module."""

    def __init__(self, names: Names, objects: Objects) -> None:
        self._names = names
        self._objects = objects

    def at(self, node: ast.expr, path: Path) -> tuple[ast.expr, ...]:
        """Return every expression that may stand at ``path``, keys from the outside in, under ``node``.

        Where one is known, what may put something else in its place is among them.
        """
        known, doubts = self._at(node, path, frozenset())
        return (*known, *doubts) if known else ()

    def is_lost(self, node: ast.expr, path: Path) -> bool:
        """Tell whether what stands at ``path`` may be something, but nothing that can be seen."""
        known, doubts = self._at(node, path, frozenset())
        return bool(doubts) and not known

    def may_hold(self, node: ast.expr, key: str) -> bool:
        """Tell whether a dictionary holds a key, or may get it from what cannot be seen."""
        return any(self._at(node, (key,), frozenset()))

    def dict_behind(self, node: ast.expr) -> ast.expr | None:
        """Return the one dictionary that ``node`` is or names; None if there is none or more."""
        if is_dict(node):
            return node
        sites = self._objects.of(self._names, node)
        here = [site for site in sites if is_dict(site) and self._objects.home(site) is self._names]
        return here[0] if len(sites) == 1 and here and isinstance(here[0], ast.expr) else None

    def is_open(self, node: ast.expr) -> bool:
        """Tell whether a dictionary may hold keys that cannot be read off the text."""
        if isinstance(node, ast.Dict):
            return any(not isinstance(key, ast.Constant) for key in node.keys)
        return isinstance(node, ast.Call) and (bool(node.args) or any(k.arg is None for k in node.keywords))

    def _at(
        self, node: ast.expr, path: Path, seen: frozenset[ast.AST]
    ) -> tuple[dict[ast.expr, None], dict[ast.expr, None]]:
        known: dict[ast.expr, None] = {} if path else {node: None}
        doubts: dict[ast.expr, None] = {}
        for site in self._objects.of(self._names, node) if path else ():
            is_here = self._objects.home(site) is self._names and is_dict(site) and site not in seen
            if isinstance(site, ast.expr) and is_here:
                values, unsure = self._objects.given(self._names, site, path[0])
                doubts |= dict.fromkeys(unsure)
                for value in values:
                    inside, unsure_inside = self._at(value, path[1:], seen | {site})
                    known |= inside
                    doubts |= unsure_inside if inside or value in ast.walk(site) else {value: None}
            elif site is ANYTHING or is_dict(site):
                doubts[node] = None
        return known, doubts

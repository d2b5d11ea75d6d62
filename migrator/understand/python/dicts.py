"""Dictionaries of a module, seen through literals, ``dict(…)`` calls, names and later stores."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from migrator.understand.python.names import Names
from migrator.understand.python.scopes import BindingKind
from migrator.understand.python.stores import ANY_KEY, Store, StoreKind

Path = tuple[str, ...]

_DEPTH = 12


def is_dict(node: ast.expr) -> bool:
    """Tell whether ``node`` spells a dictionary: ``{…}`` or ``dict(…)``."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict"
    return isinstance(node, ast.Dict) or is_call


class Dicts:
    """The nested dictionaries of one module."""

    def __init__(self, names: Names, stores: tuple[Store, ...]) -> None:
        self._names = names
        self._items = tuple(store for store in stores if store.kind is not StoreKind.ATTRIBUTE)

    @property
    def items(self) -> tuple[Store, ...]:
        """Every store into a dictionary."""
        return self._items

    def at(self, node: ast.expr, path: Path, depth: int = _DEPTH) -> tuple[ast.expr, ...]:
        """Return every expression that may stand at ``path``, keys from the outside in, under ``node``."""
        if not path:
            return (node,)
        if depth == 0:
            return ()
        if is_dict(node):
            return self._inside(node, path, depth)
        return tuple(found for value in self._behind(node) for found in self.at(value, path, depth - 1))

    def dict_behind(self, node: ast.expr, depth: int = _DEPTH) -> ast.expr | None:
        """Return the one dictionary that ``node`` is or names; None if there is none or more."""
        if is_dict(node) or depth == 0:
            return node if is_dict(node) else None
        values = self._behind(node)
        return self.dict_behind(values[0], depth - 1) if len(values) == 1 else None

    def is_open(self, node: ast.expr) -> bool:
        """Tell whether a dictionary may hold keys that cannot be read off the text."""
        if isinstance(node, ast.Dict):
            return any(not isinstance(key, ast.Constant) for key in node.keys)
        return isinstance(node, ast.Call) and (bool(node.args) or any(k.arg is None for k in node.keywords))

    def _inside(self, node: ast.expr, path: Path, depth: int) -> tuple[ast.expr, ...]:
        found: list[ast.expr] = []
        for key, value in _entries(node):
            if key is None:
                found += self.at(value, path, depth - 1)
            elif key == path[0]:
                found += self.at(value, path[1:], depth - 1)
        for store in self._into.get(node, ()):
            if store.path == path[: len(store.path)]:
                found += self.at(store.value, path[len(store.path) :], depth - 1)
        return (*found, *self._doubts(node, path)) if found else ()

    def _doubts(self, node: ast.expr, path: Path) -> Iterator[ast.expr]:
        """Yield what may replace the value at ``path``: under a key, or in entries, that cannot be seen."""
        for store in self._into.get(node, ()):
            is_item = store.kind is StoreKind.ITEM
            known = None if is_item else self.dict_behind(store.value)
            place = store.path if is_item else (*store.path, ANY_KEY)
            if ANY_KEY in place and known is None and _is_on_the_way(place, path):
                yield store.value

    @cached_property
    def _into(self) -> Mapping[ast.expr, Sequence[Store]]:
        """The stores by the expression that made what they go into."""
        found: dict[ast.expr, list[Store]] = {}
        for store in self._items:
            made = dict.fromkeys(binding.value for binding in self._names.reaching(store.base))
            for value in made:
                if value is not None:
                    found.setdefault(value, []).append(store)
        return found

    def _behind(self, node: ast.expr) -> tuple[ast.expr, ...]:
        if not isinstance(node, ast.Name):
            return ()
        bindings = self._names.reaching(node)
        values = (b.value for b in bindings if b.kind is BindingKind.ASSIGNMENT and b.value is not node)
        return tuple(value for value in values if value is not None)


def _is_on_the_way(stored: Path, path: Path) -> bool:
    if len(stored) > len(path):
        return False
    return all(key in (ANY_KEY, wanted) for key, wanted in zip(stored, path, strict=False))


def _entries(node: ast.expr) -> Iterator[tuple[str | None, ast.expr]]:
    """Yield key and value of each entry; key None for what is unpacked into the dictionary."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                yield None, value
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.Call):
        yield from ((None, argument) for argument in node.args)
        yield from ((keyword.arg, keyword.value) for keyword in node.keywords)

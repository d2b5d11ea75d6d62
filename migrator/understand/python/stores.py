"""What a module puts into objects and dictionaries after it has made them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

ANY_KEY = "*"
"""Stands in a path for a key that is known only when the program runs."""


class StoreKind(StrEnum):
    """How a value is put there: ``x.name = value``, ``x['key'] = value``, or all entries of a dictionary."""

    ATTRIBUTE = "attribute"
    ITEM = "item"
    ENTRIES = "entries"


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """One value put into what the name ``base`` holds; ``path`` are the attributes or keys to its place."""

    kind: StoreKind
    base: ast.Name
    path: tuple[str, ...]
    value: ast.expr


Place = tuple[ast.Name, tuple[str, ...]]


def gather_stores(tree: ast.Module) -> tuple[Store, ...]:
    """Return every store into what a name holds, by ``update``, ``setdefault`` and ``setattr`` as well."""
    return tuple(store for node in ast.walk(tree) for store in _stores(node))


def place_of(node: ast.expr, kind: StoreKind) -> Place | None:
    """Return the name that ``a.b.c`` or ``a['b']['c']`` starts from and the path from there."""
    return _attribute(node) if kind is StoreKind.ATTRIBUTE else _item(node)


def _stores(node: ast.AST) -> Iterator[Store]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _assigned(target, node.value)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.BitOr) and (place := _item(node.target)):
        yield Store(StoreKind.ENTRIES, *place, node.value)
    elif isinstance(node, ast.AugAssign):
        yield from _assigned(node.target, node.value)
    elif isinstance(node, ast.Call):
        yield from _called(node)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[Store]:
    if isinstance(target, ast.Attribute) and (place := _attribute(target)):
        yield Store(StoreKind.ATTRIBUTE, *place, value)
    elif isinstance(target, ast.Subscript) and (place := _item(target)):
        yield Store(StoreKind.ITEM, *place, value)


def _called(call: ast.Call) -> Iterator[Store]:
    func = call.func
    if isinstance(func, ast.Name) and func.id == "setattr" and len(call.args) == 3:
        place, name = _attribute(call.args[0]), call.args[1]
        if place is not None and isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield Store(StoreKind.ATTRIBUTE, place[0], (*place[1], name.value), call.args[2])
    elif isinstance(func, ast.Attribute) and func.attr == "setdefault" and len(call.args) == 2:
        place = _item(func.value)
        if place is not None:
            yield Store(StoreKind.ITEM, place[0], (*place[1], _key(call.args[0])), call.args[1])
    elif isinstance(func, ast.Attribute) and func.attr == "update" and (place := _item(func.value)):
        yield from (Store(StoreKind.ENTRIES, *place, argument) for argument in call.args)
        for keyword in call.keywords:
            if keyword.arg is None:
                yield Store(StoreKind.ENTRIES, *place, keyword.value)
            else:
                yield Store(StoreKind.ITEM, place[0], (*place[1], keyword.arg), keyword.value)


def _attribute(node: ast.expr) -> Place | None:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node, tuple(reversed(names))) if isinstance(node, ast.Name) else None


def _item(node: ast.expr) -> Place | None:
    keys: list[str] = []
    while isinstance(node, ast.Subscript):
        keys.append(_key(node.slice))
        node = node.value
    return (node, tuple(reversed(keys))) if isinstance(node, ast.Name) else None


def _key(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ANY_KEY

"""What a module puts into objects and dictionaries after it has made them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class StoreKind(StrEnum):
    """How a value is put there: ``x.name = value`` or ``x['key'] = value``."""

    ATTRIBUTE = "attribute"
    ITEM = "item"


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """One value put into what the name ``base`` holds; ``path`` are the attributes or keys to its place."""

    kind: StoreKind
    base: ast.Name
    path: tuple[str, ...]
    value: ast.expr


def gather_stores(tree: ast.Module) -> tuple[Store, ...]:
    """Return every store whose path is written out, ``.update(…)`` of a dictionary included."""
    return tuple(store for node in ast.walk(tree) for store in _stores(node))


def _stores(node: ast.AST) -> Iterator[Store]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Attribute) and (place := _attribute(target)):
                yield Store(StoreKind.ATTRIBUTE, *place, node.value)
            elif isinstance(target, ast.Subscript) and (place := _item(target)):
                yield Store(StoreKind.ITEM, *place, node.value)
    elif isinstance(node, ast.Call) and (place := _updated_dict(node)):
        yield from _updated(*place, node)


def _updated_dict(call: ast.Call) -> tuple[ast.Name, tuple[str, ...]] | None:
    is_update = isinstance(call.func, ast.Attribute) and call.func.attr == "update"
    return _item(call.func.value) if is_update and isinstance(call.func, ast.Attribute) else None


def _updated(base: ast.Name, path: tuple[str, ...], call: ast.Call) -> Iterator[Store]:
    for argument in call.args:
        for key, value in (
            zip(argument.keys, argument.values, strict=True) if isinstance(argument, ast.Dict) else ()
        ):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield Store(StoreKind.ITEM, base, (*path, key.value), value)
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield Store(StoreKind.ITEM, base, (*path, keyword.arg), keyword.value)


def _attribute(node: ast.expr) -> tuple[ast.Name, tuple[str, ...]] | None:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node, tuple(reversed(names))) if isinstance(node, ast.Name) else None


def _item(node: ast.expr) -> tuple[ast.Name, tuple[str, ...]] | None:
    keys: list[str] = []
    while isinstance(node, ast.Subscript):
        if not isinstance(node.slice, ast.Constant) or not isinstance(node.slice.value, str):
            return None
        keys.append(node.slice.value)
        node = node.value
    return (node, tuple(reversed(keys))) if isinstance(node, ast.Name) else None

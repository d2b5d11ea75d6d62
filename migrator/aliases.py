"""Follow what is put into an object under another name back to the object."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migrator.names import Names
from migrator.scopes import Binding, BindingKind
from migrator.stores import Store, StoreKind, place_of
from migrator.values import call_arguments

_MOST_STEPS = 4


def with_aliases(names: Names, stores: tuple[Store, ...]) -> tuple[Store, ...]:
    """Return the stores, and each once more for every other name of what it goes into.

    After ``properties = job['properties']`` what goes into ``properties`` goes into ``job`` as well;
    so does what a function puts into its parameter.
    """
    found = list(stores)
    waiting = [(store, _MOST_STEPS) for store in stores]
    while waiting:
        store, steps = waiting.pop()
        for alias in _aliases(names, store):
            found.append(alias)
            if steps:
                waiting.append((alias, steps - 1))
    return tuple(found)


def _aliases(names: Names, store: Store) -> Iterator[Store]:
    for binding in names.reaching(store.base):
        for value in _behind(names, binding):
            place = place_of(value, StoreKind.ATTRIBUTE) or place_of(value, StoreKind.ITEM)
            if place is not None and place[0] is not store.base:
                yield replace(store, base=place[0], path=(*place[1], *store.path))


def _behind(names: Names, binding: Binding) -> tuple[ast.expr, ...]:
    if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, ast.FunctionDef):
        return call_arguments(names, binding.node, binding.name)
    is_assigned = binding.kind is BindingKind.ASSIGNMENT and binding.value is not None
    return (binding.value,) if is_assigned and binding.value is not None else ()

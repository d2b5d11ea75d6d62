"""Follow what is put into an object under another name back to the object."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import islice

from migrator.understand.python.names import Names
from migrator.understand.python.scopes import Binding, BindingKind
from migrator.understand.python.stores import Store, StoreKind, place_of
from migrator.understand.python.values import call_arguments

_MOST_STEPS = 4
# A text that is made to have more is no recipe.
_MOST_ALIASES = 5000


def with_aliases(names: Names, stores: tuple[Store, ...]) -> tuple[Store, ...]:
    """Return the stores, and each once more for every other name of what it goes into.

    After ``properties = job['properties']`` what goes into ``properties`` goes into ``job`` as well;
    so does what a function puts into its parameter.
    """
    behind = cache(partial(_behind, names))
    found = list(stores)
    seen = {(store.base, store.path, store.value) for store in stores}
    latest = stores
    for _ in range(_MOST_STEPS):
        aliases = (alias for store in latest for alias in _aliases(names.reaching(store.base), store, behind))
        fresh: dict[tuple[ast.Name, tuple[str, ...], ast.expr], Store] = {}
        for alias in islice(aliases, _MOST_ALIASES):
            fresh.setdefault((alias.base, alias.path, alias.value), alias)
        latest = tuple(alias for key, alias in fresh.items() if key not in seen)
        seen.update(fresh)
        found += latest
    return tuple(found)


def _aliases(
    bindings: Iterable[Binding], store: Store, behind: Callable[[Binding], tuple[ast.expr, ...]]
) -> Iterator[Store]:
    for value in (value for binding in bindings for value in behind(binding)):
        place = place_of(value, StoreKind.ATTRIBUTE) or place_of(value, StoreKind.ITEM)
        if place is not None:
            yield replace(store, base=place[0], path=(*place[1], *store.path))


def _behind(names: Names, binding: Binding) -> tuple[ast.expr, ...]:
    if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, ast.FunctionDef):
        return call_arguments(names, binding.node, binding.name)
    is_assigned = binding.kind is BindingKind.ASSIGNMENT and binding.value is not None
    return (binding.value,) if is_assigned and binding.value is not None else ()

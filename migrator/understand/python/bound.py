"""Whether a name is bound where code needs it, on every path on which that code runs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator
from itertools import takewhile

from migrator.understand.python.names import Names, is_called
from migrator.understand.python.scopes import Binding, Function, Scope, Use, is_told


def bound(names: Names, name: str, at: ast.expr) -> tuple[Binding, ...]:
    """Return all bindings that may give ``name`` its value at ``at``; none unless it surely has one.

    It has one where a binding precedes ``at`` on every path, or where code that runs before it on the same
    path, or in the same statement, needs the name already.
    """
    use = names.uses[at]
    scope = scope_of(name, use)
    found = names.reaching_at(name, use) if scope is not None else ()
    own = [one for one in found if one.scope is scope and is_told(one) and not is_called(one)]
    is_sure = scope is not None and _is_preceded(names, use, scope, own)
    return found if is_sure or _is_needed(names, name, at) else ()


def scope_of(name: str, use: Use) -> Scope | None:
    """Return the scope whose name ``name`` is at ``use``; None if none binds it by name."""
    for scope in use.scope.outward():
        owner = scope.declared.get(name, scope)
        is_visible = scope is use.scope or not isinstance(scope.node, ast.ClassDef)
        if owner is not scope or (is_visible and name in scope.bindings):
            return owner
    return None


def _is_preceded(names: Names, use: Use, scope: Scope, bindings: Collection[Binding]) -> bool:
    """Tell whether, when the code of ``use`` runs, one of the ``bindings`` in ``scope`` ran surely before.

    The code of a function runs after its definition, and not before its name is used.
    """

    def is_after_one(start: Use) -> bool:
        return any(one.order < start.order and start.is_on(one.branch) for one in bindings)

    function = _outermost(use.scope, scope)
    if function is None:
        return is_after_one(use)
    if not isinstance(function.node, Function) or function.parent is None:
        return isinstance(function.node, ast.expr) and is_after_one(names.uses[function.node])
    made = [one for one in function.parent.bindings[function.node.name] if one.node is function.node]
    end = Use(scope, sys.maxsize, ())
    return any(is_after_one(Use(scope, one.order, one.branch)) for one in made) or all(
        map(is_after_one, (end, *_calls(names, function.node, scope, set())))
    )


def _calls(names: Names, function: Function, scope: Scope, seen: set[ast.AST]) -> Iterator[Use]:
    """Yield where code of ``scope`` itself may call a function first, or give it to what may call it."""
    seen.add(function)
    parts: list[Function | ast.ClassDef] = [function]
    for outer in names.enclosing(function):
        if outer is scope.node:
            break
        parts += [outer] if isinstance(outer, ast.ClassDef) else []
    yield from (names.uses[each] for part in parts for each in part.decorator_list)
    loads = (load for part in parts for load in names.loads.get(part.name, ()))
    for use in (names.uses[load] for load in loads if load in names.uses):
        inner = _outermost(use.scope, scope)
        if inner is None:
            yield use
        elif isinstance(inner.node, ast.expr):
            yield names.uses[inner.node]
        elif isinstance(inner.node, Function) and inner.node not in seen:
            yield from _calls(names, inner.node, scope, seen)


def _outermost(inner: Scope, outer: Scope) -> Scope | None:
    """Return the outermost function or lambda around ``inner`` that stands in ``outer``, if there is one."""
    between = takewhile(lambda each: each is not outer, inner.outward())
    return next((each for each in [*between][::-1] if isinstance(each.node, Function | ast.Lambda)), None)


def _is_needed(names: Names, name: str, at: ast.expr) -> bool:
    """Tell whether code that runs surely before ``at``, or together with it, uses the name already."""
    use, statement = names.uses[at], _statement(names, at)
    loads = [load for load in names.loads.get(name, ()) if load in names.uses]
    together = (load for load in loads if names.uses[load].scope is use.scope)
    return any(
        (load.lineno, load.col_offset) < (at.lineno, at.col_offset) or _statement(names, load) is statement
        for load in together
        if use.is_on(names.uses[load].branch)
    )


def _statement(names: Names, node: ast.expr) -> ast.AST | None:
    return next((each for each in names.enclosing(node) if isinstance(each, ast.stmt)), None)

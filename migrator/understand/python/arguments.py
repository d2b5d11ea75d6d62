"""What the callers of a function pass for its parameters, and what constructs a dataclass its fields."""

from __future__ import annotations

import ast

from migrator.understand.python.names import Names
from migrator.understand.python.scopes import Function

Callee = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def all_arguments(names: Names, callee: Callee, parameter: str) -> tuple[tuple[Names, ast.expr], ...] | None:
    """Return what every caller passes, with the names of its module; None where that is not certain.

    It is not certain for methods, decorated functions, functions used other than by a plain call,
    and calls with ``*`` or ``**``.
    """
    parent = names.parents.get(callee)
    is_plain = isinstance(callee, ast.ClassDef) or not callee.decorator_list
    if not is_plain or isinstance(parent, ast.ClassDef):
        return None
    uses: list[tuple[Names, ast.expr]] = [
        (names, load) for load in names.loads.get(callee.name, ()) if _means(names, load, callee)
    ]
    if isinstance(parent, ast.Module):
        if names.outside.is_mentioned(names, callee.name):
            return None
        uses += names.outside.uses(names, callee.name)
    found = []
    for owner, use in uses:
        argument = _passed_at(owner, use, callee, parameter)
        if argument is None:
            return None
        found.append((owner, argument))
    return tuple(found)


def _means(names: Names, load: ast.Name, callee: Callee) -> bool:
    return any(binding.node is callee for binding in names.reaching(load))


def _passed_at(names: Names, use: ast.expr, callee: Callee, parameter: str) -> ast.expr | None:
    """Return what the call of ``use`` passes, also where ``functools.partial`` makes it."""
    call = names.parents.get(use)
    if not isinstance(call, ast.Call) or (isinstance(use, ast.Name) and len(names.reaching(use)) > 1):
        return None
    if call.func is use:
        return passed_argument(callee, call, parameter)
    if not is_partial(names, call) or call.args[0] is not use:
        return None
    argument = passed_argument(callee, ast.Call(use, call.args[1:], call.keywords), parameter)
    # What a partial function is given later takes the place of what it has.
    later = names.parents.get(call)
    is_bare = isinstance(later, ast.Call) and later.func is call and not later.args and not later.keywords
    return argument if is_bare or _is_called_bare(names, later) else None


def _is_called_bare(names: Names, holder: ast.AST | None) -> bool:
    """Tell whether all that is done with what an assignment binds is to call it without arguments."""
    target = holder.targets[0] if isinstance(holder, ast.Assign) else None
    if not isinstance(target, ast.Name) or not isinstance(holder, ast.Assign) or len(holder.targets) > 1:
        return False
    if names.outside.uses(names, target.id):
        return False
    calls = [names.parents.get(load) for load in names.loads.get(target.id, ())]
    return all(isinstance(call, ast.Call) and not call.args and not call.keywords for call in calls)


def is_partial(names: Names, call: ast.Call) -> bool:
    """Tell whether a call makes a function of another one, its first argument."""
    return bool(call.args) and "functools.partial" in names.qualified(call.func)


def is_dataclass(names: Names, node: ast.AST) -> bool:
    """Tell whether a class is a plain dataclass, whose fields are what it is constructed with."""
    if not isinstance(node, ast.ClassDef) or len(node.decorator_list) != 1 or node.bases or node.keywords:
        return False
    own = {statement.name for statement in node.body if isinstance(statement, Function)}
    is_plain = own.isdisjoint(("__init__", "__post_init__", "__new__"))
    return is_plain and "dataclasses.dataclass" in names.qualified(node.decorator_list[0])


def _signature(callee: Callee) -> ast.arguments:
    if not isinstance(callee, ast.ClassDef):
        return callee.args
    fields = [statement for statement in callee.body if isinstance(statement, ast.AnnAssign)]
    listed = [ast.arg(field.target.id) for field in fields if isinstance(field.target, ast.Name)]
    defaults = [field.value for field in fields if field.value is not None]
    return ast.arguments([], listed, None, [], [], None, defaults)


def passed_argument(callee: Callee, call: ast.Call, parameter: str) -> ast.expr | None:
    """Return what one call passes for a parameter, its default included; None where that is not certain."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    spec = _signature(callee)
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    if parameter in positional:
        index = positional.index(parameter)
        if index < len(call.args):
            return call.args[index]
        from_end = index - len(positional)
        return spec.defaults[from_end] if -from_end <= len(spec.defaults) else None
    index = [a.arg for a in spec.kwonlyargs].index(parameter)
    return spec.kw_defaults[index]

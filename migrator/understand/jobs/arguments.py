"""What a model of the SDK is given, and which call of a model an expression means."""

from __future__ import annotations

import ast

from migrator.understand.facts import Problem
from migrator.understand.python import (
    BindingKind,
    PythonModule,
    Step,
    Store,
    StoreKind,
    Unknown,
    call_arguments,
    evaluate,
)

_PACKAGE = "azure.mgmt.batchai"


def is_model(module: PythonModule, node: ast.expr, model: str) -> bool:
    """Tell whether ``node`` is a call of the Batch AI model class named ``model``."""
    if not isinstance(node, ast.Call):
        return False
    return any(
        name.startswith(_PACKAGE) and name.rpartition(".")[2] == model
        for name in module.names.qualified(node.func)
    )


def argument(module: PythonModule, call: ast.Call, name: str, position: int) -> ast.expr | Problem | None:
    """Return what a model is given under a name: by keyword, by position, or by a later ``x.name = value``.

    None means that it is not given; a Problem, that this cannot be told.
    """
    given = [keyword.value for keyword in call.keywords if keyword.arg == name]
    if position < len(call.args):
        given.append(call.args[position])
    given += _stored(module, call, name)
    given += (found for node in _unpacked(call) for found in module.dicts.at(node, (name,)))
    if len(given) > 1:
        return _unclear(module, f"`{name}` is set in more than one place", given[1])
    if given:
        return None if isinstance(given[0], ast.Constant) and given[0].value is None else given[0]
    unknown = [node for node in _unpacked(call) if _is_unknown(module, node)]
    if unknown:
        return _unclear(module, f"`{name}` may come from an unpacked argument", unknown[0])
    return None


def _unpacked(call: ast.Call) -> list[ast.expr]:
    starred: list[ast.expr] = [node for node in call.args if isinstance(node, ast.Starred)]
    return [*starred, *(keyword.value for keyword in call.keywords if keyword.arg is None)]


def _is_unknown(module: PythonModule, node: ast.expr) -> bool:
    behind = module.dicts.dict_behind(node)
    return behind is None or module.dicts.is_open(behind)


def _stored(module: PythonModule, call: ast.Call, name: str) -> list[ast.expr]:
    return [
        store.value
        for store in module.stores
        if store.kind is StoreKind.ATTRIBUTE and store.path[-1] == name and _is_into(module, store, call)
    ]


def _is_into(module: PythonModule, store: Store, call: ast.Call) -> bool:
    """Tell whether a store may be into what ``call`` makes: a longer path, unless another call is there."""
    behind = [binding.value for binding in module.names.reaching(store.base)]
    if len(store.path) == 1:
        return call in behind
    if store.path[-2] != _HOLDERS.get(store.path[-1]):
        return False
    inside = [node for value in behind if value is not None for node in ast.walk(value)]
    model = ast.dump(call.func)
    return call in inside or not any(isinstance(n, ast.Call) and ast.dump(n.func) == model for n in inside)


_HOLDERS = {
    "image_source_registry": "container_settings",
    "image": "image_source_registry",
    "server_url": "image_source_registry",
    "credentials": "image_source_registry",
}


def model_call(module: PythonModule, node: ast.expr, model: str, depth: int = 8) -> ast.Call | Problem:
    """Follow names, parameters and small functions from ``node`` to the one call of ``model`` it means."""
    if isinstance(node, ast.Call) and is_model(module, node, model):
        return node
    following = _followed(module, node) if depth else None
    if following is not None:
        return model_call(module, following, model, depth - 1)
    value = evaluate(module.names, node)
    steps = value.trace if isinstance(value, Unknown) else (Step("a constant", node),)
    message = f"Cannot see the {model} that this job uses; it is made elsewhere or in more than one way."
    return Problem(rule="dynamic-container", message=message, trace=module.trace(steps))


def _followed(module: PythonModule, node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _returned(module, node.func)
    if not isinstance(node, ast.Name):
        return None
    bindings = module.names.reaching(node)
    if len(bindings) != 1:
        return None
    binding = bindings[0]
    if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, ast.FunctionDef):
        arguments = call_arguments(module.names, binding.node, binding.name)
        return arguments[0] if len(arguments) == 1 else None
    return binding.value if binding.kind is BindingKind.ASSIGNMENT else None


def _returned(module: PythonModule, name: ast.Name) -> ast.expr | None:
    bindings = module.names.reaching(name)
    if len(bindings) != 1 or not isinstance(bindings[0].node, ast.FunctionDef):
        return None
    function = bindings[0].node
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    return returns[0].value if len(returns) == 1 and not function.decorator_list else None


def _unclear(module: PythonModule, message: str, node: ast.expr) -> Problem:
    where = module.trace((Step(message, node),))
    return Problem(
        rule="dynamic-container", message=f"What this job runs in is not known: {message}.", trace=where
    )

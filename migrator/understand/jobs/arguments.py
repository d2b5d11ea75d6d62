"""What a model of the SDK is given, and which call of a model an expression means."""

from __future__ import annotations

import ast

from migrator.understand.facts import Problem
from migrator.understand.python import (
    BindingKind,
    PythonModule,
    Step,
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
    known, doubts = module.objects.given(module.names, call, name)
    given = [*call.args[position : position + 1], *known]
    if len(given) > 1 or (given and doubts):
        return _unclear(module, f"`{name}` is set in more than one place", (*given[1:], *doubts)[-1])
    if given:
        return None if isinstance(given[0], ast.Constant) and given[0].value is None else given[0]
    if doubts:
        return _unclear(module, f"`{name}` may be set here", doubts[0])
    return None


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
    binding = module.names.certain(node)
    if binding is None:
        return None
    if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, ast.FunctionDef):
        arguments = call_arguments(module.names, binding.node, binding.name)
        return arguments[0] if len(arguments) == 1 else None
    return binding.value if binding.kind is BindingKind.ASSIGNMENT else None


def _returned(module: PythonModule, name: ast.Name) -> ast.expr | None:
    binding = module.names.certain(name)
    if binding is None or not isinstance(binding.node, ast.FunctionDef):
        return None
    function = binding.node
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    return returns[0].value if len(returns) == 1 and not function.decorator_list else None


def _unclear(module: PythonModule, message: str, node: ast.expr) -> Problem:
    where = module.trace((Step(message, node),))
    return Problem(
        rule="dynamic-container", message=f"What this job runs in is not known: {message}.", trace=where
    )

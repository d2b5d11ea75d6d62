"""What a model of the SDK is given, and which call of a model an expression means."""

from __future__ import annotations

import ast
from typing import TypeAlias

from migrator.understand.facts import Verdict
from migrator.understand.python import (
    BindingKind,
    Known,
    PythonModule,
    Step,
    Unknown,
    call_arguments,
    evaluate,
)

Given: TypeAlias = ast.expr | Verdict | None
"""What stands in a place: None where nothing does, an Verdict where that cannot be told."""


def known_text(module: PythonModule, given: Given) -> str | None:
    """Return the text that an expression is known to be, None for any other."""
    value = evaluate(module.names, given) if isinstance(given, ast.expr) else None
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def is_model(module: PythonModule, node: ast.expr, model: str) -> bool:
    """Tell whether ``node`` is a call of the Batch AI model class named ``model``."""
    names = module.names.qualified(node.func) if isinstance(node, ast.Call) else ()
    return any(name.startswith("azure.mgmt.batchai") and name.endswith(f".{model}") for name in names)


def argument(module: PythonModule, call: ast.Call, name: str, position: int) -> Given:
    """Return what a model is given under a name: by keyword, position, or a later ``x.name = value``."""
    known, doubts = module.objects.given(module.names, call, name)
    given = [*call.args[position : position + 1], *known]
    if len(given) > 1 or doubts:
        is_set = f"`{name}` is set in more than one place" if given else f"`{name}` may be set here"
        last = (*given[1:], *doubts)[-1] if given else doubts[0]
        message = f"What this job runs in is not known: {is_set}."
        return Verdict("dynamic-container", message, trace=module.trace((Step(is_set, last),)))
    is_none = given and isinstance(given[0], ast.Constant) and given[0].value is None
    return given[0] if given and not is_none else None


def model_call(module: PythonModule, given: Given, model: str, depth: int = 8) -> ast.Call | Verdict | None:
    """Follow names, parameters and small functions from ``given`` to the one call of ``model`` it means."""
    if not isinstance(given, ast.expr):
        return given
    if isinstance(given, ast.Call) and is_model(module, given, model):
        return given
    following = _followed(module, given) if depth else None
    if following is not None:
        return model_call(module, following, model, depth - 1)
    value = evaluate(module.names, given)
    steps = value.trace if isinstance(value, Unknown) else (Step("a constant", given),)
    message = f"Cannot see the {model} that this job uses; it is made elsewhere or in more than one way."
    return Verdict("dynamic-container", message, trace=module.trace(steps))


def _followed(module: PythonModule, node: ast.expr) -> ast.expr | None:
    name = node.func if isinstance(node, ast.Call) else node
    binding = module.names.certain(name) if isinstance(name, ast.Name) else None
    if binding is None:
        return None
    function = binding.node if isinstance(binding.node, ast.FunctionDef) else None
    if name is not node:
        returns = [each for each in ast.walk(function) if isinstance(each, ast.Return)] if function else []
        is_plain = function is not None and not function.decorator_list and len(returns) == 1
        return returns[0].value if is_plain else None
    if binding.kind is BindingKind.PARAMETER and function is not None:
        arguments = call_arguments(module.names, function, binding.name)
        return arguments[0] if len(arguments) == 1 else None
    return binding.value if binding.kind is BindingKind.ASSIGNMENT else None

"""What a model of the SDK is given, and which call of a model an expression means."""

from __future__ import annotations

import ast
from typing import TypeAlias

from migrator.understand.facts import Verdict
from migrator.understand.python import (
    PythonModule,
    Step,
    Unknown,
    evaluate,
)

Given: TypeAlias = ast.expr | Verdict | None
"""What stands in a place: None where nothing does, an Verdict where that cannot be told."""


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


def model_call(module: PythonModule, given: Given, model: str) -> ast.Call | Verdict | None:
    """Return the one call of ``model`` that ``given`` means, wherever in the module it stands."""
    if not isinstance(given, ast.expr):
        return given
    sites = module.objects.values(module.names, given)
    for site in sites if len(sites) == 1 else ():
        is_here = module.objects.home(site) is module.names
        if is_here and isinstance(site, ast.Call) and is_model(module, site, model):
            return site
    value = evaluate(module.names, given)
    steps = value.trace if isinstance(value, Unknown) else (Step("a constant", given),)
    message = f"Cannot see the {model} that this job uses; it is made elsewhere or in more than one way."
    return Verdict("dynamic-container", message, trace=module.trace(steps))

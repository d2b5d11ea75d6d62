"""Static values: what an expression is known to be, where that is written, or why it is not known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from migrator.understand.python.folding import (
    NotFolded,
    concatenated,
    converted,
    formatted,
    joined_path,
    operated,
    percent,
)
from migrator.understand.python.names import Names
from migrator.understand.python.scopes import Binding, BindingKind, Function
from migrator.understand.python.traces import Step, base_name, lost

_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Known:
    """A value that every run has.

    ``written`` are the expressions that spell it (several where branches agree); ``names`` are the
    uses of names (``x``, ``module.x``) that were followed from the expression to there. Both may stand
    in other modules.
    """

    value: object
    written: tuple[ast.expr, ...]
    names: tuple[ast.expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that depends on something outside of the text; ``trace`` leads to where it was lost."""

    trace: tuple[Step, ...]


Value = Known | Unknown


def evaluate(names: Names, node: ast.expr, depth: int = _DEPTH) -> Value:
    """Return what ``node``, an expression of the module behind ``names``, is known to be."""
    if isinstance(node, ast.Constant):
        return Known(node.value, (node,))
    if depth <= 0:
        return Unknown((Step("too many steps to follow", node),))
    found = names.values.get((node, depth))
    if not isinstance(found, Known | Unknown):
        found = _evaluated(names, node, depth)
        names.values[node, depth] = found
    return found


def _evaluated(names: Names, node: ast.expr, depth: int) -> Value:
    if isinstance(node, ast.Name):
        return _name(names, node, depth)
    if isinstance(node, ast.Attribute) and (value := _of_module(names, node, depth)) is not None:
        return value
    for kind, compose in _COMPOSED:
        if isinstance(node, kind):
            return compose(names, node, depth)
    return Unknown((*lost(names, node), *_handed_in(names, base_name(node), depth)))


def _name(names: Names, node: ast.Name, depth: int) -> Value:
    bindings = names.reaching(node)
    if not bindings:
        return Unknown((Step(f"{node.id} is not bound in this file", node),))
    if stored := names.stored(node.id, bindings):
        return Unknown((Step(node.id, node), Step(f"{node.id} may be set here", stored[0])))
    found: list[Known] = []
    for binding in bindings:
        value = _bound(names, binding, node.id, depth - 1)
        if isinstance(value, Unknown):
            return Unknown((Step(node.id, binding.node), *value.trace))
        found.append(value)
    return _agreed(node, found, Step(f"{node.id} has more than one value", bindings[0].node))


def _agreed(node: ast.expr, found: list[Known], doubt: Step) -> Value:
    first = found[0]
    if any(type(one.value) is not type(first.value) or one.value != first.value for one in found):
        return Unknown((doubt,))
    written = dict.fromkeys(place for one in found for place in one.written)
    followed = dict.fromkeys(name for one in found for name in one.names)
    own = (node,) if isinstance(node, ast.Name | ast.Attribute) else ()
    return Known(first.value, tuple(written), (*own, *followed))


def _bound(names: Names, binding: Binding, name: str, depth: int) -> Value:
    if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None:
        return evaluate(names, binding.value, depth)
    if binding.kind is BindingKind.PARAMETER:
        return _parameter(names, binding, depth)
    if binding.kind is BindingKind.IMPORT:
        value = _imported(names, binding.qualified, binding.node, depth)
        return value or Unknown((Step(f"imported as {binding.qualified}", binding.node),))
    if binding.kind is BindingKind.STAR:
        value = _imported(names, f"{binding.qualified}.{name}", binding.node, depth)
        return value or Unknown((Step(f"{name} may come from {binding.qualified}", binding.node),))
    return Unknown((Step(_UNTOLD.get(binding.kind, "not a constant"), binding.node),))


_UNTOLD = {
    BindingKind.OPEN_FILE: "bound by a with statement",
    BindingKind.ANYTHING: "what runs here may set it",
}


def _of_module(names: Names, node: ast.Attribute, depth: int) -> Value | None:
    """Return what ``module.name`` is; None where that is not a name of a module that was read."""
    for qualified in names.qualified(node):
        value = _imported(names, qualified, node, depth)
        if isinstance(value, Known):
            return Known(value.value, value.written, (node, *value.names))
        if value is not None:
            return value
    return None


def _imported(names: Names, qualified: str, node: ast.AST, depth: int) -> Value | None:
    bindings = names.outside.imported(names, qualified) if names.outside is not None and depth > 0 else ()
    last = qualified.rpartition(".")[2]
    for stored in (other.stored(last, (binding,)) for other, binding in bindings):
        if stored:
            return Unknown(
                (Step(f"imported as {qualified}", node), Step(f"{last} may be set here", stored[0]))
            )
    found = [_bound(other, binding, last, depth - 1) for other, binding in bindings]
    unknown = next((value for value in found if isinstance(value, Unknown)), None)
    if unknown is not None:
        return Unknown((Step(f"imported as {qualified}", node), *unknown.trace))
    known = [value for value in found if isinstance(value, Known)]
    doubt = Step(f"{qualified} has more than one value", node)
    return _agreed(known[0].written[0], known, doubt) if known else None


def _parameter(names: Names, binding: Binding, depth: int) -> Value:
    function = binding.node
    label = f"parameter {binding.name}"
    if not isinstance(function, Function):
        return Unknown((Step(label, function),))
    arguments = all_arguments(names, function, binding.name)
    if not arguments:
        return Unknown((Step(f"{label} of {function.name}(), which has no known caller here", function),))
    found = []
    for owner, argument in arguments:
        value = evaluate(owner, argument, depth - 1)
        if isinstance(value, Unknown):
            return Unknown((Step(f"{label} of {function.name}()", function), *value.trace))
        found.append(value)
    doubt = Step(f"{label} of {function.name}() has more than one value", function)
    return _agreed(found[0].written[0], found, doubt)


def _handed_in(names: Names, base: ast.Name | None, depth: int) -> tuple[Step, ...]:
    """Return the steps from a name that is a parameter to what its only caller passes, and so on."""
    binding = next(iter(names.reaching(base)), None) if base is not None and depth > 0 else None
    if base is None or binding is None or not isinstance(binding.node, Function):
        return ()
    if binding.kind is not BindingKind.PARAMETER:
        return ()
    step = Step(f"{base.id} is a parameter of {binding.node.name}()", binding.node)
    arguments = all_arguments(names, binding.node, binding.name) or ()
    if len(arguments) != 1:
        return (step,)
    owner, argument = arguments[0]
    further = _handed_in(owner, base_name(argument), depth - 1)
    return (step, *(further or lost(owner, argument)))


def all_arguments(
    names: Names, function: Function, parameter: str
) -> tuple[tuple[Names, ast.expr], ...] | None:
    """Return what every caller passes, with the names of its module; None where that is not certain."""
    inside = _inside_arguments(names, function, parameter)
    outside = names.outside.arguments(names, function, parameter) if names.outside is not None else ()
    if inside is None or outside is None:
        return None
    return (*((names, argument) for argument in inside), *outside)


def call_arguments(names: Names, function: Function, parameter: str) -> tuple[ast.expr, ...]:
    """Return what every caller in the module passes for a parameter; empty where that is not certain.

    It is not certain for methods, decorated functions, functions used other than by a plain call,
    and calls with ``*`` or ``**``; nor where another module calls the function too.
    """
    everywhere = all_arguments(names, function, parameter) or ()
    is_inside = all(owner is names for owner, _ in everywhere)
    return tuple(argument for _, argument in everywhere) if is_inside else ()


def _inside_arguments(names: Names, function: Function, parameter: str) -> tuple[ast.expr, ...] | None:
    if function.decorator_list or isinstance(names.parents.get(function), ast.ClassDef):
        return None
    found: list[ast.expr] = []
    for use in names.loads.get(function.name, ()):
        bindings = names.reaching(use)
        if not any(binding.node is function for binding in bindings):
            continue
        call = names.parents.get(use)
        if len(bindings) > 1 or not isinstance(call, ast.Call) or call.func is not use:
            return None
        argument = passed_argument(function, call, parameter)
        if argument is None:
            return None
        found.append(argument)
    return tuple(found)


def passed_argument(function: Function, call: ast.Call, parameter: str) -> ast.expr | None:
    """Return what one call passes for a parameter, its default included; None where that is not certain."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    spec = function.args
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    if parameter in positional:
        index = positional.index(parameter)
        if index < len(call.args):
            return call.args[index]
        from_end = index - len(positional)
        return spec.defaults[from_end] if -from_end <= len(spec.defaults) else None
    index = [a.arg for a in spec.kwonlyargs].index(parameter)
    return spec.kw_defaults[index]


def _composed(
    names: Names, node: ast.expr, parts: Iterable[ast.expr], depth: int, fold: Callable[..., object]
) -> Value:
    values: list[object] = []
    followed: list[ast.expr] = []
    for part in parts:
        value = evaluate(names, part, depth - 1)
        if isinstance(value, Unknown):
            return value
        values.append(value.value)
        followed += value.names
    try:
        result = fold(*values)
    except NotFolded:
        return Unknown((Step("an expression that is not a plain constant", node),))
    return Known(result, (node,), tuple(dict.fromkeys(followed)))


def _f_string(names: Names, node: ast.JoinedStr, depth: int) -> Value:
    if any(isinstance(v, ast.FormattedValue) and (v.format_spec or v.conversion != -1) for v in node.values):
        return Unknown((Step("an f-string with a format", node),))
    parts = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
    return _composed(names, node, parts, depth, concatenated)


def _operation(names: Names, node: ast.BinOp, depth: int) -> Value:
    if isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Tuple):
        return _composed(names, node, (node.left, *node.right.elts), depth, percent)
    return _composed(names, node, (node.left, node.right), depth, partial(operated, node.op))


def _call(names: Names, node: ast.Call, depth: int) -> Value:
    func = node.func
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        return Unknown((*lost(names, node), *_handed_in(names, base_name(node), depth)))
    if isinstance(func, ast.Attribute) and func.attr == "format":
        count, keys = len(node.args), [k.arg for k in node.keywords]
        parts = (func.value, *node.args, *(k.value for k in node.keywords))

        def fold(text: object, *values: object) -> str:
            return formatted(
                text, values[:count], {str(k): v for k, v in zip(keys, values[count:], strict=True)}
            )

        return _composed(names, node, parts, depth, fold)
    if not node.keywords and "os.path.join" in names.qualified(func):
        return _composed(names, node, node.args, depth, joined_path)
    is_plain = isinstance(func, ast.Name) and not names.reaching(func) and not node.keywords
    if is_plain and isinstance(func, ast.Name) and func.id in ("str", "int") and len(node.args) == 1:
        return _composed(names, node, node.args, depth, partial(converted, func.id))
    return Unknown((*lost(names, node), *_handed_in(names, base_name(node), depth)))


def _choice(names: Names, node: ast.IfExp, depth: int) -> Value:
    found = []
    for part in (node.body, node.orelse):
        value = evaluate(names, part, depth - 1)
        if isinstance(value, Unknown):
            return value
        found.append(value)
    return _agreed(node, found, Step("a choice made at run time", node))


_COMPOSED: tuple[tuple[type[ast.expr], Callable[..., Value]], ...] = (
    (ast.JoinedStr, _f_string),
    (ast.BinOp, _operation),
    (ast.Call, _call),
    (ast.IfExp, _choice),
)

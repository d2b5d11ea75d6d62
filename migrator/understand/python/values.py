"""What an expression is known to be, or the steps to where that was lost."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.understand.python.flows import all_arguments
from migrator.understand.python.folding import Known, fold
from migrator.understand.python.names import Names
from migrator.understand.python.objects import Objects
from migrator.understand.python.reflection import PAPERMILL, SHELL
from migrator.understand.python.scopes import Binding, BindingKind, Function

_DEPTH = 40
_ENVIRONMENT = "the environment"
_UNTOLD = {
    BindingKind.OPEN_FILE: "bound by a with statement",
    BindingKind.ANYTHING: "what runs here may set it",
    BindingKind.CODE: "what runs here may set it",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trace: what was looked at, and where (a node of the tree)."""

    text: str
    node: ast.AST


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that depends on something outside of the text; ``trace`` leads to where it was lost."""

    trace: tuple[Step, ...]


def evaluate(names: Names, node: ast.expr) -> Known | Unknown:
    """Return what ``node``, an expression of the module behind ``names``, is known to be."""
    objects = names.outside.objects(names)
    found = fold(objects, names, node)
    return found if isinstance(found, Known) else Unknown(_Trace(objects).of(names, node, _DEPTH))


def known_text(names: Names, node: object) -> str | None:
    """Return the text that an expression is known to be; None for any other, and for what is none."""
    value = evaluate(names, node) if isinstance(node, ast.expr) else None
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


class _Trace:
    """The way to the first part of an expression that is not known."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def of(self, names: Names, node: ast.expr, depth: int = _DEPTH) -> tuple[Step, ...]:
        """Return the steps from an expression; none if it is known."""
        found = fold(self._objects, names, node)
        if isinstance(found, Known):
            return ()
        if not depth:
            return (Step("too many steps to follow", node),)
        if isinstance(node, ast.Name):
            return self._of_name(names, node, depth - 1)
        for one in names.qualified(node) if isinstance(node, ast.Attribute) else ():
            if names.outside.imported(names, one):
                return self._imported(names, one, Step(f"imported as {one}", node), depth - 1)
        is_choice = isinstance(node, ast.IfExp)
        text = "a choice made at run time" if is_choice else _label(names, node)
        step = Step("an expression that is not a plain constant" if text == "…" else text, node)
        is_put_together = is_choice or isinstance(node, ast.JoinedStr | ast.BinOp)
        base = None if text == _ENVIRONMENT else base_name(node)
        parts = [found.operand] if found.operand is not None else []
        parts += [(names, each) for each in (node.body, node.orelse)] if isinstance(node, ast.IfExp) else []
        is_object = base is not None and not isinstance(names.parents[base], ast.Call)
        parts += [(names, base)] if base is not None and is_object and not names.qualified(base) else []
        for part in parts:
            if steps := self.of(*part, depth - 1):
                return steps if is_put_together else (step, *steps)
        return (step,)

    def _of_name(self, names: Names, node: ast.Name, depth: int) -> tuple[Step, ...]:
        bindings = names.reaching(node)
        if not bindings:
            return (Step(f"{node.id} is not bound in this file", node),)
        is_one = len(bindings) == 1
        text = "too many steps to follow" if is_one else f"{node.id} has more than one value"
        return self._bindings(names, node.id, bindings, depth) or (Step(text, bindings[0].node),)

    def _bindings(self, names: Names, name: str, bindings: Iterable[Binding], depth: int) -> tuple[Step, ...]:
        """Return the steps to what one of the bindings of a name, or a store from elsewhere, leaves open."""
        for binding in bindings:
            rebinds = self._objects.rebinds(names, name) if binding.scope is names.module else ()
            stored = tuple(Step(f"{name} may be set here", each) for each in rebinds[:1])
            if steps := stored or self._bound(names, binding, name, depth):
                return (Step(name, binding.node), *steps)
        return ()

    def _bound(self, names: Names, binding: Binding, name: str, depth: int) -> tuple[Step, ...]:
        if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None:
            return self.of(names, binding.value, depth)
        if binding.kind is BindingKind.PARAMETER:
            return self._parameter(names, binding, depth)
        if binding.kind is BindingKind.IMPORT:
            step = Step(f"imported as {binding.qualified}", binding.node)
            return self._imported(names, binding.qualified, step, depth)
        if binding.kind is BindingKind.STAR:
            step = Step(f"{name} may come from {binding.qualified}", binding.node)
            return self._imported(names, f"{binding.qualified}.{name}", step, depth)
        is_parameter = binding.name.startswith(PAPERMILL)
        label = "may be set by papermill: the cell is tagged parameters" if is_parameter else ""
        return (Step(label or _UNTOLD.get(binding.kind, "not a constant"), binding.node),)

    def _imported(self, names: Names, qualified: str, step: Step, depth: int) -> tuple[Step, ...]:
        name, found = qualified.rpartition(".")[2], names.outside.imported(names, qualified)
        for other, binding in found if depth else ():
            if steps := self._bindings(other, name, (binding,), depth - 1):
                return (step, *steps)
        return (step,) if len(found) != 1 else ()

    def _parameter(self, names: Names, binding: Binding, depth: int) -> tuple[Step, ...]:
        function = binding.node
        if not isinstance(function, Function):
            return (Step(f"parameter {binding.name}", function),)
        label = f"parameter {binding.name} of {function.name}()"
        arguments = all_arguments(names, function, binding.name)
        if not arguments:
            return (Step(f"{label}, which has no known caller here", function),)
        for owner, argument in arguments:
            if steps := self.of(owner, argument, depth):
                return (Step(label, function), *steps)
        return (Step(f"{label} has more than one value", function),) if len(arguments) > 1 else ()


def base_name(node: ast.expr) -> ast.Name | None:
    """Return the name that attributes, items and calls are asked of, ``cfg`` in ``cfg.get('x')[0]``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node if isinstance(node, ast.Name) else None


def _label(names: Names, node: ast.expr) -> str:
    """Name an expression without quoting any value that stands in it."""
    func = node.func if isinstance(node, ast.Call) else node
    inner = func.value if isinstance(func, ast.Subscript) else func
    if any(name.startswith(("os.environ", "os.getenv")) for name in names.qualified(inner)):
        return _ENVIRONMENT
    match node:
        case ast.Call(func=ast.Name(id=name)) if name == SHELL:
            return "a shell command or magic"
        case ast.Call(func=func):
            return f"{_label(names, func)}(…)"
        case ast.Subscript(value=value, slice=ast.Constant(value=str() | int() as key)):
            return f"{_label(names, value)}[{key!r}]"
        case ast.Subscript(value=value):
            return f"{_label(names, value)}[…]"
        case ast.Attribute(value=value, attr=attr):
            return f"{_label(names, value)}.{attr}"
        case ast.Name(id=name):
            return name
        case _:
            return "…"

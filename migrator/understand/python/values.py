"""What an expression is known to be, or the steps to where it was lost, told without quoting any value."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from migrator.understand.python.arguments import all_arguments
from migrator.understand.python.folding import Known, fold
from migrator.understand.python.names import Names
from migrator.understand.python.objects import Objects
from migrator.understand.python.reflection import SHELL
from migrator.understand.python.scopes import Binding, BindingKind, Function

_DEPTH = 40
_UNTOLD = {
    BindingKind.OPEN_FILE: "bound by a with statement",
    BindingKind.ANYTHING: "what runs here may set it",
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
    if isinstance(node, ast.Constant):
        return Known(node.value, (node,), (), node)
    objects = names.outside.objects(names) if names.outside is not None else Objects((names,))
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

    def of(self, names: Names, node: ast.expr, depth: int) -> tuple[Step, ...]:
        """Return the steps from an expression; none if it is known."""
        found = fold(self._objects, names, node)
        if isinstance(found, Known):
            return ()
        if not depth:
            return (Step("too many steps to follow", node),)
        if isinstance(node, ast.Name):
            return self._of_name(names, node, depth - 1)
        for qualified in names.qualified(node) if isinstance(node, ast.Attribute) else ():
            if steps := self._imported(names, qualified, node, depth - 1):
                return steps
        parts = [(names, each) for each in (node.body, node.orelse)] if isinstance(node, ast.IfExp) else []
        for owner, part in [found.operand] if found.operand is not None else parts:
            if steps := self.of(owner, part, depth - 1):
                is_own = node in self._objects.values(names, node) or parts
                return steps if is_own else (*_lost(names, node)[:1], *steps)
        if parts:
            return (Step("a choice made at run time", node),)
        if isinstance(node, ast.JoinedStr | ast.BinOp):
            return (Step("an expression that is not a plain constant", node),)
        return (*_lost(names, node), *self._handed_in(names, base_name(node), depth - 1))

    def _of_name(self, names: Names, node: ast.Name, depth: int) -> tuple[Step, ...]:
        bindings = names.reaching(node)
        if not bindings:
            return (Step(f"{node.id} is not bound in this file", node),)
        if any(binding.scope is names.module for binding in bindings):
            for stored in self._objects.rebinds(names, node.id):
                return (Step(node.id, node), Step(f"{node.id} may be set here", stored))
        for binding in bindings:
            if steps := self._bound(names, binding, node.id, depth):
                return (Step(node.id, binding.node), *steps)
        return (Step(f"{node.id} has more than one value", bindings[0].node),)

    def _bound(self, names: Names, binding: Binding, name: str, depth: int) -> tuple[Step, ...]:
        if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None:
            return self.of(names, binding.value, depth)
        if binding.kind is BindingKind.PARAMETER:
            return self._parameter(names, binding, depth)
        if binding.kind in (BindingKind.IMPORT, BindingKind.STAR):
            is_star = binding.kind is BindingKind.STAR
            qualified = f"{binding.qualified}.{name}" if is_star else binding.qualified
            label = f"{name} may come from {binding.qualified}" if is_star else f"imported as {qualified}"
            found = self._imported(names, qualified, binding.node, depth)
            return (Step(label, binding.node),) if found is None else found
        return (Step(_UNTOLD.get(binding.kind, "not a constant"), binding.node),)

    def _imported(self, names: Names, qualified: str, node: ast.AST, depth: int) -> tuple[Step, ...] | None:
        """Return the steps from an imported name; None if its module was not read."""
        last = qualified.rpartition(".")[2]
        bindings = names.outside.imported(names, qualified) if names.outside is not None else ()
        for other, binding in bindings if depth else ():
            steps = tuple(
                Step(f"{last} may be set here", each) for each in self._objects.rebinds(other, last)
            )
            if steps := steps[:1] or self._bound(other, binding, last, depth - 1):
                return (Step(f"imported as {qualified}", node), *steps)
        is_several = len(bindings) > 1
        return (Step(f"{qualified} has more than one value", node),) * is_several if bindings else None

    def _parameter(self, names: Names, binding: Binding, depth: int) -> tuple[Step, ...]:
        function = binding.node
        label = f"parameter {binding.name}"
        if not isinstance(function, Function):
            return (Step(label, function),)
        label = f"{label} of {function.name}()"
        arguments = all_arguments(names, function, binding.name)
        if not arguments:
            return (Step(f"{label}, which has no known caller here", function),)
        for owner, argument in arguments:
            if steps := self.of(owner, argument, depth):
                return (Step(label, function), *steps)
        found = [fold(self._objects, *each) for each in arguments]
        is_one = len({repr(each.value) for each in found if isinstance(each, Known)}) == 1
        return () if is_one else (Step(f"{label} has more than one value", function),)

    def _handed_in(self, names: Names, base: ast.Name | None, depth: int) -> tuple[Step, ...]:
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
        further = self._handed_in(owner, base_name(argument), depth - 1)
        return (step, *(further or _lost(owner, argument)))


def _lost(names: Names, node: ast.expr) -> tuple[Step, ...]:
    """Return what an expression that is not a constant asks, and what its name was bound to."""
    step = Step(_label(names, node), node)
    base = base_name(node)
    if base is None or step.text.startswith("the environment"):
        return (step,)
    bindings = [b for b in names.reaching(base) if b.kind is not BindingKind.IMPORT]
    if not bindings or bindings[0].value is None or bindings[0].value is node:
        return (step,)
    return (step, Step(f"{base.id} = {_label(names, bindings[0].value)}", bindings[0].node))


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
        return "the environment"
    match node:
        case ast.Call(func=ast.Name(id=name)) if name == SHELL:
            return "a shell command or magic"
        case ast.Call():
            return f"{_dotted(func)}(…)"
        case ast.Subscript(slice=ast.Constant(value=str() | int() as key)):
            return f"{_dotted(node.value)}[{key!r}]"
        case ast.Attribute() | ast.Name():
            return _dotted(node)
        case _:
            return f"an expression ({type(node).__name__})"


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr}"
        case ast.Name(id=name):
            return name
        case ast.Subscript(value=value):
            return f"{_dotted(value)}[…]"
        case ast.Call(func=func):
            return f"{_dotted(func)}(…)"
        case _:
            return "…"

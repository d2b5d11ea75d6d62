"""The steps from an expression to where its value was lost, told without quoting any value."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from migrator.understand.python.names import Names
from migrator.understand.python.reflection import SHELL
from migrator.understand.python.scopes import BindingKind


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trace: what was looked at, and where (a node of the tree)."""

    text: str
    node: ast.AST


def lost(names: Names, node: ast.expr) -> tuple[Step, ...]:
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
    qualified = names.qualified(inner)
    if any(name.startswith(("os.environ", "os.getenv")) for name in qualified):
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

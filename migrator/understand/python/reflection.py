"""Code that may bind names without spelling a binding: ``exec``, ``globals()``, IPython's magics."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from migrator.understand.python.scopes import CALLED, Binding, BindingKind, Branch, Function, Use, Walked
from migrator.understand.texts import may_bind

SHELL = "get_ipython"
"""The function that IPython puts in place of ``!command`` and ``%magic``."""
PAPERMILL = "%papermill"
"""Stands, as a magic with the names that it may bind, for the cell that papermill may add."""

_RUNNERS = ("exec", "eval", "execfile")
_BUILTINS = ("builtins", "__builtin__")
NAMESPACES = ("globals", "locals", "vars")
_REACHING = (*_RUNNERS, *NAMESPACES, "__dict__", "__import__")
# Namespaces of functions, frames and of IPython: https://docs.python.org/3/reference/datamodel.html
_INNARDS = ("__globals__", "f_globals", "f_locals", "user_ns", "user_global_ns")
_OWN_MODULE = ("sys.modules[__name__]", "sys.modules['__main__']")
_READERS = ("get", "keys", "items", "values", "copy", "__contains__", "__getitem__")
_COPIES = ("dict", "len", "list", "set", "sorted", "str", "repr", "print")


def open_bindings(walked: Walked, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Binding]:
    """Yield a binding of CODE, or of ANYTHING, for each place that may bind names of the module."""
    for call in walked.calls:
        text = changed_by(call)
        if text is not None:
            kind = BindingKind.ANYTHING if text.startswith(PAPERMILL) else BindingKind.CODE
            yield _open(walked, kind, call, text, walked.uses[call])
    for word in (*_RUNNERS, *NAMESPACES):
        for name in walked.loads.get(word, ()):
            yield from _reflected(walked, parents, name)
    yield from _of_builtins(walked, parents)
    for node in walked.uses:
        is_module = isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "modules"
        is_own = is_module and ast.unparse(node) in _OWN_MODULE
        is_handed_on = is_own and not isinstance(parents.get(node), ast.Attribute)
        if is_handed_on or (isinstance(node, ast.Attribute) and node.attr in _INNARDS):
            yield _open(walked, BindingKind.ANYTHING, node)
        elif isinstance(node, ast.Constant) and node.value in _BUILTINS:
            yield _open(walked, BindingKind.CODE, node)


def _of_builtins(walked: Walked, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Binding]:
    """Yield what may be run where the built-ins, or what runs code of them, go by another name."""
    found = {"__builtins__": ""}
    for binding in (each for made in walked.bound_by.values() for each in made):
        package, _, name = binding.qualified.partition(".")
        found |= {binding.name: name} if package in _BUILTINS else {}
    for local, name in found.items():
        for load in walked.loads.get(local, ()):
            around = parents[load]
            asked = around.args[1:2] if isinstance(around, ast.Call) else []
            told = [each.value for each in asked if isinstance(each, ast.Constant)]
            word = name or getattr(around, "attr", None) or (told or ["exec"])[0]
            yield from [_open(walked, BindingKind.CODE, load)] if word in _REACHING else []


def changed_by(call: ast.Call) -> str | None:
    """Return the text whose names a call may bind and set: blank if it may be any, None if it is none."""
    func = call.func
    texts = [a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else None for a in call.args]
    name = func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
    if name in _RUNNERS and isinstance(func, ast.Name):
        is_apart = len(call.args) > 1 and isinstance(call.args[1], ast.Dict)
        return None if is_apart or not texts else "" if name == "execfile" else texts[0] or ""
    if name == SHELL and texts:
        return may_bind(texts[0] or "%run")
    if name in ("run_line_magic", "run_cell_magic"):
        mark = "%" if name == "run_line_magic" else "%%"
        return may_bind(mark + " ".join(map(str, texts))) if all(texts) else ""
    is_of_shell = isinstance(func, ast.Attribute) and is_shell(func.value)
    if is_of_shell and name == "magic":
        return may_bind(f"%{texts[0]}") if all(texts) else ""
    return "" if name == "run_cell" or (is_of_shell and name in ("ex", "push", "run_code")) else None


def is_shell(node: ast.expr) -> bool:
    """Tell whether an expression is a call of IPython's shell, as stands for lines of its own."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == SHELL


def _reflected(walked: Walked, parents: Mapping[ast.AST, ast.AST], name: ast.Name) -> Iterator[Binding]:
    """Yield what a use of ``globals`` and its like may bind; at any time, where it is only handed on."""
    if name.id in walked.module.bindings:
        return
    call = parents.get(name)
    if not isinstance(call, ast.Call) or call.func is not name:
        yield _open(walked, BindingKind.CODE if name.id in _RUNNERS else BindingKind.ANYTHING, name)
    elif is_namespace(call, walked.uses[name]):
        text = written_by(call, parents)
        if text is not None:
            at = walked.uses[call] if isinstance(parents.get(parents[call]), ast.Call) or text else None
            yield _open(walked, BindingKind.ANYTHING, call, text, at)


def is_namespace(call: ast.AST | None, use: Use) -> bool:
    """Tell whether a call gives the names of the module, as ``globals()`` does."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        return False
    is_inside = isinstance(use.scope.node, Function | ast.Lambda)
    return call.func.id == "globals" or (call.func.id in NAMESPACES and not is_inside)


def written_by(namespace: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> str | None:
    """Return the name that is set in what ``namespace`` gives: blank if it may be any, None if it is read."""
    around = parents.get(namespace)
    match around:
        case ast.Subscript(slice=ast.Constant(value=str() as key), ctx=context):
            return None if isinstance(context, ast.Load) else key
        case ast.Subscript(ctx=ast.Load()) | ast.Compare() | ast.keyword(arg=None) | ast.FormattedValue():
            return None
        case ast.Attribute(attr=name) if name in _READERS:
            return None
        case ast.Call(func=ast.Name(id=name)) if name in _COPIES:
            return None
        case _:
            return ""


def _open(
    walked: Walked, kind: BindingKind, node: ast.expr, text: str = "", use: Use | None = None
) -> Binding:
    """Return a binding that happens at ``use``, or where that is None at any time."""
    branch: Branch = ((id(walked.module.node), CALLED),)
    is_at_top = use is not None and use.scope is walked.module
    order, branch = (use.order, use.branch) if use is not None and is_at_top else (0, branch)
    return Binding(text, kind, node, walked.module, order, branch)

"""Which file or folder an expression names, from the folders that are known when nothing runs."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from migrator.discover import resolved
from migrator.understand.python.module import PythonModule
from migrator.understand.python.names import Names
from migrator.understand.python.values import known_text

_METHODS = {"absolute", "as_posix", "joinpath", "resolve", "with_name"}
_SAME = {"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath", "str", "open", "io.open"}
_SAME |= {"absolute", "as_posix", "resolve"}
_UP = {"os.path.dirname", "with_name"}
_JOINS = {"os.path.join", "pathlib.Path", "pathlib.PurePath", "joinpath", "with_name"}
_DEPTH = 12


def named_path(module: PythonModule, node: ast.expr, depth: int = _DEPTH) -> str | None:
    """Return what ``node`` names, relative to the root; None where that is not known.

    The code's own folder is taken for the working directory, as Jupyter does.
    """
    folder = posixpath.dirname(module.text.path)
    text = known_text(module.names, node)
    if text is not None or not depth:
        return resolved(folder, text) if text is not None else None
    match node:
        case ast.Name(id="__file__"):
            return module.text.path
        case ast.Name():
            bindings = module.names.reaching(node)
            value = bindings[0].value if len(bindings) == 1 else None
            return named_path(module, value, depth - 1) if value is not None else None
        case ast.Attribute(value=value, attr="parent"):
            return _joined(module, value, [ast.Constant("..")], depth)
        case ast.Attribute(value=value, attr="name"):
            return named_path(module, value, depth - 1)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _joined(module, left, [right], depth)
        case ast.Call():
            return _called(module, node, depth)
        case _:
            return None


def _called(module: PythonModule, call: ast.Call, depth: int) -> str | None:
    called = {*module.names.qualified(call.func), ast.unparse(call.func)}
    given = call.args
    if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
        called, given = {call.func.attr}, [call.func.value, *call.args]
    if called & {"os.getcwd", "pathlib.Path.cwd"}:
        return posixpath.dirname(module.text.path)
    if not given or not called & (_SAME | _UP | _JOINS):
        return None
    up = [ast.Constant("..")] if called & _UP else []
    return _joined(module, given[0], [*up, *(given[1:] if called & _JOINS else [])], depth)


def _joined(module: PythonModule, first: ast.expr, rest: list[ast.expr], depth: int) -> str | None:
    path = named_path(module, first, depth - 1)
    for part in rest:
        text = part.value if isinstance(part, ast.Constant) else known_text(module.names, part)
        path = resolved(path, text) if path is not None and isinstance(text, str) else None
    return path


def parts_behind(names: Names, *nodes: ast.expr) -> Iterator[ast.AST]:
    """Yield the parts of expressions, and of what the names in them stand for."""
    waiting = [*nodes]
    for part in (part for node in waiting for part in ast.walk(node)):
        values = [each.value for each in names.reaching(part)] if isinstance(part, ast.Name) else []
        waiting += [value for value in values if value is not None and value not in waiting]
        yield part

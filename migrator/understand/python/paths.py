"""Which file or folder an expression names, from the folders that are known when nothing runs."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from migrator.discover import resolved
from migrator.understand.python.names import Names
from migrator.understand.python.values import known_text

_METHODS = {"absolute", "as_posix", "joinpath", "resolve", "with_name"}
_SAME = {"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath", "str", "open", "io.open"}
_SAME |= {"absolute", "as_posix", "resolve"}
_UP = {"os.path.dirname", "with_name"}
_JOINS = {"os.path.join", "pathlib.Path", "pathlib.PurePath", "joinpath", "with_name"}
_DEPTH = 12


def named_path(names: Names, node: ast.expr, depth: int = _DEPTH) -> str | None:
    """Return what ``node`` names, relative to the root; None where that is not known.

    The code's own folder is taken for the working directory, as Jupyter does.
    """
    text = known_text(names, node)
    if text is not None or not depth:
        return resolved(posixpath.dirname(names.text.path), text) if text is not None else None
    if isinstance(node, ast.Name) and node.id == "__file__":
        return names.text.path
    first, *rest = _joined(names, node)
    path = named_path(names, first, depth - 1) if first is not node else None
    for text in (known_text(names, part) for part in rest):
        path = resolved(path, text) if path is not None and text is not None else None
    return path


def _joined(names: Names, node: ast.expr) -> list[ast.expr]:
    """Return the parts of the path that ``node`` names; itself if it is not put together."""
    match node:
        case ast.Name() if len(bindings := names.reaching(node)) == 1 and bindings[0].value is not None:
            return [bindings[0].value]
        case ast.Attribute(value=value, attr="parent" | "name" as attr):
            return [value, *[ast.Constant("..")] * (attr == "parent")]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return [left, right]
        case ast.Call(func=func, args=given):
            called = {*names.qualified(func), ast.unparse(func)}
            if isinstance(func, ast.Attribute) and func.attr in _METHODS:
                called, given = {func.attr}, [func.value, *given]
            if called & {"os.getcwd", "pathlib.Path.cwd"}:
                return [ast.Constant(".")]
            if given and called & (_SAME | _UP | _JOINS):
                up = [ast.Constant("..")] * bool(called & _UP)
                return [given[0], *up, *given[1:] * bool(called & _JOINS)]
        case _:
            pass
    return [node]


def parts_behind(names: Names, *nodes: ast.expr) -> Iterator[ast.AST]:
    """Yield the parts of expressions, and of what the names in them stand for."""
    waiting = [*nodes]
    for part in (part for node in waiting for part in ast.walk(node)):
        values = [each.value for each in names.reaching(part)] if isinstance(part, ast.Name) else []
        waiting += [value for value in values if value is not None and value not in waiting]
        yield part

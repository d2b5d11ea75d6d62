"""IPython's lines and cells in the tree of a text: calls of ``get_ipython`` with what stands there."""

from __future__ import annotations

import ast
import bisect

from migrator.understand.python.reflection import SHELL
from migrator.understand.texts import IN_NAMESPACE, Notebook, Text, may_bind


def unmask(text: Text, tree: ast.Module) -> None:
    """Put calls in place of masked lines, and of cells that are no Python: what they do is not seen.

    The body of a cell such as ``%%timeit`` becomes a function's: what it binds is lost.
    """
    if text.masked == text.text:
        return
    for node in ast.walk(tree):
        is_masked = isinstance(node, ast.Assign | ast.Expr) and isinstance(node.value, ast.Constant)
        if is_masked and isinstance(node, ast.Assign | ast.Expr):
            start = text.offset(node.value.lineno, node.value.col_offset)
            if text.text[start] in "!%" and (isinstance(node, ast.Assign) or text.text[start] == "%"):
                line = text.text[start:].splitlines()[0]
                node.value = _shell(line if isinstance(node, ast.Expr) else "", node.value)
    if isinstance(text, Notebook):
        tree.body = _with_cells(text, tree.body)


def _with_cells(notebook: Notebook, body: list[ast.stmt]) -> list[ast.stmt]:
    unparsed = {one.cell for one in notebook.unparsed}
    found: list[ast.stmt] = []
    waiting = list(reversed(body))
    for cell in notebook.cells:
        inside: list[ast.stmt] = []
        while waiting and notebook.offset(waiting[-1].lineno, 0) <= cell.end:
            inside.append(waiting.pop())
        if cell.magic is None and cell.index not in unparsed:
            found += inside
            continue
        line = bisect.bisect_right(notebook.line_starts, cell.start)
        if inside and not (cell.magic and cell.magic.name in IN_NAMESPACE):
            function = ast.parse("def _(): pass").body[0]
            assert isinstance(function, ast.FunctionDef)  # noqa: S101 - as it is spelled
            function.name, function.body = f"%%{cell.magic.name if cell.magic else None}", inside
            inside = [ast.copy_location(function, inside[0])]
        found += inside
        text = cell.text
        if may_bind(text) is not None:
            at = ast.Constant(text, lineno=line, col_offset=0, end_lineno=line, end_col_offset=0)
            found.append(ast.copy_location(ast.Expr(_shell(text, at)), at))
    return [*found, *reversed(waiting)]


def _shell(text: str, at: ast.expr) -> ast.Call:
    func = ast.copy_location(ast.Name(SHELL, ast.Load()), at)
    arguments: list[ast.expr] = [ast.copy_location(ast.Constant(text), at)] if text else []
    return ast.copy_location(ast.Call(func, arguments, []), at)

"""Where a text that starts to read the environment gets its ``import os``."""

from __future__ import annotations

import ast
import sys

from codemods.model_imports import add_import_os
from codemods.syntax.source import NotRewritable
from migrator.rewrite.indentation import indent_at
from migrator.understand.python import BindingKind, PythonModule

Import = ast.Import | ast.ImportFrom


def is_os_bound(module: PythonModule, at: ast.expr) -> bool:
    """Tell whether ``os`` is the module at ``at``. Raises NotRewritable where it is something else."""
    names = module.names
    bindings = names.reaching_at("os", names.use_of(at))
    if all(binding.kind is BindingKind.IMPORT and binding.qualified == "os" for binding in bindings):
        branch = names.use_of(at).branch
        return any(binding.branch == branch[: len(binding.branch)] for binding in bindings)
    raise NotRewritable("the name os means something else here")


def with_os_import(
    module: PythonModule, at: ast.expr, statements: dict[ast.stmt, str]
) -> tuple[int, int, str]:
    """Return the span to replace (code points) and its new text, so that ``os`` is bound before ``at``.

    ``statements`` holds new sources of imports that change for other reasons; they are built upon.
    """
    anchor = _anchor(module, module.span(at)[0])
    text = module.text
    if anchor is None:
        offset = _start(module, _first_statement(module, at))
        return offset, offset, f"import os{text.newline_at(offset)}"
    start, end = module.span(anchor)
    source = statements.get(anchor, text.text[start:end])
    return start, end, add_import_os(source, text.newline_at(start), indent_at(text.text, start))


def _start(module: PythonModule, node: ast.stmt) -> int:
    """Return where a statement begins, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return module.text.offset(decorators[0].lineno, node.col_offset) if decorators else module.span(node)[0]


def _anchor(module: PythonModule, before: int) -> Import | None:
    """Return the import of the text's first block of imports beside which ``import os`` reads best."""
    block: list[Import] = []
    for node in module.names.tree.body:
        is_near = not block or node.lineno - (block[-1].end_lineno or 0) <= 1
        if block and not (isinstance(node, Import) and is_near):
            break
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if isinstance(node, Import) and not is_future and module.span(node)[0] < before:
            block.append(node)
    plain = [node for node in block if isinstance(node, ast.Import)]
    earlier = [node for node in plain if node.names[0].name < "os" and _is_standard(node)]
    return (earlier[-1:] or block[:1] or [None])[0]


def _is_standard(node: ast.Import) -> bool:
    return node.names[0].name.partition(".")[0] in sys.stdlib_module_names


def _first_statement(module: PythonModule, at: ast.expr) -> ast.stmt:
    """Return the first statement of the cell, or script, of ``at`` that an import may stand before."""
    cell = module.place(at).cell
    for node in module.names.tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if module.place(node).cell == cell and not is_text and not is_future:
            return node
    raise NotRewritable("there is no place for import os")

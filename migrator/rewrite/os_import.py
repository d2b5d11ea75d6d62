"""Where a text that starts to read the environment gets its ``import os``."""

from __future__ import annotations

import ast
import sys

from codemods.syntax.source import NotRewritable
from migrator.understand.python import BindingKind, PythonModule, bound, is_shell, scope_of

Import = ast.Import | ast.ImportFrom


def is_os_bound(module: PythonModule, at: ast.expr) -> bool:
    """Tell whether ``os`` surely is the module at ``at``; if not, an import at the top makes it so.

    Raises NotRewritable where it is, or may be, something else.
    """
    names, use = module.names, module.names.uses[at]
    reaching = names.reaching_at("os", use)
    if any(one.kind is not BindingKind.IMPORT or one.qualified != "os" for one in reaching):
        raise NotRewritable("the name os means something else here")
    if bound(names, "os", at):
        return True
    if scope_of("os", use) not in (None, names.module):
        raise NotRewritable("the name os is bound later, or not always, where it would be used")
    return False


def place_import_os(module: PythonModule, at: ast.expr) -> tuple[int, str]:
    """Return where ``import os`` goes (code points), and with which line end, so that it is bound at ``at``.

    Raises NotRewritable where there is no place for it.
    """
    block = _imports_before(module, module.span(at)[0])
    plain = ((node, node.names[0].name) for node in block if isinstance(node, ast.Import))
    standard = sys.stdlib_module_names
    earlier = [node for node, name in plain if name < "os" and name.partition(".")[0] in standard]
    if earlier:
        start, end = module.span(earlier[-1])
        return end, f"{module.text.newline_at(start)}import os"
    node = block[0] if block else _first_statement(module, at)
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    offset = module.span(node)[0]
    if decorators:
        offset = module.text.offset(decorators[0].lineno, node.col_offset)
    return offset, f"import os{module.text.newline_at(offset)}"


def _imports_before(module: PythonModule, before: int) -> list[Import]:
    """Return the text's first block of imports."""
    block: list[Import] = []
    for node in module.names.tree.body:
        is_near = not block or node.lineno - (block[-1].end_lineno or 0) <= 1
        if block and not (isinstance(node, Import) and is_near):
            break
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if isinstance(node, Import) and not is_future and module.span(node)[0] < before:
            block.append(node)
    return block


def _first_statement(module: PythonModule, at: ast.expr) -> ast.stmt:
    """Return the first statement of the cell, or script, of ``at`` that an import may stand before."""
    cell = module.place(at).cell
    for node in module.names.tree.body:
        is_text = isinstance(node, ast.Expr) and (
            isinstance(node.value, ast.Constant) or is_shell(node.value)
        )
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if module.place(node).cell == cell and not is_text and not is_future:
            return node
    raise NotRewritable("there is no place for import os")

"""How an author indents: of one line, and in general."""

from __future__ import annotations

import ast
import re

from migrator.understand.python import PythonModule

_DEFAULT = "    "
_INDENT = re.compile(r"[ \t]*")


def indent_at(text: str, offset: int) -> str:
    """Return the white space that begins the line of ``offset`` (code points, 0-based)."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    match = _INDENT.match(text, start)
    return match[0] if match else ""


def indent_unit(module: PythonModule) -> str:
    """Return one step of the module's indentation: that of its first indented block, else four spaces."""
    text = module.text.text
    for node in ast.walk(module.names.tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt) and isinstance(body, list) and body[0].lineno > node.lineno:
            outer = indent_at(text, module.span(node)[0])
            inner = indent_at(text, module.span(body[0])[0])
            if inner.startswith(outer) and len(inner) > len(outer):
                return inner[len(outer) :]
    return _DEFAULT

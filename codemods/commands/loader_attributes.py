"""The command ``loader_attributes.LoaderAttributes``."""

from __future__ import annotations

import ast

import libcst as cst
from libcst.codemod import CodemodCommand

from codemods.loader_attributes import ATTRIBUTES, Method, add_attributes, understand_method
from codemods.syntax.edits import apply


class LoaderAttributes(CodemodCommand):
    """Gives the attributes to each method of a class that turns a JSON file into attributes."""

    DESCRIPTION = "Give a class that reads configuration.json the attributes of a container registry."

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the module with the attributes in its loaders."""
        source = tree.code
        lines = source.split("\n")

        def offset(line: int, column: int) -> int:
            before = sum(len(each) + 1 for each in lines[: line - 1])
            return before + len(lines[line - 1].encode()[:column].decode())

        classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
        methods = [each for node in classes for each in node.body if isinstance(each, Method)]
        shapes = (understand_method(source, method, offset, _reads_json) for method in methods)
        edits = [add_attributes(shape, tuple(ATTRIBUTES), tree.default_newline) for shape in shapes if shape]
        return cst.parse_module(apply(edits, source))


def _reads_json(call: ast.Call) -> bool:
    return ast.unparse(call.func) in ("json.load", "json.loads")

"""The command ``loader_attributes.LoaderAttributes``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from codemods.commands.bindings import Replacement
from codemods.loader_attributes import with_attributes
from codemods.loader_names import ATTRIBUTES
from codemods.syntax.source import NotRewritable


class LoaderAttributes(CodemodCommand):
    """Gives the attributes to each class with a method that turns a JSON file into attributes."""

    DESCRIPTION = "Give a class that reads configuration.json the attributes of a container registry."

    def __init__(self, context: CodemodContext, attributes: Sequence[str] = tuple(ATTRIBUTES)) -> None:
        super().__init__(context)
        self.attributes = attributes

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options of the command."""
        arg_parser.add_argument(
            "--attributes",
            nargs="+",
            choices=tuple(ATTRIBUTES),
            default=tuple(ATTRIBUTES),
            help="the attributes that are added where they lack (all)",
        )

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the module with the attributes in its loaders."""
        finder = _Methods()
        tree.visit(finder)
        replaced: dict[cst.CSTNode, cst.CSTNode] = {}
        for method, body in finder.methods:
            unit = body.indent or tree.default_indent
            try:
                replaced[method] = with_attributes(method, self.attributes, unit, tree.default_newline)
            except NotRewritable:
                continue
        return tree.visit(Replacement(replaced))


class _Methods(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.methods: list[tuple[cst.FunctionDef, cst.IndentedBlock]] = []

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        for statement in node.body.body:
            if isinstance(statement, cst.FunctionDef) and isinstance(statement.body, cst.IndentedBlock):
                self.methods.append((statement, statement.body))

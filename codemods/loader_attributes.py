"""Gives a class that reads configuration.json the attributes of a container registry.

Example: after ``self.location = encode(conf['location'])``, its last attribute, a loader gains::

    registry = conf.get('container_registry', {})
    self.container_registry_user = registry.get('user')
    if self.container_registry_user:
        self.container_registry_user = encode(self.container_registry_user)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import libcst as cst

from codemods.loader_names import ATTRIBUTES
from codemods.syntax.loader_shape import LoaderShape, understand_loader
from codemods.syntax.source import NotRewritable, parse_statement


def rewrite_method(function_source: str, *, missing: Sequence[str], indent: str, newline: str) -> str:
    """Return the method with the attributes ``missing``, names in ATTRIBUTES, read from its dict.

    ``function_source`` starts with ``def`` on a line indented by ``indent``; its other lines have
    their indentation. Attributes that the method sets already are left out. Each new one is None where
    the configuration lacks it. Raises NotRewritable, NotLossless.
    """
    module = parse_statement(function_source)
    function = module.body[0]
    if not isinstance(function, cst.FunctionDef):
        raise NotRewritable("it is not a method")
    try:
        body = (
            module.default_indent
            if not isinstance(function.body, cst.IndentedBlock)
            else function.body.indent
        )
        unit = (body or module.default_indent).removeprefix(indent) or "    "
        changed = with_attributes(function, missing, unit, newline)
        return module.with_changes(body=[changed]).code
    except RecursionError as error:
        raise NotRewritable("it is nested too deeply") from error


def with_attributes(
    function: cst.FunctionDef, missing: Sequence[str], unit: str, newline: str
) -> cst.FunctionDef:
    """Return the method with the attributes ``missing``; ``unit`` indents a block inside another.

    Raises NotRewritable.
    """
    shape = understand_loader(function)
    if shape is None:
        raise NotRewritable("it sets no attributes from a dict that it reads from JSON")
    for name in missing:
        if name not in ATTRIBUTES:
            raise NotRewritable(f"{name} is not an attribute of the container registry")
    wanted = [name for name in ATTRIBUTES if name in missing and name not in shape.attributes]
    source = "\n".join(_lines(shape, wanted))
    statements = [statement.visit(_Anchor(unit, newline)) for statement in cst.parse_module(source).body]
    changed = function.visit(_Insertion(shape, statements))
    return changed if isinstance(changed, cst.FunctionDef) else function


def _lines(shape: LoaderShape, wanted: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for section, names in groupby(wanted, key=lambda name: ATTRIBUTES[name][0]):
        source = shape.variable
        if section is not None and section in shape.sections:
            source = shape.sections[section]
        elif section is not None:
            source = shape.unused("registry")
            lines.append(f"{source} = {shape.variable}.get({shape.quoted(section)}, {{}})")
        for name in names:
            lines += _attribute(shape, source, name)
    return lines


def _attribute(shape: LoaderShape, source: str, name: str) -> list[str]:
    target = f"{shape.self_name}.{name}"
    lines = [f"{target} = {source}.get({shape.quoted(ATTRIBUTES[name][1])}{shape.default})"]
    if shape.wrapper is not None:
        lines += [f"if {target}:", f"    {target} = {shape.wrapper}({target})"]
    return lines


class _Anchor(cst.CSTTransformer):
    """Makes statements keep their line ends and indentation in whatever module they are put."""

    def __init__(self, unit: str, newline: str) -> None:
        super().__init__()
        self.unit = unit
        self.newline = newline

    def leave_Newline(self, original_node: cst.Newline, updated_node: cst.Newline) -> cst.Newline:
        return updated_node.with_changes(value=self.newline)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(indent=self.unit)


class _Insertion(cst.CSTTransformer):
    def __init__(self, shape: LoaderShape, statements: Sequence[object]) -> None:
        super().__init__()
        self.shape = shape
        self.statements = statements

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        if original_node is not self.shape.block:
            return updated_node
        body = updated_node.body
        index = self.shape.index
        return updated_node.with_changes(body=[*body[:index], *self.statements, *body[index:]])

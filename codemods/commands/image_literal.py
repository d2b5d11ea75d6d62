"""The command ``image_literal.ImageLiteral``."""

from __future__ import annotations

import argparse

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from codemods.commands.bindings import Bindings, Replacement
from codemods.image_literal import literal_value, with_image
from codemods.syntax.layout import equal_of
from codemods.syntax.model_calls import argument, calls_in, keyworded, model_of
from codemods.syntax.source import NotRewritable


class ImageLiteral(CodemodCommand):
    """Replaces an image where ImageSourceRegistry is given it, as a literal or by the name of a constant."""

    DESCRIPTION = "Replace an image in the container settings of Azure Batch AI jobs."

    def __init__(self, context: CodemodContext, from_image: str, to_image: str) -> None:
        super().__init__(context)
        self.from_image = from_image
        self.to_image = to_image

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options of the command."""
        arg_parser.add_argument("--from-image", required=True, help="the image that is replaced")
        arg_parser.add_argument("--to-image", required=True, help="the image that replaces it")

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the module with the images replaced."""
        bindings = Bindings.of(tree)
        replaced: dict[cst.CSTNode, cst.CSTNode] = {}
        for call in calls_in(tree):
            if model_of(call, bindings.resolve) != "ImageSourceRegistry":
                continue
            try:
                literal = _image(call, bindings)
                if literal is not None and literal_value(literal) == self.from_image:
                    replaced[literal] = with_image(literal, self.to_image)
            except NotRewritable as refusal:
                self.warn(f"an image is left as it is: {refusal.reason}")
        return tree.visit(Replacement(replaced))


def _image(call: cst.Call, bindings: Bindings) -> cst.BaseExpression | None:
    image = argument(keyworded(call, "ImageSourceRegistry", equal_of([])), "image")
    return None if image is None else bindings.constant(image)

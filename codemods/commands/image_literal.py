"""The command ``image_literal.ImageLiteral``."""

from __future__ import annotations

import argparse

import libcst as cst
from libcst.codemod import CodemodContext

from codemods.commands.container_registry import ModelCommand, Replacement
from codemods.image_literal import literal_value, with_image
from codemods.syntax.notation import calls_in, model_of, values_of
from codemods.syntax.source import NotRewritable


class ImageLiteral(ModelCommand):
    """Replaces an image where ImageSourceRegistry is given it as a literal."""

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
        calls = self.models_called(tree)
        nodes: dict[cst.CSTNode, cst.CSTNode] = {}
        for call in calls_in(tree):
            if model_of(call, calls) != "ImageSourceRegistry":
                continue
            try:
                image = values_of(call, calls).get("image")
                if image is not None and literal_value(image) == self.from_image:
                    nodes[image] = with_image(image, self.to_image)
            except NotRewritable as refusal:
                self.warn(f"an image is left as it is: {refusal.reason}")
        return tree.visit(Replacement(nodes))

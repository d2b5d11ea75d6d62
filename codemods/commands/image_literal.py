"""The command ``image_literal.ImageLiteral``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import libcst as cst
from libcst.codemod import CodemodContext

from codemods.commands.container_registry import ModelCommand
from codemods.image_literal import literal_value, rewrite_literal
from codemods.syntax.notation import model_of, pairs_of
from codemods.syntax.source import nodes_in


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

    def found(self, tree: cst.Module) -> Iterator[cst.BaseExpression]:
        """Yield the literals of the image."""
        for call in nodes_in(tree, cst.Call):
            if model_of(call, self.calls) == "ImageSourceRegistry":
                images = [value for key, value in pairs_of(call, self.calls) if key == "image"]
                yield from (image for image in images if literal_value(image) == self.from_image)

    def rewritten(self, node: cst.BaseExpression, source: str, indent: str) -> str:
        """Return the literal with the new image."""
        return rewrite_literal(source, self.to_image)

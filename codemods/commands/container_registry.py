"""The command ``container_registry.ContainerRegistry``."""

from __future__ import annotations

import argparse
from abc import abstractmethod
from collections.abc import Iterator, Mapping

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import ByteSpanPositionProvider, QualifiedNameProvider

from codemods.container_registry import SETTINGS, RegistryChange, registry_in, rewrite_registry
from codemods.syntax.edits import Edit, apply
from codemods.syntax.layout import Written
from codemods.syntax.lines import indent_at
from codemods.syntax.notation import MODELS, PARAMETERS, is_dict, model_of, pairs_of, plain
from codemods.syntax.registry import RegistryCredentials, VaultSecret
from codemods.syntax.source import NotRewritable, dotted, nodes_in

PACKAGE = "azure.mgmt.batchai"

_OPTIONS = {
    "--from-image": "rewrite only what has this image",
    "--username": "expression for the user name",
    "--password": "expression for the password",
    "--vault-id": "expression for the key vault's resource id; with --secret-url, instead of a password",
    "--secret-url": "expression for the secret's URL",
}


class ModelCommand(CodemodCommand):
    """A command that rewrites expressions of a module, and knows which calls make models of Batch AI."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider, ByteSpanPositionProvider)

    @abstractmethod
    def found(self, tree: cst.Module) -> Iterator[cst.BaseExpression]:
        """Yield the expressions to rewrite, none inside another."""

    @abstractmethod
    def rewritten(self, node: cst.BaseExpression, source: str, indent: str) -> str:
        """Return what becomes of an expression; ``indent`` is that of its line. Raises NotRewritable."""

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the module with the expressions rewritten."""
        data = tree.code.encode()
        self.calls: dict[str, str] = {}
        for call in nodes_in(tree, cst.Call):
            for name in self.get_metadata(QualifiedNameProvider, call.func, frozenset()):
                model = name.name.rpartition(".")[2]
                if name.name.startswith(PACKAGE) and model in PARAMETERS:
                    self.calls[dotted(call.func) or ""] = model
        edits = []
        for node in self.found(tree):
            span = self.get_metadata(ByteSpanPositionProvider, node)
            start, end = span.start, span.start + span.length
            before = data[:start].decode()
            try:
                new = self.rewritten(node, data[start:end].decode(), indent_at(before, len(before)))
                edits.append(Edit(start, end, new.encode()))
            except NotRewritable as refusal:
                self.warn(f"an expression is left as it is: {refusal}")
        return cst.parse_module(apply(edits, data).decode())


class ContainerRegistry(ModelCommand):
    """Completes every ImageSourceRegistry call, and every dict at a key ``imageSourceRegistry``."""

    DESCRIPTION = "Give the container settings of Azure Batch AI jobs an nvcr.io image and its credentials."

    def __init__(self, context: CodemodContext, image: str, **options: str | None) -> None:
        super().__init__(context)
        self.image = image
        self.from_image = options.get("from_image")
        vault_id, secret_url = options.get("vault_id"), options.get("secret_url")
        secret = VaultSecret(vault_id, secret_url) if vault_id and secret_url else options.get("password")
        self.credentials = RegistryCredentials(
            options.get("username") or "cfg.container_registry_user",
            secret or "cfg.container_registry_password",
        )

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options of the command."""
        arg_parser.add_argument("--image", required=True, help="the image to use")
        for option, meaning in _OPTIONS.items():
            arg_parser.add_argument(option, help=meaning)

    def found(self, tree: cst.Module) -> Iterator[cst.BaseExpression]:
        """Yield the outermost calls of settings and registries, and the dicts that stand at the key."""
        calls = [each for each in nodes_in(tree, cst.Call) if model_of(each, self.calls) in SETTINGS]
        inner = {below for each in calls for below in nodes_in(each, cst.Call) if below is not each}
        yield from (each for each in calls if each not in inner)
        written: list[Written] = [*nodes_in(tree, cst.Call), *nodes_in(tree, cst.Dict)]
        for each in filter(is_dict, written):
            pairs = pairs_of(each, self.calls)
            yield from (value for key, value in pairs if key == "imageSourceRegistry" and is_dict(value))

    def rewritten(self, node: cst.BaseExpression, source: str, indent: str) -> str:
        """Return the registry completed, and import what it needs."""
        registry = registry_in(node, self.calls)
        values = plain(registry, self.calls)
        image = values.get("image") if isinstance(values, Mapping) else None
        if image is not None and not isinstance(image, str):
            raise NotRewritable("its image is not known")
        if self.from_image is not None and image not in (self.from_image, self.image):
            return source
        callee = dotted(registry.func) or "" if isinstance(registry, cst.Call) else ""
        prefix = callee.removesuffix("ImageSourceRegistry").removesuffix("image_source_registry.")
        change = RegistryChange(
            image=self.image,
            credentials=self.credentials,
            calls=self.calls | {prefix + model: model for model in MODELS.values()},
            unit=self.module.default_indent,
            newline=self.module.default_newline,
            quote="'",
        )
        new = rewrite_registry(source, change, indent)
        for model in (each for each in MODELS.values() if not prefix and f"{each}(" in new):
            AddImportsVisitor.add_needed_import(self.context, f"{PACKAGE}.models", model)
        if "os." in new and new != source:
            AddImportsVisitor.add_needed_import(self.context, "os")
        return new

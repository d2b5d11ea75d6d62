"""The command ``container_registry.ContainerRegistry``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import QualifiedNameProvider

from codemods.container_registry import RegistryChange, rewritten
from codemods.syntax.layout import Lines
from codemods.syntax.notation import MODELS, PARAMETERS, calls_in, is_dict, model_of, pairs_of, plain
from codemods.syntax.registry import RegistryCredentials, VaultSecret
from codemods.syntax.source import NotLossless, NotRewritable, dotted

PACKAGE = "azure.mgmt.batchai"

_OPTIONS = {
    "--from-image": "rewrite only what has this image",
    "--username": "expression for the user name",
    "--password": "expression for the password",
    "--vault-id": "expression for the key vault's resource id; with --secret-url, instead of a password",
    "--secret-url": "expression for the secret's URL",
}


class ModelCommand(CodemodCommand):
    """A command that knows which calls make models of Batch AI."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def models_called(self, tree: cst.Module) -> dict[str, str]:
        """Return the model class by the dotted source of the callee."""
        found = {}
        for call in calls_in(tree):
            for name in self.get_metadata(QualifiedNameProvider, call.func, frozenset()):
                model = name.name.rpartition(".")[2]
                if name.name.startswith(PACKAGE) and model in PARAMETERS:
                    found[dotted(call.func) or ""] = model
        return found


class Replacement(cst.CSTTransformer):
    """Puts other nodes in the place of nodes of a tree."""

    def __init__(self, nodes: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        """Take the new node for each node of the original tree that is to be replaced."""
        super().__init__()
        self.nodes = nodes

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> cst.CSTNodeT:
        """Return the new node, else the one that was."""
        return self.nodes.get(original_node, updated_node)  # type: ignore[return-value]


class ContainerRegistry(ModelCommand):
    """Completes every ImageSourceRegistry call, and every dict at a key ``imageSourceRegistry``."""

    DESCRIPTION = "Give the container settings of Azure Batch AI jobs an nvcr.io image and its credentials."

    def __init__(
        self,
        context: CodemodContext,
        image: str,
        from_image: str | None = None,
        username: str | None = None,
        password: str | None = None,
        vault_id: str | None = None,
        secret_url: str | None = None,
    ) -> None:
        super().__init__(context)
        self.image = image
        self.from_image = from_image
        self.credentials = RegistryCredentials(
            username or "cfg.container_registry_user",
            VaultSecret(vault_id, secret_url)
            if vault_id and secret_url
            else password or "cfg.container_registry_password",
        )

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options of the command."""
        arg_parser.add_argument("--image", required=True, help="the image to use")
        for option, meaning in _OPTIONS.items():
            arg_parser.add_argument(option, help=meaning)

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the module with its registries completed, and what they need imported."""
        calls = self.models_called(tree)
        lines = Lines(default_indent=tree.default_indent)
        tree.visit(lines)
        nodes: dict[cst.CSTNode, cst.CSTNode] = {}
        for outer in _registries(tree, calls):
            change = RegistryChange(
                image=self.image,
                credentials=self.credentials,
                calls=calls,
                models=_prefix(outer, calls),
                unit=tree.default_indent,
                newline=tree.default_newline,
                quote="'",
            )
            try:
                image = _image(outer, calls)
                if self.from_image is None or image in (self.from_image, self.image):
                    nodes[outer] = rewritten(outer, change, lines.lines)
            except (NotRewritable, NotLossless) as refusal:
                self.warn(f"a registry is left as it is: {refusal}")
        for old, new in nodes.items():
            if old is not new:
                self._import(new)
        return tree.visit(Replacement(nodes))

    def _import(self, node: cst.CSTNode) -> None:
        """Import the models that are called by their bare names, and ``os`` where it is used."""
        called = {dotted(call.func) for call in calls_in(node)}
        for model in called.intersection(MODELS.values()):
            AddImportsVisitor.add_needed_import(self.context, f"{PACKAGE}.models", model)
        if "os." in cst.Module([]).code_for_node(node):
            AddImportsVisitor.add_needed_import(self.context, "os")


def _registries(tree: cst.Module, calls: Mapping[str, str]) -> list[cst.Call | cst.Dict]:
    """Return the outermost calls of settings and registries, and the dicts that stand at the key."""
    finder = _Finder(calls)
    tree.visit(finder)
    return finder.found


class _Finder(cst.CSTVisitor):
    def __init__(self, calls: Mapping[str, str]) -> None:
        super().__init__()
        self.calls = calls
        self.found: list[cst.Call | cst.Dict] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.Call | cst.Dict):
            return True
        if model_of(node, self.calls) in ("ContainerSettings", "ImageSourceRegistry"):
            self.found.append(node)
            return False
        if is_dict(node):
            at_key = (value for key, value in pairs_of(node) if key == "imageSourceRegistry")
            self.found += [each for each in at_key if isinstance(each, cst.Call | cst.Dict) and is_dict(each)]
        return True


def _registry_calls(outer: cst.Call | cst.Dict, calls: Mapping[str, str]) -> Iterator[cst.Call]:
    return (each for each in calls_in(outer) if model_of(each, calls) == "ImageSourceRegistry")


def _image(outer: cst.Call | cst.Dict, calls: Mapping[str, str]) -> object:
    """Return the image of a registry. Raises NotRewritable where it is no literal."""
    registry = plain(next(_registry_calls(outer, calls), outer), calls)
    image = registry.get("image") if isinstance(registry, Mapping) else None
    if image is not None and not isinstance(image, str):
        raise NotRewritable("its image is not known")
    return image


def _prefix(outer: cst.Call | cst.Dict, calls: Mapping[str, str]) -> str:
    """Return what stands before the class in the callee of the registry call, with its dot."""
    registry = next(_registry_calls(outer, calls), None)
    head = (dotted(registry.func) or "").rpartition(".")[0] if registry else ""
    head = head.removesuffix("image_source_registry").removesuffix(".")
    return f"{head}." if head else ""

"""The command ``container_registry.ContainerRegistry``."""

from __future__ import annotations

import argparse
import re
from abc import ABC

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from codemods.commands.bindings import Bindings, Replacement
from codemods.container_registry import Change, RegistryCredentials, rewritten
from codemods.image_literal import literal_value
from codemods.model_imports import binds_os, stands_before_os, with_names
from codemods.syntax.layout import CallLines, equal_of
from codemods.syntax.model_calls import PARAMETERS, Site, argument, calls_in, keyworded, sites
from codemods.syntax.source import NotLossless, NotRewritable, dotted

_READS_OS = re.compile(r"\bos\.")
_OPTIONS = {
    "--from-image": "rewrite only what has this image",
    "--username": "expression for the user name",
    "--password": "expression for the password",
    "--vault-id": "expression for the key vault's resource id; with --secret-url, instead of a password",
    "--secret-url": "expression for the secret's URL",
}


class RegistryCommand(CodemodCommand, ABC):
    """A command that completes registries: its options, and the import that its credentials need."""

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
            username=username or "cfg.container_registry_user",
            password=password or "cfg.container_registry_password",
            vault_id=vault_id,
            secret_url=secret_url,
        )

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options of the command."""
        arg_parser.add_argument("--image", required=True, help="the image to use")
        for option, meaning in _OPTIONS.items():
            arg_parser.add_argument(option, help=meaning)

    def replaced(self, tree: cst.Module, nodes: dict[cst.CSTNode, cst.CSTNode]) -> cst.Module:
        """Return the module with other ``nodes`` in the place of some, and with what they need imported."""
        is_changed = any(new is not old for old, new in nodes.items())
        changed = tree.visit(Replacement(nodes))
        return _with_os(changed) if is_changed and self._reads_os() else changed

    def _reads_os(self) -> bool:
        wanted = self.credentials
        sources = (wanted.username, wanted.password, wanted.vault_id, wanted.secret_url)
        return any(source is not None and _READS_OS.search(source) for source in sources)


class ContainerRegistry(RegistryCommand):
    """Completes every ImageSourceRegistry call; an image that is given by name keeps its name."""

    DESCRIPTION = "Give the container settings of Azure Batch AI jobs an nvcr.io image and its credentials."

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the module with its sites rewritten and what they need imported."""
        bindings = Bindings.of(tree)
        lines = CallLines(default_indent=tree.default_indent)
        tree.visit(lines)
        replaced: dict[cst.CSTNode, cst.CSTNode] = {}
        for site in sites(list(lines.lines), bindings.resolve):
            try:
                change = self._change(site, bindings, tree)
                if change is not None:
                    new = rewritten(site, change, lines.lines)
                    replaced.update(_imports(site, new, bindings, replaced))
                    replaced[site.outer] = new
            except (NotRewritable, NotLossless) as refusal:
                self.warn(f"a call is left as it is: {refusal}")
        return self.replaced(tree, replaced)

    def _change(self, site: Site, bindings: Bindings, tree: cst.Module) -> Change | None:
        """Return what to do at ``site``, None if its image is another or not known."""
        registry = keyworded(site.registry, "ImageSourceRegistry", equal_of([]))
        image = argument(registry, "image")
        literal = None if image is None else bindings.constant(image)
        value = None if literal is None else literal_value(literal)
        if self.from_image is not None and value not in (self.from_image, self.image):
            return None
        if image is not None and value is None:
            raise NotRewritable("its image is not known")
        return Change(
            resolve=bindings.resolve,
            image=self.image if literal is image else None,
            credentials=self.credentials,
            models=_prefix(site),
            unit=tree.default_indent,
            newline=tree.default_newline,
            quote="'",
        )


def _prefix(site: Site) -> str:
    """Return what stands before the class in the callee of the registry call, with its dot."""
    head = (dotted(site.registry.func) or "").rpartition(".")[0]
    head = head.removesuffix("image_source_registry").removesuffix(".")
    return f"{head}." if head else ""


def _imports(
    site: Site, new: cst.Call, bindings: Bindings, replaced: dict[cst.CSTNode, cst.CSTNode]
) -> dict[cst.CSTNode, cst.CSTNode]:
    """Return the import statement that must bind further classes, and what it becomes."""
    callees = [dotted(call.func) for call in calls_in(new)]
    unbound = [name for name in PARAMETERS if name in callees and bindings.resolve(name) is None]
    statement = bindings.statements.get(dotted(site.registry.func) or "")
    if not unbound:
        return {}
    if statement is None:
        raise NotRewritable(f"{unbound[0]} is not imported")
    current = replaced.get(statement, statement)
    return {statement: with_names(current, unbound)} if isinstance(current, cst.ImportFrom) else {}


def _with_os(tree: cst.Module) -> cst.Module:
    """Return the module with ``import os`` beside its first import of something that exists already."""
    imports = [
        (index, line)
        for index, line in enumerate(tree.body)
        if isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Import | cst.ImportFrom)
    ]
    if not imports or any(binds_os(small) for _, line in imports for small in line.body):
        return tree
    first = next((each for each in imports if not _is_future(each[1])), imports[-1])
    return _with_os_beside(tree, *first)


def _is_future(line: cst.SimpleStatementLine) -> bool:
    return isinstance(line.body[0], cst.ImportFrom) and stands_before_os(line.body[0])


def _with_os_beside(tree: cst.Module, index: int, line: cst.SimpleStatementLine) -> cst.Module:
    new = cst.SimpleStatementLine([cst.Import([cst.ImportAlias(cst.Name("os"))])])
    if stands_before_os(line.body[0]):
        lines = [line, new]
    else:
        lines = [new.with_changes(leading_lines=line.leading_lines), line.with_changes(leading_lines=())]
    return tree.with_changes(body=[*tree.body[:index], *lines, *tree.body[index + 1 :]])

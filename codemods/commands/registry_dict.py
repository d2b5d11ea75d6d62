"""The command ``registry_dict.RegistryDict``."""

from __future__ import annotations

import libcst as cst

from codemods.commands.bindings import Bindings
from codemods.commands.container_registry import RegistryCommand
from codemods.image_literal import literal_value, with_image
from codemods.registry_dict import Change, completed, values_of
from codemods.syntax.dict_notation import DictLike, dict_like, line_of, pairs_of
from codemods.syntax.layout import CallLines
from codemods.syntax.source import NotLossless, NotRewritable

_KEY = "imageSourceRegistry"


class RegistryDict(RegistryCommand):
    """Completes every dict that stands at the key ``imageSourceRegistry``, there or under a name.

    An image that is given by the name of a constant is replaced in the constant.
    """

    DESCRIPTION = "Give job specs of Azure Batch AI, written as dicts, an nvcr.io image and its credentials."

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the module with its dicts completed and what they need imported."""
        bindings = Bindings.of(tree)
        lines = CallLines(default_indent=tree.default_indent)
        tree.visit(lines)
        finder = _Registries()
        tree.visit(finder)
        nodes: dict[cst.CSTNode, cst.CSTNode] = {}
        for value in finder.found:
            try:
                registry = _registry(value, bindings, finder.altered)
                nodes.update(self._completed(registry, bindings, tree, lines))
            except (NotRewritable, NotLossless) as refusal:
                self.warn(f"a dict is left as it is: {refusal}")
        return self.replaced(tree, nodes)

    def _completed(
        self, registry: DictLike, bindings: Bindings, tree: cst.Module, lines: CallLines
    ) -> dict[cst.CSTNode, cst.CSTNode]:
        """Return what the dict becomes, and the constant of its image; nothing if it has another image."""
        image = values_of(registry).get("image")
        literal = None if image is None else bindings.constant(image)
        value = None if literal is None else literal_value(literal)
        if self.from_image is not None and value not in (self.from_image, self.image):
            return {}
        if image is not None and literal is None:
            raise NotRewritable("its image is not known")
        change = Change(
            image=self.image if literal is image else None,
            credentials=self.credentials,
            unit=tree.default_indent,
            newline=tree.default_newline,
            quote="'",
        )
        new = completed(registry, change, line_of(registry, lines))
        nodes: dict[cst.CSTNode, cst.CSTNode] = {registry: new}
        if literal is not None and literal is not image:
            nodes[literal] = with_image(literal, self.image)
        return nodes


def _registry(value: cst.BaseExpression, bindings: Bindings, altered: set[str]) -> DictLike:
    """Return the dict that ``value`` is, or that the name ``value`` is bound to once and for all."""
    if isinstance(value, cst.Name) and bindings.bound[value.value] == 1 and value.value not in altered:
        value = bindings.values.get(value.value, value)
    registry = dict_like(value)
    if registry is None:
        raise NotRewritable("it is neither a dict nor the name of one that stays as it is written")
    return registry


class _Registries(cst.CSTVisitor):
    """Finds what stands at the key, and the names whose items are assigned or whose methods are called."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[cst.BaseExpression] = []
        self.altered: set[str] = set()

    def visit_Dict(self, node: cst.Dict) -> None:
        self._find(node)

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name):
            self.altered.add(node.func.value.value)
        call = dict_like(node)
        if call is not None:
            self._find(call)

    def visit_Assign(self, node: cst.Assign) -> None:
        if any(_last_key(each.target) == _KEY for each in node.targets):
            self.found.append(node.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        target: cst.BaseExpression = node.target
        while isinstance(target, cst.Subscript):
            target = target.value
            if isinstance(target, cst.Name):
                self.altered.add(target.value)

    def _find(self, node: DictLike) -> None:
        self.found += [value for key, value in pairs_of(node) if key == _KEY]


def _last_key(target: cst.BaseExpression) -> str | None:
    """Return the literal key of the item that ``target`` is."""
    if not isinstance(target, cst.Subscript) or len(target.slice) != 1:
        return None
    index = target.slice[0].slice
    return literal_value(index.value) if isinstance(index, cst.Index) else None

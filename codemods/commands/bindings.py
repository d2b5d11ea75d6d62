"""What the names of a whole module mean: the model classes that it imports, its constants."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import libcst as cst

from codemods.image_literal import literal_value
from codemods.syntax.model_calls import PARAMETERS
from codemods.syntax.source import dotted

PACKAGE = "azure.mgmt.batchai"


@dataclass(frozen=True, slots=True)
class Bindings:
    """A module's imports, aliases and constants, wherever in the module they stand.

    ``imported`` maps a bound name to the full dotted name behind it; ``statements`` holds the
    ``from`` import that binds a name, ``values`` what a name is assigned, ``bound`` how often it is bound.
    """

    imported: dict[str, str] = field(default_factory=dict)
    statements: dict[str, cst.ImportFrom] = field(default_factory=dict)
    values: dict[str, cst.BaseExpression] = field(default_factory=dict)
    bound: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, module: cst.Module) -> Bindings:
        """Gather the bindings of ``module``."""
        bindings = cls()
        module.visit(_Gatherer(bindings))
        return bindings

    def resolve(self, name: str) -> str | None:
        """Return the model class that the dotted ``name`` means, None if it means none."""
        full = self.full_name(name)
        model = full.rpartition(".")[2]
        return model if full.startswith(f"{PACKAGE}.") and model in PARAMETERS else None

    def full_name(self, name: str) -> str:
        """Return the dotted ``name`` with what is imported under its first part, "" if nothing is."""
        first, dot, rest = name.partition(".")
        return self.imported[first] + dot + rest if first in self.imported else ""

    def constant(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """Return the string literal that ``node`` is, or that the name ``node`` is bound to once."""
        if isinstance(node, cst.Name) and self.bound[node.value] == 1:
            node = self.values.get(node.value, node)
        return None if literal_value(node) is None else node


class _Gatherer(cst.CSTVisitor):
    def __init__(self, bindings: Bindings) -> None:
        super().__init__()
        self.bindings = bindings

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            first = alias.evaluated_name.partition(".")[0]
            bound = alias.evaluated_alias
            self.bindings.imported[bound or first] = alias.evaluated_name if bound else first

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        module = "" if node.module is None or node.relative else dotted(node.module) or ""
        if isinstance(node.names, cst.ImportStar):
            if module.startswith(PACKAGE):
                self.bindings.imported.update({model: f"{module}.{model}" for model in PARAMETERS})
            return
        for alias in node.names:
            bound = alias.evaluated_alias or alias.evaluated_name
            self.bindings.imported[bound] = f"{module}.{alias.evaluated_name}"
            self.bindings.statements[bound] = node

    def visit_Assign(self, node: cst.Assign) -> None:
        target = node.targets[0].target
        if len(node.targets) != 1 or not isinstance(target, cst.Name):
            return
        self.bindings.values[target.value] = node.value
        full = self.bindings.full_name(dotted(node.value) or "")
        if full.startswith(PACKAGE):
            self.bindings.imported[target.value] = full

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._count(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._count(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._count(node.target)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._count(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._count(node.target)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._count(node.target)

    def visit_Param(self, node: cst.Param) -> None:
        self._count(node.name)

    def visit_AsName(self, node: cst.AsName) -> None:
        self._count(node.name)

    def _count(self, target: cst.BaseExpression) -> None:
        elements = target.elements if isinstance(target, (cst.Tuple, cst.List)) else ()
        for element in elements:
            self._count(element.value)
        if isinstance(target, cst.Name):
            self.bindings.bound[target.value] += 1


class Replacement(cst.CSTTransformer):
    """Puts other nodes in the place of nodes of a tree."""

    def __init__(self, nodes: dict[cst.CSTNode, cst.CSTNode]) -> None:
        """Take the new node for each node of the original tree that is to be replaced."""
        super().__init__()
        self.nodes = nodes

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> cst.CSTNodeT:
        """Return the new node, else the one that was."""
        return self.nodes.get(original_node, updated_node)  # type: ignore[return-value]

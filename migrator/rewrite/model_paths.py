"""How one place of a text reaches the Batch AI models, so that new names are reached the same way."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from codemods.syntax.source import NotRewritable
from migrator.understand.python import BindingKind, PythonModule, bound, scope_of

NEW_MODELS = ("PrivateRegistryCredentials", "KeyVaultSecretReference", "ResourceId")

_MODELS = "azure.mgmt.batchai.models"


@dataclass(frozen=True, slots=True, eq=False)
class ModelPaths:
    """How to spell further model classes.

    ``spelling`` is a prefix such as ``models.``, or a mapping from class to name. Where names are
    ``missing``, the import ``statement`` must gain them.
    """

    spelling: str | Mapping[str, str]
    statement: ast.ImportFrom | None = None
    missing: frozenset[str] = frozenset()


def model_paths(
    module: PythonModule, registry: ast.expr, needed: frozenset[str] = frozenset(NEW_MODELS)
) -> ModelPaths:
    """Return how the code around ``registry``, an ImageSourceRegistry call, spells the ``needed`` models.

    Raises NotRewritable where no spelling is sure to work.
    """
    if not isinstance(registry, ast.Call):
        raise NotRewritable("its registry is not a call of a model")
    func = registry.func
    qualified = [name for name in module.names.qualified(func) if name.startswith("azure.mgmt.batchai")]
    package = qualified[0].rpartition(".")[0] if qualified else ""
    if isinstance(func, ast.Attribute):
        if package.rpartition(".")[2] == "models":
            return ModelPaths(f"{ast.unparse(func.value)}.")
        if isinstance(func.value, ast.Attribute) and package.rpartition(".")[0].endswith(".models"):
            return ModelPaths(f"{ast.unparse(func.value.value)}.")
    elif isinstance(func, ast.Name) and (paths := _imported(module, registry, func, needed)):
        return paths
    name = _bound_name(module, registry, _MODELS)
    if name is None:
        raise NotRewritable("the other models cannot be reached the way this code reaches its registry")
    return ModelPaths(f"{name}.")


def _imported(
    module: PythonModule, registry: ast.Call, func: ast.Name, needed: frozenset[str]
) -> ModelPaths | None:
    bindings = module.names.reaching(func)
    if not bindings or (bindings[0].kind is BindingKind.STAR and bindings[0].qualified == _MODELS):
        return ModelPaths("")
    statement = bindings[0].node
    if len(bindings) > 1 or not isinstance(statement, ast.ImportFrom) or statement.module != _MODELS:
        return None
    use = module.names.uses[registry]
    names = {model: _bound_name(module, registry, f"{_MODELS}.{model}") for model in NEW_MODELS}
    missing = frozenset(model for model, name in names.items() if name is None)
    for model in missing & needed:
        others = module.names.reaching_at(model, use)
        is_free = scope_of(model, use) in (None, bindings[0].scope)
        if not is_free or any(one.qualified != f"{_MODELS}.{model}" for one in others):
            raise NotRewritable("a name that it needs means something else here")
    return ModelPaths({model: name or model for model, name in names.items()}, statement, missing)


def _bound_name(module: PythonModule, at: ast.expr, qualified: str) -> str | None:
    """Return a name that is bound at ``at`` to nothing but what ``qualified`` imports."""
    names = module.names
    for name in names.visible(at):
        bindings = bound(names, name, at)
        if bindings and all(b.kind is BindingKind.IMPORT and b.qualified == qualified for b in bindings):
            return name
    return None

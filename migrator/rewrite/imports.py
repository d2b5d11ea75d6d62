"""How new code reaches what it names at one place of a text: the Batch AI models, and ``os``."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from codemods.syntax.source import NotRewritable
from migrator.understand.python import Binding, BindingKind, PythonModule, Scope, bound, is_shell, scope_of

NEW_MODELS = ("PrivateRegistryCredentials", "KeyVaultSecretReference", "ResourceId")

_PACKAGE = "azure.mgmt.batchai"
_MODELS = f"{_PACKAGE}.models"

Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True, eq=False)
class ModelPaths:
    """The callees that make further models; ``missing`` ones must be added to the import ``statement``."""

    calls: Mapping[str, str]
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
    if isinstance(registry.func, ast.Name) and (paths := _imported(module, registry, registry.func, needed)):
        return paths
    package: ast.expr | None = registry.func
    while (package := getattr(package, "value", None)) is not None:
        qualified = "".join(module.names.qualified(package)[:1])
        if qualified.startswith(_PACKAGE) and qualified.endswith(".models"):
            return _inside(f"{ast.unparse(package)}.")
    name = _bound_name(module, registry, _MODELS)
    if name is None:
        raise NotRewritable("the other models cannot be reached the way this code reaches its registry")
    return _inside(f"{name}.")


def _inside(prefix: str) -> ModelPaths:
    return ModelPaths({prefix + model: model for model in NEW_MODELS})


def _imported(
    module: PythonModule, registry: ast.Call, func: ast.Name, needed: frozenset[str]
) -> ModelPaths | None:
    bindings = module.names.reaching(func)
    if not bindings or (bindings[0].kind is BindingKind.STAR and bindings[0].qualified == _MODELS):
        return _inside("")
    statement = bindings[0].node
    if len(bindings) > 1 or not isinstance(statement, ast.ImportFrom) or statement.module != _MODELS:
        return None
    names = {model: _bound_name(module, registry, f"{_MODELS}.{model}") for model in NEW_MODELS}
    missing = frozenset(model for model, name in names.items() if name is None)
    for model in missing & needed:
        _check_free(module, registry, model, f"{_MODELS}.{model}", bindings[0].scope)
    return ModelPaths({name or model: model for model, name in names.items()}, statement, missing)


def _bound_name(module: PythonModule, at: ast.expr, qualified: str) -> str | None:
    """Return a name that is bound at ``at`` to nothing but what ``qualified`` imports."""
    names = module.names.visible(at)
    return next((name for name in names if _is_bound(module, at, name, qualified)), None)


def _is_bound(module: PythonModule, at: ast.expr, name: str, qualified: str) -> bool:
    bindings = bound(module.names, name, at)
    return bool(bindings) and all(_imports(one, qualified) for one in bindings)


def _imports(binding: Binding, qualified: str) -> bool:
    return binding.kind is BindingKind.IMPORT and binding.qualified == qualified


def _check_free(module: PythonModule, at: ast.expr, name: str, qualified: str, scope: Scope) -> None:
    """Raise NotRewritable unless an import in ``scope`` surely gives ``name`` its meaning at ``at``."""
    use = module.names.uses[at]
    if not all(_imports(one, qualified) for one in module.names.reaching_at(name, use)):
        raise NotRewritable(f"the name {name} means something else here")
    if scope_of(name, use) not in (None, scope):
        raise NotRewritable(f"the name {name} is bound later, or not always, where it would be used")


def is_os_bound(module: PythonModule, at: ast.expr) -> bool:
    """Tell whether ``os`` surely is the module at ``at``; if not, an import at the top makes it so.

    Raises NotRewritable where it is, or may be, something else.
    """
    if _is_bound(module, at, "os", "os"):
        return True
    _check_free(module, at, "os", "os", module.names.module)
    return False


def place_import_os(module: PythonModule, at: ast.expr) -> tuple[int, str]:
    """Return where ``import os`` goes (code points), and with which line end, so that it is bound at ``at``.

    Raises NotRewritable where there is no place for it.
    """
    block = _imports_before(module, module.span(at)[0])
    plain = ((node, node.names[0].name) for node in block if isinstance(node, ast.Import))
    standard = sys.stdlib_module_names
    earlier = [node for node, name in plain if name < "os" and name.partition(".")[0] in standard]
    if earlier:
        start, end = module.span(earlier[-1])
        return end, f"{module.text.newline_at(start)}import os"
    node = block[0] if block else _first_statement(module, at)
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    offset = module.span(node)[0]
    if decorators:
        offset = module.text.offset(decorators[0].lineno, node.col_offset)
    return offset, f"import os{module.text.newline_at(offset)}"


def _imports_before(module: PythonModule, before: int) -> list[Import]:
    """Return the text's first block of imports."""
    block: list[Import] = []
    for node in module.names.tree.body:
        is_near = not block or node.lineno - (block[-1].end_lineno or 0) <= 1
        if block and not (isinstance(node, Import) and is_near):
            break
        if isinstance(node, Import) and not _is_future(node) and module.span(node)[0] < before:
            block.append(node)
    return block


def _first_statement(module: PythonModule, at: ast.expr) -> ast.stmt:
    """Return the first statement of the cell, or script, of ``at`` that an import may stand before."""
    cell = module.place(at).cell
    for node in module.names.tree.body:
        is_text = isinstance(node, ast.Expr) and (
            isinstance(node.value, ast.Constant) or is_shell(node.value)
        )
        if module.place(node).cell == cell and not is_text and not _is_future(node):
            return node
    raise NotRewritable("there is no place for import os")


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"

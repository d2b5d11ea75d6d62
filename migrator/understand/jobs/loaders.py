"""Find the class behind a call such as ``Configuration('configuration.json')`` and read how it loads."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codemods.loader_attributes import ATTRIBUTES, LoaderShape, understand_method
from migrator.discover import resolved
from migrator.understand.python import BindingKind, Function, Known, Modules, PythonModule, evaluate

_JSON_READERS = frozenset({"json.load", "json.loads"})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Loader:
    """A class that turns a JSON configuration into attributes.

    ``missing`` are the wanted attributes that it does not set; ``is_usable`` is false where one that
    it sets comes from another key. ``method`` reads the JSON.
    """

    module: PythonModule
    name: str
    method: Function
    shape: LoaderShape
    missing: tuple[str, ...]
    is_usable: bool

    @property
    def path(self) -> str:
        """The file of the class, relative to the root."""
        return self.module.text.path


class Loaders:
    """The loader classes that a tree's code can reach."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._understood: dict[ast.ClassDef, Loader | None] = {}

    def of_call(self, module: PythonModule, call: ast.Call) -> Loader | None:
        """Return the loader that ``call`` constructs, None where it constructs something else."""
        if isinstance(call.func, ast.Name):
            for binding in module.names.reaching(call.func):
                if binding.kind is BindingKind.CLASS and isinstance(binding.node, ast.ClassDef):
                    return self._understand(module, binding.node)
        found = (
            self._imported(module, qualified)
            for qualified in module.names.qualified(call.func)
            if not qualified.startswith(("azure.", "os.", "sys.", "json."))
        )
        return next((loader for loader in found if loader is not None), None)

    def _understand(self, module: PythonModule, node: ast.ClassDef) -> Loader | None:
        if node not in self._understood:
            self._understood[node] = _understood(module, node)
        return self._understood[node]

    def _imported(self, module: PythonModule, qualified: str, depth: int = 3) -> Loader | None:
        place = self._modules.locate(module, qualified) if depth else None
        if place is None:
            return None
        other, name = place
        for binding in reversed(other.names.module.bindings.get(name, [])):
            if isinstance(binding.node, ast.ClassDef):
                return self._understand(other, binding.node)
            if binding.kind is BindingKind.IMPORT:
                return self._imported(other, binding.qualified, depth - 1)
        stars = other.names.module.star_imports
        passed_on = (self._imported(other, f"{star}.{name}", depth - 1) for star in stars)
        return next((loader for loader in passed_on if loader is not None), None)


def _understood(module: PythonModule, node: ast.ClassDef) -> Loader | None:
    """Return the loader that a class is; None if no method of it sets attributes from loaded JSON."""

    def reads_json(call: ast.Call) -> bool:
        return not _JSON_READERS.isdisjoint(module.names.qualified(call.func))

    methods = [each for each in node.body if isinstance(each, Function)]
    for method in methods:
        shape = understand_method(module.text.text, method, module.text.offset, reads_json)
        if shape is not None:
            strings = _attribute_strings(methods)
            missing = tuple(name for name in ATTRIBUTES if name not in strings)
            is_usable = all(key in strings.get(name, {key}) for name, (_, key) in ATTRIBUTES.items())
            return Loader(
                module=module,
                name=node.name,
                method=method,
                shape=shape,
                missing=missing,
                is_usable=is_usable,
            )
    return None


def _attribute_strings(methods: Sequence[Function]) -> Mapping[str, set[object]]:
    """Return for each attribute that the methods set the strings that stand in its values."""
    found: dict[str, set[object]] = {}
    for method in methods:
        own = method.args.args[0].arg if method.args.args else ""
        for statement in (part for part in ast.walk(method) if isinstance(part, ast.Assign)):
            strings = {part.value for part in ast.walk(statement.value) if isinstance(part, ast.Constant)}
            for target in statement.targets:
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) == own:
                    found.setdefault(target.attr, set()).update(strings)
    return found


def configuration_path(module: PythonModule, call: ast.Call, loader: Loader) -> str | None:
    """Return the configuration file that a loader call names, relative to the root; None if not known.

    The code's own folder is taken for the working directory, as Jupyter does.
    """
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    spec = loader.method.args
    for node in arguments:
        value = evaluate(module.names, node)
        if isinstance(value, Known) and isinstance(value.value, str):
            return resolved(posixpath.dirname(module.text.path), value.value)
    for default in spec.defaults if not arguments else ():
        value = evaluate(loader.module.names, default)
        if isinstance(value, Known) and isinstance(value.value, str):
            return resolved(posixpath.dirname(module.text.path), value.value)
    return None

"""Find the class behind a call such as ``Configuration('configuration.json')`` and read how it loads."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from codemods.loader_attributes import ATTRIBUTES, LoaderShape, understand_method
from migrator.discover import resolved
from migrator.understand.python import (
    BindingKind,
    Function,
    Known,
    Modules,
    PythonModule,
    evaluate,
    passed_argument,
)

_JSON_READERS = frozenset({"json.load", "json.loads"})
_HOOKS = frozenset({"cls", "object_hook", "object_pairs_hook", None})
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit"})
# What these show of a dictionary, they show of one with more keys too.
_SHOWN = frozenset({"print", "type", "isinstance", "bool", "pprint.pprint", "json.dumps", "json.dump"})
# What these words do to a class, or to what it sets, may not go together with further attributes.
_STRICT = frozenset({"__slots__", "__setattr__", "__getattribute__", "__new__", "__dict__", "vars"})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Loader:
    """A class that turns a JSON configuration into attributes.

    ``missing`` are the wanted attributes that it does not set; ``hindrance`` says (half a sentence) why
    they cannot be read from its objects, and is empty where they can. ``shape`` is that of the method that
    reads the JSON.
    """

    module: PythonModule
    name: str
    method: Function
    shape: LoaderShape
    missing: tuple[str, ...]
    hindrance: str

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
        stars = [one.qualified for one in other.names.module.open if one.kind is BindingKind.STAR]
        passed_on = (self._imported(other, f"{star}.{name}", depth - 1) for star in stars)
        return next((loader for loader in passed_on if loader is not None), None)


def loads_dict(module: PythonModule, call: ast.Call) -> bool:
    """Tell whether a call gives what a JSON file holds, as plain dictionaries."""
    hooks = {keyword.arg for keyword in call.keywords}.intersection(_HOOKS)
    return not hooks and not _JSON_READERS.isdisjoint(module.names.qualified(call.func))


def _understood(module: PythonModule, node: ast.ClassDef) -> Loader | None:
    """Return the loader that a class is; None if no method of it sets attributes from loaded JSON."""
    methods = [each for each in node.body if isinstance(each, Function)]
    for method in methods:
        shape = understand_method(module.text.text, method, module.text.offset, partial(loads_dict, module))
        if shape is not None:
            strings = _attribute_strings(methods)
            missing = tuple(name for name in ATTRIBUTES if name not in strings)
            is_other = any(key not in strings.get(name, {key}) for name, (_, key) in ATTRIBUTES.items())
            return Loader(
                module=module,
                name=node.name,
                method=method,
                shape=shape,
                missing=missing,
                hindrance="reads its registry attributes from other keys"
                if is_other
                else _hindrance(module, node, method, shape, bool(missing)),
            )
    return None


def _hindrance(
    module: PythonModule, node: ast.ClassDef, method: Function, shape: LoaderShape, is_growing: bool
) -> str:
    """Return why what the method sets last is not surely set, or cannot be added to; empty if it can."""
    use = module.names.use_of(next(each for each in ast.walk(shape.last) if isinstance(each, ast.expr)))
    read = module.names.reaching_at(shape.variable, use)
    if len(read) != 1 or read[0].value is not shape.read:
        return "reads its attributes from another place than the top of the file"
    if not _is_always_run(module, method, shape.last) or not _is_constructing(module, node, method):
        return "does not set its attributes whenever it is made"
    if not all(_is_given(module, method, name) for name in ATTRIBUTES):
        return "sets its registry attributes on a condition"
    if not is_growing:
        return ""
    bases = {ast.unparse(base) for base in node.bases}
    words = {getattr(each, "id", None) or getattr(each, "attr", "") for each in ast.walk(node)}
    defined = {each.name for each in node.body if isinstance(each, Function | ast.ClassDef)}
    is_strict = not _STRICT.isdisjoint(words | defined) or not defined.isdisjoint(ATTRIBUTES)
    if bases - {"object"} or node.keywords or node.decorator_list or is_strict:
        return "may not take further attributes"
    return "" if is_read_by_key(module, shape.read) else "may not take further keys"


def _is_given(module: PythonModule, method: Function, name: str) -> bool:
    """Tell whether an attribute that the method sets has its value whenever the file has its section."""
    own = f"{method.args.args[0].arg}.{name}"
    assigned = (each for each in ast.walk(method) if isinstance(each, ast.Assign))
    given = [
        each
        for each in assigned
        if own in map(ast.unparse, each.targets) and not isinstance(each.value, ast.Constant)
    ]
    section = ATTRIBUTES[name][0] or name
    return not given or any(_is_always_run(module, method, each, section) for each in given)


def _is_constructing(module: PythonModule, node: ast.ClassDef, method: Function) -> bool:
    """Tell whether a method runs whenever an object is made: ``__init__``, or what that surely calls."""
    if method.name == "__init__":
        return True
    for made in node.body:
        if isinstance(made, ast.FunctionDef) and made.name == "__init__" and made.args.args:
            called = f"{made.args.args[0].arg}.{method.name}"
            calls = [each for each in ast.walk(made) if isinstance(each, ast.Call)]
            parents = [module.names.parents[call] for call in calls if ast.unparse(call.func) == called]
            return any(isinstance(each, ast.stmt) and _is_always_run(module, made, each) for each in parents)
    return False


def _is_always_run(
    module: PythonModule, method: Function, statement: ast.stmt, section: str | None = None
) -> bool:
    """Tell whether a method that ends without an error has run a statement of it, given a ``section``."""
    returns = (each for each in ast.walk(method) if isinstance(each, ast.Return))
    if any(each.lineno < statement.lineno for each in returns) or method.decorator_list:
        return False
    for outer in module.names.enclosing(statement):
        if outer is method:
            return True
        is_file = isinstance(outer, ast.With) and all(_is_open(item.context_expr) for item in outer.items)
        is_raised = isinstance(outer, ast.Try) and all(map(_is_fatal, outer.handlers))
        is_there = (
            section is not None and isinstance(outer, ast.If) and _is_question(outer, section, statement)
        )
        if not is_file and not is_raised and not is_there:
            return False
    return False


def _is_question(node: ast.If, section: str, statement: ast.stmt) -> bool:
    """Tell whether the statement stands where an ``if`` found the section, by its key or by ``get``."""
    match node.test:
        case ast.Name():
            key = section
        case ast.Compare(left=ast.Constant(value=key), ops=[ast.In()]):
            pass
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=key), *_]):
            pass
        case _:
            return False
    return key == section and any(statement in ast.walk(each) for each in node.body)


def _is_fatal(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    is_exit = isinstance(last, ast.Expr) and ast.unparse(last).partition("(")[0] in _EXITS
    return isinstance(last, ast.Raise) or is_exit


def _is_open(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "open"


def is_read_by_key(module: PythonModule, node: ast.expr, depth: int = 6) -> bool:
    """Tell whether the dictionary that ``node`` gives is only read by keys, so that it may gain others."""
    parent = module.names.parents[node]
    match parent:
        case ast.Subscript(value=value) if value is node:
            return True
        case ast.Attribute(attr="get" | "setdefault") | ast.Expr() | ast.If() | ast.FormattedValue():
            return True
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[right]) if right is node:
            return True
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target) if depth:
            loads = module.names.loads.get(target.id, ())
            own = [load for load in loads if any(b.node is parent for b in module.names.reaching(load))]
            return all(is_read_by_key(module, load, depth - 1) for load in own)
        case ast.Call() | ast.keyword() if depth:
            return _is_taken_by_key(module, node, depth - 1)
        case _:
            return False


def _is_taken_by_key(module: PythonModule, node: ast.expr, depth: int) -> bool:
    """Tell whether the function that is given a dictionary only reads it by keys."""
    call = next(each for each in module.names.enclosing(node) if isinstance(each, ast.Call))
    names = module.names.qualified(call.func)
    is_built_in = isinstance(call.func, ast.Name) and not module.names.reaching(call.func)
    if (is_built_in and ast.unparse(call.func) in _SHOWN) or _SHOWN.intersection(names):
        return True
    bindings = module.names.reaching(call.func) if isinstance(call.func, ast.Name) else ()
    function = bindings[0].node if len(bindings) == 1 else None
    if not isinstance(function, ast.FunctionDef):
        return False
    listed = [
        each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    ]
    taken = [name for name in listed if passed_argument(function, call, name) is node]
    loads = (
        (load for load in module.names.loads.get(taken[0], ()) if function in module.names.enclosing(load))
        if taken
        else ()
    )
    return bool(taken) and all(is_read_by_key(module, load, depth) for load in loads)


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

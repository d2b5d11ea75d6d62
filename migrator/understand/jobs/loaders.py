"""Find the class behind a call such as ``Configuration('configuration.json')`` and read how it loads."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from codemods.loader_attributes import ATTRIBUTES, LoaderShape, understand_method
from migrator.discover import resolved
from migrator.understand.python import (
    Flow,
    Flows,
    Function,
    PythonModule,
    known_text,
    named_path,
    parts_behind,
)

_JSON_READERS = frozenset({"json.load", "json.loads"})
_HOOKS = frozenset({"cls", "object_hook", "object_pairs_hook", None})
_FATAL = re.compile(r"raise\b|(?:sys\.exit|exit|quit|os\._exit)\(")
_OPENED = re.compile(r"(?:\w+\.)*open\(")
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

    def __init__(self) -> None:
        self._understood: dict[ast.ClassDef, Loader | None] = {}

    def of_call(self, module: PythonModule, call: ast.Call) -> Loader | None:
        """Return the loader that ``call`` constructs, None where it constructs something else."""
        found = module.objects.of(module.names, call.func)
        classes = [site for site in found if isinstance(site, ast.ClassDef)]
        if len(classes) != 1:
            return None
        if classes[0] not in self._understood:
            self._understood[classes[0]] = next(_loaders(module.owner(classes[0]), classes[0]), None)
        return self._understood[classes[0]]


def loads_dict(module: PythonModule, call: ast.Call) -> bool:
    """Tell whether a call gives what a JSON file holds, as plain dictionaries."""
    hooks = {keyword.arg for keyword in call.keywords}.intersection(_HOOKS)
    return not hooks and not _JSON_READERS.isdisjoint(module.names.qualified(call.func))


def _loaders(module: PythonModule, node: ast.ClassDef) -> Iterator[Loader]:
    """Yield a class as the loader that it is by each method which sets attributes from loaded JSON."""
    assigned: dict[str, list[ast.Assign]] = defaultdict(list)
    methods = [each for each in node.body if isinstance(each, Function)]
    for method in (each for each in methods if each.args.args):
        for statement in (part for part in ast.walk(method) if isinstance(part, ast.Assign)):
            for owner, _, name in (ast.unparse(target).rpartition(".") for target in statement.targets):
                assigned[name] += [statement] if owner == method.args.args[0].arg else []
    for method in methods:
        shape = understand_method(module.text.text, method, module.text.offset, partial(loads_dict, module))
        if shape is not None:
            own = {name: assigned[name] for name in ATTRIBUTES if assigned[name]}
            yield Loader(
                module=module,
                name=node.name,
                method=method,
                shape=shape,
                missing=tuple(name for name in ATTRIBUTES if name not in own),
                hindrance=_hindrance(module, node, method, shape, own),
            )


def _hindrance(
    module: PythonModule,
    node: ast.ClassDef,
    method: Function,
    shape: LoaderShape,
    own: Mapping[str, Sequence[ast.Assign]],
) -> str:
    """Return why the wanted attributes, of which it has ``own``, are not surely set; empty if they are."""
    for name, statements in own.items():
        parts = parts_behind(module.names, *(each.value for each in statements))
        texts = {part.value for part in parts if isinstance(part, ast.Constant)}
        if not texts.issuperset(filter(None, ATTRIBUTES[name])):
            return "reads its registry attributes from other keys"
    use = module.names.uses[next(each for each in ast.walk(shape.last) if isinstance(each, ast.expr))]
    read = module.names.reaching_at(shape.variable, use)
    if len(read) != 1 or read[0].value is not shape.read:
        return "reads its attributes from another place than the top of the file"
    if not _is_always_run(module, method, shape.last) or not _is_constructing(module, node, method):
        return "does not set its attributes whenever it is made"
    for name, statements in own.items():
        given = [each for each in statements if not isinstance(each.value, ast.Constant)]
        section = ATTRIBUTES[name][0] or name
        if given and not any(_is_always_run(module, method, each, section) for each in given):
            return "sets its registry attributes on a condition"
    if len(own) == len(ATTRIBUTES):
        return ""
    if not _is_growing(node):
        return "may not take further attributes"
    return "" if is_read_by_key(module, shape.read) else "may not take further keys"


def _is_growing(node: ast.ClassDef) -> bool:
    """Tell whether objects of a class can be given further attributes."""
    words = {getattr(each, "id", None) or getattr(each, "attr", "") for each in ast.walk(node)}
    defined = {each.name for each in node.body if isinstance(each, Function | ast.ClassDef)}
    is_strict = not _STRICT.isdisjoint(words | defined) or not defined.isdisjoint(ATTRIBUTES)
    is_plain = not node.keywords and not node.decorator_list and {*map(ast.unparse, node.bases)} <= {"object"}
    return is_plain and not is_strict


def _is_constructing(module: PythonModule, node: ast.ClassDef, method: Function) -> bool:
    """Tell whether a method runs whenever an object is made: ``__init__``, or what that surely calls."""
    if method.name == "__init__":
        return True
    made = next((e for e in node.body if isinstance(e, ast.FunctionDef) and e.name == "__init__"), None)
    if made is None or not made.args.args:
        return False
    called = f"{made.args.args[0].arg}.{method.name}"
    calls = [each for each in ast.walk(made) if isinstance(each, ast.Call)]
    parents = [module.names.parents[call] for call in calls if ast.unparse(call.func) == called]
    return any(isinstance(each, ast.stmt) and _is_always_run(module, made, each) for each in parents)


def _is_always_run(module: PythonModule, method: Function, statement: ast.stmt, section: str = "") -> bool:
    """Tell whether a method that ends without an error has run a statement of it, given a ``section``."""
    returns = (each for each in ast.walk(method) if isinstance(each, ast.Return))
    if any(each.lineno < statement.lineno for each in returns) or method.decorator_list:
        return False
    asked = re.compile(rf"\w+|'{section}' in \S+|\S+\.get\('{section}'(?:, [^()]*)?\)")
    inner: ast.AST = statement
    for outer in module.names.enclosing(statement):
        match outer:
            case ast.With(items=items):
                is_run = all(_OPENED.match(ast.unparse(item.context_expr)) for item in items)
            case ast.Try(handlers=handlers):
                is_run = all(_FATAL.match(ast.unparse(handler.body[-1])) for handler in handlers)
            case ast.If(test=test, body=body):
                is_run = bool(section and inner in body and asked.fullmatch(ast.unparse(test)))
            case _:
                return outer is method
        if not is_run:
            return False
        inner = outer
    return False


def is_read_by_key(module: PythonModule, node: ast.expr) -> bool:
    """Tell whether the dictionary that ``node`` gives is only read by keys, so that it may gain others."""
    return all(map(_is_key_read, Flows([(module.names, node)]).ends))


def _is_key_read(end: Flow) -> bool:
    names, node = end.names, end.node
    parent = names.parents.get(node)
    call = names.parents.get(parent) if isinstance(parent, ast.keyword) else parent
    match parent:
        case ast.Subscript(value=value):
            return value is node
        case ast.Attribute(attr="get" | "setdefault") | ast.If() | ast.FormattedValue():
            return True
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[right]):
            return right is node
        case _:
            pass
    if not isinstance(call, ast.Call):
        return False
    is_built_in = isinstance(call.func, ast.Name) and not names.reaching(call.func)
    return not _SHOWN.isdisjoint((*names.qualified(call.func), *([ast.unparse(call.func)] * is_built_in)))


def configuration_path(module: PythonModule, call: ast.Call, loader: Loader) -> str | None:
    """Return the configuration file that a loader call names, relative to the root; None if not known."""
    given = [named_path(module.names, node) for node in (*call.args, *(each.value for each in call.keywords))]
    texts = (known_text(loader.module.names, node) for node in loader.method.args.defaults)
    defaults = (resolved(posixpath.dirname(module.text.path), text) for text in texts if text)
    return next(filter(None, given or defaults), None)

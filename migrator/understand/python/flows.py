"""Where the value of an expression goes, to its ends; and what the callers of a function pass for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import TYPE_CHECKING

from migrator.understand.python.names import Names, kept
from migrator.understand.python.scopes import Binding, BindingKind, Function
from migrator.understand.python.stores import is_maker

if TYPE_CHECKING:
    from migrator.understand.python.objects import Objects

Callee = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef

NONE = ast.Constant(None, lineno=0, col_offset=0)
_MOST_KEYS = 8
MOST_CALLS = 4
_CALL = object()
"""Stands among the keys for what a function gives when it is called."""
_CALLED = ("__call__",)
"""Stands among the keys for a function, or for what is called when a class is."""


Entered = tuple[tuple[ast.AST, Names, ast.Call], ...]
"""Functions that a value was passed to, each with the module and the call that passed it."""


@dataclass(frozen=True, slots=True)
class Flow:
    """An expression that gives a value, or something in which the value stands under ``keys``.

    A key is that of an item; in a tuple, the name of an attribute; a call of ``partial``, for what that
    makes.
    """

    names: Names
    node: ast.AST
    keys: tuple[object, ...] = ()
    entered: Entered = ()


Following = Iterator[Flow | None]
"""Where a value goes from one place; None where that cannot be followed."""


class Flows:
    """The ways of values: ``ends`` is where they end, ``bound`` are the bindings through which they lead.

    They start at expressions, functions and the instances of classes, or at what those have under ``keys``.
    Nothing is followed beyond where ``is_end`` holds. What is stored in ``objects`` and given to methods is
    followed with these alone.
    """

    def __init__(
        self,
        starts: Iterable[tuple[Names, ast.AST]],
        is_end: Callable[[Flow], bool] = lambda flow: False,
        objects: Objects | None = None,
        keys: tuple[object, ...] = (),
    ) -> None:
        self._objects, self.is_end = objects, is_end
        self.ends: list[Flow] = []
        self.bound: dict[tuple[Names, Binding], None] = {}
        seen: dict[Flow, None] = {}
        for start in (Flow(names, node, keys) for names, node in starts):
            seen |= dict.fromkeys(self._started(start))
        waiting = list(seen)
        for flow in waiting:
            is_last = is_end(flow) or len(flow.keys) > _MOST_KEYS
            following = dict.fromkeys(self._next(flow)) if not is_last else {None: None}
            self.ends += [flow] if None in following else []
            fresh = dict.fromkeys(each for each in following if each is not None and each not in seen)
            waiting += fresh
            seen |= fresh

    def _started(self, start: Flow) -> Iterator[Flow]:
        match start.node:
            case ast.ClassDef() as owner:
                yield from self._of_class(start, owner)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield from self._bound(start, start.node, name)
            case _:
                yield start

    def _next(self, flow: Flow) -> Following:
        names, node, keys = flow.names, flow.node, flow.keys
        parent = names.parents.get(node)
        match parent:
            case ast.Expr() | ast.If() | ast.While() | ast.arg():
                return
            case ast.Assign() | ast.AnnAssign():
                targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
                for target in targets if parent.value is node else ():
                    yield from self._assigned(flow, parent, target)
            case ast.Lambda() | ast.Return():
                yield from self._given_back(flow, parent)
            case ast.For(target=ast.Name(id=name)) | ast.comprehension(target=ast.Name(id=name)) if keys:
                item = replace(flow, keys=keys[1:])
                yield from self._bound(item, parent if isinstance(parent, ast.For) else node, name)
            case ast.Call(func=func) if func is node:
                called = tuple(dropwhile(lambda key: isinstance(key, ast.Call), keys))
                yield replace(flow, node=parent, keys=called[1:] if called[:1] == (_CALL,) else called)
            case ast.Call() | ast.keyword() | ast.arguments():
                yield from self._passed(flow, parent)
            case ast.ClassDef():
                yield from self._of_class(flow, parent)
            case _:
                yield from self._within(flow, parent) if isinstance(parent, ast.expr) else (None,)

    def _within(self, flow: Flow, parent: ast.expr) -> Following:
        names, node, keys = flow.names, flow.node, flow.keys
        around = replace(flow, node=parent)
        match parent:
            case ast.NamedExpr(target=target):
                yield from self._assigned(flow, parent, target)
                yield around
            case ast.IfExp() | ast.BoolOp() | ast.Await():
                yield around
            case ast.Dict() if node in parent.values:
                key = parent.keys[parent.values.index(node)]
                is_told = key is None or isinstance(key, ast.Constant)
                added = (key.value,) if isinstance(key, ast.Constant) else ()
                yield replace(around, keys=(*added, *keys)) if is_told else None
            case ast.List(elts=elts) | ast.Tuple(elts=elts):
                yield replace(around, keys=(elts.index(node), *keys))  # type: ignore[arg-type]
            case ast.Subscript(value=value, slice=key) if value is node and keys:
                yield from self._item(around, key)
            case ast.Attribute(attr=attr, ctx=context) if keys and isinstance(keys[0], tuple):
                is_read = keys[0] == (attr,) and isinstance(context, ast.Load) and keys[0] != _CALLED
                is_other = (attr,) != keys[0] and not attr.startswith("__")
                yield from (replace(around, keys=keys[1:]),) if is_read else () if is_other else (None,)
            case ast.Attribute(attr="get") if keys and isinstance(call := names.parents[parent], ast.Call):
                is_told = bool(call.args) and call.func is parent
                yield from self._item(replace(flow, node=call), call.args[0]) if is_told else (None,)
            case ast.Attribute(attr="value") if not keys:
                # Of a member of an enumeration; texts have no such attribute.
                yield around
            case _:
                yield None

    def _item(self, flow: Flow, key: ast.expr) -> Following:
        """Yield an expression that reads an item, if it may be the one in which the value stands."""
        is_other = isinstance(key, ast.Constant) and key.value != flow.keys[0]
        is_part = isinstance(key, ast.Slice)
        yield from () if is_other else (None if is_part else replace(flow, keys=flow.keys[1:]),)

    def _assigned(self, flow: Flow, statement: ast.AST, target: ast.expr) -> Following:
        names, keys = flow.names, flow.keys
        match target:
            case ast.Name():
                uses = list(self._bound(flow, statement, target.id))
                # What stands in something that nothing uses here is there for others.
                is_for_others = keys[-1:] == (_CALLED,) or (keys and self._objects is not None)
                yield from uses or ((None,) if is_for_others else ())
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if keys and isinstance(keys[0], int):
                is_plain = keys[0] < len(parts) and not any(isinstance(each, ast.Starred) for each in parts)
                inner = replace(flow, keys=keys[1:])
                yield from self._assigned(inner, statement, parts[keys[0]]) if is_plain else (None,)
            case ast.Attribute() if self._objects is not None:
                found = self._objects.readers(names, target)
                yield from (Flow(*each, keys) if each is not None else None for each in found)
            case ast.Subscript(value=base, slice=ast.Constant(value=key)) if self._objects is not None:
                sites = self._objects.of(names, base)
                dicts = [site for site in sites if is_dict(site)]
                for site in dicts:
                    yield Flow(self._objects.home(site) or names, site, (key, *keys))
                yield from (None,) if not dicts or len(dicts) < len(sites) else ()
            case _:
                yield None

    def _bound(self, flow: Flow, node: ast.AST, name: str) -> Iterator[Flow]:
        """Yield every use, in whatever module, of a name that a statement, function or class binds."""
        names, keys = flow.names, flow.keys
        for binding in names.bound_by.get(node, ()):
            if binding.name == name:
                self.bound[names, binding] = None
                owner = binding.scope.node
                is_local = bool(flow.entered) and flow.entered[-1][0] is owner
                entered = flow.entered if is_local else ()
                loads = names.loads_of(name).get(binding, ())
                yield from (Flow(names, load, keys, entered) for load in loads)
                if binding.scope is names.module:
                    yield from (Flow(home, use, keys) for home, use in names.outside.uses(names, name))
                if isinstance(owner, ast.ClassDef) and node is not owner:
                    yield from self._of_class(replace(flow, keys=((name,), *keys)), owner)

    def _of_class(self, flow: Flow, owner: ast.ClassDef) -> Iterator[Flow]:
        """Yield every use of a class, and of its instances within its methods."""
        yield from self._bound(flow, owner, owner.name)
        for method in (each for each in owner.body if isinstance(each, Function)):
            has_self = manner(flow.names, method) != "staticmethod"
            for argument in (*method.args.posonlyargs, *method.args.args)[:has_self]:
                yield from self._bound(flow, method, argument.arg)

    def _given_back(self, flow: Flow, parent: ast.AST) -> Following:
        around = flow.names.enclosing(flow.node)
        function = next(each for each in around if isinstance(each, Function | ast.Lambda))
        if isinstance(parent, ast.Lambda) and parent.body is not flow.node:
            yield None
        elif flow.entered and flow.entered[-1][0] is function:
            # It goes back to where it came from.
            _, home, call = flow.entered[-1]
            yield Flow(home, call, flow.keys, flow.entered[:-1])
        elif isinstance(function, ast.Lambda):
            yield replace(flow, node=function, keys=(_CALL, *flow.keys))
        else:
            given = manner(flow.names, function)
            held = flow if given == "property" else replace(flow, keys=(_CALL, *flow.keys))
            uses = list(self._bound(held, function, function.name)) if given is not None else []
            # A function that nothing here calls is called from elsewhere, a special method by Python too.
            is_special = function.name.startswith("__") and function.name.endswith("__")
            yield from uses if uses and not is_special else (None,)

    def _passed(self, flow: Flow, parent: ast.AST) -> Following:
        """Yield the uses of the parameters that get a value, if what is called is a function of the tree."""
        names, node = flow.names, flow.node
        call = parent if isinstance(parent, ast.Call) else names.parents[parent]
        if isinstance(call, Function | ast.Lambda):
            given = [name for name, value in defaults(call).items() if value is node]
            yield from self._given(flow, names, call, given)
            return
        if not isinstance(call, ast.Call):
            yield None  # what a class is made with
            return
        if (held := _held(flow, call, parent)) is not None:
            yield held
            return
        spelled, entered = call, flow.entered
        if is_partial(names, call):
            spelled, entered = ast.Call(call.args[0], call.args[1:], call.keywords), ()
        callees = self._callees(names, spelled.func)
        yield from (None,) if not callees else ()
        for home, callee in callees:
            more = ((callee, names, call),) if spelled is call else ()
            into = replace(flow, entered=(*entered, *more)[-MOST_CALLS:])
            told = arguments(home, callee, spelled)
            given = [name for name, value in told.items() if value is node]
            yield from self._given(into, home, callee, given)

    def _given(self, flow: Flow, home: Names, callee: Callee, given: Iterable[str]) -> Following:
        """Yield the uses of what a function or class is given under some names."""
        function = constructor(callee) or callee
        if not given or not (is_record(home, function) or manner(home, function) in ("", "staticmethod")):
            yield None
            return
        for name in given:
            if isinstance(function, ast.ClassDef):
                yield from self._of_class(Flow(home, function, ((name,), *flow.keys)), function)
            else:
                yield from self._bound(replace(flow, names=home), function, name)

    def _callees(self, names: Names, named: ast.expr) -> list[tuple[Names, Callee]]:
        """Return the functions and classes of the tree that are called; none where they are not certain."""
        bound = [(names, b) for b in names.reaching(named)] if isinstance(named, ast.Name) else []
        if all(binding.kind is BindingKind.IMPORT for _, binding in bound):
            qualified = names.qualified(named)
            bound = [each for one in qualified for each in names.outside.imported(names, one)]
        found: list[tuple[Names, ast.AST]] = [(home, binding.node) for home, binding in bound]
        if (len(found) != 1 or not isinstance(found[0][1], Callee)) and self._objects is not None:
            sites = self._objects.of(names, named)
            found = [(self._objects.home(site) or names, site) for site in sites]
        told = [(home, each) for home, each in found if isinstance(each, Callee)]
        return told if len(told) == len(found) else []


def _held(flow: Flow, call: ast.Call, parent: ast.AST) -> Flow | None:
    """Return what a call makes, if that is known to have what the call is given."""
    names, keys = flow.names, flow.keys
    arg = parent.arg if isinstance(parent, ast.keyword) else None
    key: tuple[object, ...] | None = None
    if isinstance(parent, ast.keyword) and ast.unparse(call.func) == "dict":
        key = (arg, *keys) if arg else keys
    elif isinstance(parent, ast.keyword) and is_namespace(names, call):
        key = ((arg,), *keys) if arg else keys
    elif keys and is_builtin(names, call.func, "iter"):
        key = keys
    elif keys and is_builtin(names, call.func, "next"):
        key = keys[1:]
    elif is_partial(names, call) and call.args[0] is flow.node:
        key = (call, *keys)
    return replace(flow, node=call, keys=key) if key is not None else None


@kept
def is_settled(names: Names, site: ast.AST) -> bool:
    """Tell whether what stands in an object is changed by nothing but stores that are told as such."""
    found = Flows([(names, site)])
    is_read = isinstance(site, ast.Tuple) or all(not end.keys and _is_read(end, site) for end in found.ends)
    return is_read and not _is_spoken_of(found)


def _is_spoken_of(flows: Flows) -> bool:
    """Tell whether a name through which values lead may be used by its text."""
    return any(
        home.outside.is_mentioned(home, binding.name) or home.is_reflected(binding.name)
        for home, binding in flows.bound
        if binding.scope is home.module
    )


# What keeps nothing of what it is given, and methods whose stores are told as such.
_READING = re.compile(
    "any|all|enumerate|hasattr|isinstance|iter|join|list|max|min|next|set|sorted|sum|tuple|zip"
)
_READERS = re.compile("copy|count|get|index|items|keys|pop|setdefault|update|values")


def _is_read(end: Flow, site: ast.AST) -> bool:
    names, node = end.names, end.node
    parent = names.parents.get(node)
    is_list = isinstance(site, ast.List)
    match parent:
        case ast.Subscript(value=value, ctx=context) if value is node:
            return isinstance(context, ast.Load) or not is_list
        case ast.Attribute(attr=attr):
            is_method = isinstance(around := names.parents.get(parent), ast.Call) and around.func is parent
            is_space = isinstance(site, ast.Call) and is_namespace(names, site) and not is_method
            if isinstance(site, ast.ClassDef) or is_space:
                return not attr.startswith("__")
            return is_method and _READERS.fullmatch(attr) is not None and not (is_list and attr == "pop")
        case ast.For(iter=value) | ast.BinOp(op=ast.Mod() | ast.BitOr(), right=value):
            return value is node
        case ast.Compare() | ast.FormattedValue() | ast.comprehension() | ast.keyword(arg=None):
            return True
        case _:
            call = names.parents.get(parent) if isinstance(parent, ast.keyword) else parent
            if not isinstance(call, ast.Call) or call.func is node:
                return False
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            is_model = any(one.startswith("azure.") for one in names.qualified(call.func))
            return _READING.fullmatch(name) is not None or is_model or is_maker(names, call.func)


@kept
def callers(names: Names, callee: Callee) -> tuple[tuple[Names, ast.Call], ...] | None:
    """Return every call of a function or class, with the names of its module; None if that is not certain.

    It is not certain for what is decorated, for methods that others may extend, and for what is given away.
    """
    if not isinstance(callee, ast.ClassDef) and manner(names, callee) not in ("", "staticmethod"):
        return None
    found = Flows([(names, callee)], lambda flow: called_at(flow) is not None, keys=(_CALLED,))
    owner = callee if isinstance(callee, ast.ClassDef) else names.parents.get(callee)
    is_extended = any(b.kind is BindingKind.CLASS and b.node is not owner for _, b in found.bound)
    calls = [(end.names, call) for end in found.ends if (call := called_at(end)) is not None]
    is_certain = len(calls) == len(found.ends) and not is_extended and not _is_spoken_of(found)
    return tuple(calls) if is_certain else None


def called_at(flow: Flow) -> ast.Call | None:
    """Return the call, as it is without ``partial``, of the function or class that ends there."""
    call = flow.names.parents.get(flow.node)
    if not isinstance(call, ast.Call) or call.func is not flow.node:
        return None
    for key in flow.keys:
        if isinstance(key, ast.Call):
            call = completed(key, call)
        elif key is not _CALLED:
            return None
    return call


def completed(partial: ast.Call, call: ast.Call) -> ast.Call:
    """Return the call of a function that a call of what ``partial`` made of it stands for."""
    later = {keyword.arg for keyword in call.keywords}
    kept_on = [keyword for keyword in partial.keywords if keyword.arg is None or keyword.arg not in later]
    return ast.Call(partial.args[0], [*partial.args[1:], *call.args], [*kept_on, *call.keywords])


@kept
def all_arguments(names: Names, callee: Callee, parameter: str) -> tuple[tuple[Names, ast.expr], ...] | None:
    """Return what every caller passes, with the names of its module; None where that is not certain."""
    owner = names.parents.get(callee)
    if isinstance(owner, ast.ClassDef) and callee is constructor(owner):
        callee = owner
    calls = callers(names, callee)
    found = [(home, arguments(names, callee, call).get(parameter)) for home, call in calls or ()]
    told = [(names if names.holds(each) else home, each) for home, each in found if each is not None]
    return None if calls is None or len(told) < len(found) else tuple(told)


def is_dict(node: ast.AST) -> bool:
    """Tell whether ``node`` spells a dictionary: ``{…}`` or ``dict(…)``."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict"
    return isinstance(node, ast.Dict) or is_call


def is_open(node: ast.expr) -> bool:
    """Tell whether a dictionary may hold keys that cannot be read off the text."""
    if isinstance(node, ast.Dict):
        return any(not isinstance(key, ast.Constant) for key in node.keys)
    return isinstance(node, ast.Call) and (bool(node.args) or any(k.arg is None for k in node.keywords))


def is_partial(names: Names, call: ast.Call) -> bool:
    """Tell whether a call makes a function of another one, its first argument."""
    return bool(call.args) and "functools.partial" in names.qualified(call.func)


def is_namespace(names: Names, call: ast.Call) -> bool:
    """Tell whether a call makes an object whose attributes are the keywords that it is given."""
    return names.qualified(call.func) == ("types.SimpleNamespace",)


def is_record(names: Names, node: ast.AST) -> bool:
    """Tell whether a class is a plain dataclass or NamedTuple, whose fields are what it is made with."""
    if not isinstance(node, ast.ClassDef) or len([*node.decorator_list, *node.bases]) != 1 or node.keywords:
        return False
    own = {statement.name for statement in node.body if isinstance(statement, Function)}
    made = (names.qualified(each) for each in (*node.decorator_list, *node.bases))
    is_named = bool(node.bases) and ("typing.NamedTuple",) in made
    is_plain = own.isdisjoint(("__init__", "__post_init__", "__new__"))
    return is_plain and (is_named or (not node.bases and ("dataclasses.dataclass",) in made))


def manner(names: Names, function: Callee) -> str | None:
    """Return by which decorator a class hands a function out, blank for none; None for what is not known."""
    if isinstance(function, ast.Lambda) or not function.decorator_list:
        return ""
    only = function.decorator_list[0]
    if len(function.decorator_list) > 1:
        return None
    if "functools.cached_property" in names.qualified(only):
        return "property"
    return next((one for one in ("staticmethod", "property") if is_builtin(names, only, one)), None)


def is_builtin(names: Names, func: ast.expr, name: str) -> bool:
    """Tell whether an expression is a function of Python's own."""
    return isinstance(func, ast.Name) and func.id == name and not names.reaching(func)


def iterated(names: Names, node: ast.expr) -> ast.expr | None:
    """Return what ``iter(…)`` goes through; None for others."""
    is_iter = isinstance(node, ast.Call) and is_builtin(names, node.func, "iter")
    return node.args[0] if is_iter and isinstance(node, ast.Call) and len(node.args) == 1 else None


@kept
def results(_: Names, function: ast.AST) -> list[ast.expr]:
    """Return what a function may give back, with None where it may end without."""
    if not isinstance(function, Function):
        return [function.body] if isinstance(function, ast.Lambda) else []
    found = [node.value or NONE for node in ast.walk(function) if isinstance(node, ast.Return)]
    return found if isinstance(function.body[-1], ast.Return | ast.Raise) else [*found, NONE]


@kept
def is_generator(_: Names, function: ast.AST) -> bool:
    """Tell whether a function gives its values one by one."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))


def constructor(owner: ast.AST) -> Function | None:
    """Return the method that is called when a class is; None if it has none of its own, or is no class."""
    body = owner.body if isinstance(owner, ast.ClassDef) else []
    return next((each for each in body if isinstance(each, Function) and each.name == "__init__"), None)


def defaults(callee: Callee) -> dict[str, ast.expr]:
    """Return what the parameters of a function or class are where they are not given."""
    spec = _arguments(callee)
    positional = [each.arg for each in (*spec.posonlyargs, *spec.args)]
    found = dict(zip(positional[len(positional) - len(spec.defaults) :], spec.defaults, strict=True))
    others = zip((each.arg for each in spec.kwonlyargs), spec.kw_defaults, strict=True)
    return found | {name: value for name, value in others if value is not None}


def _arguments(callee: Callee) -> ast.arguments:
    function = constructor(callee) or callee
    if not isinstance(function, ast.ClassDef):
        return function.args
    fields = [each for each in function.body if isinstance(each, ast.AnnAssign)]
    listed = [ast.arg(each.target.id) for each in fields if isinstance(each.target, ast.Name)]
    values = [each.value for each in fields if each.value is not None]
    return ast.arguments([], listed, None, [], [], None, values)


def arguments(names: Names, callee: Callee, call: ast.Call) -> dict[str, ast.expr]:
    """Return what one call passes for each parameter, or its default; nothing where that is not certain."""
    is_class = isinstance(callee, ast.ClassDef)
    is_method = isinstance(names.parents.get(callee), ast.ClassDef) and manner(names, callee) == ""
    has_self = is_method or constructor(callee) is not None
    spec, known = _arguments(callee), defaults(callee)
    positional = [each.arg for each in (*spec.posonlyargs, *spec.args)][has_self:]
    needed = {*positional, *(each.arg for each in spec.kwonlyargs)} - {*known}
    given = [*zip(positional, call.args, strict=False), *((each.arg, each.value) for each in call.keywords)]
    told = {name: value for name, value in given if name is not None}
    is_starred = any(isinstance(each, ast.Starred) for each in call.args)
    # As many may be asked of the class, with the object first.
    is_open = is_method and len(call.args) + len(call.keywords) != len(needed)
    if is_starred or len(told) < len(given) or is_open:
        return {}
    is_made = not is_class or has_self or is_record(names, callee)
    return {**known, **told} if is_made else {}

"""Where the value of an expression goes: every expression that gives it or what holds it, to its ends."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from migrator.understand.python.arguments import is_partial, passed_argument
from migrator.understand.python.names import Names
from migrator.understand.python.scopes import Binding, BindingKind, Function
from migrator.understand.python.stores import is_maker

_MOST_KEYS = 8
_CALL = object()
"""Stands among the keys for what a function gives when it is called."""


@dataclass(frozen=True, slots=True)
class Flow:
    """An expression that gives a value, or something in which the value stands under ``keys``."""

    names: Names
    node: ast.expr
    keys: tuple[object, ...] = ()


Readers = Callable[[Names, ast.Attribute | ast.Subscript], Iterable[tuple[Names, ast.expr]]]


@dataclass(slots=True)
class Flows:
    """The ways of a value: where they end, and the names and functions through which they lead.

    ``readers`` tells what reads what is stored in an object; without it a way ends there.
    """

    readers: Readers | None = None
    ends: list[Flow] = field(default_factory=list)
    bound: dict[tuple[Names, Binding], None] = field(default_factory=dict)
    functions: dict[Function, None] = field(default_factory=dict)


def flows(
    starts: Iterable[tuple[Names, ast.AST]],
    is_end: Callable[[ast.expr], bool] = lambda node: False,
    readers: Readers | None = None,
) -> Flows:
    """Follow the values of expressions, and instances of classes, until nothing that is known passes on.

    Nothing is followed beyond an expression for which ``is_end`` holds.
    """
    found = Flows(readers)
    waiting: list[Flow] = []
    for names, start in starts:
        if isinstance(start, ast.ClassDef):
            waiting += _of_class(names, start, ())
        elif isinstance(start, ast.expr):
            waiting.append(Flow(names, start))
    seen = set(waiting)
    for flow in waiting:
        following = None if is_end(flow.node) or len(flow.keys) > _MOST_KEYS else _next(flow, found)
        if following is None:
            found.ends.append(flow)
        else:
            waiting += [each for each in dict.fromkeys(following) if each not in seen]
            seen.update(following)
    return found


def is_settled(names: Names, site: ast.AST) -> bool:
    """Tell whether what stands in an object is changed by nothing but stores that are told as such."""
    found = flows([(names, site)])
    for home, binding in found.bound:
        is_open = home.outside is not None and home.outside.is_mentioned(home, binding.name)
        if binding.scope is home.module and (is_open or home.is_reflected(binding.name)):
            return False
    return isinstance(site, ast.Tuple) or all(not end.keys and _is_read(end, site) for end in found.ends)


# What keeps nothing of what it is given, and methods whose stores are told as such.
_READING = re.compile("any|all|enumerate|hasattr|isinstance|join|list|max|min|set|sorted|sum|tuple|zip")
_READERS = re.compile("copy|count|get|index|items|keys|pop|setdefault|update|values")


def _is_read(end: Flow, site: ast.AST) -> bool:
    names, node = end.names, end.node
    parent = names.parents.get(node)
    is_list = isinstance(site, ast.List)
    match parent:
        case ast.Subscript(value=value, ctx=context) if value is node:
            return isinstance(context, ast.Load) or not is_list
        case ast.Attribute(attr=attr):
            around = names.parents.get(parent)
            is_method = isinstance(around, ast.Call) and around.func is parent
            if isinstance(site, ast.ClassDef):
                return not attr.startswith("__")
            return is_method and _READERS.fullmatch(attr) is not None and not (is_list and attr == "pop")
        case ast.For(iter=value):
            return value is node
        case ast.BinOp(op=ast.Mod() | ast.BitOr(), right=value):
            return value is node
        case ast.Compare() | ast.FormattedValue() | ast.comprehension() | ast.keyword(arg=None):
            return True
        case _:
            return _is_given_to_reader(names, node, parent)


def _is_given_to_reader(names: Names, node: ast.expr, parent: ast.AST | None) -> bool:
    call = names.parents.get(parent) if isinstance(parent, ast.keyword) else parent
    if not isinstance(call, ast.Call) or call.func is node:
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    is_model = any(one.startswith("azure.") for one in names.qualified(call.func))
    return _READING.fullmatch(name) is not None or is_model or is_maker(names, call.func)


def _next(flow: Flow, found: Flows) -> list[Flow] | None:
    """Return where a value goes from one place; None where it ends there."""
    names, node, keys = flow.names, flow.node, flow.keys
    parent = names.parents.get(node)
    match parent:
        case ast.Expr() | ast.If() | ast.While():
            return []
        case ast.Assign(targets=targets):
            return _all(_assigned(flow, parent, target, found) for target in targets)
        case ast.AnnAssign(target=target):
            return _assigned(flow, parent, target, found)
        case ast.Lambda() | ast.Return():
            return _given_back(flow, parent, found)
        case ast.For(target=ast.Name(id=name)) | ast.comprehension(target=ast.Name(id=name)) if keys:
            bound = _bindings(names, parent if isinstance(parent, ast.For) else node, name)
            return [each for b in bound for each in _loads(names, b, keys[1:], found)]
        case ast.Call(func=func) if func is node:
            return [Flow(names, parent, keys[1:] if keys[:1] == (_CALL,) else keys)]
        case ast.Call() | ast.keyword() | ast.arguments():
            return _passed(flow, parent, found)
        case ast.ClassDef():
            return list(_of_class(names, parent, keys))
        case ast.expr():
            return _within(flow, parent, found)
        case _:
            return None


def _within(flow: Flow, parent: ast.expr, found: Flows) -> list[Flow] | None:
    """Return where a value goes from a part of an expression."""
    names, node, keys = flow.names, flow.node, flow.keys
    match parent:
        case ast.NamedExpr(target=target):
            return [*(_assigned(flow, parent, target, found) or ()), Flow(names, parent, keys)]
        case ast.IfExp() | ast.BoolOp() | ast.Await():
            return [Flow(names, parent, keys)]
        case ast.Dict():
            index = next((i for i, value in enumerate(parent.values) if value is node), None)
            key = parent.keys[index] if index is not None else node
            added = () if key is None else (key.value,) if isinstance(key, ast.Constant) else None
            is_value = index is not None and added is not None
            return [Flow(names, parent, (*added, *keys))] if is_value and added is not None else None
        case ast.List() | ast.Tuple():
            return [Flow(names, parent, (parent.elts.index(node), *keys))]
        case ast.Subscript(value=value, slice=ast.Constant(value=key)) if value is node and keys:
            return [Flow(names, parent, keys[1:])] if key == keys[0] else []
        case ast.Attribute(attr=attr, ctx=ast.Load()) if keys and isinstance(keys[0], tuple):
            is_same, is_special = (attr,) == keys[0], attr.startswith("__")
            return [Flow(names, parent, keys[1:])] if is_same else None if is_special else []
        case _:
            return None


def _all(parts: Iterable[list[Flow] | None]) -> list[Flow] | None:
    found: list[Flow] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found


def _assigned(flow: Flow, statement: ast.AST, target: ast.expr, found: Flows) -> list[Flow] | None:
    names, keys = flow.names, flow.keys
    if isinstance(target, ast.Tuple | ast.List) and keys and isinstance(keys[0], int):
        is_plain = not any(isinstance(each, ast.Starred) for each in target.elts)
        if is_plain and keys[0] < len(target.elts):
            return _assigned(Flow(names, flow.node, keys[1:]), statement, target.elts[keys[0]], found)
    if isinstance(target, ast.Attribute | ast.Subscript) and found.readers is not None:
        return [Flow(home, node, keys) for home, node in found.readers(names, target)]
    if not isinstance(target, ast.Name):
        return None
    following: list[Flow] = []
    for binding in _bindings(names, statement, target.id):
        following += _loads(names, binding, keys, found)
        if isinstance(binding.scope.node, ast.ClassDef):
            following += _of_class(names, binding.scope.node, ((target.id,), *keys))
    return following


def _bindings(names: Names, node: ast.AST, name: str) -> list[Binding]:
    """Return the bindings of a name that a statement, function or class makes."""
    return [binding for binding in names.bound_by.get(node, ()) if binding.name == name]


def _loads(names: Names, binding: Binding, keys: tuple[object, ...], found: Flows) -> list[Flow]:
    """Return every use of what is bound, in whatever module."""
    found.bound[names, binding] = None
    loads = names.loads.get(binding.name, ())
    following = [Flow(names, load, keys) for load in loads if binding in names.reaching(load)]
    if binding.scope is names.module and names.outside is not None:
        following += [Flow(owner, use, keys) for owner, use in names.outside.uses(names, binding.name)]
    return following


def _of_class(names: Names, owner: ast.ClassDef, keys: tuple[object, ...]) -> Iterator[Flow]:
    """Yield every use of a class, and of its instances within its methods."""
    found = Flows()
    for binding in _bindings(names, owner, owner.name):
        yield from _loads(names, binding, keys, found)
    for method in (each for each in owner.body if isinstance(each, Function)):
        listed = (*method.args.posonlyargs, *method.args.args)
        for binding in _bindings(names, method, listed[0].arg) if listed else ():
            yield from _loads(names, binding, keys, found)


def _given_back(flow: Flow, parent: ast.AST, found: Flows) -> list[Flow] | None:
    """Return the uses of the function or lambda that returns a value."""
    names, keys = flow.names, (_CALL, *flow.keys)
    if isinstance(parent, ast.Lambda):
        return [Flow(names, parent, keys)] if parent.body is flow.node else None
    function = next(each for each in names.enclosing(flow.node) if isinstance(each, Function))
    if function.decorator_list:
        return None
    found.functions[function] = None
    owner = names.parents.get(function)
    if isinstance(owner, ast.ClassDef):
        return list(_of_class(names, owner, ((function.name,), *keys))) or None
    bound = _bindings(names, function, function.name)
    # A function that nothing here calls is called from elsewhere.
    return [each for binding in bound for each in _loads(names, binding, keys, found)] or None


def _passed(flow: Flow, parent: ast.AST, found: Flows) -> list[Flow] | None:
    """Return the uses of the parameters that get a value, if all that is called is a function of the tree."""
    names, node = flow.names, flow.node
    call = parent if isinstance(parent, ast.Call) else names.parents.get(parent)
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "dict":
        is_entry = isinstance(parent, ast.keyword) and not names.reaching(call.func)
        arg = parent.arg if isinstance(parent, ast.keyword) else None
        return [Flow(names, call, (arg, *flow.keys) if arg else flow.keys)] if is_entry else None
    function: Function | None = call if isinstance(call, Function) else None
    home, spelled = names, ast.Call(node, [], [])
    if isinstance(call, ast.Call):
        is_made = is_partial(names, call)
        if is_made and call.args[0] is node:
            return [Flow(names, call, flow.keys)]
        named = call.args[0] if is_made else call.func
        spelled = ast.Call(named, call.args[1:], call.keywords) if is_made else call
        home, function = _function(names, named)
    if function is None or function.decorator_list or isinstance(home.parents.get(function), ast.ClassDef):
        return None
    found.functions[function] = None
    listed = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    given = [a for a in listed if passed_argument(function, spelled, a.arg) is node]
    bound = [b for a in given for b in _bindings(home, function, a.arg)]
    return [each for b in bound for each in _loads(home, b, flow.keys, found)] if bound else None


def _function(names: Names, named: ast.expr) -> tuple[Names, Function | None]:
    """Return the one function of the tree that a name means, with the names of its module."""
    bound = [(names, b) for b in names.reaching(named)] if isinstance(named, ast.Name) else []
    if not bound or (len(bound) == 1 and bound[0][1].kind is BindingKind.IMPORT):
        outside = names.outside
        qualified = names.qualified(named)
        bound = [each for one in qualified for each in outside.imported(names, one)] if outside else []
    home, node = (bound[0][0], bound[0][1].node) if len(bound) == 1 else (names, None)
    return home, node if isinstance(node, Function) else None

"""Where the value of an expression goes, to its ends; and what the callers of a function pass for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from migrator.understand.python.names import Names
from migrator.understand.python.scopes import Binding, BindingKind, Function
from migrator.understand.python.stores import is_maker

Callee = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_MOST_KEYS = 8
_CALL = object()
"""Stands among the keys for what a function gives when it is called."""


@dataclass(frozen=True, slots=True)
class Flow:
    """An expression that gives a value, or something in which the value stands under ``keys``.

    A key is that of an item; in a tuple, the name of an attribute.
    """

    names: Names
    node: ast.expr
    keys: tuple[object, ...] = ()


Following = Iterator[Flow | None]
"""Where a value goes from one place; None where that cannot be followed."""


class Flows:
    """The ways of values: ``ends`` is where they end, ``bound`` are the bindings through which they lead.

    They start at expressions and at the instances of classes. Nothing is followed beyond an expression for
    which ``is_end`` holds. ``readers`` tells what reads what is stored in an object, if that is followed.
    """

    def __init__(
        self,
        starts: Iterable[tuple[Names, ast.AST]],
        is_end: Callable[[ast.expr], bool] = lambda node: False,
        readers: Callable[[Names, ast.expr], Iterable[tuple[Names, ast.expr] | None]] | None = None,
    ) -> None:
        self._readers, self.is_end = readers, is_end
        self.ends: list[Flow] = []
        self.bound: dict[tuple[Names, Binding], None] = {}
        seen: dict[Flow, None] = {}
        for names, start in starts:
            uses = [Flow(names, start)] if isinstance(start, ast.expr) else self._of_class(names, start, ())
            seen |= dict.fromkeys(uses)
        waiting = list(seen)
        for flow in waiting:
            is_last = is_end(flow.node) or len(flow.keys) > _MOST_KEYS
            following = dict.fromkeys(self._next(flow)) if not is_last else {None: None}
            self.ends += [flow] if None in following else []
            fresh = dict.fromkeys(each for each in following if each is not None and each not in seen)
            waiting += fresh
            seen |= fresh

    def _next(self, flow: Flow) -> Following:
        names, node, keys = flow.names, flow.node, flow.keys
        parent = names.parents.get(node)
        match parent:
            case ast.Expr() | ast.If() | ast.While():
                return
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from self._assigned(flow, parent, target)
            case ast.AnnAssign(target=target):
                yield from self._assigned(flow, parent, target)
            case ast.Lambda() | ast.Return():
                yield from self._given_back(flow, parent)
            case ast.For(target=ast.Name(id=name)) | ast.comprehension(target=ast.Name(id=name)) if keys:
                yield from self._bound(names, parent if isinstance(parent, ast.For) else node, name, keys[1:])
            case ast.Call(func=func) if func is node:
                yield Flow(names, parent, keys[1:] if keys[:1] == (_CALL,) else keys)
            case ast.Call() | ast.keyword() | ast.arguments():
                yield from self._passed(flow, parent)
            case ast.ClassDef():
                yield from self._of_class(names, parent, keys)
            case _:
                yield from self._within(flow, parent) if isinstance(parent, ast.expr) else (None,)

    def _within(self, flow: Flow, parent: ast.expr) -> Following:
        names, node, keys = flow.names, flow.node, flow.keys
        match parent:
            case ast.NamedExpr(target=target):
                yield from self._assigned(flow, parent, target)
                yield Flow(names, parent, keys)
            case ast.IfExp() | ast.BoolOp() | ast.Await():
                yield Flow(names, parent, keys)
            case ast.Dict() if node in parent.values:
                key = parent.keys[parent.values.index(node)]
                is_told = key is None or isinstance(key, ast.Constant)
                added = (key.value,) if isinstance(key, ast.Constant) else ()
                yield Flow(names, parent, (*added, *keys)) if is_told else None
            case ast.List() | ast.Tuple():
                yield Flow(names, parent, (parent.elts.index(node), *keys))
            case ast.Subscript(value=value, slice=key) if value is node and keys:
                is_other = isinstance(key, ast.Constant) and key.value != keys[0]
                is_part = isinstance(key, ast.Slice)
                yield from () if is_other else (None if is_part else Flow(names, parent, keys[1:]),)
            case ast.Attribute(attr="get") if keys and isinstance(around := names.parents[parent], ast.Call):
                is_told = bool(around.args) and around.func is parent
                is_other = (
                    is_told and isinstance(key := around.args[0], ast.Constant) and key.value != keys[0]
                )
                yield from () if is_other else (Flow(names, around, keys[1:]) if is_told else None,)
            case ast.Attribute(attr="value") if not keys:
                # Of a member of an enumeration; texts have no such attribute.
                yield Flow(names, parent)
            case ast.Attribute(attr=attr, ctx=ast.Load()) if keys and isinstance(keys[0], tuple):
                is_other = (attr,) != keys[0] and not attr.startswith("__")
                yield from (
                    () if is_other else (Flow(names, parent, keys[1:]) if (attr,) == keys[0] else None,)
                )
            case _:
                yield None

    def _assigned(self, flow: Flow, statement: ast.AST, target: ast.expr) -> Following:
        names, keys = flow.names, flow.keys
        match target:
            case ast.Name():
                uses = list(self._bound(names, statement, target.id, keys))
                # What stands in something that nothing uses here is there for others.
                yield from uses or ((None,) if keys and self._readers is not None else ())
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if keys and isinstance(keys[0], int):
                is_plain = keys[0] < len(parts) and not any(isinstance(each, ast.Starred) for each in parts)
                inner = Flow(names, flow.node, keys[1:])
                yield from self._assigned(inner, statement, parts[keys[0]]) if is_plain else (None,)
            case _:
                is_followed = self._readers is not None and isinstance(target, ast.Attribute | ast.Subscript)
                found = self._readers(names, target) if self._readers is not None and is_followed else ()
                yield from (Flow(*each, keys) if each is not None else None for each in found)
                yield from () if is_followed else (None,)

    def _bound(self, names: Names, node: ast.AST, name: str, keys: tuple[object, ...]) -> Iterator[Flow]:
        """Yield every use, in whatever module, of a name that a statement, function or class binds."""
        for binding in names.bound_by.get(node, ()):
            if binding.name == name:
                self.bound[names, binding] = None
                yield from (Flow(names, load, keys) for load in names.loads_of(name).get(binding, ()))
                if binding.scope is names.module:
                    yield from (Flow(owner, use, keys) for owner, use in names.outside.uses(names, name))
                owner = binding.scope.node
                if isinstance(owner, ast.ClassDef) and node is not owner:
                    yield from self._of_class(names, owner, ((name,), *keys))

    def _of_class(self, names: Names, owner: ast.AST, keys: tuple[object, ...]) -> Iterator[Flow]:
        """Yield every use of a class, and of its instances within its methods."""
        assert isinstance(owner, ast.ClassDef)  # noqa: S101 - as its callers saw
        yield from self._bound(names, owner, owner.name, keys)
        for method in (each for each in owner.body if isinstance(each, Function)):
            for argument in (*method.args.posonlyargs, *method.args.args)[:1]:
                yield from self._bound(names, method, argument.arg, keys)

    def _given_back(self, flow: Flow, parent: ast.AST) -> Following:
        names, keys = flow.names, (_CALL, *flow.keys)
        if isinstance(parent, ast.Lambda):
            yield Flow(names, parent, keys) if parent.body is flow.node else None
            return
        function = next(each for each in names.enclosing(flow.node) if isinstance(each, Function))
        given = manner(names, function)
        keys = flow.keys if given == "property" else keys
        uses = list(self._bound(names, function, function.name, keys)) if given is not None else []
        # A function that nothing here calls is called from elsewhere.
        yield from uses or (None,)

    def _passed(self, flow: Flow, parent: ast.AST) -> Following:
        """Yield the uses of the parameters that get a value, if what is called is a function of the tree."""
        names, node, home = flow.names, flow.node, flow.names
        call = parent if isinstance(parent, ast.Call) else names.parents.get(parent)
        arg = parent.arg if isinstance(parent, ast.keyword) else None
        function: ast.AST | None = call
        spelled = ast.Call(node, [], [])
        if isinstance(call, ast.Call):
            is_space = is_namespace(names, call)
            if isinstance(parent, ast.keyword) and (is_space or ast.unparse(call.func) == "dict"):
                key = (arg,) if is_space else arg
                yield Flow(names, call, (key, *flow.keys) if arg else flow.keys)
                return
            if flow.keys and (is_builtin(names, call.func, "iter") or is_builtin(names, call.func, "next")):
                yield Flow(names, call, flow.keys[is_builtin(names, call.func, "next") :])
                return
            is_made = is_partial(names, call)
            if is_made and call.args[0] is node:
                yield Flow(names, call, flow.keys)
                return
            named = call.args[0] if is_made else call.func
            spelled = ast.Call(named, call.args[1:], call.keywords) if is_made else call
            home, function = _function(names, named)
        is_plain = isinstance(function, Function) and not function.decorator_list
        if (
            is_plain
            and isinstance(function, Function)
            and not isinstance(home.parents[function], ast.ClassDef)
        ):
            listed = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
            given = [a.arg for a in listed if passed_argument(function, spelled, a.arg) is node]
            yield from (use for name in given for use in self._bound(home, function, name, flow.keys))
            yield from () if given else (None,)
        else:
            yield None


def _function(names: Names, named: ast.expr) -> tuple[Names, ast.AST | None]:
    """Return what the one binding of a name binds, with the names of its module."""
    bound = [(names, b) for b in names.reaching(named)] if isinstance(named, ast.Name) else []
    if all(binding.kind is BindingKind.IMPORT for _, binding in bound):
        qualified = names.qualified(named)
        bound = [each for one in qualified for each in names.outside.imported(names, one)]
    return (bound[0][0], bound[0][1].node) if len(bound) == 1 else (names, None)


def is_settled(names: Names, site: ast.AST) -> bool:
    """Tell whether what stands in an object is changed by nothing but stores that are told as such."""
    found = Flows([(names, site)])
    for home, binding in found.bound:
        is_open = home.outside.is_mentioned(home, binding.name) or home.is_reflected(binding.name)
        if binding.scope is home.module and is_open:
            return False
    return isinstance(site, ast.Tuple) or all(not end.keys and _is_read(end, site) for end in found.ends)


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


def all_arguments(names: Names, callee: Callee, parameter: str) -> tuple[tuple[Names, ast.expr], ...] | None:
    """Return what every caller passes, with the names of its module; None where that is not certain.

    It is not certain for methods, decorated functions, functions used other than by a plain call,
    and calls with ``*`` or ``**``.
    """
    parent = names.parents.get(callee)
    is_plain = isinstance(callee, ast.ClassDef) or not callee.decorator_list
    if not is_plain or isinstance(parent, ast.ClassDef):
        return None
    if names.is_reflected(callee.name):
        return None
    uses: list[tuple[Names, ast.expr]] = [
        (names, load) for load in names.loads.get(callee.name, ()) if _means(names, load, callee)
    ]
    if isinstance(parent, ast.Module):
        if names.outside.is_mentioned(names, callee.name):
            return None
        uses += names.outside.uses(names, callee.name)
    found = []
    for owner, use in uses:
        argument = _passed_at(owner, use, callee, parameter)
        if argument is None:
            return None
        found.append((owner, argument))
    return tuple(found)


def _means(names: Names, load: ast.Name, callee: Callee) -> bool:
    return any(binding.node is callee for binding in names.reaching(load))


def _passed_at(names: Names, use: ast.expr, callee: Callee, parameter: str) -> ast.expr | None:
    """Return what the call of ``use`` passes, also where ``functools.partial`` makes it."""
    call = names.parents.get(use)
    if not isinstance(call, ast.Call) or (isinstance(use, ast.Name) and len(names.reaching(use)) > 1):
        return None
    if call.func is use:
        return passed_argument(callee, call, parameter)
    if not is_partial(names, call) or call.args[0] is not use:
        return None
    argument = passed_argument(callee, ast.Call(use, call.args[1:], call.keywords), parameter)
    # What a partial function is given later takes the place of what it has.
    later = names.parents.get(call)
    is_bare = isinstance(later, ast.Call) and later.func is call and not later.args and not later.keywords
    return argument if is_bare or _is_called_bare(names, later) else None


def _is_called_bare(names: Names, holder: ast.AST | None) -> bool:
    """Tell whether all that is done with what an assignment binds is to call it without arguments."""
    target = holder.targets[0] if isinstance(holder, ast.Assign) else None
    if not isinstance(target, ast.Name) or not isinstance(holder, ast.Assign) or len(holder.targets) > 1:
        return False
    if names.outside.uses(names, target.id):
        return False
    calls = [names.parents.get(load) for load in names.loads.get(target.id, ())]
    return all(isinstance(call, ast.Call) and not call.args and not call.keywords for call in calls)


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
    if not function.decorator_list:
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


def _signature(callee: Callee) -> ast.arguments:
    if not isinstance(callee, ast.ClassDef):
        return callee.args
    fields = [statement for statement in callee.body if isinstance(statement, ast.AnnAssign)]
    listed = [ast.arg(field.target.id) for field in fields if isinstance(field.target, ast.Name)]
    defaults = [field.value for field in fields if field.value is not None]
    return ast.arguments([], listed, None, [], [], None, defaults)


def passed_argument(callee: Callee, call: ast.Call, parameter: str) -> ast.expr | None:
    """Return what one call passes for a parameter, its default included; None where that is not certain."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    spec = _signature(callee)
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    if parameter in positional:
        index = positional.index(parameter)
        if index < len(call.args):
            return call.args[index]
        from_end = index - len(positional)
        return spec.defaults[from_end] if -from_end <= len(spec.defaults) else None
    index = [a.arg for a in spec.kwonlyargs].index(parameter)
    return spec.kw_defaults[index]

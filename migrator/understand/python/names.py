"""Names of one Python text: which bindings reach a use, or surely do, and what an import makes of it."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from functools import wraps
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar, cast

from migrator.understand.python.reflection import (
    NAMESPACES,
    SHELL,
    is_namespace,
    open_bindings,
)
from migrator.understand.python.scopes import (
    CALLED,
    LOOP,
    Binding,
    BindingKind,
    Branch,
    Function,
    Scope,
    Use,
    Walked,
    is_told,
)
from migrator.understand.texts import Text

if TYPE_CHECKING:
    from migrator.understand.python.modules import Modules


_Method = TypeVar("_Method", bound=Callable[..., Any])


def kept(method: _Method) -> _Method:
    """Keep what a method concludes, in ``concluded`` of its object, until that is cleared."""
    name = method.__name__

    @wraps(method)
    def asked(self: Any, *args: object) -> Any:
        concluded = self.concluded[name]
        try:
            return concluded[args]
        except KeyError:
            pass
        concluded[args] = found = method(self, *args)
        return found

    return cast(_Method, asked)


class Names(Walked):
    """Which bindings reach each name of a module.

    Answers are approximations on the safe side: where several may reach a use, all of them are given.
    """

    def __init__(self, text: Text, tree: ast.Module, outside: Modules) -> None:
        """Walk the whole tree once. Raises RecursionError where it is nested too deeply."""
        super().__init__(tree)
        self.text = text
        #: The modules around this one.
        self.outside = outside
        self.parents: dict[ast.AST, ast.AST] = {}
        for node in (nodes := list[ast.AST]([tree])):
            for value in vars(node).values():
                for child in value if isinstance(value, list) else (value,):
                    if isinstance(child, ast.AST):
                        self.parents[child] = node
                        nodes.append(child)
        self.module.open += open_bindings(self, self.parents)
        self.concluded: defaultdict[str, dict[object, Any]] = defaultdict(dict)
        #: What ``partial`` makes, and is called once: the call has its keywords.
        self.filled: dict[ast.Call, ast.Call] = {
            found: call for call in self.calls if (found := self._partial(call)) is not None
        }
        for partial, call in self.filled.items():
            given = {keyword.arg for keyword in call.keywords}
            call.keywords[:0] = [each for each in partial.keywords if each.arg not in given]

    def _partial(self, call: ast.Call) -> ast.Call | None:
        """Return the call of ``partial`` that makes what ``call`` alone calls; it gives keywords only."""
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        bindings = self.module.bindings.get(name, ()) if len(self.loads.get(name, ())) == 1 else ()
        made = bindings[0].value if len(bindings) == 1 and not bindings[0].branch else None
        if not isinstance(made, ast.Call) or len(made.args) != 1 or call.args or self.module.open:
            return None
        base, path = _base(made.func)
        imports = self.module.bindings.get(base.id, ()) if isinstance(base, ast.Name) else ()
        is_partial = [one.qualified + path for one in imports] == ["functools.partial"]
        is_plain = all(each.arg for each in (*made.keywords, *call.keywords))
        return made if is_partial and is_plain and self.uses[call].scope is self.module else None

    def holds(self, node: ast.AST) -> bool:
        """Tell whether a node stands in this module, or is its tree."""
        return node in self.parents or node is self.tree

    @kept
    def reaching(self, node: ast.Name) -> tuple[Binding, ...]:
        """Return the bindings that may give ``node`` its value, latest first; empty if none is known."""
        use = self.uses.get(node)
        return self.reaching_at(node.id, use) if use else ()

    @kept
    def loads_of(self, name: str) -> Mapping[Binding, list[ast.Name]]:
        """Return the uses of a name that each binding may reach."""
        found: dict[Binding, list[ast.Name]] = {}
        for load in self.loads.get(name, ()):
            for one in self.reaching(load):
                found.setdefault(one, []).append(load)
        return found

    def reaching_at(self, name: str, use: Use) -> tuple[Binding, ...]:
        """Return the bindings that may give ``name`` its value at ``use``."""
        scope: Scope | None = use.scope
        while scope is not None:
            scope = scope.declared.get(name, scope)
            is_visible = scope is use.scope or not isinstance(scope.node, ast.ClassDef)
            listed = scope.bindings.get(name, ()) if scope is not self.module else self.of_module(name)
            if bindings := listed if is_visible else ():
                is_inline = _is_inline(scope, use.scope)
                found = self._last(scope, name, use) if is_inline else tuple(reversed(bindings))
                if found or (scope is use.scope and name in scope.bindings):
                    return found
            scope = scope.parent
        return ()

    def _last(self, scope: Scope, name: str, use: Use) -> tuple[Binding, ...]:
        own, called = self._parted(scope, name)
        return tuple(dict.fromkeys((*_reaching(own, use), *called)))

    @kept
    def _parted(self, scope: Scope, name: str) -> tuple[list[Binding], list[Binding]]:
        listed = scope.bindings.get(name, ()) if scope is not self.module else self.of_module(name)
        return [each for each in listed if not is_called(each)], [each for each in listed if is_called(each)]

    @kept
    def of_module(self, name: str) -> Sequence[Binding]:
        """Return all that may ever bind a name of the module by its own code, in the order of execution."""
        listed = self.module.bindings.get(name, ())
        # A program that replaces a built-in function without saying so is not looked for.
        if not listed and is_builtin_name(name):
            return ()
        found = (*listed, *(one for one in self.module.open if self._may_bind(one, name)))
        return sorted(found, key=lambda one: one.order)

    def is_reflected(self, name: str) -> bool:
        """Tell whether a name of the module may be read by its text, as by ``globals()`` or ``eval``."""
        if any(not text or is_mentioned(text, name) for text in self._run()):
            return True
        for used in (used for word in NAMESPACES for used in self.loads.get(word, ())):
            call = self.parents.get(used)
            if is_namespace(call, self.uses[used]) and call is not None:
                match self.parents.get(call):
                    case ast.Subscript(slice=ast.Constant(value=str() as key)) if key != name:
                        pass
                    case ast.Compare():
                        pass
                    case _:
                        return True
        return False

    @kept
    def _run(self) -> list[str]:
        """Return the texts that are run as code, other than IPython's lines; a blank one for any."""
        listed = (one for one in self.module.open if one.kind is BindingKind.CODE)
        return [one.name for one in listed if SHELL not in ast.unparse(one.node)]

    def _may_bind(self, binding: Binding, name: str) -> bool:
        if binding.kind is not BindingKind.STAR:
            return not binding.name or is_mentioned(binding.name, name)
        return self.outside.star(self, binding.qualified, name)

    def visible(self, node: ast.expr) -> Iterator[str]:
        """Yield every name that some scope around ``node`` binds, innermost scope first."""
        scopes = self.uses[node].scope.outward()
        yield from dict.fromkeys(name for scope in scopes for name in scope.bindings)

    def enclosing(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the ancestors of ``node``, nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    @kept
    def qualified(self, node: ast.expr) -> tuple[str, ...]:
        """Return the dotted names that an expression such as ``b.models.X`` may stand for.

        Only names that lead to an import are resolved; others give an empty tuple.
        """
        found: list[str] = []
        followed: set[Binding] = set()
        waiting = [(node, "")]
        known = self.concluded["qualified"]
        for expression, tail in waiting:
            if (expression,) in known:  # so that a long chain is followed once
                found += [name + tail for name in known[expression,]]
                continue
            base, path = _base(expression)
            if not isinstance(base, ast.Name) or not self._may_lead_to_import(base.id):
                continue
            bindings = self.reaching(base)
            found += [b.qualified + path + tail for b in bindings if b.kind is BindingKind.IMPORT]
            stars = (b.qualified for b in bindings if b.kind is BindingKind.STAR)
            found += [f"{module}.{base.id}{path}{tail}" for module in stars]
            aliases = [b for b in bindings if b.kind is BindingKind.ASSIGNMENT and b not in followed]
            followed.update(aliases)
            values = [b.value for b in aliases if b.value is not None]
            waiting += [
                (v.args[0] if isinstance(v, ast.Call) and v in self.filled else v, path + tail)
                for v in values
            ]
        return tuple(dict.fromkeys(found))

    def _may_lead_to_import(self, name: str) -> bool:
        leading = self._leading()
        return name in leading or "*" in leading

    @kept
    def _leading(self) -> Set[str]:
        """Return the names that some scope binds to an import or to another name; ``*`` for any."""
        bindings = (binding for made in self.bound_by.values() for binding in made)
        return {
            "*" if one.kind is BindingKind.STAR else one.name
            for one in bindings
            if one.kind in (BindingKind.IMPORT, BindingKind.STAR)
            or isinstance(one.value, ast.Name | ast.Attribute)
            or one.value in self.filled
        }


def _base(node: ast.expr) -> tuple[ast.expr, str]:
    """Return what stands before the dots of ``a.b.c``, and the dots with the names behind them."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return node, "".join(f".{part}" for part in reversed(parts))


def _is_inline(scope: Scope, use: Scope) -> bool:
    """Tell whether code of ``use`` runs at its place in ``scope``, as a class body or comprehension does."""
    between = takewhile(lambda each: each is not scope, use.outward())
    return not any(isinstance(each.node, Function | ast.Lambda) for each in between)


def _reaching(bindings: Sequence[Binding], use: Use) -> Iterator[Binding]:
    """Yield the bindings of one scope's own code that may be the last one before ``use``, latest first.

    They come in the order of execution, and only those near the use are looked at.
    """
    index = bisect_left(bindings, use.order, key=lambda one: one.order)
    before: list[Binding] = []
    certain: Branch = ()
    for binding in map(bindings.__getitem__, range(index - 1, -1, -1)):
        before.append(binding)
        if is_told(binding) and use.is_on(binding.branch):
            certain = binding.branch
            break
    # What an earlier turn of a loop bound is still there, unless each turn binds the name anew.
    turns = {part for part in use.branch if part[1] == LOOP}.difference(certain)
    yield from (b for b in before if turns.intersection(b.branch) or not _excludes(b, use))
    later = (b for b in map(bindings.__getitem__, range(index, len(bindings))) if b.order > use.order)
    yield from takewhile(lambda one: turns.intersection(one.branch), later if turns else ())


def is_called(binding: Binding) -> bool:
    """Tell whether code of another scope makes a binding, at any time."""
    return bool(binding.branch) and binding.branch[0][1] == CALLED


def _excludes(binding: Binding, use: Use) -> bool:
    """Tell whether the binding stands in another arm of an ``if`` or ``match`` than the use."""
    arms = dict(binding.branch)
    return bool(arms) and any(
        node in arms and arms[node] != arm and arm.startswith(("if", "case")) for node, arm in use.branch
    )


def is_mentioned(text: str, name: str) -> bool:
    """Tell whether a name stands in a text as a word."""
    word = re.escape(name)
    # What begins with a literal is found faster than what begins with \b.
    return name in text and re.search(rf"{word}(?<!\w{word})(?!\w)", text) is not None


def is_builtin_name(name: str) -> bool:
    """Tell whether a name that no module binds is one of Python's own."""
    return hasattr(builtins, name)


def may_star(module: str, name: str) -> bool:
    """Tell whether a star import of a module that was not read may bind ``name``.

    The SDK's models are classes, which are named in CamelCase.
    """
    return not module.startswith("azure.") or (name[:1].isupper() and not name[1:].isupper())


def bound(names: Names, name: str, at: ast.expr) -> tuple[Binding, ...]:
    """Return all bindings that may give ``name`` its value at ``at``; none unless it surely has one.

    It has one where a binding precedes ``at`` on every path, or where code that runs before it on the same
    path, or in the same statement, needs the name already.
    """
    use = names.uses[at]
    scope = scope_of(name, use)
    found = names.reaching_at(name, use) if scope is not None else ()
    own = [one for one in found if one.scope is scope and is_told(one) and not is_called(one)]
    is_sure = scope is not None and _is_preceded(names, use, scope, own)
    return found if is_sure or _is_needed(names, name, at) else ()


def scope_of(name: str, use: Use) -> Scope | None:
    """Return the scope whose name ``name`` is at ``use``; None if none binds it by name."""
    for scope in use.scope.outward():
        owner = scope.declared.get(name, scope)
        is_visible = scope is use.scope or not isinstance(scope.node, ast.ClassDef)
        if owner is not scope or (is_visible and name in scope.bindings):
            return owner
    return None


def _is_preceded(names: Names, use: Use, scope: Scope, bindings: Collection[Binding]) -> bool:
    """Tell whether, when the code of ``use`` runs, one of the ``bindings`` in ``scope`` ran surely before.

    The code of a function runs after its definition, and not before its name is used.
    """

    def is_after_one(start: Use) -> bool:
        return any(one.order < start.order and start.is_on(one.branch) for one in bindings)

    function = _outermost(use.scope, scope)
    if function is None:
        return is_after_one(use)
    if not isinstance(function.node, Function) or function.parent is None:
        return isinstance(function.node, ast.expr) and is_after_one(names.uses[function.node])
    made = [one for one in function.parent.bindings[function.node.name] if one.node is function.node]
    end = Use(scope, sys.maxsize, ())
    return any(is_after_one(Use(scope, one.order, one.branch)) for one in made) or all(
        map(is_after_one, (end, *_calls(names, function.node, scope, set())))
    )


def _calls(names: Names, function: Function, scope: Scope, seen: set[ast.AST]) -> Iterator[Use]:
    """Yield where code of ``scope`` itself may call a function first, or give it to what may call it."""
    seen.add(function)
    parts: list[Function | ast.ClassDef] = [function]
    for outer in names.enclosing(function):
        if outer is scope.node:
            break
        parts += [outer] if isinstance(outer, ast.ClassDef) else []
    yield from (names.uses[each] for part in parts for each in part.decorator_list)
    loads = (load for part in parts for load in names.loads.get(part.name, ()))
    for use in (names.uses[load] for load in loads if load in names.uses):
        inner = _outermost(use.scope, scope)
        if inner is None:
            yield use
        elif isinstance(inner.node, ast.expr):
            yield names.uses[inner.node]
        elif isinstance(inner.node, Function) and inner.node not in seen:
            yield from _calls(names, inner.node, scope, seen)


def _outermost(inner: Scope, outer: Scope) -> Scope | None:
    """Return the outermost function or lambda around ``inner`` that stands in ``outer``, if there is one."""
    between = takewhile(lambda each: each is not outer, inner.outward())
    return next((each for each in [*between][::-1] if isinstance(each.node, Function | ast.Lambda)), None)


def _is_needed(names: Names, name: str, at: ast.expr) -> bool:
    """Tell whether code that runs surely before ``at``, or together with it, uses the name already."""
    use, statement = names.uses[at], _statement(names, at)
    loads = [load for load in names.loads.get(name, ()) if load in names.uses]
    together = (load for load in loads if names.uses[load].scope is use.scope)
    return any(
        (load.lineno, load.col_offset) < (at.lineno, at.col_offset) or _statement(names, load) is statement
        for load in together
        if use.is_on(names.uses[load].branch)
    )


def _statement(names: Names, node: ast.expr) -> ast.AST | None:
    return next((each for each in names.enclosing(node) if isinstance(each, ast.stmt)), None)

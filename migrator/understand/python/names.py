"""Names of one Python text: which bindings reach a use, and what an import makes of it."""

from __future__ import annotations

import ast
import builtins
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar, cast

from migrator.understand.python.reflection import NAMESPACES, is_namespace, open_bindings
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

    @wraps(method)
    def asked(self: Any, *args: object) -> Any:
        concluded = self.concluded.setdefault(method.__name__, {})
        if args not in concluded:
            concluded[args] = method(self, *args)
        return concluded[args]

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
            children = list(ast.iter_child_nodes(node))
            self.parents |= dict.fromkeys(children, node)
            nodes += children
        self.module.open += open_bindings(self, self.parents)
        self.concluded: dict[str, dict[object, Any]] = {}

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
        """Tell whether a name of the module may be read by its text, as ``globals()`` gives it."""
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
            if not isinstance(base, ast.Name):
                continue
            bindings = self.reaching(base)
            found += [b.qualified + path + tail for b in bindings if b.kind is BindingKind.IMPORT]
            stars = (b.qualified for b in bindings if b.kind is BindingKind.STAR)
            found += [f"{module}.{base.id}{path}{tail}" for module in stars]
            aliases = [b for b in bindings if b.kind is BindingKind.ASSIGNMENT and b not in followed]
            followed.update(aliases)
            waiting += [(b.value, path + tail) for b in aliases if b.value is not None]
        return tuple(dict.fromkeys(found))


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
    return any(
        node in arms and arms[node] != arm and arm.startswith(("if", "case")) for node, arm in use.branch
    )


def is_mentioned(text: str, name: str) -> bool:
    """Tell whether a name stands in a text as a word."""
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def is_builtin_name(name: str) -> bool:
    """Tell whether a name that no module binds is one of Python's own."""
    return hasattr(builtins, name)


def may_star(module: str, name: str) -> bool:
    """Tell whether a star import of a module that was not read may bind ``name``.

    The SDK's models are classes, which are named in CamelCase.
    """
    return not module.startswith("azure.") or (name[:1].isupper() and not name[1:].isupper())

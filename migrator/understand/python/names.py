"""Names of one Python text: which bindings reach a use, and what an import makes of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Protocol

from migrator.understand.python.scopes import (
    CALLED,
    LOOP,
    Binding,
    BindingKind,
    Branch,
    Function,
    Scope,
    Use,
    walk,
)

_EXCLUSIVE = ("if", "case")


class Outside(Protocol):
    """What other modules say about the names of one."""

    def imported(self, names: Names, qualified: str) -> tuple[tuple[Names, Binding], ...]:
        """Return the bindings behind an imported name, each with the names of its module."""

    def arguments(
        self, names: Names, function: Function, parameter: str
    ) -> tuple[tuple[Names, ast.expr], ...] | None:
        """Return what callers elsewhere pass for a parameter; None where that is not certain."""


class Names:
    """Which bindings reach each name of a module.

    ``tree`` is the parsed module. Answers are approximations on the safe side: where several
    bindings may reach a use, all of them are given.
    """

    def __init__(self, tree: ast.Module) -> None:
        """Walk the whole tree once. Raises RecursionError where it is nested too deeply."""
        self.tree = tree
        #: The modules around this one, if they were read.
        self.outside: Outside | None = None
        self._walked = walk(tree)
        self.module = self._walked.module
        self.uses = self._walked.uses
        self.calls = self._walked.calls
        self.loads = self._walked.loads
        #: What ``values`` found an expression to be, by the steps that it had left.
        self.values: dict[tuple[ast.expr, int], object] = {}
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def reaching(self, node: ast.Name) -> tuple[Binding, ...]:
        """Return the bindings that may give ``node`` its value, latest first; empty if none is known."""
        use = self.uses.get(node)
        return self.reaching_at(node.id, use) if use else ()

    def reaching_at(self, name: str, use: Use) -> tuple[Binding, ...]:
        """Return the bindings that may give ``name`` its value at ``use``."""
        scope: Scope | None = use.scope
        while scope is not None:
            scope = scope.declared.get(name, scope)
            is_visible = scope is use.scope or not isinstance(scope.node, ast.ClassDef)
            if is_visible and name in scope.bindings:
                bindings = scope.bindings[name]
                found = (
                    _reaching(bindings, use) if _is_inline(scope, use.scope) else tuple(reversed(bindings))
                )
                if found or scope is use.scope:
                    return found
            scope = scope.parent
        return ()

    def use_of(self, node: ast.expr) -> Use:
        """Return where ``node``, any visited expression, is evaluated."""
        return self.uses[node]

    def visible(self, node: ast.expr) -> Iterator[str]:
        """Yield every name that some scope around ``node`` binds, innermost scope first."""
        scope: Scope | None = self.uses[node].scope
        seen: set[str] = set()
        while scope is not None:
            yield from (name for name in scope.bindings if name not in seen)
            seen.update(scope.bindings)
            scope = scope.parent

    def enclosing(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the ancestors of ``node``, nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def qualified(self, node: ast.expr) -> tuple[str, ...]:
        """Return the dotted names that an expression such as ``b.models.X`` may stand for.

        Only names that lead to an import are resolved; others give an empty tuple.
        """
        found: list[str] = []
        followed: set[Binding] = set()
        waiting = [(node, "")]
        for expression, tail in waiting:
            base, path = _base(expression)
            if not isinstance(base, ast.Name):
                continue
            bindings = self.reaching(base)
            found += [b.qualified + path + tail for b in bindings if b.kind is BindingKind.IMPORT]
            if not bindings:
                found += [f"{module}.{base.id}{path}{tail}" for module in self.module.star_imports]
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
    current: Scope | None = use
    while current is not None and current is not scope:
        if isinstance(current.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return False
        current = current.parent
    return True


def _reaching(bindings: Iterable[Binding], use: Use) -> tuple[Binding, ...]:
    found = []
    for binding in reversed([b for b in bindings if b.order < use.order]):
        if _excludes(binding.branch, use.branch):
            continue
        found.append(binding)
        if use.branch[: len(binding.branch)] == binding.branch:
            break
    loops = {part for part in use.branch if part[1] == LOOP}
    found += [b for b in bindings if b.order > use.order and loops.intersection(b.branch)]
    found += [b for b in bindings if b.branch and b.branch[0][1] == CALLED]
    return tuple(dict.fromkeys(found))


def _excludes(one: Branch, other: Branch) -> bool:
    arms = dict(one)
    return any(node in arms and arms[node] != arm and arm.startswith(_EXCLUSIVE) for node, arm in other)

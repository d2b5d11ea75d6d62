"""Scopes of one Python text and the bindings in them, in the order of execution."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

Branch = tuple[tuple[int, str], ...]
Function = ast.FunctionDef | ast.AsyncFunctionDef

LOOP = "loop"
# A binding made by code of another scope, which may run at any time or never.
CALLED = "called"


class BindingKind(StrEnum):
    """What gives a name its value."""

    IMPORT = "import"
    ASSIGNMENT = "assignment"
    PARAMETER = "parameter"
    FUNCTION = "function"
    CLASS = "class"
    OPEN_FILE = "with"
    STAR = "star import"
    OTHER = "other"
    #: Something may bind the name that does not show it: ``globals()``, papermill.
    ANYTHING = "anything"
    #: So may code that is not read, which may also store into objects: ``exec``, ``%run``.
    CODE = "code"


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One event that binds a name; ``order`` counts events in the order of execution.

    ``part_of`` is what the name gets an element of, as in a loop. Of ANYTHING and CODE, ``name`` is the
    text that must mention a name to bind it, blank if it need not.
    """

    name: str
    kind: BindingKind
    node: ast.AST
    scope: Scope
    order: int
    branch: Branch
    value: ast.expr | None = None
    qualified: str = ""
    part_of: ast.expr | None = None


def is_told(binding: Binding) -> bool:
    """Tell whether a binding surely binds its name, where it runs: a star import only may."""
    return binding.kind not in (BindingKind.STAR, BindingKind.ANYTHING, BindingKind.CODE)


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class, function, lambda or comprehension; ``declared`` names belong to other scopes.

    ``open`` are the bindings of names that are not told: star imports and the like.
    """

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    declared: dict[str, Scope] = field(default_factory=dict)
    open: list[Binding] = field(default_factory=list)

    def outward(self) -> Iterator[Scope]:
        """Yield the scope and those around it, innermost first."""
        yield self
        if self.parent is not None:
            yield from self.parent.outward()


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """Where in the order of execution an expression is evaluated."""

    scope: Scope
    order: int
    branch: Branch

    def is_on(self, branch: Branch) -> bool:
        """Tell whether what runs on ``branch`` runs surely where this is reached."""
        return self.branch[: len(branch)] == branch


class Walked:
    """What one walk over a module gathers. Raises RecursionError where it is nested too deeply."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.module = Scope(tree, None)
        self.uses: dict[ast.expr, Use] = {}
        self.calls: list[ast.Call] = []
        self.loads: dict[str, list[ast.Name]] = {}
        #: Every attribute that is read, by its name.
        self.reads: dict[str, list[ast.Attribute]] = {}
        #: Every dotted name that an import statement names, in any scope.
        self.imports: set[str] = set()
        #: The bindings that each statement, function or class makes.
        self.bound_by: dict[ast.AST, list[Binding]] = {}
        _Walk(self).visit_block(tree.body)


_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_MAYBE = "maybe"


class _Walk(ast.NodeVisitor):
    """Fill a Walked: every expression gets its use, every binding its place in the order."""

    def __init__(self, walked: Walked) -> None:
        self.walked = walked
        self.scope = walked.module
        self.branch: Branch = ()
        self.order = 0

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self.walked.uses[node] = Use(self.scope, self.order, self.branch)
        if node._fields and not isinstance(node, ast.Constant):
            super().visit(node)

    def bind(
        self,
        name: str,
        kind: BindingKind,
        node: ast.AST,
        value: ast.expr | None = None,
        qualified: str = "",
        part_of: ast.expr | None = None,
    ) -> None:
        scope = self.scope.declared.get(name, self.scope)
        branch = self.branch if scope is self.scope else ((id(scope.node), CALLED),)
        self.order += 1
        binding = Binding(name, kind, node, scope, self.order, branch, value, qualified, part_of)
        listed = scope.open if kind is BindingKind.STAR else scope.bindings.setdefault(name, [])
        listed.append(binding)
        self.walked.bound_by.setdefault(node, []).append(binding)
        self.order += 1

    def visit_block(self, body: Iterable[ast.AST], *arm: tuple[int, str]) -> None:
        outer, self.branch = self.branch, (*self.branch, *arm)
        for node in body:
            self.visit(node)
        self.branch = outer

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.walked.loads.setdefault(node.id, []).append(node)
        else:
            self.bind(node.id, BindingKind.OTHER, node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self.walked.reads.setdefault(node.attr, []).append(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.walked.calls.append(node)
        self.generic_visit(node)
        self.order += 1

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._target(target, node, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self._target(node.target, node, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        inner, branch = self.scope, self.branch
        while isinstance(self.scope.node, _COMPREHENSIONS) and self.scope.parent is not None:
            self.scope, self.branch = self.scope.parent, (*branch, (id(node), _MAYBE))
        self._target(node.target, node, node.value)
        self.scope, self.branch = inner, branch

    def visit_BoolOp(self, node: ast.BoolOp | ast.Compare) -> None:
        is_chain = isinstance(node, ast.Compare)
        operands = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.values
        self.visit_block(operands[: 1 + is_chain])
        self.visit_block(operands[1 + is_chain :], (id(node), _MAYBE))

    visit_Compare = visit_BoolOp  # noqa: N815 - the visitor's own spelling

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit_block(ast.iter_child_nodes(node), (id(node), _MAYBE))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self.visit_block((node.body,), (id(node), "if body"))
        self.visit_block((node.orelse,), (id(node), "if else"))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.walked.loads.setdefault(node.target.id, []).append(node.target)
        self.visit(node.target)

    def _target(
        self, target: ast.expr, node: ast.AST, value: ast.expr | None, part_of: ast.expr | None = None
    ) -> None:
        """Bind what gets ``value``, or where that is None an element of ``part_of``."""
        match target:
            case ast.Name():
                self.walked.uses[target] = Use(self.scope, self.order, self.branch)
                kind = BindingKind.ASSIGNMENT if value is not None else BindingKind.OTHER
                self.bind(target.id, kind, node, value, part_of=part_of)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
                is_starred = any(isinstance(part, ast.Starred) for part in (*parts, *values))
                if len(values) == len(parts) and not is_starred:
                    for part, part_value in zip(parts, values, strict=True):
                        self._target(part, node, part_value)
                else:
                    for part in parts:
                        self._target(part, node, None, value or part_of)
            case ast.Starred(value=inner):
                self._target(inner, node, None, value or part_of)
            case _:
                self.visit(target)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            qualified = f"{module}.{alias.name}" if module.strip(".") else module + alias.name
            self.walked.imports.add(qualified)
            if alias.name == "*":
                self.bind("*", BindingKind.STAR, node, qualified=module)
                continue
            is_top = isinstance(node, ast.Import) and not alias.asname
            name = alias.name.partition(".")[0] if is_top else alias.asname or alias.name
            self.bind(name, BindingKind.IMPORT, node, qualified=name if is_top else qualified)

    visit_ImportFrom = visit_Import  # noqa: N815 - the visitor's own spelling

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        is_certain = isinstance(node.test, ast.Constant) and node.test.value
        self.visit_block(node.body, *(() if is_certain else ((id(node), "if body"),)))
        self.visit_block(node.orelse, (id(node), "if else"))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        outer, self.branch = self.branch, (*self.branch, (id(node), LOOP))
        self._target(node.target, node, None, node.iter)
        self.visit_block(node.body)
        self.branch = outer
        self.visit_block(node.orelse, (id(node), "after"))

    visit_AsyncFor = visit_For  # noqa: N815 - the visitor's own spelling

    def visit_While(self, node: ast.While) -> None:
        self.visit_block((node.test, *node.body), (id(node), LOOP))
        self.visit_block(node.orelse, (id(node), "after"))

    def visit_Try(self, node: ast.Try) -> None:
        self.visit_block(node.body, (id(node), "try"))
        for number, handler in enumerate(node.handlers):
            self.visit_block((handler,), (id(node), f"handler {number}"))
        self.visit_block(node.orelse, (id(node), "try"))
        self.visit_block(node.finalbody)

    visit_TryStar = visit_Try  # type: ignore[assignment]  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name:
            self.bind(node.name, BindingKind.OTHER, node)
        self.visit_block(node.body)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for number, case in enumerate(node.cases):
            # What a pattern captures is bound also where the guard says no.
            self.visit_block(filter(None, (case.pattern, case.guard)), (id(case), _MAYBE))
            self.visit_block(case.body, (id(case), _MAYBE), (id(node), f"case {number}"))

    def _capture(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        self.generic_visit(node)
        if name := node.rest if isinstance(node, ast.MatchMapping) else node.name:
            self.bind(name, BindingKind.OTHER, node)

    visit_MatchAs = visit_MatchStar = visit_MatchMapping = _capture  # noqa: N815

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if isinstance(item.optional_vars, ast.Name):
                self.bind(item.optional_vars.id, BindingKind.OPEN_FILE, node, item.context_expr)
            elif item.optional_vars is not None:
                self._target(item.optional_vars, node, None, item.context_expr)
        # A context manager may swallow what its body raises, as contextlib.suppress does; a file does not.
        is_file = all(_is_open(item.context_expr) for item in node.items)
        self.visit_block(node.body, *(() if is_file else ((id(node), _MAYBE),)))

    visit_AsyncWith = visit_With  # noqa: N815 - the visitor's own spelling

    def visit_Global(self, node: ast.Global) -> None:
        if self.scope is not self.walked.module:
            self.scope.declared.update(dict.fromkeys(node.names, self.walked.module))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        scope = self.scope.parent
        while scope is not None and not isinstance(scope.node, Function):
            scope = scope.parent
        if scope is not None:
            self.scope.declared.update((name, scope.declared.get(name, scope)) for name in node.names)

    def visit_FunctionDef(self, node: Function | ast.Lambda) -> None:
        if isinstance(node, ast.Lambda):
            self.visit_block((*node.args.defaults, *filter(None, node.args.kw_defaults)))
            self._enter(node, node.args, [node.body])
            return
        self.visit_block((*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)))
        self.bind(node.name, BindingKind.FUNCTION, node)
        self._enter(node, node.args, node.body)

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef  # noqa: N815 - the visitor's own spelling

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_block((*node.decorator_list, *node.bases, *(k.value for k in node.keywords)))
        self._enter(node, None, node.body)
        self.bind(node.name, BindingKind.CLASS, node)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._enter(node, None, [*node.generators, *elements])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension  # noqa: N815

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.visit(node.iter)
        self._target(node.target, node.iter, None, node.iter)
        self.visit_block(node.ifs)

    def _enter(self, node: ast.AST, arguments: ast.arguments | None, body: Iterable[ast.AST]) -> None:
        outer_scope, outer_branch = self.scope, self.branch
        self.scope = Scope(node, outer_scope)
        if not isinstance(node, ast.ClassDef | _COMPREHENSIONS):
            self.branch = ()
        if arguments is not None:
            listed = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            for argument in (*listed, *filter(None, (arguments.vararg, arguments.kwarg))):
                kind = BindingKind.PARAMETER if argument in listed else BindingKind.OTHER
                self.bind(argument.arg, kind, node)
        self.visit_block(body)
        self.scope, self.branch = outer_scope, outer_branch


def _is_open(node: ast.expr) -> bool:
    func = node.func if isinstance(node, ast.Call) else None
    return (func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")) == "open"

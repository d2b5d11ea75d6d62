"""What an expression is known to be, folded as Python would, or the steps to where that was lost."""

from __future__ import annotations

import ast
import operator
import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from migrator.secrets import secret_values
from migrator.understand.python.flows import all_arguments, is_settled
from migrator.understand.python.names import Names
from migrator.understand.python.objects import Objects, is_dict
from migrator.understand.python.reflection import PAPERMILL, SHELL
from migrator.understand.python.scopes import Binding, BindingKind, Function

_DEPTH = 40
# Longer than every path and image reference; doubled constants would grow without end.
_LONGEST = 4096
_WIDEST = 64
_PERCENT = re.compile(r"(?:[^%]|%(?:\(\w+\))?[-#0 +]{0,4}\d{0,3}(?:\.\d{0,3})?[srdiuxXof%])*")
_SPEC = re.compile(r"[^{}\d]*\d{0,3}[^{}\d]*")
_ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_METHODS = re.compile(
    "capitalize|casefold|endswith|join|lower|lstrip|partition|removeprefix|removesuffix|replace|rpartition|"
    "rsplit|rstrip|split|splitlines|startswith|strip|title|upper|zfill"
)
_BUILTINS: dict[str, Callable[..., object]] = {"int": int, "len": len, "str": str}
_ENVIRONMENT = "the environment"
_UNTOLD = {
    BindingKind.OPEN_FILE: "bound by a with statement",
    BindingKind.ANYTHING: "what runs here may set it",
    BindingKind.CODE: "what runs here may set it",
}


class NotFolded(ValueError):
    """The operation is none that is folded; ``operand`` is what of it is not known, if that is why."""

    def __init__(self, operand: tuple[Names, ast.expr] | None = None) -> None:
        self.operand = operand


class _TooDeep(Exception):
    """What is put together is put together of too much, or of itself."""


@dataclass(frozen=True, slots=True)
class Known:
    """A value that every run has.

    ``asked`` is the expression, ``written`` are the expressions that spell the value (several where
    branches agree), and ``parts`` the literals of which those put it together. All but the first may
    stand in other modules.
    """

    value: object
    written: tuple[ast.expr, ...]
    parts: tuple[ast.expr, ...]
    asked: ast.expr


def fold(objects: Objects, names: Names, node: ast.expr, depth: int = _DEPTH) -> Known | NotFolded:
    """Return what an expression of the module of ``names`` is known to be, or why it is not."""
    if node not in objects.folded:
        if not depth:
            raise _TooDeep
        try:
            objects.folded[node] = _agreed(objects, names, node, depth)
        except NotFolded as error:
            objects.folded[node] = error
        except (ArithmeticError, LookupError, TypeError, ValueError):
            objects.folded[node] = NotFolded()
        except _TooDeep:
            if depth < _DEPTH:
                raise
            objects.folded[node] = NotFolded()
    found = objects.folded[node]
    assert isinstance(found, Known | NotFolded)  # noqa: S101 - as it was put there
    return found


def _agreed(objects: Objects, names: Names, node: ast.expr, depth: int) -> Known:
    found = objects.values(names, node)
    sites = [site for site in found if isinstance(site, ast.expr) and objects.home(site) is not None]
    sites = [
        site
        for site in sites
        if objects.is_value(site) or is_dict(site) or isinstance(site, ast.List | ast.Tuple)
    ]
    if not sites or len(sites) < len(found):
        raise NotFolded
    sites.sort(key=objects.place)
    parts: dict[ast.expr, None] = {}
    values = [_Fold(objects, site, parts, depth).value for site in sites]
    # Equal is not enough: 1 == True.
    if len({repr(value) for value in values}) > 1:
        raise NotFolded
    return Known(values[0], tuple(sites), tuple(parts), node)


class _Fold:
    """The value of one site; what it is put together of is added to ``parts``."""

    def __init__(self, objects: Objects, site: ast.expr, parts: dict[ast.expr, None], depth: int) -> None:
        """Raise NotFolded, or what Python raises, where there is none."""
        home = objects.home(site)
        assert home is not None  # noqa: S101 - as its caller saw
        self._objects, self._names, self._parts, self._depth = objects, home, parts, depth - 1
        self.value = site.value if isinstance(site, ast.Constant) else plain(self._composed(site))

    def _of(self, node: ast.expr) -> object:
        found = fold(self._objects, self._names, node, self._depth)
        if isinstance(found, NotFolded):
            raise NotFolded((self._names, node))
        # What is made of a secret would no longer be told as one.
        if isinstance(found.value, str) and secret_values(repr(found.value)):
            raise NotFolded
        self._parts |= dict.fromkeys((*found.written, *found.parts))
        return plain(found.value)

    def _composed(self, site: ast.expr) -> object:
        match site:
            case ast.JoinedStr(values=values):
                return "".join(map(self._formatted, values))
            case ast.BinOp(left=left, op=op, right=right):
                return operated(op, self._of(left), self._of(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return operated(ast.Sub(), 0, self._of(operand))
            case ast.Subscript(value=value, slice=key):
                whole, index = self._of(value), self._of(key)
                return whole[index] if isinstance(whole, str | list) and isinstance(index, int) else None
            case ast.Tuple(elts=items):
                return tuple(map(self._of, items))
            case ast.List(elts=items) if is_settled(self._names, site):
                return list(map(self._of, items))
            case ast.Dict(keys=keys, values=values) if is_settled(self._names, site) and all(keys):
                return {self._of(key): self._of(each) for key, each in zip(keys, values, strict=True) if key}
            case ast.Call():
                return self._called(site)
            case _:
                raise NotFolded

    def _formatted(self, part: ast.expr) -> str:
        if not isinstance(part, ast.FormattedValue):
            return str(self._of(part))
        spec = self._of(part.format_spec) if part.format_spec is not None else ""
        conversion = f"!{chr(part.conversion)}" if part.conversion > 0 else ""
        return formatted(f"{{{conversion}:{spec}}}", (self._of(part.value),), {})

    def _called(self, call: ast.Call) -> object:
        func, keywords = call.func, dict(self._keywords(call))
        arguments = [self._of(each) for each in call.args]
        match func:
            case ast.Name(id="dict") if not arguments and is_settled(self._names, call):
                return keywords
            case ast.Name(id=name) if name in _BUILTINS and len(arguments) == 1 and not keywords:
                return _BUILTINS[name](arguments[0])
            case ast.Attribute(value=value, attr=name):
                text = self._of(value)
                if isinstance(text, str) and name == "format":
                    return formatted(text, tuple(arguments), keywords)
                is_short = not any(isinstance(each, int) and each > _LONGEST for each in arguments)
                if isinstance(text, str) and _METHODS.fullmatch(name) and is_short:
                    return getattr(text, name)(*arguments, **keywords)
            case _:
                pass
        raise NotFolded

    def _keywords(self, call: ast.Call) -> Iterator[tuple[str, object]]:
        for keyword in call.keywords:
            value = self._of(keyword.value)
            if keyword.arg is not None:
                yield keyword.arg, value
            elif isinstance(value, dict):
                yield from value.items()


def formatted(text: str, positional: tuple[object, ...], keywords: dict[str, object]) -> str:
    """Return ``text.format(…)`` for fields that ask for no attribute. Raises NotFolded for others."""
    for _, name, spec, _ in string.Formatter().parse(text):
        is_name = not name or name.isidentifier() or name.isdigit()
        if not is_name or not _SPEC.fullmatch(spec or ""):
            raise NotFolded
    return text.format(*positional, **keywords)


def operated(op: ast.operator, left: object, right: object) -> object:
    """Return the result of a binary operator on two texts or two integers. Raises NotFolded for others."""
    if isinstance(op, ast.Mod) and isinstance(left, str) and _PERCENT.fullmatch(left):
        return left % right
    if isinstance(op, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, int) and isinstance(right, int) and type(op) in _ARITHMETIC:
        return _ARITHMETIC[type(op)](left, right)
    raise NotFolded


def plain(value: object) -> object:
    """Return a text, integer or collection of these. Raises NotFolded for others, and for very large ones."""
    match value:
        case int() if value.bit_length() <= _WIDEST:
            return value
        case str() if len(value) <= _LONGEST:
            return value
        case tuple() | list() if len(value) <= _WIDEST:
            return type(value)(map(plain, value))
        case dict() if len(value) <= _WIDEST:
            return {plain(key): plain(each) for key, each in value.items()}
    raise NotFolded


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trace: what was looked at, and where (a node of the tree)."""

    text: str
    node: ast.AST


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that depends on something outside of the text; ``trace`` leads to where it was lost."""

    trace: tuple[Step, ...]


def evaluate(names: Names, node: ast.expr) -> Known | Unknown:
    """Return what ``node``, an expression of the module behind ``names``, is known to be."""
    if isinstance(node, ast.Constant):
        return Known(node.value, (node,), (), node)
    objects = names.outside.objects(names)
    found = fold(objects, names, node)
    return found if isinstance(found, Known) else Unknown(_Trace(objects).of(names, node, _DEPTH))


def known_text(names: Names, node: object) -> str | None:
    """Return the text that an expression is known to be; None for any other, and for what is none."""
    value = evaluate(names, node) if isinstance(node, ast.expr) else None
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


class _Trace:
    """The way to the first part of an expression that is not known."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def of(self, names: Names, node: ast.expr, depth: int = _DEPTH) -> tuple[Step, ...]:
        """Return the steps from an expression; none if it is known."""
        found = fold(self._objects, names, node)
        if isinstance(found, Known):
            return ()
        if not depth:
            return (Step("too many steps to follow", node),)
        if isinstance(node, ast.Name):
            return self._of_name(names, node, depth - 1)
        for one in names.qualified(node) if isinstance(node, ast.Attribute) else ():
            if names.outside.imported(names, one):
                return self._imported(names, one, Step(f"imported as {one}", node), depth - 1)
        is_choice = isinstance(node, ast.IfExp)
        text = "a choice made at run time" if is_choice else _label(names, node)
        step = Step("an expression that is not a plain constant" if text == "…" else text, node)
        is_put_together = is_choice or isinstance(node, ast.JoinedStr | ast.BinOp)
        base = None if text == _ENVIRONMENT else base_name(node)
        parts = [found.operand] if found.operand is not None else []
        parts += [(names, each) for each in (node.body, node.orelse)] if isinstance(node, ast.IfExp) else []
        is_object = base is not None and not isinstance(names.parents[base], ast.Call)
        parts += [(names, base)] if base is not None and is_object and not names.qualified(base) else []
        for part in parts:
            if steps := self.of(*part, depth - 1):
                return steps if is_put_together else (step, *steps)
        return (step,)

    def _of_name(self, names: Names, node: ast.Name, depth: int) -> tuple[Step, ...]:
        bindings = names.reaching(node)
        if not bindings:
            return (Step(f"{node.id} is not bound in this file", node),)
        return self._bindings(names, node.id, bindings, depth) or (
            Step(f"{node.id} has more than one value", bindings[0].node),
        )

    def _bindings(self, names: Names, name: str, bindings: Iterable[Binding], depth: int) -> tuple[Step, ...]:
        """Return the steps to what one of the bindings of a name, or a store from elsewhere, leaves open."""
        for binding in bindings:
            rebinds = self._objects.rebinds(names, name) if binding.scope is names.module else ()
            stored = tuple(Step(f"{name} may be set here", each) for each in rebinds[:1])
            if steps := stored or self._bound(names, binding, name, depth):
                return (Step(name, binding.node), *steps)
        return ()

    def _bound(self, names: Names, binding: Binding, name: str, depth: int) -> tuple[Step, ...]:
        if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None:
            return self.of(names, binding.value, depth)
        if binding.kind is BindingKind.PARAMETER:
            return self._parameter(names, binding, depth)
        if binding.kind is BindingKind.IMPORT:
            step = Step(f"imported as {binding.qualified}", binding.node)
            return self._imported(names, binding.qualified, step, depth)
        if binding.kind is BindingKind.STAR:
            step = Step(f"{name} may come from {binding.qualified}", binding.node)
            return self._imported(names, f"{binding.qualified}.{name}", step, depth)
        is_parameter = binding.name.startswith(PAPERMILL)
        label = "may be set by papermill: the cell is tagged parameters" if is_parameter else ""
        return (Step(label or _UNTOLD.get(binding.kind, "not a constant"), binding.node),)

    def _imported(self, names: Names, qualified: str, step: Step, depth: int) -> tuple[Step, ...]:
        name, found = qualified.rpartition(".")[2], names.outside.imported(names, qualified)
        for other, binding in found if depth else ():
            if steps := self._bindings(other, name, (binding,), depth - 1):
                return (step, *steps)
        return (step,) if len(found) != 1 else ()

    def _parameter(self, names: Names, binding: Binding, depth: int) -> tuple[Step, ...]:
        function = binding.node
        if not isinstance(function, Function):
            return (Step(f"parameter {binding.name}", function),)
        label = f"parameter {binding.name} of {function.name}()"
        arguments = all_arguments(names, function, binding.name)
        if not arguments:
            return (Step(f"{label}, which has no known caller here", function),)
        for owner, argument in arguments:
            if steps := self.of(owner, argument, depth):
                return (Step(label, function), *steps)
        return (Step(f"{label} has more than one value", function),) if len(arguments) > 1 else ()


def base_name(node: ast.expr) -> ast.Name | None:
    """Return the name that attributes, items and calls are asked of, ``cfg`` in ``cfg.get('x')[0]``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node if isinstance(node, ast.Name) else None


def _label(names: Names, node: ast.expr) -> str:
    """Name an expression without quoting any value that stands in it."""
    func = node.func if isinstance(node, ast.Call) else node
    inner = func.value if isinstance(func, ast.Subscript) else func
    if any(name.startswith(("os.environ", "os.getenv")) for name in names.qualified(inner)):
        return _ENVIRONMENT
    match node:
        case ast.Call(func=ast.Name(id=name)) if name == SHELL:
            return "a shell command or magic"
        case ast.Call(func=func):
            return f"{_label(names, func)}(…)"
        case ast.Subscript(value=value, slice=ast.Constant(value=str() | int() as key)):
            return f"{_label(names, value)}[{key!r}]"
        case ast.Subscript(value=value):
            return f"{_label(names, value)}[…]"
        case ast.Attribute(value=value, attr=attr):
            return f"{_label(names, value)}.{attr}"
        case ast.Name(id=name):
            return name
        case _:
            return "…"

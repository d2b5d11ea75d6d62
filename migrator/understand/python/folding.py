"""What an expression is known to be, folded as Python would; nothing of the tree is run."""

from __future__ import annotations

import ast
import operator
import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from migrator.secrets import secret_values
from migrator.understand.python.flows import (
    MOST_CALLS,
    Entered,
    arguments,
    defaults,
    is_dict,
    is_settled,
    results,
)
from migrator.understand.python.names import Names
from migrator.understand.python.scopes import BindingKind, Function

if TYPE_CHECKING:
    from migrator.understand.python.objects import Objects

# Longer than every path and image reference; doubled constants would grow without end.
_LONGEST = 4096
_WIDEST = 64
_PERCENT = re.compile(r"(?:[^%]|%(?:\(\w+\))?[-#0 +]{0,4}\d{0,3}(?:\.\d{0,3})?[srdiuxXof%])*")
_SPEC = re.compile(r"[^{}\d]*\d{0,3}[^{}\d]*")
_OPERATORS: dict[type[ast.AST], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[..., bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_METHODS = re.compile(
    "capitalize|casefold|endswith|join|lower|lstrip|partition|removeprefix|removesuffix|replace|rpartition|"
    "rsplit|rstrip|split|splitlines|startswith|strip|title|upper|zfill"
)
#: What gives a value of its own, if all that it is given are values.
BUILTINS: dict[str, Callable[..., object]] = {
    "bool": bool,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "str": str,
    "sum": sum,
}


class NotFolded(ValueError):
    """The operation is none that is folded; ``operand`` is what of it is not known, if that is why."""

    def __init__(self, operand: tuple[Names, ast.expr] | None = None) -> None:
        self.operand = operand

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NotFolded) and self.operand == other.operand

    __hash__ = ValueError.__hash__


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


def fold(objects: Objects, names: Names, node: ast.expr, entered: Entered = ()) -> Known | NotFolded:
    """Return what an expression of the module of ``names`` is known to be, or why it is not.

    It is what it is within the calls ``entered``, if any; else what it is for every caller.
    """
    if isinstance(node, ast.Constant):
        return Known(node.value, (node,), (), node)
    question = ("fold", node, entered)
    answer = partial(_agreed, objects, names, node, entered)
    return objects.answers.ask(question, answer, NotFolded(), NotFolded())  # type: ignore[no-any-return]


def _agreed(objects: Objects, names: Names, node: ast.expr, entered: Entered) -> Known | NotFolded:
    if local := list(_local(objects, names, node, entered)) if entered else []:
        return merged(node, (fold(objects, *each) for each in local))
    found = objects.values(names, node)
    sites = [site for site in found if isinstance(site, ast.expr) and objects.home(site) is not None]
    sites = [
        site
        for site in sites
        if objects.is_value(site) or is_dict(site) or isinstance(site, ast.List | ast.Tuple)
    ]
    if len(sites) < len(found):
        return NotFolded()
    sites.sort(key=objects.place)
    return merged(node, (_Fold(objects, site, entered if site is node else ()).found() for site in sites))


def merged(node: ast.expr, found: Iterable[Known | NotFolded]) -> Known | NotFolded:
    """Return what all agree on; equal is not enough: 1 == True."""
    told: list[Known] = []
    for one in found:
        if isinstance(one, NotFolded):
            return one
        told.append(one)
    if len({repr(one.value) for one in told}) != 1:
        return NotFolded()
    written = dict.fromkeys(each for one in told for each in one.written)
    parts = dict.fromkeys(each for one in told for each in one.parts)
    return Known(told[0].value, tuple(written), tuple(parts), node)


def _local(
    objects: Objects, names: Names, node: ast.expr, entered: Entered
) -> Iterator[tuple[Names, ast.expr, Entered]]:
    """Yield what gives an expression its value within the last call entered; nothing if that is not told."""
    function, caller, call = entered[-1]
    assert isinstance(function, Function | ast.Lambda)  # noqa: S101 - nothing else is entered
    if isinstance(node, ast.IfExp):
        test = fold(objects, names, node.test, entered)
        known = (node.body if test.value else node.orelse,) if isinstance(test, Known) else ()
        yield from ((names, each, entered) for each in known or (node.body, node.orelse))
    bindings = names.reaching(node) if isinstance(node, ast.Name) else ()
    for binding in bindings if all(each.scope.node is function for each in bindings) else ():
        argument = arguments(names, function, call).get(binding.name)
        if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None:
            yield names, binding.value, entered
        elif binding.kind is BindingKind.PARAMETER and argument is not None and caller.holds(argument):
            is_default = argument in defaults(function).values()
            yield caller, argument, () if is_default else entered[:-1]
        else:
            # It stays as it is for every caller.
            yield names, node, ()


class _Fold:
    """The value of one site; what it is put together of is gathered in ``parts``."""

    def __init__(self, objects: Objects, site: ast.expr, entered: Entered) -> None:
        home = objects.home(site)
        assert home is not None  # noqa: S101 - as its caller saw
        self._objects, self._names, self._site, self._entered = objects, home, site, entered
        self._parts: dict[ast.expr, None] = {}

    def found(self) -> Known | NotFolded:
        site = self._site
        called = self._objects.called(self._names, site) if isinstance(site, ast.Call) else ()
        if called:
            return merged(site, (fold(self._objects, *each) for each in self._results(called)))
        try:
            value = site.value if isinstance(site, ast.Constant) else plain(self._composed(site))
        except NotFolded as error:
            return error
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return NotFolded()
        return Known(value, (site,), tuple(self._parts), site)

    def _results(
        self, called: Iterable[tuple[Names, ast.AST, ast.Call]]
    ) -> Iterator[tuple[Names, ast.expr, Entered]]:
        for home, function, call in called:
            # What a partial function was given before was given to it in another call.
            outer = self._entered if call is self._site else ()
            entered = (*outer, (function, self._names, call))[-MOST_CALLS:]
            yield from ((home, node, entered) for node in results(home, function))

    def _of(self, node: ast.expr) -> object:
        found = fold(self._objects, self._names, node, self._entered)
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
            case ast.BinOp() | ast.UnaryOp() | ast.Compare():
                return self._operated(site)
            case ast.Call():
                return self._called(site)
            case ast.Subscript(value=value, slice=key):
                whole, index = self._of(value), self._of(key)
                if not isinstance(whole, str | list | tuple) or not isinstance(index, int):
                    raise NotFolded
                return whole[index]
            case ast.Tuple(elts=items):
                return tuple(map(self._of, items))
            case ast.List(elts=items) if is_settled(self._names, site):
                return list(map(self._of, items))
            case ast.Dict(keys=keys, values=values) if is_settled(self._names, site) and all(keys):
                return {self._of(key): self._of(each) for key, each in zip(keys, values, strict=True) if key}
            case _:
                raise NotFolded

    def _operated(self, site: ast.BinOp | ast.UnaryOp | ast.Compare) -> object:
        if isinstance(site, ast.BinOp):
            return operated(site.op, self._of(site.left), self._of(site.right))
        if isinstance(site, ast.UnaryOp):
            value = self._of(site.operand)
            return not value if isinstance(site.op, ast.Not) else operated(site.op, value)
        values = [self._of(each) for each in (site.left, *site.comparators)]
        return all(map(compared, site.ops, values, values[1:]))

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
            case ast.Name(id=name) if name in BUILTINS and arguments and not keywords:
                return BUILTINS[name](*arguments)
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


def operated(op: ast.operator | ast.unaryop, *operands: object) -> object:
    """Return the result of an operator on texts or integers. Raises NotFolded for others."""
    first, *others = operands
    if isinstance(op, ast.Mod) and isinstance(first, str) and _PERCENT.fullmatch(first):
        return first % others[0]
    is_text = isinstance(op, ast.Add) and all(isinstance(each, str) for each in operands)
    if type(op) in _OPERATORS and (is_text or all(isinstance(each, int) for each in operands)):
        return _OPERATORS[type(op)](*operands)
    raise NotFolded


def compared(op: ast.cmpop, left: object, right: object) -> bool:
    """Return the result of a comparison. Raises NotFolded where it asks whether two objects are one."""
    if isinstance(op, ast.Is | ast.IsNot) and None not in (left, right):
        raise NotFolded
    return _COMPARISONS[type(op)](left, right)


def plain(value: object) -> object:
    """Return a text, integer, None or collection of these. Raises NotFolded for others, and large ones."""
    match value:
        case None:
            return value
        case int() if value.bit_length() <= _WIDEST:
            return value
        case str() if len(value) <= _LONGEST:
            return value
        case tuple() | list() if len(value) <= _WIDEST:
            return type(value)(map(plain, value))
        case dict() if len(value) <= _WIDEST:
            return {plain(key): plain(each) for key, each in value.items()}
    raise NotFolded

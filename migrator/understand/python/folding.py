"""What an expression is known to be, folded as Python would fold it, and where that is written."""

from __future__ import annotations

import ast
import operator
import posixpath
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrator.secrets import secret_values
from migrator.understand.python.flows import is_settled
from migrator.understand.python.names import Names
from migrator.understand.python.objects import Objects

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


class NotFolded(ValueError):
    """The operation is none that is folded, or would fail at run time."""


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


def known(objects: Objects, names: Names, node: ast.expr, depth: int = _DEPTH) -> Known | None:
    """Return what an expression of the module of ``names`` is known to be, None if it may be several."""
    if node not in objects.folded:
        if not depth:
            raise _TooDeep
        try:
            objects.folded[node] = _agreed(objects, names, node, depth)
        except (NotFolded, ArithmeticError, LookupError, TypeError, ValueError):
            objects.folded[node] = None
        except _TooDeep:
            if depth < _DEPTH:
                raise
            objects.folded[node] = None
    found = objects.folded.get(node)
    return found if isinstance(found, Known) else None


def _agreed(objects: Objects, names: Names, node: ast.expr, depth: int) -> Known | None:
    sites = [site for site in objects.values(names, node) if isinstance(site, ast.expr)]
    if len(sites) < len(objects.values(names, node)) or any(objects.home(site) is None for site in sites):
        return None
    sites.sort(key=objects.place)
    parts: dict[ast.expr, None] = {}
    values = [_Fold(objects, site, parts, depth).value for site in sites]
    # Equal is not enough: 1 == True.
    is_one = len({repr(value) for value in values}) == 1
    return Known(values[0], tuple(sites), tuple(parts), node) if is_one else None


class _Fold:
    """The value of one site; what it is put together of is added to ``parts``."""

    def __init__(self, objects: Objects, site: ast.expr, parts: dict[ast.expr, None], depth: int) -> None:
        """Raise NotFolded, or what Python raises, where there is none."""
        home = objects.home(site)
        assert home is not None  # noqa: S101 - as its caller saw
        self._objects, self._names, self._parts, self._depth = objects, home, parts, depth - 1
        self.value = site.value if isinstance(site, ast.Constant) else plain(self._composed(site))

    def _of(self, node: ast.expr) -> object:
        found = known(self._objects, self._names, node, self._depth)
        # What is made of a secret would no longer be told as one.
        if found is None or (isinstance(found.value, str) and secret_values(repr(found.value))):
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
                return self._item(self._of(value), self._of(key))
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

    def _item(self, whole: object, key: object) -> object:
        if isinstance(whole, str | tuple | list) and isinstance(key, int):
            return whole[key]
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
        if "os.path.join" in self._names.qualified(func) and not keywords:
            return joined_path(*arguments)
        if isinstance(func, ast.Name) and func.id in _BUILTINS and len(arguments) == 1 and not keywords:
            return _BUILTINS[func.id](arguments[0])
        if isinstance(func, ast.Name) and func.id == "dict" and not arguments:
            return keywords if is_settled(self._names, call) else None
        text = self._of(func.value) if isinstance(func, ast.Attribute) else None
        if isinstance(text, str) and isinstance(func, ast.Attribute):
            if func.attr == "format":
                return formatted(text, tuple(arguments), keywords)
            if _METHODS.fullmatch(func.attr) and not any(
                isinstance(a, int) and a > _LONGEST for a in arguments
            ):
                return getattr(text, func.attr)(*arguments, **keywords)
        raise NotFolded

    def _keywords(self, call: ast.Call) -> Iterator[tuple[str, object]]:
        for keyword in call.keywords:
            value = self._of(keyword.value)
            if keyword.arg is not None:
                yield keyword.arg, value
            elif isinstance(value, dict):
                yield from value.items()


def joined_path(*parts: object) -> str:
    """Return what ``os.path.join`` gives on POSIX. Raises NotFolded for what is not text."""
    texts = [part for part in parts if isinstance(part, str)]
    if not texts or len(texts) < len(parts):
        raise NotFolded
    return posixpath.join(*texts)


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

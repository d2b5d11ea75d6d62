"""Mappings as authors write them, ``Model(a=1)``, ``dict(a=1)`` and ``{'a': 1}``: reading and writing them.

The keys are those of a ``job.json``: ``server_url=`` of a model call has the key ``serverUrl``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias

import libcst as cst

from codemods.image_literal import literal_value
from codemods.syntax.layout import Arguments, Elements, ItemT, Style
from codemods.syntax.registry import EXPRESSION
from codemods.syntax.source import NotRewritable, dotted, parse_expression

#: Parameters in the order in which azure-mgmt-batchai 0.2.0, the last to do so, takes them by position.
PARAMETERS = {
    "ContainerSettings": ("image_source_registry",),
    "ImageSourceRegistry": ("image", "server_url", "credentials"),
    "PrivateRegistryCredentials": ("username", "password", "password_secret_reference"),
    "KeyVaultSecretReference": ("source_vault", "secret_url"),
    "ResourceId": ("id",),
}
#: The model of what stands at a key.
MODELS = {
    "credentials": "PrivateRegistryCredentials",
    "passwordSecretReference": "KeyVaultSecretReference",
    "sourceVault": "ResourceId",
}

Written: TypeAlias = cst.Call | cst.Dict
#: Maps the dotted source of a callee to the model class that it means.
Calls: TypeAlias = Mapping[str, str]
_Gap: TypeAlias = cst.BaseParenthesizableWhitespace


def model_of(node: cst.BaseExpression, calls: Calls) -> str | None:
    """Return the model class that ``node`` makes, None for everything else."""
    return calls.get(dotted(node.func) or "") if isinstance(node, cst.Call) else None


def is_dict(node: cst.BaseExpression) -> bool:
    """Tell whether ``node`` is a dict display or a call of ``dict``."""
    is_call = isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict"
    return is_call or isinstance(node, cst.Dict)


def pairs_of(node: Written) -> Iterator[tuple[str | None, cst.BaseExpression]]:
    """Yield keys and values in order; the key is None where it is no plain name or literal."""
    if isinstance(node, cst.Dict):
        for element in node.elements:
            yield literal_value(element.key) if isinstance(element, cst.DictElement) else None, element.value
    else:
        for arg in node.args:
            yield arg.keyword.value if arg.keyword else None, arg.value


def values_of(node: Written, calls: Calls) -> dict[str, cst.BaseExpression]:
    """Return the values of a mapping by their keys.

    Raises NotRewritable where these are not known: unpacked ones, other keys than string literals,
    positional arguments, a key that stands twice.
    """
    model = model_of(node, calls)
    values: dict[str, cst.BaseExpression] = {}
    for key, value in pairs_of(node if model is None else keyworded(node, model)):
        if key is None:
            raise NotRewritable("the dict has keys that are no string literals")
        if key in values:
            raise NotRewritable("the dict has a key twice")
        values[_camel(key) if model else key] = value
    return values


def plain(node: cst.BaseExpression | None, calls: Calls) -> object:
    """Return what a value is, as ``codemods.syntax.registry`` understands it."""
    if node is None or (isinstance(node, cst.Name) and node.value == "None"):
        return None
    model = model_of(node, calls)
    if isinstance(node, cst.Call | cst.Dict) and (model or is_dict(node)):
        named = node if model is None or _is_starred(node) else keyworded(node, model)
        pairs = ((_camel(key) if model and key else key, value) for key, value in pairs_of(named))
        return {EXPRESSION if key is None else key: plain(value, calls) for key, value in pairs}
    literal = literal_value(node)
    return EXPRESSION if literal is None else literal


def keyworded(node: Written, model: str, equal: cst.AssignEqual | None = None) -> cst.Call:
    """Return the call of ``model`` with a keyword on every argument, ``equal`` between.

    Raises NotRewritable for starred arguments, for too many and for one given twice.
    """
    if not isinstance(node, cst.Call) or model not in PARAMETERS:
        raise NotRewritable(f"{model} is no part of container settings")
    if _is_starred(node):
        raise NotRewritable(f"{model} takes its arguments from a starred expression")
    names = PARAMETERS[model]
    if any(arg.keyword is None for arg in node.args[len(names) :]):
        raise NotRewritable(f"{model} has more positional arguments than parameters")
    args = [
        arg if arg.keyword else arg.with_changes(keyword=cst.Name(name), equal=equal or cst.AssignEqual())
        for arg, name in zip(node.args, (*names, *("" for _ in node.args)), strict=False)
    ]
    given = [arg.keyword.value for arg in args if arg.keyword]
    if len(set(given)) < len(given):
        raise NotRewritable(f"{model} is given an argument twice")
    return node.with_changes(args=args)


def calls_in(node: cst.CSTNode) -> list[cst.Call]:
    """Return the calls in ``node``, itself included, outer before inner."""
    finder = _Calls()
    node.visit(finder)
    return finder.calls


@dataclass(frozen=True, slots=True)
class Notation(ABC, Generic[ItemT]):
    """How a mapping is written down; new text follows ``style``."""

    style: Style

    @abstractmethod
    def key(self, item: ItemT) -> str | None:
        """Return the key of an item, None if it has none that is known."""

    @abstractmethod
    def item(self, key: str, value: cst.BaseExpression) -> ItemT:
        """Return an item."""

    @abstractmethod
    def mapping(self, key: str, items: Sequence[ItemT], line: str) -> Written:
        """Return what stands at ``key`` and holds the items; it opens on a line with that indentation."""


@dataclass(frozen=True, slots=True)
class Braces(Notation[cst.DictElement]):
    """``{'key': value}``, with the gaps of ``colon`` before and after each colon."""

    colon: tuple[_Gap, _Gap]

    def key(self, item: cst.DictElement) -> str | None:
        """Return the key, None if it is no literal text."""
        return literal_value(item.key)

    def item(self, key: str, value: cst.BaseExpression) -> cst.DictElement:
        """Return ``'key': value``."""
        before, after = self.colon
        literal = cst.SimpleString(f"{self.style.quote}{key}{self.style.quote}")
        return cst.DictElement(literal, value, whitespace_before_colon=before, whitespace_after_colon=after)

    def mapping(self, key: str, items: Sequence[cst.DictElement], line: str) -> cst.Dict:
        """Return the dict display, each item on a line of its own."""
        flat = cst.Dict([item.with_changes(comma=cst.Comma()) for item in items[:-1]] + [items[-1]])
        return Elements.of(flat).spread(line, self.style).put_into(flat)


@dataclass(frozen=True, slots=True)
class Keywords(Notation[cst.Arg]):
    """``Model(key=value)``, or ``dict(key=value)`` where ``models`` is None.

    Else ``models`` spells the classes: a prefix such as ``"models."``, or a mapping from class to source.
    """

    models: str | Mapping[str, str] | None

    def key(self, item: cst.Arg) -> str | None:
        """Return the keyword as a job spec has it."""
        keyword = item.keyword.value if item.keyword else ""
        return keyword if self.models is None else _camel(keyword)

    def item(self, key: str, value: cst.BaseExpression) -> cst.Arg:
        """Return ``key=value``."""
        if self.models is not None:
            key = re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", key)
        return cst.Arg(value, keyword=cst.Name(key), equal=self.style.equal)

    def mapping(self, key: str, items: Sequence[cst.Arg], line: str) -> cst.Call:
        """Return the call, each argument on a line of its own unless it is the only one of a model."""
        callee = parse_expression(self._callee(key)).node
        flat = cst.Call(callee, [item.with_changes(comma=cst.Comma()) for item in items[:-1]] + [items[-1]])
        is_short = self.models is not None and len(items) == 1
        return flat if is_short else Arguments.of(flat).spread(line, self.style).put_into(flat)

    def _callee(self, key: str) -> str:
        if self.models is None or isinstance(self.models, str):
            return "dict" if self.models is None else self.models + MODELS[key]
        if MODELS[key] not in self.models:
            raise NotRewritable(f"{MODELS[key]} has no name here")
        return self.models[MODELS[key]]


def colon_of(elements: Elements) -> tuple[_Gap, _Gap]:
    """Return the narrowest space around a colon, since wider ones may align values."""
    gaps = (
        (before, after)
        for element in elements.args
        if isinstance(before := element.whitespace_before_colon, cst.SimpleWhitespace)
        and isinstance(after := element.whitespace_after_colon, cst.SimpleWhitespace)
        and not (before.value + after.value).strip(" ")
    )
    default = (cst.SimpleWhitespace(""), cst.SimpleWhitespace(" "))
    return min(gaps, key=lambda pair: len(pair[0].value + pair[1].value), default=default)


def _is_starred(node: Written) -> bool:
    return isinstance(node, cst.Call) and any(arg.star for arg in node.args)


def _camel(keyword: str) -> str:
    return re.sub("_([a-z])", lambda letter: letter[1].upper(), keyword)


class _Calls(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[cst.Call] = []

    def visit_Call(self, node: cst.Call) -> None:
        self.calls.append(node)

"""Mappings as authors write them, ``Model(a=1)``, ``dict(a=1)`` and ``{'a': 1}``: reading and writing them.

The keys are those of a ``job.json``: ``server_url=`` of a model call has the key ``serverUrl``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import libcst as cst

from codemods.image_literal import literal_value
from codemods.syntax.json_tree import Json
from codemods.syntax.layout import Items, Written, items_in
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

#: Maps the dotted source of a callee to the model class that it means; of two, the later one is written.
Calls: TypeAlias = Mapping[str, str]

_UNBRACKETED = (cst.Tuple, cst.GeneratorExp, cst.NamedExpr, cst.Yield)


def model_of(node: cst.CSTNode, calls: Calls) -> str | None:
    """Return the model class that ``node`` makes, None for everything else."""
    return calls.get(dotted(node.func) or "") if isinstance(node, cst.Call) else None


def is_dict(node: cst.CSTNode) -> bool:
    """Tell whether ``node`` is a dict display or a call of ``dict``."""
    return isinstance(node, cst.Dict) or (isinstance(node, cst.Call) and dotted(node.func) == "dict")


def pairs_of(node: Written, calls: Calls) -> Iterator[tuple[str | None, cst.BaseExpression]]:
    """Yield keys and values in order; the key is None where it is no plain name or literal.

    Raises NotRewritable for a model that cannot be given such arguments.
    """
    model = model_of(node, calls)
    is_starred = isinstance(node, cst.Call) and any(arg.star for arg in node.args)
    for each in items_in(keyworded(node, model) if model and not is_starred else node):
        if isinstance(each, cst.Arg):
            key = each.keyword.value if each.keyword else None
        else:
            key = literal_value(each.key) if isinstance(each, cst.DictElement) else None
        if model and key:
            key = re.sub("_([a-z])", lambda letter: letter[1].upper(), key)
        yield key, each.value


def values_of(node: Written, calls: Calls) -> dict[str, cst.BaseExpression]:
    """Return the values of a mapping by their keys.

    Raises NotRewritable where these are not known: unpacked ones, other keys than string literals,
    positional arguments, a key that stands twice.
    """
    pairs = list(pairs_of(node, calls))
    values = {key: value for key, value in pairs if key is not None}
    if any(key is None for key, _ in pairs):
        raise NotRewritable("its keys are starred or no string literals")
    if len(values) < len(pairs):
        raise NotRewritable("it has a key twice")
    return values


def plain(node: cst.BaseExpression, calls: Calls) -> object:
    """Return what a value is, as ``codemods.syntax.registry`` understands it."""
    if isinstance(node, cst.Name) and node.value == "None":
        return None
    if isinstance(node, Written) and (model_of(node, calls) or is_dict(node)):
        pairs = pairs_of(node, calls)
        return {EXPRESSION if key is None else key: plain(value, calls) for key, value in pairs}
    literal = literal_value(node)
    return EXPRESSION if literal is None else literal


def keyworded(node: Written, model: str, sign: str = "=") -> cst.Call:
    """Return the call of ``model`` with a keyword, and ``sign`` after it, on every argument.

    Raises NotRewritable for starred arguments, for too many and for one given twice.
    """
    if not isinstance(node, cst.Call) or model not in PARAMETERS:
        raise NotRewritable(f"{model} is no part of container settings")
    if any(arg.star for arg in node.args):
        raise NotRewritable(f"{model} takes its arguments from a starred expression")
    names = PARAMETERS[model]
    if any(arg.keyword is None for arg in node.args[len(names) :]):
        raise NotRewritable(f"{model} has more positional arguments than parameters")
    equal = cst.AssignEqual(*map(cst.SimpleWhitespace, sign.split("=")))
    args = [
        arg if arg.keyword else arg.with_changes(keyword=cst.Name(names[index]), equal=equal)
        for index, arg in enumerate(node.args)
    ]
    if len({arg.keyword.value for arg in args if arg.keyword}) < len(args):
        raise NotRewritable(f"{model} is given an argument twice")
    return node.with_changes(args=args)


def unfolded(node: cst.Call) -> cst.Call:
    """Return the call with the keywords for which ``**{'a': 1}`` and ``**dict(a=1)`` in it stand.

    What has entries on lines of their own stays.
    """
    args: list[cst.Arg] = []
    for arg in node.args:
        inner = arg.value if arg.star == "**" and isinstance(arg.value, Written) else None
        pairs = list(pairs_of(inner, {})) if inner and is_dict(inner) else []
        is_plain = pairs and all(key and key.isidentifier() for key, _ in pairs)
        if not inner or not is_plain or "\n" in "".join(Items.of(inner).gaps):
            args.append(arg)
            continue
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        args += [cst.Arg(value, cst.Name(str(key)), equal, comma) for key, value in pairs]
        args[-1] = args[-1].with_changes(comma=arg.comma, whitespace_after_arg=arg.whitespace_after_arg)
    return node.with_changes(args=args)


def sign_of(nodes: Iterable[Written]) -> str | None:
    """Return the narrowest ``=`` or ``:`` of the items with its spaces: wider ones may align values."""
    found = []
    for each in (each for node in nodes for each in items_in(node)):
        if isinstance(each, cst.DictElement):
            sign, gaps = ":", (each.whitespace_before_colon, each.whitespace_after_colon)
        elif isinstance(each, cst.Arg) and isinstance(each.equal, cst.AssignEqual):
            sign, gaps = "=", (each.equal.whitespace_before, each.equal.whitespace_after)
        else:
            continue
        spaces = [gap.value for gap in gaps if isinstance(gap, cst.SimpleWhitespace)]
        if len(spaces) == 2 and not "".join(spaces).strip(" "):
            found.append(sign.join(spaces))
    return min(found, key=len, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """How a mapping is written down: as a dict display where keys have a ``quote``, else as a call.

    ``unit`` is a step of indentation, ``closing`` that of ``Items``; ``sign`` stands after a key. ``calls``
    spell the models; it is None where the call is one of ``dict``.
    """

    unit: str
    closing: str
    sign: str
    quote: str | None
    calls: Calls | None

    def head(self, key: str) -> str:
        """Return a key with its sign."""
        if self.quote is not None:
            return f"{self.quote}{key}{self.quote}{self.sign}"
        if self.calls is not None:
            key = re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", key)
        return key + self.sign

    def source(self, key: str, value: Json, indent: str) -> str:
        """Return what stands at ``key``: the expression of a leaf, or a mapping that opens on a line.

        ``indent`` is that of the line. Raises NotRewritable.
        """
        if not isinstance(value, Mapping):
            if _needs_brackets(str(value)):
                raise NotRewritable("a credential is an expression that needs brackets")
            return str(value)
        inner = indent + self.unit
        texts = tuple(self.head(name) + self.source(name, each, inner) for name, each in value.items())
        items = Items(texts, ("",) * (len(texts) + 1), has_last_comma=False)
        if self.calls is None or len(texts) > 1:
            items = items.spread(indent, self.unit, self.closing)
        if self.quote is not None:
            return f"{{{items.source}}}"
        names = {model: name for name, model in (self.calls or {}).items()}
        return f"{names[MODELS[key]] if self.calls else 'dict'}({items.source})"


@cache
def _needs_brackets(source: str) -> bool:
    """Tell whether an expression cannot stand as an argument; recipes use the same few."""
    node = parse_expression(source)
    return isinstance(node, _UNBRACKETED) and not node.lpar

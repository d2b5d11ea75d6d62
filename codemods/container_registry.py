"""Gives a container's image registry a server URL and credentials, and another image.

Before and after, as in "Provide API Key Directly Using Python" and "… Using Azure CLI 2.0" of Batch AI's
instructions (https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md),
the second as a dict of Python::

    models.ContainerSettings(
        models.ImageSourceRegistry(image='bvlc/caffe:gpu'))

    models.ContainerSettings(
        image_source_registry=models.ImageSourceRegistry(
            server_url='nvcr.io',
            image='nvcr.io/nvidia/caffe:17.12',
            credentials=models.PrivateRegistryCredentials(
                username=cfg.container_registry_user,
                password=cfg.container_registry_password)))

    'imageSourceRegistry': {'image': 'bvlc/caffe:gpu'}

    'imageSourceRegistry': {
        'image': 'nvcr.io/nvidia/caffe:17.12',
        'serverUrl': 'nvcr.io',
        'credentials': {
            'username': cfg.container_registry_user,
            'password': cfg.container_registry_password
        }
    }
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from codemods.image_literal import literal_value, quote_of, with_image
from codemods.syntax.layout import Items, Written, items_in
from codemods.syntax.lines import indent_at, unit_at
from codemods.syntax.notation import (
    Calls,
    Notation,
    is_dict,
    keyworded,
    model_of,
    plain,
    sign_of,
    unfolded,
    values_of,
)
from codemods.syntax.registry import SERVER_URL, RegistryCredentials, lacking
from codemods.syntax.source import NotRewritable, code, nodes_in, parse_expression, rewritten

SETTINGS = ("ContainerSettings", "ImageSourceRegistry")

_SPEC_ORDER = ("image", "serverUrl", "credentials")
_MODEL_ORDER = ("serverUrl", "image", "credentials")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryChange:
    """What a registry is to become.

    ``image`` None keeps the image, which is rewritten elsewhere; ``credentials`` is None where they are
    complete. ``calls`` tells which callee makes which model, also of those to write. ``unit``, ``newline``
    and ``quote`` are used where the source shows none of its own.
    """

    image: str | None
    credentials: RegistryCredentials | None
    calls: Calls
    unit: str
    newline: str
    quote: str


def rewrite_registry(expression: str, change: RegistryChange, indent: str) -> str:
    """Return the registry, or the settings call around it, with server URL, image and credentials.

    ``expression`` is a call of a model, a dict display or a call of ``dict``; ``indent`` is the indentation
    of the line on which it starts. What is complete already comes back unchanged. Raises NotRewritable.
    """
    return rewritten(expression, lambda source: _completed(source, change, indent), change.newline)


def _completed(source: str, change: RegistryChange, indent: str) -> str:
    outer = parse_expression(source)
    if "**" in source:
        outer = cst.ensure_type(outer.visit(_Unfolding(change.calls)), type(outer))
    registry = registry_in(outer, change.calls)
    values = values_of(registry, change.calls)
    if change.image is None and "image" not in values:
        raise NotRewritable("the registry is given no image")
    wanted = lacking({key: plain(value, change.calls) for key, value in values.items()}, change.image)
    if not wanted:
        return source
    marked = outer.deep_replace(registry, cst.SimpleString("'\0'"))
    before = indent + code(marked).partition("'\0'")[0]
    unit = unit_at(indent + code(outer), len(before)) or change.unit
    around = [each for each in dict.fromkeys((registry, outer)) if isinstance(each, Written)]
    notation = _notation(around, change, unit)
    completion = _Completion(registry, wanted, change, notation, indent_at(before, len(before)))
    return code(cst.ensure_type(outer.visit(completion), type(outer)))


def registry_in(outer: cst.BaseExpression, calls: Calls) -> Written:
    """Return the dict, or the one call of ImageSourceRegistry in ``outer``. Raises NotRewritable."""
    if isinstance(outer, Written) and is_dict(outer):
        return outer
    if model_of(outer, calls) not in SETTINGS:
        raise NotRewritable("it is neither a dict nor one call that holds one ImageSourceRegistry call")
    found = [each for each in nodes_in(outer, cst.Call) if model_of(each, calls) == "ImageSourceRegistry"]
    if len(found) != 1:
        raise NotRewritable("it is not one call that holds one ImageSourceRegistry call")
    return found[0]


def _notation(around: Sequence[Written], change: RegistryChange, unit: str) -> Notation:
    """Return how new text is written, as the registry shows it, else the settings ``around`` it."""
    registry = around[0]
    is_model = model_of(registry, change.calls) is not None
    layouts = [Items.of(each) for each in around]
    closings = [layout.closing for layout in layouts if layout.indent is not None]
    # What stands on one line tells nothing of where the bracket of a dict would close.
    own_line = ",\n" if layouts[0].has_last_comma else "\n"
    quote = None
    if isinstance(registry, cst.Dict):
        quotes = (quote_of(each.key) for each in registry.elements if isinstance(each, cst.DictElement))
        quote = next(quotes, None) or change.quote
    return Notation(
        unit=unit,
        closing=(*closings, layouts[0].closing if is_model else own_line)[0],
        sign=sign_of(around) or ("=" if quote is None else ": "),
        quote=quote,
        calls=change.calls if is_model else None,
    )


class _Unfolding(cst.CSTTransformer):
    """Gives container settings and registries as keywords what they unpack; credentials stay as they are."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self.calls = calls

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        return unfolded(updated_node) if model_of(original_node, self.calls) in SETTINGS else updated_node


@dataclass(eq=False)
class _Completion(cst.CSTTransformer):
    """Completes the registry, and gives keywords to the model calls around and inside it."""

    registry: Written
    wanted: Sequence[str]
    change: RegistryChange
    notation: Notation
    indent: str

    def __post_init__(self) -> None:
        super().__init__()

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        model = model_of(original_node, self.change.calls)
        if model is not None:
            sign = self.notation.sign if self.notation.quote is None else "="
            updated_node = keyworded(updated_node, model, sign)
        return self.completed(updated_node) if original_node is self.registry else updated_node

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.BaseExpression:
        return self.completed(updated_node) if original_node is self.registry else updated_node

    def completed(self, node: Written) -> cst.BaseExpression:
        """Return the registry ``node`` with all that is wanted."""
        values = values_of(node, self.change.calls)
        order = _MODEL_ORDER if self.notation.calls else _SPEC_ORDER
        inner = Items.of(node).indent or self.indent + self.notation.unit
        new = {key: self.value(key, values, inner) for key in order if key in self.wanted}
        filled = [
            each.with_changes(value=new.get(key, each.value))
            for key, each in zip(values, items_in(node), strict=True)
        ]
        items = Items.of(node.with_changes(**{"args" if isinstance(node, cst.Call) else "elements": filled}))
        if items.indent is None and (new.keys() - values or "credentials" in new):
            items = items.spread(self.indent, self.notation.unit, self.notation.closing)
        keys = list(values)
        for key in (key for key in new if key not in values):
            followers = order[order.index(key) + 1 :]
            index = min((keys.index(each) for each in followers if each in keys), default=len(keys))
            items = items.insert(index, self.notation.head(key) + code(new[key]), f"\n{inner}")
            keys.insert(index, key)
        return items.put_into(node)

    def value(self, key: str, values: Mapping[str, cst.BaseExpression], indent: str) -> cst.BaseExpression:
        """Return what is to stand at ``key``, on a line with ``indent``."""
        old, image = values.get(key), values.get("image")
        is_literal = old is not None and literal_value(old) is not None
        if old is not None and not is_literal and nodes_in(old, cst.Comment):
            raise NotRewritable(f"a comment stands inside the value of {key}")
        if key == "credentials":
            if self.change.credentials is None:
                raise NotRewritable("its credentials are not complete")
            return parse_expression(self.notation.source(key, self.change.credentials.tree, indent))
        quote = (quote_of(image) if image else None) or self.notation.quote or self.change.quote
        literal = old if old is not None and is_literal else cst.SimpleString(quote * 2)
        return with_image(literal, SERVER_URL if key == "serverUrl" else self.change.image or "")

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
from dataclasses import dataclass, replace

import libcst as cst

from codemods.image_literal import has_comment, literal_value, quote_of, with_image
from codemods.syntax.json_tree import Json
from codemods.syntax.layout import (
    Arguments,
    Closing,
    Elements,
    Items,
    ItemT,
    Line,
    Lines,
    NodeT,
    Style,
    equal_of,
    unit_of,
)
from codemods.syntax.notation import (
    Braces,
    Calls,
    Keywords,
    Notation,
    Written,
    calls_in,
    colon_of,
    is_dict,
    keyworded,
    model_of,
    plain,
    values_of,
)
from codemods.syntax.registry import SERVER_URL, RegistryCredentials, lacking
from codemods.syntax.source import NotRewritable, parse_expression

_SPEC_ORDER = ("image", "serverUrl", "credentials")
_MODEL_ORDER = ("serverUrl", "image", "credentials")
_UNBRACKETED = (cst.Tuple, cst.GeneratorExp, cst.NamedExpr, cst.Yield)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryChange:
    """What a registry is to become.

    ``image`` None keeps the image, which is rewritten elsewhere; ``credentials`` is None where they are
    complete. ``calls`` tells which callee makes which
    model, ``models`` spells further ones: a prefix such as ``"models."``, or a mapping from class to source.
    ``unit``, ``newline`` and ``quote`` are used where the source shows none of its own.
    """

    image: str | None
    credentials: RegistryCredentials | None
    calls: Calls
    models: str | Mapping[str, str]
    unit: str
    newline: str
    quote: str


def rewrite_registry(expression: str, change: RegistryChange, indent: str) -> str:
    """Return the registry, or the settings call around it, with server URL, image and credentials.

    ``expression`` is a call of a model, a dict display or a call of ``dict``; ``indent`` is the indentation
    of the line on which it starts. What is complete already comes back unchanged.
    Raises NotRewritable, NotLossless.
    """
    parsed = parse_expression(expression, change.newline)
    lines = Lines(indent)
    parsed.node.visit(lines)
    return parsed.code(rewritten(parsed.node, replace(change, newline=parsed.newline), lines.lines))


def rewritten(
    outer: cst.BaseExpression, change: RegistryChange, lines: Mapping[Written, Line]
) -> cst.BaseExpression:
    """Return what becomes of ``outer``; ``lines`` knows the line of every call and dict.

    Raises NotRewritable, NotLossless.
    """
    if isinstance(outer, cst.Call | cst.Dict) and is_dict(outer):
        registry: Written = outer
    elif model_of(outer, change.calls) in ("ContainerSettings", "ImageSourceRegistry"):
        found = [each for each in calls_in(outer) if model_of(each, change.calls) == "ImageSourceRegistry"]
        if len(found) != 1:
            raise NotRewritable("it is not one call that holds one ImageSourceRegistry call")
        registry = found[0]
    else:
        raise NotRewritable("it is neither a dict nor one call that holds one ImageSourceRegistry call")
    values = values_of(registry, change.calls)
    if change.image is None and "image" not in values:
        raise NotRewritable("the registry is given no image")
    wanted = lacking({key: plain(value, change.calls) for key, value in values.items()}, change.image)
    if not wanted:
        return outer
    around = [registry] if outer is registry else [registry, outer]
    style = _style([each for each in around if isinstance(each, cst.Call | cst.Dict)], values, change, lines)
    completion = _Completion(registry, wanted, change, style, lines[registry])
    new = outer.visit(completion)
    return new if isinstance(new, cst.BaseExpression) else outer


class _Completion(cst.CSTTransformer):
    """Completes the registry, and gives keywords to the model calls around and inside it."""

    def __init__(
        self, registry: Written, wanted: Sequence[str], change: RegistryChange, style: Style, line: Line
    ) -> None:
        super().__init__()
        self.registry = registry
        self.wanted = wanted
        self.change = change
        self.style = style
        self.line = line

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        model = model_of(original_node, self.change.calls)
        if model is not None:
            updated_node = keyworded(updated_node, model, self.style.equal)
        if original_node is not self.registry:
            return updated_node
        notation = Keywords(self.style, self.change.models if model else None)
        return self.completed(Arguments.of(updated_node), notation, updated_node).put_into(updated_node)

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        if original_node is not self.registry:
            return updated_node
        elements = Elements.of(updated_node)
        quotes = (quote_of(element.key) for element in elements.args)
        style = replace(self.style, quote=next((quote for quote in quotes if quote), self.style.quote))
        notation = Braces(style, colon_of(elements))
        return self.completed(elements, notation, updated_node).put_into(updated_node)

    def completed(
        self, layout: Items[ItemT, NodeT], notation: Notation[ItemT], node: Written
    ) -> Items[ItemT, NodeT]:
        """Return the items of the registry ``node`` with all that is wanted among them."""
        values = values_of(node, self.change.calls)
        new_line = layout.line_after(self.line, notation.style)
        indent = self.line.indent_after(new_line) or ""
        new = {key: _value(key, values, notation, self.change, indent) for key in self.wanted}
        kept = tuple(
            replace(item, value=new[key]) if (key := notation.key(item)) in new else item
            for item in layout.args
        )
        order = _MODEL_ORDER if model_of(node, self.change.calls) else _SPEC_ORDER
        added = [notation.item(key, new[key]) for key in order if key in new and key not in values]
        if not kept:
            return replace(layout, args=tuple(added)).spread(self.line.indent, notation.style)
        after = replace(layout, args=kept)
        if not layout.spans_lines and (added or "credentials" in new):
            after = after.spread(self.line.indent, notation.style)
        for item in added:
            followers = order[order.index(notation.key(item) or "") + 1 :]
            keys = [notation.key(each) for each in after.args]
            index = min((keys.index(each) for each in followers if each in keys), default=len(keys))
            after = after.insert(index, item, new_line)
        return after


def _value(
    key: str,
    values: Mapping[str, cst.BaseExpression],
    notation: Notation[ItemT],
    change: RegistryChange,
    indent: str,
) -> cst.BaseExpression:
    old = values.get(key)
    is_literal = old is not None and literal_value(old) is not None
    if old is not None and not is_literal and has_comment(old):
        raise NotRewritable(f"a comment stands inside the value of {key}")
    if key == "credentials":
        if change.credentials is None:
            raise NotRewritable("its credentials are not complete")
        return _written(key, change.credentials.tree, notation, indent)
    text = SERVER_URL if key == "serverUrl" else change.image or ""
    if old is not None and is_literal:
        return with_image(old, text)
    image = values.get("image")
    quote = (quote_of(image) if image else None) or notation.style.quote
    return with_image(cst.SimpleString(quote * 2), text)


def _written(key: str, value: Json, notation: Notation[ItemT], line: str) -> cst.BaseExpression:
    """Return what stands at ``key``: the expression of a leaf, or a mapping that opens on ``line``."""
    if isinstance(value, Mapping):
        inner = line + notation.style.unit
        items = [notation.item(name, _written(name, each, notation, inner)) for name, each in value.items()]
        return notation.mapping(key, items, line)
    node = parse_expression(str(value)).node
    if isinstance(node, _UNBRACKETED) and not node.lpar:
        raise NotRewritable("a credential is an expression that needs brackets")
    return node


def _style(
    around: Sequence[Written],
    values: Mapping[str, cst.BaseExpression],
    change: RegistryChange,
    lines: Mapping[Written, Line],
) -> Style:
    """Return what new text follows, as the registry shows it, else the settings ``around`` it."""
    is_model = model_of(around[0], change.calls) is not None
    inside = calls_in(around[-1]) if is_model else []
    units = (unit_of(node, lines[node]) for node in (*around, *inside))
    layouts = [Arguments.of(each) if isinstance(each, cst.Call) else Elements.of(each) for each in around]
    closings = [layout.closing for layout in layouts if layout.spans_lines]
    # What stands on one line tells nothing of where the bracket of a dict would close.
    own_line = Closing.OWN_LINE_AFTER_COMMA if layouts[0].has_last_comma else Closing.OWN_LINE
    image = values.get("image")
    return Style(
        unit=next((unit for unit in units if unit), change.unit),
        newline=change.newline,
        closing=(*closings, layouts[0].closing if is_model else own_line)[0],
        equal=equal_of(around),
        quote=(quote_of(image) if image else None) or change.quote,
    )

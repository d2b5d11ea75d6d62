"""Gives a job spec's image registry, written as a Python dict, a server URL, credentials and another image.

Before and after, in the words of a ``job.json`` ("Provide API Key Directly Using Azure CLI 2.0" of Batch
AI's instructions: https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md)::

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

from codemods.container_registry import SERVER_URL, RegistryCredentials
from codemods.image_literal import has_comment, literal_value, quote_of, with_image
from codemods.syntax.dict_notation import (
    Braces,
    DictLike,
    Keywords,
    Notation,
    colon_of,
    dict_like,
    line_of,
    pairs_of,
)
from codemods.syntax.layout import (
    Arguments,
    CallLines,
    Closing,
    Elements,
    Items,
    ItemT,
    Line,
    NodeT,
    Style,
    equal_of,
    unit_of,
)
from codemods.syntax.source import NotRewritable, parse_expression

_ORDER = ("image", "serverUrl", "credentials")
_UNBRACKETED = (cst.Tuple, cst.GeneratorExp, cst.NamedExpr, cst.Yield)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a registry is to become.

    ``image`` None keeps the image. ``unit``, ``newline`` and ``quote`` are used where the dict shows
    none of its own.
    """

    image: str | None
    credentials: RegistryCredentials
    unit: str
    newline: str
    quote: str


def rewrite_registry_dict(
    expression: str,
    *,
    image: str | None,
    credentials: RegistryCredentials,
    indent: str,
    unit: str,
    newline: str,
    quote: str,
) -> str:
    """Return the ``{...}`` or ``dict(...)`` of a registry with image, server URL and credentials.

    ``indent`` is the indentation of the line on which the expression starts; the rest is as in Change.
    What is complete already comes back unchanged. Raises NotRewritable, NotLossless.
    """
    parsed = parse_expression(expression, newline)
    registry = dict_like(parsed.node)
    if registry is None:
        raise NotRewritable("it is neither a dict display nor a dict call")
    lines = CallLines(indent)
    registry.visit(lines)
    change = Change(image=image, credentials=credentials, unit=unit, newline=parsed.newline, quote=quote)
    return parsed.code(completed(registry, change, line_of(registry, lines)))


def values_of(registry: DictLike) -> Mapping[str, cst.BaseExpression]:
    """Return the values of a dict by their keys.

    Raises NotRewritable where these are not known: unpacked dicts, other keys than string literals,
    positional arguments, a key that stands twice.
    """
    values: dict[str, cst.BaseExpression] = {}
    for key, value in pairs_of(registry):
        if key is None:
            raise NotRewritable("the dict has keys that are no string literals")
        if key in values:
            raise NotRewritable("the dict has a key twice")
        values[key] = value
    return values


def completed(registry: DictLike, change: Change, line: Line) -> DictLike:
    """Return ``registry``, which opens on ``line``, as ``change`` wants it; itself if it is so already.

    Raises NotRewritable, NotLossless.
    """
    values = values_of(registry)
    wanted = _wanted(values, change)
    if not wanted:
        return registry
    if isinstance(registry, cst.Dict):
        elements = Elements.of(registry)
        style = _style(elements, unit_of(registry, line), values, change)
        keys = (quote_of(element.key) for element in elements.args)
        style = replace(style, quote=next((quote for quote in keys if quote), style.quote))
        braces = Braces(style, colon_of(elements))
        return _rewritten(elements, braces, values, change, line).put_into(registry)
    arguments = Arguments.of(registry)
    style = _style(arguments, unit_of(registry, line), values, change)
    style = replace(style, equal=equal_of([registry]))
    return _rewritten(arguments, Keywords(style), values, change, line).put_into(registry)


def _wanted(values: Mapping[str, cst.BaseExpression], change: Change) -> tuple[str, ...]:
    """Return the keys whose values are not yet as they should be, in the order of a job spec."""
    image = values.get("image")
    if image is None and change.image is None:
        raise NotRewritable("the registry is given no image")
    is_other = change.image is not None and (image is None or literal_value(image) != change.image)
    lacks = (is_other, _is_blank(values.get("serverUrl")), not _is_complete(values.get("credentials")))
    return tuple(key for key, is_wanted in zip(_ORDER, lacks, strict=True) if is_wanted)


def _is_blank(value: cst.BaseExpression | None) -> bool:
    if value is None or (isinstance(value, cst.Name) and value.value == "None"):
        return True
    inner = dict_like(value)
    if inner is not None:
        return all(key is not None and _is_blank(each) for key, each in pairs_of(inner))
    text = literal_value(value)
    return text is not None and not text.strip()


def _is_complete(value: cst.BaseExpression | None) -> bool:
    inner = None if value is None else dict_like(value)
    if inner is None:
        return not _is_blank(value)
    given = dict(pairs_of(inner))
    secrets = (given.get("password"), given.get("passwordSecretReference"))
    return None in given or (not _is_blank(given.get("username")) and not all(map(_is_blank, secrets)))


def _rewritten(
    layout: Items[ItemT, NodeT],
    notation: Notation[ItemT],
    values: Mapping[str, cst.BaseExpression],
    change: Change,
    line: Line,
) -> Items[ItemT, NodeT]:
    new_line = layout.line_after(line, notation.style)
    indent = line.indent_after(new_line) or ""
    new = {key: _value(key, values, notation, change, indent) for key in _wanted(values, change)}
    kept = tuple(_filled(item, new.get(notation.key(item) or "")) for item in layout.args)
    added = tuple(notation.item(key, value) for key, value in new.items() if key not in values)
    if not kept:
        return replace(layout, args=added).spread(line.indent, notation.style)
    after = replace(layout, args=kept)
    if not layout.spans_lines and (added or "credentials" in new):
        after = after.spread(line.indent, notation.style)
    for item in added:
        keys = [notation.key(each) for each in after.args]
        after = after.insert(_position(notation.key(item), keys), item, new_line)
    return after


def _filled(item: ItemT, value: cst.BaseExpression | None) -> ItemT:
    return item if value is None else replace(item, value=value)


def _position(key: str | None, keys: Sequence[str | None]) -> int:
    """Return the index of the first key that follows ``key`` in a job spec, else the end."""
    followers = _ORDER[_ORDER.index(key) + 1 :] if key in _ORDER else ()
    return min((keys.index(each) for each in followers if each in keys), default=len(keys))


def _value(
    key: str,
    values: Mapping[str, cst.BaseExpression],
    notation: Notation[ItemT],
    change: Change,
    indent: str,
) -> cst.BaseExpression:
    old = values.get(key)
    is_literal = old is not None and literal_value(old) is not None
    if old is not None and not is_literal and has_comment(old):
        raise NotRewritable(f"a comment stands inside the value of {key}")
    if key == "credentials":
        return _credentials(change.credentials, notation, indent)
    text = SERVER_URL if key == "serverUrl" else change.image or ""
    if old is not None and is_literal:
        return with_image(old, text)
    image = values.get("image")
    quote = (quote_of(image) if image else None) or notation.style.quote
    return with_image(cst.SimpleString(quote * 2), text)


def _credentials(wanted: RegistryCredentials, notation: Notation[ItemT], indent: str) -> DictLike:
    inner = indent + notation.style.unit
    items = [notation.item("username", _expression(wanted.username))]
    if wanted.vault_id is not None and wanted.secret_url is not None:
        vault = [notation.item("id", _expression(wanted.vault_id))]
        reference = [
            notation.item("sourceVault", notation.mapping(vault, inner + notation.style.unit)),
            notation.item("secretUrl", _expression(wanted.secret_url)),
        ]
        items.append(notation.item("passwordSecretReference", notation.mapping(reference, inner)))
    elif wanted.password is not None:
        items.append(notation.item("password", _expression(wanted.password)))
    else:
        raise NotRewritable("neither a password nor a vault is given")
    return notation.mapping(items, indent)


def _expression(source: str) -> cst.BaseExpression:
    node = parse_expression(source).node
    if isinstance(node, _UNBRACKETED) and not node.lpar:
        raise NotRewritable("a credential is an expression that needs brackets")
    return node


def _style(
    layout: Items[ItemT, NodeT], unit: str | None, values: Mapping[str, cst.BaseExpression], change: Change
) -> Style:
    image = values.get("image")
    # What stands on one line tells nothing of where its bracket would close.
    one_line = Closing.OWN_LINE_AFTER_COMMA if layout.has_last_comma else Closing.OWN_LINE
    return Style(
        unit=unit or change.unit,
        newline=change.newline,
        closing=layout.closing if layout.spans_lines else one_line,
        equal=equal_of([]),
        quote=(quote_of(image) if image else None) or change.quote,
    )

"""Gives a container's image registry a server URL and credentials, and another image.

Before and after, as in "Provide API Key Directly Using Python" of Batch AI's instructions::

    models.ContainerSettings(
        models.ImageSourceRegistry(image='bvlc/caffe:gpu'))

    models.ContainerSettings(
        image_source_registry=models.ImageSourceRegistry(
            server_url='nvcr.io',
            image='nvcr.io/nvidia/caffe:17.12',
            credentials=models.PrivateRegistryCredentials(
                username=cfg.container_registry_user,
                password=cfg.container_registry_password)))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import libcst as cst

from codemods.image_literal import literal_value, quote_of, with_image
from codemods.syntax.layout import Arguments, CallLines, Line, Style, equal_of, unit_of
from codemods.syntax.model_calls import Resolve, Site, argument, calls_in, keyworded, model_of, sites
from codemods.syntax.source import NotRewritable, parse_expression

SERVER_URL = "nvcr.io"

_ORDER = ("image", "server_url", "credentials")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryCredentials:
    """The credentials to write, each the source of a Python expression.

    Either ``password``, or ``vault_id`` and ``secret_url``.
    """

    username: str
    password: str | None = None
    vault_id: str | None = None
    secret_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What every site of a source is to become.

    ``image`` None keeps the image argument. ``models`` spells the model classes: a prefix such as
    ``"models."``, or a mapping from class to source. ``unit``, ``newline`` and ``quote`` are used where
    a site shows none of its own.
    """

    resolve: Resolve
    image: str | None
    credentials: RegistryCredentials
    models: str | Mapping[str, str]
    unit: str
    newline: str
    quote: str

    def spelled(self, model: str) -> cst.BaseExpression:
        """Return the callee for ``model``. Raises NotRewritable if there is none."""
        if isinstance(self.models, str):
            return parse_expression(self.models + model).node
        if model not in self.models:
            raise NotRewritable(f"{model} has no name here")
        return parse_expression(self.models[model]).node


def rewrite_settings(
    expression: str,
    *,
    calls: Mapping[str, str],
    image: str | None,
    credentials: RegistryCredentials,
    models: str | Mapping[str, str],
    indent: str,
    unit: str,
    newline: str,
    quote: str,
) -> str:
    """Return the settings or registry call ``expression`` with server URL, image and credentials.

    ``calls`` maps the dotted source of a callee to its model class; ``indent`` is the indentation of
    the line on which the expression starts; the rest is as in Change. What is complete already comes
    back unchanged. Raises NotRewritable, NotLossless.
    """
    parsed = parse_expression(expression, newline)
    lines = CallLines(indent)
    parsed.node.visit(lines)
    found = sites(list(lines.lines), calls.get)
    if len(found) != 1 or found[0].outer is not parsed.node:
        raise NotRewritable("it is not one call that holds one ImageSourceRegistry call")
    change = Change(
        resolve=calls.get,
        image=image,
        credentials=credentials,
        models=models,
        unit=unit,
        newline=newline,
        quote=quote,
    )
    return parsed.code(rewritten(found[0], change, lines.lines))


def rewritten(site: Site, change: Change, lines: Mapping[cst.Call, Line]) -> cst.Call:
    """Return what becomes of the outer call of ``site``; ``lines`` knows the line of every call.

    Raises NotRewritable, NotLossless.
    """
    style = _style(site, change, lines)
    registry = keyworded(site.registry, "ImageSourceRegistry", style.equal)
    if not _wanted(registry, change):
        return site.outer
    transformer = _SiteTransformer(site, change, style, lines[site.registry])
    outer = site.outer.visit(transformer)
    if not isinstance(outer, cst.Call):
        raise NotRewritable("it is not a call")
    return outer


class _SiteTransformer(cst.CSTTransformer):
    """Completes the registry call, and gives keywords to the model calls around and inside it."""

    def __init__(self, site: Site, change: Change, style: Style, line: Line) -> None:
        super().__init__()
        self.site = site
        self.change = change
        self.style = style
        self.line = line

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        model = model_of(original_node, self.change.resolve)
        if model is None:
            return updated_node
        updated_node = keyworded(updated_node, model, self.style.equal)
        if original_node is not self.site.registry:
            return updated_node
        return _completed(updated_node, self.change, self.style, self.line)


def _wanted(registry: cst.Call, change: Change) -> frozenset[str]:
    """Return the names of the arguments that are not yet as they should be."""
    image = argument(registry, "image")
    if image is None and change.image is None:
        raise NotRewritable("ImageSourceRegistry is given no image")
    wanted = set()
    if change.image is not None and (image is None or literal_value(image) != change.image):
        wanted.add("image")
    if _is_blank(argument(registry, "server_url")):
        wanted.add("server_url")
    if not _is_complete(argument(registry, "credentials"), change):
        wanted.add("credentials")
    return frozenset(wanted)


def _is_blank(value: cst.BaseExpression | None) -> bool:
    if value is None or (isinstance(value, cst.Name) and value.value == "None"):
        return True
    text = literal_value(value)
    return text is not None and not text.strip()


def _is_complete(value: cst.BaseExpression | None, change: Change) -> bool:
    model = "PrivateRegistryCredentials"
    if not isinstance(value, cst.Call) or model_of(value, change.resolve) != model:
        return not _is_blank(value)
    if any(arg.star for arg in value.args):
        return True
    call = keyworded(value, model, cst.AssignEqual())
    secrets = (argument(call, "password"), argument(call, "password_secret_reference"))
    return not _is_blank(argument(call, "username")) and not all(map(_is_blank, secrets))


def _completed(registry: cst.Call, change: Change, style: Style, line: Line) -> cst.Call:
    wanted = _wanted(registry, change)
    before = Arguments.of(registry)
    given = {arg.keyword.value for arg in before.args if arg.keyword}
    is_grown = "credentials" in wanted or not wanted <= given
    new_line = (
        _argument_line(before, style, line) if before.spans_lines else style.line(line.indent + style.unit)
    )
    indent = line.indent_after(new_line) or ""
    values = {name: _value(name, argument(registry, name), change, style, indent) for name in wanted}
    kept = tuple(
        arg.with_changes(value=values[arg.keyword.value])
        if arg.keyword and arg.keyword.value in values
        else arg
        for arg in before.args
    )
    after = replace(before, args=kept)
    additions = [style.keyword(name, values[name]) for name in _ORDER if name in wanted - given]
    if before.spans_lines:
        for arg in additions:
            after = after.insert(_position(arg, after.args), arg, new_line)
    elif is_grown:
        args = list(kept)
        for arg in additions:
            args.insert(_position(arg, args), arg)
        after = replace(after, args=tuple(args)).spread(line.indent, style)
    return after.put_into(registry)


def _position(arg: cst.Arg, args: tuple[cst.Arg, ...] | list[cst.Arg]) -> int:
    if arg.keyword and arg.keyword.value == "credentials":
        return len(args)
    names = [each.keyword.value if each.keyword else "" for each in args]
    return names.index("image") if "image" in names else 0


def _argument_line(arguments: Arguments, style: Style, line: Line) -> cst.ParenthesizedWhitespace:
    """Return the whitespace that starts a line as the first argument on a line of its own does."""
    indents = (line.indent_after(gap) for gap in arguments.gaps[: len(arguments.args)])
    return style.line(next(indent for indent in indents if indent is not None))


def _value(
    name: str, old: cst.BaseExpression | None, change: Change, style: Style, indent: str
) -> cst.BaseExpression:
    if name == "credentials":
        return _credentials(change, style, indent)
    text = SERVER_URL if name == "server_url" else change.image or ""
    if old is not None and literal_value(old) is not None:
        return with_image(old, text)
    return with_image(cst.SimpleString(style.quote * 2), text)


def _credentials(change: Change, style: Style, indent: str) -> cst.Call:
    wanted = change.credentials
    inner = indent + style.unit
    args = [style.keyword("username", parse_expression(wanted.username).node)]
    if wanted.vault_id is not None and wanted.secret_url is not None:
        resource = cst.Call(
            change.spelled("ResourceId"), [style.keyword("id", parse_expression(wanted.vault_id).node)]
        )
        secret_url = parse_expression(wanted.secret_url).node
        reference = [style.keyword("source_vault", resource), style.keyword("secret_url", secret_url)]
        secret = style.call(change.spelled("KeyVaultSecretReference"), reference, inner)
        args.append(style.keyword("password_secret_reference", secret))
    elif wanted.password is not None:
        args.append(style.keyword("password", parse_expression(wanted.password).node))
    else:
        raise NotRewritable("neither a password nor a vault is given")
    return style.call(change.spelled("PrivateRegistryCredentials"), args, indent)


def _style(site: Site, change: Change, lines: Mapping[cst.Call, Line]) -> Style:
    around = [site.registry] + ([site.settings] if site.settings else [])
    units = (unit_of(call, lines[call]) for call in [*around, *calls_in(site.outer)])
    layouts = [Arguments.of(call) for call in around]
    closings = [each.closing for each in layouts if each.spans_lines]
    image = argument(keyworded(site.registry, "ImageSourceRegistry", cst.AssignEqual()), "image")
    return Style(
        unit=next((unit for unit in units if unit), change.unit),
        newline=change.newline,
        closing=closings[0] if closings else layouts[0].closing,
        equal=equal_of(around),
        quote=(quote_of(image) if image else None) or change.quote,
    )

"""The Batch AI model classes of container settings, and the calls of them in a source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import libcst as cst

from codemods.syntax.source import NotRewritable, dotted

#: Parameters in the order in which azure-mgmt-batchai 0.2.0, the last to do so, takes them by position.
PARAMETERS = {
    "ContainerSettings": ("image_source_registry",),
    "ImageSourceRegistry": ("image", "server_url", "credentials"),
    "PrivateRegistryCredentials": ("username", "password", "password_secret_reference"),
    "KeyVaultSecretReference": ("source_vault", "secret_url"),
    "ResourceId": ("id",),
}

#: Tells the model class that a dotted callee means, None if it means none.
Resolve = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Site:
    """One registry call, and the settings call around it if there is one."""

    settings: cst.Call | None
    registry: cst.Call

    @property
    def outer(self) -> cst.Call:
        """The call that is rewritten as a whole."""
        return self.settings or self.registry


def model_of(call: cst.BaseExpression, resolve: Resolve) -> str | None:
    """Return the model class that ``call`` makes, None for everything else."""
    name = dotted(call.func) if isinstance(call, cst.Call) else None
    return None if name is None else resolve(name)


def sites(calls: Sequence[cst.Call], resolve: Resolve) -> list[Site]:
    """Return the sites among ``calls``, in source order.

    Settings that hold no registry call, or more than one, are left out with what they hold.
    """
    found: list[Site] = []
    inside: set[cst.Call] = set()
    for call in calls:
        model = model_of(call, resolve)
        if call in inside or model not in ("ContainerSettings", "ImageSourceRegistry"):
            continue
        nested = calls_in(call)
        registries = [each for each in nested if model_of(each, resolve) == "ImageSourceRegistry"]
        inside.update(nested)
        if len(registries) == 1:
            found.append(Site(call if model == "ContainerSettings" else None, registries[0]))
    return found


def calls_in(node: cst.CSTNode) -> list[cst.Call]:
    """Return the calls in ``node``, itself included, outer before inner."""
    finder = _Calls()
    node.visit(finder)
    return finder.calls


def keyworded(call: cst.Call, model: str, equal: cst.AssignEqual) -> cst.Call:
    """Return ``call`` with a keyword on every argument.

    Raises NotRewritable for starred arguments, for too many and for one given twice.
    """
    if model not in PARAMETERS:
        raise NotRewritable(f"{model} is no part of container settings")
    names = PARAMETERS[model]
    args = []
    for index, arg in enumerate(call.args):
        if arg.star:
            raise NotRewritable(f"{model} takes its arguments from a starred expression")
        if arg.keyword is None:
            if index >= len(names):
                raise NotRewritable(f"{model} has more positional arguments than parameters")
            arg = arg.with_changes(keyword=cst.Name(names[index]), equal=equal)
        args.append(arg)
    given = [arg.keyword.value for arg in args if arg.keyword]
    if len(set(given)) < len(given):
        raise NotRewritable(f"{model} is given an argument twice")
    return call.with_changes(args=args)


def argument(call: cst.Call, name: str) -> cst.BaseExpression | None:
    """Return the value of the keyword argument ``name``."""
    return next((arg.value for arg in call.args if arg.keyword and arg.keyword.value == name), None)


class _Calls(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[cst.Call] = []

    def visit_Call(self, node: cst.Call) -> None:
        self.calls.append(node)

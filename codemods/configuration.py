"""Adds the registry's section to a recipe's ``configuration.json``, or fills the blanks of one.

The section and its placeholders are those of the recipes' own instructions:
https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md
"""

from __future__ import annotations

from collections.abc import Mapping

from codemods.syntax.edits import Edit
from codemods.syntax.json_edits import set_members
from codemods.syntax.json_tree import Json, Kind, Node
from codemods.syntax.registry import PLACEHOLDERS, RegistryCredentials

SECTION = "container_registry"
VAULT = "keyvault_id"


def conflicts(root: Node, credentials: RegistryCredentials) -> tuple[str, ...]:
    """Return the dotted names of values that belong to another registry; ``$`` if the root is no object.

    Blank values never conflict, nor does the user's own value where only a placeholder would be added.
    """
    section, top = _wanted(credentials)
    if root.kind is not Kind.OBJECT:
        return ("$",)
    registry = root.find(SECTION)
    names = [
        f"{SECTION}.{key}" for key, value in section.items() if _conflicts(root.find(SECTION, key), value)
    ]
    if registry is not None and not registry.is_blank and registry.kind is not Kind.OBJECT:
        names = [SECTION]
    return (*names, *(key for key, value in top.items() if _conflicts(root.find(key), value)))


def add_registry(root: Node, credentials: RegistryCredentials) -> tuple[Edit[str], ...]:
    """Return the edits that add ``container_registry``, and ``keyvault_id`` for a Key Vault.

    Existing blanks are filled in place. No edits if all is there, or if there are conflicts.
    """
    if conflicts(root, credentials):
        return ()
    section, top = _wanted(credentials)
    registry = root.find(SECTION)
    beside = _lacking(root, top)
    # The vault goes before the section, and the user before all else in it.
    before = [index for index, member in enumerate(root.members) if top and member.key == SECTION]
    if registry is None or registry.is_blank:
        return set_members(root, {**beside, SECTION: section}, *before)
    first = [0] if registry.find("user") is None else []
    return (
        *set_members(root, beside, *before),
        *set_members(registry, _lacking(registry, section), *first),
    )


def _wanted(credentials: RegistryCredentials) -> tuple[dict[str, Json], dict[str, Json]]:
    """Return the section of the registry, and what stands beside it."""
    user, password = credentials.username, credentials.password
    if isinstance(password, str):
        return {"user": user, "password": password}, {}
    return {"user": user, "secret_url": password.secret_url}, {VAULT: password.vault_id}


def _lacking(node: Node, values: Mapping[str, Json]) -> dict[str, Json]:
    """Return the values that an object lacks, or for which a member of it waits."""
    present = ((key, node.find(key), value) for key, value in values.items())
    return {key: value for key, old, value in present if old is None or _is_open(old, value)}


def _is_open(node: Node, value: Json) -> bool:
    """Tell whether the node waits for the value: a blank, or a placeholder where the value is none."""
    is_placeholder = node.kind is Kind.STRING and node.value in PLACEHOLDERS
    return node.is_blank or (is_placeholder and value not in PLACEHOLDERS)


def _conflicts(node: Node | None, value: Json) -> bool:
    if node is None or _is_open(node, value):
        return False
    return node.kind is not Kind.STRING or (value not in PLACEHOLDERS and node.value != value)

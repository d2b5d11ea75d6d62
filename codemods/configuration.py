"""Adds the registry's section to a recipe's ``configuration.json``, or fills the blanks of one.

The section and its placeholders are those of the recipes' own instructions:
https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md
"""

from __future__ import annotations

from codemods.job_spec import quiet_index
from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import Json, Kind, Node, insert_members, replace_value
from codemods.syntax.registry import PLACEHOLDERS, RegistryCredentials

SECTION = "container_registry"
VAULT = "keyvault_id"


def _wanted(credentials: RegistryCredentials) -> tuple[dict[str, str], str | None]:
    """Return the section of the registry, and the value of ``keyvault_id``, if any."""
    user, password = credentials.username, credentials.password
    if isinstance(password, str):
        return {"user": user, "password": password}, None
    return {"user": user, "secret_url": password.secret_url}, password.vault_id


def conflicts(root: Node, credentials: RegistryCredentials) -> tuple[str, ...]:
    """Return the dotted names of values that belong to another registry; ``$`` if the root is no object.

    Blank values never conflict, nor does the user's own value where only a placeholder would be added.
    """
    section, vault_id = _wanted(credentials)
    if root.kind is not Kind.OBJECT:
        return ("$",)
    registry = root.find(SECTION)
    if registry is None or registry.is_blank:
        names = []
    elif registry.kind is not Kind.OBJECT:
        names = [SECTION]
    else:
        names = [f"{SECTION}.{key}" for key in section if _conflicts(registry.find(key), section[key])]
    if vault_id is not None and _conflicts(root.find(VAULT), vault_id):
        names.append(VAULT)
    return tuple(names)


def add_registry(text: str, root: Node, credentials: RegistryCredentials) -> tuple[Edit[str], ...]:
    """Return the edits that add ``container_registry``, and ``keyvault_id`` for a Key Vault.

    Existing blanks are filled in place. No edits if all is there, or if there are conflicts.
    """
    if conflicts(root, credentials):
        return ()
    section, vault_id = _wanted(credentials)
    edits: list[Edit[str]] = []
    missing: dict[str, Json] = {}
    preferred: tuple[int, ...] = ()
    vault, registry = root.find(VAULT), root.find(SECTION)
    if vault_id is not None and vault is None:
        missing[VAULT] = vault_id
        preferred = tuple(index for index, member in enumerate(root.members) if member.key == SECTION)
    elif vault_id is not None and vault is not None:
        edits += _filled(vault, vault_id)
    if registry is None:
        missing[SECTION] = section
    elif registry.is_blank:
        edits.append(replace_value(registry, section))
    else:
        edits += _complete(text, registry, section)
    if missing:
        edits.append(insert_members(text, root, missing, before=quiet_index(text, root, *preferred)))
    return tuple(edits)


def _complete(text: str, registry: Node, section: dict[str, str]) -> list[Edit[str]]:
    present = ((registry.find(key), value) for key, value in section.items())
    edits = [edit for node, value in present if node is not None for edit in _filled(node, value)]
    missing = {key: value for key, value in section.items() if registry.find(key) is None}
    if missing:
        preferred = (0,) if "user" in missing else ()
        edits.append(insert_members(text, registry, missing, before=quiet_index(text, registry, *preferred)))
    return edits


def _filled(node: Node, value: str) -> tuple[Edit[str], ...]:
    return (replace_value(node, value),) if node.value != value and _is_open(node, value) else ()


def _is_open(node: Node, value: str) -> bool:
    """Tell whether the node waits for the value: a blank, or a placeholder where the value is none."""
    is_placeholder = node.kind is Kind.STRING and node.value in PLACEHOLDERS
    return node.is_blank or (is_placeholder and value not in PLACEHOLDERS)


def _conflicts(node: Node | None, value: str) -> bool:
    if node is None or _is_open(node, value):
        return False
    return node.kind is not Kind.STRING or (value not in PLACEHOLDERS and node.value != value)

"""Recipes before and after migration, with values in place of the placeholders, as a user has them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrator.discover.tree import discover
from migrator.model import CredentialsMode, Plan
from migrator.options import Options
from migrator.pipeline import plan

FIXTURES = Path(__file__).parents[2] / "fixtures"

USER = "$oauthtoken"
API_KEY = "made-up-api-key"
VAULT_ID = "/subscriptions/0a0a/resourceGroups/safes/providers/Microsoft.KeyVault/vaults/strongbox"
SECRET_URL = "https://strongbox.vault.azure.net/secrets/ngc"  # noqa: S105 - where a secret lies, not a secret

# What a user writes where the migrated files have a placeholder.
VALUES: Mapping[str, str] = {
    "<Your API Key>": API_KEY,
    "/subscriptions/<Your Subscription ID>/resourceGroups/<KeyVault Resource Group>"
    "/providers/Microsoft.KeyVault/vaults/<Key Vault Name>": VAULT_ID,
    "https://<KeyVault Name>.vault.azure.net/secrets/<Secret Name>": SECRET_URL,
    "<Your Subscription ID>": "0a0a",
    "<Your Access Token>": "made-up-token",
    "<Your Storage Account>": "nightingale",
    "<Your Storage Key>": "bWFkZSB1cA==",
}


def laid_out(fixture: str, target: Path) -> Path:
    """Copy the fixture's tree before migration to ``target`` and return that."""
    shutil.copytree(FIXTURES / fixture / "before", target)
    return target


def migrate(tree: Path, options: Options) -> Plan:
    """Plan the tree, write the changes in it, and return the plan."""
    made = plan(discover([tree]), options)
    for change in made.changes:
        (tree / change.path).write_bytes(change.after)
    return made


def prepared(fixture: str, target: Path, mode: CredentialsMode | None) -> Path:
    """Return the tree at ``target``, migrated with ``mode`` if there is one, and with values filled in."""
    tree = laid_out(fixture, target)
    if mode is not None:
        assert migrate(tree, Options(credentials=mode)).changes
    for path in (*tree.rglob("*.json"), *tree.rglob("*.template")):
        fill_in(path, {})
    return tree


def fill_in(path: Path, more: Mapping[str, str]) -> None:
    """Put values in place of the placeholders in a file; ``more`` has further texts to replace."""
    text = path.read_bytes().decode()
    for placeholder, value in {**VALUES, **more}.items():
        text = text.replace(placeholder, value)
    path.write_bytes(text.encode())


def credentials(mode: CredentialsMode) -> Mapping[str, Any]:
    """Return the credentials that a job is meant to send once the values are filled in."""
    if mode is CredentialsMode.API_KEY:
        return {"username": USER, "password": API_KEY}
    reference = {"sourceVault": {"id": VAULT_ID}, "secretUrl": SECRET_URL}
    return {"username": USER, "passwordSecretReference": reference}


def registry(image: str, mode: CredentialsMode) -> Mapping[str, Any]:
    """Return the ``imageSourceRegistry`` that a migrated job is meant to send."""
    return {"serverUrl": "nvcr.io", "image": image, "credentials": credentials(mode)}

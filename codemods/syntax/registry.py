"""What an image registry holds and what it lacks, in whatever notation it is written.

A value is what ``json.loads`` would make of it; code that is no literal is an object of its own. The keys
are those of a ``job.json``, also for model calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from codemods.syntax.json_tree import Json

SERVER_URL = "nvcr.io"
USER_NAME = "$oauthtoken"
API_KEY_PLACEHOLDER = "<Your API Key>"
VAULT_ID_PLACEHOLDER = (
    "/subscriptions/<Your Subscription ID>/resourceGroups/<KeyVault Resource Group>"
    "/providers/Microsoft.KeyVault/vaults/<Key Vault Name>"
)
SECRET_URL_PLACEHOLDER = "https://<KeyVault Name>.vault.azure.net/secrets/<Secret Name>"  # noqa: S105
PLACEHOLDERS = frozenset({API_KEY_PLACEHOLDER, SECRET_URL_PLACEHOLDER, VAULT_ID_PLACEHOLDER})

#: A value, or a key, that only running the code would tell.
EXPRESSION = object()


@dataclass(frozen=True, slots=True)
class VaultSecret:
    """Where an Azure Key Vault keeps a password."""

    vault_id: str
    secret_url: str


@dataclass(frozen=True, slots=True)
class RegistryCredentials:
    """The login to write: texts for JSON, sources of expressions for Python."""

    username: str
    password: str | VaultSecret

    @property
    def tree(self) -> dict[str, Json]:
        """The ``credentials`` of a job spec."""
        if isinstance(self.password, str):
            return {"username": self.username, "password": self.password}
        vault: dict[str, Json] = {"id": self.password.vault_id}
        reference: dict[str, Json] = {"sourceVault": vault, "secretUrl": self.password.secret_url}
        return {"username": self.username, "passwordSecretReference": reference}


def is_blank(value: object) -> bool:
    """Tell whether a value says nothing: null, white space, a mapping of nothing else."""
    if isinstance(value, Mapping):
        return all(is_blank(each) for each in value.values())
    return value is None or (isinstance(value, str) and not value.strip())


def host_of(server_url: str) -> str:
    """Return the host that a server URL names, in whatever spelling, with the path behind it."""
    return re.sub(r"\Ahttps?://|(?::443)?/*\Z", "", server_url.strip().lower())


def has_login(credentials: object) -> bool:
    """Tell whether ``credentials`` have a user name and a secret.

    What is no mapping, and not blank, counts as a login that is written in another way.
    """
    if not isinstance(credentials, Mapping) or EXPRESSION in credentials:
        return not is_blank(credentials)
    secrets = (credentials.get("password"), credentials.get("passwordSecretReference"))
    return not is_blank(credentials.get("username")) and not all(map(is_blank, secrets))


def lacking(registry: Mapping[object, object], image: str | None) -> tuple[str, ...]:
    """Return the keys that are missing or not yet as they should be, in the order of a job spec.

    ``image`` None stands for one that is rewritten elsewhere. A server URL that is there stays with its
    image: together with another image it changes as well. Complete credentials stay.
    """
    server = registry.get("serverUrl")
    is_new = registry.get("image") != image
    is_other = isinstance(server, str) and host_of(server) != SERVER_URL
    lacks = {
        "image": image is not None and is_new,
        "serverUrl": is_blank(server) or (is_new and is_other),
        "credentials": not has_login(registry.get("credentials")),
    }
    return tuple(key for key, is_lacking in lacks.items() if is_lacking)

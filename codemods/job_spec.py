"""Completes the image registry of a job spec (``job.json``): image, server URL and credentials.

The shapes and placeholders are those of the recipes' own instructions:
https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import Json, Kind, Node, insert_members, replace_value

SERVER_URL = "nvcr.io"
USER_NAME = "$oauthtoken"
API_KEY_PLACEHOLDER = "<Your API Key>"
VAULT_ID_PLACEHOLDER = (
    "/subscriptions/<Your Subscription ID>/resourceGroups/<KeyVault Resource Group>"
    "/providers/Microsoft.KeyVault/vaults/<Key Vault Name>"
)
SECRET_URL_PLACEHOLDER = "https://<KeyVault Name>.vault.azure.net/secrets/<Secret Name>"  # noqa: S105

_LINE_END = re.compile(r"\r\n|\n|\r")
_SECRET = re.compile(r"password|secret|key|token|credential", re.IGNORECASE)
_NO_SECRETS = frozenset({"keyvault_id", "secret_url"})


def api_key_credentials(password: str = API_KEY_PLACEHOLDER) -> dict[str, Json]:
    """Return ``credentials`` that hold an API key."""
    return {"username": USER_NAME, "password": password}


def key_vault_credentials(
    vault_id: str = VAULT_ID_PLACEHOLDER, secret_url: str = SECRET_URL_PLACEHOLDER
) -> dict[str, Json]:
    """Return ``credentials`` that refer to a secret in an Azure Key Vault."""
    reference: dict[str, Json] = {"sourceVault": {"id": vault_id}, "secretUrl": secret_url}
    return {"username": USER_NAME, "passwordSecretReference": reference}


def complete_registry(
    text: str, registry: Node, *, image: str, credentials: Mapping[str, Json]
) -> tuple[Edit[str], ...]:
    """Return the edits after which the ``imageSourceRegistry`` object pulls ``image`` from nvcr.io.

    ``text`` is the whole file. Complete credentials stay. A server URL that is there stays with
    its image: together with a changed image it changes as well. No edits if nothing is left to do, or
    if ``registry`` is no object.
    """
    if registry.kind is not Kind.OBJECT:
        return ()
    wanted: dict[str, Json] = {"image": image, "serverUrl": SERVER_URL, "credentials": credentials}
    missing = {key: value for key, value in wanted.items() if registry.find(key) is None}
    old_image = registry.find("image")
    is_new = old_image is None or old_image.value != image
    is_open = not has_login(registry)
    stale = {"image": is_new, "serverUrl": _is_stale(registry, is_new), "credentials": is_open}
    present = ((key, registry.find(key)) for key in wanted if stale[key])
    edits = [replace_value(node, wanted[key]) for key, node in present if node is not None]
    if missing:
        edits.append(insert_members(text, registry, missing, before=quiet_index(text, registry)))
    return tuple(edits)


def quiet_index(text: str, parent: Node, *preferred: int) -> int | None:
    """Return the index of the member before which new ones show no secret; None for the object's end.

    A diff shows the lines beside an insertion, and rewrites the last one for its comma. ``preferred``
    (0-based indices; the count of members: the end) are tried before the end, the beginning and the
    rest; where a secret stands beside every place, it is the beginning, which rewrites no line.
    """
    members = parent.members
    count = len(members)
    starts = [end.end() for end in _LINE_END.finditer(text)]
    secrets = {bisect_right(starts, offset) for offset in _secrets(parent)}
    offsets = [parent.start, *(member.value.end - 1 for member in members)]
    nexts = [*(member.key_node.start for member in members), parent.end - 1]
    for index in (*preferred, count, *range(count)):
        lines = {bisect_right(starts, offsets[index]), bisect_right(starts, nexts[index])}
        if not lines & secrets:
            return None if index == count else index
    return 0 if members else None


def _secrets(parent: Node) -> list[int]:
    """Return where values start that look like secrets, at any depth."""
    found, waiting = [], [parent]
    while waiting:
        node = waiting.pop()
        waiting += [*node.items, *(member.value for member in node.members)]
        for member in node.members:
            is_named = member.key not in _NO_SECRETS and _SECRET.search(member.key)
            if is_named and member.value.kind is Kind.STRING and not member.value.is_blank:
                found.append(member.value.start)
    return found


def _is_stale(registry: Node, is_new_image: bool) -> bool:
    server = registry.find("serverUrl")
    if server is None or server.is_blank:
        return True
    host = str(server.value).strip().removeprefix("https://").rstrip("/")
    return is_new_image and host != SERVER_URL


def has_login(registry: Node) -> bool:
    """Tell whether an ``imageSourceRegistry`` has credentials with a user name and a secret.

    Credentials that are no object, and not blank, count as a login that is written in another way.
    """
    credentials = registry.find("credentials")
    if credentials is None or credentials.kind is not Kind.OBJECT:
        return credentials is not None and not credentials.is_blank
    secrets = (credentials.find("password"), credentials.find("passwordSecretReference"))
    user = credentials.find("username")
    has_secret = any(secret is not None and not secret.is_blank for secret in secrets)
    return has_secret and user is not None and not user.is_blank

"""Whether a secret of a Key Vault exists and can be read, by Azure's own client."""

from __future__ import annotations

import logging
from typing import Any

from migrator.model import Finding, Place, Severity

_LIMITS: dict[str, Any] = {"retry_total": 2, "connection_timeout": 10, "read_timeout": 20}
_NOBODY = "nobody is logged in to Azure here whom it takes: whether it exists is not known"
_REFUSED = "it is not for who is logged in to Azure here"
_SAYS = {404: "the vault has no such secret", 403: _REFUSED, 401: _NOBODY, None: _NOBODY}


def ask_vault(url: str, credential: Any = None) -> Finding | None:
    """Return what is wrong with the secret at ``url``, None if it can be read; nobody keeps its value."""
    from azure.identity import DefaultAzureCredential
    from azure.keyvault.secrets import SecretClient

    logging.getLogger("azure").setLevel(logging.CRITICAL)  # what it says is said below
    vault, _, rest = url.partition("/secrets/")
    name, _, version = rest.partition("/")
    try:
        who = credential or DefaultAzureCredential(**_LIMITS)
        with SecretClient(vault, who, permit_redirects=False, **_LIMITS) as client:
            why = "" if client.get_secret(name, version or None).value else "it is empty"
    except Exception as error:  # its text may quote what was sent
        unknown = f"there was no clear answer ({type(error).__name__})"
        why = _SAYS.get(getattr(error, "status_code", 0), unknown)
    message = f"Jobs would get the key from {url}, but {why}."
    return Finding("secret-not-found", Severity.WARNING, Place(""), message) if why else None

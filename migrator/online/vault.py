"""Whether a secret of a Key Vault exists and can be read, by Azure's own client."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from migrator.model import Answer

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_LIMITS: dict[str, Any] = {"retry_total": 2, "connection_timeout": 10, "read_timeout": 20}


def ask_vault(url: str, credential: TokenCredential | None = None) -> Answer | None:
    """Return what is wrong with the secret at ``url``, None if it can be read; nobody keeps its value.

    Without ``credential`` it is read as whoever DefaultAzureCredential finds.
    """
    from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
    from azure.identity import DefaultAzureCredential
    from azure.keyvault.secrets import SecretClient

    logging.getLogger("azure").setLevel(logging.CRITICAL)  # what it says is said below
    vault, _, rest = url.partition("/secrets/")
    name, _, version = rest.partition("/")
    try:
        who = credential or DefaultAzureCredential(**_LIMITS)
        with SecretClient(vault, who, **_LIMITS) as client:
            why = "" if client.get_secret(name, version or None).value else "it is empty"
    except ResourceNotFoundError:
        why = "the vault has no such secret"
    except ClientAuthenticationError:
        why = "nobody is logged in to Azure here whom the vault lets in: whether it exists is not known"
    except HttpResponseError as error:
        why = f"the vault does not give it (status {error.status_code})"
    except Exception as error:
        # Its text may quote what was sent.
        why = f"there was no clear answer ({type(error).__name__})"
    return Answer("secret-not-found", f"Jobs would get the key from {url}, but {why}.") if why else None

"""The attributes that migrated code reads from a loader, and where the configuration keeps them."""

from __future__ import annotations

from collections.abc import Mapping

# The names are those of the recipes' own loader:
# https://github.com/Azure/BatchAI/blob/master/utilities/config.py
ATTRIBUTES: Mapping[str, tuple[str | None, str]] = {
    "container_registry_user": ("container_registry", "user"),
    "container_registry_password": ("container_registry", "password"),
    "container_registry_secret_url": ("container_registry", "secret_url"),
    "keyvault_id": (None, "keyvault_id"),
}

"""Completes the image registry of a job spec (``job.json``): image, server URL and credentials.

The shapes and placeholders are those of the recipes' own instructions:
https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md
"""

from __future__ import annotations

from codemods.syntax.edits import Edit
from codemods.syntax.json_edits import set_members
from codemods.syntax.json_tree import Json, Kind, Node
from codemods.syntax.registry import SERVER_URL, RegistryCredentials, lacking


def complete_registry(
    registry: Node, *, image: str, credentials: RegistryCredentials
) -> tuple[Edit[str], ...]:
    """Return the edits after which the ``imageSourceRegistry`` object pulls ``image`` from nvcr.io.

    No edits if nothing is left to do, or if ``registry`` is no object.
    """
    if registry.kind is not Kind.OBJECT:
        return ()
    written: dict[str, Json] = {"image": image, "serverUrl": SERVER_URL, "credentials": credentials.tree}
    wanted = lacking({member.key: member.value.value for member in registry.members}, image)
    return set_members(registry, {key: written[key] for key in wanted})

"""Completes the image registry of a job spec (``job.json``): image, server URL and credentials.

The shapes and placeholders are those of the recipes' own instructions:
https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md
"""

from __future__ import annotations

import re
from bisect import bisect_right

from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import Json, Kind, Node, insert_members, replace_value
from codemods.syntax.lines import LINE_END
from codemods.syntax.registry import SERVER_URL, RegistryCredentials, lacking

_SECRET = re.compile(r"password|secret|key|token|credential", re.IGNORECASE)
_NO_SECRETS = frozenset({"keyvault_id", "secret_url"})


def complete_registry(
    text: str, registry: Node, *, image: str, credentials: RegistryCredentials
) -> tuple[Edit[str], ...]:
    """Return the edits after which the ``imageSourceRegistry`` object pulls ``image`` from nvcr.io.

    ``text`` is the whole file. No edits if nothing is left to do, or if ``registry`` is no object.
    """
    if registry.kind is not Kind.OBJECT:
        return ()
    written: dict[str, Json] = {"image": image, "serverUrl": SERVER_URL, "credentials": credentials.tree}
    wanted = lacking({member.key: member.value.value for member in registry.members}, image)
    missing = {key: written[key] for key in wanted if registry.find(key) is None}
    present = ((key, registry.find(key)) for key in wanted)
    edits = [replace_value(node, written[key]) for key, node in present if node is not None]
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
    starts = [end.end() for end in LINE_END.finditer(text)]
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

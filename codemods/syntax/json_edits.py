"""Edits of JSON that follow the layout of the file, and stay away from lines that hold secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import Json, Kind, Node
from codemods.syntax.lines import LINE_END, indent_at, line_start, unit_at

_SECRET = re.compile(r"password|secret|key|token|credential", re.IGNORECASE)
_NO_SECRETS = frozenset({"keyvault_id", "secret_url"})


def set_members(parent: Node, members: Mapping[str, Json], *preferred: int) -> tuple[Edit[str], ...]:
    """Return the edits that give an object the members: in their old place, or added at a ``quiet_index``."""
    present = [(node, key) for key in members if (node := parent.find(key)) is not None]
    edits = [replace_value(node, members[key]) for node, key in present]
    missing = {key: value for key, value in members.items() if parent.find(key) is None}
    if missing:
        edits.append(insert_members(parent, missing, quiet_index(parent, *preferred)))
    return tuple(edits)


def replace_value(node: Node, value: Json) -> Edit[str]:
    """Return the edit that puts ``value`` in the node's place; objects follow the file's layout."""
    line = _line_at(node.document, node.start)
    if not line and node.end - node.start == len(node.document.strip()):
        line = "\n"
    return Edit(node.start, node.end, _written(value, node.outer, line, node))


def insert_members(parent: Node, members: Mapping[str, Json], index: int) -> Edit[str]:
    """Return the edit that adds members to an object, before the one at ``index`` (0-based) or at the end.

    The new text follows its neighbours: own lines or one line, indentation, line ends, colons.
    """
    text, siblings = parent.document, parent.members
    if not siblings:
        return replace_value(parent, members)
    nearest = min(index, len(siblings) - 1)
    starts = [parent.start + 1, *(sibling.value.end for sibling in siblings)]
    gaps = [text[start : sibling.start] for start, sibling in zip(starts, siblings, strict=False)]
    # Nearest first: the gap before the member, those before it, those after it.
    near = next(filter(LINE_END.search, (*gaps[nearest::-1], *gaps[nearest + 1 :])), None)
    if near is not None:
        gap = line = LINE_END.findall(near)[-1] + indent_at(near, len(near))
    else:
        line = _line_at(text, starts[-1])
        gap = gaps[-1].partition(",")[2] if len(gaps) > 1 else _colon(parent)[-1].strip(":")
    added = [
        _written(key, parent, line, parent) + _colon(parent) + _written(value, parent, line, parent)
        for key, value in members.items()
    ]
    start, end = siblings[nearest].start, siblings[nearest].value.end
    if index == nearest:
        return Edit(start, start, "".join(f"{member},{gap}" for member in added))
    return Edit(end, end, "".join(f",{gap}{member}" for member in added))


def _written(value: Json, outer: Node | None, line: str, near: Node) -> str:
    """Return a value as it is written in ``outer``; ``line`` starts a new one, empty where all is on one."""
    text, colon = near.document, _colon(outer)
    space = "" if line else colon[-1].strip(":")
    unit = unit_at(text, near.start) or "    "
    written = json.dumps(
        value,
        ensure_ascii=text.isascii(),
        indent=unit if line else None,
        separators=(f",{space}", colon),
    )
    return written.replace("\n", line)


def _colon(outer: Node | None) -> str:
    """Return the narrowest colon with its spaces: wider ones may align values."""
    members = outer.members if outer else ()
    colons = (each.value.document[each.key_end : each.value.start] for each in members)
    return min((colon for colon in colons if not LINE_END.search(colon)), key=len, default=": ")


def _line_at(text: str, offset: int) -> str:
    """Return how a line starts like that of ``offset``, with the text's first line end; empty without one."""
    found = LINE_END.search(text.strip())
    return found[0] + indent_at(text, offset) if found else ""


def quiet_index(parent: Node, *preferred: int) -> int:
    """Return the index of the member before which new ones show no secret, the count of members for the end.

    A diff shows the lines beside an insertion, and rewrites the last one for its comma. ``preferred``
    indices are tried before the end, the beginning and the rest; where a secret stands beside every place,
    it is the beginning, which rewrites no line.
    """
    text, members = parent.document, parent.members
    count = len(members)
    secrets = {line_start(text, offset) for offset in _secrets(parent)}
    befores = [parent.start, *(member.value.end - 1 for member in members)]
    afters = [*(member.start for member in members), parent.end - 1]
    indices: list[int] = [*preferred, count, *range(count)]
    for index in indices:
        if secrets.isdisjoint({line_start(text, befores[index]), line_start(text, afters[index])}):
            return index
    return 0


def _secrets(parent: Node) -> Iterator[int]:
    """Yield where values start that look like secrets, at any depth."""
    for member in parent.members:
        is_named = member.key not in _NO_SECRETS and _SECRET.search(member.key)
        if is_named and member.value.kind is Kind.STRING and not member.value.is_blank:
            yield member.value.start
    for below in (*parent.items, *(member.value for member in parent.members)):
        yield from _secrets(below)

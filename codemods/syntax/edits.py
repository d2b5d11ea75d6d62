"""The edit algebra: half-open replacements against one baseline, and nothing else."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import AnyStr, Generic


@dataclass(frozen=True, slots=True, order=True)
class Edit(Generic[AnyStr]):
    """Replace ``source[start:end]`` by ``text``.

    ``start`` and ``end`` are 0-based and half-open: bytes where the source is ``bytes``,
    code points where it is ``str``.
    """

    start: int
    end: int
    text: AnyStr


class OverlappingEdits(ValueError):
    """Two edits claim the same place, or an edit lies outside of its source."""


def apply(edits: Iterable[Edit[AnyStr]], source: AnyStr) -> AnyStr:
    """Return ``source`` with every edit made, whatever order they come in.

    Raises OverlappingEdits for edits that overlap, share an insertion point, or lie outside.
    """
    parts: list[AnyStr] = []
    position = 0
    previous: Edit[AnyStr] | None = None
    for edit in sorted(edits):
        is_same_point = previous is not None and edit.start == edit.end == previous.end == previous.start
        if edit.start < position or edit.end < edit.start or edit.end > len(source) or is_same_point:
            raise OverlappingEdits(f"edit {edit.start}..{edit.end} overlaps or lies outside")
        parts += (source[position : edit.start], edit.text)
        position = edit.end
        previous = edit
    parts.append(source[position:])
    return source[:0].join(parts)


def inverse(edits: Iterable[Edit[AnyStr]], before: AnyStr) -> tuple[Edit[AnyStr], ...]:
    """Return the edits that turn the result of ``edits`` back into ``before``; adjoining ones become one."""
    undo: list[Edit[AnyStr]] = []
    shift = 0
    for edit in sorted(edits):
        start, text = edit.start + shift, before[edit.start : edit.end]
        if undo and undo[-1].end == start:
            last = undo.pop()
            start, text = last.start, last.text + text
        undo.append(Edit(start, edit.start + shift + len(edit.text), text))
        shift += len(edit.text) - (edit.end - edit.start)
    return tuple(undo)


def between(before: str, after: str, offset: int = 0) -> tuple[Edit[str], ...]:
    """Return small edits that turn ``before`` into ``after``, found by line and then trimmed.

    ``offset`` (code points) is added to every position, so that the text may be a part of a file.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        _trimmed(starts[i1], before[starts[i1] : starts[i2]], "".join(new[j1:j2]), offset)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )


def _trimmed(start: int, old: str, new: str, offset: int) -> Edit[str]:
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    tail = next((i for i in range(shortest - head) if old[-1 - i] != new[-1 - i]), shortest - head)
    return Edit(offset + start + head, offset + start + len(old) - tail, new[head : len(new) - tail])

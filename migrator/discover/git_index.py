"""Which files git tracks, read from its index without running git.

Format, versions 2 to 4: https://git-scm.com/docs/index-format. What cannot be read, such as a split index,
tracks nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from migrator.discover.reading import git_top, read_regular

_MAX_BYTES = 2**28
_FIXED = 62


def tracked(paths: Iterable[str]) -> frozenset[str]:
    """Return those of the absolute ``paths`` that git tracks; none where no work tree holds them."""
    by_top: dict[str | None, dict[bytes, str]] = {}
    for path in paths:
        top = git_top(os.path.dirname(path))  # noqa: PTH120
        by_top.setdefault(top, {})[os.fsencode(path[len((top or "").rstrip("/")) + 1 :])] = path
    by_top.pop(None, None)
    return frozenset(
        names[each] for top, names in by_top.items() for each in _listed(str(top)) if each in names
    )


def _listed(top: str) -> list[bytes]:
    try:
        return list(_names(read_regular(f"{_git_folder(top)}/index", _MAX_BYTES) or b""))
    except (OSError, ValueError, IndexError):
        return []


def _git_folder(top: str) -> str:
    place = f"{top}/.git"
    if os.path.isdir(place):  # noqa: PTH112
        return place
    # A linked work tree has a file that names its folder.
    written = os.fsdecode(read_regular(place, 4096) or b"").removeprefix("gitdir:").strip()
    return os.path.join(top, written)  # noqa: PTH118


def _names(index: bytes) -> Iterator[bytes]:
    version, count = int.from_bytes(index[4:8]), int.from_bytes(index[8:12])
    if index[:4] != b"DIRC" or version not in (2, 3, 4):
        return
    position, name = 12, b""
    for _ in range(count):
        start = position
        position += _FIXED + 2 * (index[start + 60] >> 6 & 1)
        kept = 0
        if version == 4:
            cut, position = _varint(index, position)
            kept = len(name) - cut
        end = index.index(b"\0", position)
        name = name[:kept] + index[position:end]
        yield name
        position = end + 1 if version == 4 else end + 8 - (end - start) % 8


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = data[position] & 0x7F
    while data[position] & 0x80:
        position += 1
        value = ((value + 1) << 7) | (data[position] & 0x7F)
    return value, position + 1

"""The journal of an apply: what each file was and is to be, so that it can be finished or taken back.

It lies in ``.ngc-migrate/`` at the root: as ``open`` while files are replaced, as ``closed`` from then on.
Of the user's files it keeps nothing but the edits and their inverse.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from codemods.syntax.edits import Edit, OverlappingEdits, apply, inverse
from migrator.discover.reading import OWN_FOLDER, git_top, read_regular
from migrator.model import Change
from migrator.write import disk

OPEN = "open"
CLOSED = "closed"
LOCK = "lock"
IGNORE = ".gitignore"
MAX_BYTES = 2**28


class Side(Enum):
    """The two states of a file that a journal knows."""

    BEFORE = 0
    AFTER = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path (POSIX, from the root), SHA-256 of both sides, and the edits that lead to each."""

    path: str
    digests: tuple[str, str]
    edits: tuple[tuple[Edit[bytes], ...], tuple[Edit[bytes], ...]]

    def side(self, data: bytes) -> Side | None:
        """Return which side the bytes are, None for neither."""
        digest = sha256(data).hexdigest()
        return Side(self.digests.index(digest)) if digest in self.digests else None

    def turned(self, data: bytes, side: Side) -> bytes | None:
        """Return the bytes of the file at ``side`` from those at either; None from others."""
        found = self.side(data)
        if found in (None, side):
            return data if found else None
        with suppress(OverlappingEdits):
            turned = apply(self.edits[side.value], data)
            return turned if self.side(turned) is side else None
        return None


def entry_of(change: Change) -> Entry:
    """Return what the journal keeps of a change."""
    digests = sha256(change.before).hexdigest(), sha256(change.after).hexdigest()
    return Entry(change.path, digests, (inverse(change.edits, change.before), tuple(change.edits)))


def encoded(entries: Sequence[Entry], place: int) -> bytes:
    """Return the bytes of a journal; ``place``, the inode of its folder, tells it from others."""
    files = [
        [
            each.path,
            each.digests,
            [[(e.start, e.end, e.text.decode("latin-1")) for e in side] for side in each.edits],
        ]
        for each in entries
    ]
    return json.dumps({"version": 2, "place": place, "files": files}).encode()


def read(folder: str, name: str) -> tuple[Entry, ...] | None:
    """Return the entries of the journal ``name`` in a ``.ngc-migrate`` folder, None if it is not ours.

    A repository may bring such a folder with it. Git gives what it checks out its own modes and nobody knows
    the inode of a folder before, so either one tells. Raises OSError where it cannot be read.
    """
    try:
        document = json.loads(read_regular(f"{folder}/{name}", MAX_BYTES) or b"")
        status = disk.status(folder)
        is_ours = not status.st_mode & 0o077 or document["place"] == status.st_ino
        if document["version"] != 2 or not is_ours:
            return None
        return tuple(_entry(*listed) for listed in document["files"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _entry(path: str, digests: Sequence[str], sides: Sequence[Sequence[tuple[int, int, str]]]) -> Entry:
    """Return an entry from JSON values. Raises TypeError, ValueError or AttributeError for others."""
    back, forth = (
        tuple(Edit(start + 0, end + 0, text.encode("latin-1")) for start, end, text in side) for side in sides
    )
    before, after = map(str, digests)
    return Entry(str(path), (before, after), (back, forth))


@dataclass(frozen=True, slots=True)
class Busy:
    """A run is writing below ``root`` (absolute) now."""

    root: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A run below ``root`` was ended while it wrote; so many of its files were ``written``."""

    root: str
    written: int
    files: int


@dataclass(frozen=True, slots=True)
class Done:
    """The last run that wrote below ``root`` ended well, at ``time`` (seconds since the epoch)."""

    root: str
    time: float


@dataclass(frozen=True, slots=True)
class Strange:
    """The folder ``.ngc-migrate`` below ``root`` is not followed; ``message`` says why."""

    root: str
    message: str


State = Busy | Interrupted | Done | Strange


def look(root: str) -> State | None:
    """Return what runs that wrote below ``root`` (absolute) have left there; None for nothing."""
    folder = f"{root}/{OWN_FOLDER}"
    try:
        found = disk.names(folder)
        status = disk.status(folder)
        me = getattr(os, "geteuid", lambda: status.st_uid)()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != me:
            return Strange(root, "it is another user's, or a link")
        journals = {name: read(folder, name) for name in (OPEN, CLOSED) if name in found}
        if None in journals.values():
            return Strange(root, "its journal is damaged, or was made elsewhere")
        if disk.is_held(f"{folder}/{LOCK}"):
            return Busy(root)
        if found - {CLOSED, IGNORE}:
            entries = journals.get(OPEN) or ()
            return Interrupted(root, _count_written(root, entries), len(entries))
        return Done(root, disk.status(f"{folder}/{CLOSED}").st_mtime) if CLOSED in found else None
    except FileNotFoundError:
        return None
    except OSError as error:
        return Strange(root, error.strerror or "it cannot be read")


def _count_written(root: str, entries: Sequence[Entry]) -> int:
    count = 0
    for entry in entries:
        try:
            data = read_regular(f"{root}/{entry.path}", MAX_BYTES)
            count += data is not None and entry.side(data) is Side.AFTER
        except (OSError, ValueError):
            continue
    return count


def above(folders: Iterable[str]) -> Iterator[str]:
    """Yield the absolute folders and those above them, each once, up to the top of their git work tree."""
    seen: set[str] = set()
    for folder in folders:
        top = git_top(folder)
        while folder not in seen:
            seen.add(folder)
            yield folder
            if folder == top:
                break
            folder = os.path.dirname(folder)  # noqa: PTH120


def below(folder: str) -> Iterator[str]:
    """Yield the folders below ``folder`` in which a run has left something; hidden ones are not entered."""
    for place, folders, _ in os.walk(folder):
        if OWN_FOLDER in folders and place != folder:
            yield place
        folders[:] = sorted(name for name in folders if not name.startswith("."))

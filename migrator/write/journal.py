"""The journal of an apply: what each file was and is to be, so that it can be finished or taken back.

It lies in ``.ngc-migrate/`` at the root: as ``open`` while files are replaced, as ``closed`` from then on.
An edit is kept as its two texts, so that it can be made either way; of the user's files nothing else is kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

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
    """One file: its path (POSIX, from the root), the SHA-256 of both sides, and the edits between them.

    An edit is where it starts in the bytes before, the bytes there, and the bytes in their place.
    """

    path: str
    digests: tuple[str, str]
    edits: tuple[tuple[int, bytes, bytes], ...]

    def side(self, data: bytes) -> Side | None:
        """Return which side the bytes are, None for neither."""
        digest = sha256(data).hexdigest()
        return Side(self.digests.index(digest)) if digest in self.digests else None

    def turned(self, data: bytes, side: Side) -> bytes:
        """Return the bytes of the file at ``side``, from those at the other side."""
        parts: list[bytes] = []
        position = shift = 0
        for start, old, new in self.edits:
            gone, put = (old, new) if side is Side.AFTER else (new, old)
            parts += (data[position : start + shift], put)
            position = start + shift + len(gone)
            shift += len(gone) - len(old)
        return b"".join((*parts, data[position:]))


def entry_of(change: Change) -> Entry:
    """Return what the journal keeps of a change."""
    digests = sha256(change.before).hexdigest(), sha256(change.after).hexdigest()
    edits = ((edit.start, change.before[edit.start : edit.end], edit.text) for edit in sorted(change.edits))
    return Entry(change.path, digests, tuple(edits))


def encoded(entries: Sequence[Entry], place: int) -> bytes:
    """Return the bytes of a journal; ``place`` tells its folder from others (see ``disk.place``)."""
    files = [
        [entry.path, entry.digests, [[start, _text(old), _text(new)] for start, old, new in entry.edits]]
        for entry in entries
    ]
    return json.dumps({"version": 1, "place": place, "files": files}).encode()


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def read(folder: str, name: str) -> tuple[Entry, ...] | None:
    """Return the entries of the journal ``name`` in a ``.ngc-migrate`` folder, None if it is not ours.

    A repository may bring such a folder with it. Git gives what it checks out its own modes and nobody knows
    the number of a folder before, so either one tells. Raises OSError where it cannot be read.
    """
    try:
        document = json.loads(read_regular(f"{folder}/{name}", MAX_BYTES) or b"")
        if document["version"] != 1 or not (
            disk.is_private(folder) or document["place"] == disk.place(folder)
        ):
            return None
        return tuple(_entry(*listed) for listed in document["files"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _entry(path: str, digests: Sequence[str], edits: Sequence[tuple[int, str, str]]) -> Entry:
    """Return an entry from JSON values. Raises TypeError, ValueError or AttributeError for others."""
    before, after = map(str, digests)
    made = ((start + 0, old.encode("latin-1"), new.encode("latin-1")) for start, old, new in edits)
    return Entry(str(path), (before, after), tuple(made))


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
        if not disk.is_own(folder):
            return Strange(root, "it is another user's, or a link")
        journals = {name: read(folder, name) for name in (OPEN, CLOSED) if name in found}
        if None in journals.values():
            return Strange(root, "its journal is damaged, or was made elsewhere")
        if disk.is_held(f"{folder}/{LOCK}"):
            return Busy(root)
        if found - {CLOSED, IGNORE}:
            entries = journals.get(OPEN) or ()
            return Interrupted(root, _count_written(root, entries), len(entries))
        return Done(root, os.lstat(f"{folder}/{CLOSED}").st_mtime) if CLOSED in found else None
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

"""Write changes wholly or not at all, finish what was interrupted, and take the last run back.

The new bytes of all files are staged in ``.ngc-migrate/`` at the root, flushed, and recorded in a journal;
then each replaces its file by rename, so that a reader sees the old or the new bytes, and the journal is
closed. Mode, owner and extended attributes are kept; another hard link of a file keeps the old bytes.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from migrator.discover.reading import OWN_FOLDER, read_regular
from migrator.model import Change
from migrator.write import disk, journal
from migrator.write.journal import CLOSED, IGNORE, LOCK, OPEN, Busy, Entry, Interrupted, Side, Strange

# Together ten seconds, in which a report can wait for another.
_TRIES = 200
_PAUSE = 0.05


class Refusal(StrEnum):
    """Why a file was not written."""

    STALE = "is not as it was"
    MISSING = "is gone"
    LINK = "a link stands in the way"
    SPECIAL_FILE = "is not a regular file"
    OUTSIDE = "is a path that is never written to"
    UNWRITABLE = "cannot be written"
    BUSY = "another run is writing here"
    INTERRUPTED = "an earlier run was interrupted here"
    STOPPED = "the run was ended"


@dataclass(frozen=True, slots=True)
class Left:
    """A file that is left as it is, and why."""

    path: str
    reason: Refusal
    message: str

    @property
    def is_final(self) -> bool:
        """Tell whether trying again would give the same: the file is no longer one that the journal knows."""
        return self.reason not in (Refusal.UNWRITABLE, Refusal.BUSY, Refusal.STOPPED)


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were brought to what was asked for, and those that were left."""

    files: tuple[str, ...]
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Every file is as it was, because of these."""

    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class HalfWritten:
    """Writing failed, and so did taking back; the journal stays open, to be finished or taken back later."""

    left: tuple[Left, ...]


class _Stop(Exception):
    def __init__(self, path: str, reason: Refusal, message: str = "") -> None:
        super().__init__(path, reason)
        self.left = Left(path, reason, message or reason.value)


@dataclass(frozen=True, slots=True)
class _Staged:
    path: str
    target: str
    new: str
    identity: tuple[int, ...]


def write(
    changes: Sequence[Change], root: Path, is_stopped: Callable[[], bool] = lambda: False
) -> Written | Unwritten | HalfWritten:
    """Write all changes below ``root``, or none.

    ``is_stopped`` is asked between files until the first is replaced. Nothing is raised for what the file
    system does.
    """
    entries = [journal.entry_of(change) for change in changes if change.after != change.before]
    if not entries:
        return Written(())
    base = os.path.realpath(root)
    try:
        _refuse_neighbours(base, entries)
        with _folder(base) as folder:
            if OPEN in disk.names(folder):
                raise _Stop(OWN_FOLDER, Refusal.INTERRUPTED)
            return _write(base, folder, entries, is_stopped)
    except (_Stop, OSError) as error:
        return Unwritten((_left(OWN_FOLDER, error),))


def _refuse_neighbours(base: str, entries: Sequence[Entry]) -> None:
    """Refuse what a run with another root, above or below, has at hand. Raises _Stop."""
    folders = sorted({os.path.dirname(f"{base}/{entry.path}") for entry in entries})  # noqa: PTH120
    for root in journal.above(folders):
        found = journal.look(root) if root != base else None
        if isinstance(found, Busy | Interrupted):
            reason = Refusal.BUSY if isinstance(found, Busy) else Refusal.INTERRUPTED
            raise _Stop(os.path.relpath(root, base), reason)


def _write(
    base: str, folder: str, entries: Sequence[Entry], is_stopped: Callable[[], bool]
) -> Written | Unwritten | HalfWritten:
    staged, left = _stage(base, folder, entries, Side.AFTER, is_stopped)
    if left:
        return Unwritten(left)
    disk.create(f"{folder}/{OPEN}.new", journal.encoded(entries, disk.status(folder).st_ino))
    disk.replace(f"{folder}/{OPEN}.new", f"{folder}/{OPEN}")
    disk.flush((folder,))
    done, left = _replace(staged, is_all=True)
    try:
        if not left:
            disk.replace(f"{folder}/{OPEN}", f"{folder}/{CLOSED}")
            disk.flush((folder,))
            return Written(done)
    except OSError as error:
        left = (_left(OWN_FOLDER, error),)
    _, kept = _settle(base, folder, entries, Side.BEFORE)
    # Whatever befell a file that was not yet replaced is not of this run.
    kept = tuple(each for each in kept if each.path in done or not each.is_final)
    if all(each.is_final for each in kept):
        disk.remove(f"{folder}/{OPEN}")
    return HalfWritten((*left, *kept)) if kept else Unwritten(left)


def finish(root: Path) -> Written:
    """Bring the files of the interrupted run below ``root`` to what it would have written."""
    return _end(root, Side.AFTER, (OPEN,))


def take_back(root: Path) -> Written:
    """Bring the files of the last run below ``root``, interrupted or not, to what they were before it."""
    return _end(root, Side.BEFORE, (OPEN, CLOSED))


def _end(root: Path, side: Side, names: Sequence[str]) -> Written:
    base = os.path.realpath(root)
    try:
        with _folder(base) as folder:
            name = next((name for name in names if name in disk.names(folder)), "")
            entries = journal.read(folder, name) if name else None
            if entries is None:
                return Written(())
            if name == CLOSED:
                disk.replace(f"{folder}/{CLOSED}", f"{folder}/{OPEN}")
            done, left = _settle(base, folder, entries, side)
            is_over = all(each.is_final for each in left)
            # A closed journal may still take something back.
            if is_over and (side is Side.AFTER or left):
                disk.replace(f"{folder}/{OPEN}", f"{folder}/{CLOSED}")
            elif is_over:
                disk.remove(f"{folder}/{OPEN}")
            disk.flush((folder,))
            return Written(done, left)
    except (_Stop, OSError) as error:
        return Written((), (_left(OWN_FOLDER, error),))


def put(data: bytes, target: Path) -> None:
    """Put data into a file of any kind, as a report, wholly or not at all; staged as changes are.

    Waits a while for a run that writes beside it. Raises OSError.
    """
    for tries in reversed(range(_TRIES)):
        try:
            with _folder(str(target.parent)) as folder:
                new = f"{folder}/output"
                disk.create(new, data, like=str(target) if target.exists() else None, mode=0o666)
                disk.replace(new, str(target))
            return
        except _Stop as stop:
            raise OSError(0, f"{OWN_FOLDER} beside it: {stop.left.message}") from None
        except disk.HeldElsewhere:
            if not tries:
                raise OSError(0, f"{OWN_FOLDER} beside it: {Refusal.BUSY.value}") from None
            time.sleep(_PAUSE)


def _settle(
    base: str, folder: str, entries: Sequence[Entry], side: Side
) -> tuple[tuple[str, ...], tuple[Left, ...]]:
    """Bring every file that is at the other side to ``side``; whoever edited a file keeps it as it is."""
    staged, left = _stage(base, folder, entries, side, lambda: False)
    done, failed = _replace(staged, is_all=False)
    return done, (*left, *failed)


def _stage(
    base: str, folder: str, entries: Sequence[Entry], side: Side, is_stopped: Callable[[], bool]
) -> tuple[list[_Staged], tuple[Left, ...]]:
    staged: list[_Staged] = []
    left: list[Left] = []
    for number, entry in enumerate(entries):
        new = f"{folder}/{side.name.lower()}-{number}"
        target = f"{base}/{entry.path}"
        try:
            if is_stopped():
                raise _Stop(entry.path, Refusal.STOPPED)
            identity = _checked(base, entry.path)
            data = read_regular(target, journal.MAX_BYTES)
            turned = entry.turned(data, side) if data is not None else None
            if turned is None:
                raise _Stop(entry.path, Refusal.STALE)
            if turned != data:
                disk.create(new, turned, like=target)
                staged.append(_Staged(entry.path, target, new, identity))
        except (_Stop, OSError) as error:
            left.append(_left(entry.path, error))
    return staged, tuple(left)


def _checked(base: str, path: str) -> tuple[int, ...]:
    """Return the identity of a file that may be written to. Raises _Stop and OSError."""
    parts = path.split("/")
    # A journal is made by this program alone, but nobody vouches for the one that is found.
    if {"", ".", "..", OWN_FOLDER}.intersection(parts) or ".git" in path.lower().split("/") or "\0" in path:
        raise _Stop(path, Refusal.OUTSIDE)
    places = ["/".join((base, *parts[:end])) for end in range(1, len(parts) + 1)]
    try:
        modes = [disk.status(place).st_mode for place in places]
    except (FileNotFoundError, NotADirectoryError):
        raise _Stop(path, Refusal.MISSING) from None
    if any(map(stat.S_ISLNK, modes)):
        raise _Stop(path, Refusal.LINK)
    if not stat.S_ISREG(modes[-1]):
        raise _Stop(path, Refusal.SPECIAL_FILE)
    if not disk.is_writable(places[-1]):
        raise PermissionError(0, "the file is read-only")
    return disk.identity(places[-1])


def _left(path: str, error: _Stop | OSError) -> Left:
    if isinstance(error, _Stop):
        return error.left
    if isinstance(error, disk.HeldElsewhere):
        return Left(path, Refusal.BUSY, Refusal.BUSY.value)
    return Left(path, Refusal.UNWRITABLE, error.strerror or Refusal.UNWRITABLE.value)


def _replace(staged: Sequence[_Staged], *, is_all: bool) -> tuple[tuple[str, ...], tuple[Left, ...]]:
    """Put staged files in place; where all are needed, the first that fails ends it."""
    done: list[str] = []
    left: list[Left] = []
    for each in staged:
        try:
            if disk.identity(each.target) != each.identity:
                raise _Stop(each.path, Refusal.STALE)
            disk.replace(each.new, each.target)
            done.append(each.path)
        except (_Stop, OSError) as error:
            left.append(_left(each.path, error))
            if is_all:
                break
    disk.flush(sorted({os.path.dirname(each.target) for each in staged}))  # noqa: PTH120
    return tuple(done), tuple(left)


@contextmanager
def _folder(base: str) -> Iterator[str]:
    """Make and hold the folder ``.ngc-migrate``; at the end only journals are left in it, if any.

    Raises _Stop and OSError.
    """
    folder = f"{base}/{OWN_FOLDER}"
    found = journal.look(base)
    if isinstance(found, Strange):
        raise _Stop(OWN_FOLDER, Refusal.OUTSIDE, found.message)
    try:
        disk.make_folder(folder)
        handle = disk.hold(f"{folder}/{LOCK}")
    except OSError:
        disk.remove_folder(folder)
        raise
    try:
        _clear(folder)
        disk.create(f"{folder}/{IGNORE}.new", b"*\n")
        disk.replace(f"{folder}/{IGNORE}.new", f"{folder}/{IGNORE}")
        yield folder
    finally:
        _clear(folder)
        disk.release(handle, f"{folder}/{LOCK}")
        disk.remove_folder(folder)


def _clear(folder: str) -> None:
    """Remove what was staged, and where no journal is left, all but the lock."""
    with suppress(OSError):
        found = disk.names(folder)
        kept = {OPEN, CLOSED, LOCK, *([IGNORE] if found & {OPEN, CLOSED} else [])}
        for name in sorted(found - kept):
            disk.remove(f"{folder}/{name}")

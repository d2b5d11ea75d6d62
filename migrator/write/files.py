"""Write groups of changes, each group wholly or not at all.

A file is replaced by rename, so a reader sees the old or the new bytes, never a mixture. Mode, owner and
extended attributes are kept; another hard link of the same file keeps the old bytes. Until a group is
done, its old files stay beside the new ones under temporary names, so that taking back needs no space.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import FrameType

from migrator.discover.reading import read_regular
from migrator.model import Change

_PREFIX = ".ngc-migrate-"
_HELD = (signal.SIGINT, signal.SIGTERM)


class Refusal(StrEnum):
    """Why a group was not written."""

    STALE = "the file is not as it was read"
    MISSING = "the file is gone"
    LINK = "a link stands in the way"
    SPECIAL_FILE = "not a regular file"
    OUTSIDE = "the path leaves the root"
    UNWRITABLE = "the file cannot be written"
    HALF_WRITTEN = "the files could not be put back"


@dataclass(frozen=True, slots=True)
class Refused:
    """A group that was not written, and the path and message that tell why."""

    group: str
    path: str
    reason: Refusal
    message: str


class Ending(StrEnum):
    """How the writing ended."""

    COMPLETE = "complete"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The groups and files written, the groups refused; interrupted ones are in neither."""

    groups: tuple[str, ...]
    files: tuple[str, ...]
    refused: tuple[Refused, ...]
    ending: Ending


class _Stop(Exception):
    def __init__(self, path: str, reason: Refusal, message: str = "") -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason
        self.message = message or reason.value


@dataclass(slots=True)
class _Staged:
    """One file of a group: the new bytes and the old file, both under temporary names."""

    change: Change
    target: str
    new: str
    old: str
    identity: tuple[int, ...]
    is_replaced: bool = field(default=False)


def write(groups: Sequence[tuple[str, Sequence[Change]]], root: Path) -> WriteResult:
    """Write each named group of changes below ``root``, in order; a group that cannot be is left as it was.

    A file that several groups share (equal changes) is written with the first. An interrupt waits for the
    group at hand and ends the writing. Nothing is raised for what the file system does.
    """
    base = os.path.realpath(root)
    written: dict[str, bytes] = {}
    names: list[str] = []
    refused: list[Refused] = []
    ending = Ending.COMPLETE
    try:
        for name, changes in groups:
            with _held_signals():
                stop = _write_group(base, changes, written)
                if stop is None:
                    names.append(name)
                else:
                    refused.append(Refused(name, stop.path, stop.reason, stop.message))
    except KeyboardInterrupt:
        ending = Ending.INTERRUPTED
    return WriteResult(tuple(names), tuple(sorted(written)), tuple(refused), ending)


def _write_group(base: str, changes: Sequence[Change], written: dict[str, bytes]) -> _Stop | None:
    staged: list[_Staged] = []
    made: list[str] = []
    try:
        for change in changes:
            target = _checked(base, change, written)
            if target is not None:
                staged.append(_stage(change, target, made))
        _replace_all(staged)
    except _Stop as stop:
        return stop
    finally:
        for path in made:
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108
    written.update((item.change.path, item.change.after) for item in staged)
    return None


def _checked(base: str, change: Change, written: dict[str, bytes]) -> str | None:
    """Return where to write, None if there is nothing to do. Raises _Stop."""
    target = f"{base}/{change.path}"
    parts = change.path.split("/")
    if ".." in parts or "" in parts or "\0" in change.path:
        raise _Stop(change.path, Refusal.OUTSIDE)
    if any(os.path.islink("/".join((base, *parts[:end]))) for end in range(1, len(parts) + 1)):  # noqa: PTH114
        raise _Stop(change.path, Refusal.LINK)
    expected = written.get(change.path, change.before)
    try:
        if not stat.S_ISREG(os.lstat(target).st_mode):
            raise _Stop(change.path, Refusal.SPECIAL_FILE)
        current = read_regular(target, len(expected))
    except (FileNotFoundError, NotADirectoryError):
        raise _Stop(change.path, Refusal.MISSING) from None
    except OSError as error:
        raise _unwritable(change, error) from None
    after = change.after
    if current != expected or (change.path in written and after != expected):
        raise _Stop(change.path, Refusal.STALE)
    return None if after == current else target


def _stage(change: Change, target: str, made: list[str]) -> _Staged:
    try:
        identity = _identity(target)
        new = _beside(target, change.after, made)
        return _Staged(change, target, new, _kept(target, change.before, made), identity)
    except OSError as error:
        raise _unwritable(change, error) from None


def _unwritable(change: Change, error: OSError) -> _Stop:
    return _Stop(change.path, Refusal.UNWRITABLE, error.strerror or Refusal.UNWRITABLE.value)


def _identity(path: str) -> tuple[int, ...]:
    status = os.lstat(path)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _beside(target: str, data: bytes, made: list[str]) -> str:
    """Write ``data`` to a new file in the target's folder, with its mode, owner and attributes."""
    status = os.lstat(target)
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "the file is read-only")
    handle, path = tempfile.mkstemp(prefix=_PREFIX, dir=os.path.dirname(target))  # noqa: PTH120
    made.append(path)
    with os.fdopen(handle, "wb") as file:
        with suppress(OSError):
            os.fchown(handle, status.st_uid, status.st_gid)
        with suppress(OSError):
            shutil.copystat(target, path)
        file.write(data)
        file.flush()
        os.fchmod(handle, stat.S_IMODE(status.st_mode))
        os.utime(handle)
        os.fsync(handle)
    return path


def _kept(target: str, before: bytes, made: list[str]) -> str:
    """Keep the old file under another name: the very file where links can be made, else a copy."""
    # In a sticky folder a link to another owner's file could not be removed again.
    if os.lstat(target).st_uid != os.geteuid():
        return _beside(target, before, made)
    path = tempfile.mktemp(prefix=_PREFIX, dir=os.path.dirname(target))  # noqa: S306, PTH120
    try:
        os.link(target, path, follow_symlinks=False)
    except OSError:
        return _beside(target, before, made)
    made.append(path)
    return path


def _replace_all(staged: Sequence[_Staged]) -> None:
    try:
        for item in staged:
            _replace(item)
    except BaseException:
        _put_back(staged)
        raise
    for folder in sorted({os.path.dirname(item.target) for item in staged}):  # noqa: PTH120
        _flush(folder)


def _replace(item: _Staged) -> None:
    try:
        if _identity(item.target) != item.identity:
            raise _Stop(item.change.path, Refusal.STALE)
        os.replace(item.new, item.target)  # noqa: PTH105
        item.is_replaced = True
    except OSError as error:
        raise _unwritable(item.change, error) from None


def _put_back(staged: Sequence[_Staged]) -> None:
    failed: list[str] = []
    for item in reversed(staged):
        if item.is_replaced:
            try:
                os.replace(item.old, item.target)  # noqa: PTH105
            except OSError:
                failed.append(item.change.path)
    if failed:
        raise _Stop(failed[-1], Refusal.HALF_WRITTEN, f"could not be put back: {', '.join(sorted(failed))}")


def _flush(folder: str) -> None:
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _held_signals() -> Iterator[None]:
    """Let interrupts wait; the first that came is raised again at the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.getsignal(number) for number in _HELD}
    for number, handler in before.items():
        if handler is not None and handler is not signal.SIG_IGN:
            signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])

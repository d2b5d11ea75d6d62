"""What writing asks of the operating system; the tests make each call in here fail or end the process.

Nothing here is of one system only: what Windows lacks (owners, links that are not followed, ``flock``) is
used where it is there.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def create(path: str, data: bytes, like: str | None = None, mode: int = 0o600) -> None:
    """Write a new file and flush it, with mode, owner and attributes of the file ``like``. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, mode)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        if like is not None:
            status = os.lstat(like)
            with suppress(OSError, AttributeError):
                os.chown(path, status.st_uid, status.st_gid)
            with suppress(OSError):
                shutil.copystat(like, path, follow_symlinks=False)
            os.chmod(path, stat.S_IMODE(status.st_mode))  # noqa: PTH101
            os.utime(path)
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(new: str, target: str) -> None:
    """Rename ``new`` to ``target``, in one step for every reader. Raises OSError."""
    os.replace(new, target)  # noqa: PTH105


def remove(path: str) -> None:
    """Remove a file if it is there and can be removed."""
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108


def flush(folders: Iterable[str]) -> None:
    """Make renames in the folders last through a loss of power, where the system can."""
    for folder in folders:
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | _NO_LINK)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def make_folder(path: str) -> None:
    """Make a folder for this user alone, or make the one that is there so. Raises OSError."""
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)  # noqa: PTH102
    os.chmod(path, 0o700)  # noqa: PTH101


def remove_folder(path: str) -> None:
    """Remove a folder if it is empty."""
    with suppress(OSError):
        os.rmdir(path)  # noqa: PTH106


def names(folder: str) -> frozenset[str]:
    """Return the names in a folder. Raises OSError."""
    return frozenset(os.listdir(folder))  # noqa: PTH208


def status(path: str) -> os.stat_result:
    """Return what the file system says of a path, of a link itself. Raises OSError."""
    return os.lstat(path)


def identity(path: str) -> tuple[int, ...]:
    """Return what changes when a file is replaced or written to. Raises OSError."""
    found = os.lstat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def is_writable(path: str) -> bool:
    """Tell whether the file may be written to, as its mode says."""
    return os.access(path, os.W_OK)


class HeldElsewhere(OSError):
    """Another process holds the lock."""


def hold(path: str) -> int:
    """Return the handle of a lock file that keeps other processes out until ``release``, or until death.

    Raises HeldElsewhere, and OSError.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        try:
            if not _is_locked(handle):
                raise HeldElsewhere
            # The holder before may have removed the file after it was opened here.
            if os.path.samestat(os.fstat(handle), os.lstat(path)):
                return handle
        except FileNotFoundError:
            pass
        except OSError:
            os.close(handle)
            raise
        os.close(handle)


def release(handle: int, path: str) -> None:
    """Remove the lock file and let others in."""
    remove(path)
    with suppress(OSError):
        os.close(handle)
    remove(path)  # where an open file cannot be removed


def is_held(path: str) -> bool:
    """Tell whether a process holds the lock file ``path``."""
    try:
        handle = os.open(path, os.O_RDWR | _NO_LINK)
    except OSError:
        return False
    try:
        return not _is_locked(handle)
    finally:
        os.close(handle)


def _is_locked(handle: int) -> bool:
    """Take the lock that ends with the process; tells whether no other process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except (ImportError, OSError):
        pass  # a system, or a file system, without locks
    return True

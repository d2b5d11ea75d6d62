"""Reading files of a tree that nobody vouches for: regular files only, no links, no waiting.

``Files`` are what the core sees: a tree on disk, or that tree with planned changes laid over it.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from migrator.model import Change

OWN_FOLDER = ".ngc-migrate"
"""What this program keeps at the root of a tree that it wrote to; never an input."""

# Not every system has all of these.
_FLAGS = os.O_RDONLY
for _name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_NOINHERIT"):
    _FLAGS |= getattr(os, _name, 0)
_SPARE = 2**12


def git_top(folder: str) -> str | None:
    """Return the top of the git work tree that holds the absolute ``folder``, or None."""
    tops = (str(place) for place in (Path(folder), *Path(folder).parents))
    return next((top for top in tops if os.path.lexists(f"{top}/.git")), None)


def read_regular(path: str, limit: int) -> bytes | None:
    """Return the bytes of a regular file, None for more than ``limit`` of them. Raises OSError."""
    parts: list[bytes] = []
    left = limit + 1
    file, size = _opened(path)
    try:
        while size <= limit and (part := os.read(file, min(left, size + _SPARE))):
            parts.append(part)
            left -= len(part)
            if len(part) < size + _SPARE:
                break
    finally:
        os.close(file)
    return b"".join(parts) if size <= limit and left else None


def read_head(path: str, count: int) -> bytes:
    """Return the first ``count`` bytes of a regular file. Raises OSError."""
    file, _ = _opened(path)
    try:
        return os.read(file, count)
    finally:
        os.close(file)


def _opened(path: str) -> tuple[int, int]:
    """Open a regular file for reading, never through a link, never waiting: descriptor and size in bytes."""
    if not hasattr(os, "O_NOFOLLOW") and os.path.islink(path):  # noqa: PTH114
        raise OSError(errno.ELOOP, "a link", path)
    file = os.open(path, _FLAGS)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
    except OSError:
        os.close(file)
        raise
    return file, status.st_size


class Files(Protocol):
    """Files by path relative to the root; reading never leaves the tree's boundary.

    ``scripts`` are all scripts, of the shell too, and notebooks: each may call what makes a job in another.
    """

    @property
    def scripts(self) -> tuple[str, ...]:
        """The paths of the scripts and notebooks."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes; None where there is none that may be read."""

    def is_writable(self, path: str) -> bool:
        """Tell whether the user named the file, or a folder above it, to be migrated."""


class Overlay:
    """Files as they would be after some changes."""

    def __init__(self, files: Files, changes: Mapping[str, Change]) -> None:
        self._files = files
        self._changes = changes

    @property
    def scripts(self) -> tuple[str, ...]:
        """The scripts of the files below."""
        return self._files.scripts

    def read(self, path: str) -> bytes | None:
        """Return the bytes after the change, or those of the file below."""
        change = self._changes.get(path)
        return change.after if change is not None else self._files.read(path)

    def is_writable(self, path: str) -> bool:
        """Tell what the files below tell."""
        return self._files.is_writable(path)


def resolved(folder: str, written: str) -> str | None:
    r"""Return a path as code writes it (with ``/`` or ``\\``), relative to the root; None if absolute."""
    plain = written.replace("\\", "/")
    if plain.startswith("/") or plain[1:2] == ":":
        return None
    return posixpath.normpath(posixpath.join(folder, plain))

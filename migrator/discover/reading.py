"""Reading files of a tree that nobody vouches for: regular files only, no links, no waiting."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    with _opened(path) as (file, size):
        while size <= limit and (part := os.read(file, min(left, size + _SPARE))):
            parts.append(part)
            left -= len(part)
    return b"".join(parts) if size <= limit and left else None


def read_head(path: str, count: int) -> bytes:
    """Return the first ``count`` bytes of a regular file. Raises OSError."""
    with _opened(path) as (file, _):
        return os.read(file, count)


@contextmanager
def _opened(path: str) -> Iterator[tuple[int, int]]:
    """Open a regular file for reading, never through a link, never waiting: descriptor and size in bytes."""
    if not hasattr(os, "O_NOFOLLOW") and os.path.islink(path):  # noqa: PTH114
        raise OSError(errno.ELOOP, "a link", path)
    file = os.open(path, _FLAGS)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        yield file, status.st_size
    finally:
        os.close(file)

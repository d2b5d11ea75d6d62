"""Reading files of a tree that nobody vouches for: regular files only, no links, no waiting."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def git_top(folder: str) -> str | None:
    """Return the top of the git work tree that holds the absolute ``folder``, or None."""
    tops = (str(place) for place in (Path(folder), *Path(folder).parents))
    return next((top for top in tops if os.path.lexists(f"{top}/.git")), None)


@contextmanager
def open_regular(path: str) -> Iterator[BinaryIO]:
    """Open a regular file for reading, never through a link, never waiting. Raises OSError."""
    with os.fdopen(os.open(path, _FLAGS), "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        yield cast(BinaryIO, file)


def read_regular(path: str, limit: int) -> bytes:
    """Return the bytes of a regular file, at most ``limit`` + 1 of them. Raises OSError."""
    parts: list[bytes] = []
    size = 0
    with open_regular(path) as file:
        while size <= limit and (part := file.read(min(2**20, limit + 1 - size))):
            parts.append(part)
            size += len(part)
    return b"".join(parts)

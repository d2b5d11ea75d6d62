"""The files that the core sees: a tree on disk, or that tree with planned changes laid over it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Protocol

from migrator.model import Change


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

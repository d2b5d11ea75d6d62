"""Paths in, the files that can matter out, as bytes; nothing is understood, and no link followed.

``discover`` gives a ``Tree``; the other stages see it, or a tree with changes laid over it, as ``Files``.
"""

from __future__ import annotations

from migrator.discover.git import BadGlob, globs, tracked
from migrator.discover.kinds import CELL, HEAD_BYTES, PYTHON, TEMPLATE, Language, Role, language_of, text_of
from migrator.discover.reading import OWN_FOLDER, Files, Overlay, git_top, read_regular, resolved
from migrator.discover.relevance import MARKDOWN, SUFFIXES
from migrator.discover.tree import COMMANDS, MissingPath, Reason, Source, Tree, discover

__all__ = [
    "CELL",
    "COMMANDS",
    "HEAD_BYTES",
    "MARKDOWN",
    "OWN_FOLDER",
    "PYTHON",
    "SUFFIXES",
    "TEMPLATE",
    "BadGlob",
    "Files",
    "Language",
    "MissingPath",
    "Overlay",
    "Reason",
    "Role",
    "Source",
    "Tree",
    "discover",
    "git_top",
    "globs",
    "language_of",
    "read_regular",
    "resolved",
    "text_of",
    "tracked",
]

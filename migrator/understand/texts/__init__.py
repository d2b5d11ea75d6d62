"""Bytes in, one text with its edits out: scripts, notebooks, JSON, and files inside of notebooks.

Offsets are 0-based code points of the text; every kind leads edits on it back to the bytes of its file.
"""

from __future__ import annotations

from migrator.understand.texts.magics import IN_NAMESPACE, cell_magic, mask, may_bind
from migrator.understand.texts.markdown import Block, fenced_blocks
from migrator.understand.texts.notebook import (
    Cell,
    Embedded,
    Notebook,
    read_notebook,
    without_outputs,
    written_files,
)
from migrator.understand.texts.suppressions import LineRange, Suppression, gather, lines_at
from migrator.understand.texts.text import Text, Unreadable, read_json, read_script

__all__ = [
    "IN_NAMESPACE",
    "Block",
    "Cell",
    "Embedded",
    "LineRange",
    "Notebook",
    "Suppression",
    "Text",
    "Unreadable",
    "cell_magic",
    "fenced_blocks",
    "gather",
    "lines_at",
    "mask",
    "may_bind",
    "read_json",
    "read_notebook",
    "read_script",
    "without_outputs",
    "written_files",
]

"""Verdicts in, edits out: the jobs of one text through the codemods, and the files that recipes share."""

from __future__ import annotations

from migrator.rewrite.python import Migration, Rewrite, rewrite
from migrator.rewrite.shared_files import Condition, SharedFile, SharedFiles, is_template, placeholders

__all__ = [
    "Condition",
    "Migration",
    "Rewrite",
    "SharedFile",
    "SharedFiles",
    "is_template",
    "placeholders",
    "rewrite",
]

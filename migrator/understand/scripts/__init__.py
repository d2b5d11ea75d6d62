"""Every other language: a text in, the jobs in it out, which are only reported."""

from __future__ import annotations

from migrator.understand.scripts.commands import SpecChange, changed_specs, missing_specs, written_objects
from migrator.understand.scripts.find import find_foreign_jobs, find_text_jobs

__all__ = [
    "SpecChange",
    "changed_specs",
    "find_foreign_jobs",
    "find_text_jobs",
    "missing_specs",
    "written_objects",
]

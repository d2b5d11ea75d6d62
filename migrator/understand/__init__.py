"""Bytes in, jobs and facts out: what the files of a recipe say, or why they were not understood.

``read_source`` reads one file into a ``Reading``; ``with_jobs`` adds the jobs of its Python text, for which
``Modules`` may read others. Nothing is executed, and nothing is decided here.
"""

from __future__ import annotations

from migrator.understand.facts import NO_REFERENCE, Facts, LoginState, RegistryState, Verdict, login_state
from migrator.understand.reading import (
    Reading,
    read_block,
    read_source,
    read_written,
    suppressions_in,
    with_jobs,
)

__all__ = [
    "NO_REFERENCE",
    "Facts",
    "LoginState",
    "Reading",
    "RegistryState",
    "Verdict",
    "login_state",
    "read_block",
    "read_source",
    "read_written",
    "suppressions_in",
    "with_jobs",
]

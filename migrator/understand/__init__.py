"""Bytes in, jobs and facts out: what the files of a recipe say, or why they were not understood.

``read_source`` reads one file into a ``Reading``; ``with_jobs`` adds the jobs of its Python text, for which
``Modules`` may read others. Nothing is executed, and nothing is decided here.
"""

from __future__ import annotations

from migrator.understand.facts import (
    TOOLKIT_KEYS,
    Facts,
    LoginState,
    RegistryState,
    Verdict,
    login_state,
    registry_state,
    toolkit_of,
)
from migrator.understand.reading import Reading, read_source, read_written, suppressions_in, with_jobs

__all__ = [
    "TOOLKIT_KEYS",
    "Facts",
    "LoginState",
    "Reading",
    "RegistryState",
    "Verdict",
    "login_state",
    "read_source",
    "read_written",
    "registry_state",
    "suppressions_in",
    "toolkit_of",
    "with_jobs",
]

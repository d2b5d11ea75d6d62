"""The exit codes that a caller may rely on."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How the run went; the higher of two that apply wins. A signal ends it with 128 and its number."""

    DONE = 0
    PENDING = 1
    FAILED = 2

"""A plan's changes in, files out: whole or not at all."""

from __future__ import annotations

from migrator.write.files import Ending, Refusal, Refused, write

__all__ = ["Ending", "Refusal", "Refused", "write"]

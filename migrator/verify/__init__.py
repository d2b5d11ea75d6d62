"""A rewritten job and what was intended in; what the SDK's models would send otherwise, out."""

from __future__ import annotations

from migrator.verify.jobs import python_mistake, spec_mistake

__all__ = ["python_mistake", "spec_mistake"]

"""A tree and options in, a ``Plan`` out: all edits and findings of a run. Nothing is written."""

from __future__ import annotations

from migrator.plan.run import plan

__all__ = ["plan"]

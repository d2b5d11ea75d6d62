"""Rewrite Azure Batch AI recipes so that their jobs pull images from NVIDIA's registry.

As a library: ``plan`` finds out what is to change, ``apply`` writes it. What both need is loaded when they
are called, so that the command starts fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrator.model import Plan
    from migrator.options import Options
    from migrator.write import HalfWritten, Unwritten, Written

__version__ = "0.1.0"
__all__ = ["__version__", "apply", "plan"]


def plan(*paths: str | Path, options: Options | None = None, exclude: Sequence[str] = ()) -> Plan:
    """Return everything that the recipes at or below ``paths`` need, by default the working directory.

    ``exclude`` has globs as .gitignore has them. Nothing is written, and no pyproject.toml is read.
    """
    from migrator import pipeline
    from migrator.discover import discover
    from migrator.options import Options

    return pipeline.plan(discover(list(map(Path, paths)), exclude=exclude), options or Options())


def apply(plan: Plan) -> Written | Unwritten | HalfWritten:
    """Write the changes of a plan, all or none, from the working directory that it was made in.

    Git is not asked; a journal lets ``ngc-migrate undo`` take it back.
    """
    from migrator.write import write

    return write(plan.changes, Path(plan.root).resolve())

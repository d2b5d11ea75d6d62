"""The one boundary between a defect of this program and the run: it fails the file at hand, and names it."""

from __future__ import annotations

import posixpath
import traceback
from collections.abc import Callable
from typing import TypeVar

from migrator.model import Place, Status
from migrator.understand import Facts, Verdict

T = TypeVar("T")


def attempt(stage: Callable[[], T]) -> T | Exception:
    """Return what a stage makes of one file, or the error that it ended in."""
    try:
        return stage()
    except Exception as error:
        return error


def defect(path: str, error: Exception) -> Facts:
    """Return what to tell of a file: where in this program the error arose, whose text may quote a secret."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {posixpath.basename(frame.filename)}:{frame.lineno}"
    message = (
        f"This file makes the program fail ({where}): this is a defect; nothing of its recipe is written."
    )
    problem = Verdict("internal-error", message, Status.FAILED)
    return Facts(place=Place(path), problem=problem)

"""A plan's changes in, files out: wholly or not at all, and back again."""

from __future__ import annotations

from migrator.write import vcs
from migrator.write.files import HalfWritten, Left, Unwritten, Written, finish, put, take_back, write
from migrator.write.journal import Busy, Done, Interrupted, State, Strange, above, below, look

__all__ = [
    "Busy",
    "Done",
    "HalfWritten",
    "Interrupted",
    "Left",
    "State",
    "Strange",
    "Unwritten",
    "Written",
    "above",
    "below",
    "finish",
    "look",
    "put",
    "take_back",
    "vcs",
    "write",
]

"""Signals: they end a run and its children at once, except while it writes.

The exit codes are those of a shell: 128 and the number of the signal.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

# Windows knows no hang-up.
_SAID = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
_WORDS = {int(getattr(signal, name)): word for name, word in _SAID.items() if hasattr(signal, name)}


_listening: list[int] = []


def listen() -> None:
    """From now on let signals end this process; those that are ignored (as under nohup) stay so."""
    _listening[:] = [os.getpid()]
    for number in _WORDS:
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    # Raising an error instead would wait, on its way out, for workers and locks that may never come.
    for each in _WORDS:
        signal.signal(each, signal.SIG_IGN)
    # A worker that was forked a moment ago has this handler still, and neither children nor a say.
    if _listening == [os.getpid()]:
        with suppress(Exception):
            _end_children()
        with suppress(OSError, ValueError):
            _say_last(_WORDS[number])
    os._exit(128 + number)


def _end_children() -> None:
    # What was never imported has started nothing.
    vcs = sys.modules.get("migrator.write.vcs")
    multiprocessing = sys.modules.get("multiprocessing")
    children = [*vcs.running] if vcs else []
    workers = multiprocessing.active_children() if multiprocessing else []
    for child in (*children, *workers):
        child.kill()
    for worker in workers:
        worker.join(1)


def _say_last(word: str) -> None:
    # The stream may be in use at this moment, and a pipe that nobody reads may be full.
    is_ready = os.name == "nt" or select.select([], [2], [], 0)[1]
    clear = "\r\x1b[2K" if os.isatty(2) and os.environ.get("TERM", "dumb") != "dumb" else ""
    if is_ready:
        os.write(2, f"{clear}{word}\n".encode())


@contextmanager
def held() -> Iterator[list[int]]:
    """Let signals wait; gives the list that they go to. The first takes effect at the end."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    listening = [number for number in _WORDS if signal.getsignal(number) is _end]
    for number in listening:
        signal.signal(number, note)
    try:
        yield came
    finally:
        for number in listening:
            signal.signal(number, _end)
        if came:
            signal.raise_signal(came[0])

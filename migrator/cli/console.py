"""The streams, and how a run ends: data on standard output, what is said on standard error."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from typing import IO

from migrator.report import printable

_PATIENCE = 1.0
_EVERY = 0.1


class ExitCode(IntEnum):
    """How the run went; the higher of two that apply wins. A signal ends it with 128 and its number."""

    DONE = 0
    PENDING = 1
    FAILED = 2


class Refused(ValueError):
    """What the user asked for cannot be done; the message is one line that names what to change."""


def is_terminal(stream: IO[str] | None) -> bool:
    """Return whether a person sees what is written to ``stream`` as it is written."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def program() -> str:
    """Return what to type for this program: its path where the shell finds another by its name, or none."""
    typed, found = sys.argv[0], shutil.which("ngc-migrate")
    is_path = os.path.basename(typed) == "ngc-migrate" and os.sep in typed  # noqa: PTH119
    is_other = found is None or os.path.realpath(found) != os.path.realpath(typed)
    return typed if is_path and is_other else "ngc-migrate"


def shown(path: str) -> str:
    """Return an absolute path as it is from the working directory, if it is below that."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def emit(data: bytes) -> None:
    """Write data to standard output; a reader that went away is no error.

    Raises Refused when the stream is closed or full.
    """
    if not data:
        return
    if sys.stdout is None:
        raise Refused("standard output is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _silence_stdout()
    except (OSError, ValueError) as error:
        _silence_stdout()
        raise Refused(f"cannot write to standard output: {reason(error)}") from error


def _silence_stdout() -> None:
    # What is left in the buffer is flushed at exit and would fail there once more.
    with contextlib.suppress(OSError, ValueError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.close(sink)


def save(data: bytes, target: Path) -> None:
    """Put data into the file ``target``, wholly or not at all; devices and pipes are written as they are.

    Missing folders are made. Raises Refused.
    """
    from migrator.cli.signals import held
    from migrator.write import put

    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        place = target.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        with held():
            put(data, place)
    except BrokenPipeError:
        return
    except (OSError, ValueError, RuntimeError) as error:
        raise Refused(f"cannot write {target}: {reason(error)}") from error


def reason(error: Exception) -> str:
    """Return what the system says of an error, without the file name that the caller names itself."""
    said = error.strerror if isinstance(error, OSError) else None
    return said or type(error).__name__


def say(line: str) -> None:
    """Write one line to standard error; what cannot be shown there is escaped, and no error comes out."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        encoding = sys.stderr.encoding or "ascii"
        sys.stderr.write(printable(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


class Progress:
    """One line on a terminal's standard error that says what goes on, and nothing anywhere else.

    It counts once the run has taken a second.
    """

    def __init__(self, *, is_quiet: bool) -> None:
        is_dumb = os.environ.get("TERM", "dumb") == "dumb"
        self._is_shown = not is_quiet and not is_dumb and is_terminal(sys.stderr)
        self._next = time.monotonic() + _PATIENCE

    def step(self, doing: str = "") -> None:
        """Show ``doing`` in place of what was shown before, or take the line away."""
        if self._is_shown:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(f"\r\x1b[2K{doing} …" if doing else "\r\x1b[2K")
                sys.stderr.flush()

    def over(self, doing: str, folders: Sequence[str]) -> Iterator[str]:
        """Yield the folders, and count them."""
        for number, folder in enumerate(folders, 1):
            if self._is_shown and time.monotonic() > self._next:
                self._next = time.monotonic() + _EVERY
                self.step(f"{doing} folder {number} of {len(folders)}")
            yield folder

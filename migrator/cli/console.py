"""The three streams: what goes to standard output, what to standard error, and in which colours."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import IO

from migrator.cli.signals import held
from migrator.report import Detail, Paint, printable

PIPED_WIDTH = 80
"""Columns of a report that no terminal shows: the same bytes wherever it runs."""


class ColorMode(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class OutputRefused(Exception):
    """The data could not be put where the user wants it; the message is one line."""


def paint(mode: ColorMode, stream: IO[str] | None, environ: Mapping[str, str]) -> Paint:
    """Return whether ``stream`` gets colours: the user's word first, then the environment, then the stream.

    See https://no-color.org and https://force-color.org; of the two the first wins.
    """
    if mode is not ColorMode.AUTO:
        return Paint.COLOR if mode is ColorMode.ALWAYS else Paint.PLAIN
    if environ.get("NO_COLOR"):
        return Paint.PLAIN
    if environ.get("FORCE_COLOR"):
        return Paint.COLOR
    is_able = is_terminal(stream) and environ.get("TERM", "") != "dumb"
    return Paint.COLOR if is_able else Paint.PLAIN


def is_terminal(stream: IO[str] | None) -> bool:
    """Return whether a person sees what is written to ``stream`` as it is written."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def width(stream: IO[str] | None) -> int:
    """Return the columns for a report on ``stream``."""
    return max(40, shutil.get_terminal_size().columns) if is_terminal(stream) else PIPED_WIDTH


def emit(data: bytes) -> None:
    """Write data to standard output; a reader that went away is no error.

    Raises OutputRefused when the stream is closed or full.
    """
    if not data:
        return
    try:
        if sys.stdout is None:
            raise OutputRefused("standard output is closed")
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _silence_stdout()
    except (OSError, ValueError) as error:
        _silence_stdout()
        raise OutputRefused(f"cannot write to standard output: {reason(error)}") from error


def _silence_stdout() -> None:
    # What is left in the buffer is flushed at exit and would fail there once more.
    with contextlib.suppress(OSError, ValueError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.close(sink)


def save(data: bytes, target: Path) -> None:
    """Put data into the file ``target``, wholly or not at all; devices and pipes are written as they are.

    Missing folders are made. Raises OutputRefused.
    """
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
        raise OutputRefused(f"cannot write {printable(str(target))}: {reason(error)}") from error


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
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()


class Progress:
    """One line on a terminal's standard error that says what goes on, and nothing anywhere else."""

    def __init__(self, detail: Detail, environ: Mapping[str, str]) -> None:
        is_dumb = environ.get("TERM", "dumb") == "dumb"
        self._is_shown = detail is not Detail.QUIET and not is_dumb and is_terminal(sys.stderr)

    def step(self, doing: str) -> None:
        """Show ``doing`` in place of what was shown before."""
        self._show(f"\r\x1b[2K{printable(doing)} …")

    def done(self) -> None:
        """Take the line away."""
        self._show("\r\x1b[2K")

    def _show(self, text: str) -> None:
        if self._is_shown:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(text)
                sys.stderr.flush()

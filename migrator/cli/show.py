"""Where the data of a run goes: a report or a patch, to standard output or into a file."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import IO

from migrator.cli.console import emit, is_terminal, save, say
from migrator.cli.options import ApplyRequest, Request
from migrator.model import Plan
from migrator.report import Detail, View, render

# Columns of a report that no terminal shows: the same bytes wherever it runs.
_PIPED_WIDTH = 80


def show(plan: Plan, request: Request, folder: Path, *, is_written: bool) -> tuple[str, ...]:
    """Put out the report or the patch; returns the paths that the patch leaves out.

    ``folder`` is the root, absolute. Raises Refused.
    """
    withheld: tuple[str, ...] = ()
    if request.diff:
        data, withheld = _patch(plan, folder)
    elif request.format or plan.files.seen:
        data = render(request.format or "text", plan, _view(plan, request, is_written=is_written)).encode()
    else:
        data = b""  # the closing sentence says it all
    if request.output in (None, "-"):
        emit(data)
    else:
        save(data, Path(request.output))
        say(f"wrote {request.output}")
    return withheld


def _patch(plan: Plan, folder: Path) -> tuple[bytes, tuple[str, ...]]:
    """Return the patch, and what it leaves out; its paths lead from the working directory if they can."""
    from migrator.report.patch import patch

    try:
        way = folder.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        way = "."
        say(f"note: the paths in the patch are relative to {plan.root}")
    made = patch(plan.changes, prefix="" if way == "." else f"{way}/", secrets=plan.secrets)
    return made.text, made.withheld


def _view(plan: Plan, request: Request, *, is_written: bool) -> View:
    from migrator.catalogue import RULES

    is_file = request.output not in (None, "-")
    is_seen = not is_file and is_terminal(sys.stdout)
    is_quiet = request.quiet and not is_file
    is_asked = isinstance(request, ApplyRequest) and request.dry_run
    return View(
        width=max(40, shutil.get_terminal_size().columns) if is_seen else _PIPED_WIDTH,
        is_colored=not is_file and _is_colored(request.color, sys.stdout),
        detail=Detail.VERBOSE if request.verbose else Detail.QUIET if is_quiet else Detail.NORMAL,
        is_written=is_written,
        has_diffs=request.verbose or is_asked or (is_seen and not request.is_writing),
        prefix="" if plan.root == "." else f"{plan.root}/",
        rules=RULES,
    )


def _is_colored(mode: str, stream: IO[str] | None) -> bool:
    """Tell whether ``stream`` gets colours: the user's word first, then the environment, then the stream.

    See https://no-color.org and https://force-color.org; of the two the first wins.
    """
    if mode != "auto":
        return mode == "always"
    if os.environ.get("NO_COLOR"):
        return False
    is_able = is_terminal(stream) and os.environ.get("TERM", "") != "dumb"
    return is_able or bool(os.environ.get("FORCE_COLOR"))

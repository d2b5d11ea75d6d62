"""Where the data of a run goes: a report or a patch, to standard output or into a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from migrator.catalogue import RULES
from migrator.cli.console import PIPED_WIDTH, emit, is_terminal, paint, save, say, width
from migrator.cli.options import Request
from migrator.model import Plan
from migrator.report import Detail, Paint, Stage, View, printable, render


def show(plan: Plan, request: Request, folder: Path, stage: Stage) -> tuple[str, ...]:
    """Put out the report or the patch; returns the paths that the patch leaves out.

    ``folder`` is the root, absolute.
    Raises OutputRefused.
    """
    if request.diff:
        return _show_patch(plan, request, folder)
    _put(render(request.format, plan, _view(plan, request, stage)).encode(), request)
    return ()


def _show_patch(plan: Plan, request: Request, folder: Path) -> tuple[str, ...]:
    from migrator.report.patch import patch

    prefix = _prefix(folder)
    if prefix is None:
        say(f"note: the paths in the patch are relative to {printable(plan.root)}")
    made = patch(plan.changes, prefix=prefix or "", secrets=plan.secrets)
    _put(made.text, request)
    return made.withheld


def _prefix(folder: Path) -> str | None:
    """Return the way from the working directory, where a patch is applied, to the root; None if outside."""
    try:
        way = folder.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return None
    return "" if way == "." else f"{way}/"


def _view(plan: Plan, request: Request, stage: Stage) -> View:
    is_seen = request.output is None and is_terminal(sys.stdout)
    is_quiet = request.detail is Detail.QUIET and request.output is not None
    return View(
        width=width(sys.stdout) if is_seen else PIPED_WIDTH,
        paint=Paint.PLAIN if request.output is not None else paint(request.color, sys.stdout, os.environ),
        detail=Detail.NORMAL if is_quiet else request.detail,
        stage=stage,
        has_diffs=_has_diffs(request, is_seen=is_seen),
        prefix="" if plan.root == "." else f"{plan.root}/",
        rules=RULES,
    )


def _has_diffs(request: Request, *, is_seen: bool) -> bool:
    """Return whether the changes are shown: as they are planned, to who sees or asks."""
    if request.detail is Detail.VERBOSE:
        return True
    return not request.is_writing and (is_seen or request.dry_run)


def _put(data: bytes, request: Request) -> None:
    if request.output is None:
        emit(data)
    else:
        save(data, Path(request.output))
        say(f"wrote {printable(request.output)}")

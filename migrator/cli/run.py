"""What plan and apply do: find, plan, write if asked, show, and say how it went."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO

from migrator.cli import settings
from migrator.cli.closing import PENDING, closing
from migrator.cli.console import ExitCode, Progress, Refused, emit, is_terminal, save, say
from migrator.cli.options import ApplyRequest, Request
from migrator.cli.settings import Settings
from migrator.discover import COMMANDS, OWN_FOLDER, BadGlob, MissingPath, Reason, Tree, discover
from migrator.model import Plan, Status
from migrator.pipeline import plan as plan_tree
from migrator.report import Detail, View, render

# Columns of a report that no terminal shows: the same bytes wherever it runs.
_PIPED_WIDTH = 80


def run(request: Request) -> ExitCode:
    """Carry out ``request``; returns the exit code. Raises Refused."""
    if request.diff and request.format:
        raise Refused("--diff prints a patch and --format a report; choose one")
    if request.quiet and request.verbose:
        raise Refused("-q and -v exclude each other")
    if "" in request.paths:
        raise Refused("PATH must not be empty; write . for the working directory")
    progress = Progress(is_quiet=request.quiet)
    chosen = settings.typed(request).over(_file_settings(request))
    options = chosen.options()
    refusals: tuple[str, ...] = ()
    try:
        progress.step("Looking for recipes")
        tree = _found(request, chosen)
        if _is_resumed(tree, request):
            tree = _found(request, chosen)
        progress.step(f"Planning {len(tree.sources)} files")
        plan = plan_tree(tree, options, request.jobs, progress.over)
        if request.online:
            from migrator.cli.reference import answers

            progress.step("Asking nvcr.io")
            options = replace(options, answers=answers(plan, options, request))
            plan = plan_tree(tree, options, request.jobs, progress.over)
        if isinstance(request, ApplyRequest):
            from migrator.cli.write import write_plan

            progress.step("Writing")
            refusals = write_plan(plan, tree.folder, request)
    finally:
        progress.step()
    return _told(plan, request, tree.folder, refusals)


def _file_settings(request: Request) -> Settings:
    if request.config is not None:
        return settings.read(Path(request.config), is_named=True)
    file = settings.nearest(Path(request.paths[0]))
    found = settings.read(file) if file else Settings()
    names = ("images", "credentials", "key_vault_id", "docs", "exclude", "ignore")
    chosen = [name.replace("_", "-") for name in names if getattr(found, name)]
    if chosen:
        # The file came with the tree: whoever reads the report did not choose this.
        say(f"note: {file} chooses {', '.join(chosen)}")
    return found


def _found(request: Request, chosen: Settings) -> Tree:
    try:
        tree = discover([Path(path) for path in request.paths], exclude=chosen.exclude)
    except MissingPath as missing:
        kind = "the command " if missing.suggestion in COMMANDS else ""
        hint = f"; did you mean {kind}{missing.suggestion}?" if missing.suggestion else ""
        raise Refused(f"{missing.path}: there is no such file or folder{hint}") from missing
    except BadGlob as bad:
        raise Refused(f"--exclude: {bad}") from bad
    output = os.path.realpath(request.output or "-")
    if any(os.path.realpath(tree.folder / source.path) == output for source in tree.sources):
        raise Refused(f"-o {request.output} would overwrite a file that is to be looked at")
    if chosen.exclude and Reason.EXCLUDED not in tree.left_out.values():
        say(f"warning: exclude matches nothing: {', '.join(chosen.exclude)}")
    return tree


def _is_resumed(tree: Tree, request: Request) -> bool:
    """Tell of a run that was ended before its end, and finish it if this one writes; tell if so."""
    places = {tree.folder, *((tree.folder / source.path).parent for source in tree.sources)}
    above = {folder for place in places for folder in (place, *place.parents)}
    if not any((folder / OWN_FOLDER).exists() for folder in above):
        return False
    from migrator.cli.write import resume, warn

    names = sorted(map(str, places))
    if request.is_writing:
        return resume(names)
    warn(names)
    return False


def _told(plan: Plan, request: Request, folder: Path, refusals: tuple[str, ...]) -> ExitCode:
    """Show the plan, say how it went, and return the exit code."""
    is_written = request.is_writing and not refusals
    errors = list(refusals)
    try:
        for path in _shown(plan, request, folder, is_written=is_written):
            say(f"warning: {path} is left out of the patch: git does not track it, or a secret would show")
    except Refused as error:
        errors.append(str(error))
    for line in closing(plan, request, folder, is_written=is_written) if not refusals else ():
        say(line)
    if request.check and not plan.statuses:
        # A misspelt path in a pipeline would pass for ever.
        errors.append("--check found no recipe to check")
    for message in errors:
        say(f"error: {message}")
    has_failed = plan.files.failed or Status.FAILED in plan.statuses
    if errors or has_failed:
        return ExitCode.FAILED
    is_pending = (request.diff or request.check) and plan.changes and not is_written
    return ExitCode.PENDING if is_pending or (request.check and _is_open(plan)) else ExitCode.DONE


def _is_open(plan: Plan) -> bool:
    statuses = {job.status for recipe in plan.recipes for job in recipe.jobs}
    told = {finding.rule for recipe in plan.recipes for finding in recipe.findings}
    return not told.isdisjoint(PENDING) or not statuses.isdisjoint((Status.BLOCKED, Status.MANUAL))


def _shown(plan: Plan, request: Request, folder: Path, *, is_written: bool) -> tuple[str, ...]:
    """Put out the report or the patch; returns the paths that the patch leaves out. Raises Refused."""
    is_file = request.output not in (None, "-")
    withheld: tuple[str, ...] = ()
    data = b""  # the closing sentence says it all
    if request.diff:
        data, withheld = _patch(plan, folder)
    elif request.format or plan.files.seen:
        view = _view(plan, request, is_file=is_file, is_written=is_written)
        data = render(request.format or "text", plan, view).encode()
    if not is_file:
        emit(data)
    else:
        save(data, Path(str(request.output)))
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


def _view(plan: Plan, request: Request, *, is_file: bool, is_written: bool) -> View:
    from migrator.catalogue import RULES

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

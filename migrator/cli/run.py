"""What plan and apply do: find, plan, write if asked, show, and say how it went."""

from __future__ import annotations

import os
from pathlib import Path

from migrator.cli import settings
from migrator.cli.closing import PENDING, closing
from migrator.cli.console import ExitCode, Progress, Refused, say
from migrator.cli.options import ApplyRequest, Request
from migrator.cli.settings import Settings
from migrator.cli.show import show
from migrator.discover import COMMANDS, OWN_FOLDER, BadGlob, MissingPath, Reason, Tree, discover
from migrator.model import Plan, Status
from migrator.pipeline import plan as plan_tree


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
        for path in show(plan, request, folder, is_written=is_written):
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

"""What plan and apply do: find, plan, write if asked, show, and say how it went."""

from __future__ import annotations

import os
from pathlib import Path

from migrator.cli import settings
from migrator.cli.closing import closing
from migrator.cli.console import OutputRefused, Progress, say
from migrator.cli.exit import ExitCode
from migrator.cli.options import Request
from migrator.cli.settings import Settings, SettingsError
from migrator.cli.show import show
from migrator.cli.write import resume, warn, write_plan
from migrator.discover import COMMANDS, BadGlob, MissingPath, Reason, Tree, discover
from migrator.model import Plan, Status
from migrator.plan import plan as plan_tree
from migrator.report import Stage, printable


def run(request: Request) -> ExitCode:
    """Carry out ``request``; returns the exit code. Raises SettingsError."""
    progress = Progress(request.detail, os.environ)
    chosen = request.choices.over(_file_settings(request))
    options = chosen.options()
    try:
        progress.step("Looking for recipes")
        tree = _found(request, chosen)
        folders = {str((tree.folder / source.path).parent) for source in tree.sources}
        places = sorted({str(tree.folder), *folders})
        if not request.is_writing:
            warn(places)
        elif resume(places):
            tree = _found(request, chosen)
        progress.step(f"Planning {len(tree.sources)} files")
        plan = plan_tree(tree, options, request.workers)
        progress.step("Writing" if request.is_writing else "Reporting")
        refusals = write_plan(plan, tree.folder, request)
    finally:
        progress.done()
    return _told(plan, request, tree.folder, refusals)


def _file_settings(request: Request) -> Settings:
    if request.config is not None:
        return settings.read(Path(request.config), is_named=True)
    file = settings.nearest(Path(request.paths[0]))
    found = settings.read(file) if file else Settings()
    chosen = [
        name
        for name in ("images", "credentials", "key_vault_id", "exclude", "ignore")
        if getattr(found, name)
    ]
    if chosen:
        # The file came with the tree: whoever reads the report did not choose this.
        words = ", ".join(name.replace("_", "-") for name in chosen)
        say(f"note: {printable(str(file))} chooses {words}")
    return found


def _found(request: Request, chosen: Settings) -> Tree:
    try:
        tree = discover([Path(path) for path in request.paths], exclude=chosen.exclude)
    except MissingPath as missing:
        raise SettingsError(_missing(missing)) from missing
    except BadGlob as bad:
        raise SettingsError(f"--exclude: {bad}") from bad
    _refuse_output_over_source(request, tree)
    if chosen.exclude and all(entry.reason is not Reason.EXCLUDED for entry in tree.left_out):
        say(f"warning: exclude matches nothing: {printable(', '.join(chosen.exclude))}")
    return tree


def _missing(missing: MissingPath) -> str:
    kind = "the command " if missing.suggestion in COMMANDS else ""
    hint = f"; did you mean {kind}{missing.suggestion}?" if missing.suggestion else ""
    return f"{missing.path}: there is no such file or folder{hint}"


def _refuse_output_over_source(request: Request, tree: Tree) -> None:
    if request.output is None:
        return
    output = os.path.realpath(request.output)
    if any(os.path.realpath(tree.folder / source.path) == output for source in tree.sources):
        raise SettingsError(f"-o {request.output} would overwrite a file that is to be looked at")


def _told(plan: Plan, request: Request, folder: Path, refusals: tuple[str, ...]) -> ExitCode:
    stage = Stage.WRITTEN if request.is_writing and not refusals else Stage.PLANNED
    errors = list(refusals)
    try:
        withheld = show(plan, request, folder, stage)
    except OutputRefused as error:
        withheld = ()
        errors.append(str(error))
    for path in withheld:
        why = "git does not track it, or a secret would show"
        say(f"warning: {printable(path)} is left out of the patch: {why}")
    if not refusals:
        for line in closing(plan, request, stage):
            say(line)
    for message in errors:
        say(f"error: {printable(message)}")
    return ExitCode.FAILED if errors else _exit_code(plan, request, stage)


def _exit_code(plan: Plan, request: Request, stage: Stage) -> ExitCode:
    if plan.files.failed or any(recipe.status is Status.FAILED for recipe in plan.recipes):
        return ExitCode.FAILED
    if request.check and not plan.statuses:
        # A misspelt path in a pipeline would pass for ever.
        say("error: --check found no recipe to check")
        return ExitCode.FAILED
    is_unwritten = bool(plan.changes) and stage is Stage.PLANNED
    if request.diff and is_unwritten:
        return ExitCode.PENDING
    return ExitCode.PENDING if request.check and (is_unwritten or _is_open(plan)) else ExitCode.DONE


def _is_open(plan: Plan) -> bool:
    statuses = {job.status for recipe in plan.recipes for job in recipe.jobs}
    told = {finding.rule for recipe in plan.recipes for finding in recipe.findings}
    return "driver-too-new" in told or not statuses.isdisjoint((Status.BLOCKED, Status.MANUAL))

"""The closing sentence: what there is, and the next command to type."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from migrator.cli.console import program, shown
from migrator.cli.options import ApplyRequest, Request
from migrator.discover import git_top
from migrator.model import Plan, Severity, Status

_WIDTH = 80
_ORDER = (Status.MIGRATE, *(status for status in Status if status is not Status.MIGRATE))
# What keeps a job that is migrated from running, and what may.
_UNPROVEN = ("image-forbidden", "key-refused", "registry-unreachable", "secret-not-found")
PENDING = ("driver-too-new", "configuration-missing", "image-schema1", *_UNPROVEN)
_UNFINISHED = (*PENDING, "placeholder-left", "gpu-too-old", "configuration-written-by-code")
# The options that a command which follows this one must have as well, as fields of the request.
_ASK = ("online", "api_key_env", "credential_helpers")
_SHAPING = ("credentials", "key_vault_id", "secret_url", "image", "gpu", "docs", "exclude", "config", *_ASK)
_ALLOWING = ("allow_dirty", "allow_no_vcs")


def closing(plan: Plan, request: Request, folder: Path, *, is_written: bool) -> tuple[str, ...]:
    """Return what is said last of a plan that was shown, or is written below ``folder``.

    First the counts, by the words of the report, then the commands that come next: on one line where
    it holds them, as no line is to break inside of a command.
    """
    if not (plan.statuses or plan.changes):
        return (f"No Batch AI recipe found in {_counted(plan.files.seen, 'file')}.",)
    counts = Counter(plan.statuses)
    said = [f"{counts[status]} {status.value}" for status in _ORDER if counts[status]]
    edits = _counted(sum(len(change.edits) for change in plan.changes), "edit")
    edits += f" in {_counted(len(plan.changes), 'file')}{' written' if is_written else ''}"
    if counts[Status.MIGRATE]:
        to = "" if is_written else "to "
        said[0] = f"{counts[Status.MIGRATE]} {to}migrate ({edits})"
    elif plan.changes:
        # A recipe that is blocked for one job may have another one to migrate.
        said.append(edits)
    sentence = f"{_counted(len(plan.statuses), 'recipe')}: {', '.join(said)}."
    following = _next(plan, request, folder, is_written=is_written)
    commands = [f"{label}: {shlex.join(words)}" for label, words in following]
    if not commands:
        return (f"{sentence} Nothing is left to do.",)
    line = "    ".join(commands)
    return (sentence, line) if len(line) <= _WIDTH else (sentence, *commands)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _next(plan: Plan, request: Request, folder: Path, *, is_written: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands that come next, each with what it is for."""
    command = program()
    if plan.changes and not is_written:
        if not request.diff:
            yield "Review", [command, "--diff", *_words(request, _SHAPING)]
        yield "Write", [command, "apply", *_words(request, (*_SHAPING, *_ALLOWING))]
    elif plan.changes:
        if isinstance(request, ApplyRequest) and not request.allow_no_vcs:
            yield from (("Look", words) for words in _looks(plan, request, folder))
        # `undo` looks below the working directory by itself.
        elsewhere = [path for path in request.paths[:1] if os.path.relpath(path).startswith("..")]
        yield "Take back", [command, "undo", *elsewhere]
    elif rule := next(_open_rules(plan), None):
        yield "Read why", [command, "explain", rule]


def _looks(plan: Plan, request: Request, folder: Path) -> Iterator[list[str]]:
    """Yield for each repository that was changed the command that shows it, from where the user stands."""
    here = os.path.realpath(".")
    asked = [os.path.realpath(path) for path in request.paths]
    tops = {git_top(os.path.realpath(folder / Path(change.path).parent)) for change in plan.changes}
    for top in sorted(filter(None, tops)):
        start, where = (here, []) if top == git_top(here) else (top, ["-C", shown(top)])
        # A path may also lead to a folder of several repositories.
        pairs = [(path, os.path.commonpath((path, top))) for path in asked]
        paths = [top if path == common else path for path, common in pairs if common in (path, top)]
        yield ["git", *where, "diff", "--", *dict.fromkeys(os.path.relpath(path, start) for path in paths)]


def _open_rules(plan: Plan) -> Iterator[str]:
    """Yield the rules of what is left to a person, worst first."""
    for status in (Status.FAILED, Status.BLOCKED, Status.MANUAL):
        for recipe in plan.recipes:
            yield from (job.rule for job in recipe.jobs if job.status is status)
            if status is Status.FAILED:
                yield from (one.rule for one in recipe.findings if one.severity is Severity.ERROR)
    told = {finding.rule for recipe in plan.recipes for finding in recipe.findings}
    yield from (rule for rule in _UNFINISHED if rule in told)


def _words(request: Request, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the words of the request that another command repeats: these options, and the paths."""
    for name in names:
        option = f"--{name.replace('_', '-')}"
        value = getattr(request, name, None)
        values = value if isinstance(value, list) else [value]
        for each in filter(None, values):
            yield from (option,) if each is True else (option, each)
    if any(path.startswith("-") for path in request.paths):
        yield "--"
    yield from () if request.paths == ["."] else request.paths

"""The closing sentence: what there is, and the next command to type."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator

from migrator.cli.options import Request
from migrator.model import Plan, Recipe, Status
from migrator.report import Stage, printable


def closing(plan: Plan, request: Request, stage: Stage) -> tuple[str, ...]:
    """Return what is said last of a plan that was shown (PLANNED) or is written (WRITTEN).

    First the counts, by the words of the report, then the commands that come next: on one line where
    it holds them, as no line is to break inside of a command.
    """
    if not plan.statuses:
        return (f"No Batch AI recipe found in {_counted(plan.files.seen, 'file')}.",)
    counts = Counter(plan.statuses)
    said = [_said(status, counts[status], plan, stage) for status in _ORDER if counts[status]]
    if plan.changes and not counts[Status.MIGRATE]:
        # A recipe that is blocked for one job may have another one to migrate.
        said.append(_edits(plan, stage))
    sentence = f"{_counted(len(plan.statuses), 'recipe')}: {', '.join(said)}."
    commands = [f"{label}: {_shown(words)}" for label, words in _next(plan, request, stage)]
    if not commands:
        return (f"{sentence} Nothing is left to do.",)
    line = "    ".join(commands)
    return (sentence, line) if len(line) <= _WIDTH else (sentence, *commands)


_WIDTH = 80
_ORDER = (Status.MIGRATE, *(status for status in Status if status is not Status.MIGRATE))


def _said(status: Status, count: int, plan: Plan, stage: Stage) -> str:
    if status is not Status.MIGRATE:
        return f"{count} {status.value}"
    word = "migrate" if stage is Stage.WRITTEN else "to migrate"
    return f"{count} {word} ({_edits(plan, stage)})"


def _edits(plan: Plan, stage: Stage) -> str:
    edits = _counted(sum(len(change.edits) for change in plan.changes), "edit")
    end = " written" if stage is Stage.WRITTEN else ""
    return f"{edits} in {_counted(len(plan.changes), 'file')}{end}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _next(plan: Plan, request: Request, stage: Stage) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands that come next, each with what it is for."""
    if plan.changes and stage is Stage.PLANNED:
        if not request.diff:
            yield "Review", plan_words(request, "--diff")
        yield "Write", apply_words(request)
    elif plan.changes:
        if not request.allow_no_vcs:
            yield "Look", ["git", "diff", "--", *request.paths]
        yield "Take back", ["ngc-migrate", "undo", *_elsewhere(request)]
    elif (rule := _open_rule(plan) or _warned_rule(plan)) is not None:
        yield "Read why", ["ngc-migrate", "explain", rule]


def _elsewhere(request: Request) -> list[str]:
    """Return the path that tells `undo` where to look, where that is not below the working directory."""
    path = request.paths[0]
    return [path] if os.path.relpath(path).startswith("..") else []


def _open_rule(plan: Plan) -> str | None:
    """Return the rule of the worst job that is left to a person."""
    for status in (Status.FAILED, Status.BLOCKED, Status.MANUAL):
        for recipe in plan.recipes:
            rules = [job.rule for job in recipe.jobs if job.status is status]
            rules += _errors(recipe) if status is Status.FAILED else []
            if rules:
                return rules[0]
    return None


_UNFINISHED = ("placeholder-left", "driver-too-new", "gpu-too-old", "configuration-written-by-code")


def _warned_rule(plan: Plan) -> str | None:
    """Return the rule of what may keep a job that is migrated from running."""
    told = {finding.rule for recipe in plan.recipes for finding in recipe.findings}
    return next((rule for rule in _UNFINISHED if rule in told), None)


def _errors(recipe: Recipe) -> list[str]:
    return [finding.rule for finding in recipe.findings if finding.severity == "error"]


def apply_words(request: Request) -> list[str]:
    """Return the words that write the plan that ``request`` shows."""
    return ["ngc-migrate", "apply", *_choices(request), *_paths(request)]


def plan_words(request: Request, *more: str) -> list[str]:
    """Return the words that show once more what ``request`` shows, with options ``more``."""
    shaping = [word for word in _choices(request) if not word.startswith("--allow-")]
    return ["ngc-migrate", *more, *shaping, *_paths(request)]


def _choices(request: Request) -> Iterator[str]:
    choices = request.choices
    if choices.credentials:
        yield from ("--credentials", choices.credentials.value)
    if choices.key_vault_id:
        yield from ("--key-vault-id", choices.key_vault_id)
    if choices.secret_url:
        yield from ("--secret-url", choices.secret_url)
    for key, image in choices.images.items():
        yield from ("--image", f"{key}={image}")
    if choices.gpu:
        yield from ("--gpu", choices.gpu)
    for glob in choices.exclude:
        yield from ("--exclude", glob)
    if request.config is not None:
        yield from ("--config", request.config)
    if request.allow_dirty:
        yield "--allow-dirty"
    if request.allow_no_vcs:
        yield "--allow-no-vcs"


def _paths(request: Request) -> list[str]:
    if request.paths == (".",):
        return []
    return ["--", *request.paths] if any(path.startswith("-") for path in request.paths) else [*request.paths]


def _shown(words: list[str]) -> str:
    """Return the words as they must be typed in a shell."""
    return printable(shlex.join(words))

"""The closing sentence: what there is, and the next command to type."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from migrator.cli.options import Request
from migrator.model import Plan, Recipe, Status
from migrator.report import Stage, printable

_WORDS = {
    Status.MIGRATE: "to migrate",
    Status.BLOCKED: "blocked",
    Status.MANUAL: "manual",
    Status.MIGRATED: "already on nvcr.io",
    Status.SKIPPED: "with nothing to migrate",
    Status.FAILED: "failed",
}


def closing(plan: Plan, request: Request, stage: Stage) -> str:
    """Return the sentence for a plan that was shown (PLANNED) or is written (WRITTEN)."""
    if not plan.statuses:
        return f"No Batch AI recipe found in {_counted(plan.files.seen, 'file')}."
    counts = Counter(plan.statuses)
    said = [_said(status, counts[status], plan, stage) for status in _WORDS if counts[status]]
    if plan.changes and not counts[Status.MIGRATE]:
        # A recipe that is blocked for one job may have another one to migrate.
        said.append(_edits(plan))
    return f"{_counted(len(plan.statuses), 'recipe')}: {', '.join(said)}. {_next(plan, request, stage)}"


def _said(status: Status, count: int, plan: Plan, stage: Stage) -> str:
    if status is not Status.MIGRATE:
        return f"{count} {_WORDS[status]}"
    word = "migrated" if stage is Stage.WRITTEN else _WORDS[status]
    return f"{count} {word} ({_edits(plan)})"


def _edits(plan: Plan) -> str:
    edits = _counted(sum(len(change.edits) for change in plan.changes), "edit")
    return f"{edits} in {_counted(len(plan.changes), 'file')}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _next(plan: Plan, request: Request, stage: Stage) -> str:
    if plan.changes and stage is Stage.PLANNED:
        return f"To write the changes: {_shown(apply_words(request))}"
    rule = _open_rule(plan)
    if rule is not None:
        return f"To read why: {_shown(['ngc-migrate', 'explain', rule])}"
    if plan.changes:
        return f"To see that nothing is left: {_shown(check_words(request))}"
    return "Nothing is left to do."


def _open_rule(plan: Plan) -> str | None:
    """Return the rule of the worst job that is left to a person."""
    for status in (Status.FAILED, Status.BLOCKED, Status.MANUAL):
        for recipe in plan.recipes:
            rules = [job.rule for job in recipe.jobs if job.status is status]
            rules += _errors(recipe) if status is Status.FAILED else []
            if rules:
                return rules[0]
    return None


def _errors(recipe: Recipe) -> list[str]:
    return [finding.rule for finding in recipe.findings if finding.severity == "error"]


def apply_words(request: Request) -> list[str]:
    """Return the words that write the plan that ``request`` shows."""
    return ["ngc-migrate", "apply", *_choices(request), *_paths(request)]


def check_words(request: Request) -> list[str]:
    """Return the words that look once more at what ``request`` wrote."""
    shaping = [word for word in _choices(request) if not word.startswith("--allow-")]
    return ["ngc-migrate", "--check", *shaping, *_paths(request)]


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
    return printable(shlex.join(words))

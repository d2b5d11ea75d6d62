"""What every report tells of a plan, gathered once: a row a recipe, and what stands under one rule."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from migrator.model import Blank, Finding, Job, Plan, Recipe, Severity, Status

Told: TypeAlias = Job | Finding
Kind: TypeAlias = Status | Severity

RETIRED = "Batch AI ended in March 2019: `ngc-migrate explain batch-ai-retired`"
LEVELS: Mapping[Kind, str] = {
    Status.FAILED: "error",
    Severity.ERROR: "error",
    Status.BLOCKED: "warning",
    Status.MANUAL: "warning",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
    Status.MIGRATE: "note",
    Status.MIGRATED: "none",
    Status.SKIPPED: "none",
}
"""The kinds, worst first, each with what it is to a program that reads the report."""

_ORDER = list(LEVELS)
_MOST_ROWS = 30  # of recipes, each with a row of its own
_MOST_KINDS = 8  # of equal rows in one status, beyond that
# Each of these findings only says why a next step is what it is.
_TOLD_BY_STEPS = frozenset({"credentials-from-environment", "configuration-missing", "configuration-outside"})


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything that is told under one rule and of one kind, by place."""

    kind: Kind
    rule: str
    told: tuple[Told, ...]

    def by_message(self) -> dict[str, list[Told]]:
        """Return what is told by what it says."""
        groups: dict[str, list[Told]] = {}
        for one in self.told:
            groups.setdefault(one.message, []).append(one)
        return groups


@dataclass(frozen=True, slots=True)
class Row:
    """Recipes of one status of which the same is to be said; ``notes`` are numbers of Overview.notes."""

    recipes: tuple[Recipe, ...]
    says: str
    notes: tuple[int, ...]

    @property
    def status(self) -> Status:
        """The status of each of them."""
        return self.recipes[0].status

    @property
    def more(self) -> str:
        """What stands behind the path of the first of them."""
        return f" and {len(self.recipes) - 1} more" if len(self.recipes) > 1 else ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The rows, worst first, then by path; and the topics, worst first, then the most frequent.

    ``notes`` are the findings that no next step tells: first the warnings, to which rows refer from 1 on.
    """

    rows: tuple[Row, ...]
    topics: tuple[Topic, ...]
    notes: tuple[Topic, ...]

    def of(self, *kinds: Kind) -> tuple[Topic, ...]:
        """Return the topics of some kinds."""
        return tuple(topic for topic in self.topics if topic.kind in kinds)

    def counts(self) -> dict[Status, int]:
        """Return how many recipes have which status, the worst first."""
        return dict(Counter(row.status for row in self.rows))

    def groups(self, *, is_all: bool = False) -> Iterator[tuple[Status, list[Row], int]]:
        """Yield the rows of each status, and how many recipes more there are.

        Where there are many, unless all are wanted, rows that say the same are one.
        """
        is_folding = len(self.rows) > _MOST_ROWS and not is_all
        rows = _folded(self.rows) if is_folding else list(self.rows)
        for status in self.counts():
            mine = [row for row in rows if row.status is status]
            shown = mine[:_MOST_KINDS] if is_folding else mine
            yield status, shown, sum(len(row.recipes) for row in mine[len(shown) :])


def overview(plan: Plan) -> Overview:
    """Return what the plan comes to; a folder with findings and no job has no row."""
    found = topics(plan.recipes)
    notes = sorted(
        (topic for topic in found if isinstance(topic.kind, Severity) and topic.kind is not Severity.ERROR),
        key=lambda topic: topic.kind is Severity.INFO,
    )
    notes = [topic for topic in notes if topic.rule not in _TOLD_BY_STEPS]
    warnings = [topic.rule for topic in notes if topic.kind is Severity.WARNING]
    recipes = [recipe for recipe in plan.recipes if recipe.jobs or recipe.status is Status.FAILED]
    rows = (_row(recipe, warnings) for recipe in recipes)
    ranked = sorted(rows, key=lambda row: (_ORDER.index(row.status), row.recipes[0].path))
    return Overview(tuple(ranked), found, tuple(notes))


def topics(recipes: Iterable[Recipe]) -> tuple[Topic, ...]:
    """Return what is told of the recipes, the worst first; the same is told once."""
    groups: dict[tuple[Kind, str], set[Told]] = {}
    for recipe in recipes:
        for job in recipe.jobs:
            groups.setdefault((job.status, job.rule), set()).add(job)
        for finding in recipe.findings:
            groups.setdefault((finding.severity, finding.rule), set()).add(finding)
    found = (
        Topic(kind, rule, tuple(sorted(told, key=lambda one: (one.place, one.message))))
        for (kind, rule), told in groups.items()
    )
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.kind), -len(one.told), one.rule)))


def _folded(rows: Iterable[Row]) -> list[Row]:
    groups: dict[tuple[Status, str, tuple[int, ...]], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.status, row.says, row.notes), []).append(row)
    return [
        replace(group[0], recipes=tuple(recipe for row in group for recipe in row.recipes))
        for group in groups.values()
    ]


def _row(recipe: Recipe, warnings: Sequence[str]) -> Row:
    jobs = [job for job in recipe.jobs if job.status is recipe.status]
    if recipe.status in (Status.MIGRATE, Status.MIGRATED):
        # Without registry and owner.
        said = [(job.target or job.image or "").rpartition("/")[2] for job in jobs]
    else:
        said = [job.rule for job in jobs]
        if recipe.status is Status.FAILED:
            said += [found.rule for found in recipe.findings if found.severity is Severity.ERROR]
    rest = Counter(job.status.value for job in recipe.jobs if job.status is not recipe.status)
    others = (f"{count} {status}" for status, count in sorted(rest.items()))
    rules = {finding.rule for finding in recipe.findings if finding.severity is Severity.WARNING}
    notes = tuple(number for number, rule in enumerate(warnings, 1) if rule in rules)
    return Row((recipe,), ", ".join((*dict.fromkeys(said), *others)), notes)


def facts(job: Told) -> str:
    """Return on how many nodes a job runs, and in which image; nothing of a finding."""
    if not isinstance(job, Job):
        return ""
    nodes = "node count not known" if job.node_count is None else f"{job.node_count} nodes"
    nodes = "1 node" if job.node_count == 1 else nodes
    image = job.image or "no image known"
    if job.target is not None and job.status is Status.MIGRATE:
        image += f" -> {job.target}"
    return f"{nodes}, {image}" if job.image or not job.framework else f"{job.framework}, {nodes}, {image}"


def trail(one: Told) -> str:
    """Return how the values of a job were found, as far as that is known."""
    return f"found by: {' <- '.join(one.trace)}" if isinstance(one, Job) and one.trace else ""


def where(blank: Blank) -> str:
    """Return the files to fill in, in few words."""
    if len(blank.paths) == 1:
        return blank.paths[0]
    (name, count), *_ = Counter(posixpath.basename(path) for path in blank.paths).most_common(1)
    more = f" and {len(blank.paths) - count} more" if count < len(blank.paths) else ""
    return f"{name if count == 1 else f'{count} {name}'}{more}"

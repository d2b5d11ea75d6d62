"""What every report tells of a plan, gathered once: a row a recipe, and what stands under one rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from migrator.model import Finding, Job, Plan, Recipe, Severity, Status

Told: TypeAlias = Job | Finding
Kind: TypeAlias = Status | Severity

# Each of these findings only says why a next step is what it is.
_TOLD_BY_STEPS = frozenset({"credentials-from-environment", "configuration-missing", "configuration-outside"})
_ORDER: tuple[Kind, ...] = (
    Status.FAILED,
    Severity.ERROR,
    Status.BLOCKED,
    Status.MANUAL,
    Severity.WARNING,
    Severity.INFO,
    Status.MIGRATE,
    Status.MIGRATED,
    Status.SKIPPED,
)


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything that is told under one rule and of one kind, by place."""

    kind: Kind
    rule: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Recipes of one status of which the same is to be said; ``notes`` are numbers of Overview.warnings.

    ``paths`` are relative to the root.
    """

    status: Status
    paths: tuple[str, ...]
    says: str
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The rows, worst first, then by path; and the topics, worst first, then the most frequent."""

    rows: tuple[Row, ...]
    topics: tuple[Topic, ...]

    def of(self, *kinds: Kind) -> tuple[Topic, ...]:
        """Return the topics of some kinds."""
        return tuple(topic for topic in self.topics if topic.kind in kinds)

    @property
    def notes(self) -> tuple[Topic, ...]:
        """The findings that no next step tells; warnings come first, and rows refer to these from 1 on."""
        topics = self.of(Severity.WARNING, Severity.INFO)
        return tuple(topic for topic in topics if topic.rule not in _TOLD_BY_STEPS)


def overview(plan: Plan) -> Overview:
    """Return what the plan comes to; a folder with findings and no job has no row."""
    gathered = Overview((), _topics(plan.recipes))
    warnings = [topic.rule for topic in gathered.notes if topic.kind is Severity.WARNING]
    recipes = [recipe for recipe in plan.recipes if recipe.jobs or recipe.status is Status.FAILED]
    rows = (_row(recipe, warnings) for recipe in recipes)
    return replace(gathered, rows=tuple(sorted(rows, key=_rank)))


def folded(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows with those that say the same made one, in the order of the first of each."""
    groups: dict[tuple[Status, str, tuple[int, ...]], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.status, row.says, row.notes), []).append(row)
    return tuple(
        replace(group[0], paths=tuple(path for row in group for path in row.paths))
        for group in groups.values()
    )


def _topics(recipes: Sequence[Recipe]) -> tuple[Topic, ...]:
    groups: dict[tuple[Kind, str], set[Told]] = {}
    for recipe in recipes:
        for job in recipe.jobs:
            groups.setdefault((job.status, job.rule), set()).add(job)
        for finding in recipe.findings:
            groups.setdefault((finding.severity, finding.rule), set()).add(finding)
    topics = (
        Topic(kind, rule, tuple(sorted(told, key=lambda one: (one.place, one.message))))
        for (kind, rule), told in groups.items()
    )
    return tuple(sorted(topics, key=lambda one: (_ORDER.index(one.kind), -len(one.told), one.rule)))


def _row(recipe: Recipe, warnings: Sequence[str]) -> Row:
    rules = {finding.rule for finding in recipe.findings if finding.severity is Severity.WARNING}
    notes = tuple(number for number, rule in enumerate(warnings, 1) if rule in rules)
    return Row(recipe.status, (recipe.path,), _says(recipe), notes)


def _rank(row: Row) -> tuple[int, tuple[str, ...]]:
    return _ORDER.index(row.status), row.paths


def _says(recipe: Recipe) -> str:
    jobs = [job for job in recipe.jobs if job.status is recipe.status]
    if recipe.status in (Status.MIGRATE, Status.MIGRATED):
        said = [short(job.target or job.image or "") for job in jobs]
    else:
        said = [job.rule for job in jobs]
        if recipe.status is Status.FAILED:
            said += [found.rule for found in recipe.findings if found.severity is Severity.ERROR]
    rest = Counter(job.status.value for job in recipe.jobs if job.status is not recipe.status)
    others = (f"{count} {status}" for status, count in sorted(rest.items()))
    return ", ".join((*dict.fromkeys(said), *others))


def short(image: str) -> str:
    """Return an image reference without registry and owner."""
    return image.rpartition("/")[2]

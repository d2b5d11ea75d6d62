"""What every report tells of a plan, gathered once: a row a recipe, and what stands under one rule."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from migrator.model import Blank, Finding, Job, Plan, Recipe, Rule, Severity, Status
from migrator.secrets import Redaction

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

_PATH = re.compile(r"[\w.@+-][\w./@+-]*\w")
_ORDER = list(LEVELS)
_MOST_ROWS = 30  # of recipes, each with a row of its own
_MOST_KINDS = 8  # of equal rows in one status, beyond that
# Each of these findings only says why a next step is what it is.
_TOLD_BY_STEPS = frozenset({"credentials-from-environment", "configuration-outside"})


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything that is told under one rule and of one kind, by place; the rule's page may be empty."""

    kind: Kind
    page: Rule
    told: tuple[Told, ...]

    def by_message(self) -> Mapping[str, Sequence[Told]]:
        """Return what is told by what it says."""
        groups: dict[str, list[Told]] = {}
        for one in self.told:
            groups.setdefault(one.message, []).append(one)
        return groups


@dataclass(frozen=True, slots=True)
class Row:
    """Recipes of one status of which the same is to be said; ``notes`` are numbers of Overview.notes."""

    status: Status
    says: str
    notes: tuple[int, ...]
    recipes: tuple[Recipe, ...]

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

    def groups(self, *, is_all: bool = False) -> Iterator[tuple[Status, Sequence[Row], int]]:
        """Yield the rows of each status, and how many recipes more there are.

        Where there are many, unless all are wanted, rows that say the same are one.
        """
        is_folding = len(self.rows) > _MOST_ROWS and not is_all
        for status in self.counts():
            rows: dict[tuple[object, ...], Row] = {}
            for row in (row for row in self.rows if row.status is status):
                key = (row.says, row.notes) if is_folding else row.recipes
                same = rows.setdefault(key, replace(row, recipes=()))
                rows[key] = replace(row, recipes=same.recipes + row.recipes)
            shown = list(rows.values())[: _MOST_KINDS if is_folding else None]
            yield status, shown, self.counts()[status] - sum(len(row.recipes) for row in shown)


def overview(plan: Plan, rules: Mapping[str, Rule]) -> Overview:
    """Return what the plan comes to; a folder with findings and no job has no row."""
    found = topics(plan.recipes, rules)
    told = (topic for kind in (Severity.WARNING, Severity.INFO) for topic in found if topic.kind is kind)
    notes = tuple(topic for topic in told if topic.page.id not in _TOLD_BY_STEPS)
    recipes = [recipe for recipe in plan.recipes if recipe.jobs or recipe.status is Status.FAILED]
    rows = (_row(recipe, notes) for recipe in recipes)
    ranked = sorted(rows, key=lambda row: (_ORDER.index(row.status), row.recipes[0].path))
    return Overview(tuple(ranked), found, notes)


def topics(recipes: Iterable[Recipe], rules: Mapping[str, Rule]) -> tuple[Topic, ...]:
    """Return what is told of the recipes, the worst first; the same is told once."""
    groups: dict[tuple[Kind, str], set[Told]] = {}
    for recipe in recipes:
        for job in recipe.jobs:
            groups.setdefault((job.status, job.rule), set()).add(job)
        for finding in recipe.findings:
            groups.setdefault((finding.severity, finding.rule), set()).add(finding)
    found = []
    for (kind, rule), told in groups.items():
        page = rules.get(rule) or Rule(id=rule, outcome=kind, title="", what="", why="", now="", url="")
        found.append(Topic(kind, page, tuple(sorted(told, key=lambda one: (one.place, one.message)))))
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.kind), -len(one.told), one.page.id)))


def _row(recipe: Recipe, topics: Iterable[Topic]) -> Row:
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
    warned = {finding.rule for finding in recipe.findings if finding.severity is Severity.WARNING}
    notes = tuple(
        number
        for number, topic in enumerate(topics, 1)
        if topic.kind is Severity.WARNING and topic.page.id in warned
    )
    return Row(recipe.status, ", ".join((*dict.fromkeys(said), *others)), notes, (recipe,))


def facts(one: Told) -> str:
    """Return on how many nodes a job runs, and in which image; nothing of a finding."""
    if not isinstance(one, Job):
        return ""
    nodes = "node count not known" if one.node_count is None else f"{one.node_count} nodes"
    nodes = "1 node" if one.node_count == 1 else nodes
    image = one.image or "no image known"
    if one.target is not None and one.status is Status.MIGRATE:
        image += f" -> {one.target}"
    return f"{nodes}, {image}" if one.image or not one.framework else f"{one.framework}, {nodes}, {image}"


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


def seen(plan: Plan, prefix: str) -> Plan:
    """Return the plan with ``prefix`` (``"recipes/"``) before every path, also in what messages say.

    What looks like a secret is masked in every text that may quote a file.
    """
    masked = Redaction(plan.secrets).masked
    known = {change.path for change in plan.changes}
    known |= {job.place.path for recipe in plan.recipes for job in recipe.jobs}
    known |= {finding.place.path for recipe in plan.recipes for finding in recipe.findings}
    known |= {path for step in plan.next_steps for blank in step.blanks for path in blank.paths}

    def path(name: str) -> str:
        return posixpath.normpath(prefix + name) if prefix else name

    def said(text: str) -> str:
        # Only what is the path of a file of this plan is taken as one.
        return _PATH.sub(lambda word: path(word[0]) if word[0] in known else word[0], masked(text))

    def shared(one: Job | Finding) -> dict[str, Any]:
        return {"place": replace(one.place, path=path(one.place.path)), "message": said(one.message)}

    def job(one: Job) -> Job:
        image, trace = one.image and masked(one.image), tuple(map(said, one.trace))
        return replace(one, image=image, trace=trace, **shared(one))

    def recipe(one: Recipe) -> Recipe:
        findings = tuple(replace(finding, **shared(finding)) for finding in one.findings)
        return Recipe(path=path(one.path), jobs=tuple(map(job, one.jobs)), findings=findings)

    def blanks(some: tuple[Blank, ...]) -> tuple[Blank, ...]:
        return tuple(Blank(tuple(map(path, blank.paths)), blank.what) for blank in some)

    return replace(
        plan,
        recipes=tuple(map(recipe, plan.recipes)),
        changes=tuple(replace(change, path=path(change.path)) for change in plan.changes),
        next_steps=tuple(replace(step, blanks=blanks(step.blanks)) for step in plan.next_steps),
        passed_over=tuple(replace(one, reason=masked(one.reason)) for one in plan.passed_over),
    )

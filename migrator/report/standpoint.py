"""A plan as its reader may see it: secrets masked, and paths that lead from where the reader stands."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Any

from migrator.model import Blank, Finding, Job, Plan, Recipe
from migrator.secrets import Redaction

_PATH = re.compile(r"[\w.@+-][\w./@+-]*\w")


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

    def recipe(one: Recipe) -> Recipe:
        jobs = (
            replace(
                job, image=job.image and masked(job.image), trace=tuple(map(said, job.trace)), **shared(job)
            )
            for job in one.jobs
        )
        findings = (replace(finding, **shared(finding)) for finding in one.findings)
        return Recipe(path=path(one.path), jobs=tuple(jobs), findings=tuple(findings))

    def blanks(some: tuple[Blank, ...]) -> tuple[Blank, ...]:
        return tuple(Blank(tuple(map(path, blank.paths)), blank.what) for blank in some)

    return replace(
        plan,
        recipes=tuple(map(recipe, plan.recipes)),
        changes=tuple(replace(change, path=path(change.path)) for change in plan.changes),
        next_steps=tuple(replace(step, blanks=blanks(step.blanks)) for step in plan.next_steps),
        passed_over=tuple(replace(one, reason=masked(one.reason)) for one in plan.passed_over),
    )

"""A plan as its reader may see it: secrets masked, and paths that lead from where the reader stands."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TypeVar

from migrator.model import Blank, Finding, Job, NextStep, Plan, Recipe
from migrator.secrets import Redaction

_Told = TypeVar("_Told", Job, Finding)

_PATH = re.compile(r"[\w.@+-][\w./@+-]*\w")


def seen(plan: Plan, prefix: str) -> Plan:
    """Return the plan with ``prefix`` (``"recipes/"``) before every path, also in what messages say.

    What looks like a secret is masked in every text that may quote a file.
    """
    masked = Redaction(plan.secrets).masked
    known = {blank for step in plan.next_steps for each in step.blanks for blank in each.paths}
    known |= {change.path for change in plan.changes}
    known |= {job.place.path for recipe in plan.recipes for job in recipe.jobs}
    known |= {finding.place.path for recipe in plan.recipes for finding in recipe.findings}

    def path(name: str) -> str:
        return posixpath.normpath(prefix + name) if prefix else name

    def said(text: str) -> str:
        # Only what is the path of a file of this plan is taken as one.
        return _PATH.sub(lambda word: path(word[0]) if word[0] in known else word[0], masked(text))

    def told(one: _Told) -> _Told:
        shown = replace(one, place=replace(one.place, path=path(one.place.path)), message=said(one.message))
        if not isinstance(shown, Job):
            return shown
        return replace(shown, image=shown.image and masked(shown.image), trace=tuple(map(said, shown.trace)))

    def recipe(one: Recipe) -> Recipe:
        return Recipe(
            path=path(one.path), jobs=tuple(map(told, one.jobs)), findings=tuple(map(told, one.findings))
        )

    def step(one: NextStep) -> NextStep:
        return replace(
            one, blanks=tuple(Blank(tuple(map(path, each.paths)), each.what) for each in one.blanks)
        )

    return replace(
        plan,
        recipes=tuple(map(recipe, plan.recipes)),
        changes=tuple(replace(change, path=path(change.path)) for change in plan.changes),
        next_steps=tuple(map(step, plan.next_steps)),
        passed_over=tuple(replace(one, reason=masked(one.reason)) for one in plan.passed_over),
    )

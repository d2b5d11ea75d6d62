"""A plan whose paths lead from where the reader stands, not from the plan's root."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace

from migrator.model import Blank, Change, Finding, Job, NextStep, Place, Plan, Recipe

_PATH = re.compile(r"[\w.@+-][\w./@+-]*\w")


def seen_from_here(plan: Plan, prefix: str) -> Plan:
    """Return the plan with ``prefix`` (``"recipes/"``) before every path, also in what messages say."""
    if not prefix:
        return plan
    return _Standpoint(plan, prefix).plan


class _Standpoint:
    """One plan seen through one prefix."""

    def __init__(self, plan: Plan, prefix: str) -> None:
        self._prefix = prefix
        blanks = [blank for step in plan.next_steps for blank in step.blanks]
        self._known = {path for blank in blanks for path in blank.paths}
        self._known |= {change.path for change in plan.changes}
        for recipe in plan.recipes:
            self._known |= {job.place.path for job in recipe.jobs}
            self._known |= {finding.place.path for finding in recipe.findings}
        self.plan = replace(
            plan,
            recipes=tuple(map(self._recipe, plan.recipes)),
            changes=tuple(map(self._change, plan.changes)),
            next_steps=tuple(map(self._step, plan.next_steps)),
        )

    def _path(self, path: str) -> str:
        return posixpath.normpath(self._prefix + path)

    def _said(self, text: str) -> str:
        """Only what is the path of a file of this plan is taken as one."""
        return _PATH.sub(lambda word: self._path(word[0]) if word[0] in self._known else word[0], text)

    def _place(self, place: Place) -> Place:
        return replace(place, path=self._path(place.path))

    def _recipe(self, recipe: Recipe) -> Recipe:
        return replace(
            recipe,
            path=self._path(recipe.path),
            jobs=tuple(map(self._job, recipe.jobs)),
            findings=tuple(map(self._finding, recipe.findings)),
        )

    def _job(self, job: Job) -> Job:
        trace = tuple(map(self._said, job.trace))
        return replace(job, place=self._place(job.place), message=self._said(job.message), trace=trace)

    def _finding(self, finding: Finding) -> Finding:
        return replace(finding, place=self._place(finding.place), message=self._said(finding.message))

    def _change(self, change: Change) -> Change:
        return replace(change, path=self._path(change.path))

    def _step(self, step: NextStep) -> NextStep:
        return replace(
            step, blanks=tuple(Blank(tuple(map(self._path, b.paths)), b.what) for b in step.blanks)
        )

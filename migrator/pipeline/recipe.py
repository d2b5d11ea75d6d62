"""Plan one recipe, outcomes for its jobs and edits for its files; and look again at what it becomes."""

from __future__ import annotations

import posixpath
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from codemods.job_spec import complete_registry
from codemods.syntax.edits import Edit
from migrator.decide import decide, other_uses
from migrator.model import Change, Place, Status
from migrator.options import Options
from migrator.pipeline.outcome import Look, Outcome, outcome_of, outside, stopped
from migrator.rewrite import Condition, Migration, SharedFile, is_template, placeholders, rewrite
from migrator.understand import Facts, Reading, Verdict
from migrator.understand.jobs import JobSpec, PythonJob, lines_of
from migrator.understand.python import PythonModule
from migrator.understand.texts import Text
from migrator.verify import python_mistake, spec_mistake

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one recipe would become, with the syntax trees that it was understood on."""

    path: str
    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...]

    @property
    def files(self) -> tuple[SharedFile, ...]:
        """The shared files that the recipe's jobs depend on."""
        return tuple(file for outcome in self.outcomes for file in outcome.needs)


def attempt(path: str, stage: Callable[[], T]) -> T | Facts:
    """Return what a stage makes of one file; where this program fails at it, a failed job that says so."""
    try:
        return stage()
    except Exception as error:
        # Where it arose, and not its text, which may quote a secret.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {posixpath.basename(frame.filename)}:{frame.lineno}"
    message = (
        f"This file makes the program fail ({where}): this is a defect; nothing of its recipe is written."
    )
    return Facts(place=Place(path), problem=Verdict("internal-error", message, Status.FAILED))


def held_back(draft: Draft, rule: str, message: str) -> Draft:
    """Return the draft with nothing written: every job that was to be rewritten failed."""
    outcomes = (
        outcome if outcome.source is None else stopped(outcome, Status.FAILED, rule, message)
        for outcome in draft.outcomes
    )
    return replace(draft, outcomes=tuple(outcomes), changes=())


def plan_recipe(path: str, readings: Sequence[Reading], look: Look) -> Draft:
    """Return what the recipe in the folder ``path`` would become, from what its files say."""
    outcomes: list[Outcome] = []
    changes: list[Change] = []
    for reading in readings:
        found = attempt(reading.path, partial(_planned, reading, look))
        if isinstance(found, Facts):
            outcomes.append(Outcome(job=decide(found, look.options)[0], of=found))
        else:
            outcomes += found[0]
            changes += found[1]
    ordered = sorted(outcomes, key=lambda outcome: outcome.job.place)
    draft = Draft(path=path, outcomes=tuple(ordered), changes=tuple(changes))
    broken = [f for f in draft.files if f.condition is Condition.BROKEN and not is_template(f.path)]
    if broken:
        return held_back(draft, "invalid-json", f"{broken[0].path}, which this recipe reads, cannot be read.")
    for outcome in ordered:
        # What the user wants to hear nothing of holds nothing back.
        if outcome.job.status is Status.FAILED and not look.ledger.match(outcome.job.rule, outcome.lines):
            return incomplete(draft, outcome.job.place.path)
    return draft


def incomplete(draft: Draft, path: str) -> Draft:
    """Return the draft held back for a file of the recipe that failed."""
    message = f"The recipe is written whole or not at all, and {path} of it failed."
    return held_back(draft, "recipe-incomplete", message)


def _planned(reading: Reading, look: Look) -> tuple[tuple[Outcome, ...], tuple[Change, ...]]:
    lines = lines_of(reading.python_jobs)
    reported = tuple(outcome_of(facts, look) for facts in reading.reported)
    specs = tuple(outcome_of(spec, look) for spec in reading.job_specs)
    python = tuple(outcome_of(job, look, lines[job]) for job in reading.python_jobs)
    changes: tuple[Change, ...] = ()
    if reading.module is not None:
        python, changes = _rewritten(reading.module, python, look)
    return (*reported, *python, *specs), (*changes, *_spec_changes(specs, look.options))


def _rewritten(
    module: PythonModule, outcomes: tuple[Outcome, ...], look: Look
) -> tuple[tuple[Outcome, ...], tuple[Change, ...]]:
    """Return the outcomes without those that cannot be rewritten, and the changes that make the others.

    A job that stays may share its constant with one that does not, so each stop makes this look again.
    """
    migrations: list[Migration] = []
    others: list[PythonJob] = []
    for one in outcomes:
        if one.source is None or one.job.target is None:
            others += [one.of] if isinstance(one.of, PythonJob) else ()
        elif isinstance(one.of, PythonJob):
            migrations.append(Migration(job=one.of, target=one.job.target, source=one.source))
    told: dict[PythonJob, tuple[str, str, tuple[str, ...]]] = {
        use.job: ("shared-constant", use.message, use.trace)
        for use in other_uses([(each.job, each.target) for each in migrations], others)
    }
    if not told:
        made = rewrite(module, migrations)
        reasons = made.refused or _written_outside(migrations, look)
        if not reasons:
            return outcomes, tuple(_change(owner.text, found) for owner, found in made.edits.items())
        safely = "The job's code has a form that is not rewritten safely"
        told = {job: ("not-rewritable", f"{safely}: {why}.", ()) for job, why in reasons.items()}
    kept = (
        stopped(one, Status.MANUAL, *told[one.of])
        if one.source is not None and isinstance(one.of, PythonJob) and one.of in told
        else one
        for one in outcomes
    )
    return _rewritten(module, tuple(kept), look)


def _written_outside(migrations: Iterable[Migration], look: Look) -> dict[PythonJob, str]:
    """Return the jobs whose image is written in a file that the user did not name, and where."""
    found: dict[PythonJob, str] = {}
    for job in (each.job for each in migrations):
        for node in job.written:
            path = job.module.owner(node).text.path
            if not look.files.is_writable(path):
                found.setdefault(job, f"its image is written in {path}, {outside(look, path)}")
    return found


def _change(text: Text, edits: Sequence[Edit[str]]) -> Change:
    return Change(path=text.path, before=text.data, edits=text.edits(edits))


def _spec_changes(outcomes: Iterable[Outcome], options: Options) -> tuple[Change, ...]:
    edits: list[Edit[str]] = []
    texts: list[Text] = []
    for spec, target in ((one.of, one.job.target) for one in outcomes if one.source is not None):
        if isinstance(spec, JobSpec) and spec.registry is not None and target is not None:
            texts.append(spec.text)
            credentials = placeholders(options)
            edits += complete_registry(spec.registry, image=target, credentials=credentials)
    return (_change(texts[0], edits),) if edits else ()


def confirmed(draft: Draft, second: Draft) -> Draft:
    """Return the draft, held back where ``second``, the plan of what it makes, does not confirm it."""
    if second.changes or any(file.change is not None for file in second.files):
        message = "The rewritten recipe would be rewritten again: this is a defect; nothing of it is written."
        return held_back(draft, "not-idempotent", message)
    found = mistakes(draft, second)
    if found:
        message = f"The rewritten job does not verify against the SDK's models: {found[0]}."
        return held_back(draft, "not-verified", message)
    return draft


def mistakes(draft: Draft, second: Draft) -> tuple[str, ...]:
    """Return what is wrong with the rewritten jobs, each in half a sentence; nothing where all is right.

    ``second`` is the plan of the recipe as it would be after ``draft``.
    """
    if len(draft.outcomes) != len(second.outcomes):
        return ("a job was lost or appeared",)
    pairs = zip(draft.outcomes, second.outcomes, strict=True)
    found = ((after.job.place, _mistake(before, after)) for before, after in pairs)
    return tuple(f"at {place}: {mistake}" for place, mistake in found if mistake)


def _mistake(before: Outcome, after: Outcome) -> str | None:
    if before.source is None or before.job.target is None:
        return None
    if after.job.status is not Status.MIGRATED or after.job.image != before.job.target:
        return "the job is not recognised as migrated"
    if isinstance(before.of, JobSpec) and isinstance(after.of, JobSpec):
        return spec_mistake(before.of, after.of)
    if isinstance(before.of, PythonJob) and isinstance(after.of, PythonJob):
        return python_mistake(before.of, before.job.target, before.source, after.of)
    return "the job is gone"

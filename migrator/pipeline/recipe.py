"""Plan one recipe: outcomes for its jobs, edits for its files, and what it needs of shared ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from codemods.job_spec import complete_registry
from codemods.syntax.edits import Edit
from migrator.decide import other_uses
from migrator.model import Change, Status
from migrator.options import Options
from migrator.pipeline.boundary import attempt
from migrator.pipeline.outcome import (
    Look,
    Outcome,
    PythonRewrite,
    SpecRewrite,
    Stays,
    failed,
    outcome_of,
    outside,
    stopped,
)
from migrator.rewrite import Condition, Migration, SharedFile, is_template, placeholders, rewrite
from migrator.understand import Reading
from migrator.understand.jobs import PythonJob, lines_of
from migrator.understand.python import PythonModule
from migrator.understand.texts import Text


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


def held_back(draft: Draft, rule: str, message: str) -> Draft:
    """Return the draft with nothing written: every job that was to be rewritten failed."""
    outcomes = tuple(
        outcome if isinstance(outcome, Stays) else stopped(outcome, Status.FAILED, rule, message)
        for outcome in draft.outcomes
    )
    return replace(draft, outcomes=outcomes, changes=())


def plan_recipe(path: str, readings: Sequence[Reading], look: Look) -> Draft:
    """Return what the recipe in the folder ``path`` would become, from what its files say."""
    outcomes: list[Outcome] = []
    changes: list[Change] = []
    for reading in readings:
        found = attempt(_planned, reading, look)
        if isinstance(found, Exception):
            outcomes.append(failed(reading.path, found, look))
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
    """Return the outcomes without those that cannot be rewritten, and the changes that make the others."""
    outcomes = _without_shared_constants(outcomes)
    rewrites = [outcome for outcome in outcomes if isinstance(outcome, PythonRewrite)]
    made = rewrite(module, [Migration(job=one.of, target=one.target, source=one.source) for one in rewrites])
    reasons = {each.job: each.reason for each in made.refused} or _written_outside(rewrites, look)
    if not reasons:
        return outcomes, tuple(_change(owner.text, found) for owner, found in made.edits.items())
    safely = "The job's code has a form that is not rewritten safely"
    told = {job: (f"{safely}: {reason}.", ()) for job, reason in reasons.items()}
    # A job that stays may share its constant with one that does not, so the others are looked at again.
    return _rewritten(module, _stopped(outcomes, "not-rewritable", told), look)


def _written_outside(rewrites: Iterable[PythonRewrite], look: Look) -> dict[PythonJob, str]:
    """Return the jobs whose image is written in a file that the user did not name, and where."""
    found: dict[PythonJob, str] = {}
    for one in rewrites:
        for node in one.of.written:
            path = one.of.module.owner(node).text.path
            if not look.files.is_writable(path):
                found.setdefault(one.of, f"its image is written in {path}, {outside(look, path)}")
    return found


def _without_shared_constants(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Stop jobs whose constant serves others too, until none is left: each stop may touch the next."""
    targets = [(each.of, each.target) for each in outcomes if isinstance(each, PythonRewrite)]
    others = [each.of for each in outcomes if isinstance(each, Stays) and isinstance(each.of, PythonJob)]
    found = other_uses(targets, others)
    if not found:
        return outcomes
    told = {use.job: (use.message, use.trace) for use in found}
    return _without_shared_constants(_stopped(outcomes, "shared-constant", told))


def _stopped(
    outcomes: tuple[Outcome, ...], rule: str, told: Mapping[PythonJob, tuple[str, tuple[str, ...]]]
) -> tuple[Outcome, ...]:
    """Return the outcomes, those of these jobs left to a person: with a message and the way to it."""
    return tuple(
        stopped(each, Status.MANUAL, rule, told[each.of][0], trace=told[each.of][1])
        if isinstance(each, PythonRewrite) and each.of in told
        else each
        for each in outcomes
    )


def _change(text: Text, edits: Sequence[Edit[str]]) -> Change:
    return Change(path=text.path, before=text.data, edits=text.edits(edits))


def _spec_changes(outcomes: Iterable[Outcome], options: Options) -> tuple[Change, ...]:
    specs = [outcome for outcome in outcomes if isinstance(outcome, SpecRewrite)]
    credentials = placeholders(options)
    edits = [
        edit
        for spec in specs
        for edit in complete_registry(
            spec.of.text.text, spec.registry, image=spec.target, credentials=credentials
        )
    ]
    return (_change(specs[0].of.text, edits),) if edits else ()

"""Look again at rewritten recipes: they must need nothing more, and hold what was intended."""

from __future__ import annotations

from migrator.model import Status
from migrator.pipeline.outcome import Outcome, PythonRewrite, SpecRewrite
from migrator.pipeline.recipe import Draft, held_back
from migrator.understand.jobs import JobSpec, PythonJob
from migrator.verify import python_mistake, spec_mistake


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
    if not isinstance(before, PythonRewrite | SpecRewrite):
        return None
    if after.job.status is not Status.MIGRATED or after.job.image != before.target:
        return "the job is not recognised as migrated"
    if isinstance(before, SpecRewrite):
        return spec_mistake(after.of) if isinstance(after.of, JobSpec) else "the job is gone"
    if not isinstance(after.of, PythonJob):
        return "the job is gone"
    return python_mistake(before.of, before.target, before.source, after.of)

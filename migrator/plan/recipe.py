"""Plan one recipe: outcomes for its jobs, edits for its files, and what it needs of shared ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from codemods.job_spec import api_key_credentials, complete_registry, key_vault_credentials
from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import Json
from migrator.decide import Ledger, other_uses
from migrator.model import Change, CredentialsMode, Finding, Status
from migrator.options import Options
from migrator.plan.outcome import Deciding, Outcome
from migrator.rewrite import Condition, Migration, Refused, SharedFile, is_template, rewrite
from migrator.understand import Reading, with_jobs
from migrator.understand.jobs import lines_of
from migrator.understand.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one recipe would become; ``needs`` are the shared files of its migrating jobs."""

    path: str
    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...]
    cautions: tuple[Finding, ...] = ()

    def lightened(self) -> Draft:
        """Return the draft without syntax trees, fit to pass from process to process."""
        return replace(self, outcomes=tuple(outcome.lightened() for outcome in self.outcomes))

    @property
    def needs(self) -> tuple[SharedFile, ...]:
        """The shared files that the recipe's migrating jobs depend on."""
        return tuple(file for outcome in self.outcomes if outcome.is_migrating for file in outcome.needs)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is to be told of the jobs."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)

    def quiet(self, ledger: Ledger) -> Draft:
        """Return the draft without what is suppressed."""
        return replace(self, outcomes=tuple(outcome.quiet(ledger) for outcome in self.outcomes))

    def held_back(self, rule: str, message: str) -> Draft:
        """Return the draft with nothing written: every migrating job failed."""
        outcomes = tuple(
            outcome.stopped(Status.FAILED, rule, message) if outcome.is_migrating else outcome
            for outcome in self.outcomes
        )
        return replace(self, outcomes=outcomes, changes=())


def plan_recipe(path: str, readings: Sequence[Reading], deciding: Deciding) -> Draft:
    """Return what the recipe in the folder ``path`` would become, from what its files say."""
    outcomes: list[Outcome] = []
    changes: list[Change] = []
    for reading in readings:
        outcomes += (deciding.reported(facts).quiet(deciding.ledger) for facts in reading.reported)
        for found, changed in (_python(with_jobs(reading), deciding), _specs(reading, deciding)):
            outcomes += found
            changes += changed
    draft = Draft(path=path, outcomes=_in_order(outcomes), changes=tuple(changes))
    needs = (file for outcome in outcomes for file in outcome.needs)
    broken = [file for file in needs if file.condition is Condition.BROKEN and not is_template(file.path)]
    if broken:
        return draft.held_back("invalid-json", f"{broken[0].path}, which this recipe reads, cannot be read.")
    return draft


def _in_order(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    return tuple(sorted(outcomes, key=lambda outcome: outcome.job.place))


def _python(reading: Reading, deciding: Deciding) -> tuple[tuple[Outcome, ...], tuple[Change, ...]]:
    lines = lines_of(reading.python_jobs)
    outcomes = tuple(
        replace(deciding.python_job(job), lines=lines[job]).quiet(deciding.ledger)
        for job in reading.python_jobs
    )
    module = reading.module
    while module is not None:
        outcomes = _without_shared_constants(outcomes)
        migrations = [
            Migration(job=outcome.python_job, target=outcome.job.target, source=outcome.source)
            for outcome in outcomes
            if outcome.is_migrating and outcome.python_job and outcome.source and outcome.job.target
        ]
        if not migrations:
            break
        edits = rewrite(module, migrations)
        if not isinstance(edits, Refused):
            outside = [owner for owner in edits if not deciding.is_writable(owner.text.path)]
            if not outside:
                return outcomes, tuple(_change(owner.text, found) for owner, found in edits.items())
            reason = f"its image is written in {outside[0].text.path}, outside of the given paths"
            edits = Refused(job=migrations[0].job, reason=reason)
        outcomes = tuple(_refused(outcome, edits) for outcome in outcomes)
    return outcomes, ()


def _change(text: Text, edits: Sequence[Edit[str]]) -> Change:
    return Change(path=text.path, before=text.data, edits=text.edits(edits))


def _without_shared_constants(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Stop jobs whose constant serves others too, until none is left: each stop may touch the next."""
    while True:
        targets = [
            (outcome.python_job, outcome.job.target)
            for outcome in outcomes
            if outcome.is_migrating and outcome.python_job and outcome.job.target
        ]
        others = [each.python_job for each in outcomes if not each.is_migrating and each.python_job]
        found = {use.job: use for use in other_uses(targets, others)}
        if not found:
            return outcomes
        outcomes = tuple(
            outcome.stopped(Status.MANUAL, "shared-constant", use.message, use.trace)
            if outcome.is_migrating and (use := found.get(outcome.python_job))  # type: ignore[arg-type]
            else outcome
            for outcome in outcomes
        )


def _refused(outcome: Outcome, refused: Refused) -> Outcome:
    if outcome.python_job is not refused.job:
        return outcome
    message = f"The job's code has a form that is not rewritten safely: {refused.reason}."
    return outcome.stopped(Status.MANUAL, "not-rewritable", message)


def _specs(reading: Reading, deciding: Deciding) -> tuple[tuple[Outcome, ...], tuple[Change, ...]]:
    outcomes = tuple(deciding.job_spec(spec).quiet(deciding.ledger) for spec in reading.job_specs)
    edits = [edit for outcome in outcomes for edit in _spec_edits(outcome, deciding.options)]
    return outcomes, (_change(reading.job_specs[0].text, edits),) if edits else ()


def _spec_edits(outcome: Outcome, options: Options) -> tuple[Edit[str], ...]:
    spec, target = outcome.job_spec, outcome.job.target
    if not outcome.is_migrating or spec is None or spec.registry is None or target is None:
        return ()
    return complete_registry(spec.text.text, spec.registry, image=target, credentials=_credentials(options))


def _credentials(options: Options) -> dict[str, Json]:
    if options.credentials is CredentialsMode.API_KEY:
        return api_key_credentials()
    if options.key_vault_id is None or options.secret_url is None:
        return key_vault_credentials()
    return key_vault_credentials(options.key_vault_id, options.secret_url)

"""The outcome for each job of a recipe: its decision, where it is rewritten, what it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrator.decide import CredentialSource, Ledger, Origin, choose_source, decide, from_environment
from migrator.model import CredentialsMode, Finding, Job, Severity, Status
from migrator.options import Options
from migrator.rewrite import Condition, SharedFile, SharedFiles
from migrator.understand import Facts
from migrator.understand.jobs import JobSpec, Loaders, PythonJob, quote_of
from migrator.understand.texts import Lines, Suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One job's verdict with the node or object to rewrite, its credentials, and the files they need."""

    job: Job
    findings: tuple[Finding, ...] = ()
    python_job: PythonJob | None = None
    job_spec: JobSpec | None = None
    is_job_spec: bool = False
    source: CredentialSource | None = None
    needs: tuple[SharedFile, ...] = ()
    login: CredentialsMode | None = None
    preparation: str | None = None
    lines: tuple[Lines, ...] = ()
    used: frozenset[Suppression] = frozenset()

    @property
    def is_migrating(self) -> bool:
        """Whether the job is to be rewritten."""
        return self.job.status is Status.MIGRATE

    def lightened(self) -> Outcome:
        """Return the outcome without what refers to syntax trees."""
        source = replace(self.source, loader=None) if self.source is not None else None
        return replace(self, python_job=None, job_spec=None, source=source)

    def quiet(self, ledger: Ledger) -> Outcome:
        """Return the outcome without what is suppressed."""
        found = ledger.quiet(self.job, self.findings, self.lines)
        kept = self if found.job is self.job else replace(self, source=None, needs=())
        return replace(kept, job=found.job, findings=found.findings, used=self.used | found.used)

    def stopped(self, status: Status, rule: str, message: str, trace: tuple[str, ...] = ()) -> Outcome:
        """Return the outcome with a verdict that leaves the job as it is."""
        job = replace(self.job, status=status, rule=rule, message=message, trace=trace, target=None, url="")
        return replace(self, job=job, findings=(), source=None, needs=())


class Deciding:
    """Decide jobs against one tree's loaders and shared files."""

    def __init__(
        self, loaders: Loaders, shared: SharedFiles, options: Options, ledger: Ledger | None = None
    ) -> None:
        self.ledger = ledger or Ledger((), options.ignore)
        self.loaders = loaders
        self.shared = shared
        self.options = options

    def is_writable(self, path: str) -> bool:
        """Tell whether a file may be changed by this run."""
        return self.shared.is_writable(path)

    def reported(self, facts: Facts) -> Outcome:
        """Return the outcome for a job that is reported and never rewritten."""
        return self._decided(facts)

    def job_spec(self, job_spec: JobSpec) -> Outcome:
        """Return the outcome for a job spec."""
        return replace(self._decided(job_spec.facts), job_spec=job_spec, is_job_spec=True)

    def python_job(self, python_job: PythonJob) -> Outcome:
        """Return the outcome for a job of a script or notebook, with its credentials chosen."""
        outcome = replace(self._decided(python_job.facts), python_job=python_job)
        return self._with_credentials(outcome, python_job) if outcome.is_migrating else outcome

    def _decided(self, facts: Facts) -> Outcome:
        decision = decide(facts, self.options)
        return Outcome(
            job=decision.job,
            findings=decision.findings,
            login=facts.login or self.options.credentials,
            preparation=facts.preparation,
        )

    def _with_credentials(self, outcome: Outcome, python_job: PythonJob) -> Outcome:
        quote = quote_of(python_job)
        source = choose_source(python_job, self.loaders, self.options, quote)
        needs: tuple[SharedFile, ...] = ()
        if source.loader is not None:
            file = self.shared.loader(source.loader)
            if file.condition is Condition.READY:
                needs = (file,)
            else:
                outcome = _not_extended(outcome, source.loader.name, file)
                source = from_environment(self.options, quote, "")
        outcome = replace(outcome, source=source, needs=needs)
        if source.origin is Origin.PRESENT:
            return outcome
        if source.origin is Origin.ENVIRONMENT:
            return _told(outcome, "credentials-from-environment", Severity.INFO, _environment(source))
        return self._with_configuration(outcome, source.configuration)

    def _with_configuration(self, outcome: Outcome, path: str | None) -> Outcome:
        if path is None:
            message = "The code does not tell which configuration file it reads; see the next steps."
            return _told(outcome, "configuration-missing", Severity.INFO, message)
        file = self.shared.configuration(path)
        if file.condition is Condition.CONFLICT:
            message = f"{path} holds values of another registry ({file.detail}): decide by hand."
            return outcome.stopped(Status.MANUAL, "configuration-conflict", message)
        if file.condition is Condition.BROKEN:
            message = f"{path} cannot be read ({file.detail}), and the job reads it."
            return replace(outcome.stopped(Status.FAILED, "invalid-json", message), needs=(file,))
        outcome = replace(outcome, needs=(*outcome.needs, file, self.shared.template(path)))
        if file.condition is Condition.OUTSIDE:
            message = f"{path} lies outside of the given paths and was not changed; see the next steps."
            return _told(outcome, "configuration-outside", Severity.WARNING, message)
        return outcome


def _told(outcome: Outcome, rule: str, severity: Severity, message: str) -> Outcome:
    finding = Finding(rule=rule, severity=severity, place=outcome.job.place, message=message)
    return replace(outcome, findings=(*outcome.findings, finding))


def _not_extended(outcome: Outcome, name: str, file: SharedFile) -> Outcome:
    message = f"{name} in {file.path} lacks the registry's attributes and cannot gain them: {_why(file)}."
    return _told(outcome, "loader-not-extended", Severity.WARNING, message)


def _why(file: SharedFile) -> str:
    return "it lies outside of the given paths" if file.condition is Condition.OUTSIDE else file.detail


def _environment(source: CredentialSource) -> str:
    message = "The credentials come from the environment: no usable loader object is bound at the job"
    return f"{message} ({source.note})." if source.note else f"{message}."

"""What a job's outcome can be, and how a job comes by it: its verdict, its credentials, what it needs."""

from __future__ import annotations

import posixpath
import shlex
from dataclasses import dataclass, replace

from codemods.configuration import SECTION
from migrator.decide import (
    CredentialSource,
    Ledger,
    Origin,
    choose_source,
    configurations_of,
    decide,
    from_environment,
)
from migrator.discover import Files
from migrator.model import Finding, Job, Severity, Status
from migrator.options import Options
from migrator.pipeline.around import Around, path_of
from migrator.rewrite import Condition, SharedFile, SharedFiles
from migrator.understand import Facts, LoginState
from migrator.understand.jobs import JobSpec, Loaders, PythonJob, quote_of
from migrator.understand.texts import LineRange, lines_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What jobs are decided by, in one state of the files; ``root`` is the tree's, as shown to people."""

    root: str
    files: Files
    loaders: Loaders
    shared: SharedFiles
    options: Options
    ledger: Ledger
    around: Around


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of a job: its verdict, and where it is rewritten the ``source`` of its credentials.

    ``of`` is what was understood of it, ``needs`` are the files that it reads.
    """

    job: Job
    of: Facts | JobSpec | PythonJob
    lines: tuple[LineRange, ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: tuple[SharedFile, ...] = ()
    source: CredentialSource | None = None

    @property
    def facts(self) -> Facts:
        """What was understood of the job, however it is written."""
        return self.of if isinstance(self.of, Facts) else self.of.facts


_LOST = "configuration-lost"


def stopped(
    outcome: Outcome, status: Status, rule: str, message: str, trace: tuple[str, ...] = ()
) -> Outcome:
    """Return the outcome with a verdict that leaves the job as it is."""
    job = replace(outcome.job, status=status, rule=rule, message=message, trace=trace, target=None, url="")
    return Outcome(job=job, of=outcome.of, lines=outcome.lines)


def outcome_of(
    understood: Facts | JobSpec | PythonJob, look: Look, lines: tuple[LineRange, ...] = ()
) -> Outcome:
    """Return what becomes of a job; ``lines`` are all that it stands on beside its own."""
    facts = understood if isinstance(understood, Facts) else understood.facts
    facts = look.around.seen(understood) if isinstance(understood, JobSpec) else facts
    job, findings = decide(facts, look.options, look.around.clusters(posixpath.dirname(facts.place.path)))
    if not isinstance(understood, PythonJob):
        path = path_of(understood) if isinstance(understood, JobSpec) else job.place.path
        findings = (*findings, *look.around.expansions(job, path))
    lines = (*lines, lines_at(job.place))
    stays = Outcome(job=job, of=understood, lines=lines, findings=findings)
    if isinstance(understood, PythonJob) and job.status is Status.MIGRATED:
        return _migrated(stays, understood, look)
    if job.target is None:
        return stays
    # What the user suppresses is not rewritten; it gets its words when all verdicts are there.
    is_kept = bool(look.ledger.match(job.rule, lines))
    if isinstance(understood, PythonJob):
        found = _with_credentials(stays, understood, look)
        return replace(stays, findings=found.findings) if is_kept and found.source else found
    is_open = isinstance(understood, JobSpec) and understood.registry and not is_kept
    return replace(stays, source=CredentialSource(Origin.SPEC)) if is_open else stays


def _migrated(stays: Outcome, job: PythonJob, look: Look) -> Outcome:
    """Return the outcome of a migrated job: it is pending where the file with its login has none.

    That happens after ``git checkout``, a crash, or on a colleague's machine.
    """
    mode = job.facts.login or look.options.credentials
    for path in configurations_of(job, look.loaders):
        file, template = (look.shared.with_section(name, mode) for name in (path, f"{path}.template"))
        stays = _reading(stays, file, template, look)
        if stays.job.status is not Status.MIGRATED:
            return stays
    needs = tuple(one for one in stays.needs if one.condition is Condition.BROKEN or one.change is not None)
    lost = [file.path for file in needs if file.change is not None]
    if not lost or stays.job.image is None or look.ledger.match(_LOST, stays.lines):
        return replace(stays, needs=needs if not lost else ())
    message = f"The job logs in with the section {SECTION}, of which {' and '.join(lost)} lacks a value."
    pending = replace(stays.job, status=Status.MIGRATE, rule=_LOST, message=message, target=stays.job.image)
    return replace(stays, job=pending, needs=needs, source=CredentialSource(Origin.PRESENT))


def _reading(outcome: Outcome, file: SharedFile, template: SharedFile, look: Look) -> Outcome:
    """Return the outcome of a job that reads a configuration file, with what that lacks for its login."""
    if file.condition is Condition.CONFLICT:
        message = f"{file.path} holds values of another registry ({file.detail}): decide by hand."
        return stopped(outcome, Status.MANUAL, "configuration-conflict", message)
    told = [*outcome.findings, *look.around.writers(file.path)]
    place, is_rewritten, rule, message = outcome.job.place, outcome.source is not None, "", ""
    if is_rewritten and file.condition is Condition.OUTSIDE:
        rule = "configuration-outside"
        message = f"{file.path} was not changed: it lies {outside(look, file.path)}."
    elif is_rewritten:
        pass  # the next steps say what to fill in
    elif file.condition is Condition.ABSENT and (template.login.is_right or template.change is not None):
        rule = "placeholder-left"
        message = f"{file.path} is not here: copy its template and put the value there."
    elif file.condition is Condition.ABSENT:
        rule = "configuration-missing"
        message = f"The job logs in with the section {SECTION} of {file.path}, which is not here."
    elif file.condition is Condition.OUTSIDE:
        rule = "configuration-missing"
        message = f"{file.path} lacks the job's login and lies {outside(look, file.path)}."
    elif file.login is LoginState.PLACEHOLDER and file.place is not None:
        rule, place = "placeholder-left", file.place
        message = f"A placeholder stands in {SECTION}: put the value there before you submit the job."
    if rule:
        told.append(Finding(rule, Severity.WARNING, place, message))
    return replace(outcome, findings=tuple(told), needs=(*outcome.needs, file, template))


def _with_credentials(stays: Outcome, of: PythonJob, look: Look) -> Outcome:
    quote = quote_of(of)
    source = choose_source(of, look.loaders, look.options, quote)
    needs: tuple[SharedFile, ...] = ()
    if source.loader is not None:
        file = look.shared.loader(source.loader)
        if file.condition is Condition.READY:
            needs = (file,)
        else:
            is_outside = file.condition is Condition.OUTSIDE
            why = f"it lies {outside(look, file.path)}" if is_outside else file.detail
            name = f"{source.loader.name} in {file.path}"
            message = f"{name} lacks the registry's attributes and cannot gain them: {why}."
            stays = _told(stays, "loader-not-extended", Severity.WARNING, message)
            source = from_environment(look.options, quote, "")
    if source.origin is Origin.ENVIRONMENT:
        why = f" ({source.note})" if source.note else ""
        message = (
            f"The credentials come from the environment: no usable loader object is bound at the job{why}."
        )
        stays = _told(stays, "credentials-from-environment", Severity.INFO, message)
    rewrite = replace(stays, source=source, needs=needs)
    if source.configuration is None:
        return rewrite
    file = look.shared.configuration(source.configuration)
    if file.condition is Condition.BROKEN:
        message = f"{file.path} cannot be read ({file.detail}), and the job reads it."
        return replace(stopped(rewrite, Status.FAILED, "invalid-json", message), needs=(file,))
    return _reading(rewrite, file, look.shared.configuration(f"{file.path}.template"), look)


def _told(outcome: Outcome, rule: str, severity: Severity, message: str) -> Outcome:
    finding = Finding(rule=rule, severity=severity, place=outcome.job.place, message=message)
    return replace(outcome, findings=(*outcome.findings, finding))


def outside(look: Look, path: str) -> str:
    """Return where a file is that the user did not name, with the PATH that has it, as it must be typed."""
    folder = posixpath.normpath(posixpath.join(look.root, posixpath.dirname(path)))
    return f"outside of the given paths; give {shlex.quote(folder)} as PATH, too"

"""What a reader of a migrated recipe must know beside the verdicts: preparation, agreement, old outputs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from migrator.model import Change, Finding, Framework, Place, Severity, Status
from migrator.plan.outcome import Outcome
from migrator.plan.recipe import Draft
from migrator.secrets import masked
from migrator.understand.jobs import PythonJob
from migrator.understand.python import BindingKind
from migrator.understand.texts import Notebook, read_notebook

_PREPARATIONS = (
    (re.compile(r"\bpip3?\b[^;&|]*\binstall\b[^;&|]*\bhorovod\b", re.IGNORECASE), "Horovod"),
    (re.compile(r"\bpip3?\b[^;&|]*\binstall\b[^;&|]*\bkeras\b", re.IGNORECASE), "Keras"),
    (re.compile(r"\bconda\b[^;&|]*\binstall\b[^;&|]*\bkeras\b", re.IGNORECASE), "Keras"),
    (re.compile(r"(?<![a-z])(?:intel[-_]?mpi|impi|l_mpi)\w*", re.IGNORECASE), "Intel MPI"),
    (re.compile(r"(?<![a-z])(?:openmpi|libopenmpi|mpi-default)[\w-]*", re.IGNORECASE), "OpenMPI"),
)
_LONGEST_COMMAND = 100


def cautions(draft: Draft) -> tuple[Finding, ...]:
    """Return everything that a reader of the rewritten recipe must know beside the verdicts."""
    return (
        *preparation_findings(draft.outcomes),
        *builder_findings(draft.outcomes),
        *agreement_findings(draft.outcomes),
        *output_findings(draft.changes),
    )


def preparation_findings(outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    """Return a warning for every migrating job that installs what an NGC image may bring or break."""
    return tuple(
        finding
        for outcome in outcomes
        if outcome.is_migrating
        for finding in _preparation(outcome, outcome.preparation)
    )


def builder_findings(outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    """Return a warning for every migrating job whose image is a parameter: its function logs in for all."""
    return tuple(
        Finding(
            rule="builder-logs-in",
            severity=Severity.WARNING,
            place=outcome.job.place,
            message=f"{name}() logs in to nvcr.io from now on: its callers must pass an image from there.",
        )
        for outcome in outcomes
        if outcome.is_migrating and outcome.python_job is not None
        for name in _builders(outcome.python_job)
    )


def _builders(job: PythonJob) -> Iterable[str]:
    names = (name for name in (job.image.names if job.image else ()) if isinstance(name, ast.Name))
    functions = (
        binding.node
        for name in names
        for binding in job.module.owner(name).names.reaching(name)
        if binding.kind is BindingKind.PARAMETER
    )
    return dict.fromkeys(function.name for function in functions if isinstance(function, ast.FunctionDef))


def _preparation(outcome: Outcome, command: str | None) -> Iterable[Finding]:
    for pattern, what in _PREPARATIONS if command else ():
        if command and (match := pattern.search(command)):
            shown = masked(match[0])[:_LONGEST_COMMAND]
            message = (
                f"The job's preparation installs {what} (`{shown}`), which {outcome.job.target} may bring "
                "in another version or break; check that the command is still needed."
            )
            yield Finding(
                rule="job-preparation", severity=Severity.WARNING, place=outcome.job.place, message=message
            )


def agreement_findings(outcomes: Sequence[Outcome]) -> tuple[Finding, ...]:
    """Return a warning for every framework whose jobs in one recipe end on different images or logins."""
    found = []
    by_framework: dict[Framework, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.job.framework and outcome.job.status in (Status.MIGRATE, Status.MIGRATED):
            by_framework.setdefault(outcome.job.framework, []).append(outcome)
    for framework, group in by_framework.items():
        images = sorted({outcome.job.target or outcome.job.image or "" for outcome in group})
        logins = sorted({outcome.login for outcome in group if outcome.login})
        if len(images) > 1:
            message = f"The recipe's {framework} jobs end on different images: {', '.join(images)}."
            found.append(_disagreement(group, message))
        if len(logins) > 1:
            message = f"The recipe's {framework} jobs log in in different ways: {' and '.join(logins)}."
            found.append(_disagreement(group, message))
    return tuple(found)


def _disagreement(group: Sequence[Outcome], message: str) -> Finding:
    place = min(outcome.job.place for outcome in group)
    return Finding(rule="jobs-disagree", severity=Severity.WARNING, place=place, message=message)


def output_findings(changes: Iterable[Change]) -> tuple[Finding, ...]:
    """Return a note for every notebook that keeps the outputs of cells which are rewritten."""
    return tuple(
        finding for change in changes if change.path.endswith(".ipynb") for finding in _outputs(change)
    )


def _outputs(change: Change) -> Iterable[Finding]:
    before, after = read_notebook(change.path, change.before), read_notebook(change.path, change.after)
    if not isinstance(before, Notebook) or not isinstance(after, Notebook):
        return
    cells = [
        old.index
        for old, new in zip(before.cells, after.cells, strict=True)
        if old.has_outputs and old.source.text != new.source.text
    ]
    if cells:
        shown = ", ".join(map(str, cells))
        message = f"Changed cells keep the outputs of an earlier run: {shown}. Run them again or clear them."
        place = Place(change.path, cells[0])
        yield Finding(rule="stale-outputs", severity=Severity.INFO, place=place, message=message)

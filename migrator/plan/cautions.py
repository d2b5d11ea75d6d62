"""What a reader of a migrated recipe must know beside the verdicts: preparation, agreement, old outputs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from migrator.model import Finding, Framework, Place, Severity, Status
from migrator.options import Options
from migrator.plan.outcome import Outcome, PythonRewrite, Stays, facts_of
from migrator.plan.recipe import Draft
from migrator.secrets import masked
from migrator.understand.jobs import PythonJob
from migrator.understand.python import BindingKind
from migrator.understand.texts import Notebook

_PREPARATIONS = (
    (re.compile(r"\bpip3?\b[^;&|]*\binstall\b[^;&|]*\bhorovod\b", re.IGNORECASE), "Horovod"),
    (re.compile(r"\bpip3?\b[^;&|]*\binstall\b[^;&|]*\bkeras\b", re.IGNORECASE), "Keras"),
    (re.compile(r"\bconda\b[^;&|]*\binstall\b[^;&|]*\bkeras\b", re.IGNORECASE), "Keras"),
    (re.compile(r"(?<![a-z])(?:intel[-_]?mpi|impi|l_mpi)\w*", re.IGNORECASE), "Intel MPI"),
    (re.compile(r"(?<![a-z])(?:openmpi|libopenmpi|mpi-default)[\w-]*", re.IGNORECASE), "OpenMPI"),
)
_LONGEST_COMMAND = 100


def cautions(draft: Draft, options: Options) -> tuple[Finding, ...]:
    """Return what a reader of the rewritten jobs must know beside their verdicts."""
    found = list(_agreement(draft.outcomes, options))
    for outcome in draft.outcomes:
        if isinstance(outcome, PythonRewrite):
            found += (_logs_in(outcome.job.place, name) for name in _builders(outcome.of))
        if not isinstance(outcome, Stays):
            found += _preparation(outcome)
    return tuple(found)


def _logs_in(place: Place, name: str) -> Finding:
    message = f"{name}() logs in to nvcr.io from now on: its callers must pass an image from there."
    return Finding(rule="builder-logs-in", severity=Severity.WARNING, place=place, message=message)


def _builders(job: PythonJob) -> Iterable[str]:
    names = (name for name in (job.image.names if job.image else ()) if isinstance(name, ast.Name))
    functions = (
        binding.node
        for name in names
        for binding in job.module.owner(name).names.reaching(name)
        if binding.kind is BindingKind.PARAMETER
    )
    return dict.fromkeys(function.name for function in functions if isinstance(function, ast.FunctionDef))


def _preparation(outcome: Outcome) -> Iterable[Finding]:
    command = facts_of(outcome).preparation
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


def _agreement(outcomes: Iterable[Outcome], options: Options) -> Iterable[Finding]:
    """Yield a warning for every framework whose jobs in one recipe end on different images or logins."""
    by_framework: dict[Framework, list[Outcome]] = {}
    for outcome in outcomes:
        is_migrated = isinstance(outcome, Stays) and outcome.job.status is Status.MIGRATED
        if outcome.job.framework and (is_migrated or not isinstance(outcome, Stays)):
            by_framework.setdefault(outcome.job.framework, []).append(outcome)
    for framework, group in by_framework.items():
        images = sorted({outcome.job.target or outcome.job.image or "" for outcome in group})
        logins = sorted({facts_of(outcome).login or options.credentials for outcome in group})
        if len(images) > 1:
            message = f"The recipe's {framework} jobs end on different images: {', '.join(images)}."
            yield _disagreement(group, message)
        if len(logins) > 1:
            message = f"The recipe's {framework} jobs log in in different ways: {' and '.join(logins)}."
            yield _disagreement(group, message)


def _disagreement(group: Sequence[Outcome], message: str) -> Finding:
    place = min(outcome.job.place for outcome in group)
    return Finding(rule="jobs-disagree", severity=Severity.WARNING, place=place, message=message)


def kept_outputs(before: Notebook, after: Notebook) -> Iterable[Finding]:
    """Yield a note for a rewritten notebook that keeps the outputs of cells which are rewritten."""
    cells = [
        old.index
        for old, new in zip(before.cells, after.cells, strict=True)
        if old.has_outputs and old.source.text != new.source.text
    ]
    if cells:
        shown = ", ".join(map(str, cells))
        message = f"Changed cells keep the outputs of an earlier run: {shown}. Run them again or clear them."
        place = Place(before.path, cells[0])
        yield Finding(rule="stale-outputs", severity=Severity.INFO, place=place, message=message)

"""What a reader of a migrated recipe must know beside the verdicts: preparation, agreement, old outputs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from migrator.model import Finding, Framework, Place, Severity, Status
from migrator.options import Options
from migrator.pipeline.outcome import Outcome
from migrator.pipeline.recipe import Draft
from migrator.secrets import masked
from migrator.understand import Reading
from migrator.understand.jobs import PythonJob
from migrator.understand.python import BindingKind, Flows
from migrator.understand.texts import Notebook

_PREPARATIONS = (
    (re.compile(r"\bpip3?\b[^;&|]*\binstall\b[^;&|]*\bhorovod\b", re.IGNORECASE), "Horovod"),
    (re.compile(r"\b(?:pip3?|conda)\b[^;&|]*\binstall\b[^;&|]*\bkeras\b", re.IGNORECASE), "Keras"),
    (re.compile(r"(?<![a-z])(?:intel[-_]?mpi|impi|l_mpi)\w*", re.IGNORECASE), "Intel MPI"),
    (re.compile(r"(?<![a-z])(?:openmpi|libopenmpi|mpi-default)[\w-]*", re.IGNORECASE), "OpenMPI"),
)
_LONGEST_COMMAND = 100


def cautions(draft: Draft, options: Options) -> tuple[Finding, ...]:
    """Return what a reader of the rewritten jobs must know beside their verdicts."""
    found = list(_agreement(draft.outcomes, options))
    for outcome in (each for each in draft.outcomes if each.source is not None):
        place = outcome.job.place
        for name in _builders(outcome.of) if isinstance(outcome.of, PythonJob) else ():
            message = f"{name}() logs in to nvcr.io from now on: its callers must pass an image from there."
            found.append(Finding("builder-logs-in", Severity.WARNING, place, message))
        command = outcome.facts.preparation or ""
        for match, what in ((pattern.search(command), what) for pattern, what in _PREPARATIONS):
            if match is not None:
                message = (
                    f"The job's preparation installs {what} (`{masked(match[0])[:_LONGEST_COMMAND]}`), which "
                    f"{outcome.job.target} may bring in another version or break; "
                    "check that the command is still needed."
                )
                found.append(Finding("job-preparation", Severity.WARNING, place, message))
    return tuple(found)


def _builders(job: PythonJob) -> Iterable[str]:
    """Return the names of the functions that are given the job's image."""
    image = job.image
    starts = ((job.module.owner(node).names, node) for node in image.written) if image else ()
    bound = Flows(starts, lambda flow: image is not None and flow.node is image.asked).bound
    functions = (binding.node for _, binding in bound if binding.kind is BindingKind.PARAMETER)
    return dict.fromkeys(function.name for function in functions if isinstance(function, ast.FunctionDef))


def _agreement(outcomes: Iterable[Outcome], options: Options) -> Iterable[Finding]:
    """Yield a warning for every framework whose jobs in one recipe end on different images or logins."""
    by_framework: dict[Framework, list[Outcome]] = {}
    for outcome in outcomes:
        is_migrated = outcome.source is not None or outcome.job.status is Status.MIGRATED
        if outcome.job.framework and is_migrated:
            by_framework.setdefault(outcome.job.framework, []).append(outcome)
    for framework, group in by_framework.items():
        images = sorted({outcome.job.target or outcome.job.image or "" for outcome in group})
        logins = sorted({outcome.facts.login or options.credentials for outcome in group})
        place = min(outcome.job.place for outcome in group)
        told = [f"end on different images: {', '.join(images)}"] if len(images) > 1 else []
        told += [f"log in in different ways: {' and '.join(logins)}"] if len(logins) > 1 else []
        for each in told:
            message = f"The recipe's {framework} jobs {each}."
            yield Finding("jobs-disagree", Severity.WARNING, place, message)


def kept_outputs(draft: Draft, before: Sequence[Reading], after: Sequence[Reading]) -> Iterator[Finding]:
    """Yield a note for every notebook of the draft that keeps the outputs of cells which are rewritten."""
    paths = {change.path for change in draft.changes}
    old, new = ({n.path: n for n in notebooks(each) if n.path in paths} for each in (before, after))
    for path in sorted(old.keys() & new.keys()):
        pairs = zip(old[path].cells, new[path].cells, strict=True)
        cells = [cell.index for cell, now in pairs if cell.has_outputs and cell.text != now.text]
        if cells:
            shown = ", ".join(map(str, cells))
            message = (
                f"Changed cells keep the outputs of an earlier run: {shown}. Run them again or clear them."
            )
            yield Finding("stale-outputs", Severity.INFO, Place(path, cells[0]), message)


def notebooks(readings: Iterable[Reading]) -> Iterator[Notebook]:
    """Yield the texts of the readings that are notebooks."""
    yield from (reading.text for reading in readings if isinstance(reading.text, Notebook))

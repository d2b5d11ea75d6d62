"""Read one file of a recipe into what can be decided, or why it was not understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from codemods.syntax.json_tree import InvalidJson, parse
from migrator.discover import Source
from migrator.model import Place, Status
from migrator.understand.facts import Facts, Problem
from migrator.understand.jobs import JobSpec, PythonJob, find_dict_jobs, find_job_specs, find_model_jobs
from migrator.understand.python import Modules, PythonModule
from migrator.understand.scripts import find_foreign_jobs
from migrator.understand.texts import (
    Embedded,
    Fault,
    Notebook,
    Suppression,
    Text,
    Unparsed,
    Unreadable,
    cell_magic,
    gather,
    mask,
    read_json,
    read_notebook,
    read_script,
    written_files,
)

_CONTAINER = re.compile(
    "JobCreateParameters|ImageSourceRegistry|ContainerSettings|imageSourceRegistry|containerSettings"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one file says: ``reported`` are jobs that can only be reported, whether understood or not."""

    path: str
    text: Text | None = None
    module: PythonModule | None = None
    python_jobs: tuple[PythonJob, ...] = ()
    job_specs: tuple[JobSpec, ...] = ()
    reported: tuple[Facts, ...] = ()
    suppressions: tuple[Suppression, ...] = ()


def read_source(source: Source, modules: Modules) -> Reading:
    """Return what a file says, by the kind that its name tells; nothing in it is executed.

    The jobs of Python texts are found by ``with_jobs``, when all of ``modules`` are read.
    """
    if source.path.endswith(".py"):
        return _python(source, read_script(source.path, source.data), modules)
    if source.path.endswith(".ipynb"):
        return _python(source, read_notebook(source.path, source.data), modules)
    if source.path.endswith(".json"):
        return _json(source)
    return Reading(path=source.path)


def read_written(reading: Reading, modules: Modules) -> tuple[Reading, ...]:
    """Return what the files say that a notebook writes by ``%%writefile``; nothing for other files."""
    notebook = reading.module.text if reading.module is not None else None
    if not isinstance(notebook, Notebook):
        return ()
    found = []
    for name, text in written_files(notebook):
        if name.endswith(".json"):
            found.append(_job_specs(text))
        elif name.endswith(".py"):
            found.append(_python(text, text, modules))
    return tuple(found)


def _python(source: Source | Text, text: Text | Unreadable, modules: Modules) -> Reading:
    if isinstance(text, Unreadable):
        modules.leave_unread(source.path, source.data)
        rule = "invalid-json" if source.path.endswith(".ipynb") else "unreadable-file"
        return _unread(source, text, rule)
    if isinstance(text.tree, Fault):
        text = _with_magics_masked(text)
    module = modules.read(text)
    if isinstance(module, Unreadable):
        return replace(_unread(source, module, "syntax-error"), text=text, suppressions=_comments(text))
    unparsed = text.unparsed if isinstance(text, Notebook) else ()
    reported = tuple(_unparsed(source, text, cell) for cell in unparsed if _names_container(text, cell))
    if isinstance(text, Notebook):
        reported = (*(reported if text.language == "python" else ()), *find_foreign_jobs(text))
    return Reading(
        path=source.path, text=text, module=module, reported=reported, suppressions=_comments(text)
    )


def _with_magics_masked(text: Text) -> Text:
    """Return a script with its IPython lines masked, as exported notebooks have them."""
    is_script = not isinstance(text, Notebook) and cell_magic(text.text) is None
    return replace(text, masked=mask(text.text)) if is_script else text


def _comments(text: Text) -> tuple[Suppression, ...]:
    # The comments of a part are among those of the whole.
    return () if isinstance(text, Embedded) else gather(text)


def with_jobs(reading: Reading) -> Reading:
    """Return what a file says together with the jobs of its Python text."""
    module = reading.module
    if module is None:
        return reading
    jobs = (*find_model_jobs(module), *find_dict_jobs(module))
    return replace(reading, python_jobs=tuple(sorted(jobs, key=lambda job: module.span(job.call))))


def _names_container(text: Text, cell: Unparsed) -> bool:
    if not isinstance(text, Notebook):
        return False
    found = next((part for part in text.cells if part.index == cell.cell), None)
    return found is not None and bool(_CONTAINER.search(text.text, found.start, found.end))


def _unparsed(source: Source | Text, text: Text, cell: Unparsed) -> Facts:
    message = f"The cell names a container, but it cannot be parsed (column {cell.column}): {cell.message}"
    return _failed(Place(source.path, cell.cell, cell.line), "syntax-error", message)


def _unread(source: Source | Text, problem: Unreadable, rule: str) -> Reading:
    # Without NUL, ASCII reads the same in UTF-16 and UTF-32.
    raw = source.data.replace(b"\0", b"").decode("latin-1")
    if not _CONTAINER.search(source.text if isinstance(source, Text) else raw):
        return Reading(path=source.path)
    message = f"It names a container, but it cannot be read (column {problem.column}): {problem.message}"
    place = Place(source.path, problem.cell, problem.line)
    return Reading(path=source.path, reported=(_failed(place, rule, message),))


def _failed(place: Place, rule: str, message: str) -> Facts:
    return Facts(place=place, problem=Problem(rule=rule, message=message, status=Status.FAILED))


def _json(source: Source) -> Reading:
    text = read_json(source.path, source.data)
    return _unread(source, text, "invalid-json") if isinstance(text, Unreadable) else _job_specs(text)


def _job_specs(text: Text) -> Reading:
    try:
        root = parse(text.text)
    except InvalidJson as error:
        starts = text.line_starts
        place = text.place(starts[min(error.line, len(starts)) - 1])
        return _unread(text, Unreadable(error.message, place.line, error.column, place.cell), "invalid-json")
    return Reading(path=text.path, job_specs=find_job_specs(text, root))

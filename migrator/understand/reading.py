"""Read one file of a recipe into what can be decided, or why it was not understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from codemods.syntax.json_tree import InvalidJson, parse
from migrator.discover import Source
from migrator.model import Place, Status
from migrator.understand.facts import Facts, Verdict
from migrator.understand.jobs import JobSpec, PythonJob, find_dict_jobs, find_job_specs, find_model_jobs
from migrator.understand.python import Modules, Parsed, PythonModule
from migrator.understand.scripts import find_foreign_jobs, missing_specs
from migrator.understand.texts import (
    Notebook,
    Suppression,
    Text,
    Unparsed,
    Unreadable,
    gather,
    read_json,
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


def read_source(source: Source, modules: Modules) -> Reading:
    """Return what a file says, by the kind that its name tells; nothing in it is executed.

    The jobs of Python texts are found by ``with_jobs``.
    """
    path, data = source.path, source.data
    if path.lower().endswith((".py", ".ipynb")):
        return _python(path, data.decode("latin-1"), modules.parsed(path, data)[0], modules)
    if path.lower().endswith(".json"):
        text = read_json(path, data)
        if isinstance(text, Unreadable):
            return _unread(path, data.decode("latin-1"), text, "invalid-json")
        return _job_specs(text)
    return Reading(path=path)


def read_written(reading: Reading, modules: Modules) -> tuple[Reading, ...]:
    """Return what the files say that a notebook writes by ``%%writefile``; nothing for other files."""
    if not isinstance(reading.text, Notebook) or reading.module is None:
        return ()
    specs = (text for name, text in written_files(reading.text) if name.lower().endswith(".json"))
    scripts = modules.parsed(reading.path)[1:]
    python = (
        _python(part.text.path, part.text.text, part, modules)
        for part in scripts
        if not isinstance(part.text, Unreadable)
    )
    return (*map(_job_specs, specs), *python)


def suppressions_in(path: str, modules: Modules) -> tuple[Suppression, ...]:
    """Return the suppressions that stand in comments of a script or notebook."""
    is_python = path.lower().endswith((".py", ".ipynb"))
    # The comments of what a notebook writes are among those of the whole.
    texts = [part.text for part in modules.parsed(path)[:1]] if is_python else []
    return tuple(one for text in texts if not isinstance(text, Unreadable) for one in gather(text))


def _python(path: str, content: str, parsed: Parsed, modules: Modules) -> Reading:
    text, module = parsed.text, parsed.module
    if isinstance(text, Unreadable):
        rule = "invalid-json" if path.lower().endswith(".ipynb") else "unreadable-file"
        return _unread(path, content, text, rule)
    if isinstance(module, Unreadable):
        return replace(_unread(path, content, module, "syntax-error"), text=text)
    reported = [*missing_specs(module.text, modules.files), *find_foreign_jobs(module.text)]
    if isinstance(text, Notebook):
        is_python = text.language == "python"
        broken = (cell for cell in text.unparsed if is_python and _names_container(text, cell))
        reported += (_unparsed(path, cell) for cell in broken)
    return Reading(path=path, text=text, module=module, reported=tuple(reported))


def with_jobs(reading: Reading) -> Reading:
    """Return what a file says together with the jobs of its Python text."""
    module = reading.module
    if module is None:
        return reading
    jobs = (*find_model_jobs(module), *find_dict_jobs(module))
    return replace(reading, python_jobs=tuple(sorted(jobs, key=lambda job: module.span(job.call))))


def _names_container(notebook: Notebook, cell: Unparsed) -> bool:
    found = next((part for part in notebook.cells if part.index == cell.cell), None)
    return found is not None and bool(_CONTAINER.search(notebook.text, found.start, found.end))


def _unparsed(path: str, cell: Unparsed) -> Facts:
    message = f"The cell names a container, but it cannot be parsed (column {cell.column}): {cell.message}"
    return _failed(Place(path, cell.cell, cell.line), "syntax-error", message)


def _unread(path: str, content: str, problem: Unreadable, rule: str) -> Reading:
    # Without NUL, ASCII reads the same in UTF-16 and UTF-32.
    if not _CONTAINER.search(content.replace("\0", "")):
        return Reading(path=path)
    message = f"It names a container, but it cannot be read (column {problem.column}): {problem.message}"
    place = Place(path, problem.cell, problem.line)
    return Reading(path=path, reported=(_failed(place, rule, message),))


def _failed(place: Place, rule: str, message: str) -> Facts:
    return Facts(place=place, problem=Verdict(rule, message, Status.FAILED))


def _job_specs(text: Text) -> Reading:
    try:
        root = parse(text.text)
    except InvalidJson as error:
        starts = text.line_starts
        place = text.place(starts[min(error.line, len(starts)) - 1])
        problem = Unreadable(error.message, place.line, error.column, place.cell)
        return _unread(text.path, text.text, problem, "invalid-json")
    return Reading(path=text.path, job_specs=find_job_specs(text, root))

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
    Block,
    Notebook,
    Suppression,
    Text,
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
    content = data.decode("latin-1")
    if path.lower().endswith((".py", ".ipynb")):
        return _python(path, content, modules.parsed(path, data)[0], modules)
    text = read_json(path, data) if path.lower().endswith(".json") else None
    if isinstance(text, Unreadable):
        return Reading(path=path, reported=_failed(path, content, text, "invalid-json"))
    if text is None:
        return Reading(path=path)
    # Settings of tools hold commands, too.
    reading = _job_specs(text)
    return replace(reading, reported=(*reading.reported, *missing_specs(text, modules.files)))


def read_written(reading: Reading, modules: Modules) -> tuple[Reading, ...]:
    """Return what the files say that a notebook writes by ``%%writefile``; nothing for other files."""
    if not isinstance(reading.text, Notebook) or reading.module is None:
        return ()
    specs = [text for name, text in written_files(reading.text) if name.lower().endswith(".json")]
    scripts = [(part, part.text) for part in modules.parsed(reading.path)[1:]]
    read = (_python(t.path, t.text, part, modules) for part, t in scripts if not isinstance(t, Unreadable))
    return (*map(_job_specs, specs), *read)


def read_block(block: Block, modules: Modules) -> Reading:
    """Return what a block of documentation says of jobs: in JSON or Python, or where neither can be read."""
    if not _CONTAINER.search(block.text):
        return Reading(path=block.path)
    if block.text.lstrip().startswith(("{", "[")):
        return _job_specs(block)
    reading = Reading(path=block.path, text=block)
    # A here-document of the shell may parse, too.
    if re.match("i?py", block.info) or (not block.info and "JobCreateParameters" in block.text):
        module = modules.linked(block).module
        reading = with_jobs(replace(reading, module=module)) if isinstance(module, PythonModule) else reading
    # The help of a command names models, too.
    if reading.python_jobs or not re.search("mageSourceRegistry|image_source_registry", block.text):
        return reading
    fault = Unreadable("no job can be seen in it", block.place(0).line, 1, block.place(0).cell)
    return replace(reading, reported=_failed(block.path, block.text, fault, "syntax-error"))


def suppressions_in(path: str, modules: Modules) -> tuple[Suppression, ...]:
    """Return the suppressions that stand in comments of a script or notebook."""
    # The comments of what a notebook writes are among those of the whole.
    text = modules.parsed(path)[0].text if path.lower().endswith((".py", ".ipynb")) else None
    return tuple(gather(text)) if isinstance(text, Text) else ()


def with_jobs(reading: Reading) -> Reading:
    """Return what a file says together with the jobs of its Python text."""
    module = reading.module
    if module is None:
        return reading
    jobs = (*find_model_jobs(module), *find_dict_jobs(module))
    return replace(reading, python_jobs=tuple(sorted(jobs, key=lambda job: module.span(job.call))))


def _python(path: str, content: str, parsed: Parsed, modules: Modules) -> Reading:
    text, module = parsed.text, parsed.module
    if isinstance(text, Unreadable):
        rule = "invalid-json" if path.lower().endswith(".ipynb") else "unreadable-file"
        return Reading(path=path, reported=_failed(path, content, text, rule))
    if isinstance(module, Unreadable):
        failed = _failed(path, content, module, "syntax-error")
        return Reading(path=path, text=text, reported=(*failed, *missing_specs(text, modules.files)))
    reported = [*missing_specs(module.text, modules.files), *find_foreign_jobs(module.text)]
    if isinstance(text, Notebook) and text.language == "python":
        cells = {cell.index: cell.text for cell in text.cells}
        for each in text.unparsed:
            reported += _failed(path, cells.get(each.cell, ""), each, "syntax-error")
    return Reading(path=path, text=text, module=module, reported=tuple(reported))


def _job_specs(text: Text) -> Reading:
    try:
        root = parse(text.text)
    except InvalidJson as error:
        starts = text.line_starts
        place = text.place(starts[min(error.line, len(starts)) - 1])
        fault = Unreadable(error.message, place.line, error.column, place.cell)
        return Reading(path=text.path, reported=_failed(text.path, text.text, fault, "invalid-json"))
    return Reading(path=text.path, job_specs=find_job_specs(text, root))


def _failed(path: str, content: str, fault: Unreadable, rule: str) -> tuple[Facts, ...]:
    """Return a failed job for content that cannot be read, where it names a container."""
    # Without NUL, ASCII reads the same in UTF-16 and UTF-32.
    if not _CONTAINER.search(content.replace("\0", "")):
        return ()
    message = f"It names a container, but it cannot be read (column {fault.column}): {fault.message}"
    place = Place(path, fault.cell, fault.line)
    return (Facts(place, problem=Verdict(rule, message, Status.FAILED)),)

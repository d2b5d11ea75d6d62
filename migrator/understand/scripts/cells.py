"""Cells of a notebook that are not Python: shell and other languages, and markdown."""

from __future__ import annotations

from dataclasses import replace

from migrator.discover import Source
from migrator.model import Place
from migrator.understand.facts import Facts
from migrator.understand.scripts.find import find_text_jobs
from migrator.understand.texts import Notebook

_SHELL = "cell.sh"
_FILES = {
    "bash": _SHELL,
    "sh": _SHELL,
    "script": _SHELL,
    "powershell": "cell.ps1",
    "pwsh": "cell.ps1",
    "cmd": "cell.bat",
    "r": "cell.R",
    "R": "cell.R",
}


def find_foreign_jobs(notebook: Notebook) -> tuple[Facts, ...]:
    """Return the jobs in cells of other languages, each at its cell and line; they are only reported."""
    found = []
    for cell in notebook.cells:
        name = _FILES.get(cell.magic or (notebook.language if notebook.language != "python" else ""))
        if name is not None:
            facts = find_text_jobs(Source(name, cell.source.text.encode()))
            found += [
                replace(each, place=Place(notebook.path, cell.index, each.place.line)) for each in facts
            ]
    return tuple(found)

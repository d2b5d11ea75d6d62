"""Cells of a notebook that are not Python: shell and other languages, and markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from codemods.json_tree import Kind, Node, parse
from migrator.discover import Source
from migrator.facts import Facts
from migrator.model import Place
from migrator.notebook import Notebook
from migrator.text_jobs import find_text_jobs

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


def markdown_cells(notebook: Notebook) -> Iterator[tuple[int, str]]:
    """Yield the 0-based index and the text of every markdown cell."""
    cells = parse(notebook.file.text).find("cells")
    for index, cell in enumerate(cells.items if cells is not None else ()):
        kind, source = cell.find("cell_type"), cell.find("source")
        if kind is not None and kind.value == "markdown" and source is not None:
            yield index, _joined(source)


def _joined(source: Node) -> str:
    if source.kind is Kind.ARRAY:
        return "".join(str(item.value) for item in source.items)
    return str(source.value)

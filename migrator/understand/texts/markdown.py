"""The markdown cells of a notebook, which are documentation."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.syntax.json_tree import Kind, Node, parse
from migrator.understand.texts.notebook import Notebook


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

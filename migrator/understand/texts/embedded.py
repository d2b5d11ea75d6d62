"""Files that a notebook writes by ``%%writefile``: each cell read as the file that it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from codemods.syntax.edits import Edit
from migrator.model import Place
from migrator.understand.texts.notebook import Notebook
from migrator.understand.texts.text import Text

_WRITERS = ("writefile", "file")


@dataclass(frozen=True, kw_only=True)
class Embedded(Text):
    """A part of another text; its offsets count from ``offset`` of ``outer``."""

    outer: Text
    offset_in_outer: int

    def place(self, offset: int) -> Place:
        """Return where ``offset`` stands in the outer file."""
        return self.outer.place(self.offset_in_outer + offset)

    def newline_at(self, offset: int) -> str:
        """Return the line end for a new line at ``offset``, as the outer text has it."""
        return self.outer.newline_at(self.offset_in_outer + offset)

    def edits(self, edits: Iterable[Edit[str]]) -> tuple[Edit[bytes], ...]:
        """Return the edits of the outer file's bytes."""
        start = self.offset_in_outer
        return self.outer.edits(Edit(edit.start + start, edit.end + start, edit.text) for edit in edits)


def written_files(notebook: Notebook) -> Iterator[tuple[str, Embedded]]:
    """Yield the name of every file that a cell writes, as the cell spells it, with the file's text."""
    for cell in notebook.cells:
        words = cell.magic.line.split() if cell.magic and cell.magic.name in _WRITERS else []
        if cell.magic and words:
            text = cell.text[cell.magic.end :]
            yield (
                words[-1].strip("\"'"),
                Embedded(
                    path=notebook.path,
                    data=notebook.data,
                    text=text,
                    masked=text,
                    outer=notebook,
                    offset_in_outer=cell.start + cell.magic.end,
                ),
            )

"""Notebooks as one text: the code cells joined for understanding, edits led back to the JSON strings.

Formats: https://nbformat.readthedocs.io/en/latest/format_description.html (4: ``cells[].source``) and
https://nbformat.readthedocs.io/en/latest/changelog.html (3: ``worksheets[].cells[].input``). A cell's
text stands in the file as one string or as a list of strings.
"""

from __future__ import annotations

import ast
import bisect
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import InvalidJson, loaded
from migrator.model import Place
from migrator.understand.texts.magics import CellMagic, cell_magic, mask, view
from migrator.understand.texts.places import Placed, placed
from migrator.understand.texts.text import (
    JsonString,
    Text,
    Unreadable,
    escaped,
    first_line,
    has_line_end,
    merged,
    nearest_line_end,
    read_json,
    split_lines,
)

#: Where a value stands in JSON: keys of objects and 0-based numbers in lists, from the root.
Keys: TypeAlias = tuple[str | int, ...]

# Kernels whose specification may stand in a file without the name of its language.
_KERNELS = {"ir": "r", "sparkr": "r", "sparkrkernel": "r", "sparkkernel": "scala", "julia": "julia"}


@dataclass(frozen=True, slots=True)
class CellSource:
    """What holds a cell's text in the file: a string, or a list of them (``is_list``)."""

    start: int
    tokens: tuple[JsonString, ...]
    is_list: bool

    def edit(self, raw: str, edit: Edit[str]) -> Edit[str]:
        """Return the edit of the file's text ``raw`` that makes ``edit``, which counts from the cell's start.

        In a list a line end in the new text begins a new string, and strings whose line end goes
        are joined. Edits that touch each other must be given as one.
        """
        if not self.tokens:
            return Edit(self.start + 1, self.start + 1, f'"{self._written(raw, 0, split_lines(edit.text))}"')
        bounds = (0, *accumulate(len(token.value) for token in self.tokens))
        first = bisect.bisect_right(bounds, edit.start, hi=len(self.tokens)) - 1
        is_insertion = edit.start == edit.end
        last = first if is_insertion else bisect.bisect_left(bounds, edit.end) - 1
        is_from_start = edit.start == bounds[first] and not edit.text and not is_insertion
        if is_from_start and first and edit.end == bounds[-1] and last == len(self.tokens) - 1:
            return Edit(self.tokens[first - 1].end, self.tokens[last].end, "")
        if not is_insertion and edit.end == bounds[last + 1] and last + 1 < len(self.tokens):
            is_open = has_line_end(self.tokens[last].value) and not has_line_end(edit.text)
            last += is_from_start or is_open
        head, tail = edit.start - bounds[first], edit.end - bounds[last]
        start, end = self.tokens[first].position(raw, head), self.tokens[last].position(raw, tail)
        return Edit(
            start, end, self._written(raw, first, self._strings(edit.text, (first, head), (last, tail)))
        )

    def _strings(self, text: str, start: tuple[int, int], end: tuple[int, int]) -> list[str]:
        """Cut new text at its line ends; an empty string at an end closes the string it meets there."""
        strings = split_lines(text)
        before, after = self.tokens[start[0]].value, self.tokens[end[0]].value
        if text and start[1] == len(before) and has_line_end(before):
            strings.insert(0, "")
        if has_line_end(text) and end[1] < len(after):
            strings.append("")
        return strings

    def _written(self, raw: str, index: int, strings: list[str]) -> str:
        """Return strings behind string ``index`` as JSON, parted as their siblings are."""
        if not self.is_list:
            return escaped("".join(strings), raw)
        if len(self.tokens) > 1:
            index = min(index, len(self.tokens) - 2)
            separator = raw[self.tokens[index].end : self.tokens[index + 1].start]
        else:
            layout = raw[self.start + 1 : self.tokens[0].start] if self.tokens else ""
            separator = f",{layout or ' '}"
        return f'"{separator}"'.join(escaped(string, raw) for string in strings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A code cell: its 0-based index in the notebook, and where its own text stands in the joined text.

    Under ``keys`` the file has its source.
    """

    index: int
    start: int
    text: str
    has_outputs: bool
    magic: CellMagic | None
    keys: Keys

    @property
    def end(self) -> int:
        """Where the cell's text ends."""
        return self.start + len(self.text)


@dataclass(frozen=True, kw_only=True)
class Notebook(Text):
    """A notebook's code cells as one text, each behind a line ``# %% [index]``.

    A cell that does not end its last line gets a line end in ``text`` that the file does not have.
    In ``masked``, magics are masked, and cells that are ``unparsed`` or not Python are blank.
    ``file`` is the JSON; ``language`` is lower-case, ``python`` where the notebook does not tell.
    ``markdown`` has the index and the text of every markdown cell.
    """

    file: Text
    cells: tuple[Cell, ...]
    unparsed: tuple[Unreadable, ...]
    language: str
    markdown: tuple[tuple[int, str], ...]

    @cached_property
    def _places(self) -> Placed:
        return placed(self.file.text)

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        return tuple(cell.end for cell in self.cells)

    def cell_at(self, offset: int) -> Cell | None:
        """Return the cell whose text (its end included) or anchor holds ``offset``; None without cells."""
        if not self.cells:
            return None
        return self.cells[min(bisect.bisect_left(self._ends, offset), len(self.cells) - 1)]

    def newline_at(self, offset: int) -> str:
        """Return the line end for a new line at ``offset``, as its cell has it, else as most have it."""
        cell = self.cell_at(offset)
        near = nearest_line_end(cell.text, max(offset - cell.start, 0)) if cell else ""
        has_more = self.text.count("\r\n") * 2 > self.text.count("\n")
        return near or ("\r\n" if has_more else "\n")

    def place(self, offset: int) -> Place:
        """Return the cell and the line in it; the line before a cell counts as its first."""
        cell = self.cell_at(offset)
        if cell is None:
            return Place(self.path)
        above = bisect.bisect_right(self.line_starts, cell.start) - 1
        return Place(self.path, cell.index, max(bisect.bisect_right(self.line_starts, offset) - above, 1))

    def edits(self, edits: Iterable[Edit[str]]) -> tuple[Edit[bytes], ...]:
        """Return the edits of ``data`` that make the ``edits`` of ``text``, in order.

        Raises OverlappingEdits as ``apply`` does, and ValueError for an edit outside of a cell's own
        text: on the line before it, or across cells.
        """
        return self.file.edits([self._raw_edit(edit) for edit in merged(edits)])

    def _raw_edit(self, edit: Edit[str]) -> Edit[str]:
        cell = self.cell_at(edit.start)
        if cell is None or not cell.start <= edit.start <= edit.end <= cell.end:
            raise ValueError(f"edit {edit.start}..{edit.end} is not inside of one cell")
        inside = Edit(edit.start - cell.start, edit.end - cell.start, edit.text)
        return self.source(cell).edit(self.file.text, inside)

    def source(self, cell: Cell) -> CellSource:
        """Return what holds a cell's text in ``file``."""
        return source_at(self.file.text, self._places.find(*cell.keys))


def source_at(raw: str, found: Placed) -> CellSource:
    """Return what holds a cell's text at a place of a notebook's JSON."""
    is_list = raw[found.start] == "["
    strings = [(each.start, each.end) for each in (found.inside.values() if is_list else (found,))]
    tokens = (JsonString(start, end, json.loads(raw[start:end])) for start, end in strings)
    return CellSource(found.start, tuple(tokens), is_list)


def read_notebook(path: str, data: bytes) -> Notebook | Unreadable:
    """Return the notebook in ``data``; Unreadable for what is not JSON or not a notebook's JSON."""
    file = read_json(path, data)
    if isinstance(file, Unreadable):
        return file
    try:
        root = loaded(file.text)
        found = list(_code_cells(root))
    except InvalidJson as error:
        return Unreadable(error.message, error.line, error.column)
    except _Malformed as error:
        start = placed(file.text).find(*error.keys).start
        line = file.place(start).line
        return Unreadable(error.message, line, start - file.line_starts[line - 1] + 1, error.cell)
    whole = _joined(file, root, found, lambda anchor, text: (anchor + mask(text), None))
    # One parse of all cells tells the same as one of each, where no statement goes on in the next cell.
    return whole if _is_apart(whole) else _joined(file, root, found, view)


class _Malformed(Exception):
    def __init__(self, message: str, keys: Keys, cell: int = -1) -> None:
        super().__init__(message)
        self.message, self.keys, self.cell = message, keys, cell


def _joined(
    file: Text,
    root: object,
    found: list[tuple[int, object, Keys, str]],
    show: Callable[[str, str], tuple[str, Unreadable | None]],
) -> Notebook:
    parts: list[str] = []
    masked: list[str] = []
    cells: list[Cell] = []
    unparsed: list[Unreadable] = []
    start = 0
    for index, node, keys, text in found:
        anchor, final = f"# %% [{index}]\n", "" if has_line_end(text) else "\n"
        shown, problem = show(anchor, text)
        parts += (anchor, text, final)
        masked += (shown, final)
        outputs = _at(node, "outputs")
        cell = Cell(
            index=index,
            start=start + len(anchor),
            text=text,
            has_outputs=isinstance(outputs, list) and bool(outputs),
            magic=cell_magic(text),
            keys=keys,
        )
        cells.append(cell)
        start = cell.end + len(final)
        if problem is not None:
            unparsed.append(replace(problem, cell=index))
    return Notebook(
        path=file.path,
        data=file.data,
        text="".join(parts),
        masked="".join(masked),
        start=file.start,
        file=file,
        cells=tuple(cells),
        unparsed=tuple(unparsed),
        language=_language(root, *(_at(node, "language") for _, node, _, _ in found[:1])),
        markdown=tuple(markdown_of(root)),
    )


def _is_apart(notebook: Notebook) -> bool:
    """Tell whether the cells parse together, and no statement stands in more than one of them."""
    if not isinstance(notebook.tree, ast.Module):
        return False
    if any(cell.text.rstrip().endswith("\\") for cell in notebook.cells):
        return False
    starts = [bisect.bisect_right(notebook.line_starts, cell.start) for cell in notebook.cells]
    for node in notebook.tree.body:
        first = first_line(node)
        if bisect.bisect_right(starts, first) != bisect.bisect_right(starts, node.end_lineno or first):
            return False
    return True


def _at(value: object, *keys: str) -> object:
    """Return the value under the keys, one object deeper each, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def markdown_of(root: object) -> Iterator[tuple[int, str]]:
    """Yield the index and the text of every markdown cell of a notebook's JSON."""
    cells = _at(root, "cells")
    for index, cell in enumerate(cells if isinstance(cells, list) else ()):
        source = _at(cell, "source")
        if _at(cell, "cell_type") == "markdown" and source is not None:
            yield index, "".join(map(str, source if isinstance(source, list) else (source,)))


def _code_cells(root: object) -> Iterator[tuple[int, object, Keys, str]]:
    """Yield index, cell, keys of its source and its text. Raises _Malformed."""
    for index, (keys, cell) in enumerate(_cells(root)):
        kind = _at(cell, "cell_type")
        if not isinstance(cell, dict) or not isinstance(kind, str):
            raise _Malformed("a cell without a cell_type", keys, index)
        if kind == "code":
            key = next((key for key in ("source", "input") if key in cell), None)
            if key is None:
                raise _Malformed("a code cell without a source", keys, index)
            source = cell[key]
            for number, string in enumerate(source if isinstance(source, list) else (source,)):
                if not isinstance(string, str):
                    inside = (number,) if isinstance(source, list) else ()
                    raise _Malformed("a source that is not text", (*keys, key, *inside), index)
            yield index, cell, (*keys, key), "".join(source)


def _cells(root: object) -> Iterator[tuple[Keys, object]]:
    sheets: list[tuple[Keys, object]] = [((), root)]
    if isinstance(root, dict) and "worksheets" in root and "cells" not in root:
        if not isinstance(root["worksheets"], list):
            raise _Malformed("worksheets is not a list", ("worksheets",))
        sheets = [(("worksheets", number), sheet) for number, sheet in enumerate(root["worksheets"])]
    for keys, sheet in sheets:
        cells = _at(sheet, "cells")
        if not isinstance(cells, list):
            has_cells = isinstance(sheet, dict) and "cells" in sheet
            raise _Malformed("not a notebook: no list of cells", (*keys, "cells") if has_cells else keys)
        yield from (((*keys, "cells", number), cell) for number, cell in enumerate(cells))


def _language(root: object, *languages_of_cells: object) -> str:
    """Return what the notebook says of its language, the kernel that will run it first."""
    metadata = _at(root, "metadata")
    told = (
        _name(_at(metadata, "kernelspec", "language")),
        _name(_at(metadata, "language_info", "name")),
        _KERNELS.get(_name(_at(metadata, "kernelspec", "name")).partition("-")[0], ""),
        *map(_name, languages_of_cells),
    )
    language = next(filter(None, told), "python")
    return "python" if language.startswith(("python", "ipython")) else language


def _name(found: object) -> str:
    return found.strip().lower() if isinstance(found, str) else ""

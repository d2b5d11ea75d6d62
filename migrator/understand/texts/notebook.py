"""Notebooks as one text: the code cells joined for understanding, edits led back to the JSON strings.

Formats: https://nbformat.readthedocs.io/en/latest/format_description.html (4: ``cells[].source``) and
https://nbformat.readthedocs.io/en/latest/changelog.html (3: ``worksheets[].cells[].input``). A cell's
text stands in the file as one string or as a list of strings.
"""

from __future__ import annotations

import ast
import bisect
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import InvalidJson, Kind, Node, parse
from migrator.model import Place
from migrator.understand.texts.magics import CellMagic, cell_magic, mask, view
from migrator.understand.texts.text import (
    Text,
    Unreadable,
    escaped,
    first_line,
    has_line_end,
    line_end_at,
    merged,
    read_json,
    split_lines,
    unescaped_position,
)

# Kernels whose specification may stand in a file without the name of its language.
_KERNELS = {"ir": "r", "sparkr": "r", "sparkrkernel": "r", "sparkkernel": "scala", "julia": "julia"}
_WRITERS = ("writefile", "file")
# A quote behind a backslash stands inside of a string.
_OUTPUTS = re.compile(r'(?<!\\)"outputs"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*(?!\])')
_NEXT = re.compile(r"[ \t\r\n]*(?:(,)[ \t\r\n]*|(?=\]))")
_DECODER = json.JSONDecoder(parse_constant=int)  # which takes neither NaN nor Infinity


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A code cell: its 0-based index in the notebook, and where its own text stands in the joined text.

    ``source`` is what holds the text in the file: a string, or a list of them. Behind a cell that
    ``has_parameters`` papermill puts one of its own: https://papermill.readthedocs.io/en/latest/usage-parameterize.html
    """

    index: int
    start: int
    text: str
    source: Node
    has_outputs: bool
    has_parameters: bool
    magic: CellMagic | None

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
    def _ends(self) -> tuple[int, ...]:
        return tuple(cell.end for cell in self.cells)

    def cell_at(self, offset: int) -> Cell | None:
        """Return the cell whose text (its end included) or anchor holds ``offset``; None without cells."""
        if not self.cells:
            return None
        return self.cells[min(bisect.bisect_left(self._ends, offset), len(self.cells) - 1)]

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
        made = []
        for edit in merged(edits):
            cell = self.cell_at(edit.start)
            if cell is None or not cell.start <= edit.start <= edit.end <= cell.end:
                raise ValueError(f"edit {edit.start}..{edit.end} is not inside of one cell")
            inside = Edit(edit.start - cell.start, edit.end - cell.start, edit.text)
            made.append(edit_of_source(self.file.text, cell.source, inside))
        return self.file.edits(made)


@dataclass(frozen=True, kw_only=True)
class Embedded(Text):
    """A part of another text; its offsets count from ``offset_in_outer`` of ``outer``."""

    outer: Text
    offset_in_outer: int

    def place(self, offset: int) -> Place:
        """Return where ``offset`` stands in the outer file."""
        return self.outer.place(self.offset_in_outer + offset)

    def edits(self, edits: Iterable[Edit[str]]) -> tuple[Edit[bytes], ...]:
        """Return the edits of the outer file's bytes."""
        start = self.offset_in_outer
        return self.outer.edits(Edit(edit.start + start, edit.end + start, edit.text) for edit in edits)


def written_files(notebook: Notebook) -> Iterator[tuple[str, Embedded]]:
    """Yield the name of every file that a cell writes by ``%%writefile``, as it spells it, with its text."""
    for cell in notebook.cells:
        words = cell.magic.line.split() if cell.magic and cell.magic.name in _WRITERS else []
        if cell.magic and words:
            text, start = cell.text[cell.magic.end :], cell.start + cell.magic.end
            file = Embedded(
                path=notebook.path,
                data=notebook.data,
                text=text,
                masked=text,
                outer=notebook,
                offset_in_outer=start,
            )
            yield words[-1].strip("\"'"), file


def read_notebook(path: str, data: bytes) -> Notebook | Unreadable:
    """Return the notebook in ``data``; Unreadable for what is not JSON or not a notebook's JSON."""
    file = read_json(path, data)
    if isinstance(file, Unreadable):
        return file
    lean = without_outputs(file)
    found = _read(lean)
    # What is wrong is told by its place in the file.
    return _read(file) if isinstance(found, Unreadable) and lean is not file else found


def _read(file: Text) -> Notebook | Unreadable:
    try:
        root = parse(file.text)
        cells = list(_cells(root))
        found = [(index, cell, *_source(index, cell)) for index, cell in cells if _is_code(index, cell)]
    except InvalidJson as error:
        return Unreadable(error.message, error.line, error.column)
    except _Malformed as error:
        message, node, index = error.args
        return file.fault(message, node.start, index)
    whole = Notebook(
        path=file.path,
        data=file.data,
        text="",
        masked="",
        start=file.start,
        file=file,
        cells=(),
        unparsed=(),
        language=_language(root, *(cell.text("language") for _, cell, _, _ in found[:1])),
        markdown=tuple((index, text) for index, _, text in markdown_in(root)),
    )
    # One parse of all cells tells the same as one of each, where no statement goes on in the next cell.
    joined = _joined(whole, found, lambda anchor, text: (anchor + mask(text), None))
    return joined if _is_apart(joined) else _joined(whole, found, view)


def markdown_in(root: Node) -> Iterator[tuple[int, Node, str]]:
    """Yield the index, the source and the text of every markdown cell of a notebook's JSON."""
    for index, cell in _cells(root):
        source = cell.find("source")
        if cell.text("cell_type") == "markdown" and source is not None:
            yield index, source, _text(source)


@dataclass(frozen=True, kw_only=True)
class Lean(Text):
    """The JSON of a notebook in which a 0 stands for all outputs of a cell: they may be most of the file.

    ``cuts`` has for each 0 how many bytes lead to its end, and how many are left out up to there.
    """

    cuts: tuple[tuple[int, int], ...]

    def edits(self, edits: Iterable[Edit[str]]) -> tuple[Edit[bytes], ...]:
        """Return the edits of ``data``; none touches outputs."""
        return tuple(
            Edit(self._outward(edit.start), self._outward(edit.end), edit.text)
            for edit in super().edits(edits)
        )

    def _outward(self, position: int) -> int:
        index = bisect.bisect_right(self.cuts, position, key=lambda cut: cut[0])
        return position + (self.cuts[index - 1][1] if index else 0)


def without_outputs(file: Text) -> Text:
    """Return the JSON of a notebook without its outputs; as it is, if it has none or these are no JSON."""
    text, is_ascii = file.text, file.text.isascii()

    def size(start: int, end: int) -> int:
        return end - start if is_ascii else len(text[start:end].encode())

    parts: list[str] = []
    cuts: list[tuple[int, int]] = []
    done, position, left_out = 0, file.start, 0
    try:
        for start, end in _outputs(text):
            parts += (text[done:start], "0")
            position += size(done, start) + 1
            left_out += size(start, end) - 1
            cuts.append((position, left_out))
            done = end
    except (ValueError, RecursionError):
        return file
    if not cuts:
        return file
    lean = "".join((*parts, text[done:]))
    return Lean(path=file.path, data=file.data, text=lean, masked=lean, start=file.start, cuts=tuple(cuts))


def _outputs(text: str) -> Iterator[tuple[int, int]]:
    """Yield what stands between the brackets of outputs. Raises ValueError for what is not JSON."""
    found = _OUTPUTS.search(text)
    while found:
        start = end = found.end()
        is_last = False
        # One by one: the values of all at once take several times the room of their text.
        while not is_last:
            _, end = _DECODER.raw_decode(text, end)
            between = _NEXT.match(text, end)
            if between is None:
                raise ValueError
            is_last, end = between[1] is None, between.end()
        yield start, end
        found = _OUTPUTS.search(text, end)


class _Malformed(Exception):
    """Not the JSON of a notebook: why, the node, and the index of its cell or -1."""


def _cells(root: Node) -> Iterator[tuple[int, Node]]:
    sheets = root.find("worksheets") if root.find("cells") is None else None
    if sheets is not None and sheets.kind is not Kind.ARRAY:
        raise _Malformed("worksheets is not a list", sheets, -1)
    index = 0
    for sheet in (root,) if sheets is None else sheets.items:
        cells = sheet.find("cells")
        if cells is None or cells.kind is not Kind.ARRAY:
            raise _Malformed("not a notebook: no list of cells", cells or sheet, -1)
        yield from enumerate(cells.items, index)
        index += len(cells.items)


def _is_code(index: int, cell: Node) -> bool:
    kind = cell.text("cell_type")
    if kind is None:
        raise _Malformed("a cell without a cell_type", cell, index)
    return kind == "code"


def _source(index: int, cell: Node) -> tuple[Node, str]:
    source = cell.find("source") or cell.find("input")
    if source is None:
        raise _Malformed("a code cell without a source", cell, index)
    for string in _strings(source):
        if string.kind is not Kind.STRING:
            raise _Malformed("a source that is not text", string, index)
    return source, _text(source)


def _strings(source: Node) -> Sequence[Node]:
    return source.items if source.kind is Kind.ARRAY else (source,)


def _text(source: Node) -> str:
    return "".join(_values(source))


def _values(source: Node) -> list[str]:
    value = source.value
    return list(map(str, value if isinstance(value, list) else (value,)))


def _language(root: Node, *languages_of_cells: str | None) -> str:
    """Return what the notebook says of its language, the kernel that will run it first."""
    kernel = (root.text("metadata", "kernelspec", "name") or "").strip().lower()
    told = (
        root.text("metadata", "kernelspec", "language"),
        root.text("metadata", "language_info", "name"),
        _KERNELS.get(kernel.partition("-")[0]),
        *languages_of_cells,
    )
    language = next((each.strip().lower() for each in told if each and each.strip()), "python")
    return "python" if language.startswith(("python", "ipython")) else language


def _joined(
    notebook: Notebook,
    found: Iterable[tuple[int, Node, Node, str]],
    show: Callable[[str, str], tuple[str, Unreadable | None]],
) -> Notebook:
    parts: list[str] = []
    masked: list[str] = []
    cells: list[Cell] = []
    unparsed: list[Unreadable] = []
    start = 0
    for index, node, source, text in found:
        anchor = f"# %% [{index}]\n"
        final = "" if has_line_end(text) else line_end_at(text, len(text))
        shown, problem = show(anchor, text)
        parts += (anchor, text, final)
        masked += (shown, final)
        outputs, tags = node.find("outputs"), node.find("metadata", "tags")
        cell = Cell(
            index=index,
            start=start + len(anchor),
            text=text,
            source=source,
            has_outputs=outputs is not None and bool(outputs.items),
            has_parameters=tags is not None and any(tag.value == "parameters" for tag in tags.items),
            magic=cell_magic(text),
        )
        cells.append(cell)
        start = cell.end + len(final)
        unparsed += [replace(problem, cell=index)] if problem is not None else []
    return replace(
        notebook,
        text="".join(parts),
        masked="".join(masked),
        cells=tuple(cells),
        unparsed=tuple(unparsed),
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


def edit_of_source(raw: str, source: Node, edit: Edit[str]) -> Edit[str]:
    """Return the edit of the file's text ``raw`` that makes ``edit``, which counts from the cell's start.

    In a list a line end in the new text begins a new string, and strings whose line end goes
    are joined. Edits that touch each other must be given as one.
    """
    tokens = _strings(source)
    if not tokens:
        start = source.start + 1
        return Edit(start, start, f'"{_written(raw, source, 0, split_lines(edit.text))}"')
    values = _values(source)
    bounds = (0, *accumulate(map(len, values)))
    first = bisect.bisect_right(bounds, edit.start, hi=len(tokens)) - 1
    is_insertion = edit.start == edit.end
    last = first if is_insertion else bisect.bisect_left(bounds, edit.end) - 1
    is_from_start = edit.start == bounds[first] and not edit.text and not is_insertion
    if is_from_start and first and edit.end == bounds[-1] and last == len(tokens) - 1:
        return Edit(tokens[first - 1].end, tokens[last].end, "")
    if not is_insertion and edit.end == bounds[last + 1] and last + 1 < len(tokens):
        is_open = has_line_end(values[last]) and not has_line_end(edit.text)
        last += is_from_start or is_open
    head, tail = edit.start - bounds[first], edit.end - bounds[last]
    # An empty string at an end closes the string that the new text meets there.
    strings = split_lines(edit.text)
    if edit.text and head == len(values[first]) and has_line_end(values[first]):
        strings.insert(0, "")
    if has_line_end(edit.text) and tail < len(values[last]):
        strings.append("")
    start = unescaped_position(raw, tokens[first], head)
    end = unescaped_position(raw, tokens[last], tail)
    return Edit(start, end, _written(raw, source, first, strings))


def _written(raw: str, source: Node, index: int, strings: list[str]) -> str:
    """Return strings behind string ``index`` of a source as JSON, parted as their siblings are."""
    if source.kind is not Kind.ARRAY:
        return escaped("".join(strings), raw)
    tokens = source.items
    if len(tokens) > 1:
        index = min(index, len(tokens) - 2)
        separator = raw[tokens[index].end : tokens[index + 1].start]
    else:
        layout = raw[source.start + 1 : tokens[0].start] if tokens else ""
        separator = f",{layout or ' '}"
    return f'"{separator}"'.join(escaped(string, raw) for string in strings)

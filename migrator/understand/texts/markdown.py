"""Fenced blocks of Markdown, each as the text that it would be in a file of its own.

What is a fence, where it ends and what indents or quotes its lines is told by CommonMark
(https://spec.commonmark.org/0.31.2/#fenced-code-blocks).
"""

from __future__ import annotations

import bisect
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import Node, parse
from codemods.syntax.lines import LINE_END
from migrator.model import Place
from migrator.understand.texts.notebook import edit_of_source, markdown_in
from migrator.understand.texts.text import Text, Unreadable, merged, read_json, split_lines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


@dataclass(frozen=True, kw_only=True)
class MarkdownCell(Text):
    """A markdown cell of the notebook in ``file``; ``index`` is 0-based in the notebook's ``cells``."""

    file: Text
    source: Node
    index: int

    def place(self, offset: int) -> Place:
        """Return the cell and the line in it."""
        return Place(self.path, self.index, super().place(offset).line)

    def edits(self, edits: Iterable[Edit[str]]) -> tuple[Edit[bytes], ...]:
        """Return the edits of the notebook's bytes."""
        return self.file.edits([edit_of_source(self.file.text, self.source, edit) for edit in merged(edits)])


@dataclass(frozen=True, kw_only=True)
class Block(Text):
    """The lines between two fences of ``outer``, without what indents or quotes them there.

    ``info`` is what stands behind the opening fence; ``lines`` has for every line where its text begins
    in ``outer``, and what stands before that.
    """

    outer: Text
    info: str
    lines: tuple[tuple[int, str], ...]

    def place(self, offset: int) -> Place:
        """Return where ``offset`` stands in the outer file."""
        return self.outer.place(self._outward(offset)[0])

    def newline_at(self, offset: int) -> str:
        """Return the line end for a new line at ``offset``, as the outer text has it."""
        return self.outer.newline_at(self._outward(offset)[0])

    def edits(self, edits: Iterable[Edit[str]]) -> tuple[Edit[bytes], ...]:
        """Return the edits of the outer file's bytes: new lines begin as the one that they stand in."""
        found = []
        for edit in edits:
            start, before = self._outward(edit.start)
            parts = split_lines(edit.text)
            text = "".join(f"{part}{before}" if LINE_END.search(part) else part for part in parts)
            found.append(Edit(start, self._outward(edit.end)[0], text))
        return self.outer.edits(found)

    def _outward(self, offset: int) -> tuple[int, str]:
        line = bisect.bisect_right(self.line_starts, offset) - 1
        start, before = self.lines[line]
        return start + offset - self.line_starts[line], before


def markdown_cells(path: str, data: bytes, indexes: Collection[int]) -> Iterator[MarkdownCell]:
    """Yield the markdown cells of a notebook that have these indexes."""
    file = read_json(path, data)
    if isinstance(file, Unreadable):
        return
    for index, source, text in markdown_in(parse(file.text)):
        if index in indexes:
            yield MarkdownCell(
                path=path, data=data, text=text, masked=text, file=file, source=source, index=index
            )


def fenced_blocks(outer: Text) -> Iterator[Block]:
    """Yield every fenced block of a Markdown text, in order."""
    for token in _parser().parse(outer.text):
        if token.type == "fence" and token.map is not None:
            block = _block(outer, token.content, token.map[0] + 1, token.info.strip())
            yield from (block,) if block is not None else ()


@cache
def _parser() -> MarkdownIt:
    # Most runs see no block that matters.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _block(outer: Text, content: str, first: int, info: str) -> Block | None:
    """Return the block of ``content`` from line ``first`` (0-based) on; None where lines do not fit."""
    lines: list[tuple[int, str]] = []
    parts: list[str] = []
    starts = (*outer.line_starts, len(outer.text))
    for number, shown in enumerate(split_lines(content) if content else (), first):
        raw = outer.text[starts[number] : starts[number + 1]]
        bare = LINE_END.sub("", raw)
        # A tab that is a part of the indentation and a part of the line becomes blanks.
        own = shown.removesuffix("\n")
        own = own if bare.endswith(own) else own.lstrip(" ")
        if not bare.endswith(own):
            return None
        before = bare[: len(bare) - len(own)]
        lines.append((starts[number] + len(before), before))
        parts.append(raw[len(before) :])
    lines.append((starts[min(first + len(parts), len(starts) - 1)], ""))
    text = "".join(parts)
    return Block(
        path=outer.path,
        data=outer.data,
        text=text,
        masked=text,
        outer=outer,
        info=info,
        lines=tuple(lines),
    )

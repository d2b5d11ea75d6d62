"""Fenced blocks of Markdown, each as the text that it would be in a file of its own.

What is a fence, where it ends and what indents or quotes its lines is told by CommonMark
(https://spec.commonmark.org/0.31.2/#fenced-code-blocks).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import Node, parse
from codemods.syntax.lines import LINE_END
from migrator.model import Place
from migrator.understand.texts.notebook import edit_of_source, markdown_in, without_outputs
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

    ``info`` is what stands behind the opening fence; ``lines`` has for every line, and for the one behind
    them, where its text begins in ``outer``, and what stands before that.
    """

    outer: Text
    info: str
    lines: tuple[tuple[int, str], ...]

    def place(self, offset: int) -> Place:
        """Return where ``offset`` stands in the outer file."""
        return self.outer.place(self._outward(offset)[0])

    def edits(self, edits: Iterable[Edit[str]]) -> tuple[Edit[bytes], ...]:
        """Return the edits of the outer file's bytes: new lines begin as the one that they stand in."""
        found = []
        for edit in edits:
            start, before = self._outward(edit.start)
            # Nothing but blanks and quotes stands before a line.
            text = LINE_END.sub(rf"\g<0>{before}", edit.text)
            found.append(Edit(start, self._outward(edit.end)[0], text))
        return self.outer.edits(found)

    def _outward(self, offset: int) -> tuple[int, str]:
        line = bisect.bisect_right(self.line_starts, offset) - 1
        start, before = self.lines[line]
        return start + offset - self.line_starts[line], before


def fenced_blocks(path: str, data: bytes) -> Iterator[Block]:
    """Yield the fenced blocks of a Markdown file or of a notebook's markdown cells, in order."""
    page = read_json(path, data)
    if isinstance(page, Unreadable):
        return
    if not path.lower().endswith(".ipynb"):
        yield from _blocks(page)
        return
    page = without_outputs(page)
    for index, source, text in markdown_in(parse(page.text)):
        yield from _blocks(
            MarkdownCell(path=path, data=data, text=text, masked=text, file=page, source=source, index=index)
        )


def _blocks(page: Text) -> Iterator[Block]:
    raw, starts = split_lines(page.text), (*page.line_starts, len(page.text))
    for token in _parser().parse(page.text):
        if token.type == "fence" and token.map is not None:
            first = token.map[0] + 1
            shown = split_lines(token.content) if token.content else []
            inside = raw[first : first + len(shown)]
            parts = [*map(_own, inside, shown)]
            lines = [
                (starts[number] + len(line) - len(part), line.removesuffix(part))
                for number, (line, part) in enumerate(zip(inside, parts, strict=True), first)
            ]
            behind = (starts[min(first + len(parts), len(starts) - 1)], "")
            yield Block(
                path=page.path,
                data=page.data,
                text="".join(parts),
                masked="".join(parts),
                outer=page,
                info=token.info.strip(),
                lines=(*lines, behind),
            )


def _own(line: str, shown: str) -> str:
    """Return the part of a line that Markdown shows, with its line end."""
    bare, own = (LINE_END.sub("", each) for each in (line, shown))
    # Of a tab that only a part of indents, the rest is shown as blanks.
    own = own if bare.endswith(own) else own.lstrip(" ")
    return line[len(bare) - len(own) :]


@cache
def _parser() -> MarkdownIt:
    # Most runs see no block that matters.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser

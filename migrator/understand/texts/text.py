"""Files as text: bytes in, one text to understand and edit out, and edits on it back to the bytes.

Offsets are 0-based code points of ``Text.text``, half-open; lines and columns for people are 1-based.
A line ends at LF, CRLF or a lone CR and nowhere else, as in Python's own tokenizer
(https://docs.python.org/3/reference/lexical_analysis.html#physical-lines): a form feed, a vertical
tab or U+2028 does not end one.
"""

from __future__ import annotations

import ast
import bisect
import codecs
import io
import json
import re
import tokenize
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from codemods.syntax.edits import Edit, OverlappingEdits
from codemods.syntax.json_tree import Node
from codemods.syntax.lines import LINE_END
from migrator.model import Place

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# One decoded character each; json.loads joins a high and a low surrogate, and leaves others alone.
_UNIT = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF_8 = ("utf-8", "utf-8-sig", "ascii")
_OTHER = "the file is in {}; only UTF-8 can be read"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file has no text, or a text or a cell is not Python.

    ``line`` and ``column`` are 1-based, ``cell`` is 0-based, -1 for none.
    """

    message: str
    line: int
    column: int
    cell: int = -1


def parsed(source: str) -> ast.Module | Unreadable:
    """Return the tree of ``source``, or why it is not Python. Warnings are not shown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        return Unreadable(error.msg, max(error.lineno or 1, 1), max(error.offset or 1, 1))
    except (RecursionError, MemoryError):
        return Unreadable("nested too deeply", 1, 1)
    except ValueError:
        return Unreadable("a character that Python source cannot hold", 1, 1)


def first_line(statement: ast.stmt) -> int:
    """Return the line on which a statement begins, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


@dataclass(frozen=True, kw_only=True)
class Text:
    """A file's text beside the bytes it came from.

    ``text`` (without byte order mark) is what is understood and edited; ``masked`` has the same
    length and the same line ends, and is what Python's parser gets. ``start`` (bytes before the text:
    the mark) leads back to ``data``.
    """

    path: str
    data: bytes
    text: str
    masked: str
    start: int = 0

    @cached_property
    def tree(self) -> ast.Module | Unreadable:
        """The text as Python's parser sees it: parsed once, for all who ask."""
        return parsed(self.masked)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """The offset of every line's first character, line 1 first."""
        return (0, *(match.end() for match in LINE_END.finditer(self.text)))

    def newline_at(self, offset: int) -> str:
        """Return the line end for a new line at ``offset``: its own line's, else that of the one above."""
        return line_end_at(self.text, offset)

    def place(self, offset: int) -> Place:
        """Return where ``offset`` stands, for people."""
        return Place(self.path, line=bisect.bisect_right(self.line_starts, offset))

    def fault(self, message: str, offset: int, cell: int = -1) -> Unreadable:
        """Return what is wrong at ``offset``."""
        line = bisect.bisect_right(self.line_starts, offset)
        return Unreadable(message, line, offset - self.line_starts[line - 1] + 1, cell)

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a position that ``ast`` gives for ``masked``.

        ``line`` is 1-based, ``column`` counts UTF-8 bytes from 0
        (https://docs.python.org/3/library/ast.html#ast.AST.col_offset).
        Positions behind the end of the text or of the line are moved to that end.
        """
        if line > len(self.line_starts):
            return len(self.text)
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        part = self.masked[start:end]
        if part.isascii():
            return min(start + column, end)
        return start + len(part.encode()[:column].decode(errors="ignore"))

    def edits(self, edits: Iterable[Edit[str]]) -> tuple[Edit[bytes], ...]:
        """Return the edits of ``data`` that make the ``edits`` of ``text``, in order.

        Raises ValueError for an edit that lies outside of the text.
        """
        ordered = sorted(edits)
        at = self._bytes_at({offset for edit in ordered for offset in (edit.start, edit.end)})
        return tuple(
            Edit(at[edit.start], at[edit.end], edit.text.encode(errors="backslashreplace"))
            for edit in ordered
        )

    def _bytes_at(self, offsets: set[int]) -> dict[int, int]:
        at: dict[int, int] = {}
        offset, position = 0, self.start
        for following in sorted(offsets):
            if not 0 <= following <= len(self.text):
                raise ValueError(f"offset {following} lies outside of the text")
            position += len(self.text[offset:following].encode())
            at[following] = position
            offset = following
        return at


def split_lines(text: str) -> list[str]:
    """Return the lines of ``text`` with their line ends; at least one, which may be empty."""
    return _LINE.findall(text) or [""]


def has_line_end(text: str) -> bool:
    """Tell whether ``text`` ends in a line end."""
    return text.endswith(("\n", "\r"))


def merged(edits: Iterable[Edit[str]]) -> list[Edit[str]]:
    """Put edits in order and make one of those that touch; edits that change nothing are left out."""
    joined: list[Edit[str]] = []
    previous: Edit[str] | None = None
    for edit in sorted(edits):
        if previous is not None and (edit.start < previous.end or edit.start == edit.end == previous.start):
            raise OverlappingEdits(f"edit {edit.start}..{edit.end} overlaps")
        previous = edit
        if joined and joined[-1].end == edit.start:
            edit = Edit(joined[-1].start, edit.end, joined.pop().text + edit.text)
        joined.append(edit)
    return [edit for edit in joined if edit.text or edit.start < edit.end]


def escaped(text: str, raw: str) -> str:
    """Return ``text`` as the content of a JSON string in ``raw``: ASCII only if that is all it holds."""
    is_ascii = raw.isascii() or _SURROGATE.search(text) is not None
    return json.dumps(text, ensure_ascii=is_ascii)[1:-1]


def unescaped_position(raw: str, token: Node, count: int) -> int:
    """Return the place in JSON text behind the first ``count`` decoded characters of a string."""
    content = raw[token.start + 1 : token.end - 1]
    if "\\" not in content:
        return token.start + 1 + count
    units = _UNIT.finditer(content)
    return token.start + 1 + sum(len(unit[0]) for unit, _ in zip(units, range(count), strict=False))


def line_end_at(text: str, offset: int) -> str:
    """Return the line end of the line at ``offset``, else of the line above, else LF."""
    is_inside = text[max(offset - 1, 0) : offset + 1] == "\r\n"
    found = LINE_END.search(text, offset - is_inside)
    return found[0] if found else next(reversed(LINE_END.findall(text)), "\n")


def read_script(path: str, data: bytes) -> Text | Unreadable:
    """Return the text of a Python file: UTF-8, a byte order mark allowed.

    Unreadable: another encoding, also one that a PEP 263 cookie declares, and NUL characters, which
    Python refuses.
    """
    text = read_json(path, data)
    if isinstance(text, Unreadable):
        return text
    if "\0" in text.text:
        return text.fault("a NUL character", text.text.index("\0"))
    try:
        encoding = codecs.lookup(tokenize.detect_encoding(io.BytesIO(data).readline)[0]).name
    except SyntaxError:
        encoding = "an encoding that is not known"
    return text if encoding in _UTF_8 else Unreadable(_OTHER.format(encoding), 1, 1)


def read_json(path: str, data: bytes) -> Text | Unreadable:
    """Return the text of a JSON file: UTF-8, a byte order mark allowed (RFC 8259, section 8.1)."""
    encoding = json.detect_encoding(data)
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    if encoding not in _UTF_8:
        return Unreadable(_OTHER.format(encoding), 1, 1)
    try:
        text = data[start:].decode()
    except UnicodeDecodeError as error:
        before = data[start : start + error.start].decode()
        return Text(path=path, data=data, text=before, masked=before).fault("not utf-8", len(before))
    return Text(path=path, data=data, text=text, masked=text, start=start)

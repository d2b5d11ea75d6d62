r"""Patches that ``git apply`` takes byte for byte, and the same differences as lines for people.

Lines end at ``\n`` alone. A secret is never printed: context stops before it; where git cannot do without
that context, or the changed line itself holds one, the file becomes a git binary delta of the edits alone.
Formats: https://git-scm.com/docs/diff-format and https://git-scm.com/docs/gitformat-pack (deltas).
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from codemods.syntax.edits import Edit, apply, inverse
from migrator.model import Change
from migrator.report import printable
from migrator.secrets import MASK, Redaction, Span

CONTEXT = 3
_DIFFLIB_LINES = 1000
_ESCAPES = dict(zip(b'\a\b\t\n\v\f\r"\\', b'abtnvfr"\\', strict=True))


@dataclass(frozen=True, slots=True)
class Patch:
    """The patch, and the paths of what it leaves out: private files, and edits that hold a secret."""

    text: bytes
    withheld: tuple[str, ...]


class LineKind(StrEnum):
    """What a shown line is."""

    CELL = "cell"
    HUNK = "hunk"
    CONTEXT = "context"
    REMOVED = "removed"
    ADDED = "added"


SIGNS = {LineKind.CONTEXT: " ", LineKind.REMOVED: "-", LineKind.ADDED: "+"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line to show, without its sign."""

    kind: LineKind
    text: str


def patch(changes: Sequence[Change], *, prefix: str = "", secrets: frozenset[str] = frozenset()) -> Patch:
    """Return one patch for all changes, by path, with ``prefix`` (``"recipes/"``) before each path.

    ``secrets`` are values that it may not show; private files are left out.
    """
    redaction = Redaction(secrets)
    parts: list[bytes] = []
    withheld: list[str] = []
    for change in sorted(changes, key=lambda change: change.path):
        text = None if change.is_private else _file_patch(change, redaction, prefix)
        if text is None and change.after != change.before:
            withheld.append(change.path)
        parts.append(text or b"")
    return Patch(b"".join(parts), tuple(withheld))


def diff_lines(change: Change, secrets: frozenset[str]) -> list[DiffLine]:
    """Return the difference for people, printable, secrets masked: a notebook's by cell as code.

    Of a private file only what is added is there.
    """
    lines = _private(change, Redaction(secrets)) if change.is_private else _open(change, Redaction(secrets))
    return [DiffLine(kind, printable(text.expandtabs(4))) for kind, text in lines]


def _private(change: Change, redaction: Redaction) -> Iterator[tuple[LineKind, str]]:
    added = (line.strip(b",\r") for edit in change.edits for line in edit.text.split(b"\n"))
    yield from ((LineKind.ADDED, redaction.masked(_text(line))) for line in added if line.strip())


def _open(change: Change, redaction: Redaction) -> Iterator[tuple[LineKind, str]]:
    cells = _changed_cells(change) if change.path.endswith(".ipynb") else ()
    for index, before, after in cells:
        yield LineKind.CELL, f"cell {index}"
        yield from _shown(_Side(before, redaction), _Side(after, redaction), (Edit(0, len(before), after),))
    if not cells:
        yield from _shown(_Side(change.before, redaction), _Side(change.after, redaction), change.edits)


@dataclass(frozen=True)
class _Side:
    """A text by its lines (0-based), with the secrets in it."""

    data: bytes
    redaction: Redaction

    @cached_property
    def lines(self) -> list[bytes]:
        *whole, rest = self.data.split(b"\n")
        return [line + b"\n" for line in whole] + [rest] * bool(rest)

    @cached_property
    def starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line))
        return starts

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        return self.redaction.spans(self.data.decode("latin-1"))

    @cached_property
    def hidden(self) -> frozenset[int]:
        rows = ((self.row(start), self.row(end - 1)) for start, end in self.spans)
        return frozenset(row for first, last in rows for row in range(first, last + 1))

    def row(self, position: int) -> int:
        return min(bisect_right(self.starts, position) - 1, len(self.lines))

    def is_secret(self, start: int, end: int) -> bool:
        return any(start < right and left < end for left, right in self.spans)

    def shown(self, row: int) -> str:
        position, end = self.starts[row], self.starts[row] + len(self.lines[row])
        parts: list[str] = []
        for left, right in self.spans if row in self.hidden else ():
            if left < end and position < right:
                parts += (_text(self.data[position : max(left, position)]), MASK)
                position = min(right, end)
        return "".join((*parts, _text(self.data[position:end]))).rstrip("\r\n")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class _Block:
    """Old lines ``i1:i2`` become new lines ``j1:j2``; 0-based, half-open."""

    i1: int
    i2: int
    j1: int
    j2: int


@dataclass(frozen=True, slots=True)
class _Hunk:
    blocks: tuple[_Block, ...]
    lead: int
    trail: int

    @property
    def old(self) -> Span:
        return self.blocks[0].i1 - self.lead, self.blocks[-1].i2 + self.trail

    @property
    def new(self) -> Span:
        return self.blocks[0].j1 - self.lead, self.blocks[-1].j2 + self.trail

    @property
    def header(self) -> str:
        counted = [(start, end - start) for start, end in (self.old, self.new)]
        ranges = [str(start + 1) if n == 1 else f"{start + bool(n)},{n}" for start, n in counted]
        return f"@@ -{ranges[0]} +{ranges[1]} @@"

    def rows(self) -> Iterator[tuple[LineKind, int, int]]:
        """Yield every line with its old and new row, 0-based."""
        i, j = self.old[0], self.new[0]
        for block in (*self.blocks, _Block(self.old[1], self.old[1], self.new[1], self.new[1])):
            yield from ((LineKind.CONTEXT, i + step, j + step) for step in range(block.i1 - i))
            yield from ((LineKind.REMOVED, row, block.j1) for row in range(block.i1, block.i2))
            yield from ((LineKind.ADDED, block.i2, row) for row in range(block.j1, block.j2))
            i, j = block.i2, block.j2


def _blocks(old: _Side, new: _Side, edits: Iterable[Edit[bytes]]) -> tuple[_Block, ...]:
    found: list[_Block] = []
    for i1, i2, j1, j2 in _regions(old, new, edits):
        before, after = old.lines[i1:i2], new.lines[j1:j2]
        if max(len(before), len(after)) > _DIFFLIB_LINES:
            found.append(_Block(i1, i2, j1, j2))
            continue
        codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        found += (_Block(i1 + a, i1 + b, j1 + c, j1 + d) for tag, a, b, c, d in codes if tag != "equal")
    return tuple(found)


def _regions(old: _Side, new: _Side, edits: Iterable[Edit[bytes]]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the whole lines that the edits touch, old and new."""
    regions: list[list[int]] = []
    for edit in sorted(edits):
        first, last = old.row(edit.start), min(old.row(edit.end) + 1, len(old.lines))
        if first == len(old.lines) and old.data and not old.data.endswith(b"\n"):
            first -= 1
        grown = len(edit.text) - (edit.end - edit.start)
        if regions and first < regions[-1][1]:
            regions[-1][1], regions[-1][2] = max(last, regions[-1][1]), regions[-1][2] + grown
        else:
            regions.append([first, last, grown])
    shift = 0
    for first, last, grown in regions:
        start, end = old.starts[first] + shift, old.starts[last] + shift + grown
        shift += grown
        is_end = end == len(new.data)
        yield first, last, new.row(start), len(new.lines) if is_end else new.row(end)


def _hunks(old: _Side, blocks: Sequence[_Block], hidden: frozenset[int]) -> Iterator[_Hunk]:
    """Yield hunks with up to CONTEXT lines on both sides, none of the old rows ``hidden`` among them."""
    group: list[_Block] = []
    for block in blocks:
        gap = range(group[-1].i2, block.i1) if group else range(0)
        if group and (len(gap) > 2 * CONTEXT or not hidden.isdisjoint(gap)):
            yield _hunk(group, hidden, len(old.lines))
            group = []
        group.append(block)
    if group:
        yield _hunk(group, hidden, len(old.lines))


def _hunk(blocks: Sequence[_Block], hidden: frozenset[int], count: int) -> _Hunk:
    first, last = blocks[0].i1, blocks[-1].i2
    lead = next((n for n in range(CONTEXT) if n == first or first - n - 1 in hidden), CONTEXT)
    trail = next((n for n in range(CONTEXT) if last + n >= count or last + n in hidden), CONTEXT)
    return _Hunk(tuple(blocks), lead, trail)


def _file_patch(change: Change, redaction: Redaction, prefix: str) -> bytes | None:
    """Return the patch of one file, None where it would show a secret or there is nothing to show."""
    old, new = _Side(change.before, redaction), _Side(change.after, redaction)
    if old.data == new.data:
        return None
    name = (prefix + change.path).encode("utf-8", "surrogateescape")
    git = b"diff --git " + _quoted(b"a/" + name) + b" " + _quoted(b"b/" + name) + b"\n"
    blocks = _blocks(old, new, change.edits)
    hunks = tuple(_hunks(old, blocks, old.hidden | _shifted(new.hidden, blocks)))
    if _is_printable(old, new, hunks):
        end = b"\t\n" if b" " in name else b"\n"
        head = b"--- " + _quoted(b"a/" + name) + end + b"+++ " + _quoted(b"b/" + name) + end
        return git + head + b"".join(_hunk_text(old, new, hunk) for hunk in hunks)
    undo = inverse(change.edits, old.data)
    if any(side.is_secret(e.start, e.end) for side, es in ((old, change.edits), (new, undo)) for e in es):
        return None
    return git + _binary_patch(old.data, new.data, change.edits, undo)


def _shifted(hidden: Iterable[int], blocks: Sequence[_Block]) -> frozenset[int]:
    """Return the old rows of the new rows ``hidden`` that stand outside of every block."""
    ends = [0, *(block.j2 for block in blocks)]
    shifts = [0, *(block.i2 - block.j2 for block in blocks)]
    return frozenset(row + shifts[bisect_right(ends, row) - 1] for row in hidden)


def _is_printable(old: _Side, new: _Side, hunks: Sequence[_Hunk]) -> bool:
    """Tell whether git can place the hunks and no line of them holds a secret."""
    for hunk in hunks:
        if not old.hidden.isdisjoint(range(*hunk.old)) or not new.hidden.isdisjoint(range(*hunk.new)):
            return False
        # Without trailing context git takes the hunk for the end of the file.
        if not hunk.trail and hunk.old[1] != len(old.lines):
            return False
        if hunk.old[0] and (hunk.old[0] == hunk.old[1] or hunk.new[0] == hunk.new[1]):
            return False
    return True


def _hunk_text(old: _Side, new: _Side, hunk: _Hunk) -> bytes:
    parts = [hunk.header.encode(), b"\n"]
    for kind, i, j in hunk.rows():
        line = new.lines[j] if kind is LineKind.ADDED else old.lines[i]
        parts += (
            SIGNS[kind].encode(),
            line,
            b"" if line.endswith(b"\n") else b"\n\\ No newline at end of file\n",
        )
    return b"".join(parts)


def _shown(old: _Side, new: _Side, edits: Iterable[Edit[bytes]]) -> Iterator[tuple[LineKind, str]]:
    for hunk in _hunks(old, _blocks(old, new, edits), frozenset()):
        yield LineKind.HUNK, hunk.header
        for kind, i, j in hunk.rows():
            yield kind, new.shown(j) if kind is LineKind.ADDED else old.shown(i)


def _changed_cells(change: Change) -> tuple[tuple[int, bytes, bytes], ...]:
    """Return index (0-based) and sources of the cells that differ; none where cells do not tell it."""
    try:
        before, after = (
            ["".join(cell["source"]).encode("utf-8", "surrogatepass") for cell in json.loads(text)["cells"]]
            for text in (change.before.decode("utf-8-sig"), change.after.decode("utf-8-sig"))
        )
    except (ValueError, TypeError, LookupError, RecursionError):
        return ()
    pairs = enumerate(zip(before, after, strict=False)) if len(before) == len(after) else ()
    return tuple((index, old, new) for index, (old, new) in pairs if old != new)


def _quoted(name: bytes) -> bytes:
    """Return the name as git writes it in a patch: as it is, or like a C string."""
    escaped = b"".join(
        b"\\%c" % _ESCAPES[c] if c in _ESCAPES else b"%c" % c if 32 <= c < 127 else b"\\%03o" % c
        for c in name
    )
    return name if escaped == name else b'"' + escaped + b'"'


def _binary_patch(
    before: bytes, after: bytes, edits: Iterable[Edit[bytes]], undo: Iterable[Edit[bytes]]
) -> bytes:
    """Return what follows the ``diff --git`` line of a binary patch, both ways.

    It holds the texts of ``edits`` and ``undo`` (the inverse) and nothing else of either side.
    """
    ids = _object_id(before) + b".." + _object_id(after)
    return b"index %b\nGIT binary patch\n%b\n%b\n" % (ids, _delta(before, edits), _delta(after, undo))


def _object_id(data: bytes) -> bytes:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest().encode()


def _delta(source: bytes, edits: Iterable[Edit[bytes]]) -> bytes:
    """Return git's delta of the edits, deflated and in base 85, in lines of at most 52 bytes."""
    parts = [_varint(len(source)), _varint(len(apply(edits, source)))]
    position = 0
    for edit in (*sorted(edits), Edit(len(source), len(source), b"")):
        for start in range(position, edit.start, 0xFFFF):
            size = min(0xFFFF, edit.start - start)
            parts.append(b"\xbf" + start.to_bytes(4, "little") + size.to_bytes(2, "little"))
        chunks = (edit.text[start : start + 127] for start in range(0, len(edit.text), 127))
        parts += (bytes([len(chunk)]) + chunk for chunk in chunks)
        position = edit.end
    delta = b"".join(parts)
    packed = zlib.compress(delta)
    rows = (packed[start : start + 52] for start in range(0, len(packed), 52))
    sizes = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    coded = (sizes[len(row) - 1 : len(row)] + base64.b85encode(row, pad=True) + b"\n" for row in rows)
    return b"delta %d\n" % len(delta) + b"".join(coded)


def _varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])

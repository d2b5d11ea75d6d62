"""The changes as a person reads them: by file, a notebook's by cell as code, with secrets masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from migrator.model import Change
from migrator.report import printable
from migrator.report.patch import DiffLine, LineKind, render_change

_COLORS = {
    LineKind.FILE: "bold",
    LineKind.CELL: "bold cyan",
    LineKind.HUNK: "cyan",
    LineKind.CONTEXT: "",
    LineKind.REMOVED: "red",
    LineKind.ADDED: "green",
}
_SIGNS = {LineKind.CONTEXT: " ", LineKind.REMOVED: "-", LineKind.ADDED: "+"}


def diffs(changes: Iterable[Change], secrets: frozenset[str]) -> Iterator[Text]:
    """Yield the lines of all differences, by path, with an empty line between two files, secrets masked."""
    for index, change in enumerate(sorted(changes, key=lambda change: change.path)):
        if index:
            yield Text()
        for line in render_change(change, secrets):
            text = printable(change.path) if line.kind is LineKind.FILE else _shown(line)
            yield Text(text, _COLORS[line.kind])


def _shown(line: DiffLine) -> str:
    text = printable(line.text.expandtabs(4).rstrip("\r\n"))
    return f"{_SIGNS.get(line.kind, '')}{text}"

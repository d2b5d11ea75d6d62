"""The lines of a change as a person reads them, for every report that shows one."""

from __future__ import annotations

from dataclasses import replace

from migrator.model import Change
from migrator.report.escaping import printable
from migrator.report.patch import DiffLine, LineKind, render_change

SIGNS = {LineKind.CONTEXT: " ", LineKind.REMOVED: "-", LineKind.ADDED: "+"}


def diff_lines(change: Change, secrets: frozenset[str]) -> list[DiffLine]:
    """Return what differs, a notebook's by cell as code, printable, with secrets masked; signs are apart."""
    return [
        replace(line, text=printable(line.text.expandtabs(4)))
        for line in render_change(change, secrets)
        if line.kind is not LineKind.FILE
    ]

"""Annotations of GitHub's workflows: a line for each place that a person should look at.

See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from migrator.model import Plan, Severity, Status
from migrator.report import View, printable
from migrator.report.overview import Kind, Told, overview

_LEVELS: dict[Kind, str] = {
    Status.FAILED: "error",
    Severity.ERROR: "error",
    Status.BLOCKED: "warning",
    Status.MANUAL: "warning",
    Severity.WARNING: "warning",
    Status.MIGRATE: "notice",
}


def render(plan: Plan, view: View) -> str:
    """Return a workflow command for every place, worst first; lines count in the file, cells are named."""
    topics = overview(plan).topics
    return (
        "".join(
            _annotation(_LEVELS[topic.kind], topic.rule, one, view)
            for topic in topics
            if topic.kind in _LEVELS
            for one in topic.told
        )
        or "::notice::Nothing is left to do.\n"
    )


def _annotation(level: str, rule: str, one: Told, view: View) -> str:
    page = view.rules.get(rule)
    cell = f"cell {one.place.cell} line {one.place.line}: " if one.place.cell >= 0 else ""
    line = "" if one.place.cell >= 0 else f",line={one.place.line}"
    said = f"{cell}{one.message or (page.title if page else rule)}"
    todo = f" (To do: {page.now})" if page and level != "notice" else ""
    file, title = _property(one.place.path), _property(f"ngc-migrate: {rule}")
    return f"::{level} file={file}{line},title={title}::{_data(said + todo)}\n"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

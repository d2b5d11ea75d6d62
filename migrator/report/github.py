"""Annotations of GitHub's workflows: a line for each place that a person should look at.

See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.model import Plan, Severity
from migrator.report import View, printable
from migrator.report.overview import LEVELS, Topic, overview

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(plan: Plan, view: View) -> str:
    """Return a workflow command for every place, worst first; lines count in the file, cells are named."""
    topics = [topic for topic in overview(plan, view.rules).topics if topic.kind is not Severity.INFO]
    lines = [line for topic in topics if LEVELS[topic.kind] in _COMMANDS for line in _annotations(topic)]
    return "".join(lines) or "::notice::Nothing is left to do.\n"


def _annotations(topic: Topic) -> Iterator[str]:
    command, page = _COMMANDS[LEVELS[topic.kind]], topic.page
    todo = f" (To do: {page.now})" if page.now and command != "notice" else ""
    title = _property(f"ngc-migrate: {page.id}")
    for one in topic.told:
        is_cell = one.place.cell >= 0
        cell = f"cell {one.place.cell} line {one.place.line}: " if is_cell else ""
        line = "" if is_cell else f",line={one.place.line}"
        said = f"{cell}{one.message or page.title or page.id}{todo}"
        yield f"::{command} file={_property(one.place.path)}{line},title={title}::{_data(said)}\n"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

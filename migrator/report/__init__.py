"""The report formats: one file each, and one line in the table below."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from migrator.report.wording import printable

if TYPE_CHECKING:  # a run that only asks for help needs none of these
    from migrator.model import Plan, Rule

__all__ = ["FORMATS", "Detail", "View", "printable", "render"]

FORMATS: Final[Mapping[str, str]] = {
    "text": "migrator.report.text",
    "json": "migrator.report.json_report",
    "markdown": "migrator.report.markdown",
    "sarif": "migrator.report.sarif",
    "github": "migrator.report.github",
    "html": "migrator.report.html_report",
}
"""The name of a format and the module whose ``render(plan, view) -> str`` makes it."""


class Detail(StrEnum):
    """How much a person wants to read."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a report is to look; ``width`` is in columns, and JSON ignores all of it.

    ``is_written`` tells that the plan's changes stand in the files, and no longer wait to be written;
    ``prefix`` leads from where the reader stands to the plan's root (``"recipes/"``); ``rules`` are the
    pages that explain rules, by id.
    """

    width: int = 80
    is_colored: bool = False
    detail: Detail = Detail.NORMAL
    is_written: bool = False
    has_diffs: bool = True
    prefix: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)


def render(name: str, plan: Plan, view: View) -> str:
    """Return the report of the format ``name`` (a key of FORMATS), ending with a line end.

    The format's module is imported here, so that a run pays only for the format it uses.
    """
    from migrator.report.overview import seen

    format_render: Callable[[Plan, View], str] = importlib.import_module(FORMATS[name]).render
    # What programs read as JSON names the root itself.
    return format_render(seen(plan, "" if name == "json" else view.prefix), view)

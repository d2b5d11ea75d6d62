"""The report formats: one file each, and one line in the table below."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from migrator.model import Job, Plan, Rule
from migrator.report.standpoint import seen_from_here
from migrator.secrets import Redaction

FORMATS: Final[Mapping[str, str]] = {
    "text": "migrator.report.text",
    "json": "migrator.report.json_report",
    "markdown": "migrator.report.markdown",
    "sarif": "migrator.report.sarif",
    "github": "migrator.report.github",
    "html": "migrator.report.html_report",
}
"""The name of a format and the module whose ``render(plan, view) -> str`` makes it."""

# For machines: what they read names the root itself.
_ROOTED: Final = frozenset({"json"})


class Detail(StrEnum):
    """How much a person wants to read."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


class Paint(StrEnum):
    """Whether a text carries terminal colours."""

    PLAIN = "plain"
    COLOR = "color"


class Stage(StrEnum):
    """Whether the plan's changes are still to be written or stand in the files."""

    PLANNED = "planned"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a report is to look; ``width`` is in columns, and JSON ignores all of it.

    ``prefix`` leads from where the reader stands to the plan's root (``"recipes/"``); ``rules`` are the
    pages that explain rules, by id.
    """

    width: int = 80
    paint: Paint = Paint.PLAIN
    detail: Detail = Detail.NORMAL
    stage: Stage = Stage.PLANNED
    has_diffs: bool = True
    prefix: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)


def render(name: str, plan: Plan, view: View) -> str:
    """Return the report of the format ``name`` (a key of FORMATS), ending with a line end.

    The format's module is imported here, so that a run pays only for the format it uses.
    """
    format_render: Callable[[Plan, View], str] = importlib.import_module(FORMATS[name]).render
    shown = _redacted(plan)
    return format_render(shown if name in _ROOTED else seen_from_here(shown, view.prefix), view)


def _redacted(plan: Plan) -> Plan:
    """Return the plan with what looks like a secret masked in every text that may quote a file."""
    masked = Redaction(plan.secrets).masked
    recipes = tuple(
        replace(
            recipe,
            jobs=tuple(_redacted_job(job, masked) for job in recipe.jobs),
            findings=tuple(replace(finding, message=masked(finding.message)) for finding in recipe.findings),
        )
        for recipe in plan.recipes
    )
    passed_over = tuple(replace(one, reason=masked(one.reason)) for one in plan.passed_over)
    return replace(plan, recipes=recipes, passed_over=passed_over)


def _redacted_job(job: Job, masked: Callable[[str], str]) -> Job:
    return replace(
        job,
        image=None if job.image is None else masked(job.image),
        message=masked(job.message),
        trace=tuple(masked(step) for step in job.trace),
    )


# C0 and C1 controls, soft hyphen, zero width, line separators, direction marks, lone surrogates.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return ``text`` on one line, with what would steer a terminal or hide itself escaped as in Python.

    A byte of a file name that is no UTF-8 (a surrogate of PEP 383) is shown as that byte.
    """
    return _UNSAFE.sub(lambda found: _escaped(ord(found[0])), text)


def _escaped(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    names = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
    return names.get(code) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")

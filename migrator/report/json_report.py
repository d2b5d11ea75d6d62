"""The JSON report, version 1: the whole plan for other programs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from operator import attrgetter
from typing import Any, TypeAlias

from migrator import __version__
from migrator.model import Change, Finding, Job, Plan, Recipe, Status
from migrator.report import View, printable

Json: TypeAlias = dict[str, Any]

_PLACE = ("path", "cell", "line")
_JOB = (*_PLACE, "framework", "node_count", "vm_size", "image", "target", "status", "rule", "message", "url")
_FINDING = ("rule", "severity", *_PLACE, "message", "url")
_ORDER = attrgetter("place", "rule", "message")
# JSON lets controls and direction marks stand in a string, but they steer a terminal; UTF-8 cannot hold
# lone surrogates.
_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def render(plan: Plan, view: View) -> str:
    """Return the report as indented JSON in Unicode with a final line end; ``view`` changes nothing."""
    report = {
        "version": 1,
        "tool": f"ngc-migrate {__version__}",
        "root": plan.root,
        "credentials": plan.credentials,
        "summary": {
            "recipes": _counts(plan.statuses),
            "jobs": _counts(job.status for recipe in plan.recipes for job in recipe.jobs),
            "files": {"seen": plan.files.seen, **asdict(plan.files)},
        },
        "recipes": [_recipe(recipe) for recipe in sorted(plan.recipes, key=lambda one: one.path)],
        "edits": [_edit(change) for change in sorted(plan.changes, key=lambda one: one.path)],
        "files": [asdict(one) for one in sorted(plan.passed_over)],
    }
    return _UNSAFE.sub(_escaped, json.dumps(report, ensure_ascii=False, indent=2)) + "\n"


def _escaped(found: re.Match[str]) -> str:
    # A lone surrogate's own escape is refused by strict readers, so its byte is shown in words.
    is_surrogate = "\ud800" <= found[0] <= "\udfff"
    return json.dumps(printable(found[0]) if is_surrogate else found[0])[1:-1]


def _counts(statuses: Iterable[Status]) -> Json:
    counter = Counter(statuses)
    return {status: counter[status] for status in Status if counter[status]}


def _recipe(recipe: Recipe) -> Json:
    return {
        "path": recipe.path,
        "status": recipe.status,
        "jobs": [_members(job, _JOB) for job in sorted(recipe.jobs, key=_ORDER)],
        "findings": [_members(finding, _FINDING) for finding in sorted(recipe.findings, key=_ORDER)],
    }


def _members(one: Job | Finding, names: Iterable[str]) -> Json:
    known = {**asdict(one), **asdict(one.place), "cell": one.place.cell if one.place.cell >= 0 else None}
    return {name: known[name] for name in names}


def _edit(change: Change) -> Json:
    before, after = (f"sha256:{sha256(data).hexdigest()}" for data in (change.before, change.after))
    kind = {"kind": "documentation"} if change.is_documentation else {}
    return {"path": change.path, "before": before, "after": after, "count": len(change.edits), **kind}

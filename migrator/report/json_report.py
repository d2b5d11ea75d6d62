"""The JSON report, version 1: the whole plan for other programs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TypeAlias

from migrator import __version__
from migrator.model import Change, Finding, Job, PassedOver, Place, Plan, Recipe, Status
from migrator.report import View, printable

Json: TypeAlias = "Mapping[str, Json] | list[Json] | str | int | None"

# JSON lets controls and direction marks stand in a string, but they steer a terminal; UTF-8 cannot hold
# lone surrogates.
_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def render(plan: Plan, view: View) -> str:
    """Return the report as indented JSON in Unicode with a final line end; ``view`` changes nothing."""
    text = json.dumps(_report(plan), ensure_ascii=False, indent=2)
    return _UNSAFE.sub(lambda found: _escaped(found[0]), text) + "\n"


def _escaped(character: str) -> str:
    # A lone surrogate's own escape is refused by strict readers, so its byte is shown in words.
    is_surrogate = "\ud800" <= character <= "\udfff"
    return json.dumps(printable(character) if is_surrogate else character)[1:-1]


def _report(plan: Plan) -> Json:
    return {
        "version": 1,
        "tool": f"ngc-migrate {__version__}",
        "root": plan.root,
        "credentials": plan.credentials.value,
        "summary": _summary(plan),
        "recipes": [_recipe(recipe) for recipe in sorted(plan.recipes, key=lambda recipe: recipe.path)],
        "edits": [_edit(change) for change in sorted(plan.changes, key=lambda change: change.path)],
        "files": [_file(one) for one in sorted(plan.passed_over)],
    }


def _summary(plan: Plan) -> Json:
    files = plan.files
    return {
        "recipes": _counts(plan.statuses),
        "jobs": _counts(job.status for recipe in plan.recipes for job in recipe.jobs),
        "files": {
            "seen": files.seen,
            "changed": files.changed,
            "unchanged": files.unchanged,
            "skipped": files.skipped,
            "blocked": files.blocked,
            "failed": files.failed,
        },
    }


def _counts(statuses: Iterable[Status]) -> Json:
    counter = Counter(statuses)
    return {status.value: counter[status] for status in Status if counter[status]}


def _recipe(recipe: Recipe) -> Json:
    jobs = sorted(recipe.jobs, key=lambda job: (job.place, job.rule, job.message))
    findings = sorted(recipe.findings, key=lambda finding: (finding.place, finding.rule, finding.message))
    return {
        "path": recipe.path,
        "status": recipe.status.value,
        "jobs": [_job(job) for job in jobs],
        "findings": [_finding(finding) for finding in findings],
    }


def _job(job: Job) -> Json:
    return {
        **_place(job.place),
        "framework": job.framework.value if job.framework else None,
        "node_count": job.node_count,
        "vm_size": job.vm_size,
        "image": job.image,
        "target": job.target,
        "status": job.status.value,
        "rule": job.rule,
        "message": job.message,
        "url": job.url,
    }


def _finding(finding: Finding) -> Json:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        **_place(finding.place),
        "message": finding.message,
        "url": finding.url,
    }


def _place(place: Place) -> Mapping[str, Json]:
    return {"path": place.path, "cell": place.cell if place.cell >= 0 else None, "line": place.line}


def _file(one: PassedOver) -> Json:
    return {"path": one.path, "fate": one.fate.value, "reason": one.reason}


def _edit(change: Change) -> Json:
    return {
        "path": change.path,
        "before": f"sha256:{sha256(change.before).hexdigest()}",
        "after": f"sha256:{sha256(change.after).hexdigest()}",
        "count": len(change.edits),
    }

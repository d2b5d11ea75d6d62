"""The report in SARIF 2.1.0, for code scanning: results by rule, with the edits as fixes.

See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; numbers of sections stand below.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias
from urllib.parse import quote

from migrator import __version__
from migrator.model import Change, Job, Place, Plan, Rule, Severity, Status
from migrator.report import View, printable
from migrator.report.overview import Kind, Told, Topic, overview
from migrator.report.rule_page import rule_page
from migrator.secrets import Redaction

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | bool"

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Kind, str] = {
    Status.FAILED: "error",
    Severity.ERROR: "error",
    Status.BLOCKED: "warning",
    Status.MANUAL: "warning",
    Severity.WARNING: "warning",
    Status.MIGRATE: "note",
    Severity.INFO: "note",
}
_LINE = re.compile(r"\b(line|cell|column) \d+")


def render(plan: Plan, view: View) -> str:
    """Return one run as indented JSON; what is migrated or skipped is no result."""
    topics = [topic for topic in overview(plan).topics if topic.kind in _LEVELS]
    rules = list(dict.fromkeys(topic.rule for topic in topics))
    driver: Json = {
        "name": "ngc-migrate",
        "version": __version__,
        "informationUri": "https://github.com/Azure/BatchAI/tree/master/recipes",
        "rules": [_rule(rule, view.rules.get(rule)) for rule in rules],
    }
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": plan.files.failed == 0}],
        "results": _results(topics, rules, _fixes(plan)),
    }
    report = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(report, indent=2, ensure_ascii=True) + "\n"


def _rule(rule: str, page: Rule | None) -> Json:
    if page is None:
        return {"id": printable(rule)}
    return {
        "id": page.id,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.what},
        "helpUri": page.url,
        "help": {"text": rule_page(page)},
        "defaultConfiguration": {"level": _LEVELS.get(page.outcome, "note")},
    }


def _results(topics: Sequence[Topic], rules: Sequence[str], fixes: dict[str, Json]) -> list[Json]:
    seen: Counter[str] = Counter()
    results: list[Json] = []
    for topic in topics:
        for one in topic.told:
            key = _key(topic.rule, one)
            seen[key] += 1
            result: dict[str, Json] = {
                "ruleId": printable(topic.rule),
                "ruleIndex": rules.index(topic.rule),
                "level": _LEVELS[topic.kind],
                "message": {"text": _message(topic, one)},
                "locations": [_location(one.place)],
                "partialFingerprints": {"ngcMigrate/v1": f"{key}:{seen[key]}"},
            }
            if topic.kind is Status.MIGRATE and one.place.path in fixes:
                result["fixes"] = [fixes.pop(one.place.path)]
            results.append(result)
    return results


def _key(rule: str, one: Told) -> str:
    """Return what stays the same when lines or cells above it come and go (3.27.17)."""
    said = _LINE.sub(r"\1", one.message)
    image = one.image if isinstance(one, Job) else ""
    return sha256(repr((rule, one.place.path, image, said)).encode()).hexdigest()[:32]


def _message(topic: Topic, one: Told) -> str:
    moved = f"{one.image} moves to {one.target}" if isinstance(one, Job) and one.target else ""
    trail = f" (found by: {' <- '.join(one.trace)})" if isinstance(one, Job) and one.trace else ""
    return printable((one.message or moved or topic.rule) + trail)


def _location(place: Place) -> Json:
    physical: dict[str, Json] = {"artifactLocation": {"uri": _uri(place.path)}}
    if place.cell < 0:
        return {"physicalLocation": {**physical, "region": {"startLine": place.line}}}
    # A line of a cell is no line of the notebook's file.
    name = f"cell {place.cell} line {place.line}"
    return {"physicalLocation": physical, "logicalLocations": [{"name": name}]}


def _uri(path: str) -> str:
    """Return a relative reference (3.4.3) for the path, whose bytes need not be UTF-8."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def _fixes(plan: Plan) -> dict[str, Json]:
    """Return the fixes by the path of the job that they are for: its file, and with the first what is shared.

    A file whose edits or lines hold a secret, or that is no UTF-8, has none.
    """
    jobs = {job.place.path for recipe in plan.recipes for job in recipe.jobs if job.status is Status.MIGRATE}
    redaction = Redaction(plan.secrets)
    own: dict[str, list[Json]] = {}
    shared: list[Json] = []
    for change in plan.changes:
        replacements = list(_replacements(change, redaction))
        if replacements:
            artifact: Json = {"artifactLocation": {"uri": _uri(change.path)}, "replacements": replacements}
            (own.setdefault(change.path, []) if change.path in jobs else shared).append(artifact)
    for first in sorted(own)[:1]:
        own[first] += shared
    text = "Write image, server URL and credentials together."
    return {
        path: {"description": {"text": text}, "artifactChanges": changes} for path, changes in own.items()
    }


def _replacements(change: Change, redaction: Redaction) -> Iterator[Json]:
    try:
        before = change.before.decode()
    except UnicodeDecodeError:
        return
    if redaction.spans(before) or redaction.spans(change.after.decode("utf-8", "replace")):
        return
    for edit in change.edits:
        start, end = (len(change.before[:position].decode()) for position in (edit.start, edit.end))
        region = {"charOffset": start, "charLength": end - start, **_columns(before, start, end)}
        yield {"deletedRegion": region, "insertedContent": {"text": edit.text.decode()}}


def _columns(text: str, start: int, end: int) -> dict[str, int]:
    """Return 1-based lines and columns of a span (0-based, half-open)."""
    places = {}
    for name, position in (("start", start), ("end", end)):
        places[f"{name}Line"] = text.count("\n", 0, position) + 1
        places[f"{name}Column"] = position - (text.rfind("\n", 0, position) + 1) + 1
    return places

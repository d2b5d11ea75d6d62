"""The report in SARIF 2.1.0, for code scanning: results by rule, with the edits as fixes.

See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; numbers of sections stand below.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, TypeAlias
from urllib.parse import quote

from migrator import __version__
from migrator.model import Change, Job, Place, Plan, Rule, Status
from migrator.report import View, printable
from migrator.report.overview import LEVELS, Told, Topic, overview, trail
from migrator.report.wording import rule_page
from migrator.secrets import Redaction

Json: TypeAlias = dict[str, Any]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FOLLOWS = "documentation-follows"
_LINE = re.compile(r"\b(line|cell|column) \d+")


def render(plan: Plan, view: View) -> str:
    """Return one run as indented JSON; what is migrated or skipped is no result."""
    topics = [topic for topic in overview(plan, view.rules).topics if LEVELS[topic.kind] != "none"]
    pages = {topic.page.id: topic.page for topic in topics}
    driver = {
        "name": "ngc-migrate",
        "version": __version__,
        "informationUri": "https://github.com/Azure/BatchAI/tree/master/recipes",
        "rules": [_rule(page) for page in pages.values()],
    }
    fixes, seen = _fixes(plan), Counter[str]()
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": plan.files.failed == 0}],
        "results": [_result(topic, one, fixes, seen) for topic in topics for one in topic.told],
    }
    report = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(report, indent=2, ensure_ascii=True) + "\n"


def _rule(page: Rule) -> Json:
    if not page.title:
        return {"id": printable(page.id)}
    return {
        "id": page.id,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.what},
        "helpUri": page.url,
        "help": {"text": rule_page(page)},
        "defaultConfiguration": {"level": LEVELS[page.outcome]},
    }


def _result(topic: Topic, one: Told, fixes: dict[str, Json], seen: Counter[str]) -> Json:
    """Return the result, with its file's fix if that is still in ``fixes``."""
    image, target = (one.image, one.target) if isinstance(one, Job) else ("", "")
    said = one.message or (f"{image} moves to {target}" if target else topic.page.id)
    found_by = f" ({trail(one)})" if trail(one) else ""
    # What stays the same when lines or cells above it come and go (3.27.17).
    kept = (topic.page.id, one.place.path, image, _LINE.sub(r"\1", one.message))
    key = sha256(repr(kept).encode()).hexdigest()[:32]
    seen[key] += 1
    result = {
        "ruleId": printable(topic.page.id),
        "level": LEVELS[topic.kind],
        "message": {"text": printable(said + found_by)},
        "locations": [_location(one.place)],
        "partialFingerprints": {"ngcMigrate/v1": f"{key}:{seen[key]}"},
    }
    if (topic.kind is Status.MIGRATE or topic.page.id == _FOLLOWS) and one.place.path in fixes:
        result["fixes"] = [fixes.pop(one.place.path)]
    return result


def _location(place: Place) -> Json:
    artifact = _artifact(place.path)
    if place.cell < 0:
        return {"physicalLocation": {**artifact, "region": {"startLine": place.line}}}
    # A line of a cell is no line of the notebook's file.
    name = f"cell {place.cell} line {place.line}"
    return {"physicalLocation": artifact, "logicalLocations": [{"name": name}]}


def _artifact(path: str) -> Json:
    """Return a relative reference (3.4.3) to the path, whose bytes need not be UTF-8."""
    return {"artifactLocation": {"uri": quote(path.encode("utf-8", "surrogateescape"), safe="/")}}


def _fixes(plan: Plan) -> dict[str, Json]:
    """Return fixes by the path of their job or block: its file, and with the first what is shared.

    A file whose edits or lines hold a secret, or that is no UTF-8, has none.
    """
    jobs = {job.place.path for recipe in plan.recipes for job in recipe.jobs if job.status is Status.MIGRATE}
    jobs |= {one.place.path for recipe in plan.recipes for one in recipe.findings if one.rule == _FOLLOWS}
    redaction = Redaction(plan.secrets)
    changes = {change.path: list(_replacements(change, redaction)) for change in plan.changes}
    made = {path: {**_artifact(path), "replacements": found} for path, found in changes.items() if found}
    own = {path: [made.pop(path)] for path in sorted(jobs & made.keys())}
    for path in list(own)[:1]:
        own[path] += made.values()
    text = "Write image, server URL and credentials together."
    return {path: {"description": {"text": text}, "artifactChanges": parts} for path, parts in own.items()}


def _replacements(change: Change, redaction: Redaction) -> Iterator[Json]:
    try:
        before = change.before.decode()
    except UnicodeDecodeError:
        return
    if redaction.spans(before) or redaction.spans(change.after.decode("utf-8", "replace")):
        return
    for edit in change.edits:
        start, end = (len(change.before[:position].decode()) for position in (edit.start, edit.end))
        region = {}
        for name, position in (("start", start), ("end", end)):
            region[f"{name}Line"] = before.count("\n", 0, position) + 1
            region[f"{name}Column"] = position - before.rfind("\n", 0, position)
        yield {"deletedRegion": region, "insertedContent": {"text": edit.text.decode()}}

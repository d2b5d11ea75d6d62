"""SARIF as its readers take it; the schema beside this file is OASIS's own, as SchemaStore has it.

Its ``$id`` names the place: Schemata/sarif-schema-2.1.0.json of https://github.com/oasis-tcs/sarif-spec.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from codemods.syntax.edits import Edit
from migrator.catalogue import RULES
from migrator.model import Change, Place, Plan, Status
from migrator.report import View, render
from migrator.report.wording import rule_page
from tests.plans import BLOCKED, CHANGE, EMPTY, MIGRATE, WHOLE, job, plan, recipe

VIEW = View(prefix="recipes/", rules=RULES)
SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
STRANGE = recipe("", job("a b\udce9\n.py", Status.MANUAL, cell=0, rule="no\x1bpage", message=""))


def run(shown: Plan) -> Any:
    report = json.loads(render("sarif", shown, VIEW))
    assert (report["version"], len(report["runs"])) == ("2.1.0", 1)
    return report["runs"][0]


def fingerprints(shown: Plan) -> list[str]:
    return [result["partialFingerprints"]["ngcMigrate/v1"] for result in run(shown)["results"]]


def applied(change: Change, replacements: list[Any]) -> str:
    """Apply the replacements as a reader of SARIF would."""
    text = change.before.decode()
    lines = text.splitlines(keepends=True)
    for each in reversed(replacements):
        region = each["deletedRegion"]
        start, end = (
            sum(map(len, lines[: region[f"{name}Line"] - 1])) + region[f"{name}Column"] - 1
            for name in ("start", "end")
        )
        text = text[:start] + each["insertedContent"]["text"] + text[end:]
    return text


@pytest.mark.parametrize("shown", [EMPTY, WHOLE, plan(STRANGE)])
@pytest.mark.parametrize("view", [VIEW, View()])
def test_the_report_follows_the_official_schema(shown: Plan, view: View) -> None:
    report = json.loads(render("sarif", shown, view))
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(report)] == []
    assert list(Draft7Validator(SCHEMA).iter_errors({**report, "more": 1}))


def test_every_rule_of_the_catalogue_follows_the_official_schema() -> None:
    every = plan(*(recipe(rule, job(rule, Status.MANUAL, rule=rule)) for rule in RULES))
    report = json.loads(render("sarif", every, VIEW))
    assert len(report["runs"][0]["tool"]["driver"]["rules"]) == len(RULES)
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(report)] == []


def test_open_places_are_results_of_rules() -> None:
    found = run(WHOLE)
    rules = found["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["cntk-distributed", "python-unknown", "ngc-image"]
    told = [result["ruleId"] for result in found["results"]]
    assert told == ["cntk-distributed", "python-unknown", "ngc-image", "ngc-image"]
    assert [result["level"] for result in found["results"]] == ["warning", "warning", "note", "note"]
    assert found["invocations"] == [{"executionSuccessful": True}]


def test_the_help_of_a_rule_is_the_page_that_explain_shows() -> None:
    for rule in run(WHOLE)["tool"]["driver"]["rules"]:
        assert rule["help"]["text"] == rule_page(RULES[rule["id"]])


def test_places_are_relative_and_a_line_of_a_cell_is_no_line_of_the_file() -> None:
    blocked, _, notebook, _ = (result["locations"][0] for result in run(WHOLE)["results"])
    assert blocked["physicalLocation"] == {
        "artifactLocation": {"uri": "recipes/CNTK/Two-Nodes/job.json"},
        "region": {"startLine": 37},
    }
    assert "region" not in notebook["physicalLocation"]
    assert notebook["logicalLocations"] == [{"name": "cell 7 line 3"}]
    strange = replace(BLOCKED.jobs[0], place=Place("a b#?\udce9.json"))
    place = run(plan(recipe("", strange)))["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "recipes/a%20b%23%3F%E9.json"}


@pytest.mark.parametrize("before", ["{\n  “x”: 1,\r\n  y\n}", "\ufeffa\nb"])
def test_the_fixes_are_exactly_the_edits(before: str) -> None:
    data = before.encode()
    at = data.index(b"\n") + 1
    change = replace(
        CHANGE, before=data, edits=(Edit(at, at, "é\n".encode()), Edit(len(data) - 1, len(data), b"z"))
    )
    fixes = [
        fix for result in run(plan(MIGRATE, changes=(change,)))["results"] for fix in result.get("fixes", ())
    ]
    assert len(fixes) == 1
    (artifact,) = fixes[0]["artifactChanges"]
    assert artifact["artifactLocation"] == {"uri": "recipes/TensorFlow/Digits/job.json"}
    assert applied(change, artifact["replacements"]) == change.after.decode()


def test_a_shared_file_goes_with_the_first_job() -> None:
    shared = replace(CHANGE, path="configuration.json")
    results = run(plan(MIGRATE, changes=(CHANGE, shared)))["results"]
    (fix,) = (fix for result in results for fix in result.get("fixes", ()))
    assert [artifact["artifactLocation"]["uri"] for artifact in fix["artifactChanges"]] == [
        "recipes/TensorFlow/Digits/job.json",
        "recipes/configuration.json",
    ]


def test_a_file_with_a_secret_has_no_fix() -> None:
    change = replace(CHANGE, before=b'{"password": "hunter-22-visible"}', edits=(Edit(0, 1, b"{ "),))
    assert "visible" not in render("sarif", plan(MIGRATE, changes=(change,)), VIEW)
    assert not any("fixes" in result for result in run(plan(MIGRATE, changes=(change,)))["results"])


def test_fingerprints_survive_moved_lines_and_tell_equal_places_apart() -> None:
    job = replace(BLOCKED.jobs[0], message="see line 7")
    twice = plan(recipe("a", job, replace(job, place=replace(job.place, line=90))))
    moved = plan(
        recipe(
            "a",
            *(
                replace(each, place=replace(each.place, line=each.place.line + 5), message="see line 12")
                for each in twice.recipes[0].jobs
            ),
        )
    )
    assert fingerprints(twice) == fingerprints(moved)
    assert len(set(fingerprints(twice))) == 2
    other = plan(recipe("a", replace(job, image="other")))
    assert not set(fingerprints(other)) & set(fingerprints(twice))

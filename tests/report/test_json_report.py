from __future__ import annotations

import json
import re
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files

from jsonschema import Draft202012Validator

from migrator.model import PassedOver, Status
from migrator.report import Detail, View, render
from tests.plans import CHANGE, SPEC, WHOLE, plan, recipe


def test_the_json_report_has_exactly_these_members() -> None:
    report = json.loads(render("json", WHOLE, View()))
    assert list(report) == ["version", "tool", "root", "credentials", "summary", "recipes", "edits", "files"]
    assert (report["version"], report["root"], report["credentials"]) == (1, "recipes", "api-key")
    assert re.fullmatch(r"ngc-migrate \d+\.\d+\.\d+", report["tool"])
    assert report["summary"] == {
        "recipes": {"blocked": 1, "migrate": 1, "migrated": 1},
        "jobs": {"blocked": 1, "migrate": 2, "migrated": 1},
        "files": {"seen": 7, "changed": 1, "unchanged": 3, "skipped": 2, "blocked": 1, "failed": 0},
    }
    assert report["recipes"][0] == {
        "path": "CNTK/Two-Nodes",
        "status": "blocked",
        "jobs": [
            {
                "path": "CNTK/Two-Nodes/job.json",
                "cell": None,
                "line": 37,
                "framework": "cntk",
                "node_count": 2,
                "vm_size": None,
                "image": "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0",
                "target": None,
                "status": "blocked",
                "rule": "cntk-distributed",
                "message": "CNTK jobs on several nodes do not run in the images of the registry",
                "url": "https://example.com/limits",
            }
        ],
        "findings": [],
    }
    assert report["edits"] == [
        {
            "path": "TensorFlow/Digits/job.json",
            "before": f"sha256:{sha256(SPEC).hexdigest()}",
            "after": f"sha256:{sha256(CHANGE.after).hexdigest()}",
            "count": 2,
        }
    ]


def test_json_recipes_jobs_and_findings_are_sorted() -> None:
    report = json.loads(render("json", WHOLE, View()))
    assert [found["path"] for found in report["recipes"]] == [
        "CNTK/Two-Nodes",
        "Caffe/Ready",
        "TensorFlow/Digits",
    ]
    assert [found["cell"] for found in report["recipes"][2]["jobs"]] == [7, None]
    assert report["recipes"][2]["findings"][0]["severity"] == "warning"


def test_the_json_report_does_not_hang_on_the_view() -> None:
    loud = View(width=40, is_colored=True, detail=Detail.QUIET, is_written=True)
    assert render("json", WHOLE, loud) == render("json", WHOLE, View())


def test_the_json_report_keeps_unicode_readable() -> None:
    assert "日本" in render("json", plan(recipe("日本")), View())


def test_the_json_report_follows_its_published_schema() -> None:
    schema = json.loads((files("migrator.report") / "json-schema.json").read_bytes())
    validator = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)
    passed = (PassedOver("a", Status.SKIPPED, "hidden"), PassedOver("b", Status.FAILED, "It ends."))
    for shown in (WHOLE, plan(), replace(WHOLE, passed_over=passed)):
        report = json.loads(render("json", shown, View()))
        assert [error.message for error in validator.iter_errors(report)] == []
    assert report["files"][0] == {"path": "a", "fate": "skipped", "reason": "hidden"}
    assert list(validator.iter_errors({**report, "more": 1}))

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies

from codemods.syntax.edits import Edit
from migrator.model import (
    Change,
    Finding,
    NextStep,
    Place,
    Plan,
    Severity,
    Status,
)
from migrator.report import FORMATS, Detail, Paint, Stage, View, printable, render
from tests.plans import EMPTY, MIGRATE, WHOLE, job, plan, recipe

GOLDEN = """\
TensorFlow/Digits/job.json
@@ -1,4 +1,4 @@
 {
-  "image": "tensorflow/tensorflow:1.8.0-gpu",
+  "image": "nvcr.io/nvidia/tensorflow:18.07-py2",
-  "nodeCount": 1
+  "nodeCount": 2
 }

blocked   CNTK/Two-Nodes
  job.json line 37  cntk, 2 nodes
    blocked   microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0
              cntk-distributed: CNTK jobs on several nodes do not run in the
              images of the registry
              https://example.com/limits

migrated  Caffe/Ready
migrate   TensorFlow/Digits
  digits.ipynb cell 7 line 3  tensorflow, 1 node
    migrate   tensorflow/tensorflow:1.8.0-gpu
              -> nvcr.io/nvidia/tensorflow:18.07-py2
  job.json line 2  tensorflow, 1 node
    migrate   tensorflow/tensorflow:1.8.0-gpu
              -> nvcr.io/nvidia/tensorflow:18.07-py2
    warning   python-unknown: the Python of the image is not documented, so a
              script has to be tried out once in it

Summary
  recipes   1 blocked, 1 migrate, 1 migrated
  jobs      1 blocked, 2 migrate, 1 migrated
  files     7 seen: 1 changed, 3 unchanged, 2 skipped, 1 blocked, 0 failed
  What a rule means: ngc-migrate explain RULE

Next steps
  1. Get an API key
     Sign up, then copy it.
       export NGC_API_KEY=...
"""


def text(shown: Plan, **view: object) -> str:
    return render("text", shown, View(**view))  # type: ignore[arg-type]


def test_a_plan_without_recipes_is_only_sums() -> None:
    assert text(EMPTY) == (
        "Summary\n  recipes   none\n  jobs      none\n"
        "  files     0 seen: 0 changed, 0 unchanged, 0 skipped, 0 blocked, 0 failed\n"
    )


def test_the_text_report_reads_like_this() -> None:
    assert text(WHOLE) == GOLDEN


def test_a_quiet_text_report_is_empty() -> None:
    assert text(WHOLE, detail=Detail.QUIET) == ""


def test_a_wide_terminal_holds_both_images_on_a_line() -> None:
    line = "    migrate   tensorflow/tensorflow:1.8.0-gpu -> nvcr.io/nvidia/tensorflow:18.07-py2\n"
    assert line in text(WHOLE, width=120)


def test_traces_and_links_are_told_when_asked_for() -> None:
    shown = text(WHOLE, detail=Detail.VERBOSE)
    assert "    found by  node_count = 2\n              job.json line 30\n" in shown
    assert "https://example.com/python" in shown
    assert "found by" not in text(WHOLE)


def test_a_written_plan_speaks_of_what_is_done() -> None:
    shown = text(WHOLE, stage=Stage.WRITTEN)
    assert "    rewritten tensorflow/" in shown
    assert "recipes   1 blocked, 1 rewritten, 1 migrated" in shown


def test_colors_add_nothing_but_color_codes() -> None:
    shown = text(WHOLE, paint=Paint.COLOR)
    assert "\x1b[32m" in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == GOLDEN


@pytest.mark.parametrize("width", [40, 80, 120])
def test_only_words_that_do_not_fit_go_over_the_edge(width: int) -> None:
    report = text(replace(WHOLE, changes=()), width=width)
    long = [line for line in report.splitlines() if len(line) > width and line.startswith(" " * 14)]
    assert all(" " not in line.strip() for line in long)


def test_a_long_path_stays_whole() -> None:
    path = "a-b c/" * 40 + "job.json"
    found = recipe("", job(path, Status.MANUAL, message=f"see {'x-' * 80}"))
    shown = text(plan(found), width=40)
    assert path in shown
    assert "x-" * 80 in shown


HOSTILE = "[red]a[/red]\x1b[31m\x9b31m\r\n\t‮:smile:\udcff\ud800\u2028[link=x]"


@pytest.mark.parametrize("name", ["text", "json"])
def test_hostile_texts_reach_no_terminal(name: str) -> None:
    hostile = job(
        f"{HOSTILE}/{HOSTILE}",
        Status.MANUAL,
        image=HOSTILE,
        target=HOSTILE,
        rule=HOSTILE,
        message=HOSTILE,
        url=HOSTILE,
        trace=(HOSTILE,),
    )
    finding = Finding(
        rule=HOSTILE, severity=Severity.ERROR, place=Place(HOSTILE), message=HOSTILE, url=HOSTILE
    )
    shown = plan(
        recipe(HOSTILE, hostile, findings=(finding,)),
        changes=(
            Change(path=HOSTILE, before=HOSTILE.encode(errors="replace"), edits=(Edit(0, 0, b"\x1b[2J\n"),)),
        ),
        next_steps=(NextStep(title=HOSTILE, lines=(HOSTILE, f"  {HOSTILE}")),),
        root=HOSTILE,
    )
    report = render(name, shown, View(detail=Detail.VERBOSE))
    report.encode()
    assert not set(report) & set("\x1b\x9b\r\t‮\u2028")
    assert "[red]a[/red]" in report
    assert ":smile:" in report


@pytest.mark.parametrize("name", ["text", "json"])
def test_a_secret_in_a_message_or_a_change_is_masked(name: str) -> None:
    secret = "nvapi-" + "0123456789abcdefABCDEF" * 2
    leaking = job("a/job.json", Status.MANUAL, image=f"x:{secret}", message=f"says {secret}", trace=(secret,))
    finding = Finding(rule="r", severity=Severity.INFO, place=Place("a/job.json"), message=secret)
    change = Change(
        path="a/job.json", before=f'"password": "{secret}"\n'.encode(), edits=(Edit(0, 0, b"1\n"),)
    )
    shown = plan(recipe("a", leaking, findings=(finding,)), changes=(change,))
    report = render(name, shown, View(detail=Detail.VERBOSE))
    assert secret not in report
    assert "***" in report


def test_what_is_printable_stays_as_it_is() -> None:
    assert printable("naïve 日本 [x] <a> -> 'b'") == "naïve 日本 [x] <a> -> 'b'"


def test_a_byte_of_a_file_name_that_is_no_utf_8_is_shown_as_that_byte() -> None:
    assert printable("caf\udce9\n\x1b\u202e") == "caf\\xe9\\n\\x1b\\u202e"


@pytest.mark.parametrize("name", list(FORMATS))
def test_the_order_of_the_plan_does_not_show(name: str) -> None:
    turned = replace(
        WHOLE,
        recipes=tuple(replace(found, jobs=found.jobs[::-1]) for found in WHOLE.recipes[::-1]),
    )
    assert render(name, turned, View()) == render(name, WHOLE, View())


def test_a_finding_is_told_once_in_a_recipe() -> None:
    again = replace(MIGRATE.findings[0], place=MIGRATE.jobs[1].place)
    shown = text(plan(replace(MIGRATE, findings=(*MIGRATE.findings, again))))
    assert shown.count("is not documented, so a") == 1
    assert shown.count("    warning   python-unknown, as above\n") == 1


def test_a_finding_apart_from_the_jobs_has_its_place() -> None:
    found = replace(MIGRATE.findings[0], place=Place("utilities/config.py", -1, 12))
    assert "  utilities/config.py line 12\n    warning   python-" in text(
        plan(replace(MIGRATE, findings=(found,)))
    )


def test_unknown_facts_are_null_in_json_and_said_in_text() -> None:
    shown = plan(recipe("a", job("a/x.py", Status.MANUAL, framework=None, node_count=None, image=None)))
    found = json.loads(render("json", shown, View()))["recipes"][0]["jobs"][0]
    assert (found["framework"], found["node_count"], found["image"]) == (None, None, None)
    assert "x.py line 1  framework not known, node count not known\n    manual    no image known\n" in text(
        shown
    )


@given(
    strategies.text(strategies.characters(categories=None), max_size=20),
    strategies.sampled_from(list(FORMATS)),
)
@settings(deadline=None)
def test_any_text_makes_a_report_in_utf_8(words: str, name: str) -> None:
    shown = plan(recipe(words, job(f"{words}/x", Status.MANUAL, image=words, message=words)), root=words)
    report = render(name, shown, View(detail=Detail.VERBOSE))
    report.encode()
    assert report.endswith("\n")
    if name == "json":
        json.loads(report)

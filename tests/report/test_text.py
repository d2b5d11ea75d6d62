from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies

from codemods.syntax.edits import Edit
from migrator.catalogue import RULES
from migrator.model import (
    Blank,
    Change,
    Finding,
    NextStep,
    Place,
    Plan,
    Severity,
    Status,
)
from migrator.report import FORMATS, Detail, View, printable, render
from tests.plans import BLOCKED, EMPTY, MIGRATE, WHOLE, job, plan, recipe

GOLDEN = """\
TensorFlow/Digits/job.json
@@ -1,4 +1,4 @@
 {
-  "image": "tensorflow/tensorflow:1.8.0-gpu",
+  "image": "nvcr.io/nvidia/tensorflow:18.07-py2",
-  "nodeCount": 1
+  "nodeCount": 2
 }

blocked  cntk-distributed: CNTK jobs on several nodes do not run in the images
         of the registry
         https://example.com/limits
    CNTK/Two-Nodes/job.json:37
      2 nodes, microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0

BLOCKED 1
  CNTK/Two-Nodes  cntk-distributed
MIGRATE 1
  TensorFlow/Digits  tensorflow:18.07-py2  [1]
MIGRATED 1
  Caffe/Ready  caffe:17.12
Notes    [1] 1 python-unknown
         Batch AI ended in March 2019: `ngc-migrate explain batch-ai-retired`
Next     1 Get an API key: Sign up, then copy it.
           export NGC_API_KEY=...
Files    7 seen: 1 changed, 3 unchanged, 2 skipped, 1 blocked
"""
BAD = Finding(
    rule="invalid-json", severity=Severity.ERROR, place=Place("b/job.json", -1, 9), message="It ends."
)


def text(shown: Plan, **view: object) -> str:
    return render("text", shown, View(**view))  # type: ignore[arg-type]


def many(count: int) -> Plan:
    """Return recipes of four statuses, with long names, several targets, and files that failed."""
    kinds = (Status.FAILED, Status.BLOCKED, Status.MANUAL, Status.MIGRATE)
    recipes = [
        recipe(
            path := f"Some-Framework/Some-Recipe-With-A-Name-{number:03}",
            job(
                f"{path}/job.json",
                kinds[number % 4],
                target=f"nvcr.io/nvidia/tensorflow:18.{number % 12:02}",
                rule=f"a-rule-{number % 20}",
                message=f"message {number}",
            ),
        )
        for number in range(count)
    ]
    return plan(*recipes, next_steps=WHOLE.next_steps)


def test_a_plan_without_recipes_is_only_sums() -> None:
    assert text(EMPTY) == "Files    0 seen\n"


def test_the_text_report_reads_like_this() -> None:
    assert text(WHOLE) == GOLDEN


def test_a_quiet_report_goes_from_the_overview_to_the_end() -> None:
    assert text(WHOLE, detail=Detail.QUIET) == GOLDEN[GOLDEN.index("BLOCKED 1") :]


def test_a_report_without_diffs_begins_with_what_needs_a_person() -> None:
    assert text(WHOLE, has_diffs=False) == GOLDEN[GOLDEN.index("blocked  ") :]


def test_paths_lead_from_where_the_reader_stands() -> None:
    found = replace(MIGRATE.findings[0], message="TensorFlow/Digits/job.json has it. So has other/job.json.")
    shown = text(plan(replace(MIGRATE, findings=(found,))), prefix="../r/", detail=Detail.VERBOSE)
    assert "  ../r/TensorFlow/Digits  tensorflow:18.07-py2  [1]\n" in shown
    assert "    ../r/TensorFlow/Digits/job.json:2\n" in shown
    assert "../r/TensorFlow/Digits/job.json has it. So has\n         other/job.json." in shown
    assert "\n  recipes/a/b  " in text(plan(recipe("b", *MIGRATE.jobs)), prefix="recipes/a/")


def test_a_recipe_with_jobs_of_two_statuses_tells_both() -> None:
    shown = text(plan(replace(MIGRATE, jobs=(*MIGRATE.jobs, *BLOCKED.jobs))))
    assert "BLOCKED 1\n  TensorFlow/Digits  cntk-distributed, 2 migrate  [1]\n" in shown


@pytest.mark.parametrize(("count", "most"), [(20, 40), (500, 80)])
def test_the_overview_to_the_end_fits_a_screen(count: int, most: int) -> None:
    shown = text(many(count), detail=Detail.QUIET)
    assert shown.startswith("FAILED")
    assert len(shown.splitlines()) + 2 <= most
    assert max(map(len, shown.splitlines())) <= 80


def test_equal_rows_are_folded_where_there_are_many() -> None:
    equal = [recipe(f"r{number:02}", job(f"r{number:02}/a", Status.MIGRATED)) for number in range(31)]
    folded = text(plan(*equal))
    assert "MIGRATED 31\n  r00 and 30 more  tensorflow:1.8.0-gpu\nNotes" in folded
    assert text(plan(*equal), detail=Detail.VERBOSE).count("  tensorflow:1.8.0-gpu\n") == 31
    assert text(plan(*equal[1:])).count("  tensorflow:1.8.0-gpu\n") == 30


def test_the_count_of_folded_recipes_stands_with_a_path_that_fills_the_line_on_the_next() -> None:
    names = [f"{'long-' * 12}{number:02}" for number in range(31)]
    shown = text(plan(*(recipe(name, job(f"{name}/a", Status.MIGRATED)) for name in names)))
    assert f"MIGRATED 31\n  {names[0]}\n      and 30 more tensorflow:1.8.0-gpu\n" in shown


def test_a_message_that_several_places_share_is_told_once() -> None:
    again = replace(BLOCKED.jobs[0], place=Place("CNTK/Two-Nodes/other.json"))
    shown = text(plan(replace(BLOCKED, jobs=(*BLOCKED.jobs, again))))
    assert shown.count("do not run in the images") == 1
    assert "    CNTK/Two-Nodes/job.json:37\n" in shown
    assert "    CNTK/Two-Nodes/other.json:1\n" in shown


def test_what_was_not_understood_comes_last() -> None:
    shown = text(plan(MIGRATE, recipe("b", findings=(BAD,))))
    assert shown.startswith("FAILED 1\n  b  invalid-json\nMIGRATE 1\n")
    assert shown.endswith("Failed   b/job.json:9: invalid-json: It ends.\n")


def test_many_failures_are_counted_and_told_when_asked_for() -> None:
    bad = [replace(BAD, place=Place(f"b/{number:02}.json")) for number in range(12)]
    shown = plan(recipe("b", findings=tuple(bad)))
    assert text(shown).endswith("b/09.json:1: invalid-json: It ends.\n         and 2 more (-v lists them)\n")
    assert "b/11.json:1: " in text(shown, detail=Detail.VERBOSE).rpartition("Failed")[2]


def test_a_place_to_fill_in_is_named_once() -> None:
    blanks = (Blank(("a/job.json", "b/job.json", "c/other.json"), "the.password"), Blank(("x.json",), "key"))
    shown = plan(MIGRATE, next_steps=(NextStep(title="Put it in", blanks=blanks),))
    assert (
        "Next     1 Put it in\n           2 job.json and 1 more: the.password\n           x.json: key\n"
    ) in text(shown)
    assert "           a/job.json, b/job.json, c/other.json: the.password\n" in text(
        shown, detail=Detail.VERBOSE
    )


def test_a_rule_says_what_to_do_and_a_note_what_it_is() -> None:
    shown = text(plan(BLOCKED, MIGRATE), rules=RULES)
    assert "         To do: Run the job on one node; or name a CNTK image" in shown
    assert "Notes    [1] 1 python-unknown: The Python version may change\n" in shown


def test_traces_and_links_are_told_when_asked_for() -> None:
    shown = text(WHOLE, detail=Detail.VERBOSE)
    assert "      found by: node_count = 2 <- job.json line 30\n" in shown
    assert "https://example.com/python" in shown
    assert "found by" not in text(WHOLE)


def test_what_a_person_must_decide_shows_its_trail() -> None:
    found = job("a/x.py", Status.MANUAL, image=None, trace=("image (line 7)", "the environment (line 3)"))
    shown = text(plan(recipe("a", found)))
    assert "      found by: image (line 7) <- the environment (line 3)\n" in shown


def test_a_written_plan_says_so() -> None:
    assert "MIGRATE 1 (written)\n" in text(WHOLE, is_written=True)


def test_colors_add_nothing_but_color_codes() -> None:
    shown = text(WHOLE, is_colored=True)
    assert "\x1b[32m" in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == GOLDEN


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_only_words_and_commands_that_do_not_fit_go_over_the_edge(width: int) -> None:
    report = text(replace(WHOLE, changes=()), width=width, detail=Detail.VERBOSE)
    long = [line.strip() for line in report.splitlines() if len(line) > width]
    assert all(
        " " not in line or line.startswith(("`ngc", "TensorFlow/Digits/digits.ipynb")) for line in long
    )
    assert "`ngc-migrate explain batch-ai-retired`" in report


def test_a_long_place_breaks_only_before_its_cell() -> None:
    found = recipe("a", job(f"{'a b/' * 19}c.ipynb", Status.MANUAL, cell=12, line=7))
    shown = text(plan(found))
    assert f"\n    {'a b/' * 19}c.ipynb\n      cell 12:7\n      1 node, tensorflow" in shown


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
        next_steps=(
            NextStep(title=HOSTILE, commands=(HOSTILE,), blanks=(Blank((HOSTILE, HOSTILE), HOSTILE),)),
        ),
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


def test_unknown_facts_are_null_in_json_and_said_in_text() -> None:
    shown = plan(recipe("a", job("a/x.py", Status.MANUAL, framework=None, node_count=None, image=None)))
    found = json.loads(render("json", shown, View()))["recipes"][0]["jobs"][0]
    assert (found["framework"], found["node_count"], found["image"]) == (None, None, None)
    assert "    a/x.py:1  node count not known, no image known\n" in text(shown)


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

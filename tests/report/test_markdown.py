from __future__ import annotations

from dataclasses import replace

from codemods.syntax.edits import Edit
from migrator.catalogue import RULES
from migrator.model import Change, Place, Status
from migrator.report import View, render
from tests.plans import BLOCKED, WHOLE, job, plan, recipe

VIEW = View(prefix="recipes/", rules=RULES)


def test_the_overview_comes_first_then_what_is_blocked_folded() -> None:
    report = render("markdown", WHOLE, VIEW)
    lines = report.splitlines()
    assert lines[:3] == ["## ngc-migrate", "", "**1 blocked**, **1 migrate**, **1 migrated**; 7 files seen."]
    assert "| blocked | `recipes/CNTK/Two-Nodes` | cntk-distributed |  |" in lines
    assert "| migrate | `recipes/TensorFlow/Digits` | tensorflow:18.07-py2 | `python-unknown` |" in lines
    assert report.index("<details><summary>blocked cntk-distributed: ") < report.index("```diff\n")
    assert "**To do:** Run the job on one node;" in report


def test_a_report_fits_a_comment() -> None:
    changes = [
        Change(path=f"{n}.json", before=b"", edits=(Edit(0, 0, b"x" * 900 + b"\n"),)) for n in range(99)
    ]
    jobs = [recipe(f"r{n}", job(f"r{n}/a", Status.MANUAL, message="m" * 200)) for n in range(500)]
    report = render("markdown", plan(BLOCKED, *jobs, changes=tuple(changes)), VIEW)
    assert len(report) < 65_000
    assert report.rstrip().endswith("more parts do not fit; `ngc-migrate` shows them all._")
    assert report.count("<details>") == report.count("</details>")


def test_a_message_that_several_places_share_is_told_once() -> None:
    again = replace(BLOCKED.jobs[0], place=Place("CNTK/Two-Nodes/other.json"))
    report = render("markdown", plan(replace(BLOCKED, jobs=(*BLOCKED.jobs, again))), VIEW)
    assert report.count("do not run in the images") == 1
    assert "- `recipes/CNTK/Two-Nodes/other.json:1`, 2 nodes, microsoft/cntk:2.5.1" in report


def test_a_part_that_does_not_fit_leaves_room_for_what_follows() -> None:
    jobs = (job(f"r/{n:04}", Status.MANUAL, message=f"{n}" * 200) for n in range(500))
    report = render("markdown", replace(WHOLE, recipes=(recipe("r", *jobs),)), VIEW)
    assert "**Next steps**" in report
    assert report.rstrip().endswith("_1 more parts do not fit; `ngc-migrate` shows them all._")


def test_what_a_file_says_is_no_markup() -> None:
    found = replace(BLOCKED.jobs[0], message="<img src=x> [a](b) `c` @team | *d*", trace=())
    report = render("markdown", plan(recipe("a`|b", found)), VIEW)
    assert "&#60;img src=x&#62; &#91;a&#93;(b) &#96;c&#96; &#64;team &#124; &#42;d&#42;" in report
    assert "| <code>recipes/a&#96;&#124;b</code> |" in report


def test_a_diff_does_not_end_its_fence() -> None:
    change = Change(path="a.md", before=b"", edits=(Edit(0, 0, b"```\n````\n"),))
    assert "\n`````diff\n" in render("markdown", plan(changes=(change,)), VIEW)

from __future__ import annotations

from dataclasses import replace

from migrator.catalogue import RULES
from migrator.model import Place
from migrator.report import View, render
from tests.plans import BLOCKED, EMPTY, WHOLE, plan, recipe


def test_every_open_place_is_an_annotation_worst_first() -> None:
    lines = render("github", WHOLE, View(prefix="recipes/", rules=RULES)).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::warning", "::warning", "::notice", "::notice"]
    assert lines[0].startswith(
        "::warning file=recipes/CNTK/Two-Nodes/job.json,line=37,title=ngc-migrate%3A cntk-distributed::CNTK"
    )
    assert "(To do: Run the job on one node;" in lines[0]


def test_a_line_of_a_cell_is_not_taken_for_a_line_of_the_file() -> None:
    lines = render("github", WHOLE, View()).splitlines()
    assert (
        "::notice file=TensorFlow/Digits/digits.ipynb,title=ngc-migrate%3A ngc-image::cell 7 line 3: "
        in (lines[2])
    )


def test_what_ends_a_command_or_a_property_is_escaped() -> None:
    found = replace(BLOCKED.jobs[0], place=Place("a,b:c%.json"), message="50%\n::error::")
    shown = render("github", plan(recipe("a", found)), View())
    assert shown.startswith("::warning file=a%2Cb%3Ac%25.json,line=1,")
    assert shown.endswith("::50%25\\n::error::\n")


def test_nothing_to_do_is_said() -> None:
    assert render("github", EMPTY, View()) == "::notice::Nothing is left to do.\n"

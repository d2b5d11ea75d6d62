from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from migrator.catalogue.rules import RULES
from migrator.decide.suppressions import Ledger, rule_fault
from migrator.model import Finding, Job, Place, Severity, Status
from migrator.understand.jobs.find import find_model_jobs
from migrator.understand.jobs.python import lines_of
from migrator.understand.python.module import PythonModule
from migrator.understand.python.modules import Modules
from migrator.understand.texts.notebook import Notebook, read_notebook
from migrator.understand.texts.suppressions import LineRange, Suppression, gather, lines_at
from tests.reading import module_of, notebook_bytes, notebook_of, script
from tests.trees import tree_of

PATH = "recipe/job.py"
CELLS = "recipe/notebook.ipynb"
IGNORE = "# ngc-migrate: ignore[ngc-image] kept for the paper"


def in_script(source: str) -> list[Suppression]:
    return list(gather(script(source)))


def in_cells(*cells: str) -> list[Suppression]:
    text = read_notebook(CELLS, notebook_bytes(*cells))
    assert isinstance(text, Notebook), text
    return list(gather(text))


def job(rule: str = "ngc-image", place: Place | None = None, status: Status = Status.MIGRATE) -> Job:
    return Job(
        place=place or Place(PATH, line=2),
        framework=None,
        node_count=1,
        image="example/a:1",
        target="nvcr.io/nvidia/caffe:17.12",
        status=status,
        rule=rule,
        message="It can be rewritten.",
        url="https://example.org",
        trace=("a step",),
    )


def finding(rule: str = "python-unknown", place: Place | None = None) -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, place=place or Place(PATH, line=2), message="It is.")


def quiet(
    ledger: Ledger, one: Job, findings: Sequence[Finding] = (), lines: tuple[LineRange, ...] = ()
) -> tuple[Job, tuple[Finding, ...], frozenset[Suppression]]:
    """Return what is left of one job and of what is told of it, and what matched."""
    (left,), kept, used = ledger.quiet([(one, (*lines, lines_at(one.place)), findings)])
    return left, kept, used


def told(ledger: Ledger, used: frozenset[Suppression] = frozenset()) -> list[tuple[str, str]]:
    return [(one.rule, str(one.place)) for one in ledger.complaints(used)]


def test_an_empty_ledger_leaves_everything_and_complains_of_nothing() -> None:
    ledger = Ledger(())
    assert quiet(ledger, job(), [finding()]) == (job(), (finding(),), frozenset())
    assert ledger.quiet((), [finding()]) == ((), (finding(),), frozenset())
    assert ledger.complaints(()) == ()


JOBS = """\
import azure.mgmt.batchai.models as models

IMAGE = 'tensorflow/tensorflow:1.8.0-gpu'
registry = models.ImageSourceRegistry(
    image=IMAGE)
parameters = send(
    models.JobCreateParameters(
        node_count=1,
        container_settings=models.ContainerSettings(image_source_registry=registry)
    ),
)
"""
TWO = """\
import azure.mgmt.batchai.models as models

both = [
    models.JobCreateParameters(node_count=1),
    models.JobCreateParameters(
        node_count=2),
]
"""


def where(module: PythonModule) -> list[tuple[LineRange, ...]]:
    jobs = find_model_jobs(module)
    return [lines_of(jobs)[each] for each in jobs]


def test_a_job_stands_on_the_statements_that_make_it() -> None:
    (lines,) = where(module_of(JOBS))
    assert set(lines) == {LineRange(PATH, -1, 6, 11), LineRange(PATH, -1, 4, 5), LineRange(PATH, -1, 3, 3)}


def test_a_job_of_a_notebook_stands_in_cells() -> None:
    head, tail = JOBS.split("parameters", 1)
    (lines,) = where(notebook_of(head, f"parameters{tail}"))
    assert set(lines) == {LineRange(CELLS, 1, 1, 6), LineRange(CELLS, 0, 4, 5), LineRange(CELLS, 0, 3, 3)}


def test_a_job_stands_in_the_files_that_spell_its_image(tmp_path: Path) -> None:
    submit = JOBS.replace("IMAGE = 'tensorflow/tensorflow:1.8.0-gpu'\n", "from names import IMAGE\n")
    names = "#\nIMAGE = (\n    'tensorflow/tensorflow:1.8.0-gpu')\n"
    modules = Modules(tree_of(tmp_path, {"names.py": names, "submit.py": submit}))
    module = modules.parsed("submit.py")[0].module
    assert isinstance(module, PythonModule)
    (lines,) = where(module)
    assert set(lines) == {
        LineRange("submit.py", -1, 6, 11),
        LineRange("submit.py", -1, 4, 5),
        LineRange("names.py", -1, 2, 3),
    }


def test_what_is_told_of_a_job_is_suppressed_on_all_its_lines() -> None:
    ledger = Ledger(in_script("x = f(\n    1)  # ngc-migrate: ignore[python-unknown] pure C\n"))
    first = finding(place=Place(PATH, line=1))
    assert ledger.quiet((), [first])[1] == (first,)
    there = job("other", first.place), (LineRange(PATH, -1, 1, 2),), ()
    assert ledger.quiet([there], [first])[1] == ()


def test_jobs_in_one_statement_stand_on_their_own_lines() -> None:
    assert where(module_of(TWO)) == [(LineRange(PATH, -1, 4, 4),), (LineRange(PATH, -1, 5, 6),)]


def test_a_job_in_a_compound_statement_stands_on_its_own_lines() -> None:
    source = (
        "import azure.mgmt.batchai.models as m\nfor job in (\n    m.JobCreateParameters(),\n):\n    pass\n"
    )
    assert where(module_of(source)) == [(LineRange(PATH, -1, 3, 3),)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("IMAGE = 'tensorflow/tensorflow:1.8.0-gpu'", f"IMAGE = 'tensorflow/tensorflow:1.8.0-gpu'  {IGNORE}"),
        ("image=IMAGE)", f"image=IMAGE)  {IGNORE}"),
        ("        node_count=1,", f"        node_count=1,  {IGNORE}"),
        ("        node_count=1,", f"        {IGNORE}\n        node_count=1,"),
        ("    ),\n)", f"    ),\n)  {IGNORE}"),
        ("parameters =", f"{IGNORE}\nparameters ="),
    ],
)
def test_a_comment_on_any_line_of_a_job_suppresses_it(before: str, after: str) -> None:
    assert JOBS.count(before) == 1
    module = module_of(JOBS.replace(before, after))
    (found,) = find_model_jobs(module)
    ledger = Ledger(gather(module.text))
    left, _, _ = quiet(ledger, job(place=found.facts.place), (), lines_of((found,))[found])
    assert left.rule == "suppressed"


def test_a_comment_elsewhere_suppresses_nothing() -> None:
    module = module_of(f"import os  {IGNORE}\n{JOBS}")
    (found,) = find_model_jobs(module)
    ledger = Ledger(gather(module.text))
    left, _, used = quiet(ledger, job(place=found.facts.place), (), lines_of((found,))[found])
    assert (left.rule, used) == ("ngc-image", frozenset())


def test_a_comment_between_two_jobs_of_a_statement_counts_for_the_one_below() -> None:
    source = TWO.replace(
        "    models.JobCreateParameters(\n", f"    {IGNORE}\n    models.JobCreateParameters(\n"
    )
    module = module_of(source)
    jobs = find_model_jobs(module)
    ledger = Ledger(gather(module.text))
    statuses = [
        quiet(ledger, job(place=each.facts.place), (), lines_of(jobs)[each])[0].status for each in jobs
    ]
    assert statuses == [Status.MIGRATE, Status.SKIPPED]


def test_a_suppressed_job_is_skipped_and_tells_rule_and_reason() -> None:
    (one,) = in_script(f"\nx = 1  {IGNORE}\n")
    left, kept, used = quiet(Ledger([one]), job(), [finding()])
    assert (left.status, left.rule, left.target) == (Status.SKIPPED, "suppressed", None)
    assert "ngc-image" in left.message
    assert "kept for the paper" in left.message
    assert (left.image, left.url, left.trace) == ("example/a:1", "", ())
    assert kept == ()
    assert used == {one}


def test_a_suppressed_finding_goes_and_its_job_stays() -> None:
    ledger = Ledger(in_script("\nx = 1  # ngc-migrate: ignore[python-unknown] pure C\n"))
    other = finding("framework-version-unknown")
    left, kept, used = quiet(ledger, job(), [finding(), other])
    assert (left, kept, len(used)) == (job(), (other,), 1)
    assert ledger.quiet((), [finding(), other])[1:] == ((other,), used)


def test_a_finding_on_another_line_cell_or_path_stays() -> None:
    ledger = Ledger(in_script("\nx = 1  # ngc-migrate: ignore[python-unknown] pure C\n"))
    others = (Place(PATH, line=3), Place(PATH, cell=0, line=2), Place("other.py", line=2))
    assert ledger.quiet((), [finding(place=place) for place in others])[2] == frozenset()


def test_a_finding_of_a_suppressed_job_counts_as_a_match_of_its_own_suppression() -> None:
    comment = "# ngc-migrate: ignore[ngc-image,python-unknown] kept"
    ledger = Ledger(in_script(f"\nx = 1  {comment}\n"))
    assert told(ledger, quiet(ledger, job(), [finding()])[2]) == []


def test_what_is_told_of_suppressions_cannot_be_suppressed() -> None:
    ledger = Ledger(in_script("\nx = 1  # ngc-migrate: ignore[suppression-unused,suppressed] hush\n"))
    _, kept, used = ledger.quiet((), [finding("suppression-unused")])
    assert (len(kept), used) == (1, frozenset())
    assert [rule for rule, _ in told(ledger)] == ["suppression-unknown-rule"] * 2


def test_a_suppression_without_a_reason_does_not_count_and_is_told() -> None:
    ledger = Ledger(in_script("\nx = 1  # ngc-migrate: ignore[ngc-image]\n"))
    left, _, used = quiet(ledger, job())
    assert left == job()
    assert told(ledger, used) == [("suppression-without-reason", f"{PATH}:2")]


def test_a_suppression_that_matches_nothing_is_told_where_it_stands() -> None:
    assert told(Ledger(in_cells("x = 1", f"y = 2  {IGNORE}"))) == [
        ("suppression-unused", f"{CELLS} cell 1:1")
    ]


@pytest.mark.parametrize(
    ("brackets", "says"),
    [("[ngc-imag]", "did you mean ngc-image?"), ("[zzz]", "'zzz'"), ("", "names no rule")],
)
def test_an_unknown_rule_is_told(brackets: str, says: str) -> None:
    (told_of,) = Ledger(in_script(f"x = 1  # ngc-migrate: ignore{brackets} why\n")).complaints(())
    assert told_of.rule == "suppression-unknown-rule"
    assert says in told_of.message


def test_all_rules_but_those_of_suppressions_are_known() -> None:
    faulty = {name for name in RULES if rule_fault(name)}
    assert faulty == {name for name in RULES if name.startswith("suppress")}


def test_globs_are_matched_as_in_gitignore() -> None:
    ledger = Ledger((), {"ngc-image": ("old/**", "!old/live/**", "attic/", "*.txt")})
    skipped = {
        path: quiet(ledger, job(place=Place(path)))[0].status is Status.SKIPPED
        for path in ("old/a/job.json", "old/live/job.json", "x/attic/job.json", "job.json")
    }
    assert list(skipped.values()) == [True, False, True, False]


def test_a_glob_that_matches_nothing_is_told_and_the_others_are_not() -> None:
    ledger = Ledger((), {"ngc-image": ("old/**", "!old/live/**", "attic/")})
    left, _, used = quiet(ledger, job(place=Place("old/job.json")))
    (unused,) = ledger.complaints(used)
    assert (unused.rule, unused.place) == ("suppression-unused", Place("pyproject.toml"))
    assert "'attic/'" in unused.message
    assert "ngc-image" in unused.message
    assert "old/**" in left.message


def test_a_glob_counts_for_its_rule_only() -> None:
    ledger = Ledger((), {"cpu-image": ("**",)})
    assert quiet(ledger, job())[0] == job()


def test_a_comment_gives_the_reason_where_a_glob_matches_too() -> None:
    ledger = Ledger(in_script(f"\nx = 1  {IGNORE}\n"), {"ngc-image": ("recipe/",)})
    left, _, used = quiet(ledger, job())
    assert "kept for the paper" in left.message
    assert told(ledger, used) == []

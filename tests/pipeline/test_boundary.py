"""A defect of the program, or a file that cannot be read, fails that file and holds its recipe back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrator.model import Status
from migrator.options import Options
from migrator.pipeline import outcome, plan, recipe, share
from migrator.understand import Facts, Reading, with_jobs
from migrator.understand.jobs import JobSpec, PythonJob
from migrator.understand.texts import LineRange
from tests.trees import FULL_LOADER, MODELS, after, changed, findings, job, job_spec, jobs, planned, tree_of

PUBLIC = {"image": "tensorflow/tensorflow:1.8.0-gpu"}
FILES: dict[str, str | bytes] = {
    "a/bad.py": MODELS + job(),
    "a/blocked.py": MODELS + job(image="'me/own:1'"),
    "a/job.json": job_spec(PUBLIC),
    "b/job.json": job_spec(PUBLIC),
}
HELD = {
    "a/bad.py": (Status.FAILED, "internal-error"),
    "a/blocked.py": (Status.MANUAL, "custom-image"),
    "a/job.json": (Status.FAILED, "recipe-incomplete"),
    "b/job.json": (Status.MIGRATE, "ngc-image"),
}


def test_a_defect_while_deciding_fails_its_file_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(
        understood: Facts | JobSpec | PythonJob, look: outcome.Look, lines: tuple[LineRange, ...] = ()
    ) -> outcome.Outcome:
        facts = understood if isinstance(understood, Facts) else understood.facts
        if facts.place.path == "a/bad.py":
            raise KeyError("secret")
        return outcome.outcome_of(understood, look, lines)

    monkeypatch.setattr(recipe, "outcome_of", broken)
    found = plan(tree_of(tmp_path, FILES), Options())
    assert {each.place.path: (each.status, each.rule) for each in jobs(found)} == HELD
    assert changed(found) == ["b/job.json"]
    (told,) = [each.message for each in jobs(found) if each.rule == "internal-error"]
    assert "KeyError in test_boundary.py:" in told
    assert "secret" not in told


def test_a_defect_while_reading_fails_its_file_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(reading: Reading) -> Reading:
        if reading.path == "a/bad.py":
            raise RecursionError
        return with_jobs(reading)

    monkeypatch.setattr(share, "with_jobs", broken)
    found = plan(tree_of(tmp_path, FILES), Options())
    assert {each.place.path: (each.status, each.rule) for each in jobs(found)} == HELD


@pytest.mark.parametrize(
    "broken",
    [
        {"a.py": "from batchai import JobCreateParameters("},
        {"a.json": '{"containerSettings": '},
        {"a.py": b"# coding: latin-1\nimport batchai\nJobCreateParameters()"},
    ],
)
def test_a_recipe_with_a_file_that_cannot_be_read_is_not_written(
    tmp_path: Path, broken: dict[str, str | bytes]
) -> None:
    found = planned(tmp_path, {**broken, "job.json": job_spec(PUBLIC), "other/job.json": job_spec(PUBLIC)})
    assert changed(found) == ["other/job.json"]
    assert "recipe-incomplete" in {each.rule for each in jobs(found)}


def test_a_failed_file_that_the_user_wants_to_hear_nothing_of_holds_nothing_back(tmp_path: Path) -> None:
    files = {"a.py": "JobCreateParameters(batchai", "job.json": job_spec(PUBLIC)}
    found = planned(tmp_path, files, Options(ignore={"syntax-error": ("a.py",)}))
    assert changed(found) == ["job.json"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("properties.update(nodeCount=2)", Status.MANUAL),
        ("properties.update({'nodeCount': 2})", Status.MANUAL),
        ("properties.setdefault('nodeCount', 2)", Status.MANUAL),
        ("properties.update({'name': 'x'})", Status.BLOCKED),
        ("properties.setdefault('name', 'x')", Status.BLOCKED),
    ],
)
def test_what_a_method_puts_into_a_spec_counts(tmp_path: Path, change: str, status: Status) -> None:
    image = "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0"
    script = (
        "import json, batchai\nproperties = {'nodeCount': 3, 'cntkSettings': {}, "
        f"'containerSettings': {{'imageSourceRegistry': {{'image': '{image}'}}}}}}\n"
        f"{change}\njson.dump({{'properties': properties}}, open('job.json', 'w'))\n"
    )
    assert {each.status for each in jobs(planned(tmp_path, {"write.py": script}))} == {status}


@pytest.mark.parametrize("name", ["configuration.json", "configuration.json.template"])
@pytest.mark.parametrize(
    "made", ["Configuration('configuration.json')", "json.load(open('configuration.json'))"]
)
def test_a_broken_configuration_is_told_as_long_as_a_migrated_job_reads_it(
    tmp_path: Path, name: str, made: str
) -> None:
    keys = {"user": "$oauthtoken", "password": "<Your API Key>"}
    files: dict[str, str | bytes] = {
        "config.py": FULL_LOADER,
        "configuration.json": json.dumps({"container_registry": keys}),
        "submit.py": f"import json\nfrom config import Configuration\ncfg = {made}\n{MODELS}{job()}",
    }
    first = planned(tmp_path / "first", files)
    files["submit.py"] = after(first, "submit.py")
    again = planned(tmp_path / "again", {**files, name: "{"})
    assert [each.status for each in jobs(again)] == [Status.MIGRATED]
    assert [each.place.path for each in findings(again, "invalid-json")] == [name]
    assert again.files.failed == 1

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.model import CredentialsMode, Severity, Status
from migrator.options import Options
from migrator.pipeline import plan, run, share
from tests.trees import (
    CONFIGURATION,
    FULL_LOADER,
    LOADER,
    MODELS,
    TARGET,
    after,
    changed,
    findings,
    job,
    job_spec,
    jobs,
    migrated,
    notebook,
    planned,
    the_job,
    tree_of,
)

KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
MODES = pytest.mark.parametrize("options", [Options(), KEY_VAULT], ids=["api-key", "key-vault"])
IMPORT = "from config import Configuration\n"
LOAD = "cfg = Configuration('configuration.json')\n"
SUBMIT = IMPORT + MODELS + LOAD + job("cfg.location")
PUBLIC = {"image": "tensorflow/tensorflow:1.8.0-gpu"}
CNTK = "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0"
CNTK_JOB = job(image=f"'{CNTK}'", nodes="2", toolkit="cntk_settings=models.CNTKsettings()")
BASE = {"config.py": LOADER, "configuration.json": CONFIGURATION, "submit.py": SUBMIT}

TREES: dict[str, dict[str, str | bytes]] = {
    "script": {"a/submit.py": MODELS + job()},
    "loader": dict(BASE),
    "same script": {"configuration.json": CONFIGURATION, "submit.py": LOADER + MODELS + LOAD + job()},
    "same notebook": {
        "c.json": "{}",
        "run.ipynb": notebook(LOADER, MODELS, "cfg = Configuration('c.json')\n", job()),
    },
    "dictionary": {
        "configuration.json": "{}",
        "s.py": f"import json\n{MODELS}cfg = json.load(open('configuration.json'))\n{job()}",
    },
    "job spec": {"job.json": job_spec(PUBLIC)},
    "two of one loader": {**BASE, "b/other.py": SUBMIT.replace("'conf", "'../conf"), "more.py": SUBMIT},
    "several jobs": {"s.py": MODELS + job() + job(name="second") + job_spec({}).join(['x = """', '"""\n'])},
    "nvcr.io": {"s.py": MODELS + job(image=f"'{TARGET}'"), "job.json": job_spec({"image": TARGET})},
    "template": {**BASE, "configuration.json.template": CONFIGURATION},
}


@pytest.mark.parametrize("content", ["", "print(1)\n", MODELS, "import batchai\n", "not python ("])
def test_a_tree_without_jobs_gives_an_empty_plan(tmp_path: Path, content: str) -> None:
    found = planned(tmp_path, {"a.py": content, "b.txt": "JobCreateParameters"})
    assert (found.recipes, found.changes, found.next_steps) == ((), (), ())


def test_an_empty_folder_gives_an_empty_plan(tmp_path: Path) -> None:
    found = planned(tmp_path, {})
    assert (found.recipes, found.changes, found.files.seen) == ((), (), 0)


@MODES
@pytest.mark.parametrize("name", TREES)
def test_a_plan_writes_nothing_and_its_result_needs_nothing(
    tmp_path: Path, name: str, options: Options
) -> None:
    files = TREES[name]
    found = planned(tmp_path / "before", files, options)
    assert {path: (tmp_path / "before" / path).read_bytes() for path in files} == {
        path: content.encode() if isinstance(content, str) else content for path, content in files.items()
    }
    assert found.changes
    migrated(tmp_path / "after", files, found)
    again = plan(tree_of(tmp_path / "after", {}), options)
    assert again.changes == ()
    assert {each.status for each in jobs(again)} <= {Status.MIGRATED, Status.SKIPPED, Status.MANUAL}


@MODES
@pytest.mark.parametrize("name", TREES)
def test_the_counts_of_files_add_up_to_the_files_there_are(
    tmp_path: Path, name: str, options: Options
) -> None:
    found = planned(tmp_path, TREES[name], options)
    assert found.files.seen == len(TREES[name])
    assert found.files.changed == len(found.changes)


@MODES
def test_a_recipe_with_what_it_needs_is_changed_whole(tmp_path: Path, options: Options) -> None:
    found = planned(tmp_path, BASE, options)
    assert changed(found) == ["config.py", "configuration.json", "submit.py"]
    assert (the_job(found).status, the_job(found).target) == (Status.MIGRATE, TARGET)


def test_an_absent_configuration_holds_nothing_back(tmp_path: Path) -> None:
    found = planned(tmp_path, {"config.py": LOADER, "submit.py": SUBMIT})
    assert (the_job(found).status, changed(found)) == (Status.MIGRATE, ["config.py", "submit.py"])


def test_the_template_of_a_configuration_gains_the_section_as_well(tmp_path: Path) -> None:
    files = {**BASE, "configuration.json.template": CONFIGURATION}
    found = planned(tmp_path, files)
    assert after(found, "configuration.json") == after(found, "configuration.json.template")


def test_a_broken_template_holds_nothing_back_and_is_told(tmp_path: Path) -> None:
    found = planned(tmp_path, {**BASE, "configuration.json.template": "{"})
    assert (the_job(found).status, len(found.changes)) == (Status.MIGRATE, 3)
    (finding,) = findings(found, "invalid-json")
    assert (finding.place.path, finding.severity) == ("configuration.json.template", Severity.ERROR)
    assert found.files.failed == 1


def test_a_template_with_another_registry_is_left_and_told(tmp_path: Path) -> None:
    template = '{"container_registry": {"user": "hopper"}}'
    found = planned(tmp_path, {**BASE, "configuration.json.template": template})
    assert the_job(found).status is Status.MIGRATE
    assert [each.place.path for each in findings(found, "configuration-conflict")] == [
        "configuration.json.template"
    ]


def test_a_broken_configuration_holds_the_whole_recipe_back(tmp_path: Path) -> None:
    files = {**BASE, "configuration.json": "{", "job.json": job_spec(PUBLIC), "free.py": MODELS + job()}
    found = planned(tmp_path, files)
    assert found.changes == ()
    assert {each.status for each in jobs(found)} == {Status.FAILED}
    assert [recipe.status for recipe in found.recipes] == [Status.FAILED]
    (finding,) = findings(found, "invalid-json")
    assert finding.place.path == "configuration.json"


def test_a_broken_configuration_holds_no_other_recipe_back(tmp_path: Path) -> None:
    found = planned(tmp_path, {**BASE, "configuration.json": "{", "other/job.json": job_spec(PUBLIC)})
    assert changed(found) == ["other/job.json"]


def test_a_configuration_of_another_registry_leaves_the_job_to_a_person(tmp_path: Path) -> None:
    files = {**BASE, "configuration.json": '{"container_registry": {"user": "hopper"}}'}
    found = planned(tmp_path, files)
    only = the_job(found)
    assert (only.status, only.rule, only.target) == (Status.MANUAL, "configuration-conflict", None)
    assert "hopper" not in only.message
    assert found.changes == ()


def test_a_git_ignored_configuration_gains_its_section(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = planned(tmp_path, {**BASE, ".gitignore": "configuration.json\n"})
    assert "container_registry" in after(found, "configuration.json")
    assert found.files.seen == len(BASE) + 2


def test_a_configuration_outside_of_the_path_is_not_changed_but_told(tmp_path: Path) -> None:
    script = SUBMIT.replace("'configuration.json'", "'../configuration.json'")
    files = {"configuration.json": CONFIGURATION, "r/config.py": LOADER, "r/submit.py": script}
    found = planned(tmp_path, files, path="r")
    assert changed(found) == ["config.py", "submit.py"]
    (finding,) = findings(found, "configuration-outside")
    assert (finding.severity, finding.place.path) == (Severity.WARNING, "submit.py")
    assert (tmp_path / "configuration.json").read_text() == CONFIGURATION


def test_two_recipes_that_share_a_loader_change_it_once(tmp_path: Path) -> None:
    found = planned(tmp_path, TREES["two of one loader"])
    assert len(jobs(found)) == 3
    assert after(found, "config.py").count("self.container_registry_user = ") == 1
    assert after(found, "configuration.json").count("container_registry") == 1


def test_a_login_that_stands_beside_an_image_of_nvcr_io_stays(tmp_path: Path) -> None:
    login = "models.PrivateRegistryCredentials(username='$oauthtoken', password=KEY)"
    for number, given_login in enumerate((login, "LOGIN")):
        script = f"{MODELS}KEY = input()\nLOGIN = {login}\n" + job(
            image=f"'{TARGET}', credentials={given_login}"
        )
        found = planned(tmp_path / str(number), {"submit.py": script})
        assert the_job(found).status is Status.MIGRATE
        assert findings(found) == []
        text = after(found, "submit.py")
        assert f"credentials={given_login}" in text
        assert "server_url='nvcr.io'" in text
        assert "environ" not in text
        assert found.next_steps == ()


def test_a_login_without_a_secret_beside_an_image_of_nvcr_io_is_replaced(tmp_path: Path) -> None:
    image = f"'{TARGET}', credentials=models.PrivateRegistryCredentials(username='', password='')"
    found = planned(tmp_path, {"submit.py": MODELS + job(image=image)})
    assert "password=os.environ['NGC_API_KEY']" in after(found, "submit.py")


def test_the_users_image_lifts_the_limitation_of_distributed_cntk(tmp_path: Path) -> None:
    options = Options(images={"cntk": "nvcr.io/nvidia/cntk:18.08-py3"})
    found = planned(tmp_path, {"submit.py": MODELS + CNTK_JOB}, options)
    assert (the_job(found).status, the_job(found).target) == (Status.MIGRATE, "nvcr.io/nvidia/cntk:18.08-py3")
    assert len(findings(found, "limitation-lifted")) == 1


@pytest.mark.parametrize(
    "parts",
    [
        {"a.py": MODELS + job(), "b.py": MODELS + CNTK_JOB},
        {"a.py": MODELS + job(), "b.py": MODELS + job(image="input()")},
        {"a.py": MODELS + job(), "b.json": job_spec({**PUBLIC, "credentials": {"username": "me"}})},
        {"a.py": MODELS + job(), "b.json": job_spec({}), "c.py": "JobCreateParameters("},
        {"a.py": MODELS + CNTK_JOB, "b.py": MODELS + job(image="input()")},
    ],
)
def test_the_status_of_a_recipe_is_the_worst_of_its_jobs(
    tmp_path: Path, parts: dict[str, str | bytes]
) -> None:
    (recipe,) = planned(tmp_path, parts).recipes
    found = {each.status for each in recipe.jobs}
    assert recipe.status is next(status for status in Status if status in found)
    assert len(found) > 1


def test_jobs_that_are_blocked_leave_the_others_to_be_migrated(tmp_path: Path) -> None:
    found = planned(tmp_path, {"submit.py": MODELS + job() + CNTK_JOB})
    assert [each.status for each in jobs(found)] == [Status.MIGRATE, Status.BLOCKED]
    assert CNTK in after(found, "submit.py")


EXPRESSIONS = st.sampled_from(
    [
        "cfg",
        "None",
        "input()",
        "'me/own:1'",
        "7",
        "IMAGE",
        "[]",
        "f'{IMAGE}'",
        "cfg.image",
        "lambda: 1",
        "*IMAGE",
    ]
)


@settings(max_examples=40)
@given(image=EXPRESSIONS, nodes=EXPRESSIONS, bound=EXPRESSIONS, location=EXPRESSIONS)
def test_any_expressions_in_a_job_give_one_verdict(
    tmp_path_factory: pytest.TempPathFactory, image: str, nodes: str, bound: str, location: str
) -> None:
    source = "IMAGE = 'tensorflow/tensorflow:1.8.0-gpu'\n" + IMPORT + MODELS + LOAD
    source += f"cfg = {bound}\n" * (not bound.startswith("*")) + job(location, image=image, nodes=nodes)
    found = planned(tmp_path_factory.mktemp("tree"), {"config.py": FULL_LOADER, "submit.py": source})
    assert len(jobs(found)) == 1
    assert found.files.seen == 2


BUILDER = MODELS + "def make(image):\n" + "".join(f"    {line}\n" for line in job(image="image").splitlines())
APART: dict[str, str | bytes] = {
    "a/build.py": BUILDER,
    "b/use.py": "import sys\nsys.path.append('../a')\nfrom build import make\nmake('me/own:1')\n",
    "c/job.json": job_spec(PUBLIC),
    "d/names.py": "import batchai\n# ngc-migrate: ignore[ngc-image] old\nIMAGE = 'bvlc/caffe:gpu'\n",
    "d/e/submit.py": "from names import IMAGE\n" + MODELS + job(image="IMAGE", toolkit="caffe_settings=1"),
}


@pytest.mark.parametrize("name", [*TREES, "apart"])
def test_the_plan_is_the_same_for_any_number_of_processes(tmp_path: Path, name: str) -> None:
    tree = tree_of(tmp_path, APART if name == "apart" else TREES[name])
    assert plan(tree, Options(), 2) == plan(tree, Options(), 5) == plan(tree, Options())


def test_what_other_folders_say_of_a_recipe_counts(tmp_path: Path) -> None:
    found = planned(tmp_path, APART)
    assert {each.place.path: each.rule for each in jobs(found)} == {
        "a/build.py": "custom-image",
        "c/job.json": "ngc-image",
        "d/e/submit.py": "suppressed",
    }


def killed_in_a_worker(*words: Any) -> share.Part:
    if multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return share.plan_share(*words)


def test_a_share_whose_worker_is_killed_is_planned_by_the_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tree_of(tmp_path, APART)
    expected = plan(tree, Options())
    monkeypatch.setattr(run, "plan_share", killed_in_a_worker)
    assert plan(tree, Options(), 3) == expected

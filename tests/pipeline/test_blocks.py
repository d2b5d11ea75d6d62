from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies

from migrator.catalogue import RULES
from migrator.model import Plan, Status
from migrator.options import Options
from migrator.report import FORMATS, View, render
from tests.command import git, run
from tests.trees import (
    CONFIGURATION,
    IMAGE,
    LOADER,
    MODELS,
    TARGET,
    findings,
    job,
    job_spec,
    jobs,
    planned,
    written,
)

DOCS = Options(docs=True)
SPEC = job_spec({"image": IMAGE})
LEFT, FOLLOWS = "documentation-left", "documentation-follows"


def fenced(*texts: str) -> str:
    return "".join(f"```json\n{text}```\n\n" for text in texts)


def after(found: Plan) -> dict[str, str]:
    return {change.path: change.after.decode() for change in found.changes}


def messages(found: Plan, rule: str = LEFT) -> list[str]:
    return [each.message for each in findings(found, rule)]


def test_a_page_without_blocks_says_nothing(tmp_path: Path) -> None:
    found = planned(tmp_path, {"job.json": SPEC, "README.md": f"{SPEC}`imageSourceRegistry`\n"}, DOCS)
    assert list(after(found)) == ["job.json"]
    assert messages(found) == messages(found, FOLLOWS) == []


def test_a_block_repeats_the_job_spec_that_it_repeated(tmp_path: Path) -> None:
    found = planned(tmp_path, {"job.json": SPEC, "README.md": fenced(SPEC)}, DOCS)
    assert after(found)["README.md"] == fenced(after(found)["job.json"])
    assert [change.is_documentation for change in found.changes] == [True, False]
    assert findings(found, "old-image-in-text") == []


def test_without_the_option_each_block_that_would_follow_is_told(tmp_path: Path) -> None:
    files = {"job.json": SPEC, "README.md": fenced(SPEC, "{}\n", SPEC)}
    found = planned(tmp_path, files)
    assert list(after(found)) == ["job.json"]
    assert messages(found, FOLLOWS) == [f"With --docs this block follows: {TARGET}."] * 2
    assert messages(found) == []


def test_documentation_changes_nothing_of_its_recipes(tmp_path: Path) -> None:
    files = {
        "job.json": SPEC,
        "README.md": fenced(SPEC, job_spec({"image": "team/net:3"}), "{imageSourceRegistry\n"),
    }
    with_docs, without = (planned(tmp_path, files, options) for options in (DOCS, Options()))
    assert [jobs(each) for each in (with_docs,)] == [jobs(without)]
    assert [each.status for each in with_docs.recipes] == [Status.MIGRATE]
    assert with_docs.files == replace(without.files, changed=2, unchanged=without.files.unchanged - 1)


def test_what_cannot_follow_says_why_and_stays(tmp_path: Path) -> None:
    blocked = job_spec(
        {"image": "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0"}, nodes=2, toolkit="cntk"
    )
    page = fenced(blocked, job_spec({"image": "team/net:3"}), '{"containerSettings": ...}\n')
    page += f"```python\n{job()}```\n\n```sh\ncat > job.json <<END\n{SPEC}END\n```\n"
    found = planned(tmp_path, {"README.md": page}, DOCS)
    rules = ["cntk-distributed", "custom-image", "invalid-json", "dynamic-container", "syntax-error"]
    assert [each.message.partition("(")[2].partition(")")[0] for each in findings(found, LEFT)] == rules
    assert [each.place.line for each in findings(found, LEFT)] == [10, 26, 34, 38, 48]
    assert (found.changes, found.statuses) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        SPEC.replace('"nodeCount": 1', '"nodeCount": 1, "provisioningState": "succeeded"'),
        SPEC.replace('"nodeCount": 1', '"nodeCount": 1, "jobPreparation": null'),
        '{"containerSettings": {"imageSourceRegistry": {"image": "bvlc/caffe:gpu"}}, "creationTime": "2018"',
        job_spec({"image": "demo.azurecr.io/net:1", "serverUrl": "demo.azurecr.io"}),
        "usage: -f  a file with azure.mgmt.batchai.models.JobCreateParameters\n",
    ],
)
def test_output_and_examples_of_other_registries_stay_without_a_word(tmp_path: Path, text: str) -> None:
    found = planned(tmp_path, {"job.json": SPEC, "README.md": fenced(text)}, DOCS)
    assert list(after(found)) == ["job.json"]
    assert messages(found) == []


def test_a_spec_with_null_that_is_repeated_is_no_output(tmp_path: Path) -> None:
    spec = SPEC.replace('"nodeCount": 1', '"nodeCount": 1, "jobPreparation": null')
    found = planned(tmp_path, {"job.json": spec, "README.md": fenced(spec)}, DOCS)
    assert after(found)["README.md"] == fenced(after(found)["job.json"])


def test_a_block_stays_with_the_spec_that_it_repeats(tmp_path: Path) -> None:
    spec = job_spec({"image": "chainer/chainer:v4.0.0"}, toolkit="chainer")
    script = "import json\nspec = json.load(open('job.json'))\nspec['properties']['nodeCount'] = count\n"
    script += "json.dump(spec, open('job.json', 'w'))\n"
    found = planned(tmp_path, {"job.json": spec, "submit.py": script, "README.md": fenced(spec)}, DOCS)
    assert found.changes == ()
    (message,) = messages(found)
    assert "The file that it repeats becomes something else." in message


def test_a_block_stays_with_the_recipe_that_failed(tmp_path: Path) -> None:
    files = {"job.json": SPEC, "broken.json": '{"containerSettings": ', "README.md": fenced(SPEC)}
    found = planned(tmp_path, files, DOCS)
    assert found.changes == ()
    assert "A file of its recipe failed." in messages(found)[0]


def test_a_loader_is_used_only_where_recipes_use_it(tmp_path: Path) -> None:
    code = f"{MODELS}from loader import Configuration\ncfg = Configuration('configuration.json')\n{job()}"
    page = f"```python\n{code}```\n"
    files = {"README.md": page, "loader.py": LOADER, "configuration.json": CONFIGURATION}
    found = planned(tmp_path, files, DOCS)
    assert found.changes == ()
    assert "It needs a change of configuration.json and loader.py" in messages(found)[0]
    found = planned(tmp_path, {"submit.py": code}, DOCS)
    assert after(found)["README.md"] == f"```python\n{after(found)['submit.py']}```\n"


def test_a_configuration_is_completed_as_the_file_with_these_keys(tmp_path: Path) -> None:
    code = f"{MODELS}from loader import Configuration\ncfg = Configuration('configuration.json')\n{job()}"
    page = fenced(CONFIGURATION, '{"location": "eastus"}\n', '{"container_registry": {"user": ""}}\n')
    files = {"submit.py": code, "loader.py": LOADER, "configuration.json": CONFIGURATION, "README.md": page}
    found = planned(tmp_path, files, DOCS)
    section = '{"container_registry": {"user": "$oauthtoken", "password": "<Your API Key>"}}\n'
    filled = fenced(after(found)["configuration.json"], '{"location": "eastus"}\n', section)
    assert after(found)["README.md"] == filled
    again = planned(tmp_path, {**after(found), "README.md": page}, DOCS)
    assert after(again) == {"README.md": filled}


def test_what_is_no_configuration_stays_beside_one_of_the_section_alone(tmp_path: Path) -> None:
    configuration = '{"container_registry": {"user": "$oauthtoken", "password": "<Your API Key>"}}\n'
    page = "`container_registry`\n\n" + fenced("{}\n", "[]\n", "ls\n")
    found = planned(tmp_path, {"configuration.json": configuration, "README.md": page}, DOCS)
    assert found.changes == ()
    assert messages(found) == messages(found, FOLLOWS) == []


def test_a_glob_of_the_configuration_keeps_a_block(tmp_path: Path) -> None:
    options = Options(docs=True, ignore={"ngc-image": ("README.md",)})
    found = planned(tmp_path, {"job.json": SPEC, "README.md": fenced(SPEC)}, options)
    assert list(after(found)) == ["job.json"]


def test_a_command_that_fetches_the_spec_is_told_with_its_line(tmp_path: Path) -> None:
    page = "# Run\n\n```\nwget -O job.json https://example.com/a/job.json\ncurl https://example.com/a/data.json\n"
    page += "az batchai job create -f job.json\n```\n"
    found = planned(tmp_path, {"job.json": SPEC, "README.md": page})
    assert [each.place.line for each in findings(found, "documentation-download")] == [4]
    assert findings(planned(tmp_path, after(found)), "documentation-download") == []


_PARTS = strategies.sampled_from(
    [
        f"The job runs in {IMAGE}.",
        "- a list\n",
        "```sh\nwget https://example.com/job.json\n```",
        SPEC,
        "> a quote",
        "```json\n{\n```",
        f"~~~\n{SPEC}~~~",
        f"```json\n{SPEC}```",
        "".join(f"   {line}" for line in f"`````\n{SPEC}`````".splitlines(keepends=True)),
        "".join(f"> {line}" for line in f"```json\n{SPEC}```".splitlines(keepends=True)),
    ]
)


@given(strategies.lists(_PARTS, max_size=8), strategies.sampled_from(["\n", "\r\n"]), strategies.booleans())
@settings(max_examples=40, deadline=None)
def test_nothing_outside_of_blocks_changes(parts: list[str], end: str, is_ended: bool) -> None:
    page = ("\n\n".join(parts) + "\n" * is_ended).replace("\n", end)
    with TemporaryDirectory() as folder:
        found = planned(Path(folder), {"job.json": SPEC, "README.md": page.encode()}, DOCS)
    new = next((change.after.decode() for change in found.changes if change.path == "README.md"), page)
    image, target = (json.dumps(each) for each in (IMAGE, TARGET))
    added = (
        '"serverUrl": "nvcr.io"',
        '"credentials": {',
        '"username": "$oauthtoken"',
        '"password": "<Your API Key>"',
    )
    kept = [line.replace(f"{target},", image) for line in new.split(end)]
    for line in page.split(end):
        while kept[0] != line:
            assert any(word in kept[0] for word in added) or kept[0].strip("> ") == "}"
            del kept[0]
        del kept[0]
    assert kept == []


def test_the_command_writes_shows_and_takes_back_what_follows(tmp_path: Path) -> None:
    block = "".join(f"  {line}" for line in SPEC.strip().splitlines(keepends=True))
    page = f"a\n\n- ```\n{block}".replace("\n", "\r\n")
    written(tmp_path, {"job.json": SPEC.replace("\n", "\r\n"), "README.md": page})
    git("init", "-q", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a", cwd=tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in ("job.json", "README.md")}
    patch = run("--diff", "--docs", ".", cwd=tmp_path)
    assert run("apply", "--docs", ".", cwd=tmp_path).returncode == 0
    wanted = {name: (tmp_path / name).read_bytes() for name in before}
    assert all(wanted[name] != before[name] for name in before)
    assert run("--diff", "--docs", ".", cwd=tmp_path).stdout == b""
    assert run("undo", cwd=tmp_path).returncode == 0
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    shutil.rmtree(tmp_path / ".ngc-migrate", ignore_errors=True)
    (tmp_path / "a.patch").write_bytes(patch.stdout)
    git("apply", "a.patch", cwd=tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in before} == wanted


def test_sarif_offers_what_follows_where_nothing_else_changes(tmp_path: Path) -> None:
    found = planned(tmp_path, {"README.md": fenced(SPEC, SPEC)}, DOCS)
    results = json.loads(render("sarif", found, View(rules=RULES)))["runs"][0]["results"]
    assert [(each["ruleId"], "fixes" in each) for each in results] == [(FOLLOWS, True), (FOLLOWS, False)]


def test_json_names_the_kind_of_a_file_that_is_documentation(tmp_path: Path) -> None:
    found = planned(tmp_path, {"job.json": SPEC, "README.md": fenced(SPEC)}, DOCS)
    kinds = {edit["path"]: edit.get("kind") for edit in json.loads(render("json", found, View()))["edits"]}
    assert kinds == {"README.md": "documentation", "job.json": None}


@pytest.mark.parametrize("name", FORMATS)
def test_no_report_shows_a_key_that_stands_beside_what_follows(tmp_path: Path, name: str) -> None:
    spec = SPEC.replace('"nodeCount": 1', '"nodeCount": 1, "accountKey": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"')
    found = planned(tmp_path, {"job.json": SPEC, "README.md": fenced(spec)}, DOCS)
    assert "README.md" in after(found)
    assert "c2VjcmV0" not in render(name, found, View(has_diffs=True, rules=RULES))

"""Every migrated fixture that can run alone runs, with the real SDK and the values that a user fills in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from tests.running import run
from tests.sdk.recipes import API_KEY, FIXTURES, SECRET_URL, USER, VAULT_ID, fill_in
from tests.test_fixtures import copied

VARIABLES = {
    "NGC_API_KEY": API_KEY,
    "NGC_KEY_VAULT_ID": VAULT_ID,
    "NGC_SECRET_URL": SECRET_URL,
    "LOCATION": "northeurope",
}

# What does not run alone, with the reason. Nothing comes here that some way of running it would show.
NOT_ALONE = {
    "broken-template/tide-pools/tide-pools.ipynb": "its only configuration is broken",
    "gpu-of-a-cluster-in-a-bash-cell/run.ipynb": "a name of it is bound nowhere",
    "gpu-of-a-cluster-in-another-cell/run.ipynb": "a name of it is bound nowhere",
    "gpu-of-a-cluster-in-another-module/submit.py": "it asks a model for what only the service knows",
    "ignored-configuration-named-with-backslashes/tide-pools/tide-pools.ipynb": "a path of Windows",
    "job-as-a-dictionary-beside-another-with-its-settings/specs.py": "nothing sends its specs",
    "job-create-parameters-by-module/submit.py": "SDK 7 has no such module",
    "job-spec-written-by-a-cell/lichens.ipynb": "the job is a spec in %%writefile, which IPython runs",
    "jobs-under-if-loop-and-function/submit.py": "one run takes one of the branches",
    "loader-that-reads-other-keys/submit.py": "its configuration lacks what the loader always needed",
    "models-as-tm/submit.py": "SDK 7 has no such module",
    "notebook-with-questions-and-shell-lines/lichens.ipynb": "it reads what a shell command prints",
    "script-written-by-a-cell/lichens.ipynb": "the job is in %%writefile, which IPython runs",
    "settings-by-configparser/submit.py": "its settings.ini is not there",
    "settings-in-a-loop/submit.py": "the folder that it lists is not there",
    "wire-notebook/sdk-7/butterflies.ipynb": "it asks the service first; see tests/sdk/test_wire.py",
    "wire-script/sdk-7/submit.py": "it asks the service first; see tests/sdk/test_wire.py",
}
# LibCST brings PyYAML along, but for Python 3.13 under another name.
if find_spec("yaml") is None:
    NOT_ALONE["settings-by-yaml/submit.py"] = "no module yaml here"


def jobs_of(fixture: str) -> dict[str, Counter[str]]:
    """Return the images of the jobs that migrate, by the Python file that makes them."""
    found: dict[str, Counter[str]] = {}
    for job in json.loads((FIXTURES / fixture / "expected.json").read_bytes())["jobs"]:
        if job["status"] == "migrate" and job["path"].endswith((".py", ".ipynb")):
            found.setdefault(job["path"], Counter())[job["target"]] += 1
    return found


def logs_in(registry: Mapping[str, Any]) -> bool:
    login = registry.get("credentials") or {}
    reference = login.get("passwordSecretReference") or {}
    is_vault = (
        str(reference.get("secretUrl")).startswith("https://") and reference["sourceVault"]["id"][0] == "/"
    )
    has_secret = login.get("password") == API_KEY or is_vault
    return login.get("username") == USER and has_secret and registry.get("serverUrl") == "nvcr.io"


def missing(fixture: str, folder: Path) -> dict[str, str]:
    """Return the files whose jobs did not all get their login, each with the errors of the runs."""
    tree = copied(FIXTURES / fixture, folder / fixture, is_migrated=True)
    for path in (*tree.rglob("*.json"), *tree.rglob("*.template")):
        if b"<" in path.read_bytes():
            fill_in(path, {})
    for path in tree.rglob("*.json.template"):
        if not path.with_suffix("").exists():
            copyfile(path, path.with_suffix(""))
    wanted = jobs_of(fixture)
    # A job that another file asks for is made when that file runs.
    runs = [run(path, VARIABLES) for path in sorted(tree.rglob("*")) if path.suffix in (".py", ".ipynb")]
    made = {path: Counter[str]() for path in wanted}
    for each in (each for ran in runs for each in ran.made if logs_in(each.body)):
        place = Path(each.path).resolve().relative_to(tree.resolve()).as_posix()
        made.setdefault(place, Counter())[each.body["image"]] += 1
    errors = "; ".join(ran.error for ran in runs if ran.error) or "a job is not made"
    return {path: errors for path, images in wanted.items() if not images <= made[path]}


@pytest.mark.parametrize("letters", ["abc", "defghi", "jklmno", "pqrstuvwxyz"])
def test_each_job_of_a_migrated_fixture_gets_its_login_when_it_runs(tmp_path: Path, letters: str) -> None:
    fixtures = sorted(each.name for each in FIXTURES.iterdir() if each.name[0] in letters)
    lacking = {
        f"{name}/{path}": why
        for name in fixtures
        if jobs_of(name)
        for path, why in missing(name, tmp_path).items()
    }
    assert {path: why for path, why in lacking.items() if path not in NOT_ALONE} == {}
    assert lacking.keys() == {path for path in NOT_ALONE if path[0] in letters}


def test_a_login_that_does_not_arrive_is_seen(tmp_path: Path) -> None:
    """Break a migrated fixture in each way that a name may fail, and see that it is told."""
    name = "script-with-loader"
    script = copied(FIXTURES / name, tmp_path / "whole", is_migrated=True) / "submit.py"
    source = script.read_text()
    for broken in (
        source.replace("cfg.container_registry_password", "cfg.no_such_attribute"),
        source.replace("cfg.container_registry_password", "''"),
        source.replace("server_url='nvcr.io',", ""),
    ):
        assert broken != source
        script.write_text(broken)
        assert not any(logs_in(each.body) for each in run(script, VARIABLES).made)

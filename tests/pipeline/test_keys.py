from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrator.model import Plan
from tests.command import git
from tests.trees import CONFIGURATION, MODELS, TARGET, findings, job, job_spec, notebook, planned, written

# Put together here so that no scanner takes the test itself for a leak.
NGC_KEY = "nvapi-" + "Zk3" * 20
STORAGE_KEY = "q1W+e2/R" * 10 + "abcdef=="
LOGIN = f"{TARGET}', credentials=models.PrivateRegistryCredentials(username='$oauthtoken', password="


def tracked(folder: Path, files: dict[str, str | bytes]) -> Plan:
    written(folder, files)
    git("init", "-q", cwd=folder)
    git("add", ".", cwd=folder)
    return planned(folder, {})


def places(found: Plan) -> list[str]:
    return [str(each.place) for each in findings(found, "literal-key")]


@pytest.mark.parametrize(
    ("path", "content", "place"),
    [
        ("s.py", MODELS + job(image=f"'{LOGIN}'0000-visibly-false')"), "s.py:7"),
        ("s.py", f"{MODELS}x = load('{NGC_KEY}')\n{job()}", "s.py:2"),
        ("s.py", f"{MODELS}d['password'] = 'visibly false'\nAPI_KEY: str = 'k3y-{'4f' * 8}'\n", "s.py:3"),
        (
            "run.ipynb",
            notebook("x = 1\n", f"{MODELS}\npassword = '0000-visibly-false'\n"),
            "run.ipynb cell 1:3",
        ),
        ("job.json", job_spec({"image": TARGET, "credentials": {"password": "0000-false"}}), "job.json:11"),
        ("configuration.json", json.dumps({"storage": {"key": STORAGE_KEY}}), "configuration.json:1"),
    ],
)
def test_a_literal_key_in_a_tracked_file_is_told(tmp_path: Path, path: str, content: str, place: str) -> None:
    found = tracked(tmp_path, {path: content})
    assert places(found) == [place]
    (told,) = findings(found, "literal-key")
    assert "visibly" not in told.message


def test_a_key_in_the_text_of_a_notebook_is_told_by_its_cell_and_line(tmp_path: Path) -> None:
    book = json.loads(notebook(MODELS + job()))
    book["cells"].append({"cell_type": "markdown", "metadata": {}, "source": ["one\n", f"NGC_KEY {NGC_KEY}"]})
    assert places(tracked(tmp_path, {"run.ipynb": json.dumps(book)})) == ["run.ipynb cell 1:2"]


@pytest.mark.parametrize(
    "value",
    [
        "'<Your API Key>'",
        "''",
        "None",
        "os.environ['NGC_API_KEY_2']",
        "os.environ.get('NGC_API_KEY_2', '')",
        "getpass.getpass('Password 1: ')",
        "cfg.container_registry_password1",
        "'$NGC_API_KEY_2'",
        "'{password1}'.format(**settings)",
        "f'{password1}'",
        "'password'",
        "'your-password'",
        "'%(password1)s' % settings",
    ],
)
def test_placeholders_words_and_what_is_read_elsewhere_are_no_keys(tmp_path: Path, value: str) -> None:
    login = job(image=f"'{LOGIN}{value})")
    assert places(tracked(tmp_path, {"s.py": f"{MODELS}password = {value}\n{login}"})) == []


def test_a_shared_access_signature_is_no_key(tmp_path: Path) -> None:
    url = (
        "https://a.blob.core.windows.net/data?sv=2017-04-17&sr=c&sig=5UxAYC%2BrBAHdYmDLvHACYl3ZDPmmO51QhN%3D"
    )
    assert places(tracked(tmp_path, {"s.py": f"{MODELS}data = '{url}'\n{job()}"})) == []


def test_outside_of_git_no_key_is_told(tmp_path: Path) -> None:
    assert places(planned(tmp_path, {"s.py": f"{MODELS}password = '0000-visibly-false'\n{job()}"})) == []


def test_a_key_in_a_file_that_git_ignores_or_does_not_know_is_not_told(tmp_path: Path) -> None:
    key = json.dumps({**json.loads(CONFIGURATION), "ngc_password": "0000-visibly-false"})
    found = tracked(tmp_path, {".gitignore": "configuration.json\n", "configuration.json": key})
    assert places(found) == []
    git("rm", "-q", "--cached", ".gitignore", cwd=tmp_path)
    assert places(planned(tmp_path, {"new.py": f"{MODELS}password = '0000-visibly-false'\n{job()}"})) == []


def test_a_suppression_with_a_reason_counts(tmp_path: Path) -> None:
    line = "password = '0000-visibly-false'  # ngc-migrate: ignore[literal-key] of a server that is gone\n"
    found = tracked(tmp_path, {"s.py": MODELS + line + job()})
    assert findings(found, "literal-key") == findings(found, "suppression-unused") == []

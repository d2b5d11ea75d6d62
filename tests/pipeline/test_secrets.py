"""No secret of a scanned tree stands in anything that a plan tells people (the diff is masked elsewhere)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrator.model import CredentialsMode, Plan
from migrator.options import Options
from tests.trees import (
    CONFIGURATION,
    LOADER,
    MODELS,
    TARGET,
    findings,
    job,
    job_spec,
    jobs,
    notebook,
    planned,
)

KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
MODES = pytest.mark.parametrize("options", [Options(), KEY_VAULT], ids=["api-key", "key-vault"])
PUBLIC = {"image": "tensorflow/tensorflow:1.8.0-gpu"}
LOAD = "from config import Configuration\ncfg = Configuration('configuration.json')\n"
BASE = {
    "config.py": LOADER,
    "configuration.json": CONFIGURATION,
    "submit.py": LOAD + MODELS + job("cfg.location"),
}


def told(found: Plan) -> str:
    """Return every text of a plan that is meant for people."""
    texts = [
        text
        for each in jobs(found)
        for text in (each.message, each.url, each.rule, str(each.image), *each.trace)
    ]
    texts += [text for each in findings(found) for text in (each.message, each.url, str(each.place))]
    texts += [text for step in found.next_steps for text in (step.title, *step.commands)]
    return "\n".join(texts)


SECRET = "Zm9vYmFyYmF6cXV4c2VjcmV0"  # noqa: S105
SECRETS = json.dumps(
    {"storage_account": {"name": "a", "key": SECRET}, "client_secret": SECRET, "location": "x"}, indent=2
)
SPEC = json.loads(job_spec(PUBLIC))
SPEC["properties"]["mountVolumes"] = {"azureFileShares": [{"credentials": {"accountKey": SECRET}}]}
WITH_KEY = {"image": TARGET, "credentials": {"username": "$oauthtoken", "password": SECRET}}


@MODES
@pytest.mark.parametrize(
    "files",
    [
        {**BASE, "configuration.json": SECRETS},
        {**BASE, "configuration.json": SECRETS[:-1]},
        {**BASE, "configuration.json": SECRETS + SECRET},
        {**BASE, "configuration.json.template": SECRETS + "}"},
        {**BASE, "configuration.json": json.dumps({"container_registry": {"user": SECRET}})},
        {**BASE, "configuration.json": json.dumps({"container_registry": SECRET})},
        {**BASE, "configuration.json": json.dumps({"container_registry": {"password": [SECRET]}})},
        {**BASE, "configuration.json": json.dumps({"keyvault_id": {SECRET: SECRET}})},
        {"s.py": f"{MODELS}account_key = '{SECRET}'\n{job('account_key')}"},
        {"s.py": f"{MODELS}key = '{SECRET}'\n{job(nodes='key', image='key + key.upper()')}"},
        {"s.py": f"{MODELS}key = '{SECRET}'\n{job(image='connect(key)')}"},
        {"s.py": MODELS + job(image=f"connect('{SECRET}').image")},
        {"s.py": MODELS + job(nodes=f"'{SECRET}'")},
        {"s.py": f"{MODELS}x = models.JobCreateParameters(('{SECRET}'"},
        {"run.ipynb": notebook(MODELS, f"key = '{SECRET}'", f"JobCreateParameters({SECRET}'")},
        {"job.json": json.dumps(SPEC)},
        {"job.json": json.dumps(SPEC)[:-1]},
        {"job.json": job_spec(WITH_KEY), "s.json": job_spec({**WITH_KEY, "serverUrl": "nvcr.io"})},
        {"job.json": job_spec({**WITH_KEY, "image": "tensorflow/tensorflow:1.8.0-gpu"})},
        {"job.json": job_spec({**WITH_KEY, "serverUrl": f"https://me:{SECRET}@example.com"})},
        {"job.json": job_spec({"image": TARGET, "credentials": {"pass": SECRET}})},
        {"s.py": MODELS + job(image=f"'{TARGET}', credentials=login('{SECRET}')")},
        {"s.py": MODELS + job(image=f"'{TARGET}', credentials=dict(a='{SECRET}')['b']('c')")},
        {"s.py": MODELS + job(image=f"'{TARGET}', server_url='https://{SECRET}'")},
    ],
)
def test_no_secret_of_the_tree_stands_in_what_people_are_told(
    tmp_path: Path, files: dict[str, str | bytes], options: Options
) -> None:
    found = planned(tmp_path, files, options)
    assert jobs(found)
    assert SECRET not in told(found)


@pytest.mark.parametrize(
    "credentials",
    [
        "models.CachingType(value='x')",
        "models.models_py3(x=1)",
        "models.__name__()",
        "models.ResourceId(id='hunter2')",
        "models.PrivateRegistryCredentials(*['hunter2'])",
        "models.PrivateRegistryCredentials(**{'password': 'hunter2'})",
        "lambda: 'hunter2'",
        "{'password': 'hunter2'}",
        "'hunter2'",
        "[]",
        "7",
        "...",
    ],
)
def test_strange_credentials_are_never_an_error_and_never_quoted(tmp_path: Path, credentials: str) -> None:
    script = MODELS + job(image=f"'{TARGET}', credentials={credentials}")
    found = planned(tmp_path, {"submit.py": script})
    assert "hunter2" not in told(found)

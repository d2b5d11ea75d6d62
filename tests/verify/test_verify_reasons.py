"""What the verification says, and what it sees in jobs whose parts stand apart."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.model import Status
from migrator.options import Options
from migrator.plan.outcome import PythonRewrite
from migrator.understand.jobs.json_specs import JobSpec
from migrator.understand.jobs.python import PythonJob
from migrator.verify.jobs import intended_body, python_body, spec_body
from migrator.verify.sdk import RefusedBySdk, body_of, build, read_back
from tests.trees import IMAGE, MODELS, TARGET, job, job_spec
from tests.verifying import KEY_VAULT, LOADED, SCRIPT, SECRET, checked, drafts, replaced, same

SPEC = f"""\
import json

spec = {{'properties': {{
    'nodeCount': 1,
    'tensorFlowSettings': {{'pythonScriptFilePath': 'train.py'}},
    'containerSettings': {{'imageSourceRegistry': {{'image': '{IMAGE}'}}}},
}}}}
json.dump(spec, open('job.json', 'w'))
"""
LOGIN = "models.PrivateRegistryCredentials(username='$oauthtoken', password=secret())"


def apart(*, registry: str = "", login: str = "") -> str:
    """Return a script whose job names its registry settings or its login by variables."""
    inside = registry or f"models.ImageSourceRegistry(image='{TARGET}', credentials={login})"
    statement = job().replace(f"models.ImageSourceRegistry(image='{IMAGE}')", inside)
    assert inside in statement
    return statement


@pytest.mark.parametrize("options", [Options(), KEY_VAULT])
@pytest.mark.parametrize(
    "before",
    [
        SPEC,
        LOADED + SPEC,
        SPEC.replace(f"{{'image': '{IMAGE}'}}", f"dict(image='{IMAGE}')"),
        MODELS + f"registry = models.ImageSourceRegistry(image='{IMAGE}')\n" + apart(registry="registry"),
        MODELS + f"login = {LOGIN}\n" + apart(login="login"),
        MODELS + f"def login():\n    return {LOGIN}\n\n\n" + apart(login="login()"),
        SPEC.replace(
            f"'{IMAGE}'", f"'{TARGET}', 'credentials': {{'username': '$oauthtoken', 'password': secret()}}"
        ),
        SPEC.replace("spec =", "login = {'username': '$oauthtoken', 'password': secret()}\nspec =").replace(
            f"'{IMAGE}'", f"'{TARGET}', 'credentials': login"
        ),
        LOADED + apart(login="cfg.login"),
        LOADED + apart(login="cfg.logins['nvcr.io']"),
    ],
)
def test_a_job_whose_parts_stand_apart_has_no_mistakes(tmp_path: Path, before: str, options: Options) -> None:
    assert checked(tmp_path, "submit.py", before, options, same) == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("'serverUrl'", "'server'", "the job is not recognised as migrated"),
        ("'$oauthtoken'", "'nobody'", "the job is not recognised as migrated"),
        ("os.environ['NGC_API_KEY']", "os.environ['OTHER']", "credentials would not be sent as intended"),
    ],
)
def test_a_broken_dictionary_is_caught(tmp_path: Path, old: str, new: str, says: str) -> None:
    found = checked(tmp_path, "submit.py", SPEC, Options(), replaced(old, new))
    assert found.endswith(f": {says}")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("models.PrivateRegistryCredentials", "models.ResourceId", "the job is not recognised as migrated"),
        (
            "image_source_registry=",
            "",
            "arguments without a keyword work with azure-mgmt-batchai 0.2.0 only",
        ),
        (
            "username=cfg.container_registry_user",
            "username=cfg.location",
            "credentials would not be sent as intended",
        ),
        ("parameters = ", "", ""),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    found = checked(tmp_path, "submit.py", SCRIPT, Options(), replaced(old, new))
    assert found == (f"at submit.py:4: {says}" if says else "")


@pytest.mark.parametrize("more", ["'more': None, ", "'more': 1, ", "'serverURL': 'nvcr.io', "])
def test_a_key_of_a_dictionary_that_would_be_lost_is_caught(tmp_path: Path, more: str) -> None:
    found = checked(tmp_path, "submit.py", SPEC, Options(), replaced("'image':", f"{more}'image':"))
    assert found.endswith(": a part of its container settings would not be sent")


def test_every_key_that_would_be_lost_is_told(tmp_path: Path) -> None:
    edit = replaced('"serverUrl"', '"more": 1, "even": [], "serverUrl"')
    found = checked(tmp_path, "job.json", job_spec({"image": IMAGE}), Options(), edit)
    assert found == "at job.json:9: even, more would not be sent as intended"


def test_a_login_that_was_altered_behind_a_variable_is_caught(tmp_path: Path) -> None:
    for before in (MODELS + f"login = {LOGIN}\n" + apart(login="login"), MODELS + apart(login=LOGIN)):
        after = replaced("credentials=", "more=None, credentials=")
        found = checked(tmp_path, "submit.py", before, Options(), after)
        assert found.endswith(": ImageSourceRegistry has no more")
    after = replaced("secret()", "other()")
    found = checked(tmp_path, "submit.py", MODELS + apart(login=LOGIN), Options(), after)
    assert found == "at submit.py:2: its credentials changed"


def test_a_login_behind_a_variable_is_built_too(tmp_path: Path) -> None:
    before = MODELS + f"login = {LOGIN}\n" + apart(login="login")
    after = replaced("secret())", "secret(), more=None)")
    found = checked(tmp_path, "submit.py", before, Options(), after)
    assert found.endswith(": PrivateRegistryCredentials has no more")


def rewritten(folder: Path, before: str = SCRIPT) -> tuple[PythonRewrite, PythonJob]:
    """Return the outcome before a rewrite and the job after it."""
    first, second = drafts(folder, "submit.py", before, Options(), same)
    (outcome,), (after,) = first.outcomes, second.outcomes
    assert isinstance(outcome, PythonRewrite)
    assert isinstance(after.of, PythonJob)
    return outcome, after.of


def test_the_body_is_the_intended_one(tmp_path: Path) -> None:
    outcome, after = rewritten(tmp_path)
    body = {
        "serverUrl": "nvcr.io",
        "image": TARGET,
        "credentials": {
            "username": "<cfg.container_registry_user>",
            "password": "<cfg.container_registry_password>",
        },
    }
    assert python_body(after) == {"imageSourceRegistry": body}
    assert intended_body(outcome.of, TARGET, outcome.source, after) == body


def test_a_login_that_is_not_known_has_its_expression_in_its_place(tmp_path: Path) -> None:
    _, after = rewritten(tmp_path, LOADED + apart(login="cfg.login"))
    assert python_body(after)["imageSourceRegistry"]["credentials"] == "<cfg.login>"


def expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"container": None}, "its container settings cannot be seen"),
        ({"registry": None}, "its container settings cannot be seen"),
        ({"registry": expression("registry")}, "it is not a call"),
        ({"registry": expression("print(image='a')")}, "print is not bound to a Batch AI model"),
        (
            {"registry": expression("print(**more)")},
            "arguments without a keyword work with azure-mgmt-batchai 0.2.0 only",
        ),
    ],
)
def test_settings_that_cannot_be_interpreted_are_refused(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    _, after = rewritten(tmp_path)
    with pytest.raises(RefusedBySdk) as refusal:
        python_body(replace(after, **change))  # type: ignore[arg-type]
    assert str(refusal.value) == says


def test_a_job_spec_without_registry_settings_is_refused(tmp_path: Path) -> None:
    first, _ = drafts(tmp_path, "job.json", job_spec({"image": IMAGE}), Options(), same)
    spec = first.outcomes[0].of
    assert first.outcomes[0].job.status is Status.MIGRATE
    assert isinstance(spec, JobSpec)
    with pytest.raises(RefusedBySdk, match=r"^its imageSourceRegistry cannot be seen$"):
        spec_body(replace(spec, registry=None))


@pytest.mark.parametrize(
    ("model", "arguments", "says"),
    [
        ("NoSuchModel", {}, "there is no model NoSuchModel"),
        ("ResourceId", {"id": "/v", "more": 1, "even": 1}, "ResourceId has no even, more"),
        ("PrivateRegistryCredentials", {"password": SECRET}, "PrivateRegistryCredentials cannot be built: "),
    ],
)
def test_a_model_that_cannot_be_built_says_why(model: str, arguments: dict[str, object], says: str) -> None:
    with pytest.raises(RefusedBySdk) as refusal:
        build(model, arguments)
    assert str(refusal.value).startswith(says)


@pytest.mark.parametrize(
    ("model", "arguments", "says"),
    [
        ("ResourceId", {"id": None}, "Parameter 'ResourceId.id' can not be None."),
        (
            "ContainerSettings",
            {"image_source_registry": object()},
            "the SDK cannot serialise it (SerializationError)",
        ),
    ],
)
def test_a_model_that_cannot_be_sent_says_why(model: str, arguments: dict[str, object], says: str) -> None:
    with pytest.raises(RefusedBySdk) as refusal:
        body_of(build(model, arguments))
    assert str(refusal.value) == says


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "there are no container settings"),
        ({"imageSourceRegistry": 1}, "the SDK cannot read it (DeserializationError)"),
    ],
)
def test_a_job_spec_that_cannot_be_read_says_why(value: object, says: str) -> None:
    with pytest.raises(RefusedBySdk) as refusal:
        read_back(value)
    assert str(refusal.value) == says

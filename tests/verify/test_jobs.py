from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.decide import CredentialSource
from migrator.model import Status
from migrator.options import Options
from migrator.understand.jobs.json_specs import JobSpec
from migrator.understand.jobs.python import PythonJob
from migrator.verify.jobs import (
    RefusedBySdk,
    body_of,
    build,
    intended_body,
    python_body,
    read_back,
    spec_body,
)
from tests.trees import IMAGE, MODELS, TARGET, job, job_spec
from tests.verifying import KEY_VAULT, LOADED, SCRIPT, SECRET, checked, drafts, replaced, same

LOGIN = {"username": "$oauthtoken", "password": SECRET}
VAULT = {"sourceVault": {"id": "/v"}, "secretUrl": "https://s"}


@pytest.mark.parametrize("options", [Options(), KEY_VAULT])
@pytest.mark.parametrize(
    ("path", "before"),
    [
        ("submit.py", SCRIPT),
        ("submit.py", MODELS + job()),
        ("submit.py", MODELS + job(image=f"'{TARGET}'")),
        ("job.json", job_spec({"image": IMAGE})),
        ("job.json", job_spec({"image": TARGET, "serverUrl": "", "credentials": {}})),
    ],
)
def test_what_is_written_has_no_mistakes(tmp_path: Path, path: str, before: str, options: Options) -> None:
    assert checked(tmp_path, path, before, options, same) == ""


USER, PASSWORD = "username=cfg.container_registry_user", "password=cfg.container_registry_password"
REFERENCE = "password_secret_reference=models.KeyVaultSecretReference("
RESOURCE = "models.ResourceId(id=cfg.keyvault_id)"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("server_url='nvcr.io',", ""),
        ("server_url='nvcr.io'", "server_url='docker.io'"),
        ("server_url='nvcr.io'", "server_url='https://nvcr.io'"),
        ("server_url", "server_ulr"),
        (f"image='{TARGET}'", f"'{TARGET}'"),
        (TARGET, "nvcr.io/nvidia/tensorflow:17.10"),
        (TARGET, "tensorflow/tensorflow:1.8.0-gpu"),
        ("credentials=", "credential="),
        (USER, "cfg.container_registry_user"),
        (USER, USER.replace("_user", "_password")),
        (USER, "username='$oauthtoken'"),
        (f"{USER},", ""),
        (PASSWORD, "password=cfg.container_registry_user"),
        (PASSWORD, "password='$oauthtoken'"),
        (PASSWORD, "pasword=cfg.container_registry_password"),
        (PASSWORD, ""),
        (PASSWORD, "**{}"),
        (PASSWORD, "password_secret_reference=cfg.container_registry_password"),
        (PASSWORD, f"{PASSWORD}, {REFERENCE}source_vault={RESOURCE}, secret_url='s')"),
        ("models.PrivateRegistryCredentials", "models.ResourceId"),
        ("models.PrivateRegistryCredentials", "dict"),
        ("models.PrivateRegistryCredentials", "print"),
        ("image_source_registry=", ""),
        ("image_source_registry=", "image_source="),
        ("models.ImageSourceRegistry", "models.ContainerSettings"),
        ("parameters = models.JobCreateParameters", "parameters = dict"),
    ],
)
def test_a_broken_rewrite_with_an_api_key_is_caught(tmp_path: Path, old: str, new: str) -> None:
    assert checked(tmp_path, "submit.py", SCRIPT, Options(), replaced(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (RESOURCE, "cfg.keyvault_id"),
        (RESOURCE, "models.ResourceId(cfg.keyvault_id)"),
        (RESOURCE, "models.ResourceId()"),
        (RESOURCE, "models.ResourceId(id=cfg.container_registry_secret_url)"),
        (RESOURCE, "models.ResourceId(resource_id=cfg.keyvault_id)"),
        (RESOURCE, "models.KeyVaultSecretReference(source_vault=None, secret_url=None)"),
        ("password_secret_reference=", "password="),
        ("secret_url=cfg.container_registry_secret_url", "secret_url=cfg.keyvault_id"),
        ("secret_url=", "url="),
        (REFERENCE, f"password=cfg.container_registry_password, {REFERENCE}"),
    ],
)
def test_a_broken_rewrite_with_a_key_vault_is_caught(tmp_path: Path, old: str, new: str) -> None:
    assert checked(tmp_path, "submit.py", SCRIPT, KEY_VAULT, replaced(old, new))


def test_a_job_that_is_gone_is_caught(tmp_path: Path) -> None:
    assert checked(tmp_path, "submit.py", SCRIPT, Options(), lambda _: MODELS) == "a job was lost or appeared"


def test_a_job_that_appeared_is_caught(tmp_path: Path) -> None:
    assert checked(tmp_path, "submit.py", SCRIPT, Options(), lambda text: text + job())


def test_a_login_that_stood_there_and_was_altered_is_caught(tmp_path: Path) -> None:
    login = f"credentials=models.PrivateRegistryCredentials(username='$oauthtoken', password='{SECRET}')"
    before = MODELS + job(image=f"'{TARGET}', {login}")
    assert checked(tmp_path, "submit.py", before, Options(), same) == ""
    found = checked(tmp_path, "submit.py", before, Options(), replaced(SECRET, f"{SECRET}-2"))
    assert "its credentials changed" in found
    assert SECRET not in found


def spec_edit(**registry: object) -> Callable[[str], str]:
    def edit(text: str) -> str:
        value = json.loads(text)
        settings = value["properties"]["containerSettings"]
        settings["imageSourceRegistry"] = {**settings["imageSourceRegistry"], **registry}
        return json.dumps(value)

    return edit


@pytest.mark.parametrize(
    "registry",
    [
        {"serverURL": "nvcr.io"},
        {"serverUrl": 7},
        {"serverUrl": None},
        {"serverUrl": ["nvcr.io"]},
        {"image": IMAGE},
        {"image": "nvcr.io/nvidia/tensorflow:17.10"},
        {"image": 7},
        {"credentials": {"username": "$oauthtoken"}},
        {"credentials": {"username": "$oauthtoken", "pasword": SECRET}},
        {"credentials": {"username": 7, "password": SECRET}},
        {"credentials": {"username": "$oauthtoken", "password": 12345}},
        {"credentials": {"password": SECRET}},
        {"credentials": {**LOGIN, "passwordSecretReference": VAULT}},
        {"credentials": {"username": "u", "passwordSecretReference": {"secretUrl": "https://s"}}},
        {"credentials": {"username": "u", "passwordSecretReference": {**VAULT, "sourceVault": "/v"}}},
        {"credentials": {"username": "u", "passwordSecretReference": SECRET}},
        {"credentials": [LOGIN]},
        {"credentials": SECRET},
        {"more": 1},
    ],
)
def test_a_broken_job_spec_is_caught_and_no_value_is_quoted(
    tmp_path: Path, registry: dict[str, object]
) -> None:
    before = job_spec({"image": IMAGE})
    found = checked(tmp_path, "job.json", before, Options(), spec_edit(**registry))
    assert found
    assert SECRET not in found
    assert "12345" not in found


def test_the_sdk_sends_what_its_models_were_given() -> None:
    login = build("PrivateRegistryCredentials", {"username": "u", "password": SECRET})
    registry = build("ImageSourceRegistry", {"image": TARGET, "server_url": "nvcr.io", "credentials": login})
    body = body_of(build("ContainerSettings", {"image_source_registry": registry}))
    expected = {"serverUrl": "nvcr.io", "image": TARGET, "credentials": {"username": "u", "password": SECRET}}
    assert body == {"imageSourceRegistry": expected}
    assert read_back({"imageSourceRegistry": expected}) == body


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        ("NoSuchModel", {}),
        ("CachingType", {"value": SECRET}),
        ("models_py3", {}),
        ("__name__", {}),
        ("__path__", {"a": SECRET}),
        ("PrivateRegistryCredentials", {}),
        ("PrivateRegistryCredentials", {"user": SECRET}),
        ("PrivateRegistryCredentials", {"password": SECRET}),
        ("KeyVaultSecretReference", {"source_vault": SECRET}),
        ("ResourceId", {"id": "/v", "more": SECRET}),
    ],
)
def test_what_the_sdk_would_not_build_is_refused_without_the_value(
    model: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(RefusedBySdk) as refusal:
        build(model, arguments)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        ("PrivateRegistryCredentials", {"username": None, "password": SECRET}),
        ("KeyVaultSecretReference", {"source_vault": None, "secret_url": SECRET}),
        ("ImageSourceRegistry", {"image": None, "server_url": SECRET}),
        ("ResourceId", {"id": None}),
    ],
)
def test_what_the_sdk_would_not_send_is_refused_without_the_value(
    model: str, arguments: dict[str, object]
) -> None:
    instance = build(model, arguments)
    with pytest.raises(RefusedBySdk) as refusal:
        body_of(instance)
    assert SECRET not in str(refusal.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["imageSourceRegistry", "image", "serverUrl", "credentials", "username", "password", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(JSON)
def test_any_json_is_read_back_or_refused(value: object) -> None:
    try:
        body = read_back(value)
    except RefusedBySdk:
        return
    assert isinstance(body, dict)


ALONE = """
import sys
from migrator.verify.jobs import read_back
read_back({"imageSourceRegistry": {"image": "i"}})
assert "requests" not in sys.modules
import azure.mgmt.batchai.models, azure.core.exceptions
from azure.core import PipelineClient
from azure.mgmt.batchai import BatchAI
assert azure.mgmt.batchai.models.ContainerSettings and azure.core.exceptions.AzureError
"""


def test_the_models_come_without_the_clients_which_come_when_they_are_asked_for() -> None:
    subprocess.run([sys.executable, "-c", ALONE], check=True)


SPEC = f"""\
import json

spec = {{'properties': {{
    'nodeCount': 1,
    'tensorFlowSettings': {{'pythonScriptFilePath': 'train.py'}},
    'containerSettings': {{'imageSourceRegistry': {{'image': '{IMAGE}'}}}},
}}}}
json.dump(spec, open('job.json', 'w'))
"""
BUILT = "models.PrivateRegistryCredentials(username='$oauthtoken', password=secret())"


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
        MODELS + f"login = {BUILT}\n" + apart(login="login"),
        MODELS + f"def login():\n    return {BUILT}\n\n\n" + apart(login="login()"),
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
        ("models.PrivateRegistryCredentials", "models.ResourceId", "ResourceId has no password, username"),
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


@pytest.mark.parametrize("more", ["'_comment': 'mine'", "'more': {'a': None}"])
def test_a_key_that_the_sdk_does_not_know_and_stood_there_before_stays(tmp_path: Path, more: str) -> None:
    assert more in SPEC.replace("'image':", f"{more}, 'image':")
    assert (
        checked(tmp_path / "a", "a.py", SPEC.replace("'image':", f"{more}, 'image':"), Options(), same) == ""
    )
    spec = job_spec({"image": IMAGE}).replace(
        '"image"', more.replace("'", '"').replace("None", "null") + ', "image"'
    )
    assert checked(tmp_path / "b", "job.json", spec, Options(), same) == ""


def test_every_key_that_would_be_lost_is_told(tmp_path: Path) -> None:
    edit = replaced('"serverUrl"', '"more": 1, "even": [], "serverUrl"')
    found = checked(tmp_path, "job.json", job_spec({"image": IMAGE}), Options(), edit)
    assert found == "at job.json:9: even, more would not be sent as intended"


def test_a_login_that_was_altered_behind_a_variable_is_caught(tmp_path: Path) -> None:
    for before in (
        MODELS + f"login = {BUILT}\n" + apart(login="login"),
        MODELS + apart(login=BUILT),
    ):
        after = replaced("credentials=", "more=None, credentials=")
        found = checked(tmp_path, "submit.py", before, Options(), after)
        assert found.endswith(": ImageSourceRegistry has no more")
    after = replaced("secret()", "other()")
    found = checked(tmp_path, "submit.py", MODELS + apart(login=BUILT), Options(), after)
    assert found == "at submit.py:2: its credentials changed"


def test_a_login_behind_a_variable_is_built_too(tmp_path: Path) -> None:
    before = MODELS + f"login = {BUILT}\n" + apart(login="login")
    after = replaced("secret())", "secret(), more=None)")
    found = checked(tmp_path, "submit.py", before, Options(), after)
    assert found.endswith(": PrivateRegistryCredentials has no more")


def rewritten(folder: Path, before: str = SCRIPT) -> tuple[PythonJob, CredentialSource, PythonJob]:
    """Return a job with the source of its credentials, and the job that it becomes."""
    first, second = drafts(folder, "submit.py", before, Options(), same)
    (outcome,), (after,) = first.outcomes, second.outcomes
    assert outcome.source is not None
    assert isinstance(outcome.of, PythonJob)
    assert isinstance(after.of, PythonJob)
    return outcome.of, outcome.source, after.of


def test_the_body_is_the_intended_one(tmp_path: Path) -> None:
    before, source, after = rewritten(tmp_path)
    body = {
        "serverUrl": "nvcr.io",
        "image": TARGET,
        "credentials": {
            "username": "<cfg.container_registry_user>",
            "password": "<cfg.container_registry_password>",
        },
    }
    assert python_body(after, before) == {"imageSourceRegistry": body}
    assert intended_body(before, TARGET, source, after) == body


def test_a_login_that_is_not_known_has_its_expression_in_its_place(tmp_path: Path) -> None:
    before, *_, after = rewritten(tmp_path, LOADED + apart(login="cfg.login"))
    assert python_body(after, before)["imageSourceRegistry"]["credentials"] == "<cfg.login>"


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
    before, *_, after = rewritten(tmp_path)
    with pytest.raises(RefusedBySdk) as refusal:
        python_body(replace(after, **change), before)  # type: ignore[arg-type]
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

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.options import Options
from migrator.verify.sdk import RefusedBySdk, body_of, build, read_back
from tests.trees import IMAGE, MODELS, TARGET, job, job_spec
from tests.verifying import KEY_VAULT, SCRIPT, SECRET, checked, replaced, same

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

from __future__ import annotations

import pytest
from azure.mgmt.batchai.models import JobCreateParameters

from codemods.syntax.registry import EXPRESSION
from migrator.model import Framework, Place, Status
from migrator.understand.facts import (
    TOOLKIT_KEYS,
    Facts,
    LoginState,
    RegistryState,
    Verdict,
    login_state,
    registry_state,
    toolkit_of,
)

NGC, HUB = "nvcr.io/nvidia/tensorflow:17.10", "tensorflow/tensorflow:1.8.0-gpu"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "settings",
        "tensorFlow",
        "settingsTensorFlow",
        "cntkSettingsMore",
        "horovodSettings",
        "custom_mpi_settings",
        "customToolkitSettings",
        "containerSettings",
    ],
)
def test_other_keys_name_no_toolkit(key: str) -> None:
    assert toolkit_of(key) is None


@pytest.mark.parametrize(
    ("key", "framework"),
    [
        ("tensorFlowSettings", Framework.TENSORFLOW),
        ("tensor_flow_settings", Framework.TENSORFLOW),
        ("tensorflow_settings", Framework.TENSORFLOW),
        ("pyTorchSettings", Framework.PYTORCH),
        ("py_torch_settings", Framework.PYTORCH),
        ("cntkSettings", Framework.CNTK),
        ("caffeSettings", Framework.CAFFE),
        ("caffe2_settings", Framework.CAFFE2),
        ("CHAINER_SETTINGS", Framework.CHAINER),
    ],
)
def test_a_toolkit_is_known_in_every_spelling(key: str, framework: Framework) -> None:
    assert toolkit_of(key) is framework


def test_the_toolkits_of_job_specs_are_those_of_the_sdk() -> None:
    attributes = JobCreateParameters._attribute_map.values()
    keys = {attribute["key"].removeprefix("properties.") for attribute in attributes}
    assert set(TOOLKIT_KEYS) == {key for key in keys if key.endswith("Settings")} - {"containerSettings"}
    assert [toolkit_of(key) for key in TOOLKIT_KEYS].count(None) == 3


def test_of_a_place_alone_nothing_is_known() -> None:
    assert Facts(place=Place("a.py")) == Facts(
        place=Place("a.py"),
        image=None,
        toolkit=None,
        node_count=None,
        node_count_trace=(),
        registry=RegistryState.PUBLIC,
        login=None,
        preparation=None,
        problem=None,
    )


def test_a_problem_is_for_a_person_unless_it_says_otherwise() -> None:
    problem = Verdict("a", "b")
    assert (problem.status, problem.trace) == (Status.MANUAL, ())


@pytest.mark.parametrize("image", ["", "nvcr.io", "nvcr.iox/a", HUB, f"docker.io/{NGC}"])
def test_other_images_are_not_on_ngc(image: str) -> None:
    assert registry_state(image, None, LoginState.NONE) is RegistryState.PUBLIC


@pytest.mark.parametrize(
    "server",
    [
        *(
            None,
            "",
            " ",
            "docker.io",
            "index.docker.io",
            "https://index.docker.io/v1/",
            "registry-1.docker.io",
        ),
        *("Docker.io", "http://docker.io:443", "registry.hub.docker.com", "https://hub.docker.com/"),
    ],
)
def test_a_public_image_without_a_login_is_public(server: str | None) -> None:
    assert registry_state(HUB, server, LoginState.NONE) is RegistryState.PUBLIC


@pytest.mark.parametrize("login", [LoginState.PARTIAL, LoginState.COMPLETE])
def test_a_login_makes_a_public_image_private(login: LoginState) -> None:
    for server in (None, "docker.io"):
        assert registry_state(HUB, server, login) is RegistryState.PRIVATE


@pytest.mark.parametrize("image", [HUB, NGC])
@pytest.mark.parametrize("login", list(LoginState))
@pytest.mark.parametrize("server", ["demo.azurecr.io", "https://demo.azurecr.io", "-", "nvcr.io.example.com"])
def test_a_server_of_its_own_makes_every_image_private(image: str, login: LoginState, server: str) -> None:
    assert registry_state(image, server, login) is RegistryState.PRIVATE


def test_the_servers_of_two_registries_are_not_exchanged() -> None:
    assert registry_state(NGC, "docker.io", LoginState.NONE) is RegistryState.PRIVATE


@pytest.mark.parametrize(
    "server", ["nvcr.io", " nvcr.io ", "https://nvcr.io", "https://nvcr.io/", "http://NVCR.IO:443/"]
)
def test_an_image_on_ngc_is_complete_with_server_and_login(server: str) -> None:
    assert registry_state(NGC, server, LoginState.COMPLETE) is RegistryState.NGC_COMPLETE


@pytest.mark.parametrize(
    ("server", "login"),
    [
        (None, LoginState.COMPLETE),
        ("", LoginState.COMPLETE),
        (" ", LoginState.COMPLETE),
        ("nvcr.io", LoginState.PARTIAL),
        ("nvcr.io", LoginState.NONE),
        (None, LoginState.NONE),
    ],
)
def test_an_image_on_ngc_is_incomplete_without_server_or_login(server: str | None, login: LoginState) -> None:
    assert registry_state(NGC, server, login) is RegistryState.NGC_INCOMPLETE


@pytest.mark.parametrize("image", ["nvidia/cntk:17.10", "docker.io/nvidia/cntk:17.10", HUB])
@pytest.mark.parametrize("login", list(LoginState))
def test_the_server_of_ngc_beside_an_image_that_does_not_name_it_is_told_apart(
    image: str, login: LoginState
) -> None:
    assert registry_state(image, "https://nvcr.io", login) is RegistryState.NGC_UNNAMED
    assert registry_state("gcr.io/nvidia/cntk", "nvcr.io", login) is RegistryState.PRIVATE


REFERENCE = {"sourceVault": {"id": "/subscriptions/1"}, "secretUrl": "https://x.vault.azure.net/secrets/y"}


@pytest.mark.parametrize(
    ("credentials", "state"),
    [
        ({"username": "$oauthtoken", "password": "0000"}, LoginState.COMPLETE),
        ({"username": "$oauthtoken", "passwordSecretReference": REFERENCE}, LoginState.COMPLETE),
        ({"username": EXPRESSION, "password": EXPRESSION}, LoginState.COMPLETE),
        (EXPRESSION, LoginState.COMPLETE),
        ({"username": "oauthtoken", "password": "0000"}, LoginState.WRONG_USER),
        ({"username": "$$oauthtoken", "password": "0000"}, LoginState.WRONG_USER),
        ({"username": "$OAuthToken", "password": EXPRESSION}, LoginState.WRONG_USER),
        ({"username": "$oauthtoken ", "password": "0000"}, LoginState.WRONG_USER),
        ({"username": "$oauthtoken", "password": "<Your API Key>"}, LoginState.PLACEHOLDER),
        ({"username": "$oauthtoken", "password": "YOUR_API_KEY"}, LoginState.PLACEHOLDER),
        ({"username": "$oauthtoken", "password": "xxxx"}, LoginState.PLACEHOLDER),
        ({"username": "$oauthtoken", "password": "yourself0000"}, LoginState.COMPLETE),
        (
            {
                "username": "$oauthtoken",
                "passwordSecretReference": {**REFERENCE, "secretUrl": "https://<v>/"},
            },
            LoginState.PLACEHOLDER,
        ),
        (
            {"username": "$oauthtoken", "passwordSecretReference": {**REFERENCE, "secretUrl": " "}},
            LoginState.EMPTY_REFERENCE,
        ),
        (
            {"username": "$oauthtoken", "passwordSecretReference": {**REFERENCE, "sourceVault": {"id": ""}}},
            LoginState.EMPTY_REFERENCE,
        ),
        ({"username": "$oauthtoken", "passwordSecretReference": {}}, LoginState.EMPTY_REFERENCE),
        (
            {"username": "$oauthtoken", "password": "0000", "passwordSecretReference": {}},
            LoginState.COMPLETE,
        ),
        ({"username": "$oauthtoken", "password": ""}, LoginState.PARTIAL),
        ({"username": "", "password": None}, LoginState.NONE),
        (None, LoginState.NONE),
    ],
)
def test_a_login_is_what_its_parts_make_it(credentials: object, state: LoginState) -> None:
    assert login_state(credentials) is state

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from migrator.online.keys import Key, find_key

KEY = "nvapi-not-a-key-but-of-tests-42"
OTHER = "nvapi-another-one-of-tests-43"


@pytest.fixture(autouse=True)
def docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder for Docker's configuration, and no key in the environment."""
    for name in ("NGC_API_KEY", "NGC_CLI_API_KEY", "OURS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def configured(folder: Path, **settings: Any) -> None:
    (folder / "config.json").write_text(json.dumps(settings))


def login(user: str = "$oauthtoken", key: str = KEY) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{key}".encode()).decode()}


def found(variable: str | None = None, *, has_helpers: bool = False) -> Key | str:
    return find_key(variable, has_helpers=has_helpers)


@pytest.mark.parametrize("name", ["NGC_API_KEY", "NGC_CLI_API_KEY"])
def test_the_environment_has_the_key(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, f"{KEY}\n")
    assert found() == Key("$oauthtoken", KEY, name)


def test_two_variables_that_agree_are_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGC_API_KEY", KEY)
    monkeypatch.setenv("NGC_CLI_API_KEY", KEY)
    assert found() == Key("$oauthtoken", KEY, "NGC_API_KEY")


def test_two_variables_that_differ_are_an_error_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGC_API_KEY", KEY)
    monkeypatch.setenv("NGC_CLI_API_KEY", OTHER)
    with pytest.raises(ValueError, match="NGC_API_KEY and NGC_CLI_API_KEY are both set, and differ") as error:
        found()
    assert KEY not in str(error.value)
    assert OTHER not in str(error.value)


def test_the_variable_that_is_named_counts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGC_API_KEY", OTHER)
    monkeypatch.setenv("OURS", KEY)
    assert found("OURS") == Key("$oauthtoken", KEY, "OURS")


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_named_variable_without_a_key_is_an_error(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("OURS", value)
    with pytest.raises(ValueError, match="no variable of that name is set"):
        found("OURS")


@pytest.mark.parametrize("name", [KEY, f"A={KEY}", "", "A\0B"])
def test_a_key_in_place_of_a_name_is_not_repeated(name: str) -> None:
    with pytest.raises(ValueError, match="no variable of that name is set") as error:
        found(name)
    assert KEY not in str(error.value)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch, docker: Path) -> None:
    monkeypatch.setenv("NGC_API_KEY", "")
    configured(docker, auths={"nvcr.io": login()})
    assert found() == Key("$oauthtoken", KEY, f"{docker}/config.json")


@pytest.mark.parametrize("address", ["nvcr.io", "https://nvcr.io", "https://nvcr.io/v2/", "nvcr.io/v1"])
def test_docker_has_the_key(docker: Path, address: str) -> None:
    configured(docker, auths={"ghcr.io": login(key=OTHER), address: login()})
    assert found() == Key("$oauthtoken", KEY, f"{docker}/config.json")


@pytest.mark.parametrize("address", ["nvcr.io.example.com", "example.com/nvcr.io", "http://x/nvcr.io"])
def test_a_login_of_another_registry_is_none(docker: Path, address: str) -> None:
    configured(docker, auths={address: login()})
    assert found() == f"{docker}/config.json has none for nvcr.io"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        '{"auths": []}',
        '{"auths": {"nvcr.io": 5}}',
        '{"auths": {"nvcr.io": {"auth": 5}}}',
        '{"auths": {"nvcr.io": {"auth": "%%%"}}}',
        '{"auths": {"nvcr.io": {"auth": "/////w=="}}}',
        '{"credHelpers": 7}',
        '{"credsStore": 7}',
        "[" * 100_000,
        "\xff",
    ],
)
def test_a_broken_configuration_is_named_and_its_text_is_not(docker: Path, text: str) -> None:
    (docker / "config.json").write_bytes(text.encode("latin-1"))
    assert str(found(has_helpers=True)).startswith(f"{docker}/config.json, or the program that it names, ")


def test_a_missing_configuration_is_told(docker: Path) -> None:
    assert found() == f"there is no {docker}/config.json"


@pytest.mark.parametrize("folder", ["~no-such-user", "/dev/null", "\udcff", "x" * 5000])
def test_a_folder_that_is_none_has_no_key(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", folder)
    assert isinstance(found(), str)


def test_a_configuration_that_is_a_folder_is_none(docker: Path) -> None:
    (docker / "config.json").mkdir()
    assert found() == f"there is no {docker}/config.json"


def helper(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    program = folder / "docker-credential-ours"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize("settings", [{"credsStore": "ours"}, {"credHelpers": {"nvcr.io": "ours"}}])
def test_a_helper_is_run_only_if_it_may_be(
    monkeypatch: pytest.MonkeyPatch, docker: Path, settings: dict[str, Any]
) -> None:
    answer = json.dumps({"ServerURL": "nvcr.io", "Username": "$oauthtoken", "Secret": KEY})
    helper(monkeypatch, docker, f"touch {docker}/ran; read server; test $server = nvcr.io && echo '{answer}'")
    configured(docker, **settings)
    assert "--credential-helpers would run" in str(found())
    assert not (docker / "ran").exists()
    assert found(has_helpers=True) == Key("$oauthtoken", KEY, "docker-credential-ours")


@pytest.mark.parametrize("script", ["exit 1", "echo nothing", "echo '{}'", f"echo {KEY} >&2; kill $$"])
def test_a_helper_without_an_answer_has_no_key(
    monkeypatch: pytest.MonkeyPatch, docker: Path, script: str
) -> None:
    helper(monkeypatch, docker, script)
    configured(docker, credsStore="ours")
    told = found(has_helpers=True)
    assert isinstance(told, str)
    assert KEY not in told


@pytest.mark.parametrize("name", ["not-there", "../evil", "a b", "a;touch x", ""])
def test_a_helper_that_is_not_there_is_not_run(docker: Path, name: str) -> None:
    configured(docker, credsStore=name)
    assert str(docker) in str(found(has_helpers=True))


def test_a_key_shows_nothing_of_itself() -> None:
    assert KEY not in repr(Key("$oauthtoken", KEY, "OURS"))

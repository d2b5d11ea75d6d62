"""The real client of Azure against a server on this machine that speaks the secrets interface."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from azure.core.credentials import AccessToken

from migrator.online import ask_vault
from tests.online.front import Asked, Front, Given

URL = "https://keys.vault.azure.net/secrets/ngc"
VALUE = "nvapi-not-a-key-but-of-tests-42"
TENANT = "00000000-0000-0000-0000-000000000001"
JSON = {"Content-Type": "application/json"}
CHALLENGE = (
    f'Bearer authorization="https://login.microsoftonline.com/{TENANT}", resource="https://vault.azure.net"'
)


class Credential:
    """Has a token for whoever asks."""

    def get_token(self, *scopes: str, **named: object) -> AccessToken:
        assert scopes == ("https://vault.azure.net/.default",)
        return AccessToken("of-the-tests", 2**33)


def vault(answer: Given) -> Callable[[Asked], Given]:
    """Return a handler that challenges, as a vault does, and then gives this answer."""
    return lambda asked: answer if asked.login else Given(401, {"WWW-Authenticate": CHALLENGE}, b"")


def secret(value: str | None = VALUE, version: str = "0123") -> Given:
    body = {"value": value, "id": f"{URL}/{version}", "attributes": {"enabled": True}}
    return Given(200, JSON, json.dumps(body).encode())


def error(status: int, code: str) -> Given:
    return Given(status, JSON, json.dumps({"error": {"code": code, "message": VALUE}}).encode())


def told(url: str = URL) -> str:
    found = ask_vault(url, Credential())
    assert found is None or found.rule == "secret-not-found"
    return found.message if found else ""


def test_a_secret_that_can_be_read_is_nothing_to_tell(front: Front) -> None:
    front.handler = vault(secret())
    assert told() == ""
    assert front.heard[-1].host == "keys.vault.azure.net"
    assert front.heard[-1].login == "Bearer of-the-tests"


def test_the_version_of_the_url_is_asked_for(front: Front) -> None:
    front.handler = vault(secret())
    assert told(f"{URL}/0123") == ""
    assert front.heard[-1].path.startswith("/secrets/ngc/0123?")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (error(404, "SecretNotFound"), "the vault has no such secret"),
        (error(403, "Forbidden"), "it is not for who is logged in to Azure here"),
        (error(401, "Unauthorized"), "nobody is logged in to Azure here whom it takes"),
        (error(400, "BadParameter"), "no clear answer"),
        (secret(""), "it is empty"),
        (secret(None), "it is empty"),
        (Given(200, {"Content-Type": "text/html"}, b"<html>"), "no clear answer"),
        (Given(200, JSON, b"{}"), "it is empty"),
        (Given(200, JSON, b"["), "no clear answer"),
        (Given(302, {"Location": "https://elsewhere.example.com/"}), "no clear answer"),
    ],
)
def test_what_cannot_be_read_is_told_without_the_answers_text(front: Front, answer: Given, says: str) -> None:
    front.handler = vault(answer)
    message = told()
    assert message.startswith(f"Jobs would get the key from {URL}, but ")
    assert says in message
    assert VALUE not in message
    assert not [asked for asked in front.heard if asked.host == "elsewhere.example.com"]


def test_a_challenge_for_another_service_gets_no_token(front: Front) -> None:
    other = CHALLENGE.replace("https://vault.azure.net", "https://elsewhere.example.com")
    front.handler = lambda asked: Given(401, {"WWW-Authenticate": other})
    assert "no clear answer" in told(URL.replace("keys", "others"))
    assert not [asked for asked in front.heard if asked.login]


def test_who_is_logged_in_nowhere_is_told(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    front.handler = vault(secret())
    found = ask_vault(URL)
    assert found is not None
    assert "nobody is logged in to Azure here" in found.message


def test_a_service_principal_reads_it(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure's own client asks login.microsoftonline.com for the token, which is the front as well."""
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", "00000000-0000-0000-0000-000000000002")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "not-a-secret-but-of-tests")
    reading = vault(secret())
    login = f"https://login.microsoftonline.com/{TENANT}"
    discovery = f"{login}/v2.0/.well-known/openid-configuration"
    token = {"access_token": "of-the-tests", "token_type": "Bearer", "expires_in": 3600}
    endpoints = {"authorization_endpoint": f"{login}/authorize", "token_endpoint": f"{login}/token"}

    def handler(asked: Asked) -> Given:
        if asked.host == "keys.vault.azure.net":
            return reading(asked)
        answer: dict[str, object] = {"tenant_discovery_endpoint": discovery, "metadata": []}
        if "openid-configuration" in asked.path:
            answer = {**endpoints, "issuer": login}
        elif asked.path.endswith("/token"):
            answer = {**token}
        return Given(200, JSON, json.dumps(answer).encode())

    front.handler = handler
    assert ask_vault(URL) is None

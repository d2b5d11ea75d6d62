"""Servers that lie, stall, break off or send elsewhere: nothing of it is success, and no key goes astray."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from migrator.catalogue import ImageReference
from migrator.model import Finding
from migrator.online import ask
from migrator.online.keys import Key
from tests.online.certificates import make_certificates
from tests.online.front import Asked, Front, Given
from tests.online.registries import KEY, SCHEMA_2, USER, basic, digest_of

HOLDER = Key(USER, KEY, "NGC_API_KEY")
IMAGE = ImageReference("nvcr.io", "nvidia/tensorflow", "18.07-py2")
PART = {"digest": digest_of(b""), "size": 5}
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": SCHEMA_2, "config": PART, "layers": [PART]}).encode()
JSON = {"Content-Type": "application/json"}
CHALLENGE = 'Bearer realm="https://nvcr.io/proxy_auth",scope="repository:nvidia/tensorflow:pull"'
ELSEWHERE = "elsewhere.example.com"

pytestmark = pytest.mark.hostile


def told() -> Finding:
    return ask([IMAGE], HOLDER)[IMAGE]


def manifest(body: bytes = MANIFEST, kind: str = SCHEMA_2, **headers: str) -> Given:
    return Given(200, {"Content-Type": kind, **{n.replace("_", "-"): v for n, v in headers.items()}}, body)


def with_token(answer: Given) -> Callable[[Asked], Given]:
    """Return a handler that challenges, gives a token to whoever asks, and then this answer."""

    def handler(asked: Asked) -> Given:
        if asked.path.startswith("/proxy_auth"):
            return Given(200, JSON, b'{"token": "good"}')
        return answer if asked.login else Given(401, {"WWW-Authenticate": CHALLENGE})

    return handler


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.online.registry._SECONDS_EACH", 1.0)
    monkeypatch.setattr("migrator.online.registry._SECONDS", 12.0)


def test_the_answer_that_the_others_twist_is_a_good_one(front: Front) -> None:
    front.handler = with_token(manifest())
    assert told().rule == "image-found"


def cut(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n" % SCHEMA_2.encode())
    connection.sendall(b"Content-Length: 9999\r\n\r\n" + MANIFEST)


def trickled(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    with suppress(OSError):
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.1)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b"[" * 2**16)


def silent(connection: socket.socket) -> None:
    time.sleep(1)


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"\xff\x00 no protocol at all\r\n\r\n")


NESTED = b"[" * 100_000
PAGE = b"<html>Please log in to the network</html>"
PACKED = {"Content-Encoding": "gzip", "Content-Type": SCHEMA_2}
LISTED = {"platform": {"architecture": "amd64"}, "digest": digest_of(b"another")}
LIES: dict[str, Given] = {
    "another digest in the header": manifest(Docker_Content_Digest=digest_of(b"other")),
    "a digest that is none": manifest(Docker_Content_Digest=KEY),
    "HTML for JSON": Given(200, {"Content-Type": "text/html"}, PAGE),
    "HTML that says it is a manifest": manifest(PAGE),
    "JSON that is no manifest": manifest(b"{}"),
    "a list for an object": manifest(b"[]"),
    "null": manifest(b"null"),
    "a media type of its own": manifest(MANIFEST.replace(b"manifest.v2", b"manifest.v3")),
    "no media type": Given(200, {}, MANIFEST),
    "no layers": manifest(MANIFEST.replace(b"layers", b"players")),
    "a size that is a text": manifest(MANIFEST.replace(b"5", b'"5"')),
    "a size that is no number": manifest(MANIFEST.replace(b"5", b"NaN")),
    "a size without end": manifest(MANIFEST.replace(b"5", b"Infinity")),
    "a size of a thousand digits": manifest(MANIFEST.replace(b"5", b"9" * 1000)),
    "no UTF-8": manifest(b"\xff\xfe"),
    "nested without end": manifest(NESTED),
    "packed zeros": Given(200, PACKED, gzip.compress(bytes(2**26))),
    "packed, but not": Given(200, PACKED, b"not packed"),
    "a list whose image is another": manifest(
        json.dumps({"schemaVersion": 2, "manifests": [LISTED]}).encode(), kind="application/json"
    ),
    "cut off": Given(raw=cut),
    "a byte at a time": Given(raw=trickled),
    "without end": Given(raw=endless),
    "silence": Given(raw=silent),
    "garbage": Given(raw=garbage),
    "500": Given(500, JSON, b"{}"),
    "418": Given(418),
    "204": Given(204),
    "a page of 404": Given(404, {"Content-Type": "text/html"}, PAGE),
    "a redirect to another host": Given(307, {"Location": f"https://{ELSEWHERE}/steal"}),
    "a redirect to itself": Given(301, {"Location": "/v2/"}),
    "a redirect to http": Given(302, {"Location": "http://nvcr.io/v2/"}),
}


@pytest.mark.parametrize("name", LIES)
def test_what_is_no_answer_is_not_success(front: Front, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in ("silence", "a byte at a time"):
        monkeypatch.setattr("migrator.online.registry._SECONDS_EACH", 0.4)
    front.handler = with_token(LIES[name])
    started = time.monotonic()
    found = told()
    assert found.rule == "registry-unreachable"
    assert KEY not in found.message
    assert time.monotonic() - started < 12
    assert not [asked for asked in front.heard if asked.host == ELSEWHERE]


def test_headers_that_come_a_byte_at_a_time_end_with_the_run(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrator.online.registry._SECONDS", 2.0)
    is_over = threading.Event()

    def trickled_headers(connection: socket.socket) -> None:
        with suppress(OSError):
            while not is_over.wait(0.1):
                connection.sendall(b"H")

    front.handler = with_token(Given(raw=trickled_headers))
    started = time.monotonic()
    assert "there was no answer in time" in told().message
    assert time.monotonic() - started < 4
    is_over.set()


CHALLENGES = {
    "another host": f'Bearer realm="https://{ELSEWHERE}/token",scope="repository:nvidia/tensorflow:pull"',
    "a host that begins the same": f'Bearer realm="https://nvcr.io.{ELSEWHERE}/token"',
    "a user that is a host": f'Bearer realm="https://nvcr.io@{ELSEWHERE}/token"',
    "another port": 'Bearer realm="https://nvcr.io:8443/token"',
    "a backslash": f'Bearer realm="https://{ELSEWHERE}\\\\@nvcr.io/token"',
    "http at another host": f'Bearer realm="http://{ELSEWHERE}/token"',
    "no realm": 'Bearer scope="x"',
    "no scheme": "gibberish, of, all, kinds",
    "nothing": "",
    "another scheme": 'Digest realm="x", nonce="y"',
    "a file": 'Bearer realm="file:///etc/passwd"',
}


@pytest.mark.parametrize("name", CHALLENGES)
def test_the_key_goes_to_no_host_that_a_challenge_names(front: Front, name: str) -> None:
    front.handler = lambda asked: Given(401, {"WWW-Authenticate": CHALLENGES[name]})
    assert told().rule in ("registry-unreachable", "key-refused")
    assert {asked.host for asked in front.heard} == {"nvcr.io"}
    assert not [asked for asked in front.heard if asked.login and "Bearer" in CHALLENGES[name]]


def test_a_challenge_for_http_is_followed_over_tls(front: Front) -> None:
    good = with_token(manifest())
    plain = CHALLENGE.replace("https:", "http:")
    front.handler = lambda asked: (
        given if (given := good(asked)).status != 401 else Given(401, {"WWW-Authenticate": plain})
    )
    assert told().rule == "image-found"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"token": 5}',
        b'{"token": "a\\r\\nX: y"}',
        b'{"token": ""}',
        PAGE,
        NESTED,
    ],
)
def test_a_token_that_is_none_opens_nothing(front: Front, body: bytes) -> None:
    def handler(asked: Asked) -> Given:
        if asked.path.startswith("/proxy_auth"):
            return Given(200, JSON, body)
        return Given(401, {"WWW-Authenticate": CHALLENGE})

    front.handler = handler
    assert told().rule in ("registry-unreachable", "key-refused")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("place", [f"https://{ELSEWHERE}/token", "https://authn.nvidia.com/token"])
def test_a_token_is_fetched_where_the_challenge_says_and_nowhere_else(
    front: Front, status: int, place: str
) -> None:
    def handler(asked: Asked) -> Given:
        if asked.path.startswith("/proxy_auth"):
            return Given(status, {"Location": place})
        return Given(401, {"WWW-Authenticate": CHALLENGE})

    front.handler = handler
    assert told().rule == "registry-unreachable"
    assert {asked.host for asked in front.heard} == {"nvcr.io"}


def test_an_absent_token_is_no_absent_image(front: Front) -> None:
    def handler(asked: Asked) -> Given:
        if asked.path.startswith("/proxy_auth"):
            return Given(404, JSON, b'{"errors": [{"code": "NOT_FOUND"}]}')
        return Given(401, {"WWW-Authenticate": CHALLENGE})

    front.handler = handler
    assert told().rule == "registry-unreachable"


def test_an_absence_that_the_key_was_not_asked_for_is_not_known(front: Front) -> None:
    body = b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}'
    front.handler = lambda asked: Given(404, JSON, body)
    assert told().rule == "registry-unreachable"


def test_an_image_that_is_there_for_nobody_and_not_for_the_key_is_not_known(front: Front) -> None:
    tokens = {"": "nobody", basic(): "key"}

    def handler(asked: Asked) -> Given:
        if asked.path.startswith("/proxy_auth"):
            return Given(200, JSON, json.dumps({"token": tokens[asked.login]}).encode())
        if asked.login == "Bearer key":
            return Given(404, JSON, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
        return manifest() if asked.login else Given(401, {"WWW-Authenticate": CHALLENGE})

    front.handler = handler
    assert told().rule == "registry-unreachable"


def test_a_tag_that_is_the_key_is_not_named_as_near(front: Front) -> None:
    def handler(asked: Asked) -> Given:
        if asked.path.startswith("/proxy_auth"):
            return Given(200, JSON, b'{"token": "good"}')
        if not asked.login:
            return Given(401, {"WWW-Authenticate": CHALLENGE})
        if "/tags/" in asked.path:
            tags = [KEY, f"18.07-py2-{KEY}", "18.07-py3", "\x1b[31m18.07-py2", 5, None]
            return Given(
                200, JSON, json.dumps({"tags": [tag for tag in tags if isinstance(tag, str)]}).encode()
            )
        return Given(404, JSON, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')

    front.handler = handler
    found = told()
    assert found.rule == "image-not-found"
    assert found.message.endswith("; near it are 18.07-py3.")


@pytest.mark.parametrize("tags", [b'{"tags": [5, null]}', b'{"tags": "x"}', b"[]", PAGE, NESTED])
def test_a_list_of_tags_that_is_none_names_none(front: Front, tags: bytes) -> None:
    def handler(asked: Asked) -> Given:
        if asked.path.startswith("/proxy_auth"):
            return Given(200, JSON, b'{"token": "good"}')
        if not asked.login:
            return Given(401, {"WWW-Authenticate": CHALLENGE})
        if "/tags/" in asked.path:
            return Given(200, JSON, tags)
        return Given(404, JSON, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')

    front.handler = handler
    found = told()
    assert found.rule == "image-not-found"
    assert found.message.endswith("the key of NGC_API_KEY, has none.")


def test_who_says_to_wait_is_waited_for(front: Front) -> None:
    good, times = with_token(manifest()), []

    def handler(asked: Asked) -> Given:
        times.append(time.monotonic())
        return Given(429, {"Retry-After": "1"}) if len(times) == 1 else good(asked)

    front.handler = handler
    assert told().rule == "image-found"
    assert times[1] - times[0] >= 1


def test_who_says_to_wait_for_long_is_not_asked_again(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.online.registry._SECONDS", 1.0)
    front.handler = lambda asked: Given(429, {"Retry-After": "2"})
    assert told().rule == "registry-unreachable"
    assert len(front.heard) == 1
    front.handler = with_token(manifest())  # who still waits does so once


def test_a_registry_that_is_busy_for_a_moment_is_asked_again(front: Front) -> None:
    good = with_token(manifest())
    front.handler = lambda asked: Given(503) if len(front.heard) == 1 else good(asked)
    assert told().rule == "image-found"


def test_a_certificate_that_is_not_trusted_hears_nothing(
    front: Front, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(make_certificates(tmp_path / "other")[0]))
    front.handler = with_token(manifest())
    found = told()
    assert (found.rule, "SSLError" in found.message) == ("registry-unreachable", True)
    assert front.heard == []


def test_a_registry_that_is_not_there_is_told_at_once(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed.getsockname()[1]}")
        images = [ImageReference("nvcr.io", "nvidia/tensorflow", str(n)) for n in range(100)]
        started = time.monotonic()
        found = ask(images, HOLDER)
    assert {one.rule for one in found.values()} == {"registry-unreachable"}
    assert time.monotonic() - started < 12


def test_a_netrc_is_not_read(front: Front, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("default login someone password of-the-netrc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    front.handler = with_token(manifest())
    told()
    assert {asked.login for asked in front.heard} == {"", basic(), "Bearer good"}

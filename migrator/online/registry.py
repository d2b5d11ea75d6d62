"""What a registry says of images to nobody, and to who has the key: its HTTP API v2, by python-dxf.

Only trusted hosts are asked, whatever a challenge names, and no redirect is followed: a key comes to no
other. What is not an answer as the specification has it, is none.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from difflib import get_close_matches
from enum import Enum
from functools import cache, partial
from itertools import groupby, islice
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3
from dxf import DXF, hash_bytes
from dxf.exceptions import DXFUnauthorizedError

from migrator.catalogue import NGC_REGISTRY, ImageReference
from migrator.model import Finding, Place, Severity
from migrator.online.keys import Key

_TRUSTED = (NGC_REGISTRY, "authn.nvidia.com")
_AT_ONCE, _MOST_BYTES, _MOST_TAGS = 4, 2**22, 2000
_SECONDS, _SECONDS_EACH, _PAUSES = 180.0, 20.0, (0.3, 1.0, 0.0)
_NOT_FOUND = re.compile("MANIFEST_UNKNOWN|NAME_UNKNOWN|NOT_FOUND")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


class State(Enum):
    """What an image is to one who asks: the rule that a job with it comes under, and what that says."""

    FOUND = ("image-found", "can be pulled by {by}: {text}")
    SCHEMA_1 = ("image-schema1", "has a manifest of schema 1: Docker 28 and containerd 2.1 cannot pull it")
    ABSENT = ("image-not-found", "does not exist: nvcr.io, asked {how}, has none{text}")
    FORBIDDEN = ("image-forbidden", "is refused, asked for {how}: it does not exist, or is not for who asks")
    REFUSED = ("key-refused", "cannot be pulled {how}, which nvcr.io refuses")
    UNKNOWN = ("registry-unreachable", "may be there or not: {text}")


_THERE = (State.FOUND, State.SCHEMA_1)


class Reply(NamedTuple):
    """What one who asks is told; ``text`` has format, size and digest, or why nothing is clear."""

    state: State
    text: str = ""


class UntrustedHost(Exception):
    """The way leads to a host that is not to hear of the key."""


class _Guard(requests.adapters.HTTPAdapter):
    """Lets requests through to trusted hosts only, and takes no more of an answer than is due."""

    def send(self, request: requests.PreparedRequest, *words: Any, **named: Any) -> requests.Response:
        if urlsplit(request.url or "").netloc.lower().removesuffix(":443") not in _TRUSTED:
            raise UntrustedHost
        end = time.monotonic() + _SECONDS_EACH
        response, body = super().send(request, *words, **{**named, "stream": True}), bytearray()
        while chunk := response.raw.read1(2**16, decode_content=True):
            body += chunk
            if len(body) > _MOST_BYTES or time.monotonic() > end:
                raise requests.Timeout
        response._content = bytes(body)
        return response


class _Caller:
    """One who asks, nobody or who has the key; in a repository one question at a time."""

    def __init__(self, key: Key | None) -> None:
        self._login = (key.user, key.value) if key else (None, None)
        self._is_keyed, self._session = key is not None, requests.Session()
        # A Retry-After is waited for, however long.
        retries = urllib3.Retry(2, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504))
        self._session.mount("https://", _Guard(pool_maxsize=_AT_ONCE, max_retries=retries))
        self._session.max_redirects = 0
        self._session.auth = lambda request: request  # else it takes what ~/.netrc has
        self._clients: dict[str, DXF] = {}
        self._last: Reply | None = None  # what every question would come to

    def ask(self, repository: str, question: Callable[[DXF], Reply]) -> Reply:
        """Return the answer to a question, else what comes in its place."""
        for pause in _PAUSES:
            if self._last is not None:
                return self._last
            try:
                if repository not in self._clients:
                    client = DXF(NGC_REGISTRY, repository, auth=self._log_in, timeout=_SECONDS_EACH)
                    client._sessions = [self._session]  # there is no other way to give it one
                    self._clients[repository] = client
                return question(self._clients[repository])
            except DXFUnauthorizedError:
                # From an expired token no way leads nobody to a new one, and some 401 are a whim: anew.
                self._clients.pop(repository, None)
                time.sleep(pause)
            except Exception as error:
                reply = self._failed(error)
                self._last = reply if isinstance(error, requests.ConnectionError | requests.Timeout) else None
                return reply
        refused = Reply(State.REFUSED if self._is_keyed else State.FORBIDDEN)
        self._last = refused if self._is_keyed and not self._clients else None
        return refused

    def _log_in(self, client: Any, response: requests.Response) -> None:
        client.authenticate(*self._login, ["pull"], response, user_agent="ngc-migrate")

    def _failed(self, error: Exception) -> Reply:
        """Return what an error says of an image; no text of the server's is in it."""
        response = error.response if isinstance(error, requests.HTTPError) else None
        if response is None:
            return Reply(State.UNKNOWN, f"there was no clear answer ({type(error).__name__})")
        status, is_heard = response.status_code, "Authorization" in response.request.headers
        is_absent = status == 404 and "/manifests/" in response.url and _NOT_FOUND.search(response.text)
        if is_absent and self._is_keyed and is_heard:
            return Reply(State.ABSENT)
        if status == 403 or (is_absent and not self._is_keyed):  # who has a key may be told of it
            return Reply(State.FORBIDDEN)
        return Reply(State.UNKNOWN, f"the answer was status {status}")


def _manifest(name: str, client: DXF) -> Reply:
    text, response = client.get_manifest_and_response(name)
    type_, data = response.headers["Content-Type"].partition(";")[0].strip(), json.loads(text)
    if data["schemaVersion"] == 1 and "manifest.v1" in type_:
        return Reply(State.SCHEMA_1, "schema 1")  # signed: its digest is of another text
    digest = hash_bytes(response.content)
    told = {response.headers.get("Docker-Content-Digest", digest), name if ":" in name else digest}
    if told != {digest} or data["schemaVersion"] != 2 or data.get("mediaType", type_) != type_:
        raise ValueError
    if "manifests" in data:
        platforms = {each["platform"]["architecture"]: each["digest"] for each in data["manifests"]}
        return Reply(State.FOUND, f"{digest}, list: {_manifest(platforms['amd64'], client).text}")
    size, kind = sum(part["size"] for part in (data["config"], *data["layers"])), "schema 2"
    packed = f"{int(size) / 1e9:.2f} GB packed"
    return Reply(State.FOUND, f"{'OCI' if 'oci' in type_ else kind}, {packed}, {digest}")


@cache
def _tags(client: DXF) -> list[str]:
    return sorted(filter(_TAG.fullmatch, islice(client.list_aliases(iterate=True), _MOST_TAGS)))


def _near(tag: str, key: Key, client: DXF) -> Reply:
    near = get_close_matches(tag, [each for each in _tags(client) if key.value not in each])
    return Reply(State.ABSENT, f"; near it are {', '.join(near)}" if near else "")


def ask(images: Iterable[ImageReference], key: Key | None) -> dict[ImageReference, Finding]:
    """Return what a job with each image is told, wherever it stands; an image is asked for once."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # that it tries again is no news
    nobody, holder, late = _Caller(None), _Caller(key), Reply(State.UNKNOWN, "there was no answer in time")
    found = {image: _finding(image, late, key, late) for image in images}

    def fill(group: list[ImageReference]) -> None:
        for image in group:
            question = partial(_manifest, image.digest or image.tag or "latest")
            anonymous = reply = nobody.ask(image.repository, question)
            if key:
                reply = holder.ask(image.repository, question)
            if reply.state is State.ABSENT and anonymous.state in _THERE:
                reply = Reply(State.UNKNOWN, "it is there for nobody, and not for the key")
            if reply.state is State.ABSENT and key:
                near = holder.ask(image.repository, partial(_near, image.tag or "", key))
                reply = near if near.state is State.ABSENT else reply
            found[image] = _finding(image, reply, key, anonymous)

    groups = groupby(sorted(found, key=str), lambda image: image.repository)
    pool = ThreadPoolExecutor(_AT_ONCE)
    done, _ = wait([pool.submit(fill, list(group)) for _, group in groups], _SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    for each in done:
        each.result()
    return dict(found)


def _finding(image: ImageReference, reply: Reply, key: Key | None, anonymous: Reply) -> Finding:
    rule, says = reply.state.value
    how = f"with the key of {key.source}" if key else "without a key"
    who = ("anyone", anonymous), ("the key", reply)
    by = " and ".join(name for name, one in who[: 2 if key else 1] if one.state in _THERE)
    severity = Severity.INFO if reply.state is State.FOUND else Severity.WARNING
    message = f"{image} {says.format(by=by, how=how, text=reply.text)}."
    return Finding(rule, severity, Place(""), message)

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
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from dxf import DXF, hash_bytes
from dxf.exceptions import DXFUnauthorizedError

from migrator.catalogue import NGC_REGISTRY, ImageReference
from migrator.model import Answer
from migrator.online.keys import Key
from migrator.secrets import Redaction

TRUSTED = frozenset({NGC_REGISTRY, "authn.nvidia.com"})
_AT_ONCE = 4
_SECONDS, _SECONDS_EACH, _LONGEST_PAUSE = 300.0, 20.0, 60.0
_PAUSES = (0.5, 1.5, 0.0)
_BUSY = (429, 502, 503, 504)
_MOST_BYTES, _MOST_TAGS, _LARGEST = 2**22, 2000, 2**50
_OCI, _DOCKER = "application/vnd.oci.image", "application/vnd.docker.distribution.manifest"
_FORMATS = {
    f"{_DOCKER}.v2+json": "schema 2",
    f"{_DOCKER}.list.v2+json": "list",
    f"{_OCI}.manifest.v1+json": "OCI",
    f"{_OCI}.index.v1+json": "OCI index",
    f"{_DOCKER}.v1+json": "schema 1",
    f"{_DOCKER}.v1+prettyjws": "schema 1",
}
_NOT_FOUND = frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"})
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)

T = TypeVar("T")


class State(StrEnum):
    """What an image is to one who asks, as the rule that a job with it comes under."""

    FOUND = "image-found"
    SCHEMA_1 = "image-schema1"
    ABSENT = "image-not-found"
    FORBIDDEN = "image-forbidden"
    REFUSED = "key-refused"
    UNKNOWN = "registry-unreachable"


_SAYS = {
    State.FOUND: "can be pulled by {by}: {text}",
    State.SCHEMA_1: "has a manifest of schema 1, which Docker 28 and containerd 2.1 cannot pull",
    State.ABSENT: "does not exist, asked for {how}{near}",
    State.FORBIDDEN: "is refused, asked for {how}: it does not exist, or is not for who asks",
    State.REFUSED: "cannot be pulled, asked for {how}: that is refused",
    State.UNKNOWN: "may be there or not: {text}",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What one who asks is told; ``text`` has format, size and digest, or why nothing is clear."""

    state: State
    text: str = ""


@dataclass(frozen=True, slots=True)
class Replies:
    """What counts of an image for a job, who can pull it, the key's source, and tags near an absent one."""

    image: ImageReference
    reply: Reply
    by: str = ""
    source: str = ""
    near: str = ""

    @property
    def answer(self) -> Answer:
        """The rule that a job comes under, and in a sentence why."""
        how = f"with the key of {self.source}" if self.source else "without a key"
        near = f"; near it are {self.near}" if self.near else ""
        says = _SAYS[self.reply.state].format(by=self.by, text=self.reply.text, how=how, near=near)
        return Answer(self.reply.state, f"{self.image} {says}.")


class UntrustedHost(Exception):
    """The way leads to a host that is not to hear of the key."""


class _Patience(urllib3.Retry):
    def parse_retry_after(self, retry_after: str) -> float:
        seconds = super().parse_retry_after(retry_after)
        if seconds > _LONGEST_PAUSE:  # to ask again before would be rude
            raise requests.exceptions.RetryError
        return seconds


class _Guard(requests.adapters.HTTPAdapter):
    """Lets requests through to trusted hosts only, and takes no more of an answer than is due."""

    def __init__(self, trusted: Iterable[str]) -> None:
        retries = _Patience(2, backoff_factor=0.5, status_forcelist=_BUSY)
        super().__init__(pool_maxsize=_AT_ONCE, max_retries=retries)
        self._trusted = frozenset(trusted)

    def send(self, request: requests.PreparedRequest, *words: Any, **named: Any) -> requests.Response:
        """Send a request and read the answer to its end."""
        if urlsplit(request.url or "").netloc.lower().removesuffix(":443") not in self._trusted:
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

    def __init__(self, host: str, key: Key | None, guard: _Guard) -> None:
        self._host, self._key, self._session = host, key, requests.Session()
        self._session.mount("https://", guard)
        self._session.max_redirects = 0
        self._session.auth = lambda request: request  # else it takes what ~/.netrc has
        self._clients: dict[str, DXF] = {}
        self._is_known = False
        self._last: Reply | None = None  # what every question would come to

    def ask(self, repository: str, question: Callable[[DXF], T]) -> T | Reply:
        """Return the answer to a question, else what comes in its place."""
        for pause in _PAUSES:
            if self._last is not None:
                return self._last
            try:
                answer = question(self._clients.get(repository) or self._client(repository))
                self._is_known = True
                return answer
            except DXFUnauthorizedError:
                # From an expired token no way leads nobody to a new one, and some 401 are a whim: anew.
                self._clients.pop(repository, None)
                time.sleep(pause)
            except Exception as error:
                failed = self._failure(error)
                is_down = isinstance(error, requests.ConnectionError | requests.Timeout)
                self._last = failed if is_down else None
                return failed
        if self._key is None:
            return Reply(State.FORBIDDEN)
        self._last = None if self._is_known else Reply(State.REFUSED)
        return Reply(State.REFUSED)

    def _client(self, repository: str) -> DXF:
        client = DXF(self._host, repository, auth=self._authenticate, timeout=_SECONDS_EACH)
        client._sessions = [self._session]  # there is no other way to give it one
        return self._clients.setdefault(repository, client)

    def _authenticate(self, client: Any, response: requests.Response) -> None:
        login = (self._key.user, self._key.value) if self._key else (None, None)
        client.authenticate(*login, actions=["pull"], response=response, user_agent="ngc-migrate")

    def _failure(self, error: Exception) -> Reply:
        """Return what an error says of an image; no text of the server's is in it."""
        response = error.response if isinstance(error, requests.HTTPError) else None
        if response is None:
            return Reply(State.UNKNOWN, f"there was no clear answer ({type(error).__name__})")
        is_absent = response.status_code == 404 and _is_absence(response)
        if is_absent and self._key and "Authorization" in response.request.headers:
            return Reply(State.ABSENT)
        if response.status_code == 403 or (is_absent and self._key is None):
            return Reply(State.FORBIDDEN)
        return Reply(State.UNKNOWN, f"the answer was status {response.status_code}")


def _is_absence(response: requests.Response) -> bool:
    """Tell whether it is the registry that knows no such image, and no page of somebody else's."""
    try:
        return not _NOT_FOUND.isdisjoint(error["code"] for error in response.json()["errors"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def _manifest(name: str, client: DXF) -> Reply:
    text, response = client.get_manifest_and_response(name)
    type_ = response.headers["Content-Type"].partition(";")[0].strip().lower()
    kind, data, told = _FORMATS[type_], json.loads(text), response.headers.get("Docker-Content-Digest")
    if kind == "schema 1" and data["schemaVersion"] == 1:
        return Reply(State.SCHEMA_1, kind)  # signed: its digest is of another text
    digest = hash_bytes(response.content)
    names = {told or digest, name if ":" in name else digest}
    if names != {digest} or data["schemaVersion"] != 2 or data.get("mediaType", type_) != type_:
        raise ValueError
    if "manifests" in data:
        platforms = {each["platform"]["architecture"]: each["digest"] for each in data["manifests"]}
        return Reply(State.FOUND, f"{kind} of {_manifest(platforms['amd64'], client).text}, {digest}")
    size = sum(part["size"] for part in (data["config"], *data["layers"]))
    if not 0 <= size < _LARGEST:
        raise ValueError
    return Reply(State.FOUND, f"{kind}, {size / 1e9:.2f} GB packed, {digest}")


def _near(tag: str, client: DXF) -> str:
    tags = filter(_TAG.fullmatch, islice(client.list_aliases(iterate=True), _MOST_TAGS))
    return ", ".join(get_close_matches(tag, sorted(tags)))


def _replies(image: ImageReference, nobody: _Caller, key: Key | None, holder: _Caller | None) -> Replies:
    question = partial(_manifest, image.digest or image.tag or "latest")
    there = (State.FOUND, State.SCHEMA_1)
    anonymous = nobody.ask(image.repository, question)
    by = "anyone" if anonymous.state in there else ""
    if holder is None or key is None:
        return Replies(image, anonymous, by)
    keyed = holder.ask(image.repository, question)
    if keyed.state is State.ABSENT and by:
        keyed = Reply(State.UNKNOWN, "it is there for nobody, and not for the key")
    if keyed.state in there:
        by = f"{by} and the key".removeprefix(" and ")
    near = (
        holder.ask(image.repository, partial(_near, image.tag or "")) if keyed.state is State.ABSENT else ""
    )
    is_shown = isinstance(near, str) and not Redaction(frozenset({key.value})).spans(near)
    return Replies(image, keyed, by, key.source, str(near) if is_shown else "")


def ask(
    images: Iterable[ImageReference],
    key: Key | None,
    *,
    host: str = NGC_REGISTRY,
    trusted: Iterable[str] = TRUSTED,
    seconds: float = _SECONDS,
) -> dict[ImageReference, Replies]:
    """Return what ``host`` says of each image, asked once; what it does not come to in time is unknown."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # that it tries again is no news
    guard = _Guard(trusted)
    nobody, holder = _Caller(host, None, guard), _Caller(host, key, guard) if key else None
    late = Reply(State.UNKNOWN, "there was no answer in time")
    found = {image: Replies(image, late) for image in images}
    groups: dict[str, list[ImageReference]] = {}
    for image in found:
        groups.setdefault(image.repository, []).append(image)

    def fill(group: Iterable[ImageReference]) -> None:
        for image in group:
            found[image] = _replies(image, nobody, key, holder)

    pool = ThreadPoolExecutor(_AT_ONCE)
    done, _ = wait([pool.submit(fill, group) for group in groups.values()], seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    for each in done:
        each.result()
    return dict(found)

"""Debian's docker-registry on loopback, images in it, and a front that answers as nvcr.io does."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.online.front import Asked, Given

USER = "$oauthtoken"
KEY = "nvapi-not-a-key-but-of-tests-42"
# The registry takes bcrypt only.
_HTPASSWD = "$2b$04$abcdefghijklmnopqrstuuwhs7OQRw1WWZX9lMp2R8B9iAGtQJ6cK"
SCHEMA_2 = "application/vnd.docker.distribution.manifest.v2+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"


def installed(program: str) -> str:
    """Return the path of a program; without it the test is skipped."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed: .ci/packages")
    return found


@dataclass(frozen=True, slots=True)
class Registry:
    """A docker-registry that runs, for those who log in with KEY."""

    port: int

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Given:
        """Send a request as one who has logged in, unless ``headers`` say otherwise."""
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.port}{path}"
        sent = {"Authorization": basic(), **(headers or {})}
        request = urllib.request.Request(url, body or None, sent, method=method)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as answer:
                return Given(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as answer:
            with answer:
                return Given(answer.code, dict(answer.headers), answer.read())

    def push_blob(self, repository: str, data: bytes) -> dict[str, Any]:
        digest = digest_of(data)
        started = self.send("POST", f"/v2/{repository}/blobs/uploads/")
        where = started.headers["Location"]
        sign = "&" if "?" in where else "?"
        headers = {"Content-Type": "application/octet-stream"}
        assert self.send("PUT", f"{where}{sign}digest={digest}", data, headers).status == 201
        return {"digest": digest, "size": len(data)}

    def push_manifest(self, repository: str, tag: str, manifest: Mapping[str, Any], kind: str) -> str:
        body = json.dumps(manifest, indent=3).encode()
        pushed = self.send("PUT", f"/v2/{repository}/manifests/{tag}", body, {"Content-Type": kind})
        assert pushed.status == 201, pushed
        return digest_of(body)

    def push(self, repository: str, tag: str, kind: str = SCHEMA_2) -> str:
        """Put a tiny image there; returns its digest."""
        content = io.BytesIO()
        tarfile.open(fileobj=content, mode="w").close()
        made = {"created": "2018-07-01T00:00:00Z", "created_by": tag}
        configuration = {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "created": made["created"],
            "history": [made],
            "rootfs": {"type": "layers", "diff_ids": [digest_of(content.getvalue())]},
        }
        config = self.push_blob(repository, json.dumps(configuration).encode())
        layer = self.push_blob(repository, gzip.compress(content.getvalue(), mtime=0))
        prefix = (
            "application/vnd.oci.image" if kind == OCI else "application/vnd.docker.image.rootfs.diff.tar"
        )
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {**config, "mediaType": "application/vnd.docker.container.image.v1+json"},
            "layers": [{**layer, "mediaType": f"{prefix}.gzip"}],
        }
        return self.push_manifest(repository, tag, manifest, kind)


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def basic(user: str = USER, key: str = KEY) -> str:
    return f"Basic {base64.b64encode(f'{user}:{key}'.encode()).decode()}"


@contextmanager
def running(folder: Path) -> Iterator[Registry]:
    """Give a registry that runs; the test is skipped where none is installed."""
    program = installed("docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "of the tests"},
        "auth": {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}},
        "compatibility": {"schema1": {"enabled": True}},
    }
    (folder / "htpasswd").write_text(f"{USER}:{_HTPASSWD}\n")
    # YAML takes JSON.
    (folder / "config.yml").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        registry = Registry(port)
        _wait_for(registry, child)
        yield registry
    finally:
        child.terminate()
        child.wait(10)


def _wait_for(registry: Registry, child: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            if registry.send("GET", "/v2/").status == 200:
                return
        except OSError:
            assert child.poll() is None, "docker-registry has ended"
        time.sleep(0.05)
    raise AssertionError("docker-registry does not answer")


@dataclass
class Ngc:
    """Answers as nvcr.io does, for a registry behind it.

    The challenge has a realm and a scope and no service; for nobody there are only ``public`` repositories;
    a token is good for ``uses`` requests, and once one has expired the realm has moved to authn.nvidia.com,
    where nobody gets anything.
    """

    registry: Registry
    public: frozenset[str] = frozenset()
    uses: int = 1000
    tokens: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Given:
        path, _, query = asked.path.partition("?")
        if asked.host == "nvcr.io" and path == "/proxy_auth":
            return self._token(asked, query)
        if asked.host == "authn.nvidia.com" and path == "/token":
            return self._token(asked, query) if asked.login else Given(401)
        if asked.host != "nvcr.io" or not path.startswith("/v2/"):
            return Given(404, {}, b"<html>no such page</html>")
        repository = path.removeprefix("/v2/").rpartition("/manifests/")[0]
        repository = repository or path.removeprefix("/v2/").rpartition("/tags/")[0]
        scope = f"repository:{repository}:pull"
        token = asked.login.removeprefix("Bearer ")
        if token not in self.tokens:
            return _challenge("https://nvcr.io/proxy_auth", scope)
        who, allowed, uses = self.tokens[token]
        if uses <= 0:
            return _challenge("https://authn.nvidia.com/token", scope, ',service="registry"')
        self.tokens[token] = (who, allowed, uses - 1)
        if allowed != scope:
            return _error(403, "DENIED")
        accept = {"Accept": asked.headers["accept"]} if "accept" in asked.headers else {}
        given = self.registry.send("GET", asked.path, headers=accept)
        kept = ("Content-Type", "Docker-Content-Digest", "Link")
        return Given(given.status, {n: v for n, v in given.headers.items() if n in kept}, given.body)

    def _token(self, asked: Asked, query: str) -> Given:
        scope = parse_qs(query).get("scope", [""])[0]
        if asked.login and asked.login != basic():
            return Given(401, {}, b"{}")
        repository = scope.removeprefix("repository:").removesuffix(":pull")
        if not asked.login and repository not in self.public:
            return Given(403, {}, b"{}")
        token = f"token{len(self.tokens)}"
        self.tokens[token] = ("key" if asked.login else "nobody", scope, self.uses)
        return Given(200, {"Content-Type": "application/json"}, json.dumps({"token": token}).encode())


def _challenge(realm: str, scope: str, more: str = "") -> Given:
    refused = _error(401, "UNAUTHORIZED")
    headers = {**refused.headers, "WWW-Authenticate": f'Bearer realm="{realm}",scope="{scope}"{more}'}
    return Given(401, headers, refused.body)


def _error(status: int, code: str) -> Given:
    body = json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode()
    return Given(status, {"Content-Type": "application/json"}, body)

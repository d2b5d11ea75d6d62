"""A server that speaks as much of the Batch AI REST interface as it takes to submit a job.

It follows the API version 2018-05-01: resource groups, workspaces, clusters, experiments and jobs are
created by PUT, all but the first as long-running operations, and read by GET. The shapes are those of
``specification/batchai/resource-manager/Microsoft.BatchAI/stable/2018-05-01`` in
https://github.com/Azure/azure-rest-api-specs
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

API_VERSION = "2018-05-01"

_GROUP = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+", re.IGNORECASE)
_RESOURCE = re.compile(
    r"(?P<group>/subscriptions/[^/]+/resourcegroups/[^/]+)/providers/Microsoft\.BatchAI"
    r"(?P<names>/workspaces/[^/]+(/clusters/[^/]+|/experiments/[^/]+(/jobs/[^/]+)?)?)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent; ``path`` without the query, ``body`` as parsed JSON, None if there was none."""

    method: str
    path: str
    body: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends back."""

    status: HTTPStatus
    body: Mapping[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()


class BatchAIServer:
    """Listens on a free port of this machine while it is entered, and keeps every request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.resources: dict[str, Mapping[str, Any]] = {}
        self._http = _HttpServer(self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """The address for ``base_url``, without a slash at the end."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def add(self, path: str) -> None:
        """Create a resource, as if somebody had done so before."""
        self.resources[path.lower()] = _resource(path, {})

    def puts(self, kind: str) -> list[Request]:
        """Return the PUT requests for resources of a kind, such as ``jobs``, in order."""
        return [each for each in self.requests if each.method == "PUT" and _kind(each.path) == kind]

    def answer(self, request: Request, version: str, authorization: str) -> Answer:
        """Return the answer to a request, as the real service would give it."""
        if not authorization.startswith("Bearer "):
            return _refusal(HTTPStatus.UNAUTHORIZED, "AuthenticationFailed")
        if request.path.startswith("/operations"):
            return self._found(request.path.removeprefix("/operations"))
        if _GROUP.fullmatch(request.path) and request.method == "PUT":
            self.resources[request.path.lower()] = _resource(request.path, request.body or {})
            return Answer(HTTPStatus.CREATED, self.resources[request.path.lower()])
        if version != API_VERSION or not _RESOURCE.fullmatch(request.path):
            return _refusal(HTTPStatus.BAD_REQUEST, "InvalidRequest")
        return self._created(request) if request.method == "PUT" else self._found(request.path)

    def _found(self, path: str) -> Answer:
        resource = self.resources.get(path.lower())
        return Answer(HTTPStatus.OK, resource) if resource else _refusal(HTTPStatus.NOT_FOUND, "NotFound")

    def _created(self, request: Request) -> Answer:
        body = request.body or {}
        if not all(path.lower() in self.resources for path in _needs(request.path, body)):
            return _refusal(HTTPStatus.NOT_FOUND, "ParentResourceNotFound")
        self.resources[request.path.lower()] = _resource(request.path, body)
        headers = (("Location", f"{self.url}/operations{request.path}"), ("Retry-After", "0"))
        return Answer(HTTPStatus.ACCEPTED, None, headers)


def _needs(path: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of what must be there before a resource: what it lies in, and a job's cluster."""
    if _kind(path) != "workspaces":
        yield path.rpartition("/")[0].rpartition("/")[0]
    if _kind(path) == "jobs":
        yield body.get("properties", {}).get("cluster", {}).get("id", "")


def _kind(path: str) -> str:
    return path.split("/")[-2]


def _resource(path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    found = _RESOURCE.fullmatch(path)
    kinds = "/".join(found["names"].split("/")[1::2]) if found else "resourceGroups"
    properties = {**body.get("properties", {}), "provisioningState": "succeeded"}
    return {
        "id": path,
        "name": path.rpartition("/")[2],
        "type": f"Microsoft.BatchAI/{kinds}",
        "location": body.get("location", "westeurope"),
        "properties": properties,
    }


def _refusal(status: HTTPStatus, code: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": f"The service says {code}."}})


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: BatchAIServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service


class _Handler(BaseHTTPRequestHandler):
    """Passes requests to the service; ``do_…`` are the names that http.server calls."""

    server: _HttpServer
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        address = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, address.path, json.loads(content) if content else None)
        self.server.service.requests.append(request)
        version = parse_qs(address.query).get("api-version", [""])[0]
        self._send(self.server.service.answer(request, version, self.headers.get("Authorization") or ""))

    def _send(self, answer: Answer) -> None:
        content = json.dumps(answer.body).encode() if answer.body is not None else b""
        self.send_response(answer.status)
        headers = (("Content-Type", "application/json"), ("Content-Length", str(len(content))))
        for name, value in (*headers, *answer.headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

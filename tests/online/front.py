"""A proxy on loopback that answers, over TLS and under their names, as the hosts that are asked.

A test says with ``handler`` what each request is answered with; every request that came is in ``heard``.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as it came."""

    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def login(self) -> str:
        """What the request carries to log in with."""
        return self.headers.get("authorization", "")


@dataclass(frozen=True, slots=True)
class Given:
    """What a request is answered with; ``raw`` has the socket instead, to do what no server should."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: Callable[[socket.socket], None] | None = None


Handler: TypeAlias = Callable[[Asked], Given]


class Front(ThreadingHTTPServer):
    """The proxy; what it is asked to connect to is this process, whatever the name."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.handler: Handler = lambda asked: Given(500)
        self.heard: list[Asked] = []
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    @property
    def environment(self) -> dict[str, str]:
        """What sends a client here."""
        address = f"http://127.0.0.1:{self.server_port}"
        return {"HTTPS_PROXY": address, "https_proxy": address, "NO_PROXY": "", "no_proxy": ""}

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep silent: clients that hang up are what some tests are about."""

    def answered(self, asked: Asked) -> Given:
        with self.lock:
            self.heard.append(asked)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.handler(asked)
        finally:
            with self.lock:
                self.at_once -= 1


class _Connection(BaseHTTPRequestHandler):
    server: Front
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        host = self.path.rpartition(":")[0]
        with suppress(OSError), self.server.context.wrap_socket(self.connection, server_side=True) as inside:
            _Inside(inside, host, self.server)
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Write nothing."""


class _Inside(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in two packets waits for the client's acknowledgement
    timeout = 30

    def __init__(self, connection: ssl.SSLSocket, host: str, front: Front) -> None:
        self.host = host
        self.front = front
        super().__init__(connection, ("127.0.0.1", 0), front)

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        given = self.front.answered(Asked(self.host, self.path, headers, body))
        if given.raw is not None:
            given.raw(self.connection)
            self.close_connection = True
            return
        self.send_response(given.status)
        for name, value in {"Content-Length": str(len(given.body)), **given.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(given.body)
        self.wfile.flush()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        """Write nothing."""


@contextmanager
def fronting(certificate: Path) -> Iterator[Front]:
    """Give a front that runs."""
    front = Front(certificate)
    thread = threading.Thread(target=front.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.shutdown()
        front.server_close()
        thread.join(5)

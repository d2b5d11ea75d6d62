"""The server refuses what the real service would refuse, so that a recipe cannot pass by leaving it out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.sdk.server import API_VERSION, BatchAIServer

GROUP = "/subscriptions/0a0a/resourceGroups/lab"
WORKSPACE = f"{GROUP}/providers/Microsoft.BatchAI/workspaces/one"
SIGNED = "Bearer made-up"
JOB = f"{WORKSPACE}/experiments/first/jobs/job"


@pytest.fixture
def server() -> Iterator[BatchAIServer]:
    with BatchAIServer() as running:
        yield running


def ask(
    server: BatchAIServer,
    method: str,
    path: str,
    body: Any = None,
    *,
    version: str = API_VERSION,
    authorization: str = SIGNED,
) -> tuple[int, Any]:
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=5)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, f"{path}?api-version={version}", content, {"Authorization": authorization})
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else response.getheader("Location")
    finally:
        connection.close()


def test_what_was_not_created_is_not_found(server: BatchAIServer) -> None:
    assert ask(server, "GET", WORKSPACE)[0] == 404


def test_a_resource_group_is_created_at_once(server: BatchAIServer) -> None:
    status, body = ask(server, "PUT", GROUP, {"location": "westeurope"}, version="2018-02-01")
    assert (status, body["name"], body["location"]) == (201, "lab", "westeurope")


def test_a_workspace_is_created_by_an_operation_that_ends_with_it(server: BatchAIServer) -> None:
    status, location = ask(server, "PUT", WORKSPACE, {"location": "westeurope"})
    assert status == 202
    status, body = ask(server, "GET", location.removeprefix(server.url))
    assert (status, body["id"], body["properties"]["provisioningState"]) == (200, WORKSPACE, "succeeded")
    assert ask(server, "GET", WORKSPACE.replace("Groups", "groups"))[0] == 200


def test_a_job_needs_its_experiment_and_its_cluster(server: BatchAIServer) -> None:
    body = {"properties": {"cluster": {"id": f"{WORKSPACE}/clusters/small"}}}
    assert ask(server, "PUT", JOB, body)[0] == 404
    server.add(f"{WORKSPACE}/experiments/first")
    assert ask(server, "PUT", JOB, body)[0] == 404
    server.add(f"{WORKSPACE}/clusters/small")
    assert ask(server, "PUT", JOB, body)[0] == 202
    assert [put.body for put in server.puts("jobs")][-1] == body


@pytest.mark.parametrize(
    ("path", "version", "authorization", "status"),
    [
        (WORKSPACE, API_VERSION, "", 401),
        (WORKSPACE, "2017-09-01-preview", SIGNED, 400),
        (f"{WORKSPACE}/pods/x", API_VERSION, SIGNED, 400),
    ],
)
def test_a_request_that_the_service_does_not_know_is_refused(
    server: BatchAIServer, path: str, version: str, authorization: str, status: int
) -> None:
    assert (
        ask(server, "PUT", path, {"location": "x"}, version=version, authorization=authorization)[0] == status
    )

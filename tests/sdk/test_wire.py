"""Whole recipes, run as a user runs them, against a server: what arrives there before and after migration."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrator.model import CredentialsMode
from tests.sdk.environments import HERE, Sdk, python_of, run
from tests.sdk.recipes import fill_in, prepared, registry
from tests.sdk.server import BatchAIServer, Request


@dataclass(frozen=True, slots=True)
class Submission:
    """A fixture's file, the SDK that it is written for, and the images before and after."""

    fixture: str
    file: str
    sdk: Sdk
    image: str
    target: str

    def __str__(self) -> str:
        return f"{self.fixture}-{self.sdk}"

    @property
    def command(self) -> tuple[str, ...]:
        """What is typed in the file's folder after the interpreter."""
        name = Path(self.file).name
        runner = str(HERE / "inside" / "run_notebook.py")
        return (runner, name) if name.endswith(".ipynb") else (name,)


TENSORFLOW = ("tensorflow/tensorflow:1.8.0-gpu", "nvcr.io/nvidia/tensorflow:18.07-py2")
CAFFE2 = ("caffe2ai/caffe2", "nvcr.io/nvidia/caffe2:17.10")
SUBMISSIONS = (
    Submission("wire-script", "sdk-2/submit.py", Sdk.V2_0_0, *TENSORFLOW),
    Submission("wire-script", "sdk-7/submit.py", Sdk.V7_0_0, *TENSORFLOW),
    Submission("wire-notebook", "sdk-2/butterflies.ipynb", Sdk.V2_0_0, *CAFFE2),
    Submission("wire-notebook", "sdk-7/butterflies.ipynb", Sdk.V7_0_0, *CAFFE2),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """The requests of a submission as it was, and after migration by mode of credentials."""

    submission: Submission
    before: tuple[Request, ...]
    after: Mapping[CredentialsMode, tuple[Request, ...]]


@pytest.fixture(scope="module", params=SUBMISSIONS, ids=str)
def sent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    submission: Submission = request.param
    folder = tmp_path_factory.mktemp("wire")
    after = {mode: requests(submission, folder / mode, mode) for mode in CredentialsMode}
    return Sent(submission, requests(submission, folder / "before", None), after)


def requests(submission: Submission, tree: Path, mode: CredentialsMode | None) -> tuple[Request, ...]:
    python = python_of(submission.sdk)
    prepared(submission.fixture, tree, mode)
    with BatchAIServer() as server:
        fill_in(tree / "configuration.json", {"https://management.azure.com": server.url})
        printed = run(python, *submission.command, cwd=(tree / submission.file).parent)
        assert printed.startswith("Sent ")
        return tuple(server.requests)


def job(requests: tuple[Request, ...]) -> dict[str, Any]:
    """Return the properties in the one PUT for a job."""
    puts = [each for each in requests if each.method == "PUT" and each.path.split("/")[-2] == "jobs"]
    assert len(puts) == 1
    properties: dict[str, Any] = copy.deepcopy(puts[0].body["properties"])
    return properties


def test_an_unmigrated_recipe_sends_its_public_image_and_nothing_beside_it(sent: Sent) -> None:
    assert job(sent.before)["containerSettings"] == {"imageSourceRegistry": {"image": sent.submission.image}}


def test_an_unmigrated_recipe_creates_all_that_a_job_needs(sent: Sent) -> None:
    kinds = [each.path.split("/")[-2] for each in sent.before if each.method == "PUT"]
    assert kinds == ["workspaces", "clusters", "experiments", "jobs"]


@pytest.mark.parametrize("mode", CredentialsMode)
def test_a_migrated_recipe_sends_image_server_and_credentials(sent: Sent, mode: CredentialsMode) -> None:
    wanted = {"imageSourceRegistry": registry(sent.submission.target, mode)}
    assert job(sent.after[mode])["containerSettings"] == wanted


@pytest.mark.parametrize("mode", CredentialsMode)
def test_the_bodies_of_the_job_differ_in_the_image_registry_only(sent: Sent, mode: CredentialsMode) -> None:
    before, after = job(sent.before), job(sent.after[mode])
    for body in (before, after):
        assert len(body) > 5
        body["containerSettings"].pop("imageSourceRegistry")
    assert after == before


@pytest.mark.parametrize("mode", CredentialsMode)
def test_all_other_requests_are_those_of_the_unmigrated_recipe(sent: Sent, mode: CredentialsMode) -> None:
    before, after = (
        [each for each in requests if each.path.split("/")[-2] != "jobs" or each.method != "PUT"]
        for requests in (sent.before, sent.after[mode])
    )
    assert len(before) == len(sent.before) - 1
    assert after == before

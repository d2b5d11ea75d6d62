"""Job specs, submitted with the Azure CLI's own code, before and after migration.

That is ``create_job`` of the package azure-cli-batchai 0.4.10, the function behind ``az batchai job create``,
with the real client of azure-mgmt-batchai 2.0.0 and flags for cluster, workspace and experiment. What is left
out is the CLI's login. A spec with a byte order mark is not among these: the CLI cannot read it, migrated or
not.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrator.model import CredentialsMode
from tests.sdk.environments import CLI, HERE, python_of, run
from tests.sdk.recipes import FIXTURES, prepared, registry
from tests.sdk.server import BatchAIServer

SPECS = ("job-spec", "job-spec-crlf-two-spaces-no-final-newline", "job-spec-tabs")

SUBSCRIPTION, GROUP = "0a0a", "telescopes"
WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.BatchAI/workspaces/sky"


@dataclass(frozen=True, slots=True)
class Sent:
    """The properties that arrived, by the name of the job, which tells the fixture and the mode."""

    jobs: Mapping[str, Mapping[str, Any]]

    def before(self, fixture: str) -> dict[str, Any]:
        """Return what the unmigrated spec sent."""
        return copy.deepcopy(dict(self.jobs[f"{fixture}-before"]))

    def after(self, fixture: str, mode: CredentialsMode) -> dict[str, Any]:
        """Return what the spec migrated with ``mode`` sent."""
        return copy.deepcopy(dict(self.jobs[f"{fixture}-{mode}"]))


def target(fixture: str) -> str:
    """Return the image that the fixture's job is meant to get."""
    expected = json.loads((FIXTURES / fixture / "expected.json").read_bytes())
    image: str = expected["jobs"][0]["target"]
    return image


def submit(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Submit the spec in every folder of ``folder`` and return what arrived, by job."""
    python = python_of(CLI)
    with BatchAIServer() as server:
        for path in ("", "/clusters/dome", "/experiments/galaxies"):
            server.add(WORKSPACE + path)
        words = (server.url, SUBSCRIPTION, GROUP, "sky", "dome", "galaxies", folder)
        run(python, HERE / "inside" / "run_cli.py", *words, cwd=folder.parent)
        return {put.path.rpartition("/")[2]: put.body["properties"] for put in server.puts("jobs")}


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    folder = tmp_path_factory.mktemp("specs") / "jobs"
    for fixture in SPECS:
        for mode in (None, *CredentialsMode):
            prepared(fixture, folder / f"{fixture}-{mode or 'before'}", mode)
    return Sent(submit(folder))


@pytest.mark.parametrize("fixture", SPECS)
def test_an_unmigrated_spec_sends_what_stands_in_it(sent: Sent, fixture: str) -> None:
    written = json.loads((FIXTURES / fixture / "before" / "job.json").read_bytes())["properties"]
    found = sent.before(fixture)
    assert {key: found[key] for key in written} == written


@pytest.mark.parametrize("mode", CredentialsMode)
@pytest.mark.parametrize("fixture", SPECS)
def test_a_migrated_spec_sends_image_server_and_credentials(
    sent: Sent, fixture: str, mode: CredentialsMode
) -> None:
    wanted = {"imageSourceRegistry": registry(target(fixture), mode)}
    assert sent.after(fixture, mode)["containerSettings"] == wanted


@pytest.mark.parametrize("mode", CredentialsMode)
@pytest.mark.parametrize("fixture", SPECS)
def test_nothing_else_differs_from_what_the_unmigrated_spec_sends(
    sent: Sent, fixture: str, mode: CredentialsMode
) -> None:
    before, after = sent.before(fixture), sent.after(fixture, mode)
    for body in (before, after):
        assert {"cluster", "nodeCount", "stdOutErrPathPrefix"} < body.keys()
        body["containerSettings"].pop("imageSourceRegistry")
    assert after == before


def test_the_cli_drops_a_misspelt_key_without_a_word(tmp_path: Path) -> None:
    job = prepared("job-spec", tmp_path / "jobs" / "typo", CredentialsMode.API_KEY) / "job.json"
    text = job.read_text()
    assert "serverUrl" in text
    job.write_text(text.replace("serverUrl", "serverURL"))
    found = submit(tmp_path / "jobs")["typo"]["containerSettings"]["imageSourceRegistry"]
    assert found["image"] == target("job-spec")
    assert "serverUrl" not in found

"""The servers that tests ask, made once: certificates, a front, a registry with images."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.online.certificates import make_certificates
from tests.online.front import Front, fronting
from tests.online.registries import Ngc, Registry, running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running(tmp_path_factory.mktemp("registry")) as made:
        for tag in ("18.05-py3", "18.06-py2", "18.06-py3", "18.07-py2"):
            made.push("nvidia/tensorflow", tag)
        made.push("nvidia/pytorch", "18.05-py3")
        yield made


@pytest.fixture
def front(
    certificates: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Front]:
    """A front for this process and its children, with no key of the user's own in reach."""
    for name in ("NGC_API_KEY", "NGC_CLI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates[0]))
    # Wait less between tries than people would like to.
    monkeypatch.setattr("migrator.online.registry._PAUSES", (0.01, 0.02, 0.0))
    monkeypatch.setattr("urllib3.Retry.get_backoff_time", lambda retry: 0.01)
    with fronting(certificates[1]) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made
    # Who asks on when the time is up is not to ask the front of the next test.
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(30)


@pytest.fixture
def ngc(front: Front, registry: Registry) -> Ngc:
    """The front as nvcr.io, where tensorflow is for everyone."""
    front.handler = made = Ngc(registry, frozenset({"nvidia/tensorflow"}))
    return made

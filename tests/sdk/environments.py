"""One virtual environment for each release of the SDK, and one for the Azure CLI, made once and kept.

They lie in ``.venv/sdk`` of the project, or in ``$NGC_MIGRATE_SDK_CACHE``. What goes into one is pinned,
with hashes, in ``requirements/``; so the network is needed only to make it.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE_VARIABLE = "NGC_MIGRATE_SDK_CACHE"


class Sdk(StrEnum):
    """A release of azure-mgmt-batchai: the first, the last of the old kind, and the newest ones."""

    V0_2_0 = "0.2.0"
    V1_0_1 = "1.0.1"
    V2_0_0 = "2.0.0"
    V7_0_0 = "7.0.0"


# The Azure CLI with its Batch AI commands, which bring azure-mgmt-batchai 2.0.0.
CLI = "cli"


class NotInstalled(Exception):
    """An environment could not be made, and why."""


def python_of(name: str) -> Path:
    """Return the interpreter of the environment ``name``, an Sdk or CLI, and make it if need be.

    Where it cannot be made the test is skipped, or fails where the variable CI is ``true``.
    """
    try:
        return installed(name)
    except NotInstalled as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


def installed(name: str) -> Path:
    """Return the interpreter of the environment ``name``. Raises NotInstalled."""
    found = _outcome(name)
    if isinstance(found, NotInstalled):
        raise found
    return found


@functools.cache
def _outcome(name: str) -> Path | NotInstalled:
    """Make an environment at most once a run, so that only one test waits for an index out of reach."""
    folder = cache() / f"{name}-py{sys.version_info.major}.{sys.version_info.minor}"
    requirements = HERE / "requirements" / f"{name}.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    stamp, python = folder / ".installed", folder / "bin" / "python"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_name(f"{folder.name}.lock")):
            if not stamp.is_file() or stamp.read_text() != wanted or not python.exists():
                _make(folder, python, requirements)
                stamp.write_text(wanted)
    except (OSError, subprocess.SubprocessError) as error:
        return NotInstalled(f"the environment {name} cannot be made in {folder}: {error}")
    except NotInstalled as error:
        return error
    return python


def cache() -> Path:
    """Return the folder that the environments lie in."""
    return Path(os.environ.get(CACHE_VARIABLE) or HERE.parents[1] / ".venv" / "sdk").resolve()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Wait until no other process, such as another worker of pytest-xdist, makes the same environment."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, python: Path, requirements: Path) -> None:
    # The pip that runs the tests serves, where there is one: another for each environment takes seconds.
    has_pip = importlib.util.find_spec("pip") is not None
    venv.EnvBuilder(clear=True, with_pip=not has_pip, symlinks=True).create(folder)
    pip = (sys.executable, "-m", "pip", "--python", str(python)) if has_pip else (str(python), "-m", "pip")
    # What is imported is compiled then, and most is not.
    silence = ("--quiet", "--no-input", "--disable-pip-version-check")
    haste = ("--no-compile", "--retries", "1", "--timeout", "20")
    pins = ("--no-deps", "--require-hashes", "--requirement", str(requirements))
    words = (*pip, "install", *silence, *haste, *pins)
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=170)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise NotInstalled(f"the packages of {requirements.name} cannot be installed: {last[0]}")


def run(python: Path, *words: str | Path, cwd: Path, more: Mapping[str, str] | None = None) -> str:
    """Run an interpreter in ``cwd`` as a user would and return what it printed; fail the test if it fails.

    Nothing of this process's environment is passed on, so that no proxy, token or PYTHONPATH of the
    machine plays a part. ``more`` is added.
    """
    environment = {"PATH": os.defpath, "HOME": str(cwd), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [str(python), *map(str, words)],
        cwd=cwd,
        env={**environment, **(more or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

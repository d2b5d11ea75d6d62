"""Making and keeping the environments, without making one: an index that is out of reach included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sdk import environments
from tests.sdk.environments import CACHE_VARIABLE, CLI, NotInstalled, Sdk, installed, python_of

ROOT = Path(__file__).parents[2]
NOWHERE = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_NO_CACHE_DIR": "1",
}

TRY = """
import os
from tests.sdk.environments import Sdk, python_of
for value in ("true", ""):
    os.environ["CI"] = value
    try:
        python_of(Sdk.V7_0_0)
    except BaseException as outcome:
        print(f"{type(outcome).__name__}: {outcome}")
"""


@pytest.mark.parametrize("name", [*Sdk, CLI, "pre-commit"])
def test_every_package_of_an_environment_is_pinned_with_hashes(name: str) -> None:
    lines = (environments.HERE / "requirements" / f"{name}.txt").read_text().splitlines()
    pins = [index for index, line in enumerate(lines) if "==" in line]
    assert len(pins) > 10
    assert all(lines[index + 1].lstrip().startswith("--hash=sha256:") for index in pins)


def test_an_environment_that_is_there_is_used_as_it_is() -> None:
    python = python_of(Sdk.V7_0_0)
    stamp = python.parents[1] / ".installed"
    before = stamp.stat().st_mtime_ns
    environments._outcome.cache_clear()
    assert installed(Sdk.V7_0_0) == python
    assert stamp.stat().st_mtime_ns == before


def test_an_index_out_of_reach_fails_in_ci_and_skips_elsewhere(tmp_path: Path) -> None:
    variables = {**NOWHERE, CACHE_VARIABLE: str(tmp_path), "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-c", TRY], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    reason = "the packages of 7.0.0.txt cannot be installed"
    assert [line.partition(":")[0] for line in done.stdout.splitlines() if reason in line] == [
        "Failed",
        "Skipped",
    ]
    assert not list(tmp_path.glob("*/.installed"))


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file" / "folder"))
    environments._outcome.cache_clear()
    with pytest.raises(NotInstalled, match="cannot be made"):
        installed(Sdk.V7_0_0)
    environments._outcome.cache_clear()

"""The steps of action.yml, run by the shell as a runner of GitHub runs them, but for the installation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The last step: its script is what stands last in the file.
SCRIPT = textwrap.dedent((ROOT / "action.yml").read_text().rpartition("      run: |\n")[2])


@pytest.mark.parametrize(("options", "code"), [("", 0), ("--check", 1), ("--gpu nonsense", 2)])
def test_the_plan_step_gives_annotations_a_summary_and_sarif(tmp_path: Path, options: str, code: int) -> None:
    outputs = {"GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "summary.md"}
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "ngc-migrate"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m migrator "$@"\n')
    command.chmod(0o755)
    variables = {
        **os.environ,
        "PATHS": "fixtures/whole-tree/before",
        "OPTIONS": options,
        **{name: str(path) for name, path in outputs.items()},
        "RUNNER_TEMP": str(tmp_path),
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    # So GitHub calls a step's bash: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", SCRIPT]
    done = subprocess.run(shell, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    if code < 2:
        assert "::warning file=fixtures/whole-tree/before/" in done.stdout
        assert "# " in outputs["GITHUB_STEP_SUMMARY"].read_text()
        sarif = Path(outputs["GITHUB_OUTPUT"].read_text().strip().partition("=")[2])
        assert json.loads(sarif.read_text())["version"] == "2.1.0"

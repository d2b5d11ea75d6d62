"""The hooks of .pre-commit-hooks.yaml, installed and run by pre-commit itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.command import git
from tests.sdk.environments import python_of

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "fixtures" / "job-spec"
HOOKS = ("ngc-migrate-check", "ngc-migrate")


def test_the_check_fails_until_the_hook_that_applies_has_written(tmp_path: Path) -> None:
    program = python_of("pre-commit").with_name("pre-commit")
    tree = tmp_path / "tree"
    shutil.copytree(SPEC / "before", tree)
    try:
        revision = git("rev-parse", "HEAD", cwd=ROOT).decode().strip()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{ROOT} is kept by no git repository that can be read: {error.stderr.decode().strip()}")
    (tree / ".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: '{ROOT}', rev: {revision}, hooks: [{{id: {HOOKS[0]}}}, {{id: {HOOKS[1]}}}]}}]\n"
    )
    git("init", "-q", cwd=tree)
    git("add", "-A", cwd=tree)

    def outcome() -> list[str]:
        variables = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "PRE_COMMIT_COLOR": "never"}
        words = [str(program), "run", "--all-files"]
        done = subprocess.run(words, cwd=tree, env=variables, capture_output=True, text=True, check=False)
        return [
            line.rsplit(".", 1)[-1] for line in done.stdout.splitlines() if line.startswith("ngc-migrate (")
        ]

    assert outcome() == ["Failed", "Failed"]
    for path in (SPEC / "after").rglob("*"):
        if path.is_file():
            assert (tree / path.relative_to(SPEC / "after")).read_bytes() == path.read_bytes()
    git("add", "-A", cwd=tree)
    assert outcome() == ["Passed", "Passed"]

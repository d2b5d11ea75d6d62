"""``--online`` of the real command, which finds the front by HTTPS_PROXY and trusts its certificate."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.command import run, work_tree
from tests.online.registries import KEY, Ngc

CARRIED = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "DOCKER_CONFIG")


def online(*words: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return run(*words, "--online", cwd=cwd, **{name: os.environ[name] for name in CARRIED}, **environ)


def test_images_are_listed_as_the_registry_has_them(ngc: Ngc, tmp_path: Path) -> None:
    ran = online("images", "tensorflow", cwd=tmp_path, NGC_API_KEY=KEY)
    assert ran.returncode == 0, ran.stderr
    rows = {
        line.split()[0]: line.split()[1] for line in ran.stdout.decode().splitlines() if "nvidia/" in line
    }
    assert rows["nvidia/tensorflow:18.07-py2"] == "image-found"
    assert rows["nvidia/tensorflow:17.10"] == "image-not-found"


def test_a_plan_tells_of_the_image(ngc: Ngc, tmp_path: Path) -> None:
    ran = online("--format", "json", cwd=work_tree(tmp_path), NGC_API_KEY=KEY)
    assert ran.returncode == 0, ran.stderr
    recipe = json.loads(ran.stdout)["recipes"][0]
    assert recipe["jobs"][0]["status"] == "migrate"
    assert "image-found" in [finding["rule"] for finding in recipe["findings"]]

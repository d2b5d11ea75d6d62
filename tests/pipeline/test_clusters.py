"""Which clusters count for a recipe, by the places of the files that make them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trees import MODELS, findings, job, planned, the_job

CREATE = "az batchai cluster create -n pool -s"
SCRIPT = MODELS + job()
POOL = f"{MODELS}pool = models.ClusterCreateParameters(vm_size='Standard_NC6')\n"


def sizes(folder: Path, files: dict[str, str]) -> dict[str, str | None]:
    return {each.path: one.vm_size for each in planned(folder, files).recipes for one in each.jobs}


@pytest.mark.parametrize(
    "files",
    [
        {"submit.py": SCRIPT, "pool.sh": f"{CREATE} Standard_NC6"},
        {"submit.py": SCRIPT, "pool.py": POOL},
        {"submit.py": SCRIPT, "azure/pool.py": POOL},
        {"submit.py": SCRIPT, "azure/pool.sh": f"{CREATE} Standard_NC6"},
        {"submit.py": SCRIPT, "Makefile": f"pool:\n\t{CREATE} Standard_NC6\n"},
        {
            "submit.py": SCRIPT,
            "azuredeploy.json": '{"resources": [{"properties": {"vmSize": "Standard_NC6"}}]}',
        },
    ],
)
def test_what_the_files_of_a_recipe_make_counts(tmp_path: Path, files: dict[str, str]) -> None:
    assert sizes(tmp_path, files) == {".": "Standard_NC6"}


def test_what_an_imported_module_makes_counts(tmp_path: Path) -> None:
    files = {
        "a/submit.py": f"import sys\nsys.path.append('../lib')\nimport pool\n{SCRIPT}",
        "lib/pool.py": POOL,
    }
    assert sizes(tmp_path, files) == {"a": "Standard_NC6"}


def test_another_recipes_cluster_is_not_this_ones(tmp_path: Path) -> None:
    files = {"a/submit.py": SCRIPT, "b/submit.py": SCRIPT, "b/pool.sh": f"{CREATE} Standard_NC6"}
    assert sizes(tmp_path, files) == {"a": None, "b": "Standard_NC6"}


def test_a_recipe_that_makes_none_has_that_of_the_folder_above(tmp_path: Path) -> None:
    files = {
        "pool.sh": f"{CREATE} Standard_NC6",
        "a/submit.py": SCRIPT,
        "b/submit.py": SCRIPT,
        "b/pool.sh": f"{CREATE} Standard_NC6s_v3",
    }
    assert sizes(tmp_path, files) == {"a": "Standard_NC6", "b": "Standard_NC6s_v3"}


@pytest.mark.parametrize("name", ["README.md", "docs/setup.md"])
def test_what_documentation_shows_is_a_note(tmp_path: Path, name: str) -> None:
    found = planned(tmp_path, {"submit.py": SCRIPT, name: f"    {CREATE} Standard_NC6\n"})
    assert the_job(found).vm_size is None
    (note,) = findings(found, "gpu-unknown")
    assert f"Documentation alone ({name}:1) makes a cluster, of Standard_NC6" in note.message

"""The package as a library: two functions, typed, and the example of the README."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

import migrator
from migrator.options import Options
from migrator.write import Unwritten
from tests.command import PROJECT, job, spec, work_tree


def test_the_example_of_the_readme_prints_the_jobs_and_writes_them(tmp_path: Path) -> None:
    tree = work_tree(tmp_path)
    (example,) = re.findall(
        r"```python\n(from migrator .*?)```", (PROJECT / "README.md").read_text(), re.DOTALL
    )
    assert len(example.splitlines()) <= 10
    command = [sys.executable, "-c", example]
    ran = subprocess.run(command, cwd=tree, env={"PYTHONPATH": str(PROJECT)}, capture_output=True, check=True)
    assert ran.stdout.startswith(b"Digits/job.json:9 migrate ")
    assert "nvcr.io/nvidia/tensorflow:18.07-py2" in job(tree).read_text()


def test_a_plan_follows_options_and_globs_and_writes_nothing(tmp_path: Path) -> None:
    tree = work_tree(tmp_path)
    target = "nvcr.io/nvidia/tensorflow:17.10"
    found = migrator.plan(tree, options=Options(images={"tensorflow": target}))
    assert [each.target for recipe in found.recipes for each in recipe.jobs] == [target]
    assert migrator.plan(tree, exclude=["Digits/"]).recipes == ()
    assert job(tree).read_text() == spec()


def test_a_file_that_changed_since_the_plan_is_not_written(tmp_path: Path) -> None:
    tree = work_tree(tmp_path)
    found = migrator.plan(str(tree))
    job(tree).write_text("mine")
    result = migrator.apply(found)
    assert isinstance(result, Unwritten)
    assert [left.path for left in result.left] == ["recipes/Digits/job.json"]
    assert job(tree).read_text() == "mine"


def test_the_wheel_says_that_it_is_typed(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(PROJECT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    assert {"migrator/py.typed", "codemods/py.typed"} <= set(names)

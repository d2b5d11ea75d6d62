"""Trees to measure on, made of the fixtures and of files that have nothing to do with Batch AI."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures"
# About what the official recipes are: notebooks with a loader, specs, scripts, one that is blocked.
RECIPES = ("notebook-with-loader", "whole-tree", "wire-script", "job-spec", "two-frameworks-in-one-notebook")
NOISE: Mapping[str, str] = {
    "module.py": "def area(width, height):\n    return width * height\n" * 40,
    "rows.json": json.dumps([{"name": "wren", "count": number} for number in range(60)]),
    "notes.md": "# Notes\n\nA page on how to count birds by their songs.\n" * 30,
    "study.ipynb": json.dumps(
        {"cells": [{"cell_type": "code", "source": ["print(1)\n"] * 20, "outputs": [], "metadata": {}}] * 5}
    ),
}


def recipes(folder: Path, number: int) -> Path:
    """Make ``number`` folders of recipes."""
    for index in range(number):
        name = RECIPES[index % len(RECIPES)]
        shutil.copytree(FIXTURES / name / "before", folder / f"recipe-{index:03}")
    return folder


def many(folder: Path, files: int, relevant: int) -> Path:
    """Make ``files`` files, 50 a folder, of which ``relevant`` make a job; a script each."""
    script = (FIXTURES / "script-with-loader" / "before" / "submit.py").read_text()
    for index in range(files):
        place = folder / f"part-{index // 5000:02}" / f"folder-{index // 50:04}"
        place.mkdir(parents=True, exist_ok=True)
        if relevant and index % (files // relevant) == 0:
            (place / f"submit_{index}.py").write_text(script)
        else:
            name, text = list(NOISE.items())[index % len(NOISE)]
            (place / f"{index}-{name}").write_text(text)
    return folder


def scripts(folder: Path, number: int) -> Path:
    """Make ``number`` scripts of about a hundred lines that all have a job to rewrite."""
    script = (FIXTURES / "no-loader" / "before" / "submit.py").read_text()
    folder.mkdir(parents=True)
    for index in range(number):
        (folder / f"submit_{index:03}.py").write_text(script + NOISE["module.py"])
    return folder


def notebook(folder: Path, *, megabytes: int = 0, cells: int = 0) -> Path:
    """Make a notebook with one job, and with outputs of so many MB, or with so many cells."""
    folder.mkdir(parents=True)
    shutil.copytree(FIXTURES / "notebook-with-loader" / "before", folder, dirs_exist_ok=True)
    (path,) = folder.rglob("*.ipynb")
    document = json.loads(path.read_bytes())
    code = next(cell for cell in document["cells"] if cell["cell_type"] == "code")
    output = {"output_type": "stream", "name": "stdout", "text": ["step 1: loss 0.25\n"] * 34_480}
    document["cells"][-1]["outputs"] = [output] * megabytes
    more = {
        **code,
        "source": ["total = 0\n", "for index in range(10):\n", "    total += index\n"],
        "outputs": [],
    }
    document["cells"] += [more] * cells
    path.write_text(json.dumps(document, indent=1))
    return path

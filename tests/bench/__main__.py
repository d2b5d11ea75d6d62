"""Time whole runs against floors measured in the same session; print ratios, which machines share.

Each figure is the median over several runs, taken in turns with its floor. Times are in seconds of
CPU (user and system), memory is the largest resident set in MiB.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROUNDS = 5
COPIES = 25
FIXTURES = Path(__file__).parents[2] / "fixtures"

# What every run has to do at the least: start Python, read each file, and parse it.
PARSE_ALL = """
import ast, json, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.suffix == ".py":
        ast.parse(path.read_bytes())
    elif path.suffix in (".json", ".ipynb"):
        json.loads(path.read_bytes())
"""
NOTHING = "pass"
# The children of this process add up their usage; a child of their own keeps each run apart.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


class Usage(NamedTuple):
    """What one run took: CPU seconds and MiB."""

    cpu: float
    memory: float


def main() -> None:
    """Print a row for each command: its CPU time and memory, and their ratios to the floor's."""
    with tempfile.TemporaryDirectory() as folder:
        tree = _tree(Path(folder))
        python, tool = sys.executable, [sys.executable, "-m", "migrator"]
        print(f"{COPIES} copies of {FIXTURES.name}/whole-tree; median of {ROUNDS} runs\n")
        _compare({"python -c pass": [python, "-c", NOTHING], "--version": [*tool, "--version"]})
        _compare(
            {
                "parse all files": [python, "-c", PARSE_ALL, str(tree)],
                "plan, no change": [*tool, str(_migrated(tree)), "--quiet"],
                "plan": [*tool, str(tree), "--quiet"],
                "plan -j 2": [*tool, str(tree), "--quiet", "-j", "2"],
                "plan, as JSON": [*tool, str(tree), "--quiet", "--format", "json"],
            }
        )


def _tree(folder: Path) -> Path:
    for number in range(COPIES):
        shutil.copytree(FIXTURES / "whole-tree" / "before", folder / "tree" / f"team-{number}")
    return folder / "tree"


def _migrated(tree: Path) -> Path:
    target = tree.parent / "migrated"
    shutil.copytree(tree, target)
    for team in target.iterdir():
        shutil.copytree(FIXTURES / "whole-tree" / "after", team, dirs_exist_ok=True)
    return target


def _compare(commands: Mapping[str, Sequence[str]]) -> None:
    runs: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            runs[name].append(_measured(command))
    medians = {name: _median(found) for name, found in runs.items()}
    floor = next(iter(medians.values()))
    for name, usage in medians.items():
        ratios = f"{usage.cpu / floor.cpu:6.1f} x CPU {usage.memory / floor.memory:6.1f} x memory"
        print(f"  {name:<16} {usage.cpu:7.3f} s {usage.memory:7.1f} MiB  {ratios}")
    print()


def _median(runs: Sequence[Usage]) -> Usage:
    return Usage(statistics.median(run.cpu for run in runs), statistics.median(run.memory for run in runs))


def _measured(command: Sequence[str]) -> Usage:
    words = [sys.executable, "-c", MEASURE, *command]
    cpu, memory = subprocess.run(words, capture_output=True, check=True, text=True).stdout.split()
    return Usage(float(cpu), float(memory))


if __name__ == "__main__":
    main()

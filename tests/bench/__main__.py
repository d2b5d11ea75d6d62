"""Time whole processes, each in turns with what it is compared to, on trees that are made for it.

A ratio is of medians of one session; what machines share is the ratio, not the seconds. ``python -m
tests.bench WORD`` runs the sections with that word in their name. Peers run where they are found:
ripgrep on the path, ast-grep in an environment of its own that the first run makes beside this one.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import trees

ROUNDS = 5
TOOL = (sys.executable, "-m", "migrator")
TARGET = "nvcr.io/nvidia/tensorflow:18.07-py2"
AST_GREP = """
id: image
language: python
rule: {pattern: models.ImageSourceRegistry($$$)}
"""
TYPER = """
import typer
app = typer.Typer()
@app.command()
def main(version: bool = False) -> None:
    print(1)
app()
"""
LOADS = "import json, sys; json.loads(open(sys.argv[1], 'rb').read())"
DISCOVER = """
import pathlib, sys
from migrator.discover import discover
discover([pathlib.Path(sys.argv[1])])
"""
WRITE = """
import os, sys, time
start = time.perf_counter()
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        data = open(path, 'rb').read()
        with open(path + '.new', 'wb') as file:
            file.write(data); file.flush(); os.fsync(file.fileno())
        os.replace(path + '.new', path)
print(time.perf_counter() - start)
"""
APPLY = """
import sys, time
import migrator, migrator.write
plan = migrator.plan(sys.argv[1])
start = time.perf_counter()
migrator.apply(plan)
print(time.perf_counter() - start)
"""
# The children of a process add up their usage; a child of its own keeps each run apart.
MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A measured command: its name, its words, and at most how many times the floor it may take."""

    name: str
    words: Sequence[str]
    most: float | None = None
    most_memory: float | None = None


def measured(row: Row, number: int) -> tuple[float, float]:
    """Run a command once; return wall seconds and its largest resident set in MiB. ``{n}`` is the round."""
    words = (word.replace("{n}", str(number)) for word in row.words)
    done = subprocess.run([sys.executable, "-c", MEASURE, *words], capture_output=True, check=True, text=True)
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory


def median(runs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    seconds, memory = zip(*runs, strict=True)
    return statistics.median(seconds), statistics.median(memory)


def compare(title: str, floor: Row, *rows: Row, rounds: int = ROUNDS) -> None:
    """Run the commands in turns and print a table line for each, with its ratio to the floor."""
    runs: dict[str, list[tuple[float, float]]] = {row.name: [] for row in (floor, *rows)}
    for number in range(rounds):
        for row in (floor, *rows):
            runs[row.name].append(measured(row, number))
    least, peak = median(runs[floor.name])
    for row in rows:
        seconds, memory = median(runs[row.name])
        aim = "" if row.most is None else f"at most {row.most:g}"
        room = f"; memory {memory / peak:.1f} x (at most {row.most_memory:g})" if row.most_memory else ""
        print(
            f"| {title}: {row.name} | {floor.name} ({least:.2f} s) | {seconds / least:.2f} x{room} | {aim} |"
        )


def plan(*words: str | Path) -> list[str]:
    return [*TOOL, *map(str, words), "--format", "json", "--color", "never"]


def python(source: str, *words: str | Path) -> list[str]:
    return [sys.executable, "-c", source, *map(str, words)]


def start(folder: Path) -> None:
    empty = folder / "empty"
    empty.mkdir(parents=True)
    compare(
        "start",
        Row("a bare Typer application", python(TYPER)),
        Row("--version", [*TOOL, "--version"], 1.2),
        Row("an empty folder", [*TOOL, str(empty)], 1.5),
        rounds=3 * ROUNDS,
    )


def recipes(folder: Path) -> None:
    tree = trees.recipes(folder, 20)
    floor = Row("import typer, libcst", python("import typer, libcst"))
    modes = [Row(f"plan, {mode}", plan(tree, "--credentials", mode), 4) for mode in ("api-key", "key-vault")]
    compare("20 recipes", floor, *modes, Row("plan -j 1", plan(tree, "-j", "1")))


def files(folder: Path) -> None:
    tree = trees.many(folder / "many", 50_000, 300)
    bare = trees.many(folder / "bare", 50_000, 0)
    search = ["rg", "-l", "-F", "-e", "batchai", "-e", "nvcr.io", str(tree)]
    if shutil.which("rg"):
        compare(
            "50,000 files, 300 relevant",
            Row("rg -l -F", search),
            Row("discovery", python(DISCOVER, tree), 5),
            Row("plan -j 1", plan(tree, "-j", "1"), 12),
            Row("plan", plan(tree), 12),
        )
    compare("50,000 files", Row("plan, none relevant", plan(bare)), Row("plan, 300 relevant", plan(tree)))
    small = trees.many(folder / "small", 1_000, 0)
    compare("files", Row("plan of 1,000 files", plan(small)), Row("plan of 50,000 files", plan(bare), 50))


def processes(folder: Path) -> None:
    tree = trees.many(folder, 600, 300)
    one = Row("-j 1", plan(tree, "-j", "1"))
    compare("300 relevant files", Row("-j 2", plan(tree, "-j", "2")), one, Row("-j 0", plan(tree, "-j", "0")))


def scripts(folder: Path) -> None:
    tree = trees.scripts(folder / "scripts", 100)
    copy = folder / "copy"
    shutil.copytree(tree, copy)
    command = ["container_registry.ContainerRegistry", "--image", TARGET, "--no-format", "--jobs", "2"]
    tool = [sys.executable, "-m", "libcst.tool", "codemod", *command, str(copy)]
    compare("100 scripts", Row("plan", plan(tree)), Row("LibCST's own tool, two jobs", tool))
    scan = shutil.which("ast-grep")
    if scan:
        rule = [scan, "scan", "--inline-rules", AST_GREP, str(tree)]
        compare("100 scripts", Row("ast-grep scan", rule), Row("plan", plan(tree), 10))


def notebooks(folder: Path) -> None:
    large, long = trees.notebook(folder / "a", megabytes=100), trees.notebook(folder / "b", cells=50_000)
    compare(
        "a notebook of 100 MB", Row("json.loads", python(LOADS, large)), Row("plan", plan(large.parent), 3, 4)
    )
    compare("50,000 cells", Row("json.loads", python(LOADS, long)), Row("plan", plan(long.parent), 10))


def writing(folder: Path) -> None:
    """Compare what apply does after a plan with writing the files that it changes, flushed."""
    changed = trees.scripts(folder / "changed", 100)
    written, applied = [], []
    for number in range(3 * ROUNDS):
        copy = shutil.copytree(changed, folder / f"apply-{number}")
        written.append(told(python(WRITE, changed)))
        applied.append(told(python(APPLY, copy)))
    floor = statistics.median(written)
    ratio = statistics.median(applied) / floor
    title = f"100 files: apply after the plan | plain writes, flushed ({floor:.3f} s)"
    print(f"| {title} | {ratio:.2f} x | at most 2 |")


def told(words: Sequence[str]) -> float:
    """Return the seconds that a command prints."""
    return float(subprocess.run(words, capture_output=True, check=True, text=True).stdout)


SECTIONS = (start, recipes, files, processes, scripts, notebooks, writing)


def main() -> None:
    """Print a Markdown table of the sections that are asked for, all without a word."""
    wanted = [each for each in SECTIONS if not sys.argv[1:] or set(sys.argv[1:]) & {each.__name__}]
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}; medians\n")
    print("| what | compared to | ratio | aim |\n| --- | --- | --- | --- |")
    for section in wanted:
        with tempfile.TemporaryDirectory() as folder:
            section(Path(folder) / "tree")


if __name__ == "__main__":
    main()

"""What a run costs, in counts that no machine changes: a change of ``counts.json`` is a change to review.

``make generated`` writes the file anew.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.bench import trees
from tests.command import PROJECT

COUNTS = Path(__file__).with_name("counts.json")
# Runs the tool, and prints as the last line of stderr what it asked of the system and of the parsers.
COUNTING = """
import ast, json, os, sys
import libcst.native
from migrator.__main__ import main

tree = os.path.realpath(sys.argv[1])
counts = {"files opened": 0}

def counted(module, name, key):
    plain = getattr(module, name)
    counts.setdefault(key, 0)
    def call(*words, **named):
        counts[key] += 1
        return plain(*words, **named)
    setattr(module, name, call)

def hear(event, words):
    if event == "open" and isinstance(words[0], str):
        counts["files opened"] += os.path.realpath(words[0]).startswith(tree)

sys.addaudithook(hear)
counted(json, "loads", "json.loads")
counted(ast, "parse", "ast.parse")
for name in ("parse_module", "parse_expression", "parse_statement"):
    counted(libcst.native, name, "LibCST parses")
plain = os._exit
def end(code):
    counts["modules of ours"] = sum(name.startswith(("migrator", "codemods")) for name in sys.modules)
    sys.stderr.write(chr(10) + json.dumps(counts))
    sys.stderr.flush()
    plain(code)
os._exit = end
sys.argv = ["ngc-migrate", *sys.argv[1:], "--format", "json", "-j", "1"]
main()
"""
TREES: Mapping[str, Callable[[Path], Path]] = {
    "20 recipes": lambda folder: trees.recipes(folder, 20),
    "10 scripts that change": lambda folder: trees.scripts(folder, 10),
    "1,000 files, 10 of which matter": lambda folder: trees.many(folder, 1_000, 10),
}


def counts_of(tree: Path) -> Mapping[str, int]:
    words = [sys.executable, "-c", COUNTING, str(tree)]
    ran = subprocess.run(words, cwd=PROJECT, capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stderr
    counts: Mapping[str, int] = json.loads(ran.stderr.splitlines()[-1])
    return counts


@pytest.mark.parametrize("name", TREES)
def test_a_run_costs_what_was_agreed_on(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    found = counts_of(TREES[name](tmp_path / "tree"))
    agreed = json.loads(COUNTS.read_bytes()) if COUNTS.exists() else {}
    if request.config.getoption("--update-fixtures"):
        COUNTS.write_text(json.dumps({**agreed, name: found}, indent=2, sort_keys=True) + "\n")
    else:
        assert found == agreed[name]


@pytest.mark.parametrize(("make", "per"), [(trees.scripts, 1), (trees.recipes, 5)])
def test_counts_grow_with_the_tree_and_no_faster(
    make: Callable[[Path, int], Path], per: int, tmp_path: Path
) -> None:
    """Each recipe more asks for as much as the one before."""
    none, one, two = (counts_of(make(tmp_path / str(n), n * per)) for n in (1, 2, 3))
    for key in none.keys() - {"modules of ours"}:
        assert two[key] - one[key] == one[key] - none[key], key

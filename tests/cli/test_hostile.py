"""Trees made to do harm: each gets a verdict, within bounds of memory and time, and none a traceback."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import nest, spec
from tests.trees import MODELS, job, notebook

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(os.name == "nt", reason="limits are those of POSIX"),
]

JOB = MODELS + job()
MEGABYTE = 2**20
# Of addresses: the notebook of 20,000 cells needs 560.
LIMIT = 650 * MEGABYTE
SECONDS = 100


def file(name: str, text: str | bytes) -> Callable[[Path], None]:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")

    def make(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)

    return make


def sparse(name: str, start: bytes) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        with (root / name).open("wb") as stream:
            stream.write(start)
            stream.truncate(2**36)

    return make


def link(name: str, target: str) -> Callable[[Path], None]:
    return lambda root: (root / name).symlink_to(target)


def pipe(name: str) -> Callable[[Path], None]:
    return lambda root: os.mkfifo(root / name)


def many_links(root: Path) -> None:
    for number in range(30):
        (root / f"d{number}").mkdir()
        for other in range(30):
            (root / f"d{number}" / f"to{other}").symlink_to(f"../d{other}")


def deep(root: Path) -> None:
    place = root
    for _ in range(150):
        place = place / ("d" * 20)
        place.mkdir()
    (place / "submit.py").write_text(JOB)


def names(root: Path) -> None:
    for name in (b"\xff.py", b"a\nb.py", b"\x1b[31mred.py", b"-rf.py", "\u202eyp.py".encode()):
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_text(JOB)


def bomb(doublings: int) -> str:
    lines = ["a0 = 'tensorflow/tensorflow:1.8.0-gpu'"]
    lines += [f"a{n + 1} = a{n} + a{n}" for n in range(doublings)]
    return "\n".join(lines) + f"\n{MODELS}{job(image=f'a{doublings}')}"


def chain(length: int) -> str:
    lines = ["a0 = 'tensorflow/tensorflow:1.8.0-gpu'", *(f"a{n + 1} = a{n}" for n in range(length))]
    return "\n".join(lines) + f"\n{MODELS}{job(image=f'a{length}')}"


SURROGATE = notebook("x = 1\n", f"{JOB}x = 'LONE'\n").replace("LONE", "\\ud800")
#: Name: what makes the tree, the statuses of its jobs, the exit code.
TREES: dict[str, tuple[tuple[Callable[[Path], None], ...], list[str], int]] = {
    "notebook of 20,000 cells": ((file("a.ipynb", notebook(*["x = 1\n"] * 20_000, JOB)),), ["migrate"], 0),
    "notebook of 40 MB outputs": (
        (
            file(
                "a.ipynb",
                notebook(JOB).replace('"outputs": []', '"outputs": ["' + "A" * 40 * MEGABYTE + '"]'),
            ),
        ),
        ["migrate"],
        0,
    ),
    "line of 1 MB in Python": ((file("a.py", f"{JOB}x = '{'a' * MEGABYTE}'\n"),), ["migrate"], 0),
    "line of 1 MB of brackets in a spec": (
        (file("job.json", spec().rstrip()[:-1] + ', "x": "' + "[{" * MEGABYTE + '"}'),),
        ["migrate"],
        0,
    ),
    "line of 1 MB in a script": ((file("a.sh", "az batchai job create " + "\\'\"$( " * 150_000),), [], 0),
    "sparse files": (
        (sparse("job.json", b"{"), sparse("a.py", JOB.encode()), sparse("a.ipynb", b"{")),
        [],
        2,
    ),
    "sparse pyproject": (
        (file("job.json", spec()), sparse("pyproject.toml", b"[tool.ngc-migrate]\n")),
        [],
        2,
    ),
    "sparse configuration": ((file("a.py", JOB), sparse("configuration.json", b"{")), ["failed"], 2),
    "lone surrogates": ((file("a.ipynb", SURROGATE),), ["failed"], 2),
    "registry in capitals": (
        (file("job.json", spec("NVCR.IO/nvidia/tensorflow:18.07-py2")),),
        ["migrate"],
        0,
    ),
    "numbers of 5,000 digits": ((file("job.json", spec().replace(": 1", ": " + "1" * 5000)),), ["failed"], 2),
    "brackets in brackets of JSON": (
        (file("job.json", '{"imageSourceRegistry": ' + "[" * 500_000),),
        ["failed"],
        2,
    ),
    "brackets in brackets of Python": ((file("a.py", JOB + "(" * 100_000),), ["failed"], 2),
    "minus of minus": ((file("a.py", f"{JOB}x = {'-' * 100_000}1\n"),), ["failed"], 2),
    "null bytes": ((file("a.py", JOB + "\0"),), ["failed"], 2),
    "UTF-16": ((file("a.py", JOB.encode("utf-16")),), ["failed"], 2),
    "a string that doubles": ((file("a.py", bomb(60)),), ["manual"], 0),
    "a chain of 20,000 names": ((file("a.py", chain(20_000)),), ["manual"], 0),
    "imports in a circle": (
        (
            file("a.py", f"from b import IMAGE\n{MODELS}{job(image='IMAGE')}"),
            file("b.py", "from a import IMAGE\n"),
        ),
        ["manual"],
        0,
    ),
    "links in a circle": (
        (link("a", "."), link("b", "a/b"), many_links, file("job.json", spec())),
        ["migrate"],
        0,
    ),
    "pipes": ((pipe("job.json"), pipe("a.py"), pipe("configuration.json"), pipe(".gitignore")), [], 0),
    "folders in 150 folders": ((deep,), ["migrate"], 0),
    "names that terminals obey": ((names,), ["migrate"] * 5, 0),
    "a work tree of nothing": ((file(".git", "gitdir: /nowhere"), file("job.json", spec())), ["migrate"], 0),
    "patterns that explode": (
        (file(".gitignore", "*a" * 200 + "b\n"), file("a" * 200 + "/job.json", spec())),
        ["migrate"],
        0,
    ),
    "symlinked configuration": (
        (file("a.py", JOB), file("other.json", "{}"), link("configuration.json", "other.json")),
        ["migrate"],
        0,
    ),
}


def limited(root: Path, *words: str, descriptors: int = 64) -> subprocess.CompletedProcess[bytes]:
    """Run the command on a tree, with no more memory and open files than the limits."""
    limits = {"RLIMIT_AS": LIMIT, "RLIMIT_NOFILE": descriptors}
    nest().start(["-j", "1", *words], root, {}, limits, SECONDS)
    return nest().end()


@pytest.mark.parametrize("name", TREES)
def test_a_hostile_tree_gets_its_verdict_in_bounds(tmp_path: Path, name: str) -> None:
    make, statuses, code = TREES[name]
    for each in make:
        each(tmp_path)
    ran = limited(tmp_path, "--format", "json")
    assert b"Traceback" not in ran.stderr
    assert b"\x1b" not in ran.stderr
    assert ran.returncode == code, ran.stderr
    found = json.loads(ran.stdout)["recipes"] if ran.stdout else []
    assert [each["status"] for recipe in found for each in recipe["jobs"]] == statuses


@pytest.mark.parametrize("descriptors", range(5, 9))
def test_a_run_with_few_descriptors_writes_all_or_nothing(tmp_path: Path, descriptors: int) -> None:
    for name in "abc":
        file(f"{name}/job.json", spec())(tmp_path)
    ran = limited(tmp_path, "apply", "--allow-no-vcs", descriptors=descriptors)
    assert b"Traceback" not in ran.stderr
    texts = {path.read_text() for path in tmp_path.rglob("job.json")}
    assert len(texts) == 1
    assert (spec() in texts) == (ran.returncode == 2)


@pytest.mark.parametrize("name", ["symlinked configuration", "names that terminals obey", "lone surrogates"])
def test_what_is_applied_to_a_hostile_tree_is_taken_back(tmp_path: Path, name: str) -> None:
    for each in TREES[name][0]:
        each(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    applied = limited(tmp_path, "apply", "--allow-no-vcs")
    undone = limited(tmp_path, "undo")
    assert b"Traceback" not in applied.stderr + undone.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.discover.git import BadGlob, Globs, globs, parsed

NAMES = ("a", "b", "ab", "a.b", "aab", "[a]", "a b", "*")
PATHS = [f"{one}/{two}/{name}" for one in NAMES[:3] for two in NAMES[3:] for name in NAMES] + list(NAMES[5:])
SEGMENT = st.lists(
    st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "[a-b]", "\\a", "\\*", ".", "[]a]", "[^b]"]),
    min_size=1,
    max_size=4,
).map("".join)
# Two stars beside other characters mean one by git's documentation, and more than that by its code.
PATTERN = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(SEGMENT.map(lambda one: one.replace("**", "*")) | st.just("**"), min_size=1, max_size=4).map(
        "/".join
    ),
    st.sampled_from(["", "", "/", "/**", " "]),
)


@pytest.fixture(scope="module")
def work_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q", top], check=True)
    for path in PATHS:
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).touch()
    return top


def kept(rules: Globs, top: Path, folder: str = "") -> list[str]:
    found: list[str] = []
    for entry in os.scandir(top / folder):
        path = folder + entry.name
        verdict = rules.verdict(path, is_folder=entry.is_dir())
        if entry.name != ".git" and not (verdict and verdict[1]):
            found += kept(rules, top, f"{path}/") if entry.is_dir() else [path]
    return sorted(found)


@settings(deadline=None, max_examples=60)
@given(st.lists(PATTERN, min_size=1, max_size=5))
def test_files_are_ignored_as_git_ignores_them(work_tree: Path, patterns: list[str]) -> None:
    (work_tree / ".git" / "info" / "exclude").write_text("\n".join(patterns) + "\n")
    listed = subprocess.run(
        ["git", "ls-files", "-o", "--exclude-standard", "-z"], cwd=work_tree, capture_output=True, check=True
    )
    rules = parsed("\n".join(patterns).encode())
    assert kept(rules, work_tree) == sorted(listed.stdout.decode().split("\0")[:-1])


@pytest.mark.parametrize("pattern", ["x\\", "!", "/", "a//b", "[", "[]", "a[z-a]", "[a--b", "x" * 5000])
def test_a_pattern_that_git_leaves_out_is_none_in_a_file_and_refused_from_the_user(pattern: str) -> None:
    assert parsed(f"{pattern}\n".encode()) == parsed(b"")
    with pytest.raises(BadGlob, match="not a pattern"):
        globs([pattern])


def test_a_glob_counts_below_the_folder_that_it_matches() -> None:
    rules = globs(["old/**", "!old/live/**", "attic/", "# none", "", "*.txt"])
    paths = ["old/a", "old/live/a", "x/attic/y/z", "attic", "b/c.txt", "old"]
    assert [rules.match(path) for path in paths] == [0, None, 2, None, 5, None]
    assert rules.match("attic", is_folder=True) == 2


EXPLODING = [
    ("*a*a*a*a*a*a*a*b", "a" * 255),
    ("*a" * 500 + "*b", "a" * 255),
    ("[a-z]*" * 300 + "B", "a" * 255),
    ("?" * 4000, "a" * 255),
    ("**/a/" * 20 + "b", "a/" * 400 + "c"),
    ("/".join(["**/a/a/*a*a"] * 20) + "/b", "aaa/" * 300 + "c"),
    ("a/**/" * 10 + "b", "a/" * 400 + "c"),
    ("*" * 4000 + "b", "a" * 255),
]


@pytest.mark.hostile
def test_no_pattern_explodes() -> None:
    start = time.perf_counter()
    assert [globs([pattern]).match(path) for pattern, path in EXPLODING] == [None] * len(EXPLODING)
    many = parsed(b"*a*b*c\n" * 4000)
    assert many.verdict("ab" * 100, is_folder=False) is None
    # All of them in 2 s where nothing else runs; one that explodes does not end.
    assert time.perf_counter() - start < 60

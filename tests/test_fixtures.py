"""Every folder in fixtures/ is one fact: a tree before, the files that change, the verdicts on its jobs.

``before/`` is the tree, ``after/`` holds the files that differ from it and no others, and
``expected.json`` the verdicts: ``jobs`` in full, ``findings`` as far as they matter, and ``options`` as
words of the command line, ``git`` where git is to track the tree. A file ``dot-gitignore`` stands for
``.gitignore``, which git would obey here.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrator.catalogue.rules import RULES
from migrator.cli.settings import Settings, image_pair, read
from migrator.discover.tree import discover
from migrator.model import CredentialsMode, Plan, Status
from migrator.options import Options
from migrator.pipeline import plan
from tests.command import git

FIXTURES = Path(__file__).parent.parent / "fixtures"


@dataclass(frozen=True, slots=True)
class Case:
    """A fixture and what its plan came to; ``tree`` is the copy that was planned."""

    folder: Path
    expected: Mapping[str, Any]
    tree: Path
    plan: Plan


@pytest.fixture(scope="module", params=sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = FIXTURES / request.param
    expected = json.loads((folder / "expected.json").read_bytes())
    tree = copied(folder, tmp_path_factory.mktemp("case") / "tree")
    if expected.get("git"):
        git("init", "-q", cwd=tree.parent)
        git("add", ".", cwd=tree.parent)
    found = Case(folder, expected, tree, planned(tree, expected))
    if request.config.getoption("--update-fixtures"):
        write_after(found)
    return found


def copied(folder: Path, target: Path, *, is_migrated: bool = False) -> Path:
    for part in ("before", "after") if is_migrated else ("before",):
        for path, content in files(folder / part).items():
            place = target / path.replace("dot-gitignore", ".gitignore")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    return target


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def planned(tree: Path, expected: Mapping[str, Any]) -> Plan:
    return plan(discover([tree]), options(expected.get("options", []), tree))


def options(words: list[str], tree: Path) -> Options:
    given = dict(zip(words[::2], words[1::2], strict=True))
    image = given.pop("--image", None)
    mode = given.pop("--credentials", None)
    vault, secret = given.pop("--key-vault-id", None), given.pop("--secret-url", None)
    config, gpu = given.pop("--config", None), given.pop("--gpu", None)
    assert not given
    chosen = Settings(
        credentials=CredentialsMode(mode) if mode else None,
        key_vault_id=vault,
        secret_url=secret,
        images=dict([image_pair(image)] if image else []),
        gpu=gpu,
    )
    return chosen.over(read(tree / config) if config else Settings()).options()


def write_after(case: Case) -> None:
    shutil.rmtree(case.folder / "after", ignore_errors=True)
    for change in case.plan.changes:
        place = case.folder / "after" / change.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(change.after)


def verdicts(found: Plan) -> list[tuple[object, ...]]:
    return [
        (job.place.path, None if job.place.cell < 0 else job.place.cell, job.status, job.rule, job.target)
        for recipe in found.recipes
        for job in recipe.jobs
    ]


def test_planning_leaves_the_tree_untouched(case: Case) -> None:
    before = {
        path.replace("dot-gitignore", ".gitignore"): text
        for path, text in files(case.folder / "before").items()
    }
    assert files(case.tree) == before


def test_exactly_the_files_of_the_after_tree_change(case: Case) -> None:
    assert sorted(change.path for change in case.plan.changes) == sorted(files(case.folder / "after"))


def test_every_changed_file_is_as_expected_byte_for_byte(case: Case) -> None:
    after = files(case.folder / "after")
    for change in case.plan.changes:
        assert change.after.decode() == after[change.path].decode()
        assert change.after == after[change.path]


def test_every_job_has_the_expected_verdict(case: Case) -> None:
    keys = ("path", "cell", "status", "rule", "target")
    expected = [tuple(job[key] for key in keys) for job in case.expected["jobs"]]
    assert Counter(verdicts(case.plan)) == Counter(expected)


def test_the_expected_findings_are_there(case: Case) -> None:
    found = {
        (finding.place.path, finding.rule) for recipe in case.plan.recipes for finding in recipe.findings
    }
    assert {(each["path"], each["rule"]) for each in case.expected.get("findings", [])} <= found


def test_every_rule_that_is_named_has_a_page(case: Case) -> None:
    named = {job.rule for recipe in case.plan.recipes for job in recipe.jobs}
    named |= {finding.rule for recipe in case.plan.recipes for finding in recipe.findings}
    assert named - set(RULES) == set()


def test_planning_the_result_gives_no_edits(case: Case, tmp_path: Path) -> None:
    second = planned(copied(case.folder, tmp_path, is_migrated=True), case.expected)
    assert second.changes == ()
    assert [job for recipe in second.recipes for job in recipe.jobs if job.status is Status.MIGRATE] == []


def test_the_after_tree_holds_only_files_that_differ(case: Case) -> None:
    before, after = files(case.folder / "before"), files(case.folder / "after")
    assert [path for path in after if path not in before or after[path] == before[path]] == []


@pytest.mark.parametrize("name", [path.name for path in FIXTURES.glob("*crlf*")])
def test_git_keeps_the_line_ends_of_a_fixture_that_is_named_for_them(name: str) -> None:
    changed = files(FIXTURES / name / "after").values()
    assert any(content.count(b"\n") == content.count(b"\r\n") > 0 for content in changed)

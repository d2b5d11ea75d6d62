"""Recipes that are reworded: what keeps the meaning keeps the verdict, what hides a fact is not rewritten.

Every rewording is tried on several fixtures; a fixture is one only where the rewording finds something.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count, islice
from pathlib import Path

import pytest

from migrator.catalogue import gpu_of
from migrator.decide.machines import Machine
from migrator.model import Plan, Status
from tests.rewordings import (
    COUNT_DOUBTS,
    DOUBTS,
    FOLLOWED,
    LOADER_DOUBTS,
    OS_DOUBTS,
    SAME,
    SHARED,
    SIZE_DOUBTS,
    V100,
    Recipe,
    Rewording,
    for_chainer,
    with_cluster,
    without_settings,
)
from tests.rewrite.test_migrated_fixtures import VARIABLES, logs_in
from tests.running import run
from tests.sdk.recipes import fill_in
from tests.test_fixtures import FIXTURES, files
from tests.trees import after, findings, jobs, migrated, planned

TRIES = 4  # of each rewording
Counted = Callable[[str, object], None]
Family = Callable[[Iterator[Path]], tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Base:
    """A fixture, and a file of it that makes one job, which is decided."""

    fixture: str
    recipe: Recipe
    path: str


@cache
def bases() -> tuple[Base, ...]:
    """Return them in an order that mixes what their names tell."""
    found = []
    for folder in FIXTURES.iterdir():
        expected = json.loads((folder / "expected.json").read_bytes())
        jobs_in = Counter(job["path"] for job in expected["jobs"])
        decided = {job["path"] for job in expected["jobs"] if job["status"] in ("migrate", "blocked")}
        if "options" not in expected:
            recipe = {path: content.decode() for path, content in files(folder / "before").items()}
            found += [Base(folder.name, recipe, path) for path in decided if jobs_in[path] == 1]
    return tuple(sorted(found, key=lambda base: (base.fixture[::-1], base.path)))


def plan_of(folder: Path, recipe: Recipe) -> Plan:
    tree = {path.replace("dot-gitignore", ".gitignore"): text for path, text in recipe.items()}
    return planned(folder, {path: text.encode() for path, text in tree.items()})


def verdicts(found: Plan) -> Counter[tuple[object, ...]]:
    return Counter(
        (job.framework, job.node_count, job.image, job.target, job.status, job.rule) for job in jobs(found)
    )


def is_rewritten(found: Plan, path: str) -> bool:
    return any(job.place.path == path and job.status is Status.MIGRATE for job in jobs(found))


def tried(
    rewordings: Mapping[str, Rewording], starts: Sequence[Base], is_wrong: Callable[[Base, Recipe], bool]
) -> tuple[int, list[str]]:
    """Try each rewording on the next bases that it changes; return the number of tries and the wrong ones."""
    tries, wrong = 0, []
    for index, (name, rewording) in enumerate(rewordings.items()):
        rotated = (*starts[index * TRIES % len(starts) :], *starts[: index * TRIES % len(starts)])
        found = ((base, rewording(base.recipe, base.path)) for base in rotated)
        for base, new in islice(((base, new) for base, new in found if new is not None), TRIES):
            tries += 1
            if is_wrong(base, new):
                wrong.append(f"{base.fixture}: {name}")
        assert tries, name
    return tries, wrong


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(number) for number in count())


def migrating(folders: Iterator[Path], *rewordings: Rewording, emits: str = "") -> list[Base]:
    """Return the bases, reworded, in which the rewritten file then holds ``emits``."""
    found = []
    for base in bases():
        recipe: Recipe | None = base.recipe if "JobCreateParameters(" in base.recipe[base.path] else None
        for rewording in rewordings:
            recipe = rewording(recipe, base.path) if recipe is not None else None
        plan = plan_of(next(folders), recipe) if recipe is not None else None
        if plan is not None and is_rewritten(plan, base.path) and emits in after(plan, base.path):
            found.append(replace(base, recipe=recipe or {}))
    return found


def other_verdicts(folders: Iterator[Path]) -> tuple[int, list[str]]:
    """Return what rewordings that keep the meaning do to verdicts."""

    def is_wrong(base: Base, new: Recipe) -> bool:
        before, after = (verdicts(plan_of(next(folders), recipe)) for recipe in (base.recipe, new))
        return before != after

    return tried({**SAME, **FOLLOWED}, bases(), is_wrong)


def rewritten_doubts(folders: Iterator[Path]) -> tuple[int, list[str]]:
    """Return the rewordings after which a job is rewritten though it may be another by then."""

    def is_wrong(base: Base, new: Recipe) -> bool:
        return is_rewritten(plan_of(next(folders), new), base.path)

    of_image = tried({**DOUBTS, **SHARED}, migrating(folders), is_wrong)
    of_count = tried(COUNT_DOUBTS, migrating(folders, for_chainer), is_wrong)
    return of_image[0] + of_count[0], of_image[1] + of_count[1]


def lost_logins(folders: Iterator[Path]) -> tuple[int, list[str]]:
    """Return the rewordings after which a rewritten job runs without its login."""

    def is_lost(base: Base, recipe: Recipe) -> bool:
        tree = next(folders)
        found = plan_of(tree, recipe)
        migrated(tree, {}, found)
        for path in tree.rglob("configuration.json"):
            fill_in(path, {})
        made = run(tree / base.path, VARIABLES).made
        return is_rewritten(found, base.path) and not any(logs_in(each.body) for each in made)

    def running(emits: str) -> list[Base]:
        every = migrating(folders, without_settings, emits=emits)
        return [base for base in every if not is_lost(base, base.recipe)]

    of_loader = tried(LOADER_DOUBTS, running("cfg."), is_lost)
    of_os = tried(OS_DOUBTS, running("os.environ['NGC"), is_lost)
    return of_loader[0] + of_os[0], of_loader[1] + of_os[1]


def silent_sizes(folders: Iterator[Path]) -> tuple[int, list[str]]:
    """Return the rewordings after which a job is rewritten with no word of a size that is not known."""

    def is_silent(base: Base, recipe: Recipe) -> bool:
        found = plan_of(next(folders), recipe)
        return is_rewritten(found, base.path) and not findings(found, "gpu-unknown")

    # Those that make no cluster, and for which one of a known size is enough.
    starts = [base for base in migrating(folders, with_cluster(V100)) if is_silent(base, base.recipe)]
    plain = {(base.fixture, base.path): base for base in bases()}
    alone = [plain[base.fixture, base.path] for base in starts]
    return tried(SIZE_DOUBTS, [base for base in alone if not is_silent(base, base.recipe)], is_silent)


def test_what_keeps_the_meaning_keeps_the_verdicts(folders: Iterator[Path], record_property: Counted) -> None:
    tries, wrong = other_verdicts(folders)
    number = len(SAME) + len(FOLLOWED)
    record_property("counted", f"rewordings: {number} that keep the meaning, tried {tries} times")
    assert wrong == []


@pytest.mark.parametrize(
    ("family", "kinds"),
    [
        (rewritten_doubts, (DOUBTS, SHARED, COUNT_DOUBTS)),
        (lost_logins, (LOADER_DOUBTS, OS_DOUBTS)),
        (silent_sizes, (SIZE_DOUBTS,)),
    ],
)
def test_what_hides_a_fact_is_not_rewritten_in_silence(
    folders: Iterator[Path],
    record_property: Counted,
    family: Family,
    kinds: tuple[Mapping[str, Rewording], ...],
) -> None:
    tries, wrong = family(folders)
    name = family.__name__.replace("_", " ")
    record_property("counted", f"rewordings: {sum(map(len, kinds))} for {name}, tried {tries} times")
    assert wrong == []


# A tool that is blind in one way: the family that is there for it has to see that.
FAULTS: Mapping[str, tuple[Family, str, Callable[..., object]]] = {
    "no store is seen": (
        rewritten_doubts,
        "migrator.understand.python.modules.gather_stores",
        lambda names: (),
    ),
    "nothing binds a name unseen": (
        rewritten_doubts,
        "migrator.understand.python.names.open_bindings",
        lambda walked, parents: (),
    ),
    "every binding runs before its use": (
        lost_logins,
        "migrator.decide.credentials.bound",
        lambda names, name, at: names.of_module(name),
    ),
    "no size is doubted": (
        silent_sizes,
        "migrator.decide.machines._machine",
        lambda cluster: Machine("a size", gpu_of("Standard_NC6s_v3")),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(
    fault: str, folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    family, place, blind = FAULTS[fault]
    monkeypatch.setattr("tests.test_metamorphic.TRIES", 1)
    monkeypatch.setattr(place, blind)
    assert family(folders)[1] != []

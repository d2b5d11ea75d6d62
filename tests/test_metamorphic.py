"""Recipes that are reworded: what keeps the meaning keeps the verdict, what hides a fact is not rewritten.

Every rewording is tried on several fixtures; a fixture is one only where the rewording finds something.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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

TRIES = 3  # of each rewording
STEP = 73  # bases from where one rewording begins to where the next does, so that similar ones meet others
Counted = Callable[[str, object], None]
Planning = Callable[[Recipe], Plan]


@dataclass(frozen=True, slots=True)
class Base:
    """A fixture, and a file of it that makes one job, which is decided; ``recipe`` may be reworded."""

    fixture: str
    path: str
    recipe: Recipe = field(compare=False)


@dataclass(frozen=True, slots=True)
class Try:
    """A fixture and the rewording that was tried on it, and whether what comes of it is wrong."""

    name: str
    is_wrong: bool


Family = Callable[[Iterator[Path]], Iterator[Try]]


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
            found += [Base(folder.name, path, recipe) for path in decided if jobs_in[path] == 1]
    return tuple(sorted(found, key=lambda base: (base.fixture[::-1], base.path)))


def planning(folders: Iterator[Path]) -> Planning:
    """Return what plans a recipe, in a folder of its own, and the same one once."""

    @cache
    def plan_of(recipe: frozenset[tuple[str, str]]) -> Plan:
        tree = {path.replace("dot-gitignore", ".gitignore"): text for path, text in recipe}
        return planned(next(folders), {path: text.encode() for path, text in tree.items()})

    return lambda recipe: plan_of(frozenset(recipe.items()))


def verdicts(found: Plan) -> Counter[tuple[object, ...]]:
    return Counter(
        (job.framework, job.node_count, job.image, job.target, job.status, job.rule) for job in jobs(found)
    )


def is_rewritten(found: Plan, path: str) -> bool:
    return any(job.place.path == path and job.status is Status.MIGRATE for job in jobs(found))


def tried(
    rewordings: Mapping[str, Rewording],
    starts: Sequence[Base],
    is_wrong: Callable[[Base, Recipe], bool],
    is_start: Callable[[Base], bool] = lambda base: True,
) -> Iterator[Try]:
    """Try each rewording on the next bases that it changes, and yield what comes of it."""
    for index, (name, rewording) in enumerate(rewordings.items()):
        first = index * STEP % len(starts)
        found = ((base, rewording(base.recipe, base.path)) for base in (*starts[first:], *starts[:first]))
        pairs = ((base, new) for base, new in found if new is not None and is_start(base))
        tries = [Try(f"{base.fixture}: {name}", is_wrong(base, new)) for base, new in islice(pairs, TRIES)]
        assert tries, name
        yield from tries


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(number) for number in count())


def calling(*rewordings: Rewording) -> list[Base]:
    """Return the bases that make their job by a call, reworded."""
    found = []
    for base in bases():
        recipe: Recipe | None = base.recipe if "JobCreateParameters(" in base.recipe[base.path] else None
        for rewording in rewordings:
            recipe = rewording(recipe, base.path) if recipe is not None else None
        if recipe is not None:
            found.append(replace(base, recipe=recipe))
    return found


def other_verdicts(folders: Iterator[Path]) -> Iterator[Try]:
    """Try what keeps the meaning: wrong is another verdict."""
    plan = planning(folders)

    def is_wrong(base: Base, new: Recipe) -> bool:
        return verdicts(plan(base.recipe)) != verdicts(plan(new))

    return tried({**SAME, **FOLLOWED}, bases(), is_wrong)


def rewritten_doubts(folders: Iterator[Path]) -> Iterator[Try]:
    """Try what may make another job of it: wrong is to rewrite that."""
    plan = planning(folders)

    def is_wrong(base: Base, new: Recipe) -> bool:
        return is_rewritten(plan(new), base.path)

    def is_start(base: Base) -> bool:
        return is_wrong(base, base.recipe)

    yield from tried({**DOUBTS, **SHARED}, calling(), is_wrong, is_start)
    yield from tried(COUNT_DOUBTS, calling(for_chainer), is_wrong, is_start)


def lost_logins(folders: Iterator[Path]) -> Iterator[Try]:
    """Try what may take a name from the login: wrong is a rewritten job that runs without it."""
    plan = planning(folders)

    def is_lost(base: Base, recipe: Recipe) -> bool:
        found, tree = plan(recipe), migrated(next(folders), recipe, plan(recipe))
        for path in tree.rglob("configuration.json"):
            fill_in(path, {})
        made = run(tree / base.path, VARIABLES).made
        return is_rewritten(found, base.path) and not any(logs_in(each.body) for each in made)

    def running(emits: str) -> Callable[[Base], bool]:
        @cache
        def is_start(base: Base) -> bool:
            found = plan(base.recipe)
            is_emitted = is_rewritten(found, base.path) and emits in after(found, base.path)
            return is_emitted and not is_lost(base, base.recipe)

        return is_start

    starts = calling(without_settings)
    yield from tried(LOADER_DOUBTS, starts, is_lost, running("cfg."))
    yield from tried(OS_DOUBTS, starts, is_lost, running("os.environ['NGC"))


def silent_sizes(folders: Iterator[Path]) -> Iterator[Try]:
    """Try what makes a size unknown: wrong is to rewrite the job with no word of it."""
    plan = planning(folders)

    def is_silent(base: Base, recipe: Recipe) -> bool:
        found = plan(recipe)
        return is_rewritten(found, base.path) and not findings(found, "gpu-unknown")

    def is_start(base: Base) -> bool:
        """Tell whether it makes no cluster, and one of a known size is enough."""
        known = with_cluster(V100)(base.recipe, base.path)
        return known is not None and is_silent(base, known) and not is_silent(base, base.recipe)

    return tried(SIZE_DOUBTS, calling(), is_silent, is_start)


def test_what_keeps_the_meaning_keeps_the_verdicts(folders: Iterator[Path], record_property: Counted) -> None:
    tries = list(other_verdicts(folders))
    number = len(SAME) + len(FOLLOWED)
    record_property("counted", f"rewordings: {number} that keep the meaning, tried {len(tries)} times")
    assert [each.name for each in tries if each.is_wrong] == []


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
    tries = list(family(folders))
    name = family.__name__.replace("_", " ")
    record_property("counted", f"rewordings: {sum(map(len, kinds))} for {name}, tried {len(tries)} times")
    assert [each.name for each in tries if each.is_wrong] == []


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
    assert any(each.is_wrong for each in family(folders))

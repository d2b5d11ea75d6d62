"""Draft the recipes of a tree: understand, decide, rewrite, and look at the result again."""

from __future__ import annotations

import posixpath
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ParamSpec, TypeVar

from codemods.syntax.edits import Edit
from migrator.decide import Ledger
from migrator.discover import Files, Overlay, Source, Tree
from migrator.model import Change, Place, Status
from migrator.options import Options
from migrator.plan.cautions import cautions
from migrator.plan.outcome import Deciding, Outcome
from migrator.plan.recipe import Draft, plan_recipe
from migrator.rewrite import SharedFiles
from migrator.understand import Facts, Problem, Reading, read_source, read_written
from migrator.understand.jobs import Loaders
from migrator.understand.python import Modules
from migrator.understand.scripts import missing_specs
from migrator.understand.texts import Suppression
from migrator.verify import python_mistake, spec_mistake

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Drafted:
    """The drafts of some recipes, without syntax trees, and every suppression of the tree."""

    drafts: tuple[Draft, ...]
    suppressions: tuple[Suppression, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """Everything that one state of the files says, by folder; an exception where reading hit a defect."""

    files: Files
    modules: Modules
    folders: Mapping[str, tuple[Source, ...]]
    readings: Mapping[str, tuple[Reading, ...] | Exception]


def draft_recipes(tree: Tree, options: Options, wanted: Sequence[str]) -> Drafted:
    """Return drafts for the recipes in the ``wanted`` folders; all files are read, as one may need another.

    Every recipe that would change is planned a second time as it would be then: what is not finished
    by then, or fails the check against the SDK's models, is held back.
    """
    read = _read(by_folder(tree.sources), tree)
    suppressions = _suppressions(read.readings.values())
    ledger = Ledger(suppressions, options.ignore)
    drafts = _drafts(read, wanted, options, ledger)
    overlay = Overlay(tree, joined_changes(drafts))
    changing = tuple(draft.path for draft in drafts if draft.changes)
    again = _drafts(_again(read, overlay), changing, options, ledger) if changing else ()
    checked = _checked(drafts, again)
    return Drafted(
        tuple(replace(draft, cautions=cautions(draft)).lightened() for draft in checked), suppressions
    )


def by_folder(sources: Iterable[Source]) -> Mapping[str, tuple[Source, ...]]:
    """Return the sources by their folder, folders and sources in order."""
    ordered = sorted(sources, key=lambda source: (posixpath.dirname(source.path), source.path))
    groups = groupby(ordered, key=lambda source: posixpath.dirname(source.path))
    return {folder: tuple(group) for folder, group in groups}


def joined_changes(drafts: Iterable[Draft]) -> dict[str, Change]:
    """Return the changes of all drafts by path; edits of several drafts to one file are joined."""
    edits: dict[str, set[Edit[bytes]]] = {}
    before: dict[str, bytes] = {}
    for draft in drafts:
        shared = (file.change for file in draft.needs if file.change is not None)
        for change in (*draft.changes, *shared):
            edits.setdefault(change.path, set()).update(change.edits)
            before[change.path] = change.before
    return {
        path: Change(path=path, before=before[path], edits=tuple(sorted(edits[path])))
        for path in sorted(edits)
        if edits[path]
    }


def _read(folders: Mapping[str, tuple[Source, ...]], files: Files) -> _Read:
    modules = Modules(files)
    readings = {folder: _attempt(_readings, sources, modules) for folder, sources in folders.items()}
    return _Read(files, modules, folders, readings)


def _again(read: _Read, overlay: Overlay) -> _Read:
    folders = {folder: tuple(map(overlay.source, sources)) for folder, sources in read.folders.items()}
    return _read(folders, overlay)


def _readings(sources: Sequence[Source], modules: Modules) -> tuple[Reading, ...]:
    files = [read_source(source, modules) for source in sources]
    parts = [part for file in files for part in (file, *read_written(file, modules))]
    return tuple(_with_submissions(part, modules) for part in parts)


def _with_submissions(reading: Reading, modules: Modules) -> Reading:
    if reading.module is None:
        return reading
    missing = missing_specs(reading.module.text, modules.files)
    return replace(reading, reported=(*reading.reported, *missing))


def _suppressions(readings: Iterable[tuple[Reading, ...] | Exception]) -> tuple[Suppression, ...]:
    understood = (reading for each in readings if not isinstance(each, Exception) for reading in each)
    return tuple(one for reading in understood for one in reading.suppressions)


def _drafts(read: _Read, wanted: Sequence[str], options: Options, ledger: Ledger) -> tuple[Draft, ...]:
    """Return the drafts of the ``wanted`` recipes, which may need what the files of others say."""
    shared = SharedFiles(read.files, options)
    deciding = Deciding(Loaders(read.modules), shared, options, ledger)
    drafts = []
    for folder in wanted:
        found = read.readings[folder]
        draft = found if isinstance(found, Exception) else _attempt(plan_recipe, folder, found, deciding)
        if isinstance(draft, Exception):
            draft = _defect(read.folders[folder][0].path, folder, draft, deciding)
        drafts.append(draft)
    return tuple(drafts)


def _attempt(stage: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Exception:
    """Run a stage on one recipe. This is the one boundary: a defect fails its recipe, not the run."""
    try:
        return stage(*args, **kwargs)
    except Exception as error:
        return error


def _defect(path: str, folder: str, error: Exception, deciding: Deciding) -> Draft:
    """Return a draft that says where in this program an error arose; its text may quote a recipe's values."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {posixpath.basename(frame.filename)}:{frame.lineno}"
    message = f"This recipe makes the program fail ({where}): this is a defect; nothing of it is written."
    problem = Problem(rule="internal-error", message=message, status=Status.FAILED)
    facts = Facts(place=Place(path), problem=problem)
    return Draft(path=folder, outcomes=(deciding.reported(facts),), changes=())


def _checked(drafts: Sequence[Draft], again: Sequence[Draft]) -> tuple[Draft, ...]:
    """Hold back what the second look at the rewritten recipes does not confirm."""
    seconds = {second.path: second for second in again}
    return tuple(_confirmed(draft, seconds[draft.path]) if draft.changes else draft for draft in drafts)


def _confirmed(draft: Draft, second: Draft) -> Draft:
    if second.changes or any(file.change is not None for file in second.needs):
        message = "The rewritten recipe would be rewritten again: this is a defect; nothing of it is written."
        return draft.held_back("not-idempotent", message)
    found = mistakes(draft, second)
    if found:
        message = f"The rewritten job does not verify against the SDK's models: {found[0]}."
        return draft.held_back("not-verified", message)
    return draft


def mistakes(draft: Draft, second: Draft) -> tuple[str, ...]:
    """Return what is wrong with the rewritten jobs, each in half a sentence; nothing where all is right.

    ``second`` is the plan of the recipe as it would be after ``draft``.
    """
    if len(draft.outcomes) != len(second.outcomes):
        return ("a job was lost or appeared",)
    pairs = zip(draft.outcomes, second.outcomes, strict=True)
    found = ((after.job.place, _mistake(before, after)) for before, after in pairs if before.is_migrating)
    return tuple(f"at {place}: {mistake}" for place, mistake in found if mistake)


def _mistake(before: Outcome, after: Outcome) -> str | None:
    target = before.job.target
    if target is None or after.job.status is not Status.MIGRATED or after.job.image != target:
        return "the job is not recognised as migrated"
    if after.job_spec is not None:
        return spec_mistake(after.job_spec)
    if before.python_job is None or before.source is None or after.python_job is None:
        return "the job is gone"
    return python_mistake(before.python_job, target, before.source, after.python_job)

"""What one process does: understand, decide and rewrite the recipes of its folders, and look again."""

from __future__ import annotations

import posixpath
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ParamSpec, TypeVar

from codemods.syntax.edits import Edit
from migrator.decide import Ledger, Origin
from migrator.discover import Files, Overlay, Source, Tree, text_of
from migrator.model import Change, Finding, Job, Place, Status
from migrator.options import Options
from migrator.plan.cautions import cautions, kept_outputs
from migrator.plan.outcome import Look, PythonRewrite, Stays, outcome_of
from migrator.plan.recipe import Draft, plan_recipe
from migrator.plan.second_look import confirmed
from migrator.rewrite import SharedFile, SharedFiles
from migrator.understand import Facts, Problem, Reading, read_source, read_written
from migrator.understand.jobs import Loaders
from migrator.understand.python import Modules
from migrator.understand.scripts import find_text_jobs, missing_specs
from migrator.understand.texts import Notebook, Suppression, Text

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipePlan:
    """What is told of one folder and would be written, without what is suppressed.

    ``files`` are the shared files that its jobs need; ``logins`` has for every file with jobs that are to
    be rewritten where their credentials come from, None for those that stand in the file itself.
    """

    path: str
    jobs: tuple[Job, ...]
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    files: tuple[SharedFile, ...] = ()
    logins: frozenset[tuple[str, Origin | None]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The plans of some folders, the comments of their files, those that matched, and their markdown."""

    plans: tuple[RecipePlan, ...]
    comments: tuple[Suppression, ...]
    used: frozenset[Suppression]
    markdown: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """Everything that one state of the files says, by folder; an exception where reading hit a defect."""

    files: Files
    modules: Modules
    folders: Mapping[str, tuple[Source, ...]]
    readings: Mapping[str, tuple[Reading, ...] | Exception]


def plan_share(tree: Tree, options: Options, folders: Sequence[str]) -> Part:
    """Return the plans of the recipes and of the texts in the ``folders``.

    Every recipe that would change is planned a second time as it would be then: what is not finished
    by then, or fails the check against the SDK's models, is held back.
    """
    read = _read(by_folder(tree.sources), tree)
    comments = tuple(one for reading in _understood(read) for one in reading.suppressions)
    look = _look(read, options, Ledger(comments, options.ignore))
    drafts = tuple(_draft(read, folder, look) for folder in folders if folder in read.folders)
    overlay = Overlay(tree, joined_changes(drafts))
    again = _read({path: tuple(map(overlay.source, each)) for path, each in read.folders.items()}, overlay)
    second = _look(again, options, look.ledger)
    plans: list[RecipePlan] = []
    used: set[Suppression] = set()
    for draft in drafts:
        checked = confirmed(draft, _draft(again, draft.path, second)) if draft.changes else draft
        told = (*cautions(checked, options), *_kept_outputs(checked, read, again))
        plan, by = _told(checked, told, look.ledger)
        plans.append(plan)
        used |= by
    texts = by_folder(tree.texts)
    for folder in folders:
        plan, by = _told(_text_draft(folder, texts.get(folder, ()), look), (), look.ledger)
        plans.append(plan)
        used |= by
    return Part(plans=tuple(plans), comments=comments, used=frozenset(used), markdown=tuple(_markdown(read)))


def by_folder(sources: Iterable[Source]) -> Mapping[str, tuple[Source, ...]]:
    """Return the sources by their folder, folders and sources in order."""
    ordered = sorted(sources, key=lambda source: (posixpath.dirname(source.path), source.path))
    groups = groupby(ordered, key=lambda source: posixpath.dirname(source.path))
    return {folder: tuple(group) for folder, group in groups}


def joined_changes(plans: Iterable[Draft | RecipePlan]) -> dict[str, Change]:
    """Return all changes by path; edits of several recipes to one file are joined."""
    edits: dict[str, set[Edit[bytes]]] = {}
    before: dict[str, bytes] = {}
    for plan in plans:
        shared = (file.change for file in plan.files if file.change is not None)
        for change in (*plan.changes, *shared):
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


def _understood(read: _Read) -> Iterator[Reading]:
    for readings in read.readings.values():
        yield from () if isinstance(readings, Exception) else readings


def _look(read: _Read, options: Options, ledger: Ledger) -> Look:
    return Look(
        files=read.files,
        loaders=Loaders(read.modules),
        shared=SharedFiles(read.files, options),
        options=options,
        ledger=ledger,
    )


def _readings(sources: Sequence[Source], modules: Modules) -> tuple[Reading, ...]:
    files = [read_source(source, modules) for source in sources]
    parts = [part for file in files for part in (file, *read_written(file, modules))]
    return tuple(_with_submissions(part, modules) for part in parts)


def _with_submissions(reading: Reading, modules: Modules) -> Reading:
    if reading.module is None:
        return reading
    missing = missing_specs(reading.module.text, modules.files)
    return replace(reading, reported=(*reading.reported, *missing))


def _draft(read: _Read, folder: str, look: Look) -> Draft:
    found = read.readings[folder]
    draft = found if isinstance(found, Exception) else _attempt(plan_recipe, folder, found, look)
    return (
        _defect(read.folders[folder][0].path, folder, draft, look) if isinstance(draft, Exception) else draft
    )


def _attempt(stage: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Exception:
    """Run a stage on one recipe. This is the one boundary: a defect fails its recipe, not the run."""
    try:
        return stage(*args, **kwargs)
    except Exception as error:
        return error


def _defect(path: str, folder: str, error: Exception, look: Look) -> Draft:
    """Return a draft that says where in this program an error arose; its text may quote a recipe's values."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {posixpath.basename(frame.filename)}:{frame.lineno}"
    message = f"This recipe makes the program fail ({where}): this is a defect; nothing of it is written."
    problem = Problem(rule="internal-error", message=message, status=Status.FAILED)
    facts = Facts(place=Place(path), problem=problem)
    return Draft(path=folder, outcomes=(outcome_of(facts, look),), changes=())


def _text_draft(folder: str, sources: Sequence[Source], look: Look) -> Draft:
    """Return the draft of the jobs in shell scripts and the like, which are only reported."""
    found = [facts for source in sources for facts in find_text_jobs(source)]
    found += [facts for source in sources for facts in missing_specs(_plain(source), look.files)]
    return Draft(path=folder, outcomes=tuple(outcome_of(facts, look) for facts in found), changes=())


def _plain(source: Source) -> Text:
    text = text_of(source.data)
    return Text(path=source.path, data=source.data, text=text, masked=text)


def _kept_outputs(draft: Draft, before: _Read, after: _Read) -> Iterator[Finding]:
    paths = {change.path for change in draft.changes}
    old, new = ({one.path: one for one in _notebooks(read) if one.path in paths} for read in (before, after))
    for path in sorted(old):
        yield from kept_outputs(old[path], new[path]) if path in new else ()


def _notebooks(read: _Read) -> Iterator[Notebook]:
    texts = (reading.text for reading in _understood(read))
    yield from (text for text in texts if isinstance(text, Notebook))


def _markdown(read: _Read) -> Iterator[tuple[str, int, str]]:
    for notebook in _notebooks(read):
        yield from ((notebook.path, index, text) for index, text in notebook.markdown)


def _told(draft: Draft, told: Iterable[Finding], ledger: Ledger) -> tuple[RecipePlan, frozenset[Suppression]]:
    """Return what is left of a draft, without its syntax trees, when all suppressions have had their say."""
    jobs, findings, used = ledger.quiet([(one.job, one.lines, one.findings) for one in draft.outcomes], told)
    logins = frozenset(
        (one.job.place.path, one.source.origin if isinstance(one, PythonRewrite) else None)
        for one in draft.outcomes
        if not isinstance(one, Stays)
    )
    plan = RecipePlan(
        path=draft.path,
        jobs=jobs,
        findings=findings,
        changes=draft.changes,
        files=draft.files,
        logins=logins,
    )
    return plan, used

"""What one process does: understand, decide and rewrite the recipes of its folders, and look again."""

from __future__ import annotations

import posixpath
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ParamSpec, TypeAlias, TypeVar

from codemods.syntax.edits import Edit
from migrator.decide import Ledger, Origin, decide
from migrator.discover import Overlay, Source, Tree
from migrator.model import Change, Finding, Job, Place, Status
from migrator.options import Options
from migrator.plan.cautions import cautions, kept_outputs
from migrator.plan.clusters import Clusters, plain
from migrator.plan.outcome import Look, PythonRewrite, Stays, outcome_of
from migrator.plan.recipe import Draft, plan_recipe
from migrator.plan.second_look import confirmed
from migrator.rewrite import SharedFile, SharedFiles
from migrator.understand import (
    Facts,
    Problem,
    Reading,
    read_source,
    read_written,
    suppressions_in,
    with_jobs,
)
from migrator.understand.jobs import Loaders, lines_of
from migrator.understand.python import Modules
from migrator.understand.scripts import find_text_jobs, missing_specs
from migrator.understand.texts import Notebook, Suppression

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


Folder: TypeAlias = "tuple[Reading, ...] | Exception"
"""What the files of a folder say, or what went wrong in this program when they were read."""


def plan_share(tree: Tree, options: Options, folders: Sequence[str]) -> Part:
    """Return the plans of the recipes and of the texts in the ``folders``.

    Every recipe that would change is planned a second time as it would be then: what is not finished
    by then, or fails the check against the SDK's models, is held back. Of other folders only what these
    need is read.
    """
    sources, texts = by_folder(tree.sources), by_folder(tree.texts)
    modules = Modules(tree)
    read = {path: _attempt(_readings, sources[path], modules) for path in folders if path in sources}
    comments = _comments(tree, read, modules)
    clusters = Clusters(tree, modules)
    look = _look(modules, options, Ledger(comments, options.ignore), clusters)
    drafts = [_draft(sources[path], found, look) for path, found in read.items()]
    told = [cautions(draft, options) for draft in drafts]
    changes = joined_changes(drafts)
    modules.lay_over(Overlay(tree, changes), changes)
    second = _look(modules, options, look.ledger, clusters)
    settled = []
    for draft, findings in zip(drafts, told, strict=True):
        if draft.changes:
            found = read[draft.path]
            again = found if isinstance(found, Exception) else _attempt(_changed, found, changes, modules)
            checked = confirmed(draft, _draft(sources[draft.path], again, second))
            outputs = _kept_outputs(draft, found, again)
            findings = (*findings, *outputs) if checked is draft else cautions(checked, options)
            draft = checked
        settled.append(_told(draft, findings, look.ledger))
    for folder in folders:
        settled.append(_told(_text_draft(folder, texts.get(folder, ()), look), (), look.ledger))
    return Part(
        plans=tuple(plan for plan, _ in settled),
        comments=comments,
        used=frozenset().union(*(used for _, used in settled)),
        markdown=tuple(cell for found in read.values() for cell in _markdown(found)),
    )


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


def _readings(sources: Sequence[Source], modules: Modules) -> tuple[Reading, ...]:
    files = [read_source(source, modules) for source in sources]
    parts = (part for file in files for part in (file, *read_written(file, modules)))
    return tuple(map(with_jobs, parts))


def _changed(
    readings: Sequence[Reading], changes: Mapping[str, Change], modules: Modules
) -> tuple[Reading, ...]:
    """Return what the files of a folder say after the changes; those without any are not read again."""
    paths = {reading.path for reading in readings}.intersection(changes)
    changed = [Source(path, changes[path].after) for path in sorted(paths)]
    kept = (with_jobs(reading) for reading in readings if reading.path not in changes)
    return (*kept, *_readings(changed, modules))


def _comments(tree: Tree, read: Mapping[str, Folder], modules: Modules) -> tuple[Suppression, ...]:
    """Return the suppressions that stand in the files read, and in others on the lines of their jobs."""
    readings = [reading for each in read.values() for reading in _understood(each)]
    jobs = (lines for reading in readings for lines in lines_of(reading.python_jobs).values())
    paths = {one.path for lines in jobs for one in lines}.intersection(source.path for source in tree.sources)
    paths.update(source.path for source in tree.sources if posixpath.dirname(source.path) in read)
    found = (_attempt(suppressions_in, path, modules) for path in sorted(paths))
    return tuple(one for each in found if not isinstance(each, Exception) for one in each)


def _understood(found: Folder) -> tuple[Reading, ...]:
    return () if isinstance(found, Exception) else found


def _look(modules: Modules, options: Options, ledger: Ledger, clusters: Clusters) -> Look:
    return Look(
        files=modules.files,
        loaders=Loaders(modules),
        shared=SharedFiles(modules.files, options),
        options=options,
        ledger=ledger,
        clusters=clusters,
    )


def _draft(sources: Sequence[Source], found: Folder, look: Look) -> Draft:
    path = sources[0].path
    folder = posixpath.dirname(path)
    draft = found if isinstance(found, Exception) else _attempt(plan_recipe, folder, found, look)
    return _defect(path, folder, draft, look) if isinstance(draft, Exception) else draft


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
    return Draft(path=folder, outcomes=(Stays(job=decide(facts, look.options)[0], of=facts),), changes=())


def _text_draft(folder: str, sources: Sequence[Source], look: Look) -> Draft:
    """Return the draft of the jobs in shell scripts and the like, which are only reported."""
    found = [facts for source in sources for facts in find_text_jobs(source)]
    found += [facts for source in sources for facts in missing_specs(plain(source), look.files)]
    return Draft(path=folder, outcomes=tuple(outcome_of(facts, look) for facts in found), changes=())


def _kept_outputs(draft: Draft, before: Folder, after: Folder) -> Iterator[Finding]:
    paths = {change.path for change in draft.changes}
    old, new = ({one.path: one for one in _notebooks(read) if one.path in paths} for read in (before, after))
    for path in sorted(old):
        yield from kept_outputs(old[path], new[path]) if path in new else ()


def _notebooks(found: Folder) -> Iterator[Notebook]:
    yield from (one.text for one in _understood(found) if isinstance(one.text, Notebook))


def _markdown(found: Folder) -> Iterator[tuple[str, int, str]]:
    for notebook in _notebooks(found):
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

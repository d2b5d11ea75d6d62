"""What one process does: understand, decide and rewrite the recipes of its folders, and look again."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from codemods.syntax.edits import Edit
from migrator.decide import Ledger, Origin
from migrator.discover import SUFFIXES, Files, Overlay, Source, Tree
from migrator.model import Change, Finding, Job, Place
from migrator.options import Options
from migrator.pipeline import Count, uncounted
from migrator.pipeline.around import Around, by_folder, plain
from migrator.pipeline.cautions import cautions, kept_outputs, notebooks
from migrator.pipeline.keys import key_places
from migrator.pipeline.outcome import Look
from migrator.pipeline.recipe import Draft, attempt, confirmed, incomplete, plan_recipe
from migrator.rewrite import SharedFile, SharedFiles
from migrator.secrets import secret_values
from migrator.understand import Facts, Reading, read_source, read_written, suppressions_in, with_jobs
from migrator.understand.jobs import Cluster, Loaders, lines_of
from migrator.understand.python import Modules
from migrator.understand.scripts import find_text_jobs, missing_specs
from migrator.understand.texts import LineRange, Suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipePlan:
    """What is told of one folder and would be written, without what is suppressed (``used`` did that).

    ``files`` are the shared files that its jobs need; ``logins`` has for every file with jobs that are to
    be rewritten where their credentials come from, ``blocks`` the lines of documentation that follow.
    """

    path: str
    jobs: tuple[Job, ...]
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    files: tuple[SharedFile, ...] = ()
    logins: frozenset[tuple[str, Origin]] = frozenset()
    used: frozenset[Suppression] = frozenset()
    blocks: tuple[LineRange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The plans of some folders; suppressions, markdown, secrets, keys and clusters in their files."""

    plans: tuple[RecipePlan, ...]
    comments: tuple[Suppression, ...]
    markdown: tuple[tuple[str, int, str], ...]
    secrets: frozenset[str]
    clusters: Mapping[str, tuple[Cluster, ...]]
    keys: tuple[Place, ...]


def plan_share(tree: Tree, options: Options, folders: Sequence[str], count: Count = uncounted) -> Part:
    """Return the plans of the recipes and of the texts in the ``folders``.

    Every recipe that would change is planned a second time as it would be then: what is not finished
    by then, or fails the check against the SDK's models, is held back. Of other folders only what these
    need is read.
    """
    sources, texts = by_folder(tree.sources), by_folder(tree.texts)
    modules = Modules(tree)
    read = {path: _readings(sources.get(path, ()), modules) for path in count("Reading", folders)}
    comments = _comments(tree, read, modules)
    look = Look(
        root=tree.root,
        files=tree,
        loaders=Loaders(),
        shared=SharedFiles(tree, options),
        options=options,
        ledger=Ledger(comments, options.ignore),
        around=Around(tree, modules),
    )
    drafts = {path: _whole(plan_recipe(path, read[path], look), tree) for path in count("Planning", folders)}
    told = {path: cautions(draft, options) for path, draft in drafts.items()}
    changes = joined_changes(drafts.values())
    modules.lay_over(Overlay(tree, changes), changes)
    second = replace(look, files=modules.files, loaders=Loaders(), shared=SharedFiles(modules.files, options))
    plans = []
    for path in count("Checking", folders):
        draft, findings = drafts[path], told[path]
        if draft.changes:
            again = _changed(read[path], changes, modules)
            draft = confirmed(draft, plan_recipe(path, again, second))
            outputs = kept_outputs(draft, read[path], again)
            findings = (*findings, *outputs) if draft is drafts[path] else cautions(draft, options)
        plans.append(_told(draft, findings, look.ledger))
        # What only reports jobs is no part of the recipe: it holds nothing back.
        stages = [(text.path, partial(_reported, text, tree)) for text in texts.get(path, ())]
        reported = [reading for stage in stages for reading in _read(*stage)]
        plans.append(_told(plan_recipe(path, reported, look), (), look.ledger))
    searched = [one for path in folders for one in (*sources.get(path, ()), *texts.get(path, ()))]
    return _part(tuple(plans), comments, read, searched, look.around.known)


def _part(
    plans: tuple[RecipePlan, ...],
    comments: tuple[Suppression, ...],
    read: Mapping[str, Sequence[Reading]],
    searched: Iterable[Source],
    clusters: Mapping[str, tuple[Cluster, ...]],
) -> Part:
    files = {one.path: one for one in searched}
    secrets = {path: secrets_in([one.data]) for path, one in files.items()}
    books = {book.path: book for found in read.values() for book in notebooks(found)}
    suspects = (books.get(path) or plain(files[path]) for path, found in secrets.items() if found)
    return Part(
        plans=plans,
        comments=comments,
        markdown=tuple((book.path, index, text) for book in books.values() for index, text in book.markdown),
        secrets=frozenset().union(*secrets.values()),
        keys=tuple(place for text in suspects for place in key_places(text)),
        clusters=clusters,
    )


def secrets_in(files: Iterable[bytes]) -> frozenset[str]:
    """Return the secret values that stand in the files, however these are reached."""
    return frozenset().union(*(secret_values(data.decode("utf-8", "replace")) for data in files))


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


def _whole(draft: Draft, tree: Tree) -> Draft:
    """Return the draft, held back where a file of its folder could not be read at all."""
    for path in tree.problems:
        if posixpath.dirname(path) == draft.path and path.endswith(SUFFIXES):
            return incomplete(draft, path)
    return draft


def _readings(sources: Iterable[Source], modules: Modules) -> tuple[Reading, ...]:
    return tuple(one for source in sources for one in _read(source.path, partial(_parts, source, modules)))


def _read(path: str, stage: Callable[[], Iterable[Reading]]) -> tuple[Reading, ...]:
    found = attempt(path, lambda: tuple(map(with_jobs, stage())))
    return (Reading(path=path, reported=(found,)),) if isinstance(found, Facts) else found


def _parts(source: Source, modules: Modules) -> tuple[Reading, ...]:
    file = read_source(source, modules)
    return (file, *read_written(file, modules))


def _reported(source: Source, files: Files) -> tuple[Reading]:
    """Return the jobs in a shell script and the like, which are only reported."""
    text = plain(source)
    return (Reading(path=source.path, reported=(*find_text_jobs(text), *missing_specs(text, files))),)


def _changed(
    readings: Sequence[Reading], changes: Mapping[str, Change], modules: Modules
) -> tuple[Reading, ...]:
    """Return what the files of a folder say after the changes; those without any are not read again."""
    paths = sorted({one.path for one in readings}.intersection(changes))
    kept = [one for one in readings if one.path not in changes]
    return (
        *(part for one in kept for part in _read(one.path, partial(tuple[Reading], (one,)))),
        *_readings([Source(path, changes[path].after) for path in paths], modules),
    )


def _comments(tree: Tree, read: Mapping[str, Sequence[Reading]], modules: Modules) -> tuple[Suppression, ...]:
    """Return the suppressions that stand in the files read, and in others on the lines of their jobs."""
    readings = [reading for each in read.values() for reading in each]
    jobs = (lines for reading in readings for lines in lines_of(reading.python_jobs).values())
    paths = {one.path for lines in jobs for one in lines}.intersection(source.path for source in tree.sources)
    paths.update(source.path for source in tree.sources if posixpath.dirname(source.path) in read)
    found = (attempt(path, partial(suppressions_in, path, modules)) for path in sorted(paths))
    return tuple(one for each in found if not isinstance(each, Facts) for one in each)


def _told(draft: Draft, told: Iterable[Finding], ledger: Ledger) -> RecipePlan:
    """Return what is left of a draft, without its syntax trees, when all suppressions have had their say."""
    jobs, findings, used = ledger.quiet([(one.job, one.lines, one.findings) for one in draft.outcomes], told)
    logins: set[tuple[str, Origin]] = set()
    for one in draft.outcomes:
        if one.source is not None:
            # A file that gains its lost section is a loader's.
            is_lost = one.source.origin is Origin.PRESENT and any(file.change for file in one.needs)
            logins.add((one.job.place.path, Origin.LOADER if is_lost else one.source.origin))
    return RecipePlan(
        path=draft.path,
        jobs=jobs,
        findings=findings,
        changes=draft.changes,
        files=draft.files,
        logins=frozenset(logins),
        used=used,
    )

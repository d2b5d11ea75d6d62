"""What one process does: understand, decide and rewrite the recipes of its folders, and look again."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from codemods.syntax.edits import Edit
from migrator.decide import Ledger, Origin
from migrator.discover import SUFFIXES, Overlay, Source, Tree
from migrator.model import Change, Finding, Job
from migrator.options import Options
from migrator.plan.around import Around, plain
from migrator.plan.boundary import attempt, defect
from migrator.plan.cautions import cautions, kept_outputs
from migrator.plan.outcome import Look, Outcome, PythonRewrite, Stays, failed, outcome_of
from migrator.plan.recipe import Draft, incomplete, plan_recipe
from migrator.plan.second_look import confirmed
from migrator.rewrite import SharedFile, SharedFiles
from migrator.secrets import secret_values
from migrator.understand import (
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
    """The plans of some folders; of their files the comments, those that matched, markdown and secrets."""

    plans: tuple[RecipePlan, ...]
    comments: tuple[Suppression, ...]
    used: frozenset[Suppression]
    markdown: tuple[tuple[str, int, str], ...]
    secrets: frozenset[str]


def plan_share(tree: Tree, options: Options, folders: Sequence[str]) -> Part:
    """Return the plans of the recipes and of the texts in the ``folders``.

    Every recipe that would change is planned a second time as it would be then: what is not finished
    by then, or fails the check against the SDK's models, is held back. Of other folders only what these
    need is read.
    """
    sources, texts = by_folder(tree.sources), by_folder(tree.texts)
    modules = Modules(tree)
    read = {path: _readings(sources[path], modules) for path in folders if path in sources}
    comments = _comments(tree, read, modules)
    around = Around(tree, modules)
    look = _look(modules, options, Ledger(comments, options.ignore), around)
    drafts = [_whole(plan_recipe(path, found, look), tree) for path, found in read.items()]
    told = [cautions(draft, options) for draft in drafts]
    changes = joined_changes(drafts)
    modules.lay_over(Overlay(tree, changes), changes)
    second = _look(modules, options, look.ledger, around)
    settled = []
    for draft, findings in zip(drafts, told, strict=True):
        if draft.changes:
            again = _changed(read[draft.path], changes, modules)
            checked = confirmed(draft, plan_recipe(draft.path, again, second))
            outputs = _kept_outputs(draft, read[draft.path], again)
            findings = (*findings, *outputs) if checked is draft else cautions(checked, options)
            draft = checked
        settled.append(_told(draft, findings, look.ledger))
    for folder in folders:
        settled.append(_told(_text_draft(folder, texts.get(folder, ()), look), (), look.ledger))
    files = (file for found in (sources, texts) for folder in folders for file in found.get(folder, ()))
    searched = {file.path: file.data for file in files}
    return Part(
        plans=tuple(plan for plan, _ in settled),
        comments=comments,
        used=frozenset().union(*(used for _, used in settled)),
        markdown=tuple(cell for found in read.values() for cell in _markdown(found)),
        secrets=secrets_in(searched.values()),
    )


def secrets_in(files: Iterable[bytes]) -> frozenset[str]:
    """Return the secret values that stand in the files, however these are reached."""
    return frozenset().union(*(secret_values(data.decode("utf-8", "replace")) for data in files))


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


def _whole(draft: Draft, tree: Tree) -> Draft:
    """Return the draft, held back where a file of its folder could not be read at all."""
    for problem in tree.problems:
        if posixpath.dirname(problem.path) == draft.path and problem.path.endswith(SUFFIXES):
            return incomplete(draft, problem.path)
    return draft


def _readings(sources: Iterable[Source], modules: Modules) -> tuple[Reading, ...]:
    each = ((source.path, attempt(_parts, source, modules)) for source in sources)
    return tuple(part for path, found in each for part in _or_failed(path, found))


def _parts(source: Source, modules: Modules) -> tuple[Reading, ...]:
    file = read_source(source, modules)
    return tuple(map(with_jobs, (file, *read_written(file, modules))))


def _or_failed(path: str, found: tuple[Reading, ...] | Exception) -> tuple[Reading, ...]:
    return (Reading(path=path, reported=(defect(path, found),)),) if isinstance(found, Exception) else found


def _changed(
    readings: Sequence[Reading], changes: Mapping[str, Change], modules: Modules
) -> tuple[Reading, ...]:
    """Return what the files of a folder say after the changes; those without any are not read again."""
    paths = {reading.path for reading in readings}.intersection(changes)
    changed = _readings([Source(path, changes[path].after) for path in sorted(paths)], modules)
    kept = [
        (reading.path, attempt(with_jobs, reading)) for reading in readings if reading.path not in changes
    ]
    return (
        tuple(
            part
            for path, found in kept
            for part in _or_failed(path, found if isinstance(found, Exception) else (found,))
        )
        + changed
    )


def _comments(tree: Tree, read: Mapping[str, Sequence[Reading]], modules: Modules) -> tuple[Suppression, ...]:
    """Return the suppressions that stand in the files read, and in others on the lines of their jobs."""
    readings = [reading for each in read.values() for reading in each]
    jobs = (lines for reading in readings for lines in lines_of(reading.python_jobs).values())
    paths = {one.path for lines in jobs for one in lines}.intersection(source.path for source in tree.sources)
    paths.update(source.path for source in tree.sources if posixpath.dirname(source.path) in read)
    found = (attempt(suppressions_in, path, modules) for path in sorted(paths))
    return tuple(one for each in found if not isinstance(each, Exception) for one in each)


def _look(modules: Modules, options: Options, ledger: Ledger, around: Around) -> Look:
    return Look(
        files=modules.files,
        loaders=Loaders(modules),
        shared=SharedFiles(modules.files, options),
        options=options,
        ledger=ledger,
        around=around,
    )


def _text_draft(folder: str, sources: Sequence[Source], look: Look) -> Draft:
    """Return the draft of the jobs in shell scripts and the like, which are only reported."""
    outcomes: list[Outcome] = []
    for source in sources:
        found = attempt(_text_outcomes, source, look)
        outcomes += (failed(source.path, found, look),) if isinstance(found, Exception) else found
    return Draft(path=folder, outcomes=tuple(outcomes), changes=())


def _text_outcomes(source: Source, look: Look) -> tuple[Outcome, ...]:
    text = plain(source)
    found = (*find_text_jobs(text), *missing_specs(text, look.files))
    return tuple(outcome_of(facts, look) for facts in found)


def _kept_outputs(draft: Draft, before: Sequence[Reading], after: Sequence[Reading]) -> Iterator[Finding]:
    paths = {change.path for change in draft.changes}
    old, new = ({one.path: one for one in _notebooks(read) if one.path in paths} for read in (before, after))
    for path in sorted(old):
        yield from kept_outputs(old[path], new[path]) if path in new else ()


def _notebooks(readings: Iterable[Reading]) -> Iterator[Notebook]:
    yield from (reading.text for reading in readings if isinstance(reading.text, Notebook))


def _markdown(readings: Iterable[Reading]) -> Iterator[tuple[str, int, str]]:
    for notebook in _notebooks(readings):
        yield from ((notebook.path, index, text) for index, text in notebook.markdown)


def _told(draft: Draft, told: Iterable[Finding], ledger: Ledger) -> tuple[RecipePlan, frozenset[Suppression]]:
    """Return what is left of a draft, without its syntax trees, when all suppressions have had their say."""
    jobs, findings, used = ledger.quiet([(one.job, one.lines, one.findings) for one in draft.outcomes], told)
    logins = frozenset(
        (one.job.place.path, _origin(one) if isinstance(one, PythonRewrite) else None)
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


def _origin(rewrite: PythonRewrite) -> Origin:
    """Return where the credentials come from; a file that gains its lost section is a loader's."""
    is_lost = rewrite.source.origin is Origin.PRESENT and any(file.change for file in rewrite.needs)
    return Origin.LOADER if is_lost else rewrite.source.origin

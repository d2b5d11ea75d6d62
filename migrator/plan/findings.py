"""Put the drafts of a run together: recipes with their jobs, and everything that is to be told."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from migrator.decide import Ledger, suppressible
from migrator.discover import SUFFIXES, Reason, Source, Tree
from migrator.model import Finding, Job, Place, Recipe, Severity
from migrator.options import Options
from migrator.plan.documents import old_images
from migrator.plan.recipe import Draft
from migrator.rewrite import Condition, SharedFile, is_template
from migrator.understand.texts import Notebook, markdown_cells, read_notebook


def assemble(tree: Tree, drafts: Sequence[Draft], ledger: Ledger, options: Options) -> tuple[Recipe, ...]:
    """Return the recipes by path, with all findings that are not suppressed."""
    outcomes = [outcome for draft in drafts for outcome in draft.outcomes]
    told = (
        *(finding for draft in drafts for finding in draft.cautions),
        *_shared_findings(drafts),
        *_problems(tree),
        *_links(tree),
        *_documentation(tree, drafts),
    )
    kept, used = ledger.quiet_findings(told, {outcome.job.place: outcome.lines for outcome in outcomes})
    used = used.union(*(outcome.used for outcome in outcomes))
    complaints = ledger.complaints(used, suppressible())
    return _recipes(drafts, (*kept, *complaints))


def _recipes(drafts: Sequence[Draft], told: Iterable[Finding]) -> tuple[Recipe, ...]:
    findings: dict[str, set[Finding]] = {}
    jobs: dict[str, list[Job]] = {}
    for draft in drafts:
        findings.setdefault(draft.path, set()).update(draft.findings)
        jobs.setdefault(draft.path, []).extend(outcome.job for outcome in draft.outcomes)
    for finding in told:
        findings.setdefault(posixpath.dirname(finding.place.path), set()).add(finding)
    return tuple(
        Recipe(
            path=path or ".",
            jobs=tuple(sorted(jobs.get(path, ()), key=lambda job: job.place)),
            findings=tuple(sorted(found, key=lambda one: (one.place, one.rule, one.message))),
        )
        for path, found in sorted(findings.items())
        if jobs.get(path) or found
    )


def _shared_findings(drafts: Iterable[Draft]) -> Iterable[Finding]:
    files: dict[str, SharedFile] = {
        file.path: file for draft in drafts for outcome in draft.outcomes for file in outcome.needs
    }
    for file in files.values():
        place = file.place or Place(file.path)
        if file.condition is Condition.BROKEN:
            message = f"{file.path} is not valid JSON ({file.detail}) and was left as it is."
            yield Finding(rule="invalid-json", severity=Severity.ERROR, place=place, message=message)
        elif file.condition is Condition.CONFLICT and is_template(file.path):
            message = f"{file.path} holds values of another registry ({file.detail}) and was left as it is."
            yield Finding(
                rule="configuration-conflict", severity=Severity.WARNING, place=place, message=message
            )


def _problems(tree: Tree) -> Iterable[Finding]:
    for problem in tree.problems:
        place = Place(problem.path)
        yield Finding(rule="unreadable-file", severity=Severity.ERROR, place=place, message=problem.message)


def _links(tree: Tree) -> Iterable[Finding]:
    for entry in tree.left_out:
        if entry.reason is Reason.LINK and entry.path.endswith(SUFFIXES):
            message = f"{entry.path} is a link, which is not followed; name the file that it leads to."
            place = Place(entry.path)
            yield Finding(rule="link-left-out", severity=Severity.INFO, place=place, message=message)


def _documentation(tree: Tree, drafts: Sequence[Draft]) -> Iterable[Finding]:
    """Yield where texts still show an image that the jobs of their folder, or of the tree, leave behind."""
    by_folder = {draft.path: _successors([draft]) for draft in drafts if draft.outcomes}
    everywhere = _successors(drafts)
    documents: dict[str, list[Source]] = {}
    markdown: dict[str, list[tuple[str, int, str]]] = {}
    for source in tree.documents:
        documents.setdefault(posixpath.dirname(source.path), []).append(source)
    for source in tree.sources if everywhere else ():
        notebook = read_notebook(source.path, source.data) if source.path.endswith(".ipynb") else None
        if isinstance(notebook, Notebook):
            cells = ((source.path, index, text) for index, text in markdown_cells(notebook))
            markdown.setdefault(posixpath.dirname(source.path), []).extend(cells)
    for folder in sorted({*documents, *markdown}):
        images = by_folder.get(folder, everywhere)
        yield from old_images(documents.get(folder, ()), markdown.get(folder, ()), images)


def _successors(drafts: Iterable[Draft]) -> dict[str, str]:
    return {
        outcome.job.image: outcome.job.target
        for draft in drafts
        for outcome in draft.outcomes
        if outcome.is_migrating and outcome.job.image and outcome.job.target
    }

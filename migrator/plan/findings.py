"""Put the drafts of a run together: recipes with their jobs, and everything that is to be told."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from migrator.decide import Ledger
from migrator.discover import SUFFIXES, Reason, Source, Tree
from migrator.model import Finding, Job, Place, Recipe, Severity
from migrator.options import Options
from migrator.plan.documents import old_images
from migrator.plan.share import Part, RecipePlan
from migrator.rewrite import Condition, is_template


def assemble(
    tree: Tree, parts: Sequence[Part], plans: Sequence[RecipePlan], options: Options
) -> tuple[Recipe, ...]:
    """Return the recipes by path, with all findings that are not suppressed."""
    ledger = Ledger((one for part in parts for one in part.comments), options.ignore)
    markdown = [cell for part in parts for cell in part.markdown]
    told = (
        *_shared_findings(plans),
        *_problems(tree),
        *_links(tree),
        *_documentation(tree, plans, markdown),
    )
    _, kept, used = ledger.quiet((), told)
    used = used.union(*(plan.used for plan in plans))
    return _recipes(plans, (*kept, *ledger.complaints(used)))


def _recipes(plans: Sequence[RecipePlan], told: Iterable[Finding]) -> tuple[Recipe, ...]:
    findings: dict[str, set[Finding]] = {}
    jobs: dict[str, list[Job]] = {}
    for plan in plans:
        findings.setdefault(plan.path, set()).update(plan.findings)
        jobs.setdefault(plan.path, []).extend(plan.jobs)
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


def _shared_findings(plans: Iterable[RecipePlan]) -> Iterable[Finding]:
    for file in {file.path: file for plan in plans for file in plan.files}.values():
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


def _documentation(
    tree: Tree, plans: Sequence[RecipePlan], cells: Iterable[tuple[str, int, str]]
) -> Iterable[Finding]:
    """Yield where texts still show an image that the jobs of their folder, or of the tree, leave behind."""
    by_folder = {plan.path: _successors([plan]) for plan in plans if plan.jobs}
    everywhere = _successors(plans)
    documents: dict[str, list[Source]] = {}
    markdown: dict[str, list[tuple[str, int, str]]] = {}
    for source in tree.documents:
        documents.setdefault(posixpath.dirname(source.path), []).append(source)
    for cell in cells:
        markdown.setdefault(posixpath.dirname(cell[0]), []).append(cell)
    for folder in sorted({*documents, *markdown}):
        images = by_folder.get(folder, everywhere)
        yield from old_images(documents.get(folder, ()), markdown.get(folder, ()), images)


def _successors(plans: Iterable[RecipePlan]) -> dict[str, str]:
    jobs = (job for plan in plans for job in plan.jobs)
    return {job.image: job.target for job in jobs if job.image and job.target}

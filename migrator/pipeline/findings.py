"""Put the drafts of a run together: recipes with their jobs, and everything that is to be told."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from migrator.decide import Ledger
from migrator.discover import SUFFIXES, Reason, Tree, text_of
from migrator.model import Finding, Job, Place, Recipe, Severity
from migrator.options import Options
from migrator.pipeline.documents import downloads, old_images
from migrator.pipeline.keys import exposed
from migrator.pipeline.share import Part, RecipePlan
from migrator.rewrite import Condition, is_template


def assemble(
    tree: Tree, parts: Sequence[Part], plans: Sequence[RecipePlan], options: Options
) -> tuple[Recipe, ...]:
    """Return the recipes by path, with all findings that are not suppressed."""
    ledger = Ledger((one for part in parts for one in part.comments), options.ignore)
    keys = exposed(tree, (place for part in parts for place in part.keys))
    told = (*_of_files(tree, plans), *_documentation(tree, parts, plans), *keys)
    _, kept, used = ledger.quiet((), told)
    complaints = ledger.complaints(used.union(*(plan.used for plan in plans)))
    findings: dict[str, set[Finding]] = {}
    jobs: dict[str, list[Job]] = {}
    for plan in plans:
        findings.setdefault(plan.path, set()).update(plan.findings)
        jobs.setdefault(plan.path, []).extend(plan.jobs)
    for finding in (*kept, *complaints):
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


def _of_files(tree: Tree, plans: Iterable[RecipePlan]) -> Iterator[Finding]:
    """Yield what is told of files apart from the jobs in them."""
    for file in {file.path: file for plan in plans for file in plan.files}.values():
        place = file.place or Place(file.path)
        if file.condition is Condition.BROKEN:
            message = f"{file.path} is not valid JSON ({file.detail}) and was left as it is."
            yield Finding("invalid-json", Severity.ERROR, place, message)
        elif file.condition is Condition.CONFLICT and is_template(file.path):
            message = f"{file.path} holds values of another registry ({file.detail}) and was left as it is."
            yield Finding("configuration-conflict", Severity.WARNING, place, message)
    for path, message in tree.problems.items():
        yield Finding("unreadable-file", Severity.ERROR, Place(path), message)
    for path, reason in tree.left_out.items():
        if reason is Reason.LINK and path.endswith(SUFFIXES):
            message = f"{path} is a link, which is not followed; name the file that it leads to."
            yield Finding("link-left-out", Severity.INFO, Place(path), message)


def _documentation(tree: Tree, parts: Iterable[Part], plans: Sequence[RecipePlan]) -> Iterator[Finding]:
    """Yield where texts still show an image that the jobs of their folder, or of the tree, leave behind."""
    images: dict[str, dict[str, str]] = {}
    specs: dict[str, set[str]] = {}
    for plan in plans:
        if plan.jobs:
            left = {job.image: job.target for job in plan.jobs if job.image and job.target}
            images.setdefault(plan.path, {}).update(left)
            names = (posixpath.basename(job.place.path) for job in plan.jobs if job.target)
            specs.setdefault(plan.path, set()).update(name for name in names if name.endswith(".json"))
    followed = [lines for plan in plans for lines in plan.blocks]
    everywhere = {old: new for found in images.values() for old, new in found.items()}
    texts = [(Place(source.path), text_of(source.data)) for source in tree.documents]
    texts += [(Place(path, cell), text) for part in parts for path, cell, text in part.markdown]
    by_folder: dict[str, list[tuple[Place, str]]] = {}
    for place, text in texts:
        by_folder.setdefault(posixpath.dirname(place.path), []).append((place, text))
    for folder, found in sorted(by_folder.items()):
        shown = old_images(found, images.get(folder, everywhere), followed)
        yield from (*shown, *downloads(found, specs.get(folder, set())))

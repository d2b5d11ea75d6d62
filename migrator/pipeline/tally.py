"""Count the fate of every file that a run has seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from migrator.discover import Tree
from migrator.model import Change, FileCounts, PassedOver, Place, Recipe, Severity, Status


def count_files(tree: Tree, recipes: Sequence[Recipe], changes: Sequence[Change]) -> FileCounts:
    """Return the counts: of several fates a file has the worst, failed before changed before blocked."""
    failed = set(_failures(recipes))
    blocked = {job.place.path for recipe in recipes for job in recipe.jobs if job.status is Status.BLOCKED}
    changed = {change.path for change in changes}
    left_out = tree.left_out.keys()
    inside = {source.path for source in (*tree.sources, *tree.texts, *tree.documents)}
    inside |= tree.problems.keys()
    named = (failed | changed | blocked) - left_out - inside
    worst_first = {"failed": failed, "changed": changed, "blocked": blocked, "skipped": left_out}
    fates = Counter(
        next((fate for fate, paths in worst_first.items() if path in paths), "unchanged")
        for path in inside | left_out | named
    )
    # Files that only a recipe's code names (outside of the paths, or in ignored folders) are seen as well;
    # those that the walk passed over are among the tree's others already.
    passed_over = [
        path
        for path in named
        if tree.is_writable(path) and left_out.isdisjoint((path, *map(str, PurePosixPath(path).parents)))
    ]
    return FileCounts(
        changed=fates["changed"],
        unchanged=fates["unchanged"] + tree.others - len(passed_over),
        skipped=fates["skipped"],
        blocked=fates["blocked"],
        failed=fates["failed"],
    )


def passed_over(tree: Tree, recipes: Sequence[Recipe]) -> tuple[PassedOver, ...]:
    """Return the skipped and failed files, by path, each with its reason."""
    failed = _failures(recipes)
    found = {PassedOver(path, Status.FAILED, message) for path, message in failed.items()}
    skipped = ((path, reason) for path, reason in tree.left_out.items() if path not in failed)
    found.update(PassedOver(path, Status.SKIPPED, reason.value) for path, reason in skipped)
    return tuple(sorted(found))


def _failures(recipes: Sequence[Recipe]) -> dict[str, str]:
    """Return the failed files and what is said first of each."""
    said: list[tuple[Place, str]] = []
    for recipe in recipes:
        said += [(job.place, job.message) for job in recipe.jobs if job.status is Status.FAILED]
        errors = (found for found in recipe.findings if found.severity is Severity.ERROR)
        said += [(found.place, found.message) for found in errors]
    return {place.path: message for place, message in sorted(said, reverse=True)}

"""The whole plan of a tree, by one process or by several, and the fate of every file in it."""

from __future__ import annotations

import multiprocessing
import os
import posixpath
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import PurePosixPath

from migrator.discover import Tree, tracked
from migrator.model import Change, FileCounts, PassedOver, Plan, Recipe, Severity, Status
from migrator.options import Options
from migrator.pipeline import Count
from migrator.pipeline.blocks import follow
from migrator.pipeline.findings import assemble
from migrator.pipeline.next_steps import next_steps
from migrator.pipeline.share import Part, joined_changes, plan_share, secrets_in

_FILES_EACH = 100


def plan_tree(tree: Tree, options: Options, workers: int, count: Count) -> Plan:
    """Return everything that a run finds out and would write, by as many processes as help if 0 workers."""
    parts = _parts(tree, options, workers or helping(tree), count)
    plans = sorted((plan for part in parts for plan in part.plans), key=lambda plan: plan.path)
    of_recipes = joined_changes(plans)
    plans += follow(tree, parts, plans, of_recipes, options)
    changes = joined_changes(plans)
    for path in changes.keys() - of_recipes:
        changes[path] = replace(changes[path], is_documentation=True)
    configurations = {file.path for plan in plans for file in plan.files if file.path.endswith(".json")}
    places = {path: posixpath.normpath(f"{tree.folder}/{path}") for path in configurations & changes.keys()}
    known = tracked(places.values())
    for path, place in places.items():
        changes[path] = replace(changes[path], is_private=place not in known)
    kept = tuple(changes.values())
    # Some of the files that the plan is made of lie outside of PATH.
    searched = {source.path for source in (*tree.sources, *tree.texts)}
    others = secrets_in(change.before for change in kept if change.path not in searched)
    recipes = assemble(tree, parts, plans, options)
    failures = _failures(recipes)
    passed_over = {PassedOver(path, Status.FAILED, message) for path, message in failures.items()} | {
        PassedOver(path, Status.SKIPPED, reason.value)
        for path, reason in tree.left_out.items()
        if path not in failures
    }
    return Plan(
        root=tree.root,
        credentials=options.credentials,
        recipes=recipes,
        changes=kept,
        files=_counted(tree, recipes, kept, failures.keys()),
        next_steps=next_steps(plans, kept, options),
        passed_over=tuple(sorted(passed_over)),
        secrets=others.union(*(part.secrets for part in parts)),
    )


def _failures(recipes: Sequence[Recipe]) -> dict[str, str]:
    """Return the failed files and what is said first of each."""
    said = []
    for recipe in recipes:
        said += [(job.place, job.message) for job in recipe.jobs if job.status is Status.FAILED]
        said += [(one.place, one.message) for one in recipe.findings if one.severity is Severity.ERROR]
    return {place.path: message for place, message in sorted(said, reverse=True)}


def _counted(
    tree: Tree, recipes: Sequence[Recipe], changes: Sequence[Change], failed: Iterable[str]
) -> FileCounts:
    """Return how many files met which fate; of several the last below counts."""
    sources = (*tree.sources, *tree.texts, *tree.documents)
    fates = dict.fromkeys((*(source.path for source in sources), *tree.problems), "unchanged")
    fates |= dict.fromkeys(tree.left_out, "skipped")
    walked = set(fates)
    jobs = (job for recipe in recipes for job in recipe.jobs)
    fates |= {job.place.path: "blocked" for job in jobs if job.status is Status.BLOCKED}
    fates |= {change.path: "changed" for change in changes}
    fates |= dict.fromkeys(failed, "failed")
    # Files that only a recipe's code names (outside of the paths, or in ignored folders) are seen as well;
    # those that the walk passed over are among the tree's others already.
    passed_over = [
        path
        for path in fates.keys() - walked
        if tree.is_writable(path) and tree.left_out.keys().isdisjoint(map(str, PurePosixPath(path).parents))
    ]
    counts = Counter(fates.values())
    unchanged = counts.pop("unchanged", 0) + tree.others - len(passed_over)
    return FileCounts(**counts, unchanged=unchanged)


def _parts(tree: Tree, options: Options, workers: int, count: Count) -> tuple[Part, ...]:
    """Let every process but this one plan a share, and this one the first."""
    own, *others = _shares(tree, workers)
    if not others:
        return (plan_share(tree, options, own, count),)
    from concurrent.futures import ProcessPoolExecutor

    # A fork of one thread is safe, and has the program at once; a copy of other threads' locks may never
    # be opened.
    is_alone = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if is_alone and sys.platform != "darwin" else "spawn")
    with ProcessPoolExecutor(len(others), context, _begin) as pool:
        running = [pool.submit(plan_share, tree, options, share) for share in others]
        parts = [plan_share(tree, options, own, count)]
        for share, future in zip(others, running, strict=True):
            # A worker was killed, or hit what this process shall hit and tell.
            has_failed = future.exception() is not None
            parts.append(plan_share(tree, options, share) if has_failed else future.result())
    return tuple(parts)


def helping(tree: Tree) -> int:
    """Return how many processes help: sharing less than some hundred files gains nothing that one feels."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, len(tree.sources) // _FILES_EACH))


def _shares(tree: Tree, workers: int) -> list[list[str]]:
    """Return the folders in shares that take about equal time: most of it goes into Python."""
    sizes: Counter[str] = Counter()
    for one in (*tree.sources, *tree.texts):
        is_python = one.path.endswith((".py", ".ipynb"))
        sizes[posixpath.dirname(one.path)] += 1000 + len(one.data) // (1 if is_python else 20)
    shares: list[list[str]] = [[] for _ in range(max(1, min(workers, len(sizes))))]
    loads = [0] * len(shares)
    for path in sorted(sizes, key=lambda path: (-sizes[path], path)):
        least = loads.index(min(loads))
        shares[least].append(path)
        loads[least] += sizes[path]
    return shares


def _begin() -> None:
    """Let a worker end by signals that are for it, and with this process, also if that is killed."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN if name == "SIGINT" else signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)

"""The whole plan of a tree, by one process or by several."""

from __future__ import annotations

import multiprocessing
import os
import posixpath
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait

from migrator.discover import Tree, is_tracked
from migrator.model import Plan
from migrator.options import Options
from migrator.pipeline import Count
from migrator.pipeline.blocks import follow
from migrator.pipeline.findings import assemble
from migrator.pipeline.next_steps import next_steps
from migrator.pipeline.share import Part, by_folder, joined_changes, plan_share, secrets_in
from migrator.pipeline.tally import count_files, passed_over

_FILES_EACH = 100


def plan_tree(tree: Tree, options: Options, workers: int, count: Count) -> Plan:
    """Return everything that a run finds out and would write, by as many processes as help if 0 workers."""
    parts = _parts(tree, options, workers, count)
    plans = sorted((plan for part in parts for plan in part.plans), key=lambda plan: plan.path)
    configurations = {file.path for plan in plans for file in plan.files if file.path.endswith(".json")}
    plans += follow(tree, parts, plans, joined_changes(plans), options)
    changes = joined_changes(plans)
    for path in configurations & changes.keys():
        is_private = not is_tracked(posixpath.normpath(f"{tree.folder}/{path}"))
        changes[path] = replace(changes[path], is_private=is_private)
    kept = tuple(changes.values())
    # Some of the files that the plan is made of lie outside of PATH.
    searched = {source.path for source in (*tree.sources, *tree.texts)}
    others = secrets_in(change.before for change in kept if change.path not in searched)
    recipes = assemble(tree, parts, plans, options)
    return Plan(
        root=tree.root,
        credentials=options.credentials,
        recipes=recipes,
        changes=kept,
        files=count_files(tree, recipes, kept),
        next_steps=next_steps(plans, kept, options),
        passed_over=passed_over(tree, recipes),
        secrets=others.union(*(part.secrets for part in parts)),
    )


def _parts(tree: Tree, options: Options, workers: int, count: Count) -> tuple[Part, ...]:
    """Let every process but this one plan a share, and this one the first."""
    shares = _shares(tree, workers or helping(tree))
    # A fork of one thread is safe, and has the tree and the program at once; a copy of other threads' locks
    # may never be opened.
    is_alone = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if is_alone and sys.platform != "darwin" else "spawn")
    running = []
    try:
        for share in shares[1:]:
            receiver, sender = context.Pipe(duplex=False)
            given = (tree, options, share, receiver, sender)
            worker = context.Process(target=_work, args=given, daemon=True)  # type: ignore[attr-defined]
            worker.start()
            sender.close()
            running.append((worker, receiver, share))
        own = plan_share(tree, options, shares[0], count)
        return (own, *(_received(tree, options, share, receiver) for _, receiver, share in running))
    finally:
        for worker, _, _ in running:
            worker.kill()


def helping(tree: Tree) -> int:
    """Return how many processes help: sharing less than some hundred files gains nothing that one feels."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, len(tree.sources) // _FILES_EACH))


def _shares(tree: Tree, workers: int) -> tuple[tuple[str, ...], ...]:
    """Return the folders in shares that take about equal time: most of it goes into Python."""
    folders = by_folder((*tree.sources, *tree.texts))
    sizes = dict.fromkeys(folders, 0)
    for path, sources in folders.items():
        for source in sources:
            is_python = source.path.endswith((".py", ".ipynb"))
            sizes[path] += 1000 + len(source.data) // (1 if is_python else 20)
    shares: list[list[str]] = [[] for _ in range(max(1, min(workers, len(folders))))]
    loads = [0] * len(shares)
    for path in sorted(folders, key=lambda path: (-sizes[path], path)):
        least = loads.index(min(loads))
        shares[least].append(path)
        loads[least] += sizes[path]
    return tuple(map(tuple, shares))


def _work(
    tree: Tree, options: Options, share: Sequence[str], receiver: Connection, sender: Connection
) -> None:
    # The parent ends its workers, unless it is killed.
    receiver.close()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN if name == "SIGINT" else signal.SIG_DFL)
    with suppress(Exception), sender:
        sender.send(plan_share(tree, options, share))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _received(tree: Tree, options: Options, share: Sequence[str], receiver: Connection) -> Part:
    try:
        part: Part = receiver.recv()
    except EOFError:  # the worker was killed, or hit what this process shall hit and tell
        return plan_share(tree, options, share)
    return part

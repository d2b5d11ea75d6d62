"""The whole plan of a tree, by one process or by several."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from migrator.discover import Tree
from migrator.model import Plan
from migrator.options import Options
from migrator.plan.findings import assemble
from migrator.plan.next_steps import next_steps
from migrator.plan.share import Part, by_folder, joined_changes, plan_share
from migrator.plan.tally import count_files


def plan(tree: Tree, options: Options, workers: int = 1) -> Plan:
    """Return everything that a run finds out and would write; nothing is written.

    ``workers`` is the number of processes that share the recipes; the plan is the same for any.
    """
    parts = _parts(tree, options, workers)
    plans = sorted((plan for part in parts for plan in part.plans), key=lambda plan: plan.path)
    kept = tuple(joined_changes(plans).values())
    recipes = assemble(tree, parts, plans, options)
    return Plan(
        root=tree.root,
        credentials=options.credentials,
        recipes=recipes,
        changes=kept,
        files=count_files(tree, recipes, kept),
        next_steps=next_steps(plans, kept, options),
    )


def _parts(tree: Tree, options: Options, workers: int) -> Sequence[Part]:
    folders = tuple(by_folder((*tree.sources, *tree.texts)))
    shares = [folders[start::workers] for start in range(min(workers, len(folders)))]
    if len(shares) < 2:
        return (plan_share(tree, options, folders),)
    # A forked child could inherit the locks of the thread that shows progress.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(shares), mp_context=context) as pool:
        futures = [pool.submit(plan_share, tree, options, share) for share in shares]
        return [future.result() for future in futures]

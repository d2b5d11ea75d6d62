"""A tree and options in, a ``Plan`` out: all edits and findings of a run. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from migrator.discover import Tree
from migrator.model import FileCounts, Plan
from migrator.options import Options

__all__ = ["Count", "plan", "uncounted"]

Count: TypeAlias = Callable[[str, Sequence[str]], Iterable[str]]
"""Gives folders one by one, and tells who waits what is done with them and how many there are."""


def uncounted(_doing: str, folders: Sequence[str]) -> Iterable[str]:
    """Give the folders and tell nobody."""
    return folders


def plan(tree: Tree, options: Options, workers: int = 1, count: Count = uncounted) -> Plan:
    """Return everything that a run finds out and would write.

    ``workers`` is the number of processes that share the recipes, 0 for as many as help; the plan is the
    same for any.
    """
    has_files = tree.sources or tree.texts or tree.documents or tree.left_out or tree.problems
    if not (has_files or options.ignore):
        # Nothing to understand: what does so takes longer to load than such a run takes.
        files = FileCounts(unchanged=tree.others)
        return Plan(root=tree.root, credentials=options.credentials, recipes=(), changes=(), files=files)
    from migrator.pipeline.run import plan_tree

    return plan_tree(tree, options, workers, count)

"""Rewrite a job, break the result on purpose, and ask the verification what it thinks of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from migrator.decide.suppressions import Ledger
from migrator.discover.tree import Source, Tree
from migrator.model import CredentialsMode, Status
from migrator.options import Options
from migrator.pipeline.around import Around
from migrator.pipeline.outcome import Look
from migrator.pipeline.recipe import Draft, mistakes, plan_recipe
from migrator.rewrite.shared_files import SharedFiles
from migrator.understand.jobs.loaders import Loaders
from migrator.understand.python.modules import Modules
from migrator.understand.reading import read_source, with_jobs
from tests.trees import FULL_LOADER, MODELS, job, tree_of

KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
SECRET = "correct-horse-battery"  # noqa: S105
LOADED = f"from config import Configuration\ncfg = Configuration('c.json')\n{MODELS}"
SCRIPT = LOADED + job("cfg.location")


def draft_of(tree: Tree, path: str, data: bytes, options: Options) -> Draft:
    """Return the plan of the recipe that is this one file of the tree."""
    modules = Modules(tree)
    look = Look(
        root=tree.root,
        files=tree,
        loaders=Loaders(),
        shared=SharedFiles(tree, options),
        options=options,
        ledger=Ledger(()),
        around=Around(tree, modules),
    )
    return plan_recipe("", [with_jobs(read_source(Source(path, data), modules))], look)


def drafts(
    folder: Path, path: str, before: str, options: Options, edit: Callable[[str], str]
) -> tuple[Draft, Draft]:
    """Return the plan of a file and that of what it would become, after an ``edit`` of the result."""
    tree = tree_of(folder, {"config.py": FULL_LOADER, path: before})
    first = draft_of(tree, path, before.encode(), options)
    assert [outcome.job.status for outcome in first.outcomes] == [Status.MIGRATE]
    edited = edit(first.changes[0].after.decode())
    return first, draft_of(tree, path, edited.encode(), options)


def checked(folder: Path, path: str, before: str, options: Options, edit: Callable[[str], str]) -> str:
    """Return the mistakes in what a file would become, after an ``edit`` of the result; empty for none."""
    return "; ".join(mistakes(*drafts(folder, path, before, options, edit)))


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Return the edit that replaces a text which must be there."""

    def edit(text: str) -> str:
        assert old in text, text
        return text.replace(old, new)

    return edit


def same(text: str) -> str:
    """Return the text."""
    return text

"""The whole plan of a tree, by one process or by several."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from migrator.decide import Ledger
from migrator.discover import Source, Tree, text_of
from migrator.model import Plan
from migrator.options import Options
from migrator.plan.drafts import Drafted, by_folder, draft_recipes, joined_changes
from migrator.plan.findings import assemble
from migrator.plan.next_steps import next_steps
from migrator.plan.outcome import Deciding
from migrator.plan.recipe import Draft
from migrator.plan.tally import count_files
from migrator.rewrite import SharedFiles
from migrator.understand.jobs import Loaders
from migrator.understand.python import Modules
from migrator.understand.scripts import find_text_jobs, missing_specs
from migrator.understand.texts import Text


def plan(tree: Tree, options: Options, workers: int = 1) -> Plan:
    """Return everything that a run finds out and would write; nothing is written.

    ``workers`` is the number of processes that share the recipes; the plan is the same for any.
    """
    parts = _parts(tree, options, workers)
    ledger = Ledger(parts[0].suppressions, options.ignore)
    drafts = sorted((draft for part in parts for draft in part.drafts), key=lambda draft: draft.path)
    quiet = tuple(draft.quiet(ledger) for draft in (*drafts, *_text_drafts(tree, options, ledger)))
    kept = tuple(joined_changes(quiet).values())
    recipes = assemble(tree, quiet, ledger, options)
    return Plan(
        root=tree.root,
        credentials=options.credentials,
        recipes=recipes,
        changes=kept,
        files=count_files(tree, recipes, kept),
        next_steps=next_steps(quiet, kept, options),
    )


def _parts(tree: Tree, options: Options, workers: int) -> Sequence[Drafted]:
    folders = tuple(by_folder(tree.sources))
    shares = [folders[start::workers] for start in range(min(workers, len(folders)))]
    if len(shares) < 2:
        return (draft_recipes(tree, options, folders),)
    # A forked child could inherit the locks of the thread that shows progress.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(shares), mp_context=context) as pool:
        futures = [pool.submit(draft_recipes, tree, options, share) for share in shares]
        return [future.result() for future in futures]


def _text_drafts(tree: Tree, options: Options, ledger: Ledger) -> tuple[Draft, ...]:
    """Return a draft for every folder with jobs in shell scripts and the like, which are only reported."""
    deciding = Deciding(Loaders(Modules(tree)), SharedFiles(tree, options), options, ledger)
    drafts = []
    for folder, sources in by_folder(tree.texts).items():
        found = [facts for source in sources for facts in find_text_jobs(source)]
        found += [facts for source in sources for facts in missing_specs(_plain(source), tree)]
        outcomes = [deciding.reported(facts) for facts in found]
        drafts.append(Draft(path=folder, outcomes=tuple(outcomes), changes=()))
    return tuple(drafts)


def _plain(source: Source) -> Text:
    text = text_of(source.data)
    return Text(path=source.path, data=source.data, text=text, masked=text)

"""Let the fenced blocks of documentation follow the recipes, by the same codemods and checks."""

from __future__ import annotations

import json
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

from codemods.configuration import SECTION, VAULT, add_registry
from codemods.syntax.edits import apply
from codemods.syntax.json_tree import InvalidJson, Json, loaded, parse
from codemods.syntax.registry import USER_NAME
from migrator.decide import Ledger
from migrator.discover import MARKDOWN, Overlay, Tree, text_of
from migrator.model import Change, Finding, Place, Severity, Status
from migrator.options import Options
from migrator.pipeline.around import Around
from migrator.pipeline.outcome import Look
from migrator.pipeline.recipe import Draft, attempt, confirmed, held_back, plan_recipe
from migrator.pipeline.share import Part, RecipePlan
from migrator.rewrite import SharedFiles, placeholders
from migrator.understand import Facts, read_block
from migrator.understand.jobs import Loaders
from migrator.understand.python import Modules
from migrator.understand.texts import Block, LineRange, Text, fenced_blocks, markdown_cells, read_json

FOLLOWS, LEFT = "documentation-follows", "documentation-left"
_HOLDS = re.compile(
    "[iI]mageSourceRegistry|image_source_registry|[cC]ontainerSettings|JobCreateParameters"
    "|container_registry|subscription_id"
)
# With these a job is shown that ran.
_OUTPUT = re.compile(r'"(?:executionState|provisioningState|creationTime)"\s*:|:\s*null\b')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What blocks are held against: the files of their folders after the run.

    ``specs`` leads from a folder and the value of a JSON file in it to what that becomes;
    ``configurations`` has the keys of those that log in to nvcr.io then, ``held`` the recipes that failed.
    """

    specs: Mapping[tuple[str, str], Set[str]]
    configurations: Sequence[Set[str]]
    held: Set[str]
    look: Look
    modules: Modules


def follow(
    tree: Tree,
    parts: Sequence[Part],
    plans: Sequence[RecipePlan],
    changes: Mapping[str, Change],
    options: Options,
) -> Iterator[RecipePlan]:
    """Yield what the documentation would become after the ``changes``, file by file.

    Without ``docs`` among the options it stays, and is only told.
    """
    documents = list(_documents(tree, parts))
    if not documents:
        return
    known = _known(tree, parts, plans, changes, options)
    for path, data, cells in documents:
        found = attempt(path, partial(_followed, path, data, cells, known))
        if isinstance(found, Facts):
            message = found.problem.message if found.problem else ""
            told = [Finding(LEFT, Severity.INFO, Place(path), message)]
            found = []
        else:
            told = [one for block, draft in found for one in _told(block, draft, is_asked=options.docs)]
        _, kept, used = known.look.ledger.quiet((), told)
        followed = [(block, draft.changes) for block, draft in found if draft.changes and options.docs]
        edits = tuple(sorted(edit for _, made in followed for change in made for edit in change.edits))
        change = Change(path=path, before=data, edits=edits, is_documentation=True)
        yield RecipePlan(
            path=posixpath.dirname(path),
            jobs=(),
            findings=kept,
            changes=(change,) if edits else (),
            used=used,
            blocks=tuple(_lines(block) for block, _ in followed),
        )


def _documents(tree: Tree, parts: Iterable[Part]) -> Iterator[tuple[str, bytes, Set[int]]]:
    """Yield the files whose blocks may hold what follows: path, bytes, and of a notebook the cells."""
    for source in tree.documents:
        if source.path.lower().endswith(MARKDOWN) and _HOLDS.search(text_of(source.data)):
            yield source.path, source.data, frozenset()
    cells: defaultdict[str, set[int]] = defaultdict(set)
    for path, index, text in (page for part in parts for page in part.markdown):
        if ("```" in text or "~~~" in text) and _HOLDS.search(text):
            cells[path].add(index)
    for path in sorted(cells):
        yield path, tree.read(path) or b"", cells[path]


def _known(
    tree: Tree,
    parts: Iterable[Part],
    plans: Iterable[RecipePlan],
    changes: Mapping[str, Change],
    options: Options,
) -> _Known:
    files = Overlay(tree, changes)
    modules = Modules(files)
    specs: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    configurations = []
    for source in tree.sources:
        if source.path.endswith((".json", ".template")):
            before, after = map(_value, (source.data, files.read(source.path) or b""))
            for value in (before, after):
                specs[posixpath.dirname(source.path), _spelled(value)].add(_spelled(after))
            section = after.get(SECTION) if isinstance(after, dict) else None
            if isinstance(after, dict) and isinstance(section, dict) and section.get("user") == USER_NAME:
                configurations.append(after.keys() - {SECTION, VAULT})
    clusters = {path: made for part in parts for path, made in part.clusters.items()}
    look = Look(
        root=tree.root,
        files=files,
        loaders=Loaders(),
        shared=SharedFiles(files, options),
        options=options,
        ledger=Ledger((), options.ignore),
        around=Around(tree, modules, clusters),
    )
    held = {plan.path for plan in plans for job in plan.jobs if job.status is Status.FAILED}
    return _Known(specs=specs, configurations=configurations, held=held, look=look, modules=modules)


def _value(data: bytes) -> Json:
    """Return the value of a JSON text, None where it is none."""
    try:
        return loaded(text_of(data))
    except InvalidJson:
        return None


def _spelled(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _blocks(path: str, data: bytes, cells: Set[int]) -> list[Block]:
    page = read_json(path, data)
    pages = markdown_cells(path, data, cells) if cells else [page] if isinstance(page, Text) else []
    return [block for page in pages for block in fenced_blocks(page)]


def _followed(path: str, data: bytes, cells: Set[int], known: _Known) -> list[tuple[Block, Draft]]:
    """Return the blocks of a file with what each would become, as far as a second look confirms it."""
    blocks = _blocks(path, data, cells)
    drafts = [_draft(block, known) for block in blocks]
    after = apply((edit for draft in drafts for made in draft.changes for edit in made.edits), data)
    looks = zip(blocks, _blocks(path, after, cells), drafts, strict=True)
    return [(block, _confirmed(block, again, draft, known)) for block, again, draft in looks]


def _draft(block: Block, known: _Known) -> Draft:
    folder, value = posixpath.dirname(block.path), _value(block.text.encode(errors="replace"))
    nothing = Draft(path=folder, outcomes=(), changes=())
    keys = value.keys() if isinstance(value, dict) else set()
    if known.configurations and (SECTION in keys or keys - {VAULT} in known.configurations):
        edits = add_registry(block.text, parse(block.text), placeholders(known.look.options))
        made = Change(path=block.path, before=block.data, edits=block.edits(edits))
        return replace(nothing, changes=(made,)) if edits else nothing
    is_repeated = (folder, _spelled(value)) in known.specs
    if not is_repeated and _OUTPUT.search(block.text):
        return nothing
    draft = plan_recipe(folder, (read_block(block, known.modules),), known.look)
    if draft.changes and folder in known.held:
        return held_back(draft, "recipe-incomplete", "A file of its recipe failed.")
    others = {each.path for each in draft.changes} - {block.path}
    others |= {file.path for file in draft.files if file.change is not None}
    message = f"It needs a change of {' and '.join(sorted(others))}, which no recipe makes."
    return held_back(draft, "not-rewritable", message) if others else draft


def _confirmed(block: Block, again: Block, draft: Draft, known: _Known) -> Draft:
    """Return the draft, held back where a second look, or the file that it repeats, tells otherwise."""
    if not draft.changes:
        if again.text != block.text:
            raise ValueError("a block changes that has no edits")
        return draft
    old, new = (_spelled(_value(each.text.encode(errors="replace"))) for each in (block, again))
    repeated = known.specs.get((draft.path, old), {new})
    if new not in repeated:
        return held_back(draft, "recipe-incomplete", "The file that it repeats becomes something else.")
    return confirmed(draft, _draft(again, known))


def _told(block: Block, draft: Draft, *, is_asked: bool) -> Iterator[Finding]:
    """Yield that a block follows, or would, and why what it shows of jobs does not."""
    if draft.changes:
        targets = dict.fromkeys(one.job.target for one in draft.outcomes if one.source and one.job.target)
        what = " and ".join(filter(None, targets)) or f"the section {SECTION}"
        message = f"This block follows: {what}." if is_asked else f"With --docs this block follows: {what}."
        yield Finding(FOLLOWS, Severity.INFO, block.place(0), message)
    for job in (one.job for one in draft.outcomes if is_asked):
        # An example of another registry is meant to be one.
        if job.status in (Status.BLOCKED, Status.MANUAL, Status.FAILED) and job.rule != "private-registry":
            message = f"This block stays as it is ({job.rule}): {job.message}"
            yield Finding(LEFT, Severity.INFO, job.place, message, job.url)


def _lines(block: Block) -> LineRange:
    first = block.place(0)
    return LineRange(first.path, first.cell, first.line, block.place(len(block.text)).line)

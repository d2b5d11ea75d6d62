"""Let the fenced blocks of documentation follow the recipes, by the same codemods and checks."""

from __future__ import annotations

import json
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from codemods.configuration import SECTION, VAULT, add_registry
from codemods.syntax.edits import apply
from codemods.syntax.json_tree import InvalidJson, Node, parse
from codemods.syntax.registry import USER_NAME
from migrator.decide import Ledger
from migrator.discover import MARKDOWN, Overlay, Tree, text_of
from migrator.model import Change, Finding, Severity, Status
from migrator.options import Options
from migrator.pipeline.around import Around
from migrator.pipeline.outcome import Look
from migrator.pipeline.recipe import Draft, attempt, confirmed, held_back, plan_recipe
from migrator.pipeline.share import Part, RecipePlan
from migrator.rewrite import SharedFiles, placeholders
from migrator.understand import Facts, read_block
from migrator.understand.jobs import Loaders
from migrator.understand.python import Modules
from migrator.understand.texts import Block, fenced_blocks, lines_at

FOLLOWS, LEFT = "documentation-follows", "documentation-left"
_MAY_FOLLOW = re.compile(
    "[iI]mageSourceRegistry|image_source_registry|[cC]ontainerSettings|JobCreateParameters"
    "|container_registry|subscription_id"
)
# With these a job is shown that ran.
_OUTPUT = re.compile(r'"(?:executionState|provisioningState|creationTime)"\s*:|:\s*null\b')


def follow(
    tree: Tree,
    parts: Sequence[Part],
    plans: Sequence[RecipePlan],
    changes: Mapping[str, Change],
    options: Options,
) -> Iterator[RecipePlan]:
    """Yield what each file with documentation would become after the ``changes`` of the recipes.

    Without ``docs`` among the options it stays, and is only told.
    """
    pages = [(source.path, text_of(source.data)) for source in tree.documents]
    found = [path for path, text in pages if path.lower().endswith(MARKDOWN) and _MAY_FOLLOW.search(text)]
    cells = ((path, text) for part in parts for path, _, text in part.markdown if re.search("```|~~~", text))
    found += sorted({path for path, text in cells if _MAY_FOLLOW.search(text)})
    if found:
        documents = {source.path: source.data for source in tree.documents}
        around = _Documentation(tree, parts, plans, changes, options)
        yield from (around.plan(path, documents.get(path) or tree.read(path) or b"") for path in found)


class _Documentation:
    """What blocks are held against: the files of their folders, as they are and as they will be."""

    def __init__(
        self,
        tree: Tree,
        parts: Iterable[Part],
        plans: Iterable[RecipePlan],
        changes: Mapping[str, Change],
        options: Options,
    ) -> None:
        files = Overlay(tree, changes)
        self._modules = Modules(files)
        clusters = {path: made for part in parts for path, made in part.clusters.items()}
        self._look = Look(
            root=tree.root,
            files=files,
            loaders=Loaders(),
            shared=SharedFiles(files, options),
            options=options,
            ledger=Ledger((), options.ignore),
            around=Around(tree, self._modules, clusters),
        )
        self._failed = {plan.path for plan in plans for job in plan.jobs if job.status is Status.FAILED}
        # From a folder and what a JSON file in it holds, or will, to what that will hold.
        self._becomes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        # The keys of configurations that will hold a login.
        self._configurations = []
        for source in (each for each in tree.sources if each.path.endswith((".json", ".template"))):
            data = files.read(source.path) or b""
            before = after = _root(text_of(data))
            if data != source.data:
                before = _root(text_of(source.data))
            for root in filter(None, {before, after}):
                self._becomes[posixpath.dirname(source.path), _value(root)].add(_value(after))
            if after and after.text(SECTION, "user") == USER_NAME:
                self._configurations.append(_keys(after))

    def plan(self, path: str, data: bytes) -> RecipePlan:
        """Return what a file becomes, and what is told of its blocks."""
        is_asked = self._look.options.docs
        found = attempt(path, partial(self._drafts, path, data))
        if isinstance(found, Facts):
            message = found.problem.message if found.problem else ""
            told, found = [Finding(LEFT, Severity.INFO, found.place, message)], []
        else:
            told = [one for block, draft in found for one in _told(block, draft, is_asked=is_asked)]
        _, kept, used = self._look.ledger.quiet((), told)
        followed = [(block, draft) for block, draft in found if draft.changes and is_asked]
        return RecipePlan(
            path=posixpath.dirname(path),
            jobs=(),
            findings=kept,
            changes=tuple(change for _, draft in followed for change in draft.changes),
            used=used,
            blocks=tuple(
                lines_at(block.place(0), block.place(len(block.text)).line) for block, _ in followed
            ),
        )

    def _drafts(self, path: str, data: bytes) -> list[tuple[Block, Draft]]:
        """Return the blocks of a file with what each becomes, as far as a second look confirms it."""
        drafts = [(block, self._draft(block)) for block in fenced_blocks(path, data)]
        edits = [edit for _, draft in drafts for change in draft.changes for edit in change.edits]
        if not edits:
            return drafts
        looks = zip(drafts, fenced_blocks(path, apply(edits, data)), strict=True)
        return [(block, self._confirmed(block, draft, again)) for (block, draft), again in looks]

    def _draft(self, block: Block) -> Draft:
        folder, root = posixpath.dirname(block.path), _root(block.text)
        nothing = Draft(path=folder, outcomes=(), changes=())
        is_configuration = root and root.members and _keys(root) in self._configurations
        if root and (is_configuration or (self._configurations and root.find(SECTION))):
            edits = block.edits(add_registry(root, placeholders(self._look.options)))
            made = Change(path=block.path, before=block.data, edits=edits)
            return replace(nothing, changes=(made,) if edits else ())
        if _OUTPUT.search(block.text) and (folder, _value(root)) not in self._becomes:
            return nothing
        draft = plan_recipe(folder, (read_block(block, self._modules),), self._look)
        if folder in self._failed:
            return held_back(draft, "recipe-incomplete", "A file of its recipe failed.")
        changes = (*draft.changes, *(file.change for file in draft.files))
        others = sorted({change.path for change in changes if change and change.path != block.path})
        message = f"It needs a change of {' and '.join(others)}, which no recipe makes."
        return held_back(draft, "not-rewritable", message) if others else draft

    def _confirmed(self, block: Block, draft: Draft, again: Block) -> Draft:
        if not draft.changes:
            if again.text != block.text:
                raise ValueError("a block changes that has no edits")
            return draft
        old, new = (_value(_root(each.text)) for each in (block, again))
        if new not in self._becomes.get((draft.path, old), {new}):
            return held_back(draft, "recipe-incomplete", "The file that it repeats becomes something else.")
        return confirmed(draft, self._draft(again))


def _root(text: str) -> Node | None:
    try:
        return parse(text)
    except InvalidJson:
        return None


def _value(root: Node | None) -> str:
    return json.dumps(root.value, sort_keys=True) if root else ""


def _keys(configuration: Node) -> set[str]:
    return {member.key for member in configuration.members} - {SECTION, VAULT}


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

"""What the scripts and notebooks of a tree do to its job specs before these are submitted."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from migrator.discover import Tree, resolved
from migrator.model import Finding, Job, Severity, Status
from migrator.plan.clusters import plain
from migrator.understand import Facts
from migrator.understand.jobs import JobSpec
from migrator.understand.python import Modules, PythonModule
from migrator.understand.scripts import SpecChange, changed_specs, expanded_specs
from migrator.understand.texts import Embedded, Text

_SIGN = re.compile(rb"(?i)nodecount|envsubst|\bjq\b|\beval\b|ExpandString|json\.dump")


class SpecChanges:
    """The places of a tree that change job specs, each found when it is asked for."""

    def __init__(self, tree: Tree, modules: Modules) -> None:
        self._tree = tree
        self._modules = modules

    def seen(self, spec: JobSpec) -> Facts:
        """Return the facts of a job spec without the node count that a program changes."""
        found = _concerning(self._node_counts, path_of(spec))
        if not found:
            return spec.facts
        trace = tuple(f"{change.place}: {change.by} changes nodeCount" for change in found)
        return replace(spec.facts, node_count=None, node_count_trace=trace)

    def warnings(self, job: Job, path: str) -> tuple[Finding, ...]:
        """Return a warning for a job with credentials whose spec passes through what expands variables."""
        if job.status not in (Status.MIGRATE, Status.MIGRATED):
            return ()
        return tuple(
            Finding(
                rule="user-name-expanded",
                severity=Severity.WARNING,
                place=job.place,
                message=f"{change.place} passes this spec through {change.by}, which may take $oauthtoken "
                "for a variable and leave the job without its user name.",
            )
            for change in _concerning(self._expansions, path)
        )

    @cached_property
    def _texts(self) -> tuple[Text, ...]:
        return tuple(self._read())

    @cached_property
    def _node_counts(self) -> tuple[SpecChange, ...]:
        return tuple(change for text in self._texts for change in changed_specs(text))

    @cached_property
    def _expansions(self) -> tuple[SpecChange, ...]:
        return tuple(change for text in self._texts for change in expanded_specs(text))

    def _read(self) -> Iterator[Text]:
        sources = {source.path: source for source in (*self._tree.sources, *self._tree.texts)}
        for path, source in sorted(sources.items()):
            if not _SIGN.search(source.data):
                continue
            if path.lower().endswith((".py", ".ipynb")):
                parsed = self._modules.parsed(path, source.data)[:1]
                yield from (each.module.text for each in parsed if isinstance(each.module, PythonModule))
            elif not path.lower().endswith(".json"):
                yield plain(source)


def path_of(spec: JobSpec) -> str:
    """Return the path of a job spec, for one that a notebook writes the path that it is written to."""
    text = spec.text
    if not isinstance(text, Embedded):
        return text.path
    line = text.outer.text[: text.offset_in_outer].rstrip("\r\n").rpartition("\n")[2]
    return resolved(posixpath.dirname(text.path), line.split()[-1].strip("\"'")) or text.path


def _concerning(changes: Iterable[SpecChange], path: str) -> tuple[SpecChange, ...]:
    return tuple(change for change in changes if change.concerns(path))

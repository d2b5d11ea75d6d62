"""What the files of a tree say of jobs in others: the clusters they make, the files they change or write."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from migrator.discover import Source, Tree, resolved, text_of
from migrator.model import Finding, Job, Severity, Status
from migrator.understand import Facts, Verdict
from migrator.understand.jobs import (
    Cluster,
    JobSpec,
    WrittenFile,
    find_cluster_specs,
    find_clusters,
    find_set_entries,
    find_text_clusters,
    find_written_files,
    lacking,
)
from migrator.understand.python import Modules, PythonModule
from migrator.understand.scripts import SpecChange, changed_specs, written_objects
from migrator.understand.texts import Block, Embedded, Notebook, Text

_JOB = re.compile(rb"JobCreateParameters|nodeCount|mageSourceRegistry")
_JSON = re.compile(rb"json")
_CHANGE = re.compile(
    rb"(?i)nodecount|envsubst|\b(?:jq|eval|sed|patch|expandvars)\b|substitute|ExpandString|\$ENV"
    rb"|\.replace\(|\bg?sub\(|\b(?:perl|g?awk)\b|JSON\.stringify|ConvertTo-Json|jsonencode|to_?json"
    rb"|import json|json\.(?:dump|load)"
)
_IMAGE_SET = Verdict("image-unknown", "A program may set the image of this job spec before it is submitted.")


class Around:
    """What stands around the jobs of a tree, each found when it is asked for."""

    def __init__(
        self, tree: Tree, modules: Modules, known: Mapping[str, tuple[Cluster, ...]] | None = None
    ) -> None:
        self._tree = tree
        self._modules = modules
        self.known = dict(known or {})
        self._documents = {one.path for one in tree.documents} - {one.path for one in tree.texts}
        files = {one.path: one for one in (*tree.sources, *tree.texts, *tree.documents)}
        self._files = by_folder(files.values())

    def clusters(self, recipe: str) -> tuple[Cluster, ...]:
        """Return what the files of a recipe make, also in folders below it that are no recipes.

        If they make none, those that the nearest folder above makes; else those that documentation shows.
        """
        if recipe not in self.known:
            own = tuple(self._made_in(self._folders.get(recipe, [recipe])))
            wider = (self._made_in([folder]) for folder in _above(recipe))
            made = (tuple(one for one in each if not one.is_shown) for each in (own, *wider))
            self.known[recipe] = next(filter(None, made), own)
        return self.known[recipe]

    def seen(self, spec: JobSpec) -> Facts:
        """Return the facts of a job spec without the node count or the image that a program changes."""
        path = path_of(spec)
        changes = self._changes if path else ()
        found = [each for each in changes if each.concerns(path) and not each.is_expansion]
        facts = spec.facts
        counts = (each for each in found if not each.is_image and not each.said)
        if trace := tuple(f"{each.place}: {each.by} changes nodeCount" for each in counts):
            facts = replace(facts, node_count=None, node_count_trace=trace)
        may_set = (each for each in found if each.may_set(facts.image))
        images = tuple(f"{each.place}: {each.by} sets the image" for each in may_set)
        is_lost = images and facts.problem is None
        return replace(facts, problem=replace(_IMAGE_SET, trace=images)) if is_lost else facts

    def expansions(self, job: Job, path: str) -> Iterator[Finding]:
        """Yield a warning for a job with credentials whose spec passes through what expands variables."""
        is_login = job.status in (Status.MIGRATE, Status.MIGRATED)
        for change in self._changes if is_login and path else ():
            if change.is_expansion and change.concerns(path):
                message = (
                    f"{change.place} passes this spec through {change.by}, which may take $oauthtoken "
                    "for a variable and leave the job without its user name."
                )
                yield Finding("user-name-expanded", Severity.WARNING, job.place, message)

    def writers(self, path: str) -> Iterator[Finding]:
        """Yield a warning for every place that writes the configuration at ``path`` without a login."""
        for written in self._written:
            if written.path == path:
                message = (
                    f"{written.place} writes {path} anew, without {' and '.join(written.lacks)}: "
                    "give the value there too, or it is lost at the next run."
                )
                yield Finding("configuration-written-by-code", Severity.WARNING, written.place, message)

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        """The folders of every recipe: its own, and those below it that hold no jobs."""
        homes = {posixpath.dirname(one.path) for one in self._tree.sources if _JOB.search(one.data)}
        folders: dict[str, list[str]] = defaultdict(list)
        for folder in self._files:
            home = next((each for each in (folder, *_above(folder)) if each in homes), folder)
            folders[home].append(folder)
        return folders

    def _made_in(self, folders: Iterable[str]) -> Iterator[Cluster]:
        modules: list[PythonModule] = []
        for source in (source for folder in folders for source in self._files.get(folder, ())):
            text, own = self._read(source)
            modules += own
            if isinstance(text, Notebook):
                cells = ((f"{text.path} cell {index}", said) for index, said in text.markdown)
                yield from _shown(Text(path=path, data=b"", text=said, masked=said) for path, said in cells)
            elif source.path.endswith(".json"):
                yield from find_cluster_specs(source.path, source.data)
            elif source.path in self._documents:
                yield from _shown([text])
            elif not _is_python(source.path):
                yield from find_text_clusters(text)
        for module in modules:
            names = (each for name in sorted(module.names.imports) for each in (name, f"{name}.any"))
            places = (self._modules.locate(module.names, name) for name in names)
            owners = (self._modules.owner(place[0].tree) for place in places if place)
            modules += dict.fromkeys(owner for owner in owners if owner and owner not in modules)
        yield from find_clusters(modules)

    def _read(self, source: Source) -> tuple[Text, list[PythonModule]]:
        """Return a file as a text, and the modules of a script or notebook, with those that it writes."""
        parsed = self._modules.parsed(source.path, source.data) if _is_python(source.path) else ()
        modules = [each.module for each in parsed if isinstance(each.module, PythonModule)]
        return modules[0].text if modules else plain(source), modules

    def _programs(self, mark: re.Pattern[bytes]) -> Iterator[tuple[Text, list[PythonModule]]]:
        """Yield everything that can run and holds the mark, also if it names no job."""
        for path, data in self._scripts.items():
            if mark.search(data):
                yield self._read(Source(path, data))

    @cached_property
    def _scripts(self) -> dict[str, bytes]:
        files = {source.path: source.data for source in (*self._tree.sources, *self._tree.texts)}
        files |= {path: self._tree.read(path) or b"" for path in self._tree.scripts if path not in files}
        return {path: files[path] for path in sorted(files) if not path.lower().endswith(".json")}

    @cached_property
    def _changes(self) -> list[SpecChange]:
        changes: list[SpecChange] = []
        for text, modules in self._programs(_CHANGE):
            changes += changed_specs(text, [one for each in modules for one in find_set_entries(each)])
        return changes

    @cached_property
    def _written(self) -> list[WrittenFile]:
        written: list[WrittenFile] = []
        for text, modules in self._programs(_JSON):
            written += (each for module in modules for each in find_written_files(module))
            written += (WrittenFile(at, place, lacking(held)) for at, place, held in written_objects(text))
        return [each for each in written if each.lacks]


def path_of(spec: JobSpec) -> str:
    """Return the path of a job spec, for one that a notebook writes the path that it is written to.

    No program reads what documentation shows: that has none.
    """
    text = spec.text
    if isinstance(text, Block):
        return ""
    if not isinstance(text, Embedded):
        return text.path
    line = text.outer.text[: text.offset_in_outer].rstrip("\r\n").rpartition("\n")[2]
    return resolved(posixpath.dirname(text.path), line.split()[-1].strip("\"'")) or text.path


def plain(source: Source) -> Text:
    """Return a file of whatever language as a text."""
    text = text_of(source.data)
    return Text(path=source.path, data=source.data, text=text, masked=text)


def _shown(texts: Iterable[Text]) -> Iterator[Cluster]:
    found = (cluster for text in texts for cluster in find_text_clusters(text))
    yield from (replace(cluster, is_shown=True) for cluster in found if cluster.size is not None)


def _is_python(path: str) -> bool:
    return path.lower().endswith((".py", ".ipynb"))


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def by_folder(sources: Iterable[Source]) -> Mapping[str, tuple[Source, ...]]:
    """Return the sources by their folder, folders and sources in order."""
    ordered = sorted(sources, key=lambda source: (posixpath.dirname(source.path), source.path))
    groups = groupby(ordered, key=lambda source: posixpath.dirname(source.path))
    return {folder: tuple(group) for folder, group in groups}

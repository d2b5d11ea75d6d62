"""What the files of a tree say of jobs in others: the clusters they make, the files they change or write."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from migrator.discover import Source, Tree, resolved, text_of
from migrator.model import Finding, Job, Severity, Status
from migrator.understand import Facts
from migrator.understand.jobs import (
    Cluster,
    JobSpec,
    WrittenFile,
    find_cluster_specs,
    find_clusters,
    find_text_clusters,
    find_written_files,
    lacking,
)
from migrator.understand.python import Modules, PythonModule
from migrator.understand.scripts import SpecChange, changed_specs, written_objects
from migrator.understand.texts import Block, Embedded, Notebook, Text

_JOB = re.compile(rb"JobCreateParameters|nodeCount|mageSourceRegistry")
_CHANGE = re.compile(
    rb"(?i)nodecount|envsubst|\b(?:jq|eval|sed|patch|expandvars)\b|substitute|ExpandString|\$ENV"
    rb"|json\.dump|JSON\.stringify|ConvertTo-Json|jsonencode|to_?json"
)


class Around:
    """What stands around the jobs of a tree, each found when it is asked for."""

    def __init__(
        self, tree: Tree, modules: Modules, known: Mapping[str, tuple[Cluster, ...]] | None = None
    ) -> None:
        self._tree = tree
        self._modules = modules
        self.known = dict(known or {})
        self._documents = {one.path for one in tree.documents} - {one.path for one in tree.texts}

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
        """Return the facts of a job spec without the node count that a program changes."""
        path = path_of(spec)
        changes = self._changes if path else ()
        found = [each for each in changes if each.concerns(path) and not each.is_expansion]
        trace = tuple(f"{change.place}: {change.by} changes nodeCount" for change in found)
        return replace(spec.facts, node_count=None, node_count_trace=trace) if found else spec.facts

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
    def _files(self) -> dict[str, dict[str, Source]]:
        """The files of every folder by path."""
        files: dict[str, dict[str, Source]] = defaultdict(dict)
        for source in (*self._tree.sources, *self._tree.texts, *self._tree.documents):
            files[posixpath.dirname(source.path)][source.path] = source
        return files

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        """The folders of every recipe: its own, and those below it that hold no jobs."""
        homes = {posixpath.dirname(one.path) for one in self._tree.sources if _JOB.search(one.data)}
        folders: dict[str, list[str]] = defaultdict(list)
        for folder in sorted(self._files):
            home = next((each for each in (folder, *_above(folder)) if each in homes), folder)
            folders[home].append(folder)
        return folders

    def _made_in(self, folders: Iterable[str]) -> Iterator[Cluster]:
        modules: list[PythonModule] = []
        for source in (source for folder in folders for source in self._files.get(folder, {}).values()):
            if source.path.endswith((".py", ".ipynb")):
                own = self._read(source.path, source.data)
                modules += own
                yield from _shown(_markdown(own))
            elif source.path.endswith(".json"):
                yield from find_cluster_specs(source.path, source.data)
            elif source.path in self._documents:
                yield from _shown([plain(source)])
            else:
                yield from find_text_clusters(plain(source))
        for module in modules:
            names = (each for name in sorted(module.names.imports) for each in (name, f"{name}.any"))
            places = (self._modules.locate(module.names, name) for name in names)
            owners = (self._modules.owner(place[0].tree) for place in places if place)
            modules += dict.fromkeys(owner for owner in owners if owner and owner not in modules)
        yield from find_clusters(modules)

    def _read(self, path: str, data: bytes) -> list[PythonModule]:
        """Return the modules of a script or notebook, with those that it writes; none of other files."""
        is_python = path.lower().endswith((".py", ".ipynb"))
        parsed = self._modules.parsed(path, data) if is_python else ()
        return [each.module for each in parsed if isinstance(each.module, PythonModule)]

    @cached_property
    def _changes(self) -> Sequence[SpecChange]:
        files = {path: data for path, data in self._scripts.items() if _CHANGE.search(data)}
        read = {path: [module.text for module in self._read(path, data)[:1]] for path, data in files.items()}
        texts = (text for path in files for text in read[path] or [plain(Source(path, files[path]))])
        return [change for text in texts for change in changed_specs(text)]

    @cached_property
    def _scripts(self) -> dict[str, bytes]:
        """The bytes of everything that can run, by path, also of what names no job."""
        files = {source.path: source.data for source in (*self._tree.sources, *self._tree.texts)}
        files |= {path: self._tree.read(path) or b"" for path in self._tree.scripts if path not in files}
        return {path: files[path] for path in sorted(files) if not path.lower().endswith(".json")}

    @cached_property
    def _written(self) -> Sequence[WrittenFile]:
        written: list[WrittenFile] = []
        for path, data in ((path, data) for path, data in self._scripts.items() if b"json" in data):
            modules = self._read(path, data)
            written += (each for module in modules for each in find_written_files(module))
            text = modules[0].text if modules else plain(Source(path, data))
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


def _markdown(modules: Iterable[PythonModule]) -> Iterator[Text]:
    for notebook in (module.text for module in modules if isinstance(module.text, Notebook)):
        for index, text in notebook.markdown:
            yield Text(path=f"{notebook.path} cell {index}", data=b"", text=text, masked=text)


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder

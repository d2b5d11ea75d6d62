"""Which clusters the recipes of a tree make, wherever their files do so."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from migrator.discover import Source, Tree, text_of
from migrator.understand.jobs import Cluster, find_cluster_specs, find_clusters, find_text_clusters
from migrator.understand.python import Modules, PythonModule
from migrator.understand.texts import Notebook, Text

_JOB = re.compile(rb"JobCreateParameters|nodeCount|mageSourceRegistry")


class Clusters:
    """The clusters of every recipe of a tree, each found when it is asked for."""

    def __init__(self, tree: Tree, modules: Modules) -> None:
        self._modules = modules
        self._found: dict[str, tuple[Cluster, ...]] = {}
        self._files: dict[str, dict[str, Source]] = defaultdict(dict)
        for source in (*tree.sources, *tree.texts, *tree.documents):
            self._files[posixpath.dirname(source.path)][source.path] = source
        self._documents = {source.path for source in tree.documents} - {source.path for source in tree.texts}
        homes = {posixpath.dirname(source.path) for source in tree.sources if _JOB.search(source.data)}
        self._folders: dict[str, list[str]] = defaultdict(list)
        for folder in sorted(self._files):
            home = next((each for each in (folder, *_above(folder)) if each in homes), folder)
            self._folders[home].append(folder)

    def of(self, recipe: str) -> tuple[Cluster, ...]:
        """Return what the files of a recipe make, also in folders below it that are no recipes.

        If they make none, those that the nearest folder above makes; else those that documentation shows.
        """
        if recipe not in self._found:
            folders = self._folders.get(recipe, [recipe])
            own = tuple(self._in(folders))
            wider = ((each for each in self._in([folder]) if not each.is_shown) for folder in _above(recipe))
            made = ((each for each in own if not each.is_shown), *wider)
            self._found[recipe] = next(filter(None, map(tuple, made)), own)
        return self._found[recipe]

    def _in(self, folders: Iterable[str]) -> Iterator[Cluster]:
        modules: list[PythonModule] = []
        for source in (source for folder in folders for source in self._files.get(folder, {}).values()):
            if source.path.endswith((".py", ".ipynb")):
                parsed = self._modules.parsed(source.path, source.data)
                modules += [each.module for each in parsed if isinstance(each.module, PythonModule)]
                texts = [each.text for each in parsed if isinstance(each.text, Notebook)]
                yield from (one for text in texts for one in _shown(_markdown(text)))
            elif source.path.endswith(".json"):
                yield from find_cluster_specs(source.path, source.data)
            elif source.path in self._documents:
                yield from _shown([plain(source)])
            else:
                yield from find_text_clusters(plain(source))
        for module in modules:
            modules += [each for each in self._imported(module) if each not in modules]
        yield from find_clusters(modules)

    def _imported(self, module: PythonModule) -> Iterator[PythonModule]:
        for name in sorted(module.names.imports):
            places = (self._modules.locate(module, each) for each in (name, f"{name}.any"))
            yield from (place[0] for place in places if place is not None)


def plain(source: Source) -> Text:
    """Return a file of whatever language as a text."""
    text = text_of(source.data)
    return Text(path=source.path, data=source.data, text=text, masked=text)


def _shown(texts: Iterable[Text]) -> Iterator[Cluster]:
    found = (cluster for text in texts for cluster in find_text_clusters(text))
    yield from (replace(cluster, is_shown=True) for cluster in found if cluster.size is not None)


def _markdown(notebook: Notebook) -> Iterator[Text]:
    for index, text in notebook.markdown:
        yield Text(path=f"{notebook.path} cell {index}", data=b"", text=text, masked=text)


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder

"""What the code of a tree does to the configuration files that its jobs read."""

from __future__ import annotations

from functools import cached_property

from migrator.discover import Tree
from migrator.model import Finding, Severity
from migrator.understand.jobs import WrittenFile, find_written_files
from migrator.understand.python import Modules, PythonModule


class Writers:
    """The places of a tree that write JSON files without a login, found when they are asked for."""

    def __init__(self, tree: Tree, modules: Modules) -> None:
        self._tree = tree
        self._modules = modules

    def warnings(self, path: str) -> tuple[Finding, ...]:
        """Return a warning for every place that writes the configuration at ``path`` without a login."""
        return tuple(
            Finding(
                rule="configuration-written-by-code",
                severity=Severity.WARNING,
                place=written.place,
                message=f"{written.place} writes {path} anew, without {' and '.join(written.lacks)}: "
                "give the value there too, or it is lost at the next run.",
            )
            for written in self._written
            if written.path == path
        )

    @cached_property
    def _written(self) -> tuple[WrittenFile, ...]:
        sources = {source.path: source.data for source in self._tree.sources}
        scripts = {path: self._tree.read(path) or b"" for path in self._tree.scripts if path not in sources}
        return tuple(
            written
            for path, data in sorted({**sources, **scripts}.items())
            if path.lower().endswith((".py", ".ipynb")) and b"dump" in data and b"json" in data
            for parsed in self._modules.parsed(path, data)
            if isinstance(parsed.module, PythonModule)
            for written in find_written_files(parsed.module)
        )

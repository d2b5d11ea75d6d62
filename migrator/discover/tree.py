"""Find the files that can matter below the paths that the user named; links are never followed."""

from __future__ import annotations

import difflib
import os
import stat
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from migrator.discover.git import Globs, Ignores, globs, ignores_in
from migrator.discover.kinds import language_of
from migrator.discover.reading import OWN_FOLDER, git_top, read_regular
from migrator.discover.relevance import ALWAYS, Purpose, read_relevant

MAX_BYTES = 128 * 2**20
MAX_TOTAL = 8 * MAX_BYTES
COMMANDS = ("plan", "apply", "undo", "images", "explain")
_UNREADABLE = "cannot be read"
_INSTALLED = frozenset({"node_modules", "__pycache__", "site-packages"})


class Reason(StrEnum):
    """Why something was not looked at."""

    HIDDEN = "hidden"
    IGNORED = "ignored"
    EXCLUDED = "excluded"
    VIRTUAL_ENVIRONMENT = "virtual environment"
    LINK = "link"
    SPECIAL_FILE = "special file"
    TOO_LARGE = f"larger than {MAX_BYTES // 2**20} MiB"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can matter; ``path`` is POSIX and relative to the root."""

    path: str
    data: bytes


class MissingPath(Exception):
    """A path that the user named does not exist; ``suggestion`` is a close name or None."""

    def __init__(self, path: str, suggestion: str | None) -> None:
        super().__init__(path, suggestion)
        self.path = path
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What was found. ``root`` is as shown to the user, ``folder`` the same place, absolute and resolved.

    ``texts`` can hold jobs that are only reported, ``documents`` show images of known families; a template
    can be a source and a text. ``others`` counts the files that are none of the three. ``left_out`` has why
    a file or a whole folder was not looked at, ``problems`` why something could not be read, by path.
    Paths keep undecodable bytes as surrogates (``os.fsencode`` gives them back).
    """

    root: str
    folder: Path
    sources: tuple[Source, ...]
    texts: tuple[Source, ...]
    documents: tuple[Source, ...]
    scripts: tuple[str, ...]
    others: int
    left_out: Mapping[str, Reason]
    problems: Mapping[str, str]
    named: tuple[str, ...] = field(repr=False)
    boundary: str = field(repr=False)
    excluded: Globs = field(repr=False)
    _is_reached: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a regular file by its path from the root, ``..`` and ignored ones included.

        None if it is absent, reached by a link, unreadable, too large, or outside of the git work tree
        (without one: outside of the root's parent).
        """
        index = bisect_left(self.sources, path, key=lambda source: source.path)
        if index < len(self.sources) and self.sources[index].path == path:
            return self.sources[index].data
        full = self._absolute(path)
        folder = os.path.dirname(full)  # noqa: PTH120
        if folder not in self._is_reached:
            self._is_reached[folder] = _is_reached(folder, self.boundary)
        # Most of what imports may name is absent.
        if not self._is_reached[folder] or not os.path.lexists(full):
            return None
        try:
            return read_regular(full, MAX_BYTES)
        except (OSError, ValueError):
            return None

    def is_writable(self, path: str) -> bool:
        """Tell whether the path lies in what the user named, and not in what the user excluded."""
        full = self._absolute(path)
        is_named = any(_is_below(full, named) for named in self.named)
        return is_named and self.excluded.match(os.path.relpath(full, self.folder)) is None

    def _absolute(self, path: str) -> str:
        return os.path.normpath(f"{self.folder}/{path}")


def discover(paths: Sequence[Path], *, exclude: Sequence[str] = ()) -> Tree:
    """Return everything that can matter at or below ``paths``, in an order that never changes.

    ``exclude`` has globs in the syntax of .gitignore, relative to the root.
    Raises MissingPath, and BadGlob for a glob that cannot be understood.
    """
    given = list(paths) or [Path()]
    real = [_resolved(path) for path in given]
    homes = [path if os.path.isdir(path) else os.path.dirname(path) for path in real]  # noqa: PTH112, PTH120
    folder = os.path.commonpath(homes)
    search = _Search(folder, globs(exclude))
    for path in sorted(set(real), key=lambda path: (path.count("/"), path)):
        search.visit_named(path)
    here, first = os.path.realpath("."), given[0]
    root = os.path.relpath(folder, here) if _is_below(folder, here) else folder
    if len(given) == 1:
        root = (first if os.path.realpath(first) == folder else first.parent).as_posix()
    return Tree(
        root=root,
        folder=Path(folder),
        sources=search.found(Purpose.SOURCE),
        texts=search.found(Purpose.TEXT),
        documents=search.found(Purpose.DOCUMENT),
        scripts=tuple(sorted(search.scripts)),
        others=search.others,
        left_out=dict(sorted(search.left_out.items())),
        problems=dict(sorted(search.problems.items())),
        named=tuple(sorted(set(real))),
        boundary=git_top(folder) or os.path.dirname(folder),  # noqa: PTH120
        excluded=search.excluded,
    )


class _Search:
    """One walk: what it is told (folder, globs) and what it has gathered, by path from the root."""

    def __init__(self, folder: str, excluded: Globs) -> None:
        self.folder = folder
        self.excluded = excluded
        self.files: dict[str, tuple[frozenset[Purpose], Source]] = {}
        self.left_out: dict[str, Reason] = {}
        self.problems: dict[str, str] = {}
        self.scripts: list[str] = []
        self.others = 0
        self._bytes_left = MAX_TOTAL
        self._seen: set[str] = set()

    def found(self, purpose: Purpose) -> tuple[Source, ...]:
        """Return the files of one purpose by path."""
        return tuple(file for _, (purposes, file) in sorted(self.files.items()) if purpose in purposes)

    def visit_named(self, path: str) -> None:
        """Take a file or folder that the user named, whatever the ignore rules say of it."""
        if OWN_FOLDER in path.split("/"):
            return
        # Nothing is named or found outside of the folder; os.path.relpath costs as much as reading a file.
        name = path[len(self.folder.rstrip("/")) + 1 :]
        if name:
            is_folder = os.path.isdir(path)  # noqa: PTH112
            if self.excluded.match(name, is_folder=is_folder) is not None:
                self.left_out[name] = Reason.EXCLUDED
                return
            self.left_out.pop(name, None)
            if not is_folder:
                self._visit_file(path, name, is_regular=stat.S_ISREG(os.lstat(path).st_mode))
                return
        self._visit_folders(path, name, ignores_in(path))

    def _visit_folders(self, top: str, name: str, ignores: Ignores) -> None:
        waiting = [(top, name)]
        while waiting:
            folder, name = waiting.pop()
            if folder in self._seen:
                continue
            self._seen.add(folder)
            try:
                with os.scandir(folder) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
                kinds = [(entry, entry.is_dir(follow_symlinks=False)) for entry in found]
            except OSError as error:
                self.problems[name or "."] = error.strerror or _UNREADABLE
                continue
            start = f"{name}/" if name else ""
            for entry, is_folder in kinds:
                inside = start + entry.name
                if entry.path in self._seen or entry.name == OWN_FOLDER:
                    continue
                reason = self._reason(entry, inside, ignores, is_folder=is_folder)
                if reason:
                    self.left_out[inside] = reason
                elif is_folder:
                    waiting.append((entry.path, inside))
                else:
                    self._visit_file(entry.path, inside, is_regular=entry.is_file(follow_symlinks=False))

    def _reason(
        self, entry: os.DirEntry[str], name: str, ignores: Ignores, *, is_folder: bool
    ) -> Reason | None:
        verdict = self.excluded.verdict(name, is_folder=is_folder)
        if verdict and verdict[1]:
            return Reason.EXCLUDED
        if entry.name.startswith("."):
            return Reason.HIDDEN
        if entry.is_symlink():
            return Reason.LINK
        if is_folder and (entry.name in _INSTALLED or os.path.lexists(f"{entry.path}/pyvenv.cfg")):
            return Reason.VIRTUAL_ENVIRONMENT
        return Reason.IGNORED if ignores.is_ignored(entry.path, is_folder=is_folder) else None

    def _visit_file(self, path: str, name: str, *, is_regular: bool) -> None:
        if path in self._seen:
            return
        self._seen.add(path)
        if not is_regular:
            self.left_out[name] = Reason.SPECIAL_FILE
            return
        try:
            purposes, data = read_relevant(path, MAX_BYTES)
        except OSError as error:
            self.problems[name] = error.strerror or _UNREADABLE
            return
        is_python = name.lower().endswith((".py", ".ipynb"))
        if purposes and data is None:
            # Of this size, anything else is data.
            if is_python or path.rpartition("/")[2] in ALWAYS:
                self.problems[name] = Reason.TOO_LARGE.value
            else:
                self.left_out[name] = Reason.TOO_LARGE
            return
        if data is not None and len(data) > self._bytes_left:
            self.problems[name] = f"not read, since the files before it have {MAX_TOTAL // 2**20} MiB"
            return
        if is_python or Purpose.TEXT in purposes or (data is None and language_of(name, b"")):
            self.scripts.append(name)
        if data is None:
            self.others += 1
        else:
            self.files[name] = purposes, Source(name, data)
            self._bytes_left -= len(data)


def _resolved(path: Path) -> str:
    try:
        return os.path.realpath(path, strict=True)
    except (OSError, ValueError):
        names: list[str] = []
        with suppress(OSError, ValueError):
            names = sorted(str(path.parent / name) for name in os.listdir(path.parent))  # noqa: PTH208
        close = difflib.get_close_matches(str(path), [*COMMANDS, *names], 1)
        raise MissingPath(path.as_posix(), next(iter(close), None)) from None


def _is_reached(folder: str, boundary: str) -> bool:
    """Tell whether a folder is the boundary or below it, and no link leads there from it."""
    places = [place for place in (folder, *map(str, Path(folder).parents)) if _is_below(place, boundary)]
    return bool(places) and not any(os.path.islink(place) for place in places[:-1])  # noqa: PTH114


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")

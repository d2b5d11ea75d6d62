"""The rules of .gitignore files, read without running git (https://git-scm.com/docs/gitignore)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from migrator.discover.reading import git_top, read_regular

# More stars in one line than this make matching slow enough to hang on a hostile name.
MAX_STARS = 8
MAX_RULES = 2**20


class BadGlob(ValueError):
    """A pattern that the user gave cannot be understood."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The rules of one file; ``folder`` is the absolute POSIX path that its patterns are relative to."""

    folder: str
    spec: GitIgnoreSpec

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Tell whether the absolute ``path`` is ignored, or None where the rules say nothing."""
        start = self.folder.rstrip("/") + "/"
        if not path.startswith(start):
            return None
        inside = path[len(start) :]
        return self.spec.check_file(inside + "/" if is_folder else inside).include


@dataclass(frozen=True, slots=True)
class Ignores:
    """Layers of rules, from the top folder down; the deepest that says something decides."""

    layers: tuple[Layer, ...] = ()

    def entering(self, folder: str, data: bytes | None) -> Ignores:
        """Return the rules with those of the .gitignore ``data`` of ``folder`` added."""
        return Ignores((*self.layers, Layer(folder, parsed(data)))) if data else self

    def is_ignored(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether the absolute POSIX ``path`` is ignored; its folders are taken to be not."""
        for layer in reversed(self.layers):
            verdict = layer.verdict(path, is_folder=is_folder)
            if verdict is not None:
                return verdict
        return False


def parsed(data: bytes) -> GitIgnoreSpec:
    """Return the rules in the bytes of a .gitignore; lines that nobody can understand are left out."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return _spec(line for line in lines if line.count("*") <= MAX_STARS and _is_pattern(line))


def globs(patterns: Iterable[str]) -> GitIgnoreSpec:
    """Return the rules that the user gave, in the syntax of .gitignore. Raises BadGlob."""
    lines = list(patterns)
    for line in lines:
        if not _is_pattern(line):
            raise BadGlob(f"not a pattern: {line}")
    return _spec(lines)


def _is_pattern(line: str) -> bool:
    try:
        _spec([line])
    except (ValueError, re.error, RecursionError, OverflowError):
        return False
    return True


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    # The backend is named because the best one depends on what else is installed.
    return GitIgnoreSpec.from_lines(lines, backend="simple")


def rules_above(folder: str) -> Ignores:
    """Return the rules that hold in the absolute ``folder`` from the folders above it, up to git's top.

    None of them if they ignore the folder itself: who names an ignored folder wants it read.
    """
    top = git_top(folder)
    if top is None:
        return Ignores()
    rules = Ignores().entering(top, _rules_at(f"{top}/.git/info/exclude"))
    names = folder[len(top.rstrip("/")) :].strip("/").split("/") if folder != top else []
    place = top
    for name in names:
        rules = rules_in(place, rules)
        place = f"{place.rstrip('/')}/{name}"
        if rules.is_ignored(place, is_folder=True):
            return Ignores()
    return rules


def rules_in(folder: str, outer: Ignores) -> Ignores:
    """Return the rules that hold for what lies in ``folder``."""
    return outer.entering(folder, _rules_at(f"{folder}/.gitignore"))


def _rules_at(path: str) -> bytes | None:
    try:
        data = read_regular(path, MAX_RULES)
    except OSError:
        return None
    return data if len(data) <= MAX_RULES else None

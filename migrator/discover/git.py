"""What git would say of files, without running it: which it ignores, and which it tracks.

The rules of .gitignore files (https://git-scm.com/docs/gitignore): who wrote one may be hostile, so every
star takes the nearest match and never another one, which is enough since what follows it has a fixed length.
Matching is linear in the length of the path; ``fnmatch`` does the same inside of a name.

The index, versions 2 to 4 (https://git-scm.com/docs/index-format): what cannot be read, such as a split
index, tracks nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import translate

from migrator.discover.reading import git_top, read_regular

_LARGEST_INDEX = 2**28
_FIXED = 62
# Bytes of all rules of a tree: reading them takes some 40 ms a KiB at the worst.
MAX_RULES = 2**17
_MAX_PATTERN = 4096
_TOKEN = re.compile(
    r"(?s)(?P<plain>\*|\?|[^\\\[])|\\(?P<escaped>.)"
    r"|\[(?P<not>[!^]|(?![!^]))(?P<set>(?:\\.|[^\\])(?:\\.|[^\\\]])*)\]"
)
_ANY_NAME = re.compile("")
_NO_NAME = re.compile(r"(?!)")


class BadGlob(ValueError):
    """A pattern that the user gave cannot be understood."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern: a regular expression a name, None for any number of folders."""

    number: int
    is_in: bool
    is_for_folders: bool
    names: tuple[re.Pattern[str] | None, ...]

    def is_match(self, names: Sequence[str]) -> bool:
        index = at = retry_index = retry_at = 0
        while at < len(names):
            wanted = self.names[index] if index < len(self.names) else _NO_NAME
            if wanted is None:
                index = retry_index = index + 1
                # What is the last of all names can only stand at the end.
                at = retry_at = len(names) - 1 if index == len(self.names) - 1 else at
            elif wanted.match(names[at]):
                index, at = index + 1, at + 1
            elif retry_index:
                retry_at += 1
                index, at = retry_index, retry_at
            else:
                return False
        return index == len(self.names)


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns in the syntax of .gitignore, the last first: of those that match, it decides."""

    rules: tuple[_Rule, ...]

    def verdict(self, path: str, *, is_folder: bool) -> tuple[int, bool] | None:
        """Return the 0-based number of the deciding pattern and whether it takes the path in, not out."""
        if not self.rules:
            return None
        names = path.split("/")
        rules = (rule for rule in self.rules if is_folder or not rule.is_for_folders)
        return next(((rule.number, rule.is_in) for rule in rules if rule.is_match(names)), None)

    def match(self, path: str, *, is_folder: bool = False) -> int | None:
        """Return the 0-based number of the pattern that takes in the path or a folder above it, or None."""
        ends = (*(slash.start() for slash in re.finditer("/", path)), len(path))
        found = (self.verdict(path[:end], is_folder=is_folder or end < len(path)) for end in ends)
        last = max(filter(None, found), default=None)
        return last[0] if last and last[1] else None


class Ignores:
    """The .gitignore files from the folder ``top`` (absolute, POSIX) down, each read once, when asked for."""

    def __init__(self, top: str) -> None:
        self._top = top.rstrip("/")
        self._rules: dict[str, Globs] = {}
        self._bytes_left = MAX_RULES

    def is_ignored(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether the absolute ``path`` is ignored; its folders are taken to be not."""
        folder = path
        while len(folder) > len(self._top):
            folder = folder.rpartition("/")[0]
            verdict = self._rules_of(folder).verdict(path[len(folder) + 1 :], is_folder=is_folder)
            if verdict:
                return verdict[1]
        return False

    def _rules_of(self, folder: str) -> Globs:
        if folder not in self._rules:
            # The deepest rule that says something decides, and in one folder the last.
            outer = f"{folder}/.git/info/exclude" if folder == self._top else ""
            data = b"\n".join(self._read(path) for path in (outer, f"{folder}/.gitignore") if path)
            self._rules[folder] = parsed(data)
        return self._rules[folder]

    def _read(self, path: str) -> bytes:
        with suppress(OSError):
            data = read_regular(path, self._bytes_left) or b""
            self._bytes_left -= len(data)
            return data.removeprefix(b"\xef\xbb\xbf")
        return b""


def ignores_in(folder: str) -> Ignores:
    """Return what is ignored in the absolute ``folder``, also by the folders above it up to git's top.

    Not by those if they ignore the folder itself: who names an ignored folder wants it read.
    """
    top = git_top(folder)
    found = Ignores(top or folder)
    place = folder
    while top and len(place) > len(top):
        if found.is_ignored(place, is_folder=True):
            return Ignores(folder)
        place = place.rpartition("/")[0]
    return found


def parsed(data: bytes) -> Globs:
    """Return the rules in the bytes of a .gitignore; lines that nobody can understand are left out."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    return globs((line.removesuffix("\r") for line in lines), is_strict=False)


def globs(lines: Iterable[str], *, is_strict: bool = True) -> Globs:
    """Return the rules in the syntax of .gitignore; what is no pattern raises BadGlob, or is left out."""
    rules: list[_Rule] = []
    for number, line in enumerate(lines):
        kept = line.rstrip(" ")
        pattern = f"{kept} " if kept != line and kept.endswith("\\") else kept
        body = pattern.removeprefix("!")
        inside = body.removesuffix("/")
        try:
            if pattern and not pattern.startswith("#"):
                rules.append(_Rule(number, pattern == body, inside != body, tuple(_path(inside))))
        except BadGlob:
            if is_strict:
                raise BadGlob(f"not a pattern: {line}") from None
    return Globs(tuple(rules[::-1]))


def _path(pattern: str) -> Iterator[re.Pattern[str] | None]:
    has_slash = "/" in pattern
    if not has_slash:
        yield None
    for segment in pattern.removeprefix("/").split("/"):
        is_any = has_slash and len(segment) > 1 and not segment.strip("*")
        yield None if is_any else re.compile(_name(segment))
    if is_any:
        yield _ANY_NAME


def _name(pattern: str) -> str:
    """Return a regular expression for one name without its slash; raises BadGlob."""
    position = 0
    glob = ""
    while position < len(pattern) <= _MAX_PATTERN and (token := _TOKEN.match(pattern, position)):
        position = token.end()
        if token["set"]:
            glob += f"[{'!' * bool(token['not'])}{token['set'].replace(chr(92), '')}]"
        else:
            character = token["escaped"]
            glob += token["plain"] or (f"[{character}]" if character in "*?[" else character)
    regex = translate(glob)
    if position < len(pattern) or not pattern or "(?!)" in regex:
        raise BadGlob(pattern)
    return regex


def tracked(paths: Iterable[str]) -> frozenset[str]:
    """Return those of the absolute ``paths`` that git tracks; none where no work tree holds them."""
    by_top: dict[str | None, dict[bytes, str]] = {}
    for path in paths:
        top = git_top(os.path.dirname(path))  # noqa: PTH120
        by_top.setdefault(top, {})[os.fsencode(path[len((top or "").rstrip("/")) + 1 :])] = path
    by_top.pop(None, None)
    return frozenset(
        names[each] for top, names in by_top.items() for each in _listed(str(top)) if each in names
    )


def _listed(top: str) -> list[bytes]:
    try:
        return list(_names(read_regular(f"{_git_folder(top)}/index", _LARGEST_INDEX) or b""))
    except (OSError, ValueError, IndexError):
        return []


def _git_folder(top: str) -> str:
    place = f"{top}/.git"
    if os.path.isdir(place):  # noqa: PTH112
        return place
    # A linked work tree has a file that names its folder.
    written = os.fsdecode(read_regular(place, 4096) or b"").removeprefix("gitdir:").strip()
    return os.path.join(top, written)  # noqa: PTH118


def _names(index: bytes) -> Iterator[bytes]:
    version, count = int.from_bytes(index[4:8]), int.from_bytes(index[8:12])
    if index[:4] != b"DIRC" or version not in (2, 3, 4):
        return
    position, name = 12, b""
    for _ in range(count):
        start = position
        position += _FIXED + 2 * (index[start + 60] >> 6 & 1)
        kept = 0
        if version == 4:
            cut, position = _varint(index, position)
            kept = len(name) - cut
        end = index.index(b"\0", position)
        name = name[:kept] + index[position:end]
        yield name
        position = end + 1 if version == 4 else end + 8 - (end - start) % 8


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = data[position] & 0x7F
    while data[position] & 0x80:
        position += 1
        value = ((value + 1) << 7) | (data[position] & 0x7F)
    return value, position + 1

"""The rules of .gitignore files, read without running git (https://git-scm.com/docs/gitignore).

Who wrote a rule may be hostile: every star takes the nearest match and never another one, which is enough
since what follows it has a fixed length. So matching is linear in the length of the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from migrator.discover.reading import git_top, read_regular

# Bytes of all rules of a tree: reading them takes some 40 ms a KiB at the worst.
MAX_RULES = 2**17
_MAX_PATTERN = 4096
_TOGETHER = 64
_TOKEN = re.compile(
    r"(?s)(?P<star>\*+)|(?P<any>\?)|\\(?P<escaped>.)|(?P<plain>[^\\\[])"
    r"|\[(?P<not>[!^]|(?![!^]))(?P<set>(?:\\.|[^\\])(?:\\.|[^\\\]])*)\]"
)


class BadGlob(ValueError):
    """A pattern that the user gave cannot be understood."""


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns in the syntax of .gitignore; of those that match, the last decides."""

    names: tuple[re.Pattern[str], ...]
    paths: tuple[re.Pattern[str], ...]

    def verdict(self, path: str, *, is_folder: bool) -> tuple[int, bool] | None:
        """Return the 0-based number of the deciding pattern and whether it takes the path in, not out."""
        if not (self.names or self.paths):
            return None
        end = "/" * is_folder
        found = (_last(self.names, path.rpartition("/")[2] + end), _last(self.paths, path + end))
        return max(filter(None, found), default=None)

    def match(self, path: str, *, is_folder: bool = False) -> int | None:
        """Return the 0-based number of the pattern that takes in the path or a folder above it, or None."""
        ends = (*(slash.start() for slash in re.finditer("/", path)), len(path))
        found = (self.verdict(path[:end], is_folder=is_folder or end < len(path)) for end in ends)
        last = max(filter(None, found), default=None)
        return last[0] if last and last[1] else None


@dataclass(frozen=True, slots=True)
class Ignores:
    """The rules of folders (absolute, POSIX), from the top down; the deepest that says something decides.

    ``size`` is what the files have in bytes.
    """

    layers: tuple[tuple[str, Globs], ...] = ()
    size: int = 0

    def entering(self, folder: str, data: bytes | None) -> Ignores:
        """Return the rules with those of the .gitignore ``data`` of ``folder`` added."""
        if not data:
            return self
        return Ignores((*self.layers, (folder.rstrip("/") + "/", parsed(data))), self.size + len(data))

    def is_ignored(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether the absolute POSIX ``path`` is ignored; its folders are taken to be not."""
        for folder, rules in reversed(self.layers):
            verdict = rules.verdict(path.removeprefix(folder), is_folder=is_folder)
            if verdict and path.startswith(folder):
                return verdict[1]
        return False


def parsed(data: bytes) -> Globs:
    """Return the rules in the bytes of a .gitignore; lines that nobody can understand are left out."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return _globs((line.removesuffix("\r") for line in text.split("\n")), is_strict=False)


def globs(patterns: Iterable[str]) -> Globs:
    """Return the rules that the user gave, in the syntax of .gitignore. Raises BadGlob."""
    return _globs(patterns, is_strict=True)


def _globs(lines: Iterable[str], *, is_strict: bool) -> Globs:
    names: list[str] = []
    paths: list[str] = []
    stars = count()
    for number, line in enumerate(lines):
        kept = line.rstrip(" ")
        pattern = f"{kept} " if kept != line and kept.endswith("\\") else kept
        body = pattern.removeprefix("!")
        inside = body.removesuffix("/")
        if not pattern or pattern.startswith("#"):
            continue
        regex = _regex(inside, stars)
        if regex:
            group = f"(?P<{'i' if pattern == body else 'o'}{number}>{regex}{'/?' if inside == body else '/'})"
            (paths if "/" in inside else names).append(group)
        elif is_strict:
            raise BadGlob(f"not a pattern: {line}")
    return Globs(_joined(names), _joined(paths))


def _joined(groups: list[str]) -> tuple[re.Pattern[str], ...]:
    # Every alternative that fails costs as much as its pattern has groups: so not all in one.
    starts = range(0, len(groups), _TOGETHER)
    return tuple(re.compile("|".join(groups[start : start + _TOGETHER][::-1])) for start in starts)[::-1]


def _last(patterns: Iterable[re.Pattern[str]], text: str) -> tuple[int, bool] | None:
    # The last group to close is the one around a whole pattern.
    group = next((match.lastgroup for pattern in patterns if (match := pattern.fullmatch(text))), None)
    return (int(group[1:]), group[0] == "i") if group else None


def _regex(pattern: str, stars: Iterator[int]) -> str | None:
    pieces: list[list[str]] = [[]]
    is_path = "/" in pattern
    for segment in pattern.removeprefix("/").split("/"):
        if is_path and len(segment) > 1 and not segment.strip("*"):
            pieces.append([])
        elif regex := _name_regex(segment, stars):
            pieces[-1].append(regex)
        else:
            return None
    first, *others = pieces
    if not others:
        return "/".join(first)
    folders = "(?:[^/]+/)*"
    middle = (_nearest(f"{folders}?", "/".join((*piece, "")), stars) for piece in others[:-1] if piece)
    return "/".join((*first, "")) + "".join(middle) + folders + ("/".join(others[-1]) or "[^/]+")


def _name_regex(pattern: str, stars: Iterator[int]) -> str | None:
    parts = [""]
    position = 0
    while position < len(pattern) <= _MAX_PATTERN and (token := _TOKEN.match(pattern, position)):
        position = token.end()
        if token["star"]:
            parts.append("")
        elif token["set"]:
            members = re.sub(r"(?s)\\?([^-])", lambda member: re.escape(member[1]), token["set"])
            # Python would warn of two hyphens as of a difference of sets.
            members = members.replace("--", "\\--")
            parts[-1] += f"(?!/)[{'^' * bool(token['not'])}{members}]"
        else:
            parts[-1] += "[^/]" if token["any"] else re.escape(token["escaped"] or token["plain"])
    first, *others = parts
    if position < len(pattern) or not pattern or not _is_regex("".join(parts)):
        return None
    if not any(parts):
        return "[^/]+"
    middle = "".join(_nearest("[^/]*?", part, stars) for part in others[:-1])
    return first + middle + (f"[^/]*{others[-1]}" if others else "")


def _is_regex(text: str) -> bool:
    try:
        return bool(re.compile(text))
    except (re.error, OverflowError):
        return False


def _nearest(skipped: str, wanted: str, stars: Iterator[int]) -> str:
    name = f"s{next(stars)}"
    return f"(?=(?P<{name}>{skipped}{wanted}))(?P={name})"


def rules_above(folder: str) -> Ignores:
    """Return the rules that hold in the absolute ``folder`` from the folders above it, up to git's top.

    None of them if they ignore the folder itself: who names an ignored folder wants it read.
    """
    top = git_top(folder)
    if top is None:
        return Ignores()
    rules = Ignores().entering(top, _rules_at(f"{top}/.git/info/exclude", MAX_RULES))
    names = folder[len(top.rstrip("/")) :].strip("/").split("/") if folder != top else []
    place = top
    for name in names:
        rules = rules_in(place, rules, MAX_RULES - rules.size)
        place = f"{place.rstrip('/')}/{name}"
        if rules.is_ignored(place, is_folder=True):
            return Ignores()
    return rules


def rules_in(folder: str, outer: Ignores, limit: int) -> Ignores:
    """Return the rules that hold for what lies in ``folder``; a .gitignore over ``limit`` bytes is none."""
    return outer.entering(folder, _rules_at(f"{folder}/.gitignore", limit))


def _rules_at(path: str, limit: int) -> bytes | None:
    try:
        return read_regular(path, limit)
    except OSError:
        return None

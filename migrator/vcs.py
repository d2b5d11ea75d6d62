"""What git says of the files to be changed, and the parts of its patch format that are its alone.

The scanned repository is not trusted: no hook, filter, monitor, pager or transport of its configuration
is run (https://git-scm.com/docs/git-config), and the caller's GIT_* variables do not count.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.edits import Edit, apply
from migrator.ignores import git_top

_SECONDS = 60
_PATHS_A_CALL = 200
_GIT = (
    *("git", "--no-pager", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false"),
)
_STATUS = ("status", "--porcelain=v2", "-z", "-uall", "--no-renames", "--ignore-submodules=all", "--")
_FILTERS = ("config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$")
_ESCAPES = {
    7: b"\\a",
    8: b"\\b",
    9: b"\\t",
    10: b"\\n",
    11: b"\\v",
    12: b"\\f",
    13: b"\\r",
    34: b'\\"',
    92: b"\\\\",
}


@dataclass(frozen=True, slots=True)
class NoVcs:
    """These files lie in no git work tree, or there is no git."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clean:
    """Git can restore every file, or ignores it."""


@dataclass(frozen=True, slots=True)
class Dirty:
    """These files are untracked or differ from the last commit."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Git refuses to tell; ``message`` is its reason."""

    message: str


State = NoVcs | Clean | Dirty | Unknown


class _Refused(Exception):
    """Git ended with an error; the message is its own."""


def state(root: Path, paths: Iterable[str]) -> State:
    """Return the state of exactly the files ``paths`` (POSIX, relative to ``root``).

    The worst counts: Unknown, then NoVcs, then Dirty. Files that git ignores count as clean.
    """
    by_top: dict[str | None, list[str]] = {}
    for path in sorted(set(paths)):
        parent = os.path.dirname(os.path.normpath(f"{root.absolute()}/{path}"))  # noqa: PTH120
        by_top.setdefault(git_top(os.path.realpath(parent)), []).append(path)
    dirty: list[str] = []
    outside = by_top.pop(None, [])
    try:
        for top, inside in by_top.items():
            dirty += _dirty(str(top), root, inside)
    except FileNotFoundError:
        outside += [path for inside in by_top.values() for path in inside]
    except _Refused as error:
        return Unknown(str(error))
    except (OSError, ValueError, subprocess.SubprocessError):
        return Unknown("git could not be run")
    if outside:
        return NoVcs(tuple(sorted(outside)))
    return Dirty(tuple(sorted(dirty))) if dirty else Clean()


def _dirty(top: str, root: Path, paths: Sequence[str]) -> Iterator[str]:
    filters = _run(top, _FILTERS, {}, (0, 1)).split(b"\0")
    environment = _settings(name for name in filters if name)
    prefix = _run(top, ("rev-parse", "--show-prefix"), environment).removesuffix(b"\n")
    names = {prefix + os.fsencode(_relative(top, root, path)): path for path in paths}
    for start in range(0, len(paths), _PATHS_A_CALL):
        batch = [_relative(top, root, path) for path in paths[start : start + _PATHS_A_CALL]]
        listed = _run(top, (*_STATUS, *batch), environment)
        yield from (names[name] for name in _listed(listed) if name in names)


def _relative(top: str, root: Path, path: str) -> str:
    parent, _, name = os.path.normpath(f"{root.absolute()}/{path}").rpartition("/")
    return os.path.relpath(f"{os.path.realpath(parent)}/{name}", top)


def _listed(status: bytes) -> Iterator[bytes]:
    """Yield the paths in the output of ``git status --porcelain=v2 -z --no-renames``."""
    fields = {b"1": 8, b"u": 10, b"?": 1}
    for entry in status.split(b"\0"):
        before = fields.get(entry[:1])
        if before is not None:
            yield entry.split(b" ", before)[-1]


def _settings(names: Iterable[bytes]) -> dict[str, str]:
    """Return the environment that empties the settings; names may hold what ``-c`` cannot take."""
    settings: dict[str, str] = {}
    count = 0
    for count, name in enumerate(names, 1):
        settings[f"GIT_CONFIG_KEY_{count - 1}"] = os.fsdecode(name)
        settings[f"GIT_CONFIG_VALUE_{count - 1}"] = "false" if name.endswith(b".required") else ""
    return {**settings, "GIT_CONFIG_COUNT": str(count)}


def _run(
    top: str, arguments: Sequence[str], environment: Mapping[str, str], good: Sequence[int] = (0,)
) -> bytes:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    fixed = {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
    }
    done = subprocess.run(  # noqa: S603
        (*_GIT, *arguments),
        cwd=top,
        env={**kept, **fixed, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode not in good:
        lines = done.stderr.decode("utf-8", "backslashreplace").splitlines() or ["git failed"]
        raise _Refused(lines[0].removeprefix("fatal: "))
    return done.stdout


def quoted(name: bytes) -> bytes:
    """Return the name as git writes it in a patch: as it is, or like a C string."""
    escaped = b"".join(_ESCAPES.get(c) or (bytes([c]) if 32 <= c < 127 else b"\\%03o" % c) for c in name)
    return name if escaped == name else b'"' + escaped + b'"'


def inverse(edits: Iterable[Edit[bytes]], before: bytes) -> tuple[Edit[bytes], ...]:
    """Return the edits that turn the result of ``edits`` back into ``before``."""
    undo: list[Edit[bytes]] = []
    shift = 0
    for edit in sorted(edits):
        start = edit.start + shift
        undo.append(Edit(start, start + len(edit.text), before[edit.start : edit.end]))
        shift += len(edit.text) - (edit.end - edit.start)
    return tuple(undo)


def binary_patch(
    before: bytes, after: bytes, edits: Iterable[Edit[bytes]], undo: Iterable[Edit[bytes]]
) -> bytes:
    """Return what follows the ``diff --git`` line of a binary patch, both ways.

    It holds the texts of ``edits`` and ``undo`` (the inverse) and nothing else of either side.
    """
    ids = _object_id(before) + b".." + _object_id(after)
    return b"index %b\nGIT binary patch\n%b\n%b\n" % (ids, _delta(before, edits), _delta(after, undo))


def _object_id(data: bytes) -> bytes:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest().encode()


def _delta(source: bytes, edits: Iterable[Edit[bytes]]) -> bytes:
    """Return git's delta of the edits, deflated and in base 85, in lines of at most 52 bytes."""
    parts = [_varint(len(source)), _varint(len(apply(edits, source)))]
    position = 0
    for edit in (*sorted(edits), Edit(len(source), len(source), b"")):
        for start in range(position, edit.start, 0xFFFF):
            size = min(0xFFFF, edit.start - start)
            parts.append(b"\xbf" + start.to_bytes(4, "little") + size.to_bytes(2, "little"))
        chunks = (edit.text[start : start + 127] for start in range(0, len(edit.text), 127))
        parts += (bytes([len(chunk)]) + chunk for chunk in chunks)
        position = edit.end
    delta = b"".join(parts)
    packed = zlib.compress(delta)
    rows = (packed[start : start + 52] for start in range(0, len(packed), 52))
    sizes = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    coded = (sizes[len(row) - 1 : len(row)] + base64.b85encode(row, pad=True) + b"\n" for row in rows)
    return b"delta %d\n" % len(delta) + b"".join(coded)


def _varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])

"""What git says of the files to be changed, and the parts of its patch format that are its alone.

The scanned repository is not trusted: no hook, filter, monitor, pager or transport of its configuration
is run (https://git-scm.com/docs/git-config), and the caller's GIT_* variables do not count.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrator.discover.reading import git_top

_SECONDS = 60
_PATHS_A_CALL = 200
_GIT = (
    *("--no-pager", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false"),
)
_STATUS = ("status", "--porcelain=v2", "-z", "-uall", "--no-renames", "--ignore-submodules=all", "--")
_FLAGS = ("ls-files", "-s", "-v", "-z", "--")
_FILTERS = ("config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$")

#: How many fields stand before the path in an entry of _STATUS, by its kind.
_FIELDS = {b"1": 8, b"u": 10, b"?": 1}
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


@dataclass(frozen=True, slots=True)
class NoVcs:
    """These files lie in no git work tree, or there is no git."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dirty:
    """These files are untracked or differ from the last commit."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnknownState:
    """Git refuses to tell; ``message`` is its reason."""

    message: str


State = NoVcs | Dirty | UnknownState

running: list[subprocess.Popen[bytes]] = []
"""The git that runs now, if any: it is to end with this process."""


class _Refused(Exception):
    """Git ended with an error; the message is its own."""


def state(root: Path, paths: Iterable[str]) -> State | None:
    """Return the state of exactly the files ``paths`` (POSIX, relative to ``root``).

    The worst counts: UnknownState, then NoVcs, then Dirty. None where git can restore or ignores every file.
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
        return UnknownState(str(error))
    except (OSError, ValueError, subprocess.SubprocessError):
        return UnknownState("git could not be run")
    if outside:
        return NoVcs(tuple(sorted(outside)))
    return Dirty(tuple(sorted(dirty))) if dirty else None


def _dirty(top: str, root: Path, paths: Sequence[str]) -> Iterator[str]:
    filters = [name for name in _run(top, _FILTERS, {}, (0, 1)).split(b"\0") if name]
    # The names may hold what ``-c`` cannot take.
    environment = {"GIT_CONFIG_COUNT": str(len(filters))}
    for number, name in enumerate(filters):
        environment[f"GIT_CONFIG_KEY_{number}"] = os.fsdecode(name)
        environment[f"GIT_CONFIG_VALUE_{number}"] = "false" if name.endswith(b".required") else ""
    prefix = _run(top, ("rev-parse", "--show-prefix"), environment).removesuffix(b"\n")
    names = {prefix + os.fsencode(_relative(top, root, path)): path for path in paths}
    for start in range(0, len(paths), _PATHS_A_CALL):
        batch = [_relative(top, root, path) for path in paths[start : start + _PATHS_A_CALL]]
        for entry in _run(top, (*_STATUS, *batch), environment).split(b"\0"):
            name = entry.split(b" ", _FIELDS.get(entry[:1], 0))[-1]
            if name in names:
                yield names[name]
        # Files that git was told not to look at: assume-unchanged and skip-worktree.
        for entry in filter(None, _run(top, (*_FLAGS, *batch), environment).split(b"\0")):
            facts, _, name = entry.partition(b"\t")
            tag, _, blob, _ = facts.split(b" ")
            if name in names and (tag == b"S" or tag.islower()):
                path = os.fsdecode(name.removeprefix(prefix))
                if _run(top, ("hash-object", "--", path), environment).strip() != blob:
                    yield names[name]


def _relative(top: str, root: Path, path: str) -> str:
    parent, _, name = os.path.normpath(f"{root.absolute()}/{path}").rpartition("/")
    return os.path.relpath(f"{os.path.realpath(parent)}/{name}", top)


def _program(top: str) -> str:
    """Return the git of the first folder of PATH that is not in the work tree. Raises FileNotFoundError."""
    folders = filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep))
    trusted = [each for each in folders if not f"{os.path.realpath(each)}/".startswith(f"{top}/")]
    found = shutil.which("git", path=os.pathsep.join(trusted))
    # Windows looks into the working directory first.
    if found is None or not os.path.isabs(found):  # noqa: PTH117
        raise FileNotFoundError("git")
    return found


def _run(
    top: str, arguments: Sequence[str], environment: Mapping[str, str], good: Sequence[int] = (0,)
) -> bytes:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    process = subprocess.Popen(  # noqa: S603
        (_program(top), *_GIT, *arguments),
        cwd=top,
        env={**kept, **_ENVIRONMENT, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    running[:] = [process]
    with process:
        try:
            output, errors = process.communicate(timeout=_SECONDS)
        except BaseException:
            process.kill()
            raise
    if process.returncode not in good:
        lines = errors.decode("utf-8", "backslashreplace").splitlines() or ["git failed"]
        raise _Refused(lines[0].removeprefix("fatal: "))
    return output

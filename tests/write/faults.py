"""Make every call of the write phase fail, or end the process at it, and see what the next run makes of it.

Run as a program (``python -m tests.write.faults FOLDER``), which forks for every SIGKILL: it is small and has
one thread, as the test process may not have.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

from codemods.syntax.edits import Edit
from migrator.discover import reading
from migrator.model import Change
from migrator.write import Interrupted, Unwritten, Written, disk, finish, look, take_back, write

# Three recipes that share a loader and a configuration, with several edits in a file.
FILES = {
    "Caffe/job.json": b'{\r\n  "image": "bvlc/caffe:gpu"\r\n}',
    "CNTK/train.ipynb": b'{"cells": ["image=\'cntk\'", "nodes=1"]}\n' * 40,
    "TensorFlow/run.py": b"import azure\nimage = 'tensorflow'\n" * 300,
    "configuration.json": b'{"key": "visibly-false"}\n',
    "utilities/loader.py": b"class Loader:\n    pass\n",
}
OWN = ".ngc-migrate/"
MODES = {"CNTK/train.ipynb": 0o755, "configuration.json": 0o600}


class Fault(StrEnum):
    """What befalls a call."""

    ONCE = "a call fails once"
    ALWAYS = "a call and all after it fail"
    KILL_BEFORE = "killed before a call"
    KILL_AFTER = "killed after a call"


class FaultyOs:
    """The module ``os``, one numbered call of which fails."""

    def __init__(self, number: int = -1, fault: Fault = Fault.ONCE) -> None:
        self.number = number
        self.fault = fault
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return real if not callable(real) or name == "geteuid" else self._numbered(name, real)

    def _numbered(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **options: Any) -> Any:
            number = self.calls
            self.calls += 1
            is_hit = number == self.number or (self.fault is Fault.ALWAYS and number > self.number >= 0)
            if is_hit and self.fault is Fault.KILL_BEFORE:
                self._torn(name, real, words)
                os.kill(os.getpid(), signal.SIGKILL)
            if is_hit and self.fault is not Fault.KILL_AFTER:
                self._torn(name, real, words)
                raise OSError(errno.ENOSPC if number % 2 else errno.EIO, "no luck")
            # What is flushed makes no difference to a process that ends.
            result = None if name == "fsync" else real(*words, **options)
            if is_hit:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    def _torn(self, name: str, real: Callable[..., Any], words: Any) -> None:
        """Half of what was to be written is, and a handle is closed, whatever ``close`` returns."""
        if name == "write":
            real(words[0], bytes(words[1])[: len(words[1]) // 2])
        if name == "close":
            real(*words)


def changes() -> tuple[Change, ...]:
    """Return edits at the start, in the middle and at the end, insertions and deletions among them."""
    inside = (Edit(0, 2, b"#! "), Edit(5, 5, b"nvcr.io/"), Edit(7, 9, b""))
    return tuple(
        Change(path=path, before=data, edits=(*inside, Edit(len(data), len(data), b"\n\n")))
        for path, data in FILES.items()
    )


BEFORE = {path: (data, MODES.get(path, 0o644)) for path, data in FILES.items()}
AFTER = {change.path: (change.after, MODES.get(change.path, 0o644)) for change in changes()}


Tree: TypeAlias = dict[str, tuple[bytes, int]]
Run: TypeAlias = Callable[[Path], object]


def snapshot(root: Path) -> Tree:
    """Return bytes and mode of every file."""
    found: Tree = {}
    folders = [""]
    while folders:
        folder = folders.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(f"{folder}{entry.name}/")
                    continue
                with open(entry.path, "rb") as file:  # noqa: PTH123
                    mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                    found[folder + entry.name] = file.read(), mode
    return found


def restore(root: Path, tree: Tree, found: Tree | None = None) -> None:
    """Make the tree what it was at a snapshot; ``found`` is what it is now, where that is known."""
    found = snapshot(root) if found is None else found
    for path in found.keys() - tree.keys():
        os.unlink(root / path)  # noqa: PTH108
    for path, (data, mode) in tree.items():
        if found.get(path) != (data, mode):
            os.makedirs(os.path.dirname(root / path), 0o700, exist_ok=True)  # noqa: PTH103, PTH120
            with open(root / path, "wb") as file:  # noqa: PTH123
                file.write(data)
                os.fchmod(file.fileno(), mode)
    if not any(path.startswith(OWN) for path in tree) and os.path.exists(root / OWN):  # noqa: PTH110
        os.rmdir(root / OWN)  # noqa: PTH106


def split(tree: Tree) -> tuple[Tree, set[str]]:
    """Return the user's files, and the names in ``.ngc-migrate``."""
    own = {path for path in tree if path.startswith(OWN)}
    return {path: tree[path] for path in tree.keys() - own}, {path.removeprefix(OWN) for path in own}


def apply(root: Path) -> object:
    """Do what ``ngc-migrate apply`` does once the plan is made: finish what is there, then write the rest."""
    if isinstance(look(str(root)), Interrupted):
        finish(root)
    waiting = [change for change in changes() if (root / change.path).read_bytes() == change.before]
    return write(waiting, root)


def undo(root: Path) -> object:
    """Do what ``ngc-migrate undo`` does."""
    return take_back(root)


def nothing(root: Path) -> None:
    """Begin with a tree that no run has seen."""


def half(root: Path) -> None:
    """Begin with a run that was killed after two files."""
    renames = 0

    class KilledOs(FaultyOs):
        def __getattr__(self, name: str) -> Any:
            nonlocal renames
            renames += name == "replace"
            if renames == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__getattr__(name)

    in_child(root, apply, KilledOs())


def whole(root: Path) -> None:
    """Begin with a run that ended well."""
    faulted(root, apply, FaultyOs())


def in_child(root: Path, run: Run, faulty: FaultyOs) -> None:
    """Run in a process of its own, which ends in the middle."""
    child = os.fork()
    if child == 0:
        faulted(root, run, faulty)
        os._exit(0)
    os.waitpid(child, 0)


def faulted(root: Path, run: Run, faulty: FaultyOs) -> object:
    """Run with a faulty ``os``; returns what it returned."""
    modules: tuple[Any, ...] = (disk, reading)
    for module in modules:
        module.os = faulty
    try:
        return run(root)
    finally:
        for module in modules:
            module.os = os


RUNS: dict[str, tuple[Run, Run]] = {
    "apply": (nothing, apply),
    "apply after a half apply": (half, apply),
    "undo after a half apply": (half, undo),
    "undo": (whole, undo),
}


def main() -> None:
    """Try every fault of one of RUNS in a folder; prints the counts and the defects as JSON."""
    root, name = Path(sys.argv[1]), sys.argv[2]
    begin, run = RUNS[name]
    counts: Counter[str] = Counter()
    defects: list[str] = []
    known: dict[object, list[str]] = {}
    restore(root, BEFORE)
    begin(root)
    start = snapshot(root)
    counting = FaultyOs()
    faulted(root, run, counting)
    for fault, number in product(Fault, range(counting.calls)):
        counts[fault.value] += 1
        restore(root, start)
        found = [*tried(root, begin, run, FaultyOs(number, fault))]
        # What follows depends on the tree alone, and several faults leave the same.
        tree = snapshot(root)
        left = frozenset(tree.items()), (root / OWN).exists()
        if left not in known:
            known[left] = [*followed(root, tree)]
        where = f"{name}, call {number}, {fault.value}"
        defects += [f"{where}: {defect}" for defect in (*found, *known[left])]
    print(json.dumps({"counts": counts, "defects": defects}))  # noqa: T201


def tried(root: Path, begin: Run, run: Run, faulty: FaultyOs) -> Iterator[str]:
    """Let a run meet a fault; yields what is wrong."""
    result = None
    if faulty.fault in (Fault.ONCE, Fault.ALWAYS):
        result = faulted(root, run, faulty)
    else:
        in_child(root, run, faulty)
    found, _ = split(snapshot(root))
    torn = [path for path, data in found.items() if data not in (BEFORE.get(path), AFTER.get(path))]
    if torn or found.keys() != BEFORE.keys():
        yield f"torn {torn} or garbage {found.keys() - BEFORE.keys()}"
    is_half = found not in (BEFORE, AFTER)
    if is_half and not isinstance(look(str(root)), Interrupted):
        yield "half written, and nothing tells"
    if begin is nothing and isinstance(result, Unwritten) and found != BEFORE:
        yield "said to be unwritten, and is not"
    if run is apply and isinstance(result, Written) and found != AFTER:
        yield "said to be written, and is not"
    if begin is nothing and is_half and isinstance(result, Unwritten):
        yield "half written, and not said"


def followed(root: Path, tree: Tree) -> Iterator[str]:
    """Let both next runs follow; yields what is wrong."""
    now = tree
    for then, wanted, names in ((apply, AFTER, {"closed", ".gitignore"}), (undo, BEFORE, set[str]())):
        restore(root, tree, now)
        faulted(root, then, FaultyOs())
        now = snapshot(root)
        found, kept = split(now)
        if found != wanted:
            yield f"half after {then.__name__}: {sorted(found.items() ^ wanted.items())[0][0]}"
        if kept != names:
            yield f"garbage after {then.__name__}: {sorted(kept)}"


if __name__ == "__main__":
    main()

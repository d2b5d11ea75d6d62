"""Writing the plan, where the user's own work is safe; finishing what was interrupted, and taking it back."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from migrator.cli.console import ExitCode, Refused, program, say, shown
from migrator.cli.options import ApplyRequest
from migrator.cli.signals import held
from migrator.model import Plan
from migrator.report import View, render
from migrator.write import (
    Busy,
    Done,
    HalfWritten,
    Interrupted,
    State,
    Strange,
    Written,
    above,
    below,
    finish,
    look,
    take_back,
    vcs,
    write,
)

_SHOWN = 5


def write_plan(plan: Plan, folder: Path, request: ApplyRequest) -> tuple[str, ...]:
    """Write every change of the plan below ``folder``, or none; returns why not, a line for each reason.

    A signal takes effect when all is written, or before anything is. Raises Refused.
    """
    unreviewed = _unreviewed(plan, request.reviewed) if request.reviewed is not None else ()
    if unreviewed or not plan.changes or not request.is_writing:
        return unreviewed
    refusal = _refusal(vcs.state(folder, [change.path for change in plan.changes]), request)
    if refusal is not None:
        return (refusal,)
    with held() as came:
        # Recipes share loaders and configurations, so only all of them together are whole.
        result = write(plan.changes, folder, is_stopped=lambda: bool(came))
        if came:
            count = len(result.files) if isinstance(result, Written) else 0
            say(f"{count} of {len(plan.changes)} files were written")
    if isinstance(result, HalfWritten):
        way_out = f"the files are half written: {_ways_out(str(folder))}"
        return (*(f"{left.path}: {left.message}" for left in result.left), way_out)
    return tuple(f"{left.path}: {left.message}; nothing was written" for left in result.left)


def _refusal(state: vcs.State | None, request: ApplyRequest) -> str | None:
    match state:
        case vcs.Dirty(paths) if not request.allow_dirty:
            return f"not committed: {_listed(paths)}; commit first, or overwrite with --allow-dirty"
        case vcs.NoVcs(paths) if not request.allow_no_vcs:
            return f"in no git repository: {_listed(paths)}; keep a copy, and overwrite with --allow-no-vcs"
        case vcs.UnknownState(message) if not request.allow_no_vcs:
            return f"git does not tell the state of the files ({message}); overwrite with --allow-no-vcs"
    return None


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more


def _unreviewed(plan: Plan, file: str) -> tuple[str, ...]:
    """Return a line for every file whose change is not the one in the JSON report. Raises Refused."""
    try:
        reviewed = _hashes(Path(file).read_bytes())
    except OSError as error:
        raise Refused(f"--reviewed {file}: {error.strerror or 'cannot be read'}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(f"--reviewed {file}: is not a JSON report of ngc-migrate") from error
    planned = _hashes(render("json", plan, View()).encode())
    lines = []
    for path in sorted({*reviewed, *planned}):
        (before, after), (old, new) = (found.get(path, ("", "")) for found in (planned, reviewed))
        why = "would not become what was reviewed" if after != new else ""
        why = "is not as it was reviewed" if before != old else why
        why = "would change, and is not in the reviewed report" if not old else why
        why = "would not change, and is in the reviewed report" if not before else why
        lines += [f"{path}: {why}; nothing was written"] if why else []
    more = len(lines) - _SHOWN
    return (*lines[:_SHOWN], f"{more} more files are not as reviewed") if more > 0 else tuple(lines)


def _hashes(report: bytes) -> Mapping[str, tuple[str, str]]:
    return {edit["path"]: (edit["before"], edit["after"]) for edit in json.loads(report)["edits"]}


def warn(folders: Iterable[str]) -> tuple[State, ...]:
    """Say what runs that did not end well have left at or above the folders; returns it."""
    states = map(look, above(folders))
    found = tuple(state for state in states if state is not None and not isinstance(state, Done))
    for state in found:
        say(f"warning: {_said(state)}")
    return found


def resume(folders: Iterable[str]) -> bool:
    """Finish what an apply left at or above the folders; returns whether there was something.

    Raises Refused where another run is at work, or finishing fails.
    """
    found = warn(folders)
    _refuse_if_busy(found)
    interrupted = [state for state in found if isinstance(state, Interrupted)]
    for state in interrupted:
        with held():
            result = finish(Path(state.root))
        lines = list(_left(state.root, result))
        if not all(left.is_final for left in result.left):
            raise Refused("; ".join(lines))
        say(f"note: finished it by writing {len(result.files)} more")
        for line in lines:
            say(f"warning: {line}")
    return bool(interrupted)


def _refuse_if_busy(found: Iterable[State]) -> None:
    for state in found:
        if isinstance(state, Busy):
            raise Refused(_said(state))


def _said(state: State) -> str:
    place = shown(state.root)
    match state:
        case Busy():
            return f"another run is writing below {place} at this moment"
        case Strange(_, message):
            return f"{place}/.ngc-migrate is not followed: {message}; remove it if you do not need it"
        case Interrupted(_, written, files):
            how_far = f"{written} of {files} files were written" if files else "no file was written"
            ways = _ways_out(state.root)
            return f"a run that wrote below {place} was ended before its end: {how_far}; {ways}"
        case Done():
            return f"a run wrote below {place}"


def _ways_out(root: str) -> str:
    words = [] if shown(root) == "." else [shown(root)]
    apply, undo = (shlex.join([program(), command, *words]) for command in ("apply", "undo"))
    return f"`{apply}` finishes it, `{undo}` takes it back"


def _left(root: str, result: Written) -> Iterator[str]:
    for left in result.left:
        yield f"{shown(f'{root}/{left.path}')}: {left.message}; it is left as it is"


def undo(path: str) -> ExitCode:
    """Take back the last run that wrote at, above or below ``path``. Raises Refused."""
    if not Path(path).exists():
        raise Refused(f"{path}: there is no such file or folder")
    folder = os.path.realpath(path)
    found = [state for state in map(look, (*above([folder]), *below(folder))) if state is not None]
    _refuse_if_busy(found)
    for state in found:
        if isinstance(state, Strange):
            say(f"warning: {_said(state)}")
    runs = [state for state in found if isinstance(state, Interrupted | Done)]
    if not runs:
        say("Nothing to take back: no run has left a journal here.")
        return ExitCode.DONE
    # What was interrupted comes before what is whole.
    last = max(runs, key=lambda state: state.time if isinstance(state, Done) else float("inf"))
    with held():
        result = take_back(Path(last.root))
    for line in _left(last.root, result):
        say(f"error: {line}")
    count = len(result.files)
    if count or result.left:
        say(f"{count} {'file' if count == 1 else 'files'} taken back below {shown(last.root)}.")
    else:
        say("Nothing to take back: every file is as it was.")
    return ExitCode.FAILED if result.left else ExitCode.DONE

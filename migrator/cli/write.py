"""Writing the plan, where the user's own work is safe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from migrator.cli.console import say
from migrator.cli.options import Request
from migrator.model import Plan
from migrator.write import Ending, Refusal, Refused, vcs, write

_SHOWN = 5


def write_plan(plan: Plan, folder: Path, request: Request) -> tuple[str, ...]:
    """Write every change of the plan below ``folder``, or none; returns why not, a line for each reason.

    Raises KeyboardInterrupt when interrupted, after saying how far it came.
    """
    if not plan.changes:
        return ()
    refusal = _refusal(vcs.state(folder, [change.path for change in plan.changes]), request)
    if refusal is not None:
        return (refusal,)
    # Recipes share loaders and configurations, so only all of them together are whole.
    result = write([(plan.root, plan.changes)], folder)
    if result.ending is Ending.INTERRUPTED:
        say(f"{len(result.files)} of {len(plan.changes)} files were written")
        raise KeyboardInterrupt
    return tuple(_said(refused) for refused in result.refused)


def _refusal(state: vcs.State, request: Request) -> str | None:
    match state:
        case vcs.Dirty(paths) if not request.allow_dirty:
            return f"not committed: {_listed(paths)}; commit first, or overwrite with --allow-dirty"
        case vcs.NoVcs(paths) if not request.allow_no_vcs:
            return f"in no git repository: {_listed(paths)}; keep a copy, and overwrite with --allow-no-vcs"
        case vcs.Unknown(message) if not request.allow_no_vcs:
            return f"git does not tell the state of the files ({message}); overwrite with --allow-no-vcs"
    return None


def _said(refused: Refused) -> str:
    end = "" if refused.reason is Refusal.HALF_WRITTEN else "; nothing was written"
    return f"{refused.path}: {refused.message}{end}"


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more

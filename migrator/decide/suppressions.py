"""What the user tells the tool to leave alone: by comments in the code, by globs in the configuration.

The comment is ``# ngc-migrate: ignore[rule] reason``, with several rules ``ignore[rule-a,rule-b] reason``;
the globs stand under ``ignore`` in ``[tool.ngc-migrate]``. Lines are 1-based, in the file or in the cell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from migrator.catalogue import RULES
from migrator.discover import globs
from migrator.model import Finding, Job, Place, Severity, Status
from migrator.understand.texts import LineRange, Suppression, lines_at

SUPPRESSED: Final = "suppressed"
UNSUPPRESSIBLE: Final = frozenset(
    {SUPPRESSED, "suppression-without-reason", "suppression-unused", "suppression-unknown-rule"}
)
_PLACE = Place("pyproject.toml")


class Ledger:
    """All suppressions of a run; it never changes."""

    def __init__(
        self, comments: Iterable[Suppression], ignore: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """Take the comments of all files, and the globs by rule; raises BadGlob for what is no glob."""
        self._comments = tuple(comments)
        self._globs = {
            rule: (globs(patterns), [Suppression(rule=rule, place=_PLACE, glob=glob) for glob in patterns])
            for rule, patterns in (ignore or {}).items()
        }

    def match(self, rule: str, lines: Iterable[LineRange]) -> tuple[Suppression, ...]:
        """Return every suppression of ``rule`` that counts for some of ``lines``, comments first."""
        if rule in UNSUPPRESSIBLE:
            return ()
        places = tuple(lines)
        asked = (one for one in self._comments if one.rule == rule and one.reason and one.lines)
        found = [one for one in asked if one.lines and any(map(one.lines.meets, places))]
        if rule in self._globs:
            patterns, wishes = self._globs[rule]
            numbers = (patterns.match(path) for path in dict.fromkeys(at.path for at in places))
            found += [wishes[number] for number in numbers if number is not None]
        return tuple(dict.fromkeys(found))

    def quiet(
        self, jobs: Sequence[tuple[Job, Sequence[LineRange], Sequence[Finding]]], told: Iterable[Finding] = ()
    ) -> tuple[tuple[Job, ...], tuple[Finding, ...], frozenset[Suppression]]:
        """Return jobs and findings without what is suppressed, and the suppressions that matched.

        Each job comes with all lines that it stands on (``lines_of``) and what is told of it alone; what
        is ``told`` at its place is suppressed on its lines too. A suppressed job is ``skipped``.
        """
        around = {job.place: lines for job, lines, _ in jobs}
        matched = [(job, self.match(job.rule, lines), findings) for job, lines, findings in jobs]
        used = {one for _, matching, _ in matched for one in matching}
        heard = [(one, bool(matching)) for _, matching, findings in matched for one in findings]
        kept: list[Finding] = []
        for one, is_suppressed in (*heard, *((one, False) for one in told)):
            matching = self.match(one.rule, (lines_at(one.place), *around.get(one.place, ())))
            kept += () if matching or is_suppressed else (one,)
            used.update(matching)
        kept_jobs = (_suppressed(job, matching[0]) if matching else job for job, matching, _ in matched)
        return tuple(kept_jobs), tuple(kept), frozenset(used)

    def complaints(self, used: Collection[Suppression]) -> tuple[Finding, ...]:
        """Return a warning for every suppression without reason, of an unknown rule, or not ``used``."""
        # `!glob` takes back what a glob above it says: by itself it suppresses nothing.
        wishes = [one for _, found in self._globs.values() for one in found if not one.glob.startswith("!")]
        faults = ((one.place, _fault(one, used)) for one in (*self._comments, *wishes))
        found = {(place, *fault) for place, fault in faults if fault is not None}
        return tuple(Finding(rule, Severity.WARNING, place, told) for place, rule, told in sorted(found))


def _suppressed(job: Job, by: Suppression) -> Job:
    why = by.reason or f"{by.glob} stands under ignore in [tool.ngc-migrate]"
    message = f"{job.rule} is suppressed: {why}"
    return replace(
        job, status=Status.SKIPPED, rule=SUPPRESSED, message=message, target=None, url="", trace=()
    )


def rule_fault(rule: str) -> str:
    """Return what keeps a rule from being suppressed, with the closest one that can be; empty for none."""
    if rule in UNSUPPRESSIBLE:
        return f"{rule} cannot be suppressed"
    close = get_close_matches(rule, sorted(RULES.keys() - UNSUPPRESSIBLE), n=1)
    hint = f"did you mean {close[0]}?" if close else "reports name the rule of every job and finding"
    return "" if rule in RULES else f"there is no rule {rule!r}; {hint}"


def _fault(one: Suppression, used: Collection[Suppression]) -> tuple[str, str] | None:
    """Return the rule and message of what is wrong with a suppression, None where nothing is."""
    where = f"The glob {one.glob!r} for {one.rule}" if one.glob else f"The suppression of {one.rule}"
    if not one.rule:
        message = "The suppression names no rule; write ignore[rule] and the reason."
        return "suppression-unknown-rule", message
    if fault := rule_fault(one.rule):
        return "suppression-unknown-rule", f"{where} cannot count: {fault}"
    if not (one.reason or one.glob):
        message = f"{where} is not honoured: say why behind ignore[{one.rule}]."
        return "suppression-without-reason", message
    return None if one in used else ("suppression-unused", f"{where} matches nothing; take it out.")

"""What the user tells the tool to leave alone: by comments in the code, by globs in the configuration.

The comment is ``# ngc-migrate: ignore[rule] reason``, with several rules ``ignore[rule-a,rule-b] reason``;
the globs stand under ``ignore`` in ``[tool.ngc-migrate]``. Lines are 1-based, in the file or in the cell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from migrator.discover import globs
from migrator.model import Finding, Job, Place, Severity, Status
from migrator.understand.texts import CONFIGURATION, LineRange, Suppression, lines_at

SUPPRESSED: Final = "suppressed"
UNSUPPRESSIBLE: Final = frozenset(
    {SUPPRESSED, "suppression-without-reason", "suppression-unused", "suppression-unknown-rule"}
)


class Ledger:
    """All suppressions of a run; it never changes."""

    def __init__(
        self, comments: Iterable[Suppression], ignore: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """Take the comments of all files, and the globs by rule; raises BadGlob for what is no glob."""
        self._comments: dict[tuple[str, int, str], list[Suppression]] = {}
        for one in comments:
            self._comments.setdefault((one.place.path, one.place.cell, one.rule), []).append(one)
        ignored = (ignore or {}).items()
        self._specs = {rule: globs(patterns) for rule, patterns in ignored}
        self._globs = {
            rule: tuple(Suppression(rule=rule, place=Place(CONFIGURATION), glob=glob) for glob in patterns)
            for rule, patterns in ignored
        }

    def match(self, rule: str, lines: Iterable[LineRange]) -> tuple[Suppression, ...]:
        """Return every suppression of ``rule`` that counts for some of ``lines``, comments first."""
        places = tuple(dict.fromkeys(lines))
        if rule in UNSUPPRESSIBLE:
            return ()
        paths = dict.fromkeys(place.path for place in places)
        found = [one for place in places for one in self._comments_at(rule, place)]
        found += (one for path in paths for one in self._globs_for(rule, path))
        return tuple(dict.fromkeys(found))

    def quiet(
        self, jobs: Sequence[tuple[Job, Sequence[LineRange], Sequence[Finding]]], told: Iterable[Finding] = ()
    ) -> tuple[tuple[Job, ...], tuple[Finding, ...], frozenset[Suppression]]:
        """Return jobs and findings without what is suppressed, and the suppressions that matched.

        Each job comes with all lines that it stands on (``lines_of``) and what is told of it alone; what
        is ``told`` at its place is suppressed on its lines too. A suppressed job is ``skipped``.
        """
        around = {job.place: lines for job, lines, _ in jobs}
        kept_jobs: list[Job] = []
        kept: list[Finding] = []
        used: set[Suppression] = set()
        for job, lines, findings in jobs:
            matching = self.match(job.rule, lines)
            kept_jobs.append(_suppressed(job, matching[0]) if matching else job)
            heard, by = self._heard(findings, around)
            kept += () if matching else heard
            used.update(matching, by)
        heard, by = self._heard(told, around)
        return tuple(kept_jobs), (*kept, *heard), frozenset(used | by)

    def _heard(
        self, findings: Iterable[Finding], around: Mapping[Place, Sequence[LineRange]]
    ) -> tuple[list[Finding], set[Suppression]]:
        found = [
            (one, self.match(one.rule, (lines_at(one.place), *around.get(one.place, ())))) for one in findings
        ]
        used = {each for _, matching in found for each in matching}
        return [one for one, matching in found if not matching], used

    def complaints(self, used: Collection[Suppression], known: Collection[str]) -> tuple[Finding, ...]:
        """Return a warning for every suppression without reason, of a rule not in ``known``, or not used."""
        comments = [one for found in self._comments.values() for one in found]
        patterns = [one for found in self._globs.values() for one in found]
        # `!glob` takes back what a glob above it says: by itself it suppresses nothing.
        wishes = (*comments, *(one for one in patterns if not one.glob.startswith("!")))
        found = (_warning(one, *said) for one in wishes for said in _faults(one, used, known))
        return tuple(sorted(set(found), key=lambda one: (one.place, one.rule, one.message)))

    def _comments_at(self, rule: str, lines: LineRange) -> Iterator[Suppression]:
        for one in self._comments.get((lines.path, lines.cell, rule), ()):
            if one.is_honoured and one.lines is not None and one.lines.meets(lines):
                yield one

    def _globs_for(self, rule: str, path: str) -> Iterator[Suppression]:
        if rule in self._specs:
            number = self._specs[rule].match(path)
            if number is not None:
                yield self._globs[rule][number]


def _suppressed(job: Job, by: Suppression) -> Job:
    message = f"{job.rule} is suppressed: {by.why}"
    return replace(
        job, status=Status.SKIPPED, rule=SUPPRESSED, message=message, target=None, url="", trace=()
    )


def suppressible() -> frozenset[str]:
    """Return the ids of all rules that can be suppressed."""
    from migrator.catalogue import RULES

    return frozenset(RULES) - UNSUPPRESSIBLE


def unknown_rule(rule: str, known: Collection[str]) -> str:
    """Return what to tell of a rule that is not in ``known``, with the closest that is."""
    if rule in UNSUPPRESSIBLE:
        return f"{rule} cannot be suppressed"
    close = get_close_matches(rule, sorted(known), n=1)
    hint = f"did you mean {close[0]}?" if close else "reports name the rule of every job and finding"
    return f"there is no rule {rule!r}; {hint}"


def _faults(
    one: Suppression, used: Collection[Suppression], known: Collection[str]
) -> Iterator[tuple[str, str]]:
    where = f"The glob {one.glob!r} for {one.rule}" if one.glob else f"The suppression of {one.rule}"
    if not one.rule:
        yield "suppression-unknown-rule", "The suppression names no rule; write ignore[rule] and the reason."
    elif one.rule not in known:
        yield "suppression-unknown-rule", f"{where} cannot count: {unknown_rule(one.rule, known)}"
    elif not one.is_honoured:
        message = f"{where} is not honoured: say why behind ignore[{one.rule}]."
        yield "suppression-without-reason", message
    elif one not in used:
        yield "suppression-unused", f"{where} matches nothing; take it out."


def _warning(one: Suppression, rule: str, message: str) -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, place=one.place, message=message)

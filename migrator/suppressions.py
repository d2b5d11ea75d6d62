"""What the user tells the tool to leave alone: by comments in the code, by globs in the configuration.

The comment is ``# ngc-migrate: ignore[rule] reason``, with several rules ``ignore[rule-a,rule-b] reason``;
the globs stand under ``ignore`` in ``[tool.ngc-migrate]``. Lines are 1-based, in the file or in the cell.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from migrator.ignores import globs
from migrator.limitations import Limitation
from migrator.model import Finding, Job, Place, Severity, Status
from migrator.python_job import PythonJob
from migrator.python_model import PythonModule

SUPPRESSED: Final = "suppressed"
UNSUPPRESSIBLE: Final = frozenset(
    {SUPPRESSED, "suppression-without-reason", "suppression-unused", "suppression-unknown-rule"}
)
CONFIGURATION: Final = "pyproject.toml"


@dataclass(frozen=True, slots=True, order=True)
class Lines:
    """Lines of one file or cell, both ends included; ``cell`` is 0-based, -1 outside of notebooks."""

    path: str
    cell: int
    first: int
    last: int

    def meets(self, other: Lines) -> bool:
        """Tell whether some line is in both."""
        is_same_text = (self.path, self.cell) == (other.path, other.cell)
        return is_same_text and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """The wish to hear nothing of one rule: on ``lines``, or, of the configuration, where ``glob`` matches.

    ``rule`` is empty where a comment names none; ``place`` is where the wish stands.
    """

    rule: str
    place: Place
    reason: str = ""
    lines: Lines | None = None
    glob: str = ""

    @property
    def is_honoured(self) -> bool:
        """Whether it counts: a comment must say why."""
        return bool(self.reason or self.glob)

    @property
    def why(self) -> str:
        """The reason, or what stands in its place."""
        return self.reason or f"{self.glob} stands under ignore in [tool.ngc-migrate]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quieted:
    """A job and its findings without what is suppressed, and the suppressions that matched."""

    job: Job
    findings: tuple[Finding, ...]
    used: frozenset[Suppression]


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

    def match(self, rule: str, lines: Iterable[Lines]) -> tuple[Suppression, ...]:
        """Return every suppression of ``rule`` that counts for some of ``lines``, comments first."""
        places = tuple(dict.fromkeys(lines))
        if rule in UNSUPPRESSIBLE:
            return ()
        paths = dict.fromkeys(place.path for place in places)
        found = [one for place in places for one in self._comments_at(rule, place)]
        found += (one for path in paths for one in self._globs_for(rule, path))
        return tuple(dict.fromkeys(found))

    def quiet(self, job: Job, findings: Iterable[Finding], lines: Sequence[Lines] = ()) -> Quieted:
        """Return a job as its suppressions leave it; ``lines`` are all that it stands on (``lines_of``).

        A suppressed job is ``skipped`` and has no findings. Doing it twice changes nothing more.
        """
        around = (*lines, lines_at(job.place))
        kept, used = self.quiet_findings(findings, {job.place: around})
        matching = self.match(job.rule, around)
        if not matching:
            return Quieted(job=job, findings=kept, used=used)
        message = f"{job.rule} is suppressed: {matching[0].why}"
        quiet = replace(
            job, status=Status.SKIPPED, rule=SUPPRESSED, message=message, target=None, url="", trace=()
        )
        return Quieted(job=quiet, findings=(), used=used | frozenset(matching))

    def quiet_findings(
        self, findings: Iterable[Finding], around: Mapping[Place, Sequence[Lines]] | None = None
    ) -> tuple[tuple[Finding, ...], frozenset[Suppression]]:
        """Return the findings that no suppression is for, and the suppressions of the others.

        ``around`` has the lines of jobs by their places: what is told of a job there, they count for.
        """
        lines = around or {}
        found = {
            one: self.match(one.rule, (lines_at(one.place), *lines.get(one.place, ()))) for one in findings
        }
        kept = tuple(one for one, matching in found.items() if not matching)
        return kept, frozenset(one for matching in found.values() for one in matching)

    def complaints(self, used: Collection[Suppression], known: Collection[str]) -> tuple[Finding, ...]:
        """Return a warning for every suppression without reason, of a rule not in ``known``, or not used."""
        comments = [one for found in self._comments.values() for one in found]
        patterns = [one for found in self._globs.values() for one in found]
        # `!glob` takes back what a glob above it says: by itself it suppresses nothing.
        wishes = (*comments, *(one for one in patterns if not one.glob.startswith("!")))
        found = (_warning(one, *said) for one in wishes for said in _faults(one, used, known))
        return tuple(sorted(set(found), key=lambda one: (one.place, one.rule, one.message)))

    def _comments_at(self, rule: str, lines: Lines) -> Iterator[Suppression]:
        for one in self._comments.get((lines.path, lines.cell, rule), ()):
            if one.is_honoured and one.lines is not None and one.lines.meets(lines):
                yield one

    def _globs_for(self, rule: str, path: str) -> Iterator[Suppression]:
        if rule in self._specs:
            verdict = self._specs[rule].check_file(path)
            if verdict.include and verdict.index is not None:
                yield self._globs[rule][verdict.index]


def suppressible(limitations: Iterable[Limitation] = ()) -> frozenset[str]:
    """Return the ids of all rules that can be suppressed; ``limitations`` are the user's own."""
    from migrator.rules import RULES

    return frozenset((*RULES, *(row.id for row in limitations))) - UNSUPPRESSIBLE


def unknown_rule(rule: str, known: Collection[str]) -> str:
    """Return what to tell of a rule that is not in ``known``, with the closest that is."""
    if rule in UNSUPPRESSIBLE:
        return f"{rule} cannot be suppressed"
    close = get_close_matches(rule, sorted(known), n=1)
    hint = f"did you mean {close[0]}?" if close else "reports name the rule of every job and finding"
    return f"there is no rule {rule!r}; {hint}"


def lines_at(place: Place) -> Lines:
    """Return the one line of a place."""
    return Lines(place.path, place.cell, place.line, place.line)


def lines_of(jobs: Sequence[PythonJob]) -> Mapping[PythonJob, tuple[Lines, ...]]:
    """Return the lines that each job of one text stands on.

    They are those of the statements that make the job, its container settings and its registry, and
    that spell its image, in other files too; of the expression alone in compound statements and in those
    of several jobs.
    """
    around = [_statement(job.module, job.call) for job in jobs]
    crowded = {statement for statement, count in Counter(around).items() if count > 1}
    return {job: tuple(dict.fromkeys(_job_lines(job, crowded))) for job in jobs}


def _job_lines(job: PythonJob, crowded: Collection[ast.stmt | None]) -> Iterator[Lines]:
    spelled = job.image.written if job.image is not None else ()
    for node in (job.call, job.container, job.registry, *spelled):
        if node is not None:
            owner = job.module.owner(node)
            statement = _statement(owner, node)
            start, end = owner.span(node if statement is None or statement in crowded else statement)
            first, last = (owner.text.place(offset) for offset in (start, max(end - 1, start)))
            yield Lines(first.path, first.cell, first.line, last.line)


def _statement(module: PythonModule, node: ast.expr) -> ast.stmt | None:
    """Return the statement around ``node``, None if it is a compound one."""
    found = next((each for each in module.names.enclosing(node) if isinstance(each, ast.stmt)), None)
    return None if hasattr(found, "body") or hasattr(found, "cases") else found


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

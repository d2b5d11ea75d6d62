"""The text report, for people: what a person must act on comes last and short."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from rich.color import ColorSystem
from rich.style import Style

from migrator.model import Change, NextStep, Plan, Severity, Status
from migrator.report import Detail, Paint, Stage, View, printable
from migrator.report.diff_lines import SIGNS, diff_lines
from migrator.report.overview import RETIRED, Kind, Overview, Row, Told, Topic, facts, overview, trail, where
from migrator.report.patch import LineKind

_COLORS: dict[Kind | LineKind, str] = {
    Status.FAILED: "bold red",
    Status.BLOCKED: "red",
    Status.MANUAL: "yellow",
    Status.MIGRATE: "green",
    Status.MIGRATED: "cyan",
    Status.SKIPPED: "dim",
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "cyan",
    LineKind.CELL: "bold cyan",
    LineKind.HUNK: "cyan",
    LineKind.CONTEXT: "",
    LineKind.REMOVED: "red",
    LineKind.ADDED: "green",
}
_COMMAND = re.compile("`[^`]*`")
_LABEL = 9
_MOST_FAILURES = 10


def render(plan: Plan, view: View) -> str:
    """Return the report: lines broken between words to ``view.width``, never inside a path or a command."""
    told = overview(plan)
    end = (
        *_overview(told, view),
        *_notes(told, view),
        *_next_steps(plan.next_steps, view),
        *_files(plan, view),
        *_failures(told, view),
    )
    diffs: list[Iterable[str]] = []
    details: list[Iterable[str]] = []
    if view.detail is not Detail.QUIET:
        changes = plan.changes if view.has_diffs else ()
        diffs = [_diff(change, plan, view) for change in sorted(changes, key=lambda one: one.path)]
        shown = told.topics if _is_all(view) else told.of(Status.BLOCKED, Status.MANUAL)
        details = [_topic(topic, view) for topic in shown]
    return "\n\n".join("\n".join(section) for section in (*diffs, *details, end)) + "\n"


def _is_all(view: View) -> bool:
    return view.detail is Detail.VERBOSE


def _painted(text: str, style: str, view: View) -> str:
    if view.paint is Paint.PLAIN:
        return text
    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)


def _diff(change: Change, plan: Plan, view: View) -> Iterator[str]:
    yield _painted(printable(change.path), "bold", view)
    for line in diff_lines(change, plan.secrets):
        yield _painted(SIGNS.get(line.kind, "") + line.text, _COLORS[line.kind], view)


def _topic(topic: Topic, view: View) -> Iterator[str]:
    """Yield what stands under a rule: what all its places have in common first, and only once."""
    by_message = topic.by_message()
    common = topic.told[0].message if len(by_message) == 1 else ""
    yield from _labelled(topic.kind.value, _COLORS[topic.kind], _joined(topic.rule, common), view)
    page = view.rules.get(topic.rule)
    if page is not None and topic.kind not in (Status.MIGRATE, Status.MIGRATED, Status.SKIPPED):
        yield from _labelled("", "", f"To do: {page.now}", view)
    for url in sorted({one.url for one in topic.told if one.url}):
        yield from _labelled("", "", printable(url), view)
    for message, told in by_message.items():
        if not common:
            yield from _wrapped(printable(message), view.width, "  ")
        for one in told:
            yield from _beside(f"    {printable(str(one.place))}", facts(one), view)
            if topic.kind is Status.MANUAL or _is_all(view):
                yield from _wrapped(printable(trail(one)), view.width, "      ")


def _joined(rule: str, message: str) -> str:
    return printable(f"{rule}: {message}" if message else rule)


def _beside(lead: str, says: str, view: View) -> Iterator[str]:
    """Yield the words behind ``lead`` where they fit, else below it."""
    line = f"{lead}  {printable(says)}".rstrip()
    if len(line) <= view.width:
        yield line
    else:
        yield lead.rstrip()
        yield from _wrapped(printable(says), view.width, "      ")


def _labelled(label: str, style: str, paragraph: str, view: View) -> Iterator[str]:
    """Yield the paragraph beside its label; one that is indented hangs two columns further."""
    text = paragraph.lstrip(" ")
    indent = " " * (len(paragraph) - len(text))
    hang = " " * _LABEL + (f"{indent}  " if indent else "")
    first, *rest = _wrapped(text, view.width, hang) or [""]
    yield _painted(f"{label:<{_LABEL}}", style, view) + indent + first.lstrip(" ")
    yield from rest


def _wrapped(paragraph: str, width: int, indent: str) -> list[str]:
    """Return the paragraph in lines that break between words, but not inside of `a command`."""
    kept = _COMMAND.sub(lambda found: found[0].replace(" ", "\0"), paragraph)
    room = max(width - len(indent), 20)
    lines = textwrap.wrap(kept, room, break_long_words=False, break_on_hyphens=False)
    return [indent + line.replace("\0", " ") for line in lines]


def _overview(told: Overview, view: View) -> Iterator[str]:
    counts = told.counts()
    for status, rows, rest in told.groups(is_all=_is_all(view)):
        done = " (written)" if status is Status.MIGRATE and view.stage is Stage.WRITTEN else ""
        yield _painted(f"{status.value.upper()} {counts[status]}{done}", _COLORS[status], view)
        yield from _table(rows, view)
        if rest:
            yield f"  and {rest} more (-v lists them)"


def _table(rows: Sequence[Row], view: View) -> Iterator[str]:
    """Yield a line a row, in the two columns that most rows fit into; the others take what they need."""
    names = [printable(row.recipes[0].path) + row.more for row in rows]
    says = [
        printable(row.says) + (f"  [{' '.join(map(str, row.notes))}]" if row.notes else "") for row in rows
    ]
    sizes = [(len(name), view.width - 4 - len(said)) for name, said in zip(names, says, strict=True)]
    columns = sorted({name for name, _ in sizes})
    column = max(columns, key=lambda each: sum(name <= each <= most for name, most in sizes))
    for name, said in zip(names, says, strict=True):
        is_fitting = 4 + max(column, len(name)) + len(said) <= view.width
        yield from _beside(f"  {name:<{column}}" if is_fitting else f"  {name}", said, view)


def _notes(told: Overview, view: View) -> Iterator[str]:
    lines = []
    for number, topic in enumerate(told.notes, 1):
        page = view.rules.get(topic.rule)
        mark = f"[{number}] " if topic.kind is Severity.WARNING else ""
        lines.append(mark + _joined(f"{len(topic.told)} {topic.rule}", page.title if page else ""))
    yield from _list("Notes", "bold", [*lines, RETIRED] if told.rows else lines, view)


def _list(label: str, style: str, paragraphs: Iterable[str], view: View) -> Iterator[str]:
    for index, paragraph in enumerate(paragraphs):
        yield from _labelled("" if index else label, style, paragraph, view)


def _next_steps(steps: Sequence[NextStep], view: View) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        lines = [f"{number} {printable(step.title)}"]
        for blank in step.blanks:
            paths = ", ".join(blank.paths) if _is_all(view) else where(blank)
            lines.append(f"  {printable(paths)}: {printable(blank.what)}")
        yield from _list("" if number > 1 else "Next", "bold", lines, view)
        yield from (f"{' ' * _LABEL}  {printable(command)}" for command in step.commands)


def _files(plan: Plan, view: View) -> Iterator[str]:
    fates = ", ".join(f"{count} {fate}" for fate, count in asdict(plan.files).items() if count)
    yield from _labelled("Files", "bold", f"{plan.files.seen} seen{f': {fates}' if fates else ''}", view)


def _failures(told: Overview, view: View) -> Iterator[str]:
    found: list[Told] = [one for topic in told.of(Status.FAILED, Severity.ERROR) for one in topic.told]
    lines = dict.fromkeys(f"{printable(str(one.place))}: {_joined(one.rule, one.message)}" for one in found)
    shown = list(lines) if _is_all(view) else list(lines)[:_MOST_FAILURES]
    rest = [f"and {len(lines) - len(shown)} more (-v lists them)"] if len(shown) < len(lines) else []
    yield from _list("Failed", _COLORS[Status.FAILED], (*shown, *rest), view)

"""The text report, for people: what a person must act on comes last and short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from rich.color import ColorSystem
from rich.style import Style

from migrator.model import Change, Plan, Severity, Status
from migrator.report import Detail, View, printable
from migrator.report.overview import (
    RETIRED,
    Kind,
    Overview,
    Row,
    Told,
    Topic,
    facts,
    overview,
    trail,
    where,
)
from migrator.report.patch import SIGNS, LineKind, diff_lines
from migrator.report.wording import kept, wrapped

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
_LABEL = 9
_MOST_FAILURES = 10


def render(plan: Plan, view: View) -> str:
    """Return the report: lines broken between words to ``view.width``, never inside a path or a command."""
    told = overview(plan, view.rules)
    sections: list[Iterable[str]] = []
    if view.detail is not Detail.QUIET:
        changes = plan.changes if view.has_diffs else ()
        sections += (_diff(change, plan, view) for change in sorted(changes, key=lambda one: one.path))
        topics = told.topics if _is_all(view) else told.of(Status.BLOCKED, Status.MANUAL)
        sections += (_topic(topic, view) for topic in topics)
    fates = ", ".join(f"{count} {fate}" for fate, count in asdict(plan.files).items() if count)
    end = (
        *_overview(told, view),
        *_labelled("Notes", "bold", _notes(told), view),
        *_labelled("Next", "bold", _next_steps(plan, view), view),
        *_labelled("Files", "bold", [f"{plan.files.seen} seen{f': {fates}' if fates else ''}"], view),
        *_labelled("Failed", _COLORS[Status.FAILED], _failures(told, view), view),
    )
    return "\n\n".join("\n".join(section) for section in (*sections, end)) + "\n"


def _is_all(view: View) -> bool:
    return view.detail is Detail.VERBOSE


def _painted(text: str, style: str, view: View) -> str:
    if not view.is_colored:
        return text
    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)


def _labelled(label: str, style: str, paragraphs: Iterable[str], view: View) -> Iterator[str]:
    """Yield the paragraphs beside their label; one that is indented hangs two columns further."""
    for paragraph in paragraphs:
        indent = " " * (len(paragraph) - len(paragraph.lstrip(" ")))
        hanging = " " * _LABEL + (f"{indent}  " if indent else "")
        text = wrapped(paragraph.lstrip(" "), view.width, " " * _LABEL + indent, hanging)
        yield _painted(f"{label:<{_LABEL}}", style, view) + text[_LABEL:]
        label = style = ""


def _below(says: str, view: View) -> str:
    return wrapped(says, view.width, "      ", "      ")


def _diff(change: Change, plan: Plan, view: View) -> Iterator[str]:
    yield _painted(printable(change.path), "bold", view)
    for line in diff_lines(change, plan.secrets):
        yield _painted(SIGNS.get(line.kind, "") + line.text, _COLORS[line.kind], view)


def _topic(topic: Topic, view: View) -> Iterator[str]:
    """Yield what stands under a rule: what all its places have in common first, and only once."""
    by_message = topic.by_message()
    common = next(iter(by_message)) if len(by_message) == 1 else ""
    is_open = topic.page.now and topic.kind not in (Status.MIGRATE, Status.MIGRATED, Status.SKIPPED)
    head = [_joined(topic.page.id, common), *([f"To do: {topic.page.now}"] if is_open else ())]
    for url in sorted({printable(one.url) for one in topic.told if one.url}):
        # The terminal would break a longer one.
        is_fitting = _LABEL + len(url) <= view.width or _is_all(view)
        head.append(url if is_fitting else f"`ngc-migrate explain {topic.page.id}` names the source.")
    yield from _labelled(topic.kind.value, _COLORS[topic.kind], dict.fromkeys(head), view)
    for message, told in by_message.items():
        if message and not common:
            yield wrapped(printable(message), view.width, "  ", "  ")
        for one in told:
            place, said = wrapped(_place(one), view.width, "    ", "      "), printable(facts(one))
            line = f"{place}  {said}".rstrip()
            yield line if len(line) <= view.width else f"{place}\n{_below(said, view)}".rstrip()
            if trail(one) and (topic.kind is Status.MANUAL or _is_all(view)):
                yield _below(printable(trail(one)), view)


def _place(one: Told) -> str:
    """Return the place, which is broken only behind the path."""
    rest = str(one.place).removeprefix(one.place.path)
    return kept(printable(one.place.path)) + rest.replace("cell ", kept("cell "))


def _joined(rule: str, message: str) -> str:
    return printable(f"{rule}: {message}" if message else rule)


def _overview(told: Overview, view: View) -> Iterator[str]:
    counts = told.counts()
    for status, rows, rest in told.groups(is_all=_is_all(view)):
        done = " (written)" if status is Status.MIGRATE and view.is_written else ""
        yield _painted(f"{status.value.upper()} {counts[status]}{done}", _COLORS[status], view)
        yield from _table(rows, view)
        if rest:
            yield f"  and {rest} more (-v lists them)"


def _table(rows: Sequence[Row], view: View) -> Iterator[str]:
    """Yield a line a row, in the two columns that most rows fit into; the others take what they need."""
    cells = []
    for row in rows:
        notes = f"  [{' '.join(map(str, row.notes))}]" if row.notes else ""
        cells.append((printable(row.recipes[0].path), row.more, printable(row.says) + notes))
    sizes = [(len(path + more), view.width - 4 - len(said)) for path, more, said in cells]
    columns = sorted({name for name, _ in sizes})
    column = max(columns, key=lambda each: sum(name <= each <= most for name, most in sizes))
    for path, more, said in cells:
        pad = column if 4 + max(column, len(path + more)) + len(said) <= view.width else 0
        line = f"  {path + more:<{pad}}  {said}".rstrip()
        yield line if len(line) <= view.width else f"  {path}\n{_below(f'{more} {said}'.strip(), view)}"


def _notes(told: Overview) -> Iterator[str]:
    for number, topic in enumerate(told.notes, 1):
        mark = f"[{number}] " if topic.kind is Severity.WARNING else ""
        yield mark + _joined(f"{len(topic.told)} {topic.page.id}", topic.page.title)
    if told.rows:
        yield RETIRED


def _next_steps(plan: Plan, view: View) -> Iterator[str]:
    for number, step in enumerate(plan.next_steps, 1):
        yield f"{number} {printable(step.title)}"
        for blank in step.blanks:
            paths = blank.paths if _is_all(view) else (where(blank),)
            yield f"  {', '.join(kept(printable(path)) for path in paths)}: {printable(blank.what)}"
        yield from (f"  {kept(printable(command))}" for command in step.commands)


def _failures(told: Overview, view: View) -> Iterator[str]:
    found = (one for topic in told.of(Status.FAILED, Severity.ERROR) for one in topic.told)
    lines = list(dict.fromkeys(f"{_place(one)}: {_joined(one.rule, one.message)}" for one in found))
    shown = lines if _is_all(view) else lines[:_MOST_FAILURES]
    yield from shown
    if len(shown) < len(lines):
        yield f"and {len(lines) - len(shown)} more (-v lists them)"

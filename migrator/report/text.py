"""The text report, for people: what a person must act on comes last and short."""

from __future__ import annotations

import io
import posixpath
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from migrator.model import Blank, FileCounts, Job, NextStep, Plan, Severity, Status
from migrator.report import Detail, Paint, Stage, View, printable
from migrator.report.overview import Kind, Overview, Row, Told, Topic, folded, overview
from migrator.report.text_diff import diffs

_COLORS: dict[Kind, str] = {
    Status.FAILED: "bold red",
    Status.BLOCKED: "red",
    Status.MANUAL: "yellow",
    Status.MIGRATE: "green",
    Status.MIGRATED: "cyan",
    Status.SKIPPED: "dim",
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "cyan",
}
_COMMAND = re.compile("`[^`]*`")
_LABEL = 9
_MOST_ROWS = 30  # of recipes, each with a row of its own
_MOST_KINDS = 8  # of equal rows in one status, beyond that
_MOST_FAILURES = 10
_RETIRED = "Batch AI ended in March 2019: `ngc-migrate explain batch-ai-retired`"


def render(plan: Plan, view: View) -> str:
    """Return the report: styled lines, broken between words to ``view.width``; never inside a path."""
    told = overview(plan)
    is_quiet = view.detail is Detail.QUIET
    sections = (
        () if is_quiet or not view.has_diffs else diffs(plan.changes, plan.secrets),
        () if is_quiet else _details(told, view),
        (
            *_overview(told.rows, view),
            *_notes(told, view),
            *_next_steps(plan.next_steps, view),
            *_files(plan.files, view),
            *_failures(told, view),
        ),
    )
    lines: list[Text] = []
    for section in map(list, sections):
        lines += [Text(), *section] if lines and section else section
    return _drawn(lines, view)


def _drawn(lines: Iterable[Text], view: View) -> str:
    is_colored = view.paint is Paint.COLOR
    console = Console(
        file=io.StringIO(),
        width=view.width,
        force_terminal=is_colored,
        color_system="standard" if is_colored else None,
        no_color=not is_colored,
        legacy_windows=False,
        _environ={},
    )
    with console.capture() as capture:
        console.print(Text("\n").join(lines), soft_wrap=True)
    return capture.get()


def _details(told: Overview, view: View) -> Iterator[Text]:
    is_all = view.detail is Detail.VERBOSE
    topics = told.topics if is_all else told.of(Status.BLOCKED, Status.MANUAL)
    for index, topic in enumerate(topics):
        if index:
            yield Text()
        yield from _topic(topic, view)


def _topic(topic: Topic, view: View) -> Iterator[Text]:
    """Yield what stands under a rule: what all its places have in common first, and only once."""
    by_message: dict[str, list[Told]] = {}
    for one in topic.told:
        by_message.setdefault(one.message, []).append(one)
    common = topic.told[0].message if len(by_message) == 1 else ""
    yield from _labelled(topic.kind.value, _COLORS[topic.kind], _joined(topic.rule, common), view)
    page = view.rules.get(topic.rule)
    if page is not None and topic.kind not in (Status.MIGRATE, Status.MIGRATED, Status.SKIPPED):
        yield from _labelled("", "", f"To do: {page.now}", view)
    for url in sorted({one.url for one in topic.told if one.url}):
        yield from _labelled("", "", printable(url), view)
    for message, told in by_message.items():
        yield from (Text(f"  {line}") for line in _wrapped(printable(message), view.width - 2) if not common)
        for one in told:
            yield from _place(one, view)


def _place(one: Told, view: View) -> Iterator[Text]:
    where = f"    {printable(str(one.place))}"
    facts = _facts(one) if isinstance(one, Job) else ""
    is_fitting = len(where) + 2 + len(facts) <= view.width
    yield Text(f"{where}  {facts}".rstrip() if is_fitting else where)
    paragraphs = [] if is_fitting else [facts]
    if isinstance(one, Job) and one.trace and (one.status is Status.MANUAL or _is_all(view)):
        paragraphs.append(f"found by: {' <- '.join(map(printable, one.trace))}")
    for paragraph in paragraphs:
        yield from (Text(f"      {line}") for line in _wrapped(paragraph, view.width - 6))


def _is_all(view: View) -> bool:
    return view.detail is Detail.VERBOSE


def _facts(job: Job) -> str:
    if job.node_count is None:
        nodes = "node count not known"
    else:
        nodes = f"{job.node_count} node{'' if job.node_count == 1 else 's'}"
    image = "no image known" if job.image is None else printable(job.image)
    if job.target is not None and job.status is Status.MIGRATE:
        image += f" -> {printable(job.target)}"
    return f"{nodes}, {image}" if job.image or not job.framework else f"{job.framework}, {nodes}, {image}"


def _joined(rule: str, message: str) -> str:
    return printable(f"{rule}: {message}" if message else rule)


def _labelled(label: str, style: str, paragraph: str, view: View) -> Iterator[Text]:
    """Yield the paragraph beside its label; one that is indented hangs two columns further."""
    indent = len(paragraph) - len(paragraph.lstrip(" "))
    lead = Text.assemble((f"{label:<{_LABEL}}", style), " " * indent)
    hang = indent + 2 if indent else 0
    for line in _wrapped(paragraph.lstrip(" "), view.width - _LABEL - hang):
        yield Text.assemble(lead, line)
        lead = Text(" " * (_LABEL + hang))


def _wrapped(paragraph: str, width: int) -> list[str]:
    """Return the paragraph in lines that break between words, but not inside of `a command`."""
    kept = _COMMAND.sub(lambda found: found[0].replace(" ", "\0"), paragraph)
    lines = textwrap.wrap(kept, max(width, 20), break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def _overview(rows: Sequence[Row], view: View) -> Iterator[Text]:
    is_folding = len(rows) > _MOST_ROWS and not _is_all(view)
    shown = folded(rows) if is_folding else rows
    for status in Status:
        mine = [row for row in shown if row.status is status]
        kept = mine[:_MOST_KINDS] if is_folding else mine
        if mine:
            count = sum(len(row.paths) for row in mine)
            done = " (written)" if status is Status.MIGRATE and view.stage is Stage.WRITTEN else ""
            yield Text.assemble((f"{status.value.upper()} {count}{done}", _COLORS[status]))
        yield from _table([(_name(row), _says(row)) for row in kept], view.width)
        if more := sum(len(row.paths) for row in mine[len(kept) :]):
            yield Text(f"  and {more} more (-v lists them)")


def _name(row: Row) -> str:
    more = f" and {len(row.paths) - 1} more" if len(row.paths) > 1 else ""
    return f"{printable(row.paths[0])}{more}"


def _says(row: Row) -> str:
    notes = f"  [{' '.join(map(str, row.notes))}]" if row.notes else ""
    return f"{printable(row.says)}{notes}"


def _table(rows: Sequence[tuple[str, str]], width: int) -> Iterator[Text]:
    """Yield a line a row, in the two columns that most rows fit into; the others take what they need."""
    sizes = [(len(name), len(says)) for name, says in rows]
    fitting = Counter(
        column
        for column in {name for name, _ in sizes}
        for name, says in sizes
        if name <= column and column + says + 4 <= width
    )
    column = max(fitting, key=lambda each: (fitting[each], -each), default=0)
    for name, says in rows:
        if 4 + max(len(name), column) + len(says) <= width:
            yield Text(f"  {name:<{column}}  {says}".rstrip())
        elif 4 + len(name) + len(says) <= width:
            yield Text(f"  {name}  {says}")
        else:
            yield Text(f"  {name}")
            yield from (Text(f"      {line}") for line in _wrapped(says, width - 6))


def _notes(told: Overview, view: View) -> Iterator[Text]:
    label = "Notes"
    for number, topic in enumerate(told.notes, 1):
        page = view.rules.get(topic.rule)
        mark = f"[{number}] " if topic.kind is Severity.WARNING else ""
        said = _joined(f"{len(topic.told)} {topic.rule}", page.title if page else "")
        yield from _labelled(label, "bold", mark + said, view)
        label = ""
    if told.rows:
        yield from _labelled(label, "bold", _RETIRED, view)


def _next_steps(steps: Sequence[NextStep], view: View) -> Iterator[Text]:
    for number, step in enumerate(steps, 1):
        texts = [printable(line) for line in step.lines if not line.startswith(" ")]
        commands = [printable(line) for line in step.lines if line.startswith(" ")]
        blanks = [f"  {_blank(blank, view)}" for blank in step.blanks]
        for index, line in enumerate((": ".join((f"{number} {printable(step.title)}", *texts)), *blanks)):
            yield from _labelled("Next" if number == 1 and not index else "", "bold", line, view)
        yield from (Text(f"{' ' * _LABEL}{command}") for command in commands)


def _blank(blank: Blank, view: View) -> str:
    paths = [printable(path) for path in blank.paths]
    if len(paths) == 1 or _is_all(view):
        return f"{', '.join(paths)}: {printable(blank.what)}"
    (name, count), *_ = Counter(posixpath.basename(path) for path in paths).most_common(1)
    more = f" and {len(paths) - count} more" if count < len(paths) else ""
    return f"{name if count == 1 else f'{count} {name}'}{more}: {printable(blank.what)}"


def _files(files: FileCounts, view: View) -> Iterator[Text]:
    fates = (
        (files.changed, "changed"),
        (files.unchanged, "unchanged"),
        (files.blocked, "blocked"),
        (files.skipped, "skipped"),
        (files.failed, "failed"),
    )
    said = ", ".join(f"{count} {fate}" for count, fate in fates if count)
    yield from _labelled("Files", "bold", f"{files.seen} seen{f': {said}' if said else ''}", view)


def _failures(told: Overview, view: View) -> Iterator[Text]:
    found = [one for topic in told.of(Status.FAILED, Severity.ERROR) for one in topic.told]
    lines = list(dict.fromkeys(_failure(one) for one in found))
    shown = lines if _is_all(view) else lines[:_MOST_FAILURES]
    label = "Failed"
    for line in shown:
        yield from _labelled(label, _COLORS[Status.FAILED], line, view)
        label = ""
    if len(shown) < len(lines):
        yield from _labelled("", "", f"and {len(lines) - len(shown)} more (-v lists them)", view)


def _failure(one: Told) -> str:
    return f"{printable(str(one.place))}: {_joined(one.rule, one.message)}"

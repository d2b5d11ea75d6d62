"""The Markdown report: a comment on a pull request, what needs a person first, details folded."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from migrator.model import Change, Job, Plan, Severity, Status
from migrator.report import View, printable
from migrator.report.overview import Overview, Row, Topic, folded, overview
from migrator.report.patch import LineKind, render_change

_MOST = 60_000  # characters; GitHub takes 65,536 in a comment
_MOST_ROWS = 60
_NEEDS_PERSON = (Status.FAILED, Severity.ERROR, Status.BLOCKED, Status.MANUAL)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@&])")
_SIGNS = {LineKind.CONTEXT: " ", LineKind.REMOVED: "-", LineKind.ADDED: "+", LineKind.CELL: "# "}


def render(plan: Plan, view: View) -> str:
    """Return the report in GitHub's Markdown, under 65,000 characters: what does not fit is counted."""
    told = overview(plan)
    counts = ", ".join(
        f"**{plan.statuses.count(status)} {status.value}**" for status in Status if status in plan.statuses
    )
    parts = [f"## ngc-migrate\n\n{counts or 'No Batch AI recipe found'}; {plan.files.seen} files seen.\n"]
    parts += _table(told.rows, told)
    parts += (_topic(topic, view) for topic in told.of(*_NEEDS_PERSON))
    parts += _notes(told, view)
    parts += _next_steps(plan)
    parts += (_diff(change, plan.secrets) for change in plan.changes)
    return _cut(parts)


def _cut(parts: Iterable[str]) -> str:
    kept: list[str] = []
    size = missing = 0
    for part in parts:
        if missing or size + len(part) > _MOST:
            missing += 1
        else:
            kept.append(part)
            size += len(part) + 1
    if missing:
        kept.append(f"_{missing} more parts do not fit; `ngc-migrate` shows them all._\n")
    return "\n".join(kept)


def _table(rows: Iterable[Row], told: Overview) -> Iterator[str]:
    shown = tuple(rows)
    shown = folded(shown) if len(shown) > _MOST_ROWS else shown
    if not shown:
        return
    lines = ["| status | recipe | | warnings |", "| --- | --- | --- | --- |"]
    for row in shown[:_MOST_ROWS]:
        more = f" and {len(row.paths) - 1} more" if len(row.paths) > 1 else ""
        notes = ", ".join(_code(told.notes[number - 1].rule) for number in row.notes)
        lines.append(f"| {row.status} | {_code(row.paths[0])}{more} | {_escaped(row.says)} | {notes} |")
    if rest := sum(len(row.paths) for row in shown[_MOST_ROWS:]):
        lines.append(f"| | and {rest} more | | |")
    yield "\n".join(lines) + "\n"


def _topic(topic: Topic, view: View) -> str:
    page = view.rules.get(topic.rule)
    title = f": {page.title}" if page else ""
    lines = [_summary(f"{topic.kind} {topic.rule}{title} ({len(topic.told)})")]
    if page:
        lines += [f"{_escaped(page.why)} **To do:** {_escaped(page.now)}", ""]
    for one in topic.told:
        trail = " ← ".join(map(_escaped, one.trace)) if isinstance(one, Job) else ""
        lines.append(f"- {_code(str(one.place))}: {_escaped(one.message)}{f' ({trail})' if trail else ''}")
    return "\n".join(lines) + "\n\n</details>\n"


def _notes(told: Overview, view: View) -> Iterator[str]:
    lines = []
    for topic in told.notes:
        page = view.rules.get(topic.rule)
        title = f": {_escaped(page.title)}" if page else ""
        lines.append(f"- {len(topic.told)} {_code(topic.rule)}{title}")
    if told.rows:
        lines.append("- Azure Batch AI ended in March 2019: `ngc-migrate explain batch-ai-retired`")
        yield "**Notes**\n\n" + "\n".join(lines) + "\n"


def _next_steps(plan: Plan) -> Iterator[str]:
    lines = []
    for number, step in enumerate(plan.next_steps, 1):
        texts = [_code(line.strip()) if line.startswith(" ") else _escaped(line) for line in step.lines]
        lines.append(f"{number}. {' '.join((_escaped(step.title), *texts))}")
        for blank in step.blanks:
            more = f" and {len(blank.paths) - 1} more" if len(blank.paths) > 1 else ""
            lines.append(f"   - {_code(blank.paths[0])}{more}: {_code(blank.what)}")
    if lines:
        yield "**Next steps**\n\n" + "\n".join(lines) + "\n"


def _diff(change: Change, secrets: frozenset[str]) -> str:
    lines = [_summary(change.path)]
    shown = [line for line in render_change(change, secrets) if line.kind is not LineKind.FILE]
    texts = [f"{_SIGNS.get(line.kind, '')}{printable(line.text.expandtabs(4))}" for line in shown]
    fence = "`" * max(3, *(len(run) + 1 for text in texts for run in re.findall("`+", text)), 3)
    return "\n".join((*lines, f"{fence}diff", *texts, fence, "", "</details>", ""))


def _summary(text: str) -> str:
    return f"<details><summary>{html.escape(printable(text))}</summary>\n"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", printable(text))


def _code(text: str) -> str:
    """Return text as code; ticks and a table's bars would end it early in Markdown's own form."""
    shown = printable(text)
    if "`" in shown or "|" in shown:
        return f"<code>{html.escape(shown).replace('|', '&#124;').replace('`', '&#96;')}</code>"
    return f"`{shown}`"

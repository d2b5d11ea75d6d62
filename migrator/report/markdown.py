"""The Markdown report: a comment on a pull request, what needs a person first, details folded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from migrator.model import Change, Plan, Severity, Status
from migrator.report import View, printable
from migrator.report.overview import (
    RETIRED,
    Overview,
    Topic,
    facts,
    overview,
    trail,
    where,
)
from migrator.report.patch import SIGNS, LineKind, diff_lines
from migrator.report.wording import markup

_MOST = 60_000  # characters; GitHub takes 65,536 in a comment
_NEEDS_PERSON = (Status.FAILED, Severity.ERROR, Status.BLOCKED, Status.MANUAL)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@&])")
_SIGNS = {**SIGNS, LineKind.CELL: "# "}


def render(plan: Plan, view: View) -> str:
    """Return the report in GitHub's Markdown, under 65,000 characters: what does not fit is counted."""
    told = overview(plan, view.rules)
    counts = ", ".join(f"**{count} {status}**" for status, count in told.counts().items())
    parts = [
        f"## ngc-migrate\n\n{counts or 'No Batch AI recipe found'}; {plan.files.seen} files seen.\n",
        *_section("| status | recipe | | warnings |\n| --- | --- | --- | --- |", _table(told)),
        *(_topic(topic) for topic in told.of(*_NEEDS_PERSON)),
        *_section("**Notes**\n", _notes(told)),
        *_section("**Next steps**\n", _next_steps(plan)),
        *(_diff(change, plan.secrets) for change in plan.changes),
    ]
    kept: list[str] = []
    size = 0
    for part in parts:
        if size + len(part) < _MOST:
            kept.append(part)
            size += len(part) + 1
    if missing := len(parts) - len(kept):
        kept.append(f"_{missing} more parts do not fit; `ngc-migrate` shows them all._\n")
    return "\n".join(kept)


def _section(head: str, lines: Iterable[str]) -> list[str]:
    body = list(lines)
    return ["\n".join((head, *body)) + "\n"] if body else []


def _table(told: Overview) -> Iterator[str]:
    for status, rows, rest in told.groups():
        for row in rows:
            notes = ", ".join(_code(told.notes[number - 1].page.id) for number in row.notes)
            recipe = f"{_code(row.recipes[0].path)}{row.more}"
            yield f"| {status} | {recipe} | {_escaped(row.says)} | {notes} |"
        if rest:
            yield f"| {status} | and {rest} more | | |"


def _topic(topic: Topic) -> str:
    page = topic.page
    title = f": {page.title}" if page.title else ""
    lines = [_summary(f"{topic.kind} {page.id}{title} ({len(topic.told)})")]
    if page.now:
        lines += [f"**To do:** {_escaped(page.now)}", ""]
    for message, told in topic.by_message().items():
        lines += [f"{_escaped(message)}\n"] if message else []
        for one in told:
            said = (_code(str(one.place)), _escaped(facts(one)), _escaped(trail(one)))
            lines.append(f"- {', '.join(filter(None, said))}")
        lines.append("")
    return "\n".join(lines) + "\n</details>\n"


def _notes(told: Overview) -> Iterator[str]:
    for topic in told.notes:
        title = f": {_escaped(topic.page.title)}" if topic.page.title else ""
        yield f"- {len(topic.told)} {_code(topic.page.id)}{title}"
    if told.rows:
        yield f"- {RETIRED}"


def _next_steps(plan: Plan) -> Iterator[str]:
    for number, step in enumerate(plan.next_steps, 1):
        yield " ".join((f"{number}. {_escaped(step.title)}", *map(_code, step.commands)))
        yield from (f"   - {_code(where(blank))}: {_code(blank.what)}" for blank in step.blanks)


def _diff(change: Change, secrets: frozenset[str]) -> str:
    texts = [_SIGNS.get(line.kind, "") + line.text for line in diff_lines(change, secrets)]
    fence = "`" * max(3, *(len(run) + 1 for text in texts for run in re.findall("`+", text)), 3)
    return "\n".join((_summary(change.path), f"{fence}diff", *texts, fence, "", "</details>", ""))


def _summary(text: str) -> str:
    return f"<details><summary>{markup(text)}</summary>\n"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", printable(text))


def _code(text: str) -> str:
    """Return text as code; ticks and a table's bars would end it early in Markdown's own form."""
    shown = printable(text)
    if "`" in shown or "|" in shown:
        return f"<code>{markup(text).replace('|', '&#124;').replace('`', '&#96;')}</code>"
    return f"`{shown}`"

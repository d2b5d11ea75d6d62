"""The text report, for people: changes first, then the recipes, the sums and what is left to do by hand."""

from __future__ import annotations

import io
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from migrator.model import Finding, Job, NextStep, Place, Plan, Recipe, Severity, Status
from migrator.report import Detail, Paint, Stage, View, printable
from migrator.report.text_diff import diffs

_COLORS = {
    Status.FAILED: "bold red",
    Status.BLOCKED: "red",
    Status.MANUAL: "yellow",
    Status.MIGRATE: "green",
    Status.MIGRATED: "cyan",
    Status.SKIPPED: "dim",
}
_SEVERITY_COLORS = {Severity.INFO: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}
_SETTLED = (Status.MIGRATED, Status.SKIPPED)
_LABEL = 10
_INDENT = 4


def render(plan: Plan, view: View) -> str:
    """Return the report: styled lines, wrapped between words to ``view.width``; never inside a path."""
    if view.detail is Detail.QUIET:
        return ""
    sections = (
        diffs(plan.changes),
        _recipes(plan.recipes, view),
        _summary(plan, view),
        _next_steps(plan.next_steps, view),
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


def _recipes(recipes: Iterable[Recipe], view: View) -> Iterator[Text]:
    is_open = False
    for recipe in sorted(recipes, key=lambda recipe: recipe.path):
        block = list(_recipe(recipe, view))
        if is_open:
            yield Text()
        yield from block
        is_open = len(block) > 1


def _recipe(recipe: Recipe, view: View) -> Iterator[Text]:
    path = printable(recipe.path) or "."
    is_note = not recipe.jobs and recipe.status is not Status.FAILED
    label = f"{'note':<{_LABEL}}" if is_note else _label(recipe.status, view)
    yield Text.assemble((label, _COLORS[recipe.status]), (path, "bold"))
    is_short = recipe.status in _SETTLED and not is_note and view.detail is not Detail.VERBOSE
    findings = [
        finding for finding in recipe.findings if not (is_short and finding.severity is Severity.INFO)
    ]
    by_place: dict[Place, list[Finding]] = {finding.place: [] for finding in findings}
    for finding in sorted(findings, key=lambda finding: (finding.place, finding.rule, finding.message)):
        by_place[finding.place].append(finding)
    told: set[str] = set()
    for job in () if is_short else sorted(recipe.jobs, key=lambda job: job.place):
        yield from _job(job, recipe, view)
        yield from _findings(by_place.pop(job.place, ()), told, view)
    for place in sorted(by_place):
        yield Text(f"  {_where(place, recipe)}")
        yield from _findings(by_place[place], told, view)


def _label(status: Status, view: View) -> str:
    is_done = status is Status.MIGRATE and view.stage is Stage.WRITTEN
    return f"{'rewritten' if is_done else status.value:<{_LABEL}}"


def _job(job: Job, recipe: Recipe, view: View) -> Iterator[Text]:
    facts = (job.framework.value if job.framework else "framework not known", _nodes(job.node_count))
    yield Text.assemble(f"  {_where(job.place, recipe)}  ", (", ".join(facts), "dim"))
    yield from _labelled(_label(job.status, view), _COLORS[job.status], _images(job, view), view)
    if job.status not in (Status.MIGRATE, *_SETTLED) or view.detail is Detail.VERBOSE:
        yield from _labelled("", "", (*_said(job.rule, job.message), printable(job.url)), view)
    if view.detail is Detail.VERBOSE and job.trace:
        yield from _labelled("found by", "dim", map(printable, job.trace), view)


def _nodes(count: int | None) -> str:
    return "node count not known" if count is None else "1 node" if count == 1 else f"{count} nodes"


def _images(job: Job, view: View) -> tuple[str, ...]:
    image = printable(job.image) if job.image is not None else "no image known"
    if job.target is None or job.status is not Status.MIGRATE:
        return (image,)
    target = f"-> {printable(job.target)}"
    is_fitting = _INDENT + _LABEL + len(image) + 1 + len(target) <= view.width
    return (f"{image} {target}",) if is_fitting else (image, target)


def _said(rule: str, message: str) -> tuple[str, ...]:
    return (f"{printable(rule)}: {printable(message)}",) if message else (printable(rule),)


def _findings(findings: Iterable[Finding], told: set[str], view: View) -> Iterator[Text]:
    """Yield the findings of one place; what the recipe was ``told`` before is only named again."""
    for finding in findings:
        said = _said(finding.rule, finding.message)
        if said[0] in told:
            said = (f"{printable(finding.rule)}, as above",)
        elif view.detail is Detail.VERBOSE:
            said = (*said, printable(finding.url))
        told.update(said)
        yield from _labelled(finding.severity.value, _SEVERITY_COLORS[finding.severity], said, view)


def _where(place: Place, recipe: Recipe) -> str:
    path = place.path.removeprefix(f"{recipe.path}/") if recipe.path not in ("", ".") else place.path
    cell = f" cell {place.cell}" if place.cell >= 0 else ""
    return f"{printable(path)}{cell} line {place.line}"


def _labelled(label: str, style: str, paragraphs: Iterable[str], view: View) -> Iterator[Text]:
    margin = " " * (_INDENT + _LABEL)
    lead = Text.assemble(" " * _INDENT, (f"{label:<{_LABEL}}", style))
    for paragraph in paragraphs:
        for line in _wrapped(paragraph, view.width - len(margin)):
            yield Text.assemble(lead, line)
            lead = Text(margin)


def _wrapped(paragraph: str, width: int) -> list[str]:
    return textwrap.wrap(paragraph, max(width, 20), break_long_words=False, break_on_hyphens=False)


def _summary(plan: Plan, view: View) -> Iterator[Text]:
    files = plan.files
    yield Text("Summary", "bold")
    yield _sum("recipes", _counts(plan.statuses, view))
    yield _sum("jobs", _counts((job.status for recipe in plan.recipes for job in recipe.jobs), view))
    fates = (
        f"{files.changed} changed",
        f"{files.unchanged} unchanged",
        f"{files.skipped} skipped",
        f"{files.blocked} blocked",
        f"{files.failed} failed",
    )
    yield _sum("files", f"{files.seen} seen: {', '.join(fates)}")
    if any(recipe.status not in _SETTLED for recipe in plan.recipes):
        yield Text("  What a rule means: ngc-migrate explain RULE", "dim")


def _sum(label: str, value: str) -> Text:
    return Text(f"  {label:<{_LABEL}}{value}")


def _counts(statuses: Iterable[Status], view: View) -> str:
    counter = Counter(statuses)
    return ", ".join(f"{counter[s]} {_label(s, view).strip()}" for s in Status if counter[s]) or "none"


def _next_steps(steps: Iterable[NextStep], view: View) -> Iterator[Text]:
    for number, step in enumerate(steps, 1):
        if number == 1:
            yield Text("Next steps", "bold")
        yield Text(f"  {number}. {printable(step.title)}")
        for line in step.lines:
            yield from _step_line(line, view)


def _step_line(line: str, view: View) -> Iterator[Text]:
    # An indented line is code or a command to copy.
    if line.startswith((" ", "\t")):
        yield Text(f"     {printable(line.expandtabs(4))}")
        return
    for index, part in enumerate(_wrapped(printable(line), view.width - 7)):
        yield Text(f"{'       ' if index else '     '}{part}")

"""The report as one HTML file that asks for nothing: filters, search, and a diff per file by cells."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Iterable, Iterator
from importlib.resources import files

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.data import JsonLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer

from migrator.model import Change, Finding, Job, NextStep, Plan, Recipe, Status
from migrator.report import View, printable
from migrator.report.overview import overview
from migrator.report.patch import DiffLine, LineKind, render_change
from migrator.report.rule_page import rule_page

_LEXERS = {".json": JsonLexer, ".template": JsonLexer, ".py": PythonLexer, ".ipynb": PythonLexer}
_SIGNS = {LineKind.CONTEXT: " ", LineKind.REMOVED: "-", LineKind.ADDED: "+"}


def render(plan: Plan, view: View) -> str:
    """Return the page; ``view.rules`` are explained at its end."""
    told = overview(plan)
    by_path = {recipe.path: recipe for recipe in plan.recipes}
    recipes = [by_path[path] for row in told.rows for path in row.paths]
    diffs = {change.path: _diff(change, plan.secrets) for change in plan.changes}
    shown = [_recipe(recipe, diffs) for recipe in recipes]
    counts = {status: plan.statuses.count(status) for status in Status if status in plan.statuses}
    jobs = [job for recipe in recipes for job in recipe.jobs]
    rules = sorted({rule for recipe in plan.recipes for rule in _rules(recipe)})
    notes = [one for recipe in plan.recipes if recipe not in recipes for one in recipe.findings]
    parts = {
        "root": _text(plan.root),
        "bars": "".join(f'<span class="bar-{s}" style="flex:{n}"></span>' for s, n in counts.items()),
        "counts": "".join(f'<li><i class="bar-{s}"></i>{n} {s}</li>' for s, n in counts.items())
        or "<li>No Batch AI recipe found</li>",
        "files": f"{plan.files.seen} files seen, {plan.files.changed} changed, {plan.files.failed} failed",
        "statuses": _options(counts),
        "frameworks": _options(sorted({job.framework for job in jobs if job.framework})),
        "rule_options": _options(rules),
        "recipes": "".join(shown),
        "steps": _steps(plan.next_steps),
        "shared": "".join(_section("Files that recipes share", diffs.values())),
        "notes": "".join(_section("Notes elsewhere", _findings(notes))),
        "rules": "".join(_section("Rules", (_rule(rule, view) for rule in rules if rule in view.rules))),
    }
    head, *pieces = (files("migrator.report") / "page.html").read_text(encoding="utf-8").split("{{")
    named = (piece.partition("}}") for piece in pieces)
    return head + "".join(parts[name] + rest for name, _, rest in named)


def _text(text: str) -> str:
    return html.escape(printable(text))


def _options(values: Iterable[str]) -> str:
    return "".join(f"<option>{_text(value)}</option>" for value in values)


def _rules(recipe: Recipe) -> list[str]:
    return [*(job.rule for job in recipe.jobs), *(finding.rule for finding in recipe.findings)]


def _recipe(recipe: Recipe, diffs: dict[str, str]) -> str:
    """Return the recipe's block, and take the differences of its own files out of ``diffs``."""
    frameworks = " ".join(sorted({job.framework for job in recipe.jobs if job.framework}))
    rules = _text(" ".join(_rules(recipe)))
    facts = f'data-status="{recipe.status}" data-framework="{frameworks}" data-rule="{rules}"'
    targets = ", ".join(dict.fromkeys(_text(job.target or job.rule) for job in recipe.jobs))
    mine = [path for path in diffs if (posixpath.dirname(path) or ".") == recipe.path]
    own = "".join(map(diffs.pop, mine))
    jobs = "".join(map(_job, sorted(recipe.jobs, key=lambda job: job.place)))
    findings = "".join(_findings(sorted(recipe.findings, key=lambda one: (one.place, one.rule, one.message))))
    return (
        f'<details class="recipe" {facts}><summary>{_status(recipe.status)}'
        f'<b>{_text(recipe.path)}</b><span class="dim">{targets}</span></summary>'
        f"<div>{jobs}{findings}{own}</div></details>\n"
    )


def _status(status: Status) -> str:
    return f'<span class="status {status}">{status}</span>'


def _job(job: Job) -> str:
    image = f"<code>{_text(job.image)}</code>" if job.image else "no image known"
    target = f" → <code>{_text(job.target)}</code>" if job.target and job.status is Status.MIGRATE else ""
    nodes = "not known" if job.node_count is None else str(job.node_count)
    facts = f"{job.framework or 'framework not known'}, nodes: {nodes}"
    lines = [
        f"<p>{_place(job)} {_status(job.status)} {_rule_link(job.rule)}</p>",
        f"<p>{image}{target} <span class=dim>{facts}</span></p>",
    ]
    lines += [f"<p>{_text(job.message)}</p>"] if job.message else []
    lines += [f"<p class=dim>found by: {' ← '.join(map(_text, job.trace))}</p>"] if job.trace else []
    return f"<div class=job>{''.join(lines)}</div>"


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a block for each different finding, with all its places."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.rule, finding.message), []).append(finding)
    for (severity, rule, message), found in groups.items():
        places = ", ".join(map(_place, found))
        yield f"<div class=job><p>{places} {severity} {_rule_link(rule)}</p><p>{_text(message)}</p></div>"


def _place(one: Job | Finding) -> str:
    return f"<code>{_text(str(one.place))}</code>"


def _rule_link(rule: str) -> str:
    return f'<a href="#rule-{_text(rule)}">{_text(rule)}</a>'


def _rule(rule: str, view: View) -> str:
    page = view.rules[rule]
    return (
        f'<details id="rule-{_text(rule)}"><summary>{_text(rule)}: {_text(page.title)}</summary>'
        f"<pre tabindex=0>{html.escape(rule_page(page))}</pre></details>"
    )


def _section(title: str, parts: Iterable[str]) -> Iterator[str]:
    body = "".join(parts)
    if body:
        yield f"<h2>{title}</h2>{body}"


def _steps(steps: Iterable[NextStep]) -> str:
    lines = []
    for step in steps:
        commands = "".join(
            f"<pre tabindex=0>{_text(line.strip())}</pre>" for line in step.lines if line.startswith(" ")
        )
        texts = " ".join(_text(line) for line in step.lines if not line.startswith(" "))
        blanks = "".join(
            f"<li>{', '.join(f'<code>{_text(path)}</code>' for path in blank.paths)}: "
            f"{_text(blank.what)}</li>"
            for blank in step.blanks
        )
        lines.append(f"<li>{_text(step.title)} {texts}{commands}<ul>{blanks}</ul></li>")
    return f"<h2>Next steps</h2><ol>{''.join(lines)}</ol>" if lines else ""


def _diff(change: Change, secrets: frozenset[str]) -> str:
    lines = [line for line in render_change(change, secrets) if line.kind is not LineKind.FILE]
    shown = "".join(
        f'<div class="{line.kind}">{_SIGNS[line.kind] + code if line.kind in _SIGNS else line.text}</div>'
        for line, code in zip(lines, _highlighted(change.path, lines), strict=True)
    )
    title = f"<summary><code>{_text(change.path)}</code></summary>"
    region = f'<div class=diff tabindex=0 role=region aria-label="Changes of {_text(change.path)}">'
    return f"<details open>{title}{region}{shown}</div></details>"


def _highlighted(path: str, lines: Iterable[DiffLine]) -> list[str]:
    """Return the lines as HTML; tokens end with the line, so that each stands alone."""
    text = "\n".join(printable(line.text.expandtabs(4)) for line in lines)
    lexer = _LEXERS.get(posixpath.splitext(path)[1], TextLexer)(stripnl=False, ensurenl=False)
    return str(highlight(text, lexer, HtmlFormatter(nowrap=True))).removesuffix("\n").split("\n")

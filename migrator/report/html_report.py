"""The report as one HTML file that asks for nothing: filters, search, and a diff per file by cells."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Iterable
from importlib.resources import files

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.data import JsonLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer

from migrator.model import Change, NextStep, Plan, Recipe
from migrator.report import View
from migrator.report.diff_lines import SIGNS, diff_lines
from migrator.report.escaping import markup
from migrator.report.overview import Kind, Told, Topic, facts, overview, topics, trail
from migrator.report.rule_page import rule_page

_LEXERS = {".json": JsonLexer, ".template": JsonLexer, ".py": PythonLexer, ".ipynb": PythonLexer}


def render(plan: Plan, view: View) -> str:
    """Return the page; ``view.rules`` are explained at its end."""
    told = overview(plan)
    recipes = [recipe for row in told.rows for recipe in row.recipes]
    diffs = {change.path: _diff(change, plan.secrets) for change in plan.changes}
    counts = told.counts()
    frameworks = {job.framework for recipe in recipes for job in recipe.jobs if job.framework}
    rules = sorted({topic.rule for topic in told.topics})
    parts = {
        "root": markup(plan.root),
        "bars": "".join(f'<span class="bar-{s}" style="flex:{n}"></span>' for s, n in counts.items()),
        "counts": "".join(f'<li><i class="bar-{s}"></i>{n} {s}</li>' for s, n in counts.items())
        or "<li>No Batch AI recipe found</li>",
        "files": f"{plan.files.seen} files seen, {plan.files.changed} changed, {plan.files.failed} failed",
        "statuses": _options(counts),
        "frameworks": _options(sorted(frameworks)),
        "rule_options": _options(rules),
        # Takes the differences of the recipes' own files out of diffs.
        "recipes": "".join([_recipe(recipe, diffs) for recipe in recipes]),
        "steps": _section("Next steps", map(_step, plan.next_steps)),
        "shared": _section("Files that recipes share", diffs.values()),
        "notes": _section(
            "Notes elsewhere", map(_topic, topics(one for one in plan.recipes if one not in recipes))
        ),
        "rules": _section("Rules", (_rule(rule, view) for rule in rules if rule in view.rules)),
    }
    head, *pieces = (files("migrator.report") / "page.html").read_text(encoding="utf-8").split("{{")
    named = (piece.partition("}}") for piece in pieces)
    return head + "".join(parts[name] + rest for name, _, rest in named)


def _options(values: Iterable[str]) -> str:
    return "".join(f"<option>{markup(value)}</option>" for value in values)


def _section(title: str, parts: Iterable[str]) -> str:
    body = "".join(parts)
    return f"<h2>{title}</h2>{body}" if body else ""


def _recipe(recipe: Recipe, diffs: dict[str, str]) -> str:
    """Return the recipe's block, and take the differences of its own files out of ``diffs``."""
    told = topics((recipe,))
    frameworks = " ".join(sorted({job.framework for job in recipe.jobs if job.framework}))
    rules = markup(" ".join(topic.rule for topic in told))
    jobs = sorted(recipe.jobs, key=lambda job: job.place)
    targets = ", ".join(dict.fromkeys(markup(job.target or job.rule) for job in jobs))
    own = [diffs.pop(path) for path in [*diffs] if (posixpath.dirname(path) or ".") == recipe.path]
    return (
        f'<details class="recipe" data-status="{recipe.status}" data-framework="{frameworks}" '
        f'data-rule="{rules}"><summary>{_kind(recipe.status)}<b>{markup(recipe.path)}</b>'
        f'<span class="dim">{targets}</span></summary>'
        f"<div>{''.join((*map(_topic, told), *own))}</div></details>\n"
    )


def _kind(kind: Kind) -> str:
    return f'<span class="status {kind}">{kind}</span>'


def _topic(topic: Topic) -> str:
    rule = markup(topic.rule)
    lines = [f'<p>{_kind(topic.kind)} <a href="#rule-{rule}">{rule}</a></p>']
    for message, told in topic.by_message().items():
        lines += [f"<p>{markup(message)}</p>", *map(_place, told)]
    return f"<div class=job>{''.join(lines)}</div>"


def _place(one: Told) -> str:
    said = "<br>".join(markup(text) for text in (facts(one), trail(one)) if text)
    return f"<p><code>{markup(str(one.place))}</code> <span class=dim>{said}</span></p>"


def _rule(rule: str, view: View) -> str:
    page = view.rules[rule]
    return (
        f'<details id="rule-{markup(rule)}"><summary>{markup(rule)}: {markup(page.title)}</summary>'
        f"<pre tabindex=0>{html.escape(rule_page(page))}</pre></details>"
    )


def _step(step: NextStep) -> str:
    commands = "".join(f"<pre tabindex=0>{markup(command)}</pre>" for command in step.commands)
    blanks = "".join(
        f"<li>{', '.join(f'<code>{markup(path)}</code>' for path in blank.paths)}: {markup(blank.what)}</li>"
        for blank in step.blanks
    )
    return f"<p>{markup(step.title)}</p>{commands}<ul>{blanks}</ul>"


def _diff(change: Change, secrets: frozenset[str]) -> str:
    """Return the difference by lines of code; tokens end with the line, so that each stands alone."""
    lines = diff_lines(change, secrets)
    lexer = _LEXERS.get(posixpath.splitext(change.path)[1], TextLexer)(stripnl=False, ensurenl=False)
    text = "\n".join(line.text for line in lines)
    code = str(highlight(text, lexer, HtmlFormatter(nowrap=True))).removesuffix("\n").split("\n")
    shown = "".join(
        f'<div class="{line.kind}">{SIGNS[line.kind] + shown if line.kind in SIGNS else line.text}</div>'
        for line, shown in zip(lines, code, strict=True)
    )
    path = markup(change.path)
    region = f'<div class=diff tabindex=0 role=region aria-label="Changes of {path}">'
    return f"<details open><summary><code>{path}</code></summary>{region}{shown}</div></details>"

"""The report as one HTML file that asks for nothing: filters, search, and a diff per file by cells."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Iterable
from importlib.resources import files

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from migrator.model import Change, NextStep, Plan, Recipe, Rule
from migrator.report import View
from migrator.report.overview import Kind, Topic, facts, overview, topics, trail
from migrator.report.patch import SIGNS, diff_lines
from migrator.report.wording import markup, rule_page

_LANGUAGES = {".json": "json", ".template": "json", ".py": "python", ".ipynb": "python"}


def render(plan: Plan, view: View) -> str:
    """Return the page; ``view.rules`` are explained at its end."""
    told = overview(plan, view.rules)
    recipes = {recipe.path: recipe for row in told.rows for recipe in row.recipes}
    folders: dict[str, list[str]] = {}
    for change in plan.changes:
        folder = posixpath.dirname(change.path) or "."
        folders.setdefault(folder if folder in recipes else "", []).append(_diff(change, plan.secrets))
    counts = told.counts()
    pages = {topic.page.id: topic.page for topic in told.topics}
    elsewhere = topics((one for one in plan.recipes if one.path not in recipes), view.rules)
    parts = {
        "root": markup(plan.root if plan.root != "." else "the working directory"),
        "bars": "".join(f'<span class="bar-{s}" style="flex:{n}"></span>' for s, n in counts.items()),
        "counts": "".join(f'<li><i class="bar-{s}"></i>{n} {s}</li>' for s, n in counts.items())
        or "<li>No Batch AI recipe found</li>",
        "files": f"{plan.files.seen} files seen, {plan.files.changed} changed, {plan.files.failed} failed",
        "recipes": "".join(_recipe(one, view, folders.get(one.path, ())) for one in recipes.values()),
        "steps": _section("Next steps", map(_step, plan.next_steps)),
        "shared": _section("Files that recipes share", folders.get("", ())),
        "notes": _section("Notes elsewhere", map(_topic, elsewhere)),
        "rules": _section("Rules", (_rule(page) for _, page in sorted(pages.items()) if page.title)),
    }
    head, *pieces = (files("migrator.report") / "page.html").read_text(encoding="utf-8").split("{{")
    named = (piece.partition("}}") for piece in pieces)
    return head + "".join(parts[name] + rest for name, _, rest in named)


def _section(title: str, parts: Iterable[str]) -> str:
    body = "".join(parts)
    return f"<h2>{title}</h2>{body}" if body else ""


def _recipe(recipe: Recipe, view: View, diffs: Iterable[str]) -> str:
    told = topics((recipe,), view.rules)
    frameworks = " ".join(sorted({job.framework for job in recipe.jobs if job.framework}))
    rules = markup(" ".join(topic.page.id for topic in told))
    jobs = sorted(recipe.jobs, key=lambda job: job.place)
    targets = ", ".join(dict.fromkeys(markup(job.target or job.rule) for job in jobs))
    return (
        f'<details class="recipe" data-status="{recipe.status}" data-framework="{frameworks}" '
        f'data-rule="{rules}"><summary>{_kind(recipe.status)}<b>{markup(recipe.path)}</b>'
        f'<span class="dim">{targets}</span></summary>'
        f"<div>{''.join((*map(_topic, told), *diffs))}</div></details>\n"
    )


def _kind(kind: Kind) -> str:
    return f'<span class="status {kind}">{kind}</span>'


def _topic(topic: Topic) -> str:
    rule = markup(topic.page.id)
    lines = [f'<p>{_kind(topic.kind)} <a href="#rule-{rule}">{rule}</a></p>']
    for message, told in topic.by_message().items():
        lines.append(f"<p>{markup(message)}</p>")
        for one in told:
            said = "".join(f"<br>{markup(text)}" for text in (facts(one), trail(one)) if text)
            lines.append(f"<p class=dim><code>{markup(str(one.place))}</code>{said}</p>")
    return f"<div class=job>{''.join(lines)}</div>"


def _rule(page: Rule) -> str:
    return (
        f'<details id="rule-{markup(page.id)}"><summary>{markup(page.id)}: {markup(page.title)}</summary>'
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
    language = _LANGUAGES.get(posixpath.splitext(change.path)[1], "text")
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    text = "\n".join(line.text for line in lines)
    code = str(highlight(text, lexer, HtmlFormatter(nowrap=True))).removesuffix("\n").split("\n")
    shown = "".join(
        f'<div class="{line.kind}">{SIGNS[line.kind] + shown if line.kind in SIGNS else line.text}</div>'
        for line, shown in zip(lines, code, strict=True)
    )
    path = markup(change.path)
    region = f'<div class=diff tabindex=0 role=region aria-label="Changes of {path}">'
    return f"<details open><summary><code>{path}</code></summary>{region}{shown}</div></details>"

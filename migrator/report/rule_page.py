"""The page on a rule, as ``explain``, SARIF and HTML show it."""

from __future__ import annotations

import textwrap

from migrator.model import Rule, Severity
from migrator.report.escaping import wrapped

_WIDTH = 80


def rule_page(rule: Rule) -> str:
    """Return what a rule means, why, what to do, an example where one helps, and the source, as text."""
    kind = "finding" if isinstance(rule.outcome, Severity) else "job"
    parts = [f"{rule.id} ({kind}: {rule.outcome})", wrapped(rule.title, _WIDTH)]
    for heading, text in (("What", rule.what), ("Why", rule.why), ("To do", rule.now)):
        parts.append(f"{heading}\n{wrapped(text, _WIDTH, '  ', '  ')}")
    for heading, example in (("Before", rule.before), ("After", rule.after)):
        if example:
            parts.append(f"{heading}\n{textwrap.indent(example, '  ')}")
    if rule.url:
        parts.append(f"Source\n  {rule.url}")
    return "\n\n".join(parts) + "\n"

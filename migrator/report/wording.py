"""Text for people: on one line, escaped, so that no terminal or page takes it for something else; wrapped."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # a run that only asks for help needs none of it
    from migrator.model import Rule

# C0 and C1 controls, soft hyphen, zero width, line separators, direction marks, lone surrogates.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return ``text`` on one line, with what would steer a terminal or hide itself escaped as in Python.

    A byte of a file name that is no UTF-8 (a surrogate of PEP 383) is shown as that byte.
    """

    def escaped(found: re.Match[str]) -> str:
        code = ord(found[0])
        return (
            (chr(code - 0xDC00) if 0xDC80 <= code <= 0xDCFF else found[0]).encode("unicode_escape").decode()
        )

    return _UNSAFE.sub(escaped, text)


def markup(text: str) -> str:
    """Return ``text`` on one line as HTML that shows it."""
    from html import escape

    return escape(printable(text))


_COMMAND: Final = re.compile("`[^`]*`")
_SPACE: Final = "\0"
_PAGE_WIDTH: Final = 80


def kept(text: str) -> str:
    """Return ``text`` so that ``wrapped`` does not break it."""
    return text.replace(" ", _SPACE)


def wrapped(paragraph: str, width: int, first: str = "", hanging: str = "") -> str:
    """Return the paragraph in lines, indented, that break between words, but not inside of `a command`."""
    lines = textwrap.wrap(
        _COMMAND.sub(lambda found: kept(found[0]), paragraph),
        max(width, len(hanging) + 20),
        initial_indent=first,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(_SPACE, " ")


def rule_page(rule: Rule) -> str:
    """Return what a rule means, why, what to do, an example where one helps, and the source, as text."""
    from migrator.model import Severity

    kind = "finding" if isinstance(rule.outcome, Severity) else "job"
    parts = [f"{rule.id} ({kind}: {rule.outcome})", wrapped(rule.title, _PAGE_WIDTH)]
    for heading, text in (("What", rule.what), ("Why", rule.why), ("To do", rule.now)):
        parts.append(f"{heading}\n{wrapped(text, _PAGE_WIDTH, '  ', '  ')}")
    for heading, example in (("Before", rule.before), ("After", rule.after)):
        if example:
            parts.append(f"{heading}\n{textwrap.indent(example, '  ')}")
    if rule.url:
        parts.append(f"Source\n  {rule.url}")
    return "\n\n".join(parts) + "\n"

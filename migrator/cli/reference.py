"""The commands that look things up: the catalogue of images and the pages on rules."""

from __future__ import annotations

from difflib import get_close_matches

from migrator.catalogue import RULES
from migrator.cli.console import emit
from migrator.cli.pages import closest, render_images, render_list, render_topic
from migrator.cli.settings import SettingsError
from migrator.model import Framework
from migrator.report.rule_page import rule_page


def images(framework: str | None, *, is_verbose: bool) -> int:
    """Print the catalogue, or one framework's part of it; returns the exit code.

    Raises SettingsError for a framework that does not exist.
    """
    if framework is not None and framework not in tuple(Framework):
        close = tuple(get_close_matches(framework, list(Framework), n=1))
        raise SettingsError(f"there is no framework {framework!r}; {_hint(close, tuple(Framework))}")
    _print(render_images(Framework(framework) if framework else None, is_verbose=is_verbose))
    return 0


def explain(word: str | None) -> int:
    """Print the page on a rule, limitation or topic, or the list of them; returns the exit code.

    Raises SettingsError for a word that is none.
    """
    if word is None:
        page: str | None = render_list()
    else:
        page = rule_page(RULES[word]) if word in RULES else render_topic(word)
    if page is None:
        hint = _hint(closest(word or ""), ())
        raise SettingsError(f"there is no rule or topic {word!r}; {hint}")
    _print(page)
    return 0


def _hint(close: tuple[str, ...], known: tuple[str, ...]) -> str:
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known are {', '.join(known)}" if known else "`ngc-migrate explain` lists them"


def _print(page: str) -> None:
    emit(f"{page.rstrip()}\n".encode())

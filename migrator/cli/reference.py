"""The commands that look things up: the catalogue of images and the pages on rules."""

from __future__ import annotations

from difflib import get_close_matches

from migrator.catalogue import RULES
from migrator.cli.console import emit
from migrator.cli.pages import closest, render_images, render_rule
from migrator.cli.settings import SettingsError
from migrator.model import Framework


def images(framework: str | None) -> int:
    """Print the catalogue, or one framework's part of it; returns the exit code.

    Raises SettingsError for a framework that does not exist.
    """
    if framework is not None and framework not in tuple(Framework):
        close = tuple(get_close_matches(framework, list(Framework), n=1))
        raise SettingsError(f"there is no framework {framework!r}; {_hint(close, tuple(Framework))}")
    _print(render_images(Framework(framework) if framework else None))
    return 0


def explain(rule: str) -> int:
    """Print the page on a rule or limitation; returns the exit code.

    Raises SettingsError for a rule that does not exist.
    """
    if rule not in RULES:
        raise SettingsError(f"there is no rule {rule!r}; {_hint(closest(rule), tuple(RULES))}")
    _print(render_rule(RULES[rule]))
    return 0


def _hint(close: tuple[str, ...], known: tuple[str, ...]) -> str:
    return f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(known)}"


def _print(page: str) -> None:
    emit(f"{page.rstrip()}\n".encode())

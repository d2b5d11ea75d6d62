"""The command group: ``ngc-migrate recipes`` is ``ngc-migrate plan recipes``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from migrator.cli.console import say

DEFAULT = "plan"


class DefaultGroup(TyperGroup):
    """A group that takes words which name no command of its own as words of its default command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before ``args`` where they name none; returns what is left to parse."""
        words = list(args)
        if not words or not self._is_own(ctx, words[0]):
            words.insert(0, DEFAULT)
        elif words[0] in self.commands and Path(words[0]).is_dir():
            say(f"note: {words[0]!r} is taken as the command; for the folder write ./{words[0]}")
        return super().parse_args(ctx, words)

    def _is_own(self, ctx: Any, word: str) -> bool:
        options = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        return word in self.commands or word in options

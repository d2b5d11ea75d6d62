"""The command group: ``ngc-migrate recipes`` is ``ngc-migrate plan recipes``, in help and completion too."""

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
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if not words and ctx.resilient_parsing:
            pass  # the first word is being completed
        elif not words or words[0] not in {*self.commands, *own}:
            words.insert(0, DEFAULT)
        elif words[0] in self.commands and Path(words[0]).is_dir():
            say(f"note: {words[0]!r} is taken as the command; for the folder write ./{words[0]}")
        return super().parse_args(ctx, words)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return what the first word can be: a command, or an option of the default one."""
        default = self.commands[DEFAULT].shell_complete(ctx, incomplete)
        return [*super().shell_complete(ctx, incomplete), *default]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options of the default command before the group's own and the commands."""
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        parameters = [each for each in self.commands[DEFAULT].get_params(ctx) if not own & {*each.opts}]
        records = [record for each in parameters if (record := each.get_help_record(ctx)) is not None]
        with formatter.section("Options of plan (the default command) and apply"):
            formatter.write_dl(records)
        super().format_options(ctx, formatter)

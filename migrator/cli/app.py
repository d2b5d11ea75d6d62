"""The command line: words in, exit code out."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer
from typer import Argument, Option
from typer.core import TyperGroup

from migrator.cli.console import ExitCode, Refused, say
from migrator.cli.options import VERSION, ApplyRequest, Request
from migrator.cli.signals import listen

_EXAMPLES = """\b
Examples:
  ngc-migrate recipes              show the changes and the report
  ngc-migrate --check -q recipes   in a pipeline: exit 1 if anything is left
  ngc-migrate apply recipes        write the changes
  ngc-migrate undo recipes         take them back
  ngc-migrate explain gpu-too-old  what a rule of the report means
"""


class DefaultGroup(TyperGroup):
    """A group that takes words which name no command of its own as words of its default command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before ``args`` where they name none; returns what is left to parse."""
        words = list(args)
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if not words and ctx.resilient_parsing:
            pass  # the first word is being completed
        elif not words or words[0] not in {*self.commands, *own}:
            words.insert(0, "plan")
        elif words[0] in self.commands and Path(words[0]).is_dir():
            say(f"note: {words[0]!r} is taken as the command; for the folder write ./{words[0]}")
        return super().parse_args(ctx, words)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return what the first word can be: a command, or an option of the default one."""
        default = self.commands["plan"].shell_complete(ctx, incomplete)
        return [*super().shell_complete(ctx, incomplete), *default]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options of the default command before the group's own and the commands."""
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        parameters = [each for each in self.commands["plan"].get_params(ctx) if not own & {*each.opts}]
        records = [record for each in parameters if (record := each.get_help_record(ctx)) is not None]
        with formatter.section("Options of plan (the default command) and apply"):
            formatter.write_dl(records)
        super().format_options(ctx, formatter)


app = typer.Typer(
    cls=DefaultGroup,
    subcommand_metavar="[COMMAND] [PATH]...",
    epilog=_EXAMPLES,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("plan")(Request)
app.command("apply")(ApplyRequest)


@app.callback()
def ngc_migrate(version: bool = VERSION) -> None:
    """Rewrite Azure Batch AI recipes so that their jobs pull their images from nvcr.io, with credentials.

    `ngc-migrate [PATH]...` is short for `ngc-migrate plan [PATH]...`: it shows what would change.
    """


@app.command("undo")
def undo_command(path: str = Argument(".", metavar="[PATH]", help="Where to look for it, and above.")) -> int:
    """Take back what the last `apply` wrote; with or without git."""
    from migrator.cli.write import undo

    return undo(path)


@app.command("images")
def images_command(
    framework: str | None = Argument(None, metavar="[FRAMEWORK]", show_default=False),
    verbose: bool = Option(False, "--verbose", "-v", help="Also who says so."),
    online: bool = Request.online,
    api_key_env: str | None = Request.api_key_env,
    credential_helpers: bool = Request.credential_helpers,
) -> int:
    """List the known images of nvcr.io, a line a tag."""
    from migrator.cli.reference import images

    _warn_here()
    request = Request(online=online, api_key_env=api_key_env, credential_helpers=credential_helpers)
    return images(framework, request, is_verbose=verbose)


@app.command("explain")
def explain_command(
    word: str | None = Argument(None, metavar="[RULE|TOPIC]", show_default=False),
) -> int:
    """Explain a rule, a known limitation or a topic; without a word, list them."""
    from migrator.cli.reference import explain

    _warn_here()
    return explain(word)


def _warn_here() -> None:
    from migrator.cli.write import warn

    with suppress(OSError):  # the working directory may be gone
        warn([os.path.realpath(".")])


def main() -> None:
    """Run the command line of this process and leave it with its exit code; no error gets past here."""
    listen()
    code: int = ExitCode.FAILED
    try:
        asked = app(prog_name="ngc-migrate", standalone_mode=False)
        if isinstance(asked, Request):
            from migrator.cli.run import run

            asked = run(asked)
        code = asked
    except typer.TyperException as error:
        message = error.format_message().rstrip(".")
        say(f"error: {message[:1].lower()}{message[1:]}; `ngc-migrate --help` shows what there is")
    except Refused as error:
        say(f"error: {error}")
    except Exception as error:
        _report_bug(error)
    sys.exit(code)


def _report_bug(error: Exception) -> None:
    # Neither the message nor the source lines: they may hold what stands in the user's files.
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    say(f"error: this is a bug in ngc-migrate: {type(error).__name__}{where}; -v shows the calls")
    if {"-v", "--verbose"} & set(sys.argv[1:]):
        for frame in frames:
            say(f"  {frame.filename}:{frame.lineno} {frame.name}")

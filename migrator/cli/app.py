"""The command line: words in, exit code out. What the commands do stands in ``cli_run``."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import Annotated

import typer

from migrator.cli import options
from migrator.cli.console import ColorMode, OutputRefused, say
from migrator.cli.exit import ExitCode
from migrator.cli.group import DefaultGroup
from migrator.cli.options import Command, request
from migrator.cli.settings import SettingsError
from migrator.cli.signals import listen
from migrator.report import printable

app = typer.Typer(
    cls=DefaultGroup,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def ngc_migrate(version: options.Version = False) -> None:
    """Rewrite Azure Batch AI recipes so that their jobs pull their images from nvcr.io, with credentials.

    `ngc-migrate [PATH]...` is short for `ngc-migrate plan [PATH]...`: it shows what would change.
    """


@app.command("plan")
def plan_command(
    ctx: typer.Context,
    paths: options.Paths = None,
    dry_run: options.DryRun = False,
    credentials: options.Credentials = None,
    key_vault_id: options.VaultId = None,
    secret_url: options.SecretUrl = None,
    image: options.Images = None,
    gpu: options.GpuName = None,
    format: options.Format = None,  # noqa: A002
    output: options.Output = None,
    diff: options.Diff = False,
    check: options.Check = False,
    exclude: options.Exclude = None,
    config: options.Config = None,
    jobs: options.Workers = 1,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    color: options.Color = ColorMode.AUTO,
    version: options.Version = False,
) -> None:
    """Show the changes and the report; never writes. The default command."""
    _run(Command.PLAN, ctx)


@app.command("apply")
def apply_command(
    ctx: typer.Context,
    paths: options.Paths = None,
    dry_run: options.DryRun = False,
    allow_dirty: options.AllowDirty = False,
    allow_no_vcs: options.AllowNoVcs = False,
    reviewed: options.Reviewed = None,
    credentials: options.Credentials = None,
    key_vault_id: options.VaultId = None,
    secret_url: options.SecretUrl = None,
    image: options.Images = None,
    gpu: options.GpuName = None,
    format: options.Format = None,  # noqa: A002
    output: options.Output = None,
    diff: options.Diff = False,
    check: options.Check = False,
    exclude: options.Exclude = None,
    config: options.Config = None,
    jobs: options.Workers = 1,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    color: options.Color = ColorMode.AUTO,
    version: options.Version = False,
) -> None:
    """Write the changes that `plan` shows."""
    _run(Command.APPLY, ctx)


@app.command("undo")
def undo_command(
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="Where to look for it, and above.")] = ".",
) -> None:
    """Take back what the last `apply` wrote; with or without git."""
    from migrator.cli.write import undo

    raise typer.Exit(undo(path))


@app.command("images")
def images_command(
    framework: Annotated[str | None, typer.Argument(metavar="[FRAMEWORK]", show_default=False)] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also who says so.")] = False,
) -> None:
    """List the known images of nvcr.io, a line a tag."""
    from migrator.cli.reference import images

    _warn_here()
    raise typer.Exit(images(framework, is_verbose=verbose))


@app.command("explain")
def explain_command(
    word: Annotated[str | None, typer.Argument(metavar="[RULE|TOPIC]", show_default=False)] = None,
) -> None:
    """Explain a rule, a known limitation or a topic; without a word, list them."""
    from migrator.cli.reference import explain

    _warn_here()
    raise typer.Exit(explain(word))


def _warn_here() -> None:
    from migrator.cli.write import warn

    with suppress(OSError):  # the working directory may be gone
        warn([os.path.realpath(".")])


def _run(command: Command, ctx: typer.Context) -> None:
    asked = request(command, ctx.params)
    from migrator.cli.run import run

    raise typer.Exit(run(asked))


def main() -> None:
    """Run the command line of this process and leave it with its exit code; no error gets past here."""
    listen()
    try:
        app(prog_name="ngc-migrate")
    except (SettingsError, OutputRefused) as error:
        say(f"error: {printable(str(error))}")
    except Exception as error:
        _report_bug(error)
    sys.exit(ExitCode.FAILED)


def _report_bug(error: Exception) -> None:
    # Neither the message nor the source lines: they may hold what stands in the user's files.
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    say(f"error: this is a bug in ngc-migrate: {type(error).__name__}{where}; -v shows the calls")
    if {"-v", "--verbose"} & set(sys.argv[1:]):
        for frame in frames:
            say(f"  {frame.filename}:{frame.lineno} {frame.name}")

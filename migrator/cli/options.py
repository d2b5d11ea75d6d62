"""The options of ``plan`` and ``apply``, once each: what they are called, what they take, what help says.

Without ``from __future__ import annotations``: Typer would have to evaluate every one at every start.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import typer

from migrator import __version__
from migrator.cli.console import emit
from migrator.report import FORMATS


def _show_version(is_asked: bool) -> None:
    if is_asked:
        emit(f"ngc-migrate {__version__}\n".encode())
        raise typer.Exit


def _known_format(value: str) -> str:
    if value and value not in FORMATS:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(FORMATS)}.")
    return value


def _formats(start: str) -> list[str]:
    return [name for name in FORMATS if name.startswith(start)]


Version: TypeAlias = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
]


@dataclass(frozen=True, kw_only=True)
class Request:
    """Show the changes and the report; never writes. The default command."""

    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="[PATH]...",
            default_factory=lambda: ["."],
            show_default=False,
            help="Folders or files to look at.  [default: .]",
        ),
    ]
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing, only show.")] = False
    credentials: Annotated[
        Literal["api-key", "key-vault"] | None,
        typer.Option(help="Where jobs get the API key from.  [default: api-key]"),
    ] = None
    key_vault_id: Annotated[str | None, typer.Option(metavar="ID", help="Resource id of the Key Vault.")] = (
        None
    )
    secret_url: Annotated[
        str | None, typer.Option(metavar="URL", help="URL of the secret in the Key Vault.")
    ] = None
    image: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=IMAGE", help="Image for a framework or for another image; repeatable."),
    ] = None
    gpu: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What jobs run on, instead of what recipes say: k80, v100 …"),
    ] = None
    format: Annotated[
        str,
        typer.Option(
            metavar=f"[{'|'.join(FORMATS)}]",
            callback=_known_format,
            autocompletion=_formats,
            show_default=False,
            help="Form of the report.  [default: text]",
        ),
    ] = ""
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Put the report or patch there.")
    ] = None
    diff: Annotated[
        bool, typer.Option("--diff", help="Print only a patch for `git apply`; exit 1 if there is one.")
    ] = False
    check: Annotated[bool, typer.Option("--check", help="Exit 1 if anything is left to do.")] = False
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Leave these files or folders out; repeatable."),
    ] = None
    config: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="File with [tool.ngc-migrate].  [default: nearest pyproject.toml]"),
    ] = None
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Recipes to work on at a time.")
    ] = 1
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only say how it went.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also how each value was found.")] = False
    color: Annotated[Literal["auto", "always", "never"], typer.Option(help="When to colour.")] = "auto"
    version: Version = False

    @property
    def is_writing(self) -> bool:
        """Whether the files of the recipes are to change."""
        return False


@dataclass(frozen=True, kw_only=True)
class ApplyRequest(Request):
    """Write the changes that `plan` shows."""

    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Write also over changes that are not committed.")
    ] = False
    allow_no_vcs: Annotated[
        bool, typer.Option("--allow-no-vcs", help="Write also where no git repository keeps the old state.")
    ] = False
    reviewed: Annotated[
        str | None,
        typer.Option(metavar="REPORT", help="Write only what is in this JSON report, or nothing."),
    ] = None

    @property
    def is_writing(self) -> bool:
        """Whether the files of the recipes are to change."""
        return not self.dry_run

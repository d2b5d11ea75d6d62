"""The options of the commands, once each, and the request that they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import typer

from migrator import __version__
from migrator.cli.console import ColorMode, emit
from migrator.cli.settings import Settings, SettingsError, gpu_name, image_pair, secret_url, vault_id
from migrator.model import CredentialsMode
from migrator.report import FORMATS, Detail


def _show_version(is_asked: bool) -> None:
    if is_asked:
        emit(f"ngc-migrate {__version__}\n".encode())
        raise typer.Exit


def _known_format(value: str | None) -> str | None:
    if value is not None and value not in FORMATS:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(FORMATS)}.")
    return value


Paths: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...", show_default=False, help="Folders or files to look at.  [default: .]"
    ),
]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Write nothing, only show.")]
Credentials: TypeAlias = Annotated[
    CredentialsMode | None,
    typer.Option("--credentials", help="Where jobs get the API key from.  [default: api-key]"),
]
VaultId: TypeAlias = Annotated[
    str | None, typer.Option("--key-vault-id", metavar="ID", help="Resource id of the Key Vault.")
]
SecretUrl: TypeAlias = Annotated[
    str | None, typer.Option("--secret-url", metavar="URL", help="URL of the secret in the Key Vault.")
]
Images: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--image", metavar="KEY=IMAGE", help="Image for a framework or for another image; repeatable."
    ),
]
GpuName: TypeAlias = Annotated[
    str | None,
    typer.Option("--gpu", metavar="NAME", help="What jobs run on, instead of what recipes say: k80, v100 …"),
]
Format: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar=f"[{'|'.join(FORMATS)}]",
        callback=_known_format,
        help="Form of the report.  [default: text]",
    ),
]
Output: TypeAlias = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Put the report or patch there.")
]
Diff: TypeAlias = Annotated[
    bool, typer.Option("--diff", help="Print only a patch for `git apply`; exit 1 if there is one.")
]
Check: TypeAlias = Annotated[bool, typer.Option("--check", help="Exit 1 if anything is left to do.")]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="GLOB", help="Leave these files or folders out; repeatable."),
]
Config: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="File with [tool.ngc-migrate].  [default: nearest pyproject.toml]",
    ),
]
Workers: TypeAlias = Annotated[
    int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Recipes to work on at a time.")
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Only say how it went.")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="Also how each value was found.")]
Color: TypeAlias = Annotated[ColorMode, typer.Option("--color", help="When to colour.")]
Version: TypeAlias = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
]
AllowDirty: TypeAlias = Annotated[
    bool, typer.Option("--allow-dirty", help="Write also over changes that are not committed.")
]
AllowNoVcs: TypeAlias = Annotated[
    bool, typer.Option("--allow-no-vcs", help="Write also where no git repository keeps the old state.")
]
Reviewed: TypeAlias = Annotated[
    str | None,
    typer.Option("--reviewed", metavar="REPORT", help="Write only what is in this JSON report, or nothing."),
]


class Command(StrEnum):
    """The commands that make a plan."""

    PLAN = "plan"
    APPLY = "apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was typed after ``ngc-migrate``."""

    command: Command
    paths: tuple[str, ...]
    choices: Settings
    config: str | None
    format: str
    output: str | None
    detail: Detail
    color: ColorMode
    workers: int
    diff: bool
    check: bool
    dry_run: bool
    allow_dirty: bool
    allow_no_vcs: bool
    reviewed: str | None

    @property
    def is_writing(self) -> bool:
        """Whether the files of the recipes are to change."""
        return self.command is Command.APPLY and not self.dry_run


def request(command: Command, typed: Mapping[str, Any]) -> Request:
    """Return the request that the parsed parameters of a command make: texts, numbers and flags.

    Raises SettingsError for a bad one.
    """
    if typed["diff"] and typed["format"]:
        raise SettingsError("--diff prints a patch and --format a report; choose one")
    if "" in (typed["paths"] or ()):
        raise SettingsError("PATH must not be empty; write . for the working directory")
    return Request(
        command=command,
        paths=tuple(typed["paths"] or (".",)),
        choices=_choices(typed),
        config=typed["config"],
        format=typed["format"] or "text",
        output=None if typed["output"] == "-" else typed["output"],
        detail=_detail(typed["quiet"], typed["verbose"]),
        color=ColorMode(typed["color"]),
        workers=typed["jobs"],
        diff=typed["diff"],
        check=typed["check"],
        dry_run=typed["dry_run"],
        allow_dirty=typed.get("allow_dirty", False),
        allow_no_vcs=typed.get("allow_no_vcs", False),
        reviewed=typed.get("reviewed"),
    )


def _choices(typed: Mapping[str, Any]) -> Settings:
    vault, url = typed["key_vault_id"], typed["secret_url"]
    return Settings(
        credentials=CredentialsMode(typed["credentials"]) if typed["credentials"] else None,
        key_vault_id=None if vault is None else vault_id(vault),
        secret_url=None if url is None else secret_url(url),
        images=dict(image_pair(word) for word in typed["image"] or ()),
        gpu=None if typed["gpu"] is None else gpu_name(typed["gpu"]),
        exclude=tuple(typed["exclude"] or ()),
    )


def _detail(is_quiet: bool, is_verbose: bool) -> Detail:
    if is_quiet and is_verbose:
        raise SettingsError("-q and -v exclude each other")
    return Detail.QUIET if is_quiet else Detail.VERBOSE if is_verbose else Detail.NORMAL

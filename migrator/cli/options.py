"""The options of ``plan`` and ``apply``, once each: what they are called, what they take, what help says.

Without ``from __future__ import annotations``: Typer would have to evaluate every one at every start.
"""

from dataclasses import dataclass
from typing import Literal

from typer import Argument, BadParameter, Exit, Option

from migrator import __version__
from migrator.cli.console import Refused, emit
from migrator.report import FORMATS


def _show_version(is_asked: bool) -> None:
    if is_asked:
        emit(f"ngc-migrate {__version__}\n".encode())
        raise Exit


def _known_format(value: str) -> str:
    if value and value not in FORMATS:
        raise BadParameter(f"{value!r} is not one of {', '.join(FORMATS)}.")
    return value


def _formats(start: str) -> list[str]:
    return [name for name in FORMATS if name.startswith(start)]


VERSION = Option(
    False, "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """Show the changes and the report; never writes. The default command."""

    paths: list[str] = Argument(
        ["."], metavar="[PATH]...", show_default=False, help="Folders or files to look at.  [default: .]"
    )
    dry_run: bool = Option(False, "--dry-run", help="Write nothing, only show.")
    credentials: Literal["api-key", "key-vault"] | None = Option(
        None, help="Where jobs get the API key from.  [default: api-key]"
    )
    key_vault_id: str | None = Option(None, metavar="ID", help="Resource id of the Key Vault.")
    secret_url: str | None = Option(None, metavar="URL", help="URL of the secret in the Key Vault.")
    image: list[str] | None = Option(
        None, metavar="KEY=IMAGE", help="Image for a framework or for another image; repeatable."
    )
    gpu: str | None = Option(
        None, metavar="NAME", help="What jobs run on, instead of what recipes say: k80, v100 …"
    )
    format: str = Option(
        "",
        metavar=f"[{'|'.join(FORMATS)}]",
        callback=_known_format,
        autocompletion=_formats,
        show_default=False,
        help="Form of the report.  [default: text]",
    )
    output: str | None = Option(None, "--output", "-o", metavar="FILE", help="Put the report or patch there.")
    diff: bool = Option(False, "--diff", help="Print only a patch for `git apply`; exit 1 if there is one.")
    check: bool = Option(False, "--check", help="Exit 1 if anything is left to do.")
    docs: bool = Option(False, "--docs", help="Fenced blocks of documentation follow, too.")
    online: bool = Option(False, "--online", help="Ask nvcr.io, and the Key Vault, whether all is there.")
    api_key_env: str | None = Option(
        None, metavar="NAME", help="Variable with the API key.  [default: NGC_API_KEY, NGC_CLI_API_KEY]"
    )
    credential_helpers: bool = Option(False, "--credential-helpers", help="Run those that Docker would.")
    exclude: list[str] | None = Option(
        None, metavar="GLOB", help="Leave these files or folders out; repeatable."
    )
    config: str | None = Option(
        None, metavar="FILE", help="File with [tool.ngc-migrate].  [default: nearest pyproject.toml]"
    )
    jobs: int = Option(0, "--jobs", "-j", min=0, metavar="N", help="Processes; 0 for as many as help.")
    quiet: bool = Option(False, "--quiet", "-q", help="Only say how it went.")
    verbose: bool = Option(False, "--verbose", "-v", help="Also how each value was found.")
    color: Literal["auto", "always", "never"] = Option("auto", help="When to colour.")
    version: bool = VERSION

    def __post_init__(self) -> None:
        if (self.api_key_env is not None or self.credential_helpers) and not self.online:
            raise Refused("--api-key-env and --credential-helpers need --online")

    @property
    def is_writing(self) -> bool:
        """Whether the files of the recipes are to change."""
        return isinstance(self, ApplyRequest) and not self.dry_run


@dataclass(frozen=True, kw_only=True)
class ApplyRequest(Request):
    """Write the changes that `plan` shows."""

    allow_dirty: bool = Option(False, "--allow-dirty", help="Write also over changes that are not committed.")
    allow_no_vcs: bool = Option(
        False, "--allow-no-vcs", help="Write also where no git repository keeps the old state."
    )
    reviewed: str | None = Option(
        None, metavar="REPORT", help="Write only what is in this JSON report, or nothing."
    )

"""What a person has to do for a job in text, and what would become of the user name there."""

from __future__ import annotations

import re

from migrator.catalogue import ImageReference, family_of
from migrator.discover import TextKind
from migrator.understand.facts import RegistryState
from migrator.understand.scripts.quoting import EXPANDING, Quoting

_LOGIN = "serverUrl nvcr.io, username $oauthtoken and the API key (or its Key Vault reference) as password"
_PAGE = "as `ngc-migrate explain job-in-text` shows"
_SHELLS = frozenset({TextKind.SHELL, TextKind.YAML, TextKind.TEMPLATE, TextKind.PLAIN})
_LITERAL = frozenset({Quoting.SINGLE, Quoting.QUOTED_HEREDOC, Quoting.LITERAL_HERE_STRING})


def advice(
    kind: TextKind, quoting: Quoting | None, image: str | None, state: RegistryState, *, loses_user_name: bool
) -> str:
    """Return the message of a job in text: what it is, what to do by hand, and how to write ``$oauthtoken``.

    ``quoting`` is that of the container settings; ``image`` is None where it is not written out.
    """
    if loses_user_name:
        steps = "The job has a login for nvcr.io, but its user name is not $oauthtoken any more when it runs."
    else:
        steps = _steps(image, state)
    parts = (f"This job stands in {kind.value}, which is not rewritten.", steps, expansion(kind, quoting))
    return " ".join(part for part in parts if part)


def expansion(kind: TextKind, quoting: Quoting | None) -> str:
    """Return what would become of ``$oauthtoken`` there and how to prevent it, empty where it survives."""
    if kind is TextKind.MAKE:
        return (
            "Make would take $o for a variable: write '$$oauthtoken' in single quotes, "
            "and \\$$oauthtoken where the shell expands variables, too."
        )
    if quoting in _LITERAL:
        return ""
    if kind is TextKind.POWERSHELL:
        return _in_powershell(quoting)
    if quoting is Quoting.HEREDOC:
        return (
            "The delimiter of the heredoc is not quoted, so $oauthtoken would be expanded, to nothing: "
            "write \\$oauthtoken, or quote the delimiter if nothing else in it is to be expanded."
        )
    if kind is TextKind.SHELL:
        where = "In double quotes" if quoting is Quoting.DOUBLE else "Outside of single quotes"
        other = "" if quoting is Quoting.DOUBLE else ", or single quotes around it"
        return f"{where} $oauthtoken would be expanded, to nothing: write \\$oauthtoken{other}."
    if kind is TextKind.TEMPLATE:
        return (
            "Look at what fills the template in: envsubst and Python's string.Template would replace "
            "$oauthtoken, too (string.Template leaves $$oauthtoken alone)."
        )
    return ""


def user_name_survives(kind: TextKind, quoting: Quoting | None, written: str) -> bool:
    """Tell whether a user name, as it stands in the file at a place quoted so, is right at run time.

    Only ``$oauthtoken`` is judged: a variable of another name is the author's.
    """
    if "oauthtoken" not in written:
        return True
    if kind is TextKind.MAKE:
        return ("\\$$oauthtoken" if quoting in EXPANDING else "$$oauthtoken") in written
    if kind is TextKind.POWERSHELL:
        return quoting not in EXPANDING or "`$oauthtoken" in written
    is_expanded = quoting in EXPANDING or (kind is TextKind.SHELL and quoting is None)
    return not is_expanded or re.search(r"\\\$oauthtoken", written) is not None


def _in_powershell(quoting: Quoting | None) -> str:
    if quoting is Quoting.HERE_STRING:
        return (
            'In a here-string between @" and "@ PowerShell would expand $oauthtoken, to nothing: write '
            "`$oauthtoken with the backtick, or use @' and '@ if nothing else in it is to be expanded."
        )
    return (
        "In double quotes PowerShell would expand $oauthtoken, to nothing: write '$oauthtoken' in single "
        "quotes, or `$oauthtoken with the backtick."
    )


def _steps(image: str | None, state: RegistryState) -> str:
    reference = ImageReference.parse(image) if image is not None else None
    if reference is None:
        return (
            "Its image is not written out here: where it is set, decide on one of `ngc-migrate images`, "
            f"and write {_LOGIN} beside it, {_PAGE}."
        )
    if state is RegistryState.NGC_INCOMPLETE:
        return f"The image is on nvcr.io, but not all of its login stands beside it: write {_LOGIN}, {_PAGE}."
    family = family_of(reference)
    if state is RegistryState.PRIVATE or family is None:
        why = "comes with a login or server of its own" if family else "is no public framework image"
        return (
            f"{reference} {why}: decide by hand whether one of `ngc-migrate images` can take its place. "
            f"If so, write {_LOGIN} beside it, {_PAGE}."
        )
    return (
        f"By hand: take one of `ngc-migrate images {family.framework}` and write {_LOGIN} beside it, "
        f"{_PAGE}; or keep the job spec in a JSON file of its own, which would be rewritten."
    )

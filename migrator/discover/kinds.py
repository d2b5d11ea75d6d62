"""The languages besides Python and JSON that can hold a job: one row each, told by name or first line.

A new language is a new row of ``_LANGUAGES``. Sources of the rows: shell
https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html (quoting, here-documents),
PowerShell https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

HEAD_BYTES = 256
"""Bytes of a file's beginning that are enough to tell its language where its name does not."""


class Role(Enum):
    """What a piece of text is: not read at all, taken as it stands, or with its variables replaced."""

    COMMENT = "comment"
    LITERAL = "literal"
    EXPANDING = "expanding"


@dataclass(frozen=True, slots=True)
class Piece:
    """How a piece begins and ends, as patterns; ``closing`` has the content as its group.

    ``role`` is None for an escape, which begins nothing.
    """

    opening: str
    closing: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class Language:
    """A row of the table.

    ``name`` is how messages call such a file, ``suffixes`` are parted by blanks, ``outside`` is the role
    of bare text, ``heredocs`` that of heredocs whose delimiter is not quoted, None where there are none;
    ``dollar`` (a pattern) is a ``$`` that stays one, ``escaped`` one that stays where variables expand;
    with ``has_bare_strings`` what is not quoted is no name.
    """

    name: str
    suffixes: str
    pieces: tuple[Piece, ...]
    outside: Role = Role.LITERAL
    heredocs: Role | None = None
    dollar: str = r"\$"
    escaped: str = r"\\\$"
    has_bare_strings: bool = False


_LINE = "([^\n]*)"
_DOUBLE = r'((?:\\.|[^"\\])*)"'
_SHELL = (
    Piece(r"\\.", "()", None),
    Piece(r"(?<![^\s;&|()])#", _LINE, Role.COMMENT),
    Piece(r"\$'", r"((?:\\.|[^'\\])*)'", Role.LITERAL),
    Piece("'", "([^']*)'", Role.LITERAL),
    Piece('"', _DOUBLE, Role.EXPANDING),
)
_POWERSHELL = (
    Piece("`.", "()", None),
    Piece("<#", "(.*?)#>", Role.COMMENT),
    Piece(r"(?<![^\s;&|(){}])#", _LINE, Role.COMMENT),
    Piece('@"[ \\t]*\r?\n', '(.*?)^"@', Role.EXPANDING),
    Piece("@'[ \\t]*\r?\n", "(.*?)^'@", Role.LITERAL),
    Piece("'", "((?:''|[^'])*)'", Role.LITERAL),
    Piece('"', '((?:`.|""|[^"`])*)"', Role.EXPANDING),
)
_WHOLE_LINES = (Piece(r"^[ \t]*(?:#|//|::|[Rr][Ee][Mm][ \t])", _LINE, Role.COMMENT),)
_ONE_LINE = (
    Piece('"', r'((?:\\.|[^"\\\n])*)"?', Role.LITERAL),
    Piece("'", r"((?:\\.|[^'\\\n])*)'?", Role.LITERAL),
)
_LONG = (Piece('"{3}', '(.*?)"{3}', Role.LITERAL), Piece("'{3}", "(.*?)'{3}", Role.LITERAL))
_BLOCKS = Piece(r"/\*", r"(.*?)\*/", Role.COMMENT)
_BRACES = (
    Piece(r"(?<![:\w\\])//", _LINE, Role.COMMENT),
    _BLOCKS,
    *_LONG,
    Piece('(?:@\\$?|\\$@)"', '((?:""|[^"])*)"', Role.LITERAL),
    Piece("`", r"((?:\\.|[^`\\])*)`", Role.LITERAL),
    *_ONE_LINE,
)
_PYTHON = (Piece("#", _LINE, Role.COMMENT), *_LONG, *_ONE_LINE)

_LANGUAGES = (
    SHELL := Language(
        "a shell script", "sh bash zsh ksh fish dockerfile", _SHELL, Role.EXPANDING, Role.EXPANDING
    ),
    POWERSHELL := Language("a PowerShell script", "ps1 psm1 powershell pwsh", _POWERSHELL, escaped=r"`\$"),
    MAKE := Language(
        "a Makefile",
        "mk mak makefile gnumakefile",
        _WHOLE_LINES,
        heredocs=Role.EXPANDING,
        dollar=r"\$\$",
        escaped=r"\\\$\$",
    ),
    Language("a batch file", "bat cmd", _WHOLE_LINES),
    R := Language("an R script", "r rmd qmd", _WHOLE_LINES),
    Language("a YAML file", "yml yaml", _WHOLE_LINES, heredocs=Role.EXPANDING, has_bare_strings=True),
    TEMPLATE := Language(
        "a template",
        "j2 jinja jinja2 tmpl tpl template erb mustache hbs in sample example",
        _WHOLE_LINES,
        heredocs=Role.EXPANDING,
        dollar=r"\$\$?",
    ),
    Language(
        "a settings file",
        "ini cfg toml env conf properties jsonc json5",
        _WHOLE_LINES,
        has_bare_strings=True,
    ),
    Language(
        "a Terraform file", "tf tfvars hcl", (*_WHOLE_LINES, _BLOCKS, *_ONE_LINE), heredocs=Role.LITERAL
    ),
    Language("a Bicep file", "bicep bicepparam", _BRACES),
    Language("a C# file", "cs csx csharp c#", _BRACES),
    Language("a Java file", "java", _BRACES),
    Language("a JavaScript file", "js mjs cjs jsx javascript", _BRACES),
    Language("a TypeScript file", "ts mts cts tsx typescript", _BRACES),
    Language("a Go file", "go", _BRACES),
    Language("a Scala or F# file", "scala sc fs fsx", _BRACES),
    Language("a Kotlin or Groovy file", "kt kts groovy gradle jenkinsfile", _BRACES, dollar=r"\\\$"),
    Language("a Ruby file", "rb rake rakefile", (Piece("#", _LINE, Role.COMMENT), *_ONE_LINE)),
    Language("a Perl or Julia script", "pl pm jl", (Piece("#", _LINE, Role.COMMENT), *_LONG, *_ONE_LINE)),
    Language("a PHP file", "php", (Piece("#", _LINE, Role.COMMENT), *_BRACES)),
    Language("a Rust file", "rs", (*_WHOLE_LINES, _BLOCKS, _ONE_LINE[0])),
    Language("a Jsonnet file", "jsonnet libsonnet", (Piece("#", _LINE, Role.COMMENT), *_BRACES)),
    Language("a justfile", "just justfile", _WHOLE_LINES, heredocs=Role.EXPANDING),
)
PLAIN = Language("a text file", "", _WHOLE_LINES, heredocs=Role.EXPANDING)
CELL = Language("a cell of another language", "", _WHOLE_LINES)
PYTHON = Language("a string or command of Python code", "", _PYTHON, has_bare_strings=True)
"""Of Python only strings and the like are searched as text, so no suffix leads here."""
_BY_SUFFIX: Mapping[str, Language] = {
    suffix: language for language in _LANGUAGES for suffix in language.suffixes.split()
}
_WHOLE_NAMES = frozenset({"makefile", "gnumakefile", "dockerfile", "jenkinsfile", "rakefile", "justfile"})
_INTERPRETERS: Mapping[bytes, Language] = {b"pwsh": POWERSHELL, b"Rscript": R, b"make": MAKE}
_SHEBANG = re.compile(rb"#![^\n]*?(?:[/ \t])(pwsh|Rscript|make|(?:ba|z|k|da|a)?sh)(?=[\s.\d-]|\Z)")


def language_of(path: str, head: bytes) -> Language | None:
    """Return the language of a file by its name, else by its first bytes; None for one that holds no jobs.

    A ``.txt`` file counts only where it starts as JSON or as a script: otherwise it is documentation.
    """
    stem, dot, suffix = path.rpartition("/")[2].lower().rpartition(".")
    if not dot:
        return _BY_SUFFIX[suffix] if suffix in _WHOLE_NAMES else _interpreted(head)
    if suffix == "txt":
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return _interpreted(start) or (PLAIN if start.startswith(b"{") else None)
    return _BY_SUFFIX.get(suffix) if stem else None


def _interpreted(head: bytes) -> Language | None:
    match = _SHEBANG.match(head)
    return _INTERPRETERS.get(match[1], SHELL) if match else None


def text_of(data: bytes) -> str:
    """Return a file as text without its mark: UTF-16 where a mark says so, else UTF-8.

    What cannot be decoded becomes U+FFFD, so that no bytes are refused; lines keep their ends.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace").removeprefix("\ufeff")

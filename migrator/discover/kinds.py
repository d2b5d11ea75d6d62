"""The kinds of files besides Python, notebooks and JSON that can hold a job, told by name or first line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

HEAD_BYTES = 256
"""Bytes of a file's beginning that are enough to tell its kind where its name does not."""


class TextKind(Enum):
    """The language of a file; the value is how messages name it."""

    SHELL = "a shell script"
    MAKE = "a Makefile"
    POWERSHELL = "a PowerShell script"
    BATCH = "a batch file"
    R = "an R script"
    YAML = "a YAML file"
    TEMPLATE = "a template"
    SETTINGS = "a settings file"
    PLAIN = "a text file"


_SUFFIXES: Mapping[str, TextKind] = {
    suffix: kind
    for kind, suffixes in {
        TextKind.SHELL: ("sh", "bash", "zsh", "ksh"),
        TextKind.MAKE: ("mk", "mak"),
        TextKind.POWERSHELL: ("ps1", "psm1"),
        TextKind.BATCH: ("bat", "cmd"),
        TextKind.R: ("r", "rmd"),
        TextKind.YAML: ("yml", "yaml"),
        TextKind.TEMPLATE: ("j2", "jinja", "jinja2", "tmpl", "tpl", "template"),
        TextKind.SETTINGS: ("ini", "cfg", "toml", "env"),
    }.items()
    for suffix in suffixes
}
_MAKEFILES = frozenset({"makefile", "gnumakefile"})
_INTERPRETERS: Mapping[bytes, TextKind] = {
    b"pwsh": TextKind.POWERSHELL,
    b"Rscript": TextKind.R,
    b"make": TextKind.MAKE,
}
_SHEBANG = re.compile(rb"#![^\n]*?(?:[/ \t])(pwsh|Rscript|make|(?:ba|z|k|da|a)?sh)(?=[\s.\d-]|\Z)")


def kind_of(path: str, head: bytes) -> TextKind | None:
    """Return the kind of a file by its name, else by its first bytes; None for one that holds no jobs.

    A ``.txt`` file counts only where it starts as JSON or as a script: otherwise it is documentation.
    """
    name = path.rpartition("/")[2].lower()
    if name in _MAKEFILES:
        return TextKind.MAKE
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        return _interpreted(head)
    if suffix == "txt":
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return _interpreted(start) or (TextKind.PLAIN if start.startswith(b"{") else None)
    return _SUFFIXES.get(suffix) if stem else None


def _interpreted(head: bytes) -> TextKind | None:
    match = _SHEBANG.match(head)
    return _INTERPRETERS.get(match[1], TextKind.SHELL) if match else None


def text_of(data: bytes) -> str:
    """Return a file as text without its mark: UTF-16 where a mark says so, else UTF-8.

    What cannot be decoded becomes U+FFFD, so that no bytes are refused; lines keep their ends.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace").removeprefix("\ufeff")

"""Fold constant expressions as Python would, for the few plain forms that image names are built with."""

from __future__ import annotations

import ast
import posixpath
import re
import string
from collections.abc import Callable

# Longer than every path and image reference; doubled constants would grow without end.
_LONGEST = 4096
_WIDEST = 64
_PLAIN_PERCENT = re.compile(r"(?:[^%]|%[sd%])*")
_ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
}


class NotFolded(ValueError):
    """The operation is none of the plain forms, or would fail at run time."""


def concatenated(*values: object) -> str:
    """Return the text of an f-string without formats from its parts."""
    texts = [str(_plain(value)) for value in values]
    if sum(map(len, texts)) > _LONGEST:
        raise NotFolded
    return "".join(texts)


def joined_path(*parts: object) -> str:
    """Return what ``os.path.join`` gives on POSIX. Raises NotFolded for what is not text."""
    texts = [_text(part) for part in parts]
    if not texts or sum(map(len, texts)) > _LONGEST:
        raise NotFolded
    return posixpath.join(*texts)


def percent(text: object, *values: object) -> str:
    """Return ``text % values`` for ``%s`` and ``%d`` without widths. Raises NotFolded for others."""
    template = _text(text)
    if not _PLAIN_PERCENT.fullmatch(template):
        raise NotFolded
    try:
        return template % tuple(_plain(value) for value in values)
    except TypeError as error:
        raise NotFolded from error


def formatted(text: object, positional: tuple[object, ...], keywords: dict[str, object]) -> str:
    """Return ``text.format(…)`` for fields without format or attribute. Raises NotFolded for others."""
    template = _text(text)
    try:
        for _, name, spec, conversion in string.Formatter().parse(template):
            if spec or conversion or (name and not (name.isidentifier() or name.isdigit())):
                raise NotFolded
        plain = {key: _plain(value) for key, value in keywords.items()}
        return template.format(*(_plain(value) for value in positional), **plain)
    except (IndexError, KeyError, ValueError) as error:
        raise NotFolded from error


def operated(operator: ast.operator, left: object, right: object) -> object:
    """Return the result of a binary operator on two texts or two integers. Raises NotFolded for others."""
    if isinstance(operator, ast.Mod) and isinstance(left, str):
        return percent(left, right)
    if isinstance(operator, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return _text(left) + _text(right)
    if isinstance(left, int) and isinstance(right, int) and type(operator) in _ARITHMETIC:
        return _ARITHMETIC[type(operator)](int(_plain(left)), int(_plain(right)))
    raise NotFolded


def converted(kind: str, value: object) -> object:
    """Return ``int(value)`` or ``str(value)``. Raises NotFolded where that fails."""
    try:
        return int(_plain(value)) if kind == "int" else str(_plain(value))
    except ValueError as error:
        raise NotFolded from error


def _plain(value: object) -> str | int:
    if isinstance(value, int) and value.bit_length() <= _WIDEST:
        return value
    return _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise NotFolded
    return value

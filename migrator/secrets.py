"""What looks like a secret in JSON, Python or a shell command, so that no output ever shows it.

Names decide first (``password=``, ``"key":``), then shapes: NGC keys, Azure storage keys (64 bytes in
base64, https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage), connection
strings, shared access signatures, bearer tokens, passwords in URLs and private keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

MASK = "***"

# Blanks between tokens, also across the lines of a notebook's source list.
_BLANKS = r'(?:\s|\\[nrt](?:",\s{0,80}+")?|\\(?=\s)){0,80}+'
_NAME = r"(?<![\w-])(?P<name>\w[\w-]{0,79}+)"
_QUOTE = r"""\\*+["']"""
_OPENING = r"(?:(?:str|bytes|unicode|encode)?\(" + _BLANKS + r")*+[bBrRuUfF]{0,2}"
_LITERAL = (
    _OPENING
    + r"""(?P<quote>\\*+(?:\"{3}|'{3}|["']))"""
    + r"(?P<value>(?:(?!(?P=quote))(?:\\\\\\[^\n]|\\[^\n]|[^\\\n]))*+)"
)
_SIGN = r"(?::(?:[\w.\[\]| ]{1,40}=)?|[!=]?=)"

_ASSIGNED = re.compile(rf"{_NAME}(?:{_QUOTE})?{_BLANKS}\]?+{_BLANKS}{_SIGN}{_BLANKS}{_LITERAL}")
_DEFAULTED = re.compile(
    rf"(?:get|getenv|pop|setdefault|setenv|putenv|setattr)\({_BLANKS}(?:[\w.]+,{_BLANKS})?"
    rf"{_QUOTE}{_NAME}{_QUOTE}{_BLANKS},{_BLANKS}{_LITERAL}"
)
_PAIRED = re.compile(
    rf"(?<!\w)name(?:{_QUOTE})?{_BLANKS}[:=]{_BLANKS}{_QUOTE}{_NAME}{_QUOTE}{_BLANKS},{_BLANKS}"
    rf"(?:{_QUOTE})?value(?:{_QUOTE})?{_BLANKS}[:=]{_BLANKS}{_LITERAL}"
)
_NUMBER = re.compile(rf"{_NAME}(?:{_QUOTE})?{_BLANKS}[:=]{_BLANKS}(?P<value>\d++)(?![\w.])")
_NUMBERED_NAME = re.compile(r"(?i)password|passwd|secret")
_NAMED = (_ASSIGNED, _DEFAULTED, _PAIRED)
_OPTION = re.compile(
    r"(?<![\w-])--(?P<name>[\w-]{1,80}+)(?:=|[ \t]++)(?P<value>[^\s'\"\\,;|&-][^\s'\"\\,;|&]*+)"
)
_EXPORTED = re.compile(
    r"(?<![\w.-])(?P<name>[A-Z][A-Z0-9_]{1,79}+)=(?P<value>[^\s'\"\\,;|&()\[\]=]++)(?![(\[])"
)

_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?<![\w-])(?P<value>nvapi-[\w-]{8,}+)",
        # The older NGC keys: 63 ASCII characters in base64, so neither '+', '/' nor padding.
        r"(?<![\w+/])(?P<value>(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])(?=[A-Za-z]*\d)[A-Za-z0-9]{84})(?![\w+/])",
        r"(?<![\w+/])(?P<value>[A-Za-z0-9+/]{60,}+(?:=|\\u003[dD]){2})",
        r"(?i)(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?P<value>[^;\s'\"\\<$]++)",
        r"(?i)(?<=[?&;\s'\"])sig=(?P<value>[^&\s'\"\\<$]++)",
        r"(?i)\bbearer[ \t]++(?P<value>[\w.~+/-]{16,}+=*+)",
        r"(?<=://)[^\s:/@'\"<]{0,80}+:(?P<value>[^\s/@'\"<{$]++)(?=@)",
        r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?P<value>.*?)(?:-----END|\Z)",
    )
)

_SECRET_NAME = re.compile(
    r"(?i)pass(?:word|wd|phrase)|(?:^|[_-])pwd|secret|token(?!iz)|credential|connection[_-]?string"
    r"|(?:api|account|storage|access|private|shared|primary|secondary)[_-]?key"
    r"|(?:^|[_-])sas(?:$|[_-])|(?:^|[_-])key\d?$|(?-i:[a-z]Key\d?$|^sas[A-Z])"
)
_HARMLESS_NAME = re.compile(r"(?i)(?:public|sort|foreign|partition|row)[_-]?key\d?$|(?:name|file|path|type)$")
_HARMLESS_VALUE = re.compile(
    r"(?:\s|\\[nrt])*(?:<[^<>]*>|\$oauthtoken|\$[({]?[A-Z_][A-Z0-9_]*[)}]?|%\w+%|%s"
    r"|\{[\w.\[\]]*\}|\{\{.*\}\}"
    r"|None|null|[Tt]rue|[Ff]alse|[*.]+|https?://(?:<[^<>]*>|[^\s@?<])*|/subscriptions/.*"
    r"|ssh-(?:rsa|dss|ed25519) .*)?(?:\s|\\[nrt])*"
)
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def secret_spans(line: str) -> tuple[Span, ...]:
    """Return where secrets stand in a line, or in a text of many lines.

    Spans are 0-based, half-open, in code points, sorted and disjoint, and cover the value without its
    quotes. Blanks, placeholders (``<Your API Key>``), look-ups and Key Vault addresses are no secrets.
    """
    merged: list[Span] = []
    for start, end in sorted(_found(line)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def has_secret(line: str) -> bool:
    """Tell whether a secret stands in the text."""
    return bool(secret_spans(line))


def masked(line: str) -> str:
    """Return the text with ``***`` in place of every secret."""
    position = 0
    parts: list[str] = []
    for start, end in secret_spans(line):
        parts += (line[position:start], MASK)
        position = end
    return "".join((*parts, line[position:]))


def _found(text: str) -> Iterator[Span]:
    for pattern in _NAMED:
        yield from (
            match.span("value")
            for match in pattern.finditer(text)
            if _is_secret_name(match["name"]) and not _is_harmless(match["value"])
        )
    for pattern in (_OPTION, _EXPORTED):
        yield from (match.span("value") for match in pattern.finditer(text) if _is_bare_secret(match))
    for match in _NUMBER.finditer(text):
        if _NUMBERED_NAME.search(match["name"]):
            yield match.span("value")
    for pattern in _SHAPES:
        yield from (match.span("value") for match in pattern.finditer(text))


def _is_secret_name(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _HARMLESS_NAME.search(name)


def _is_harmless(value: str) -> bool:
    return bool(_HARMLESS_VALUE.fullmatch(value)) or not any(map(str.isalnum, value))


def _is_bare_secret(match: re.Match[str]) -> bool:
    value = match["value"]
    if _is_harmless(value) or value.startswith(("<", "$")) or _REFERENCE.fullmatch(value):
        return False
    return _is_secret_name(match["name"])

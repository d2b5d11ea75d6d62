r"""What looks like a secret in JSON, Python, YAML or a shell command, so that no output ever shows it.

A literal in a secret's place is one (``password=``, ``"key":``, the second argument of a login, what a
comment says of one), and so is what has a secret's shape, and so is each value found that way, wherever it
stands in plain, JSON, URL or base64 form. Shapes: storage keys (64 bytes in base64,
https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage), connection strings, shared
access signatures, tokens that start as their service says
(https://docs.github.com/code-security/secret-scanning), passwords in URLs, private keys.
Patterns are searched in the whole text, so each begins with a character or word that is rare, and what must
not stand before it is judged afterwards. Everything takes time linear in the text: a place is at most
``_TOKENS`` long.
"""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias
from urllib.parse import quote, quote_plus

Span: TypeAlias = tuple[int, int]

MASK = "***"
_TOKENS = 100
_LONGEST_NAME = 80
_SHORTEST_KNOWN = 6

_ANCHOR = re.compile(rb"p(?:ass|wd|at|in)|s(?:ecret|as|ig|ervice\()|c(?:red|ookie|onn)|token|key|auth|login")
_NAME_CHARACTERS = string.ascii_letters + string.digits + "_-"
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SECRET_NAME = re.compile(
    r"pass_?(?:word|wd|phrase|code)|pwd|secret|token(?!iz)|credential|cookie|conn(?:ection)?_?str"
    r"|(?:^|_)(?:pass|auth|authorization|creds?|pat|pin|sas|sig|signature|bearer)(?:_\d+)?$"
    r"|(?:^|_|api|account|access|storage|private|shared|subscription|license)keys?(?:_\d+|_value|_base_\d+)?$"
)
_HARMLESS_NAME = re.compile(
    r"(?:public|sort|foreign|partition|row)_?keys?(?:_\d+)?$|^keys$"
    r"|(?:^|_)(?:max|num|pad|start|end|special|mask)_tokens?|token_(?:count|limit|budget)"
    r"|(?:name|file|path|type|url|uri|id|user|help|dest|action|metavar|reference|vault|provider|length|size"
    r"|permissions|required|description|title|ref|enum|dir|folder|mode|scope|endpoint|version|format|expiry|stdin)s?(?:_\d+)?$"
)
_LOOKUP = re.compile(
    r"(?i)get|env|input|prompt|read|open|load|format|join|fetch|find|print|exists|vault|argument|raise|error|log(?!in)|service$"
)
_PASSWORD_NAME = re.compile(r"pass|pwd|pin|secret")
_CALLEE = re.compile(r"(?:service|credentials?|auth|login|secret_value)$")

# Blanks between tokens, also across the lines of a notebook's source list; a backslash may continue a line.
_BLANKS = r'(?:\s|\\{1,7}(?:[nrt](?:",\s{0,80}")?|(?=\s)))*'
_SIGN = r"(?::(?:[\w.\[\]| ]{1,40}=(?!=))?|[!=:+]?=>?|=>|(?:not )?in\b)"
_PLACE = re.compile(
    rf"""(?P<name>[\w-]+)(?:(?P<call>\()|(?P<closing>\\{{0,7}}["'])?{_BLANKS}(?:\]{_BLANKS})?"""
    rf"(?:(?:(?P<sign>{_SIGN})|(?P<comma>,)){_BLANKS})?)"
)
_OWN_END = re.compile(rf"""(?P<quote>["']){_BLANKS}(?P<plus>\+)?""")
_TOKEN = re.compile(
    rf"""(?P<blanks>{_BLANKS})(?:(?P<literal>[bBrRuUfF]{{0,2}}(?P<quote>\\{{0,7}}(?:(?P<long>\"{{3}}|'{{3}})|["']))
    (?P<value>(?:(?!(?P=quote))(?:\\\\\\[^\n]|\\[^\n]|[^\\\n]|(?(long)\n|(?!))))*)(?P=quote)?
    (?:{_BLANKS}(?P<colon>:))?)
    |(?P<number>\d+)(?![\w.])|(?P<word>[\w.]+)|(?P<open>[(\[{{])|(?P<close>[)\]}}])|(?P<other>[^\s\\]))""",
    re.VERBOSE,
)
_CALLED_WITH = re.compile(r"""(?:\((?:\s*[\w.]+,)?|name\\*["']?\s*[:=])\s*[bru]?\\*["']\Z""")
_HARMLESS_VALUE = re.compile(
    r"(?:\s|\\[nrt])*(?:<[^<>]*>|\$oauthtoken|\$[({]?[A-Z_][A-Z0-9_]*[)}]?|%\w+%|%\(?\w*\)?s"
    r"|\{[\w.\[\]]*\}|\{\{.*\}\}|--[\w-]+"
    r"|None|null|[Tt]rue|[Ff]alse|[*.]+|https?://(?:<[^<>]*>|[^\s@?<])*|/subscriptions/.*"
    r"|ssh-(?:rsa|dss|ed25519) .*|[\w./-]+\.(?:py|json|sh|txt|ipynb|ya?ml|pem|pub|md|csv|zip|gz|log)"
    r")?(?:\s|\\[nrt])*"
)
_SAID = re.compile(
    r"(?P<sign>[ \t]*(?:[:=]|->|\bis\b|\bwas\b)[ \t]*|[ \t]+)(?P<value>[^\s'\"\\,;|&()\[\]{}<>=$]{1,400})"
)
_TYPE = re.compile(r"(?:str|int|bytes|bool|float|dict|list|tuple|object|[A-Z][a-zA-Z]*)\b")
_REMARK = re.compile(r"#|//|<!--|--[ \t]|^[\s-]*\Z")
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_LOGIN = re.compile(rb"[\x21-\x39\x3b-\x7e]+:[\x21-\x7e]+")
_CLASSES = re.compile(r"[a-z]+|[A-Z]+|\d+")
# What stands before a literal that is all of the value of a name; an annotation may stand between them.
_GIVEN_TO = re.compile(
    r"""(?P<name>[\w-]{1,80})(?:\\*["'])?\]?\s{0,9}(?::\s{0,9}[\w.]{1,40}\s{0,9}=|[:=])\s{0,9}[bru]?\\*["']\Z"""
)
_MIXED = re.compile(r"(?=\D*\d)(?=[^a-zA-Z]*[a-zA-Z])[^%\\]+")


@lru_cache(maxsize=4096)
def _normal(name: str) -> str:
    return "_".join(_WORD.findall(name)).lower()


@lru_cache(maxsize=4096)
def _is_secret_name(name: str) -> bool:
    normal = _normal(name)
    return bool(_SECRET_NAME.search(normal)) and not _HARMLESS_NAME.search(normal)


def _is_harmless(value: str) -> bool:
    return bool(_HARMLESS_VALUE.fullmatch(value)) or not any(map(str.isalnum, value))


def _is_token(match: re.Match[str]) -> bool:
    before = match.string[: match.start()][-1:]
    return not (before.isalnum() or before in ("_", "-"))


def _is_key(match: re.Match[str]) -> bool:
    """Tell whether a text in base64 is 64 bytes, or an older NGC key: 63 ASCII characters."""
    size, is_padded = len(match["core"]), match["core"] != match["value"]
    return size == 86 if is_padded else size == 84 and _has_all_classes(match["core"])


def _is_random(match: re.Match[str]) -> bool:
    """Tell whether a text is long and mixed, or a login in base64."""
    text = match["value"]
    if len(text) >= 24 and _has_all_classes(text) and len(_CLASSES.findall(text)) > 0.4 * len(text):
        return True
    try:
        return len(text) % 4 == 0 and bool(_LOGIN.fullmatch(base64.b64decode(text, validate=True)))
    except ValueError:
        return False


def _has_all_classes(text: str) -> bool:
    return all(re.search(each, text) for each in ("[a-z]", "[A-Z]", r"\d.*\d"))


# Letters of base64 as one letter, all others as blanks, to find a long run of them at once.
_RUNS = bytes(65 if chr(code).isalnum() or chr(code) in "+/" else 32 for code in range(128)).ljust(256)


def _has_run(text: str) -> bool:
    return len(text) >= 43 and b"A" * 43 in text.encode("ascii", "replace").translate(_RUNS)


def _has(*words: str) -> Callable[[str], bool]:
    return lambda text: any(word in text for word in words)


_BASE64 = r"(?P<value>(?P<core>[A-Za-z0-9+/]{43,})(?:=|\\u003[dD]){0,2})"
_PREFIXES = (
    "nvapi- ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- dckr_pat_ xoxa- xoxb- xoxp- xoxr- xoxs- hf_ npm_"
)
# What a text must have, at the least; the pattern; and what is no secret after all. Most texts have none.
_Shape: TypeAlias = tuple[Callable[[str], bool], str, Callable[[re.Match[str]], bool]]

# What is a key by its form alone.
_KEYS: tuple[_Shape, ...] = (
    (_has(*_PREFIXES.split()), rf"(?P<value>(?:{_PREFIXES.replace(' ', '|')})[\w-]{{8,}})", _is_token),
    (
        _has("AKIA", "ASIA", "AIza", "eyJ"),
        r"(?P<value>(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|eyJ[\w-]{8,}\.[\w-]{8,}\.?[\w-]*)",
        _is_token,
    ),
    (_has_run, _BASE64, _is_key),
)
_SHAPES: tuple[_Shape, ...] = (
    *_KEYS[:2],
    (_has_run, _BASE64, lambda match: _is_key(match) or len(match["core"]) == 43 != len(match["value"])),
    (_has("sig=", "Sig="), r"[?&;\s'\"][sS]ig=(?P<value>[^&\s'\"\\<$)]+)", bool),
    (
        _has("ey=", "ignature="),
        r"[aA]cc(?:ount|ess)(?:[kK]ey|[sS]ignature)=(?P<value>[^;\s'\"\\<$]+)",
        bool,
    ),
    (
        _has("earer", "EARER", "asic", "ASIC"),
        r"[bB](?:earer|EARER|asic|ASIC)[ \t]{1,20}(?P<value>[\w.~+/-]{16,}=*)",
        bool,
    ),
    (_has("://"), r"://[^\s:/@'\"<]{0,80}:(?P<value>[^\s/@'\"<{$]+)(?=@)", bool),
    (
        _has("login", "sshpass", "mysql", "psql"),
        r"(?:login\b|sshpass|mysql|psql)[^\n|;&]{0,300}?[\s'\"]-p[=\s'\",]{0,6}"
        r"(?P<value>[^\s'\"\\,;|&()<$-][^\s'\"\\,;|&]*)",
        bool,
    ),
    (
        _has("curl", "wget", "http"),
        r"(?:curl|wget|http)[\s'\"][^\n|;&]{0,300}?(?<=[\s'\"])(?:-u|--user)[=\s'\",]{1,6}"
        r"[^\s:'\"]{1,80}:(?P<value>[^\s'\"\\]+)",
        bool,
    ),
    (
        _has("PRIVATE KEY-----"),
        r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?P<value>.*?)(?:-----END|\Z)",
        bool,
    ),
    (_has("'", '"'), r"['\"](?P<value>[A-Za-z0-9+/_~.=-]{12,400})(?=\\{0,7}['\"])", _is_random),
    (
        _has("value"),
        r"""value\\*["']?\s*[:=]\s*[bru]?(\\*["'])(?P<value>[^'"\\{}]*)\1\s*,\s*\\*["']?"""
        r"""name\\*["']?\s*[:=]\s*[bru]?\\*["'](?P<name>[\w-]+)""",
        lambda match: _is_secret_name(match["name"]),
    ),
)


@dataclass(frozen=True)
class Redaction:
    """What no text may show: what looks like a secret, and ``values`` however they are written."""

    values: frozenset[str] = frozenset()

    @cached_property
    def _known(self) -> re.Pattern[str] | None:
        forms = {form for value in self.values for form in _forms(value)}
        return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None

    def spans(self, text: str) -> tuple[Span, ...]:
        """Return where secrets stand: 0-based, half-open, in code points, sorted and disjoint.

        They cover values without their quotes. Blanks, placeholders (``<Your API Key>``), look-ups and Key
        Vault addresses are no secrets.
        """
        found = list(_found(text))
        if self._known:
            found += (match.span() for match in self._known.finditer(text))
        merged: list[Span] = []
        for start, end in sorted(found):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif start < end:
                merged.append((start, end))
        return tuple(merged)

    def masked(self, text: str) -> str:
        """Return the text with ``***`` in place of every secret."""
        position = 0
        parts: list[str] = []
        for start, end in self.spans(text):
            parts += (text[position:start], MASK)
            position = end
        return "".join((*parts, text[position:]))


def masked(text: str) -> str:
    """Return the text with ``***`` in place of everything that looks like a secret."""
    return Redaction().masked(text)


def secret_values(text: str) -> frozenset[str]:
    """Return the values in a text that look like secrets and are worth finding elsewhere."""
    values = {text[start:end].strip() for start, end in Redaction().spans(text)}
    for value in [value for value in values if "\\" in value]:
        with suppress(ValueError):
            values.add(str(json.loads(f'"{value}"')))
    return frozenset(filter(_is_telling, values))


def literal_keys(text: str) -> Iterator[int]:
    """Yield where what is surely a key or a password begins, as far as its form and its name tell, in order.

    All of them are among ``secret_values``, which has more: what is masked may be a secret, but a word may
    stand for a password that is elsewhere, and a shared access signature is made to be passed on.
    """
    starts = {start for shape in _KEYS for start, _ in _shaped(text, shape)}
    for start, end in _placed(text):
        given = _GIVEN_TO.search(text, max(0, start - 2 * _LONGEST_NAME), start)
        shortest = 6 if given and _PASSWORD_NAME.search(_normal(given["name"])) else 16
        value = text[start:end]
        if given and len(value) >= shortest and _MIXED.fullmatch(value) and _is_telling(value):
            starts.add(start)
    yield from sorted(starts)


def _is_telling(value: str) -> bool:
    """Tell whether a value is found elsewhere because it is the secret, not because it is a word."""
    is_word = value.isalpha() and (value.islower() or value.istitle())
    is_long = len(value) >= (8 if is_word else _SHORTEST_KNOWN)
    return is_long and not re.search(r"[\s()\[\]{}<>`]", value) and not _is_secret_name(value)


def _forms(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogatepass")
    for text in {value, data.decode("latin-1")}:
        once = json.dumps(text)[1:-1]
        yield from (text, once, json.dumps(once)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    yield from (quote(data, safe=""), quote(data), quote_plus(data))
    # Base64 depends on what stands before: three ways, without what the neighbours have a part in.
    for offset in range(3):
        first, last = (offset * 8 + 5) // 6, (offset + len(data)) * 8 // 6
        core = base64.b64encode(b"\0" * offset + data)[first:last].decode()
        if len(core) >= _SHORTEST_KNOWN:
            yield from (core, core.translate({43: "-", 47: "_"}))


def _found(text: str) -> Iterator[Span]:
    yield from _placed(text)
    for shape in _SHAPES:
        yield from _shaped(text, shape)


def _shaped(text: str, shape: _Shape) -> Iterator[Span]:
    may_stand_in, pattern, is_secret = shape
    found = re.finditer(pattern, text) if may_stand_in(text) else ()
    yield from (match.span("value") for match in found if is_secret(match))


def _placed(text: str) -> Iterator[Span]:
    """Yield the literals and words that stand where a name says that a secret stands."""
    done = 0
    # A letter more or less would move every place behind it, so that only ASCII is put in lower case.
    for anchor in _ANCHOR.finditer(text.encode("ascii", "replace").lower()):
        if anchor.start() >= done:
            before = text[max(done, anchor.start() - _LONGEST_NAME) : anchor.start()]
            place = _PLACE.match(text, anchor.start() - len(before) + len(before.rstrip(_NAME_CHARACTERS)))
            if place:
                spans, done = _values_at(place)
                yield from spans


def _values_at(place: re.Match[str]) -> tuple[list[Span], int]:
    """Return the values of the name at a place, and where to look on."""
    text, name, start, end = place.string, place["name"], place.start(), place.end("name")
    found: tuple[list[Span], int] = [], end
    is_option = name.startswith("-")
    if place["call"]:
        return _expression(text, end, word=name) if _CALLEE.search(_normal(name)) else found
    if not _is_secret_name(name):
        return found
    if place["sign"]:
        own_end = None if place["closing"] else _OWN_END.match(text, place.end())
        if own_end is None or own_end["quote"] != text[start - 1 : start]:
            found = _expression(text, place.end(), name=name)
        elif own_end["plus"]:
            # The name ends its own literal: what is joined to it is the value.
            found = _expression(text, own_end.end())
    elif place["comma"]:
        is_called = bool(_CALLED_WITH.search(text[max(0, start - 300) : start]))
        if is_called or is_option:
            found = _expression(text, place.end(), depth=int(is_called))
    elif is_option and (token := _TOKEN.match(text, place.end())) and token["literal"]:
        found = _expression(text, place.end())
    return [*found[0], *_said(text, start, end)], found[1] if found[0] else end


def _said(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the word that a remark, a command or a settings line says of a name."""
    said = _SAID.match(text, end)
    value = said["value"] if said else ""
    if not said or _is_harmless(value) or _REFERENCE.fullmatch(value) or value.startswith("-"):
        return
    line = text[max(text.rfind("\n", 0, start), start - 200) + 1 : start]
    is_remark = said["sign"].strip() in (":", "=", "->") and _REMARK.search(line) and len(value) > 3
    is_given = text.startswith("--", start) or (said["sign"] == "=" and text[start:end].isupper())
    is_mixed = len(value) > 4 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    is_told = is_mixed or is_given or (is_remark and not _TYPE.fullmatch(value))
    if is_told and not text.startswith(("(", "[", "."), said.end()):
        yield said.span("value")


def _expression(
    text: str, position: int, *, depth: int = 0, name: str = "", word: str = ""
) -> tuple[list[Span], int]:
    """Return the secrets among the literals of one expression, and where it ends.

    ``depth`` is the number of brackets around it and ``word`` what stands before it; ``name`` is what it
    is the value of, where a number counts too.
    """
    spans: list[Span] = []
    start, harmless, role, subject = position, 0, "", ""
    for _ in range(_TOKENS):
        token = _TOKEN.match(text, position)
        if token is None or (depth == 0 and _is_over(token, position > start)):
            break
        is_harmless = role == "key" and bool(_HARMLESS_NAME.search(_normal(subject)))
        if token["open"]:
            depth += 1
            harmless = harmless or depth * is_harmless
        elif token["close"]:
            depth -= 1
            harmless = harmless if depth >= harmless else 0
        elif token["number"] and position == start and _PASSWORD_NAME.search(_normal(name)):
            spans.append(token.span("number"))
        elif not (harmless or is_harmless or (depth and token["colon"])) and _is_value(token, role, subject):
            spans.append(token.span("value"))
        position = token.end()
        if token["close"] and depth == 0 and not name:
            break
        role, subject = _role_behind(token, word)
        word = "]" if token["close"] else token["word"] or ""
    return spans, position


def _is_over(token: re.Match[str], has_begun: bool) -> bool:
    """Tell whether an expression that is in no brackets ends before the token."""
    is_new_line = token["blanks"].lstrip(" \t").startswith(("\n", "\r"))
    return bool(token["close"]) or token["other"] in tuple(",;#=:") or (has_begun and is_new_line)


def _role_behind(token: re.Match[str], word: str) -> tuple[str, str]:
    """Return what a token, with ``word`` before it, makes of the next one, and whose that is."""
    if token["colon"]:
        return "key", token["value"]
    if token["other"] == "=" or (token["open"] and word):
        return token["other"] or token["open"], word
    return "", ""


def _is_value(token: re.Match[str], role: str, subject: str) -> bool:
    """Tell whether a token is a literal that is, by its role, a value and no look-up."""
    if token["literal"] is None or _is_harmless(token["value"]):
        return False
    if role == "=":
        return not subject or subject in ("value", "default") or _is_secret_name(subject)
    return role not in ("(", "[", "{") or (role != "[" and not _LOOKUP.search(subject))

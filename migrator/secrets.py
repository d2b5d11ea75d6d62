r"""What looks like a secret in JSON, Python, YAML or a shell command, so that no output ever shows it.

A literal in a secret's place is one (``password=``, ``"key":``, the second argument of a login, what a
comment says of one), and so is what has a secret's shape, and so is each value found that way, wherever it
stands in plain, JSON, URL or base64 form. Shapes: storage keys (64 bytes in base64,
https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage), connection strings, shared
access signatures, tokens that start as their service says
(https://docs.github.com/code-security/secret-scanning), passwords in URLs, private keys.
Everything takes time linear in the text: places are found by words, and a place is at most ``_TOKENS`` long.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import quote, quote_plus

Span = tuple[int, int]

MASK = "***"
_TOKENS = 100
_SHORTEST_KNOWN = 6

_ANCHOR = re.compile(
    r"(?i)pass|pwd|secret|token|cred|key|auth|cookie|conn|(?<![a-z])(?:sas|sig|pat|pin)|service\(|login"
)
_NAME = re.compile(r"[\w-]+")
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
    r"(?i)get|env|input|prompt|read|open|load|format|join|fetch|find|print|exists|vault|argument|raise|error|log"
)
_NUMBERED = re.compile(r"pass|pwd|pin|secret")
_CALLEE = re.compile(r"(?:service|credentials?|auth|login|secret_value)$")

# Blanks between tokens, also across the lines of a notebook's source list.
_BLANKS = re.compile(r'(?:\s|\\[nrt](?:",\s{0,80}")?|\\(?=\s))*')
_QUOTE = re.compile(r"""\\{0,7}["']""")
_OPENING = re.compile(r"""[bBrRuUfF]{0,2}(?P<quote>\\{0,7}(?:\"{3}|'{3}|["']))""")
_SIGN = re.compile(r"(?::(?:[\w.\[\]| ]{1,40}=(?!=))?|[!=:+]?=>?|=>|(?:not )?in\b)")
_TOKEN = re.compile(
    r"(?P<number>\d+)(?![\w.])|(?P<word>[\w.]+)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<other>[^\s\\])"
)
_CALLED_WITH = re.compile(r"""(?:\((?:\s*[\w.]+,)?|name\\*["']?\s*[:=])\s*[bru]?\\*["']\Z""")
_EARLIER_VALUE = re.compile(
    r"""value\\*["']?\s*[:=]\s*[bru]?(\\*["'])(?P<value>[^'"\\{}]*)\1\s*,\s*\\*["']?"""
    r"""name\\*["']?\s*[:=]\s*[bru]?\\*["']\Z"""
)
_LINE_END = re.compile(r"\n|\\n")
_HARMLESS_VALUE = re.compile(
    r"(?:\s|\\[nrt])*(?:<[^<>]*>|\$oauthtoken|\$[({]?[A-Z_][A-Z0-9_]*[)}]?|%\w+%|%\(?\w*\)?s"
    r"|\{[\w.\[\]]*\}|\{\{.*\}\}|--[\w-]+"
    r"|None|null|[Tt]rue|[Ff]alse|[*.]+|https?://(?:<[^<>]*>|[^\s@?<])*|/subscriptions/.*"
    r"|ssh-(?:rsa|dss|ed25519) .*|[\w./-]+\.(?:py|json|sh|txt|ipynb|ya?ml|pem|pub|md|csv|zip|gz|log)"
    r")?(?:\s|\\[nrt])*"
)
_MIXED = r"(?=[^\s'\"]{0,80}\d)(?=[^\s'\"]{0,80}[A-Za-z])[^\s'\"\\,;|&()\[\]{}<>=$]{5,400}"
_SAID = re.compile(
    r"(?P<sign>[ \t]*(?:[:=]|->|\bis\b|\bwas\b)[ \t]*|[ \t]+)"
    rf"(?P<value>{_MIXED}|[^\s'\"\\,;|&()\[\]{{}}<>=$]{{4,400}})"
)
_TYPE = re.compile(r"(?:str|int|bytes|bool|float|dict|list|tuple|object|[A-Z][a-zA-Z]*)\b")
_REMARK = re.compile(r"#|//|<!--|--[ \t]|^[\s-]*\Z")
_BARE_VALUE = r"(?P<value>[^\s'\"\\,;|&()<$-][^\s'\"\\,;|&]*)"
_BARE = (
    re.compile(rf"(?<![\w-])--(?P<name>[\w-]{{1,80}})(?:=|[ \t]{{1,20}}){_BARE_VALUE}"),
    re.compile(r"(?<![\w.-])(?P<name>[A-Z][A-Z0-9_]{1,79})=(?P<value>[^\s'\"\\,;|&()\[\]=]+)(?![(\[])"),
)
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")

_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?<![\w-])(?P<value>(?:nvapi-|gh[pousr]_|github_pat_|glpat-|dckr_pat_|xox[abprs]-|hf_|npm_)[\w-]{8,})",
        r"(?<!\w)(?P<value>(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|eyJ[\w-]{8,}\.[\w-]{8,}\.?[\w-]*)",
        # The older NGC keys: 63 ASCII characters in base64, so neither '+', '/' nor padding.
        r"(?<![\w+/])(?P<value>(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])(?=[A-Za-z]*\d)[A-Za-z0-9]{84})(?![\w+/])",
        r"(?<![\w+/-])(?P<value>[A-Za-z0-9+/]{86}(?:==|(?:\\u003[dD]){2})|[A-Za-z0-9+/]{43}(?:=|\\u003[dD]))(?![\w=])",
        r"(?i)(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?P<value>[^;\s'\"\\<$]+)",
        r"(?i)(?<=[?&;\s'\"])sig=(?P<value>[^&\s'\"\\<$)]+)",
        r"(?i)\b(?:bearer|basic)[ \t]{1,20}(?P<value>[\w.~+/-]{16,}=*)",
        r"(?<=://)[^\s:/@'\"<]{0,80}:(?P<value>[^\s/@'\"<{$]+)(?=@)",
        r"(?:\blogin\b|sshpass|mysql|psql)[^\n|;&]{0,300}?[\s'\"]-p[=\s'\",]{0,6}" + _BARE_VALUE,
        r"\b(?:curl|wget|http)\b[^\n|;&]{0,300}?[\s'\"](?:-u|--user)[=\s'\",]{1,6}"
        r"[^\s:'\"]{1,80}:(?P<value>[^\s'\"\\]+)",
        r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?P<value>.*?)(?:-----END|\Z)",
    )
)
_WHOLE_LITERAL = re.compile(r"(?<=['\"])(?P<value>[A-Za-z0-9+/_~.=-]{12,400})(?=\\{0,7}['\"])")
_LOGIN = re.compile(rb"[\x21-\x39\x3b-\x7e]+:[\x21-\x7e]+")
_CLASSES = re.compile(r"[a-z]+|[A-Z]+|\d+")


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


def secret_spans(text: str) -> tuple[Span, ...]:
    """Return where something looks like a secret, as ``Redaction.spans`` does."""
    return Redaction().spans(text)


def masked(text: str) -> str:
    """Return the text with ``***`` in place of everything that looks like a secret."""
    return Redaction().masked(text)


def secret_values(text: str) -> frozenset[str]:
    """Return the values in a text that look like secrets and are worth finding elsewhere."""
    values = {text[start:end].strip() for start, end in secret_spans(text)}
    plain = {_unescaped(value) for value in values if "\\" in value}
    return frozenset(value for value in values | plain if _is_telling(value))


def _is_telling(value: str) -> bool:
    """Tell whether a value is found elsewhere because it is the secret, not because it is a word."""
    is_word = value.isalpha() and (value.islower() or value.istitle())
    is_long = len(value) >= (8 if is_word else _SHORTEST_KNOWN)
    return is_long and not re.search(r"[\s()\[\]{}<>`]", value) and not _is_secret_name(value)


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"'))
    except ValueError:
        return value


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
    for pattern in _BARE:
        yield from (match.span("value") for match in pattern.finditer(text) if _is_bare_secret(match))
    for pattern in _SHAPES:
        yield from (match.span("value") for match in pattern.finditer(text))
    yield from (match.span() for match in _WHOLE_LITERAL.finditer(text) if _is_random(match["value"]))


def _is_random(text: str) -> bool:
    """Tell whether a text is long and mixed, or a login in base64."""
    changes = len(_CLASSES.findall(text))
    has_all = bool(re.search("[a-z]", text) and re.search("[A-Z]", text) and re.search(r"\d.*\d", text))
    if len(text) >= 24 and has_all and changes > 0.4 * len(text):
        return True
    try:
        return len(text) % 4 == 0 and bool(_LOGIN.fullmatch(base64.b64decode(text, validate=True)))
    except ValueError:
        return False


def _placed(text: str) -> Iterator[Span]:
    """Yield the literals and words that stand where a name says that a secret stands."""
    done = 0
    for anchor in _ANCHOR.finditer(text):
        start = anchor.start()
        if start < done:
            continue
        while start > max(done, anchor.start() - 80) and (
            text[start - 1].isalnum() or text[start - 1] in "_-"
        ):
            start -= 1
        name = _NAME.match(text, start)
        if name is None:
            continue
        done = name.end()
        if text[done : done + 1] == "(" and _CALLEE.search(_normal(name[0])):
            yield from _expression(text, done + 1, [_Level("(", name[0])])[0]
        elif _is_secret_name(name[0]):
            spans, done = _values_of(text, start, done)
            yield from spans


def _values_of(text: str, start: int, end: int) -> tuple[list[Span], int]:
    """Return the values of the name at ``start:end``, and where to look on."""
    closing = _QUOTE.match(text, end)
    after = _blanks(text, closing.end() if closing else end)
    sign = _SIGN.match(text, _blanks(text, after + 1) if text[after : after + 1] == "]" else after)
    if sign:
        value = sign.end()
        shut = _blanks(text, value)
        if not closing and start and text[shut : shut + 1] == text[start - 1] and text[shut] in "'\"":
            # The name ends its own literal: what is joined to it is the value.
            value = _blanks(text, shut + 1)
            if text[value : value + 1] != "+":
                return [], end
        spans, done = _expression(text, value, [], name=text[start:end])
        return (spans, done) if spans else (_said(text, start, end), end)
    if text.startswith("-", start) and _OPENING.match(text, after):
        return _expression(text, after, [])
    before = text[max(0, start - 300) : start]
    earlier = _EARLIER_VALUE.search(before) if closing else None
    if earlier:
        moved = start - len(before)
        return [(earlier.start("value") + moved, earlier.end("value") + moved)], end
    if closing and text[after : after + 1] == ",":
        if _CALLED_WITH.search(before):
            return _expression(text, after + 1, [_Level("(", "", 1)])
        if text.startswith("-", start):
            return _expression(text, after + 1, [])
    return _said(text, start, end), end


def _said(text: str, start: int, end: int) -> list[Span]:
    """Return the word that a remark or a settings line says of a name."""
    said = _SAID.match(text, end)
    if said is None or _is_harmless(said["value"]) or _REFERENCE.fullmatch(said["value"]):
        return []
    if text[said.end() : said.end() + 1] in ("(", "[", ".") or said["value"].startswith("-"):
        return []
    is_mixed = re.fullmatch(_MIXED, said["value"]) is not None
    line = text[max(text.rfind("\n", 0, start), start - 200) + 1 : start]
    is_told = bool(_REMARK.search(line)) and said["sign"].strip() in (":", "=", "->")
    if is_mixed or (is_told and not _TYPE.fullmatch(said["value"])):
        return [said.span("value")]
    return []


@dataclass(slots=True)
class _Level:
    """A bracket that is open: before it the name of what is called or looked into, then where we are."""

    bracket: str
    callee: str
    index: int = 0
    key: str | None = None
    is_quoted: bool = False

    def has_secret(self, is_last: bool) -> bool:
        """Tell whether a literal that stands here is a value and no look-up."""
        if self.key is not None:
            is_value = self.key in ("value", "default") or _is_secret_name(self.key)
            return is_value or (self.is_quoted and not _HARMLESS_NAME.search(_normal(self.key)))
        if self.bracket == "[" and self.callee:
            return False
        if self.callee and _CALLEE.search(_normal(self.callee)):
            return self.index > 0 or (is_last and not self.callee.endswith("Service"))
        return self.index > 0 or not (self.callee and _LOOKUP.search(self.callee))


def _expression(text: str, position: int, levels: list[_Level], name: str = "") -> tuple[list[Span], int]:
    """Return the secrets among the literals of one expression, and where it ends.

    ``levels`` are the brackets around it; ``name`` is what it is the value of, where a number counts too.
    """
    spans: list[Span] = []
    first, word = position, ""
    for _ in range(_TOKENS):
        start = _blanks(text, position)
        is_over = _LINE_END.search(text, position, start) and text[position:start].lstrip()[:1] != "\\"
        if is_over and not levels and position > first:
            break
        literal = _OPENING.match(text, start)
        token = None if literal else _TOKEN.match(text, start)
        if literal:
            position = _after_literal(text, literal, levels, spans)
            word = ""
        elif token is None or (not levels and (token["close"] or token[0] in (",", ";", "#", "=", ":"))):
            break
        else:
            if token["number"] and position == first and _NUMBERED.search(_normal(name)):
                spans.append(token.span())
            position = token.end()
            _enter(token, levels, word)
            if token["close"] and not levels and not name:
                break
            word = "]" if token["close"] else token["word"] or ""
    return spans, position


def _after_literal(text: str, literal: re.Match[str], levels: list[_Level], spans: list[Span]) -> int:
    """Take a literal as a key or, if it stands where a secret can, as a span; return where it ends."""
    start, end = literal.end(), _literal_end(text, literal)
    position = end + len(literal["quote"]) * text.startswith(literal["quote"], end)
    after = _blanks(text, position)
    if levels and text[after : after + 1] == ":":
        levels[-1].key, levels[-1].is_quoted = text[start:end], True
        return after + 1
    is_value = not levels or levels[-1].has_secret(text[after : after + 1] == ")")
    if is_value and not any(_HARMLESS_NAME.search(_normal(level.key or "")) for level in levels[:-1]):
        spans += [(start, end)] * (not _is_harmless(text[start:end]))
    return position


def _enter(token: re.Match[str], levels: list[_Level], word: str) -> None:
    """Follow a token that is no literal into or out of a bracket, to the next argument or to its value."""
    if token["open"]:
        levels.append(_Level(token["open"], word))
    elif token["close"]:
        levels.pop()
    elif token[0] == "," and levels:
        levels[-1].index += 1
        levels[-1].key = None
    elif token[0] == "=" and levels and word:
        levels[-1].key, levels[-1].is_quoted = word, False


def _literal_end(text: str, literal: re.Match[str]) -> int:
    match = _content(literal["quote"]).match(text, literal.end())
    return match.end() if match else literal.end()


@lru_cache(maxsize=64)
def _content(closing: str) -> re.Pattern[str]:
    plain = r"[^\\]" if len(closing.lstrip("\\")) == 3 else r"[^\\\n]"
    return re.compile(rf"(?:(?!{re.escape(closing)})(?:\\\\\\[^\n]|\\[^\n]|{plain}))*")


def _blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return match.end() if match else position


@lru_cache(maxsize=4096)
def _normal(name: str) -> str:
    return "_".join(_WORD.findall(name)).lower()


@lru_cache(maxsize=4096)
def _is_secret_name(name: str) -> bool:
    normal = _normal(name)
    return bool(_SECRET_NAME.search(normal)) and not _HARMLESS_NAME.search(normal)


def _is_harmless(value: str) -> bool:
    return bool(_HARMLESS_VALUE.fullmatch(value)) or not any(map(str.isalnum, value))


def _is_bare_secret(match: re.Match[str]) -> bool:
    value = match["value"]
    if _is_harmless(value) or value.startswith(("<", "$")) or _REFERENCE.fullmatch(value):
        return False
    return _is_secret_name(match["name"])

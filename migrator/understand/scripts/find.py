"""Find jobs in texts of any language but Python and JSON; they are reported, never rewritten.

One search serves all languages: the name of the container settings, an image behind it, and what of a
login stands beside the image. A row of the table of languages says what are comments and quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from codemods.syntax.registry import EXPRESSION, USER_NAME
from migrator.catalogue import ImageReference, family_of
from migrator.discover import CELL, HEAD_BYTES, PYTHON, TEMPLATE, Language, Role, language_of
from migrator.secrets import masked
from migrator.understand.facts import (
    TOOLKIT_KEYS,
    Facts,
    RegistryState,
    Verdict,
    toolkit_of,
    with_registry,
)
from migrator.understand.scripts.regions import Region, is_shown, region_at, regions
from migrator.understand.texts import Cell, Notebook, Text

RULE = "job-in-text"
_CLOSING = r"""[\\"'`\]]{0,6}"""  # of a name: quotes, escaped or not, and brackets
# Strings that stand behind each other, or are added, are one.
_JOINT = r"""(?:["'][ \t]*[+.&]?[ \t]*\\?\r?\n[ \t]*[+.&]?[ \t]*[rRfFbBuU$@]{0,2}["'][ \t]*)?"""
_SIGN = rf"[ \t]*(?::(?!:)=?|[|+*?]?=(?![=~])>?|<-)[ \t]*{_JOINT}"
_BARE = (
    r"(?:\{\{[^\n]{0,200}?\}\}|\$\{[^}\n]{0,200}\}|\$\([^)\n]{0,200}\)|<[^<>\n]{0,200}>"
    r"""|[^\s,;{}\[\]()<>"'\\])+"""
)
# A quote can be doubled (C#), or escaped as often as there are strings around it.
_VALUE = (
    r"""(?:(?P<quote>""(?=[\w$<{])|[\\`]{0,9}["']|`)(?P<quoted>[^\n]{0,2000}?)(?P=quote)"""
    rf"|(?P<bare>{_BARE}))"
)
_REGISTRY = re.compile(
    rf"""(?i)(?P<new>New-Object[ \t]+(?:-TypeName[ \t]+)?['"]?[\w.]*?ImageSourceRegistry\b['"]?)
    |(?P<fluent>(?<![a-z0-9_])with_?container_?image[ \t]*\()
    |(?<![a-z0-9_])(?:with_?|set_?)?image_?source_?registry
     (?:(?P<member>(?:[.$\[@"'\\]|->){{1,6}}image{_CLOSING}[ \t]*(?:[|+?]?=(?![=~])|<-|:))
       |(?P<call>\]?(?:(?:::|[.$])new\b)?[ \t]*\(|(?:[ \t]*\r?\n)?[ \t]*\{{|\.new\b)
       |{_CLOSING}{_SIGN})""",
    re.VERBOSE,
)
_CONTAINER = re.compile(
    rf"(?i)(?<![a-z0-9_])(?:with_?|set_?)?container_?settings(?:{_CLOSING}{_SIGN}|(?P<call>[ \t]*\())"
    # `withContainerSettings(new TaskContainerSettings())` is of another service.
    r"(?![ \t]*(?:new[ \t]+)?[a-z]+_?container_?settings)"
)
_TOOLKITS = "|".join(re.sub("(?=[A-Z])", "_?", key) for key in TOOLKIT_KEYS)
_JOB = re.compile(rf"(?i)std_?out_?err_?path|job_?create_?parameters|batch_?ai|{_TOOLKITS}")
_BATCH_AI = re.compile(rf"{_JOB.pattern}|node_?count|container_?settings")
# Recorded requests with their responses, and descriptions of an API with examples.
_TRAFFIC, _REQUEST, _RESPONSE = (
    re.compile(rf"""(?mi)^[ \t-]*["']?(?:{keys})["']?[ \t]*:""")
    for keys in ("(?:http_?)?interactions|swagger|openapi|x-ms-examples", "request|parameters", "responses?")
)
_OUTPUT = re.compile(
    r"""(?m)(?:["']|^[ \t-]*)(?:executionState|provisioningState|creationTime)["']?[ \t]*:"""
)
# `public ImageSourceRegistry(`, `class ImageSourceRegistry {`: what is made there is no setting.
_DEFINED = re.compile(r"(?<!\bnew)(?<!\breturn)(?<!\bawait)(?<=[\w>\]])[ \t]+[*&]?[ \t]*\Z")
_NAME = re.compile(
    r"(?!(?:null|none|nil|undefined|true|false)\b)[@&*]?\$?(?:\w+[.:]+)*(?P<name>[A-Za-z_]\w*)"
    r"[ \t]*(?:[\r\n;,()}|]|\Z)",
    re.IGNORECASE,
)
_OPEN = re.compile(r"<<:|\.{3}\w|\*\*\w")  # settings that are merged from elsewhere
_BETWEEN = re.compile(r"\s{0,80}(?:new\s{1,80})?[&\w.$\[:]{0,80}")
_CHAINED = re.compile(r"\s{0,200}(?:\.\s{0,80}\w{1,80}\s{0,80})?(?=[({])")
_QUOTED = re.compile(r"""[\\`]{0,9}["'][^\n"']{1,300}["']""")
_AT = re.compile(rf"[ \t]*{_VALUE}")
_PLACEHOLDER = re.compile(
    r"\$\{?[A-Za-z_][\w:.]{0,79}\}?|\$\([^)\n]{1,80}\)|%\w{1,80}%|\{\{[^\n{}\"]{0,80}?\}\}|\{\w{1,80}\}"
    r"|<[^<>\n]{1,80}>|%s"
)
_NODES = re.compile(
    rf"(?i)(?<![a-z_])(?:with_?)?node_?count{_CLOSING}[ \t]*(?::|=>?|<-|\()[ \t]*"
    r"(?P<number>\d{1,9}(?![\w.]))?"
)
_TOOLKIT = re.compile(r"(?i)(?<![a-z0-9_])(?:new |with|define)?([a-z0-9_]{1,40}settings)(?![a-z_])")
_VAULT = re.compile(r"(?i)password_?secret_?reference")
_TO_BRACKET = re.compile(r"""[^\n"'({\[,;]{0,120}(?:\n\s{0,400}(?=[({\[]))?""")
_BRACKET = re.compile(r"[(){}\[\]]")
_LONGEST_BLOCK = 20_000
_CALLS = ("call", "new")
_ON_ONE_LINE = ("member", "fluent")


def _key(name: str, before: str = "(?<![a-z0-9_])") -> re.Pattern[str]:
    wrapped = r"(?:[\w.]{1,40}\([ \t]*)?"
    return re.compile(
        rf"(?i){before}(?:with_?|set_?)?(?:{name}){_CLOSING}(?:{_SIGN}|[ \t]*\([ \t]*){wrapped}"
        rf"(?!(?:string|str|text)\b){_VALUE}"
    )


_IMAGE, _SERVER, _USER, _PASSWORD = map(_key, ("image", "server_?url", "user_?name", "password"))
_IMAGE_SET = _key("image", r"(?<=[\w)][.>])")


@dataclass(frozen=True, slots=True, eq=False)
class _Script:
    """One text that is searched; positions are 0-based code points."""

    whole: Text
    language: Language
    regions: tuple[Region, ...]

    def line(self, position: int) -> str:
        return f"line {self.whole.place(position).line}"


def find_text_jobs(text: Text) -> tuple[Facts, ...]:
    """Return a job for every place of a file that gives a Batch AI job its container, in the file's order.

    A job that is complete on nvcr.io has no problem: known limitations are checked on it as on any other.
    Every other one has the problem ``job-in-text``. Nothing is raised.
    """
    language = language_of(text.path, text.data[:HEAD_BYTES])
    return tuple(_search(text, language)) if language is not None else ()


def find_foreign_jobs(text: Text) -> tuple[Facts, ...]:
    """Return the jobs in a Python text that are not Python: in strings, lines and cells of others."""
    if not isinstance(text, Notebook):
        return tuple(_search(text, PYTHON))
    found: list[Facts] = []
    foreign = {cell.cell for cell in text.unparsed}
    for cell in text.cells:
        is_python = cell.magic is not None and cell.magic.has_python_body
        foreign |= {cell.index} if cell.magic and not is_python else set()
        language = None if is_python else _cell_language(text, cell)
        if language is not None:
            body = Text(path=text.path, data=b"", text=cell.text, masked=cell.text)
            places = ((each, replace(each.place, cell=cell.index)) for each in _search(body, language))
            found += (replace(each, place=place) for each, place in places)
    if text.language == "python":
        found += (each for each in _search(text, PYTHON) if each.place.cell not in foreign)
    return tuple(sorted(found, key=lambda facts: facts.place))


_SHELLS = ("script", "system", "sx", "!")
_DOCUMENTS = (".md", ".rst", ".html", ".markdown", ".latex", ".svg")
_READ = (".py", ".json", ".ipynb", *_DOCUMENTS)


def _cell_language(notebook: Notebook, cell: Cell) -> Language | None:
    """Return the language that a cell is searched in, None for Python, files that are read, and documents."""
    name = (cell.magic.name if cell.magic else notebook.language).lower()
    if cell.magic and name in ("file", "writefile"):
        path = (cell.magic.line.split() or ["a"])[-1].strip("\"'")
        return None if path.lower().endswith(_READ) else language_of(path, b"") or TEMPLATE
    path = f"cell.{'sh' if name in _SHELLS else name}"
    is_searched = not path.endswith(_DOCUMENTS) and (cell.magic is not None or name != "python")
    return language_of(path, b"") or CELL if is_searched else None


def _search(whole: Text, language: Language) -> Iterator[Facts]:
    text = whole.text
    matches = list(_REGISTRY.finditer(text)) or list(_CONTAINER.finditer(text))
    if not matches or not _BATCH_AI.search(text) or _is_record(text, language):
        return
    script = _Script(whole, language, regions(language, text))
    sites = _sites(script, matches)
    starts = [-1, *(site.start() for site in sites), len(text)]
    for index, site in enumerate(sites):
        facts = _facts(script, site, starts[index], starts[index + 2])
        yield from (facts,) if facts is not None else ()


def _is_record(text: str, language: Language) -> bool:
    """Tell whether a text describes an API, or shows what went to a service and came back."""
    is_traffic = _TRAFFIC.search(text) or re.search(r"\bnock\(", text)
    if is_traffic or (_REQUEST.search(text) and _RESPONSE.search(text)):
        return True
    is_data = language is not PYTHON and (language.has_bare_strings or not language.suffixes)
    return is_data and bool(_OUTPUT.search(text))


def _sites(script: _Script, matches: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return where container settings are named: no comments or definitions, nor what only reads them."""
    whole, text = script.whole, script.whole.text
    sites: list[re.Match[str]] = []
    for site in matches:
        start, region = site.start(), region_at(script.regions, site.start())
        if region is not None and region.role is Role.COMMENT:
            continue
        # Of Python, only what stands in a string that is no documentation, or in a command.
        is_plain = script.language is PYTHON and text[start] == whole.masked[start]
        last = region_at(script.regions, site.end() - 1) or region_at(script.regions, site.end())
        if is_plain and (region is None or last is None or is_shown(whole, (region,), start)):
            continue
        if site.lastgroup in ("call", "fluent") and _DEFINED.search(text, max(0, start - 80), start):
            continue
        # The call in `image_source_registry = models$ImageSourceRegistry(` is no place of its own.
        is_same = sites and site.lastgroup in _CALLS and _BETWEEN.fullmatch(text, sites[-1].end(), start)
        if is_same:
            sites.pop()
        sites.append(site)
    # `imageSourceRegistry = registry` is none where the registry is made by a call that is one.
    has_calls = any(site.lastgroup in _CALLS for site in sites)
    return [site for site in sites if site.lastgroup or not has_calls or not _NAME.match(text, site.end())]


def _facts(script: _Script, site: re.Match[str], before: int, limit: int) -> Facts | None:
    """Return the job at a place between two others; None where no image is set there, nor can be."""
    text, region = script.whole.text, region_at(script.regions, site.start())
    start, end = (region.start, region.end) if region else (0, len(text))
    is_alone = before < start and limit >= end
    block = site.end() if site.lastgroup in _ON_ONE_LINE else _block_end(text, site, limit)
    value = _image(text, site, block, limit)
    around = text[start:end] if is_alone else text[site.start() : block]
    if (value is None and not _is_open(text, site, block)) or _OUTPUT.search(around):
        return None
    toolkits = {toolkit_of(match[1]) for match in _TOOLKIT.finditer(around)} - {None}
    counts = [match["number"] for match in _NODES.finditer(around)]
    image = _literal(script, value)
    facts = Facts(
        script.whole.place(value.start(value.lastgroup or 0) if value else site.start()),
        toolkit=toolkits.pop() if len(toolkits) == 1 else None,
        node_count=int(counts[0]) if len(counts) == 1 and counts[0] else None,
        node_count_trace=(f"{script.whole.path}: no node count that is surely this job's",),
    )
    if image is not None:
        # `x.imageSourceRegistry.image = …` has its login in further statements.
        login = (start, end) if site.lastgroup == "member" and is_alone else (site.end(), block)
        server = _SERVER.search(text, *login)
        facts = with_registry(facts, image, _text(server) if server else None, _login(script, login))
    if facts.registry is RegistryState.NGC_COMPLETE:
        return facts
    trace = () if image is not None else _trace(script, site, value)
    return replace(facts, problem=Verdict(RULE, _advice(script.language, image), trace=trace))


def _text(value: re.Match[str]) -> str:
    """Return a value without its quotes."""
    return value[value.lastgroup or 0]


def _image(text: str, site: re.Match[str], end: int, limit: int) -> re.Match[str] | None:
    if site.lastgroup in _ON_ONE_LINE:
        return _AT.match(text, site.end())
    if (match := _IMAGE.search(text, site.end(), end)) is not None or site.lastgroup not in _CALLS:
        return match
    if (quoted := _QUOTED.search(text, site.end(), end)) is not None:
        return _AT.match(text, quoted.start())
    return _IMAGE_SET.search(text, end, min(limit, end + 2000))


def _is_open(text: str, site: re.Match[str], end: int) -> bool:
    """Tell whether settings without an image can get one from elsewhere: a name, a placeholder, arguments."""
    if site.lastgroup in _CALLS:
        return bool(re.search(r"\w", text[site.end() : end]))
    if site.lastgroup in _ON_ONE_LINE:
        return True
    name = _NAME.match(text, site.end())
    if name is None:
        return bool(_PLACEHOLDER.search(text, site.end(), end) or _OPEN.search(text, site.end(), end))
    is_same = name["name"].lower() in site[0].lower().replace("_", "") and "$" not in name[0]
    return not is_same and bool(_JOB.search(text))


def _literal(script: _Script, value: re.Match[str] | None) -> str | None:
    """Return an image that is written out; where bare words are names, only a quoted one is."""
    if value is None or _PLACEHOLDER.search(_text(value)) or ImageReference.parse(_text(value)) is None:
        return None
    is_written = value["quote"] or (script.language.has_bare_strings and re.search("[/:]", _text(value)))
    return _text(value) if is_written else None


def _login(script: _Script, area: tuple[int, int]) -> dict[str, object]:
    """Return the parts of a login as those of a job spec; variables are the author's business."""
    parts: dict[str, object] = {}
    for key, pattern in (("username", _USER), ("password", _PASSWORD)):
        if value := pattern.search(script.whole.text, *area):
            is_bare = not value["quote"] and not script.language.has_bare_strings
            is_variable = bool(_text(value).strip()) and (is_bare or re.search("[$%{]", _text(value)))
            parts[key] = EXPRESSION if is_variable else _text(value)
            if "oauthtoken" in _text(value):
                parts[key] = USER_NAME if _reaches_service(script, value) else ""
    is_vault = _VAULT.search(script.whole.text, *area)
    return {**parts, "passwordSecretReference": EXPRESSION} if is_vault else parts


def _reaches_service(script: _Script, user: re.Match[str]) -> bool:
    """Tell whether $oauthtoken is that when the text has run."""
    language, region = script.language, region_at(script.regions, user.start(user.lastgroup or 0))
    # Escaped quotes stand within others, in which the shell expands.
    is_within = re.match(r"[\\`].", user["quote"] or "") and language.heredocs is Role.EXPANDING
    role = region.role if region else Role.EXPANDING if is_within else language.outside
    dollar = language.escaped if role is Role.EXPANDING else language.dollar
    return re.search(f"{dollar}oauthtoken", _text(user)) is not None


def _advice(language: Language, image: str | None) -> str:
    reference = ImageReference.parse(image) if image is not None else None
    family = family_of(reference) if reference is not None else None
    images = f"ngc-migrate images {family.framework}" if family else "ngc-migrate images"
    return (
        f"This job stands in {language.name}, which is not rewritten. By hand: decide which image of "
        f"`{images}` takes the place of its own, and write serverUrl nvcr.io, username $oauthtoken and the "
        "API key (or its Key Vault reference) as password beside it. $oauthtoken must reach the service "
        "literally: `ngc-migrate explain job-in-text` shows how each language keeps it from being expanded."
    )


def _trace(script: _Script, site: re.Match[str], value: re.Match[str] | None) -> tuple[str, ...]:
    """Return where the image's value was lost, which is where the settings come from if they have none."""
    given = value or (_AT.match(script.whole.text, site.end()) if not site.lastgroup else None)
    if given is None:
        return (f"{script.line(site.start())}: no image is set",)
    start, written = given.start(given.lastgroup or 0), _text(given)
    rest = script.whole.text[start : start + 200].partition("\n")[0]
    placeholder = _PLACEHOLDER.search(written if re.search(r"\w", written) else rest)
    source = masked(placeholder[0] if placeholder else written[:80].strip())
    what = "the image is" if value else "the settings come from"
    return (f"{script.line(start)}: {what} {source or 'blank'}",)


def _block_end(text: str, site: re.Match[str], limit: int) -> int:
    """Return where settings end: with their brackets, their indentation or their line."""
    end = site.end()
    limit = min(limit, end + _LONGEST_BLOCK)
    before = _TO_BRACKET.match(text, end, limit)
    opening = end - 1 if text[end - 1] in "({" else before.end() if before else end
    is_bracket = text[opening : opening + 1] in ("(", "{", "[") and text[opening - 1] != "$"
    if is_bracket and not _PLACEHOLDER.match(text, opening):
        return _closing(text, opening, limit)
    line = re.compile(r"[^\n]*").match(text, end, limit)
    if line is None or line[0].strip(" \t\r|>-"):
        return line.end() if line else limit
    start = text[text.rfind("\n", max(0, end - _LONGEST_BLOCK), end) + 1 : end]
    deeper = len(start) - len(start.lstrip(" \t")) + 1
    nested = re.compile(rf"(?:\n(?:[ \t]{{{deeper}}}[^\n]*|[ \t\r]*(?=\n|\Z)))*").match(
        text, line.end(), limit
    )
    return nested.end() if nested else line.end()


def _closing(text: str, start: int, limit: int) -> int:
    """Return where brackets end together with those that follow: ``X().withImage(…)``, ``new X() { … }``."""
    depth = 0
    for match in _BRACKET.finditer(text, start, limit):
        depth += 1 if match[0] in "({[" else -1
        if depth <= 0 and not _CHAINED.match(text, match.end(), limit):
            return match.end()
    return limit

"""Find jobs in texts of any language but Python and JSON; they are reported, never rewritten.

One search serves all languages: the name of the container settings, an image behind it, and what of a
login stands beside the image. A row of the table of languages says what are comments and quotes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace

from migrator.catalogue import ImageReference, family_of
from migrator.discover import CELL, HEAD_BYTES, PYTHON, TEMPLATE, Language, Role, Source, language_of, text_of
from migrator.model import Framework
from migrator.secrets import masked
from migrator.understand.facts import (
    TOOLKIT_KEYS,
    Facts,
    LoginState,
    RegistryState,
    Verdict,
    registry_state,
    toolkit_of,
)
from migrator.understand.scripts.regions import Region, is_shown, region_at, regions
from migrator.understand.texts import Cell, Notebook, Text, cell_magic

RULE = "job-in-text"
_CLOSING = r"""[\\"'`\]]{0,6}"""  # of a name: quotes, escaped or not, and brackets
_SIGN = r"[ \t]*(?::(?!:)=?|[|+*?]?=(?![=~])>?|<-)[ \t]*"
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
    rf"""(?i)(?P<header>(?m:^)[ \t]*\[{{1,2}}[\w.]*?image_?source_?registry\]{{1,2}}(?=[ \t]*\r?(?:\n|\Z)))
    |(?P<new>New-Object[ \t]+(?:-TypeName[ \t]+)?['"]?[\w.]*?ImageSourceRegistry\b['"]?)
    |(?P<fluent>(?<![a-z0-9_])with_?container_?image[ \t]*\()
    |(?<![a-z0-9_])(?:with_?|set_?)?image_?source_?registry
     (?:(?P<member>(?:[.$\[@"'\\]|->){{1,6}}image{_CLOSING}[ \t]*(?:[|+?]?=(?![=~])|<-|:))
       |(?P<call>\]?(?:(?:::|[.$])new\b)?[ \t]*\(|(?:[ \t]*\r?\n)?[ \t]*\{{|\.new\b)
       |{_CLOSING}{_SIGN})""",
    re.VERBOSE,
)
_CONTAINER = re.compile(
    rf"(?i)(?<![a-z0-9_])(?:with_?|set_?)?container_?settings(?:{_CLOSING}{_SIGN}|[ \t]*\()"
)
_TOOLKITS = "|".join(re.sub("(?=[A-Z])", "_?", key) for key in TOOLKIT_KEYS)
_JOB = re.compile(rf"(?i)std_?out_?err_?path|job_?create_?parameters|batch_?ai|{_TOOLKITS}")
_BATCH_AI = re.compile(rf"{_JOB.pattern}|node_?count|container_?settings")
# Recorded requests with their responses, and descriptions of an API with examples.
_TRAFFIC = re.compile(
    r"""(?mi)^[ \t-]*["']?(?:(?:http_?)?interactions|swagger|openapi|x-ms-examples)["']?[ \t]*:|\bnock\("""
)
_REQUEST, _RESPONSE = (
    re.compile(rf"""(?mi)^[ \t-]*["']?{name}["']?[ \t]*:""")
    for name in ("(?:request|parameters)", "responses?")
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
_ASSIGNED = re.compile(rf"(?<![\w.$-])\$?(?P<name>[A-Za-z_]\w{{0,79}}){_SIGN}(?=\S)")
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
_HEADER = re.compile(r"(?m)^[ \t]*\[")
_TO_BRACKET = re.compile(r"""[^\n"'({\[,;]{0,120}""")
_BRACKET = re.compile(r"[(){}\[\]]")
_LONGEST_BLOCK = 20_000
_CALLS = ("call", "new")


def _key(name: str, before: str = "(?<![a-z0-9_])") -> re.Pattern[str]:
    wrapped = r"(?:[\w.]{1,40}\([ \t]*)?"
    return re.compile(
        rf"(?i){before}(?:with_?|set_?)?(?:{name}){_CLOSING}(?:{_SIGN}|[ \t]*\([ \t]*){wrapped}"
        rf"(?!(?:string|str|text)\b){_VALUE}"
    )


_IMAGE, _SERVER, _USER, _PASSWORD = map(_key, ("image", "server_?url", "user_?name", "password"))
_IMAGE_SET = _key("image", r"(?<=[\w)][.>])")


@dataclass(frozen=True, slots=True)
class _Site:
    """Container settings: where their name begins, where their value does, how that is given to them."""

    start: int
    end: int
    form: str


@dataclass(frozen=True, slots=True)
class _Value:
    """A value as it is written, without its quotes, and where; ``is_escaped`` if its quotes are."""

    start: int
    text: str
    is_quoted: bool
    is_escaped: bool


@dataclass(frozen=True, slots=True)
class _Script:
    """One text with what is looked up for each of its jobs; positions are 0-based code points."""

    whole: Text
    language: Language
    regions: tuple[Region, ...]
    bound: dict[str, tuple[int, ...]]

    @property
    def text(self) -> str:
        """The text itself."""
        return self.whole.text

    def line(self, position: int) -> int:
        """Return the 1-based line of a position."""
        return self.whole.place(position).line


def _value(match: re.Match[str] | None) -> _Value | None:
    if match is None:
        return None
    name = "bare" if match["quoted"] is None else "quoted"
    is_escaped = (match["quote"] or "")[:1] in ("\\", "`") and len(match["quote"]) > 1
    return _Value(match.start(name), match[name], name == "quoted", is_escaped)


def find_text_jobs(source: Source) -> tuple[Facts, ...]:
    """Return a job for every place of a file that gives a Batch AI job its container, in the file's order.

    A job that is complete on nvcr.io has no problem: known limitations are checked on it as on any other.
    Every other one has the problem ``job-in-text``. Undecodable bytes are replaced; nothing is raised.
    """
    language = language_of(source.path, source.data[:HEAD_BYTES])
    return _search(_plain(source.path, text_of(source.data)), language) if language is not None else ()


def find_foreign_jobs(text: Text) -> tuple[Facts, ...]:
    """Return the jobs in a Python text that are not Python: in strings, lines and cells of others."""
    notebook = text if isinstance(text, Notebook) else None
    found: list[Facts] = []
    cells = [(cell, _cell_language(notebook, cell)) for cell in notebook.cells] if notebook else []
    for cell, language in cells:
        if language is not None:
            facts = _search(_plain(text.path, cell.source.text), language)
            found += (replace(each, place=replace(each.place, cell=cell.index)) for each in facts)
    if notebook is None or notebook.language == "python":
        foreign = {cell.index for cell, _ in cells if cell.magic and not _is_python(cell)}
        foreign |= {cell.cell for cell in (notebook.unparsed if notebook else ())}
        found += (each for each in _search(text, PYTHON) if each.place.cell not in foreign)
    return tuple(sorted(found, key=lambda facts: facts.place))


_CELLS = {
    **dict.fromkeys(("bash", "sh", "script", "system", "sx", "!"), "sh"),
    **dict.fromkeys(("powershell", "pwsh"), "ps1"),
    "cmd": "bat",
    "r": "r",
    "javascript": "js",
    "typescript": "ts",
    "csharp": "cs",
    "c#": "cs",
    **dict.fromkeys(("html", "markdown", "latex", "svg"), "md"),
}


def _cell_language(notebook: Notebook, cell: Cell) -> Language | None:
    """Return the language that a cell is searched in, None for Python, files that are read, and documents."""
    name = cell.magic or notebook.language
    if name in ("file", "writefile"):
        path = (cell.magic_line.split() or ["a"])[-1].strip("\"'")
        is_read = path.lower().endswith((".py", ".json", ".ipynb", ".md", ".rst", ".html"))
        return None if is_read else language_of(path, b"") or TEMPLATE
    if (cell.magic is None and name == "python") or _is_python(cell):
        return None
    suffix = _CELLS.get(name.lower(), name.lower())
    return None if suffix == "md" else language_of(f"cell.{suffix}", b"") or CELL


def _is_python(cell: Cell) -> bool:
    magic = cell_magic(cell.source.text)
    return magic is not None and magic.has_python_body


def _plain(path: str, text: str) -> Text:
    return Text(path=path, data=b"", text=text, masked=text)


def _search(whole: Text, language: Language) -> tuple[Facts, ...]:
    text = whole.text
    matches = list(_REGISTRY.finditer(text)) or list(_CONTAINER.finditer(text))
    if not matches or not _BATCH_AI.search(text) or _is_record(language, text):
        return ()
    found = regions(language, text)
    sites = _sites(whole, language, found, matches)
    bound: dict[str, tuple[int, ...]] = {}
    for match in _ASSIGNED.finditer(text) if sites else ():
        bound[match["name"]] = (*bound.get(match["name"], ())[:1], match.start())
    script = _Script(whole, language, found, bound)
    starts = [*(site.start for site in sites), len(text)]
    jobs = (_facts(script, site, starts) for site in sites)
    return tuple(job for job in jobs if job is not None)


def _is_record(language: Language, text: str) -> bool:
    """Tell whether a text describes an API, or shows what went to a service and came back."""
    if _TRAFFIC.search(text) or (_REQUEST.search(text) and _RESPONSE.search(text)):
        return True
    is_data = language is not PYTHON and (language.has_bare_strings or not language.suffixes)
    return is_data and bool(_OUTPUT.search(text))


def _sites(
    whole: Text, language: Language, found: tuple[Region, ...], matches: list[re.Match[str]]
) -> tuple[_Site, ...]:
    """Return the container settings in order: no comments or definitions, nor what only reads them."""
    text = whole.text
    sites: list[_Site] = []
    for match in matches:
        site = _Site(
            match.start(), match.end(), match.lastgroup or ("call" if match[0].endswith("(") else "")
        )
        region = region_at(found, site.start)
        before = text[max(0, site.start - 80) : site.start].rpartition("\n")[2]
        if region is not None and region.role is Role.COMMENT:
            continue
        if language is PYTHON and not _is_foreign(whole, region, site):
            continue
        if site.form in ("call", "fluent") and _DEFINED.search(before):
            continue
        # The call in `image_source_registry = models$ImageSourceRegistry(` is no place of its own.
        if sites and site.form in _CALLS and _BETWEEN.fullmatch(text, sites[-1].end, site.start):
            sites[-1] = _Site(sites[-1].start, site.end, "call")
        else:
            sites.append(site)
    # `imageSourceRegistry = registry` is none where the registry is made by a call that is one.
    has_calls = any(site.form in _CALLS for site in sites)
    return tuple(site for site in sites if site.form or not has_calls or not _NAME.match(text, site.end))


def _is_foreign(whole: Text, region: Region | None, site: _Site) -> bool:
    """Tell whether settings in a Python text stand in a string that is no documentation, or in a command."""
    if whole.text[site.start] != whole.masked[site.start]:
        return True
    return region is not None and site.end <= region.end and not is_shown(whole, (region,), site.start)


def _facts(script: _Script, site: _Site, starts: list[int]) -> Facts | None:
    """Return the job at a place; None where no image is set there, nor anything that could hold one."""
    text, region = script.text, region_at(script.regions, site.start)
    area = (region.start, region.end) if region else (0, len(text))
    is_alone = bisect_left(starts, area[1], hi=len(starts) - 1) - bisect_left(starts, area[0]) == 1
    limit = starts[bisect_left(starts, site.start) + 1]
    end = site.end if site.form in ("member", "fluent") else _block_end(text, site, limit)
    # `x.imageSourceRegistry.image = …` has its login in further statements.
    login = area if site.form == "member" and is_alone else (site.end, end)
    around = text[slice(*area)] if is_alone else text[site.start : end]
    value = _image(script, site, end, limit)
    if (value is None and not _is_open(script, site, end)) or _OUTPUT.search(around):
        return None
    image = _literal(script, value)
    state = _registry(script, image, login)
    problem = Verdict(RULE, _advice(script.language, image), trace=_trace(script, site, value))
    return Facts(
        place=script.whole.place(value.start if value else site.start),
        image=image,
        toolkit=_toolkit(around),
        node_count=_node_count(around),
        node_count_trace=(f"{script.whole.path}: no node count that is surely this job's",),
        registry=state,
        problem=None if state is RegistryState.NGC_COMPLETE else problem,
    )


def _image(script: _Script, site: _Site, end: int, limit: int) -> _Value | None:
    text = script.text
    if site.form in ("member", "fluent"):
        return _value(_AT.match(text, site.end)) or _Value(site.start, "", False, False)
    if (match := _IMAGE.search(text, site.end, end)) is not None or site.form not in _CALLS:
        return _value(match)
    if (quoted := _QUOTED.search(text, site.end, end)) is not None:
        return _value(_AT.match(text, quoted.start()))
    return _value(_IMAGE_SET.search(text, end, min(limit, end + 2000)))


def _is_open(script: _Script, site: _Site, end: int) -> bool:
    """Tell whether settings without an image can get one from elsewhere: a name, a placeholder, arguments."""
    text = script.text
    if site.form in _CALLS:
        return bool(re.search(r"\w", text[site.end : end]))
    name = _NAME.match(text, site.end)
    if name is None:
        return bool(_PLACEHOLDER.search(text, site.end, end) or _OPEN.search(text, site.end, end))
    is_same = (
        name["name"].lower() in text[site.start : site.end].lower().replace("_", "") and "$" not in name[0]
    )
    return not is_same and bool(_JOB.search(text))


def _literal(script: _Script, value: _Value | None) -> str | None:
    """Return an image that is written out; where bare words are names, only a quoted one is."""
    if value is None or _PLACEHOLDER.search(value.text) or ImageReference.parse(value.text) is None:
        return None
    is_word = not value.is_quoted and not (script.language.has_bare_strings and re.search("[/:]", value.text))
    return None if is_word else value.text


def _registry(script: _Script, image: str | None, login: tuple[int, int]) -> RegistryState:
    server, user, password = (
        _value(pattern.search(script.text, *login)) for pattern in (_SERVER, _USER, _PASSWORD)
    )
    has_password = bool(password and password.text.strip()) or bool(_VAULT.search(script.text, *login))
    is_complete = has_password and user is not None and _reaches_service(script, user)
    if image is None:
        return RegistryState.PUBLIC
    state = LoginState.COMPLETE if is_complete else LoginState.NONE
    return registry_state(image, server.text if server else None, state)


def _reaches_service(script: _Script, user: _Value) -> bool:
    """Tell whether a user name is right when the text has run; variables but $oauthtoken are the author's."""
    if "oauthtoken" not in user.text:
        return bool(user.text.strip())
    language, region = script.language, region_at(script.regions, user.start)
    # Escaped quotes stand within others, in which the shell expands.
    is_within = user.is_escaped and language.heredocs is Role.EXPANDING
    role = region.role if region else Role.EXPANDING if is_within else language.outside
    dollar = language.escaped if role is Role.EXPANDING else language.dollar
    return re.search(f"{dollar}oauthtoken", user.text) is not None


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


def _trace(script: _Script, site: _Site, value: _Value | None) -> tuple[str, ...]:
    """Return the way from the settings to where the image's value was lost."""
    if _literal(script, value) is not None:
        return ()
    given = value or (_value(_AT.match(script.text, site.end)) if not site.form else None)
    if given is None:
        return (f"line {script.line(site.start)}: no image is set",)
    rest = script.text[given.start : given.start + 200].partition("\n")[0]
    match = _PLACEHOLDER.search(given.text) or (
        None if re.search(r"\w", given.text) else _PLACEHOLDER.search(rest)
    )
    source = masked(match[0] if match else given.text[:80].strip())
    what = "the image is" if value else "the settings come from"
    step = f"line {script.line(given.start)}: {what} {source or 'blank'}"
    name = re.search(r"[A-Za-z_]\w*", source)
    if name is None:
        return (step,)
    lines = [f"line {script.line(start)}" for start in script.bound.get(name[0], ())]
    return (
        step,
        f"{name[0]} is set in {' and '.join(lines)}" if lines else f"{name[0]} is not set in this file",
    )


def _toolkit(around: str) -> Framework | None:
    found = {toolkit_of(match[1]) for match in _TOOLKIT.finditer(around)} - {None}
    return found.pop() if len(found) == 1 else None


def _node_count(around: str) -> int | None:
    found = [match["number"] for match in _NODES.finditer(around)]
    return int(found[0]) if len(found) == 1 and found[0] else None


def _block_end(text: str, site: _Site, limit: int) -> int:
    """Return where settings end: with their brackets, their ``[header]``, their indentation or their line."""
    limit = min(limit, site.end + _LONGEST_BLOCK)
    if site.form == "header":
        header = _HEADER.search(text, site.end, limit)
        return header.start() if header else limit
    if text[site.end - 1] in "({":
        return _call_end(text, site.end - 1, limit)
    before = _TO_BRACKET.match(text, site.end, limit)
    opening = before.end() if before else site.end
    if text[opening : opening + 1] == "\n":
        opening += len(text[opening : opening + 400]) - len(text[opening : opening + 400].lstrip())
    is_bracket = text[opening : opening + 1] in ("(", "{", "[") and text[opening - 1] != "$"
    if is_bracket and not _PLACEHOLDER.match(text, opening):
        return _call_end(text, opening, limit)
    line_end = _line_end(text, site.end, limit)
    is_nested = not text[site.end : line_end].strip(" \t\r|>-")
    return _indented_end(text, site.end, line_end, limit) if is_nested else line_end


def _call_end(text: str, start: int, limit: int) -> int:
    """Return where brackets end together with those that follow: ``X().withImage(…)``, ``new X() { … }``."""
    end = _closing(text, start, limit)
    while following := _CHAINED.match(text, end, limit):
        end = _closing(text, following.end(), limit)
    return end


def _closing(text: str, start: int, limit: int) -> int:
    depth = 0
    for match in _BRACKET.finditer(text, start, limit):
        depth += 1 if match[0] in "({[" else -1
        if depth <= 0:
            return match.end()
    return limit


def _line_end(text: str, start: int, limit: int) -> int:
    end = text.find("\n", start, limit)
    return end if end >= 0 else limit


def _indented_end(text: str, start: int, line_end: int, limit: int) -> int:
    outer = _indentation(text[text.rfind("\n", max(0, start - _LONGEST_BLOCK), start) + 1 : line_end])
    end = line_end
    while end < limit:
        following = _line_end(text, end + 1, limit)
        line = text[end + 1 : following]
        if line.strip() and _indentation(line) <= outer:
            return end
        end = max(following, end + 1)
    return limit


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))

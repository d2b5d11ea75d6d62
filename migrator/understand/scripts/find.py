"""Find jobs in shell scripts, Makefiles, PowerShell, R and the like; they are reported, never rewritten.

One search serves all languages: the name of the container settings, an image behind it, and what of a
login stands beside the image. A row of the table of languages says what are comments and quotes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace

from migrator.catalogue import ImageReference, family_of
from migrator.discover import HEAD_BYTES, Language, Role, Source, language_of, text_of
from migrator.model import Framework, Place
from migrator.secrets import masked
from migrator.understand.facts import Facts, LoginState, Problem, RegistryState, registry_state, toolkit_of
from migrator.understand.scripts.regions import Region, region_at, regions
from migrator.understand.texts import Notebook

RULE = "job-in-text"
_CLOSING = r"""[\\"'`\]]{0,6}"""  # of a name: quotes, escaped or not, and brackets
_SIGN = r"[ \t]*(?::(?!:)=?|\|?=(?![=~])>?|<-|\?=)[ \t]*"
_BARE = (
    r"(?:\{\{[^\n]{0,200}?\}\}|\$\{[^}\n]{0,200}\}|\$\([^)\n]{0,200}\)|<[^<>\n]{0,200}>"
    r"""|[^\s,;{}\[\]()<>"'\\])+"""
)
_VALUE = rf"""(?:(?P<quote>\\{{0,9}}["'])(?P<quoted>[^\n]{{0,2000}}?)(?P=quote)|(?P<bare>{_BARE}))"""
_REGISTRY = re.compile(
    rf"""(?i)(?P<header>(?m:^)[ \t]*\[{{1,2}}[\w.]*?image_?source_?registry\]{{1,2}}(?=[ \t]*\r?(?:\n|\Z)))
    |(?P<new>New-Object[ \t]+(?:-TypeName[ \t]+)?['"]?[\w.]*?ImageSourceRegistry\b['"]?)
    |(?<![a-z0-9_])image_?source_?registry
     (?:(?P<member>[.$\[@"'\\]{{1,6}}image{_CLOSING}[ \t]*(?:\|?=(?![=~])|<-|:))
       |(?P<call>\]::new\(|{_CLOSING}[ \t]*\()
       |{_CLOSING}{_SIGN})""",
    re.VERBOSE,
)
_CONTAINER = re.compile(
    rf"(?i)(?<![a-z0-9_])container_?settings{_CLOSING}(?:{_SIGN}|[ \t]*\()(?![ \t]*(?:\$?null\b|None\b|~))"
)
_SCHEMA = re.compile(r"""[\s{]{0,200}["']?(?:\$ref|type|description|properties)["']?[ \t]*:""")
_OUTPUT = re.compile(r'"(?:executionState|provisioningState|creationTime)"')
_BETWEEN = re.compile(r"\s{0,80}[\w.$\[:]{0,80}")
_NAME = re.compile(r"[ \t]*\$?[A-Za-z_]\w*[ \t]*(?:[\r\n;,)}]|\Z)")
_QUOTED = re.compile(r"""\\{0,9}["'][^\n"']{1,300}["']""")
_AT = re.compile(rf"[ \t]*{_VALUE}")
_ASSIGNED = re.compile(rf"(?<![\w.$-])\$?(?P<name>[A-Za-z_]\w{{0,79}}){_SIGN}(?=\S)")
_PLACEHOLDER = re.compile(
    r"\$\{?[A-Za-z_][\w:.]{0,79}\}?|\$\([^)\n]{1,80}\)|%\w{1,80}%|\{\{[^\n]{0,80}?\}\}|\{\w{1,80}\}"
    r"|<[^<>\n]{1,80}>"
)
_NODES = re.compile(
    rf"(?i)(?<![a-z_])node_?count{_CLOSING}[ \t]*(?::|=>?|<-)[ \t]*(?P<number>\d{{1,9}}(?![\w.]))?"
)
_TOOLKIT = re.compile(r"(?i)(?<![a-z0-9_])[a-z0-9_]{1,40}settings(?![a-z_])")
_VAULT = re.compile(r"(?i)password_?secret_?reference")
_HEADER = re.compile(r"(?m)^[ \t]*\[")
_TO_BRACKET = re.compile(r"""[^\n"'({\[,;]{0,120}""")
_BRACKET = re.compile(r"[(){}\[\]]")
_LONGEST_BLOCK = 20_000


def _key(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![a-z0-9_])(?:{name}){_CLOSING}{_SIGN}{_VALUE}")


_IMAGE, _SERVER, _USER, _PASSWORD = map(_key, ("image", "server_?url", "user_?name", "password"))


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

    path: str
    language: Language
    text: str
    regions: tuple[Region, ...]
    newlines: tuple[int, ...]
    bound: Mapping[str, tuple[int, ...]]

    def line(self, position: int) -> int:
        """Return the 1-based line of a position."""
        return bisect_left(self.newlines, position) + 1

    def value(self, match: re.Match[str] | None) -> _Value | None:
        """Return the value that a pattern has found."""
        if match is None:
            return None
        is_quoted = match["quoted"] is not None
        name = "quoted" if is_quoted else "bare"
        return _Value(match.start(name), match[name], is_quoted, "\\" in (match["quote"] or ""))


def find_text_jobs(source: Source) -> tuple[Facts, ...]:
    """Return a job for every place of a file that holds container settings, in the file's order.

    A job that is complete on nvcr.io has no problem: known limitations are checked on it as on any other.
    Every other one has the problem ``job-in-text``. Undecodable bytes are replaced; nothing is raised.
    """
    language = language_of(source.path, source.data[:HEAD_BYTES])
    return _search(source.path, language, text_of(source.data)) if language is not None else ()


_CELLS = {
    "bash": "sh",
    "sh": "sh",
    "script": "sh",
    "powershell": "ps1",
    "pwsh": "ps1",
    "cmd": "bat",
    "r": "r",
}


def find_foreign_jobs(notebook: Notebook) -> tuple[Facts, ...]:
    """Return the jobs in cells of other languages, each at its cell and line."""
    found = []
    for cell in notebook.cells:
        name = cell.magic or (notebook.language if notebook.language != "python" else "")
        language = language_of(f"cell.{_CELLS.get(name.lower(), '')}", b"")
        if language is not None:
            facts = _search(notebook.path, language, cell.source.text)
            found += [replace(each, place=replace(each.place, cell=cell.index)) for each in facts]
    return tuple(found)


def _search(path: str, language: Language, text: str) -> tuple[Facts, ...]:
    if not language.suffixes and _OUTPUT.search(text):
        return ()
    found = regions(language, text)
    sites = _sites(text, found)
    if not sites:
        return ()
    newlines = tuple(match.start() for match in re.finditer("\n", text))
    bound: dict[str, tuple[int, ...]] = {}
    for match in _ASSIGNED.finditer(text):
        bound[match["name"]] = (*bound.get(match["name"], ())[:1], match.start())
    script = _Script(path, language, text, found, newlines, bound)
    starts = [*(site.start for site in sites), len(text)]
    return tuple(_facts(script, site, starts) for site in sites)


def _sites(text: str, found: tuple[Region, ...]) -> tuple[_Site, ...]:
    """Return the container settings in order: no comments or schemas, nor what only reads the settings.

    Where no image source registry is named, the container settings themselves are the place.
    """
    sites: list[_Site] = []
    matches = list(_REGISTRY.finditer(text)) or list(_CONTAINER.finditer(text))
    for match in matches:
        site = _Site(
            match.start(), match.end(), match.lastgroup or ("call" if match[0].endswith("(") else "")
        )
        region = region_at(found, site.start)
        # The call in `image_source_registry = models$ImageSourceRegistry(` is no place of its own.
        if sites and site.form in ("call", "new") and _BETWEEN.fullmatch(text, sites[-1].end, site.start):
            sites[-1] = _Site(sites[-1].start, site.end, "call")
        elif (region is None or region.role is not Role.COMMENT) and not _SCHEMA.match(text, site.end):
            sites.append(site)
    # `imageSourceRegistry = registry` is none where the registry is made by a call that is one.
    has_calls = any(site.form in ("call", "new") for site in sites)
    return tuple(site for site in sites if site.form or not has_calls or not _NAME.match(text, site.end))


def _facts(script: _Script, site: _Site, starts: list[int]) -> Facts:
    text, region = script.text, region_at(script.regions, site.start)
    area = (region.start, region.end) if region else (0, len(text))
    is_alone = bisect_left(starts, area[1], hi=len(starts) - 1) - bisect_left(starts, area[0]) == 1
    limit = min(starts[bisect_left(starts, site.start) + 1], area[1])
    end = site.end if site.form == "member" else _block_end(text, site, limit)
    # `x.imageSourceRegistry.image = …` has its login in further statements.
    login = area if site.form == "member" and is_alone else (site.end, end)
    around = text[slice(*area)] if is_alone else text[site.start : end]
    value = _image(script, site, end)
    image = _literal(script, value)
    state = _registry(script, image, login)
    problem = Problem(rule=RULE, message=_advice(script.language, image), trace=_trace(script, site, value))
    return Facts(
        place=Place(script.path, line=script.line(value.start if value else site.start)),
        image=image,
        toolkit=_toolkit(around),
        node_count=_node_count(around),
        node_count_trace=(f"{script.path}: no node count that is surely this job's",),
        registry=state,
        problem=None if state is RegistryState.NGC_COMPLETE else problem,
    )


def _image(script: _Script, site: _Site, end: int) -> _Value | None:
    if site.form == "member":
        return script.value(_AT.match(script.text, site.end))
    value = script.value(_IMAGE.search(script.text, site.end, end))
    if value is None and site.form in ("call", "new"):
        quoted = _QUOTED.search(script.text, site.end, end)
        return script.value(_AT.match(script.text, quoted.start())) if quoted else None
    return value


def _literal(script: _Script, value: _Value | None) -> str | None:
    """Return an image that is written out; where bare words are names, only a quoted one is."""
    if value is None or _PLACEHOLDER.search(value.text) or ImageReference.parse(value.text) is None:
        return None
    is_word = not value.is_quoted and not (script.language.has_bare_strings and re.search("[/:]", value.text))
    return None if is_word else value.text


def _registry(script: _Script, image: str | None, login: tuple[int, int]) -> RegistryState:
    server, user, password = (
        script.value(pattern.search(script.text, *login)) for pattern in (_SERVER, _USER, _PASSWORD)
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
    given = value or (script.value(_AT.match(script.text, site.end)) if not site.form else None)
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
    found = {toolkit_of(match[0]) for match in _TOOLKIT.finditer(around)} - {None}
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
    if text[site.end - 1] == "(":
        return _closing(text, site.end - 1, limit)
    before = _TO_BRACKET.match(text, site.end, limit)
    opening = before.end() if before else site.end
    if text[opening : opening + 1] == "\n":
        opening += len(text[opening : opening + 400]) - len(text[opening : opening + 400].lstrip())
    if text[opening : opening + 1] in ("(", "{", "[") and text[opening : opening + 2] != "{{":
        return _closing(text, opening, limit) if text[opening - 1] != "$" else limit
    line_end = _line_end(text, site.end, limit)
    is_nested = not text[site.end : line_end].strip(" \t\r|>-")
    return _indented_end(text, site.end, line_end, limit) if is_nested else line_end


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

"""What a script does to job specs before they are submitted: node counts changed, variables expanded."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.discover import resolved
from migrator.model import Place
from migrator.understand.scripts.regions import is_shown, regions_of
from migrator.understand.texts import Text

_TO = r"(?:[|+*/-]?=(?![=~])|<-)"
_STORE = rf"""(?:[.$\[>]["'\\]{{0,4}}(?P<stored>nodeCount)["'\\\]]{{0,6}}[ \t]*{_TO})"""
# A filter, or a key, that is known only when it runs may name the node count.
_UNSEEN = (
    rf"""(?P<unseen>\bjq\b[^\n]{{0,400}}?(?:[ \t]["']?\$\{{?\w+\}}?["']?(?=[ \t]+[^\n]{{0,400}}\.json)"""
    rf"""|\.\$\{{?\w+\}}?["']?[ \t]*{_TO})"""
    rf"""|\[(?!["'\d:-])\w+\][ \t]*{_TO})"""
)
_CHANGE = re.compile(rf"(?i){_STORE}|{_UNSEEN}|(?P<named>nodeCount)")
_QUERY = re.compile(rf"""(?i)nodeCount["'\\\]]{{0,6}}[ \t]*(?:[:;]|,[ \t]*["'\]$\d]|{_TO})""")
_EDITOR = re.compile(
    r"(?<![\w.-])(?P<query>jq|yq(?![ \t]+w\b))(?![\w.-])"
    r"|(?<![\w.-])(?:g?sed(?![ \t]+-n)|perl|g?awk|yq[ \t]+w)(?![\w.-])"
    r"|(?:-replace|\.replace|\bre\.sub|\bg?sub|\.update|\.setdefault)\b|\*\*(?=\w)|\.{3}(?=\w)"
)
# With a list of variables, envsubst leaves all others alone.
_EXPANDER = re.compile(
    r"""(?<![\w.-])envsubst(?![\w.-])(?![ \t]+(?:-\S+[ \t]+)*["'][^"'\n]*\$)"""
    r"|\beval\b(?=[^\n]{0,80}(?:\bcat\b|<))|\bExpandString\b"
)
_NAME = re.compile(r"(?<![\w.$}/\\-])[\w./\\-]*\w\.(?:json|template|tmpl|tpl|in)(?![\w-])", re.IGNORECASE)
_ANY = re.compile(r"""(?<![\w.])["']?\$(?:\{\w+\}|\w+)["']?(?![\w./-])|[*?]|\{\}|%\w+%""")
_FILTER = re.compile(r"""(["'])[^\n]*?nodeCount[^\n]*?\1|--arg\w*[ \t]+\w+[ \t]+\S+""", re.IGNORECASE)
_WALK = re.compile(r"\*|\bfind\b|\bglob\b|\bwalk\b|\bargv\b|\$[1@]|-Recurse")
_STATEMENT = re.compile(r"(?:[^\n\\`^]|[\\`^]\s{0,9}\n|[\\`^]){0,2000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecChange:
    """A place that changes job specs: ``by`` names what does it, ``paths`` the specs, from the root.

    Without paths it may be any spec of ``folder``, also below it where ``is_deep``.
    """

    place: Place
    by: str
    paths: frozenset[str]
    folder: str
    is_deep: bool

    def concerns(self, path: str) -> bool:
        """Tell whether the job spec of a path may be changed."""
        if self.paths:
            return path in self.paths
        below = f"{self.folder}/" if self.folder else ""
        return posixpath.dirname(path) == self.folder or (self.is_deep and path.startswith(below))


def changed_specs(text: Text) -> Iterator[SpecChange]:
    """Yield the places of a script or notebook that give job specs another node count, or may do so."""
    if not re.search(r"(?i)json|\b(?:jq|sed|perl|g?awk)\b", text.text):
        return
    found, whole = regions_of(text), _paths(text, text.text)
    is_deep = bool(_WALK.search(text.text))
    is_dumped = bool(re.search(r"json\.dump|JSON\.stringify", text.text))
    for match in _CHANGE.finditer(text.text):
        statement = _statement(text.text, match.start())
        editor = _EDITOR.search(statement)
        is_edit = editor and (not editor["query"] or _QUERY.match(text.text, match.start()))
        is_program = not editor and not match[0].startswith("jq")
        if (match["named"] and not is_edit) or (match["unseen"] and is_program and not is_dumped):
            continue
        if not is_shown(text, found, match.start()):
            by = "a statement" if is_program else (editor or match)[0][:9].lstrip(".").strip()
            paths = (frozenset() if is_deep else whole) if is_program else _named(text, statement)
            yield _change(text, match, by, paths, is_deep=is_deep)


def expanded_specs(text: Text) -> Iterator[SpecChange]:
    """Yield the places of a script that replace the variables in job specs, ``$oauthtoken`` among them."""
    matches = list(_EXPANDER.finditer(text.text))
    found = regions_of(text) if matches else ()
    is_deep = bool(_WALK.search(text.text))
    for match in matches:
        if not is_shown(text, found, match.start()):
            paths = _named(text, _statement(text.text, match.start()))
            yield _change(text, match, match[0], paths, is_deep=is_deep)


def _statement(text: str, position: int) -> str:
    """Return the line of a position with what continues it, below and above; of a long one a part."""
    first = max(0, position - 500)
    start = max(text.rfind("\n", first, position) + 1, first)
    while start > first and text[first:start].rstrip("\r\n")[-1:] in ("\\", "`", "^", "|"):
        start = max(text.rfind("\n", first, start - 1) + 1, first)
    match = _STATEMENT.match(text, start)
    return match[0] if match else ""


def _named(text: Text, statement: str) -> frozenset[str]:
    """Return the paths that a command names, none where a variable or a pattern may be any."""
    return frozenset() if _ANY.search(_FILTER.sub("", statement)) else _paths(text, statement)


def _paths(text: Text, written: str) -> frozenset[str]:
    folder = posixpath.dirname(text.path)
    paths = (resolved(folder, name) for name in _NAME.findall(written))
    return frozenset(path for path in paths if path is not None)


def _change(text: Text, match: re.Match[str], by: str, paths: frozenset[str], *, is_deep: bool) -> SpecChange:
    folder = posixpath.dirname(text.path)
    return SpecChange(place=text.place(match.start()), by=by, paths=paths, folder=folder, is_deep=is_deep)

"""What scripts do with job specs: change their node counts, expand variables in them, submit them."""

from __future__ import annotations

import json
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from migrator.discover import Files, resolved
from migrator.model import Place
from migrator.understand.facts import Facts, Verdict
from migrator.understand.scripts.regions import Region, is_shown, regions_of
from migrator.understand.texts import Text

RULE = "job-spec-missing"

_TO = r"(?:[|+*/-]?=(?![=~])|<-)"
_STORE = rf"""(?:[.$\[>]["'\\]{{0,4}}(?P<stored>nodeCount)["'\\\]]{{0,6}}[ \t]*{_TO})"""
# A filter that stands elsewhere, is put together when it runs, or merges files may name the node count.
_UNSEEN = (
    r"""(?P<unseen>(?:\bjq(?:(?:[ \t]+(?:--\w*(?:arg|file)\w*[ \t]+\w+[ \t]+(?:"[^"\n]*"|\S+)|--?[\w-]+))"""
    r"""{0,9}[ \t]+["']?\$\{?\w+\}?["']?(?=[ \t])|\b[^\n]{0,400}?(?:\[\$"""
    r"""|[ \t]--?(?:f|from-file|s|slurp\w*)\b))"""
    r"""|\b(?:sed|awk)\b[^\n]{0,400}?(?:[ \t]-f\b"""
    r"""|"s(?P<by>[/|#,@])(?:\\.|(?!(?P=by))[^\\\n]){0,99}?\$\{?\w)"""
    r"""|(?:^|[;&|])[ \t]*patch\b)(?=[^\n]{0,400}\.json))"""
)
_IMAGE = (
    r"""(?P<image>[.$\[>]["'\\]{0,4}(?:containerSettings|imageSourceRegistry)"""
    rf"""(?:["'\\\]]{{0,6}}[.\[]["'\\]{{0,4}}image)?["'\\\]]{{0,6}}[ \t]*{_TO})"""
)
_SAID_OF_IMAGE = re.compile(r"""\bimage\b["'\\\]) ]{0,6}[:.]""")
_CHANGE = re.compile(rf"(?im){_IMAGE}|{_STORE}|{_UNSEEN}|(?P<named>nodeCount)")
_QUERY = re.compile(rf"""(?i)nodeCount["'\\\]]{{0,6}}[ \t]*(?:[:;]|,[ \t]*["'\]$\d]|{_TO})""")
_EDITOR = re.compile(
    r"(?<![\w.-])(?P<query>jq|yq(?![ \t]+w\b))(?![\w.-])"
    r"|(?<![\w.-])(?:g?sed(?![ \t]+-n)|perl|g?awk|patch|yq[ \t]+w)(?![\w.-])"
    r"|(?:-replace|\.replace|\bre\.sub|\bg?sub|\.update|\.set\w*|\.put|\bmerge|Add-Member)\b"
    r"|\*\*(?=\w)|\.{3}(?=\w)"
)
# With a list of variables, envsubst leaves all others alone.
_EXPANDER = re.compile(
    r"""(?<![\w.-])envsubst(?![\w.-])(?![ \t]+(?:-\S+[ \t]+)*["'][^"'\n]*\$)"""
    r"|\beval\b(?=[^\n]{0,80}(?:\bcat\b|<))|\bExpandString\b|\bexpandvars\b"
    r"|(?:\bstring\.)?\bTemplate(?=\([^\n]{0,200}\.(?:safe_)?substitute\()|\bperl\b(?=[^\n]{0,200}\$ENV\b)"
)
_NAME = re.compile(r"(?<![\w.$}/\\-])[\w./\\-]*\w\.(?:json|template|tmpl|tpl|in)(?![\w-])", re.IGNORECASE)
_ANY = re.compile(r"""(?<![\w.])["']?\$(?:\{\w+\}|\w+)["']?(?![\w./-])|[*?]|\{\}|%\w+%""")
_PROGRAM = re.compile(r"(?i)json|\b(?:jq|sed|perl|g?awk)\b")
_FILTER = re.compile(r"""(["'])[^\n]*?nodeCount[^\n]*?\1|--arg\w*[ \t]+\w+[ \t]+\S+""", re.IGNORECASE)
_OF_JOBS = re.compile(r"(?i)batch_?ai|\bproperties\b")
_WALK = re.compile(r"\*|\bfind\b|\bglob\b|\bwalk\b|\bargv\b|\$[1@]|-Recurse")
_STATEMENT = re.compile(r"(?:[^\n\\`^]|[\\`^]\s{0,9}\n|[\\`^]){0,2000}")

# Words of a command stand apart by blanks, as strings of a list, or on further lines.
_GAP = r"""(?:[ \t"',+]|[\\^`]?\r?\n(?:[ \t]{0,80}-[ \t])?){1,80}"""
_SUBMIT = re.compile(rf"(?<![\w./-])(?:batchai{_GAP})?job{_GAP}create\b")
_OPTIONS = re.compile(
    r"""(?:[^\r\n;|]|(?<=[\\^`,+(\[])\r?\n"""
    r"""|\r?\n(?=[ \t]{1,80}(?:-{1,2}\w|\+?[ \t]{0,9}[rRfFbB]{0,2}["']))"""
    # A list goes on by items of one word, or by what is added to it.
    r"""|\r?\n(?=[ \t]{0,80}(?:-[ \t]+[^\s:]+[ \t]*$|\w+[ \t]*(?:\+=|\.(?:extend|append)\()))){0,4000}""",
    re.MULTILINE,
)
_SPEC = re.compile(
    r"""(?<![\w-])(?:-f|--config-file|-c(?=[\s"',=]+[^\s"',]*\.\w)|--config)(?P<end>["'])?"""
    r"""[\s,=\\^`+]{1,80}(?:-[ \t]+)?"""
    # Behind the end of a string, a bare word is the name of a variable.
    r"""(?:[fr]?(?P<quote>["'])(?P<quoted>[^"'\r\n]{1,300}?)\\?(?P=quote)"""
    r"""|(?(end)(?!)|(?P<bare>[^\s"',;|)\]}\\]+(?:\\[^\s"',;|)\]}\\]+)*)))"""
)
_SAID = re.compile(
    r"""(?:\b(?:print|echo|printf|Write-(?:Host|Output|Verbose)|console\.log|log\w*\.\w+)\b|help[ \t]*=)"""
    r"""[ \t(]*[frbu]?["']?[^"'\n;&|]{0,120}\Z"""
)
_UNKNOWN = re.compile(r"[$%{}<>*]")
_FOLDER = re.compile(
    r"""\b(?:cd|pushd|Set-Location|chdir|cwd)\b["']?[ \t]*[(=]?[ \t]*["']?(?P<folder>[\w./\\-]+)"""
)
_DOWNLOAD = re.compile(
    r"(?i)\b(?:curl|wget|az storage \w+ download|azcopy|Invoke-WebRequest|iwr|Invoke-RestMethod|irm|gsutil"
    r"|aws s3|requests\.get|urlopen|urlretrieve|scp|download\w*)\b"
)
_COPY = re.compile(r"\b(?:cp|mv|copy|move|Copy-Item|Move-Item|ln|shutil\.\w+)\b")
# What stands before, or behind, the name of a file that is written there.
_WRITES = re.compile(
    r""">\|?[ \t]*["']?\Z|(?<![\w-])file[ \t]*=[ \t]*["']\Z|%%(?:write)?file\b"""
    r"""|\b(?:tee|Out-File|Set-Content|Add-Content|New-Item|sc)\b[^|]*\Z"""
    r"""|(?i:\bwrite\w*|\bFileWriter|\bFile\.create\w*)[ \t]*\("""
)
_JSON = re.compile(r"[\w./-]*\w\.json(?![\w-])")
# What stands between the name of a file and what is written there.
_CONTENT = re.compile(
    r"""(?:[^{}\n]{0,200}<<[^{}\n]{0,50}|[^{}\n]{0,200}\n[^{}\n]{0,80}\.write\([^{}\n]{0,9}|[^{}\n]{0,200})\s{0,20}\{"""
)
_LONGEST = 20_000
_WRITTEN = re.compile(
    r"""["'][ \t)]*,[ \t]*(?:mode[ \t]*=[ \t]*)?["'][wax][bt+]{0,2}["']|["']?[ \t]*\)*\.(?:write\w*|open)\("""
)

# What programs of any language load as JSON, set in it, and write again.
_DUMPED = re.compile(r"json\.dump|JSON\.stringify|ConvertTo-Json|jsonencode|to_json|toJSON")
_BINDING = r"\b(?P<name>\w+)[ \t]*(?::=|=(?![=~])|<-)"
_LOADED = re.compile(
    rf"(?:{_BINDING}[ \t]*(?P<bare>[^\n=(]{{0,80}}?))?"
    r"\b(?:json\.loads?|JSON\.parse|ConvertFrom-Json|jsondecode|(?(name)(?:require|\w*(?:load|read)\w*)(?=\()|(?!)))\b"
)
_KEYS = (
    r"""(?:(?:\[["']|\??\.get\w*\(["']|\??\.(?!get\w*\())(?P<key>\w+)"""
    r"""(?:["'](?:,[^()\n]{0,40})?[\])]|(?![\w"'(])))*"""
)
_USE = re.compile(rf"\w+{_KEYS}")
_WORD = re.compile(r"""(?<![\w"'])[A-Za-z_]\w*\b(?!["'])""")
_WHOLE = (None, "properties")
_PARTS = ("containerSettings", "imageSourceRegistry")
# Where the whole is written out, read, or goes on under another name, nothing in it is set.
_BEFORE = re.compile(r"(?:\b(?:dumps?|stringify|print|len|deepcopy)\([ \t]*|\b(?:return|in|not|if)[ \t]+)\Z")
_BEHIND = re.compile(r"\)(?!\.)|[ \t]*(?:,|$|:|in\b|is\b|[=!]=|\.(?:items|keys|values|copy)\()", re.MULTILINE)
_BOUND = re.compile(rf"[ \t]*(?:\w+[ \t]+)?\$?{_BINDING}[ \t]*\Z")
_ANEW = re.compile(r"[ \t]*(?::=|=(?!=)|<-)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecChange:
    """A place that changes job specs: ``by`` names what does it, ``paths`` the specs, from the root.

    Without paths it may be any spec of the place's folder, also below it where ``is_deep``. An expansion
    replaces the variables of a spec, ``$oauthtoken`` among them; others give it another image or node count.
    An edit of its text may give it another image where it speaks of that in what is ``said``.
    """

    place: Place
    by: str
    paths: frozenset[str]
    is_deep: bool
    is_expansion: bool = False
    is_image: bool = False
    said: str = ""

    def may_set(self, image: str | None) -> bool:
        """Tell whether it may give a spec another image than ``image``."""
        said = self.said.replace("\\", "")
        name, _, tag = (image or "").partition(":")
        is_said = any(part and part in said for part in (name, tag)) or _SAID_OF_IMAGE.search(self.said)
        return self.is_image or bool(said and is_said)

    def concerns(self, path: str) -> bool:
        """Tell whether the job spec of a path may be changed."""
        folder = posixpath.dirname(self.place.path)
        is_near = posixpath.dirname(path) == folder
        is_below = self.is_deep and path.startswith(f"{folder}/" if folder else "")
        return path in self.paths if self.paths else is_near or is_below


def changed_specs(text: Text, entries: Iterable[tuple[Place, bool]] = ()) -> Iterator[SpecChange]:
    """Yield the places of a script or notebook that may give job specs another node count, or expand them.

    ``entries`` are places that are known to, or with the flag to set an image.
    """
    found, whole = regions_of(text), _paths(text, text.text)
    is_deep = bool(_WALK.search(text.text))
    for match in _EXPANDER.finditer(text.text):
        if not is_shown(text, found, match.start()):
            paths = _named(text, _statement(text.text, match.start()))
            place = text.place(match.start())
            yield SpecChange(place=place, by=match[0], paths=paths, is_deep=is_deep, is_expansion=True)
    if not _PROGRAM.search(text.text):
        return
    for match in _CHANGE.finditer(text.text):
        statement = _statement(text.text, match.start())
        editor = _EDITOR.search(statement)
        is_edit = editor and (not editor["query"] or _QUERY.match(text.text, match.start()))
        is_foreign = match["image"] and not editor and not _LOADED.search(text.text)
        if (match["named"] and not is_edit) or is_foreign or is_shown(text, found, match.start()):
            continue
        is_program = not editor and (match["stored"] or match["image"])
        by = "a statement" if is_program else (editor or match)[0][:10].lstrip(".").strip()
        paths = (frozenset() if is_deep else whole) if is_program else _named(text, statement)
        is_image = bool(match["image"])
        place = text.place(match.start())
        yield SpecChange(place=place, by=by, paths=paths, is_deep=is_deep, is_image=is_image)
    yield from _edits(text, found, is_deep=is_deep)
    unseen = [each for each in _unseen_changes(text.text) if not is_shown(text, found, each[0])]
    if unseen and (whole or (is_deep and _OF_JOBS.search(text.text))):
        paths = frozenset() if is_deep else whole
        for is_image, start in {is_image: start for start, is_image in reversed(unseen)}.items():
            place = text.place(start)
            yield SpecChange(place=place, by="a statement", paths=paths, is_deep=is_deep, is_image=is_image)
    for place, is_image in entries:
        paths = frozenset() if is_deep else whole
        yield SpecChange(place=place, by="a statement", paths=paths, is_deep=is_deep, is_image=is_image)


def _edits(text: Text, found: tuple[Region, ...], *, is_deep: bool) -> Iterator[SpecChange]:
    """Yield what edits files as texts, once a statement: what it looks for there may be an image."""
    done = 0
    for match in _EDITOR.finditer(text.text):
        if match["query"] or match.start() < done or is_shown(text, found, match.start()):
            continue
        done = match.start() + len(text.text[match.start() : match.start() + 1_000].partition("\n")[0])
        statement = _statement(text.text, match.start())
        by, paths, place = match[0].lstrip("."), _named(text, statement), text.place(match.start())
        yield SpecChange(place=place, by=by, paths=paths, is_deep=is_deep, said=statement)


def _unseen_changes(text: str) -> list[tuple[int, bool]]:
    """Return the places where a program that writes JSON may set what it has loaded, in order.

    What stands under another key than the properties of a job is not the job: only the whole counts, or
    its container settings, of which its image is told; unless it is surely only read there.
    """
    loaded = list(_LOADED.finditer(text)) if _DUMPED.search(text) else []
    changes = [(each.start(), False) for each in loaded if not each["name"] and not _is_read(text, each)]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for word in _WORD.finditer(text if loaded else ""):
        places[word[0]].append(word.start())
    waiting = [(each["name"], False) for each in loaded if each["name"]]
    while waiting:
        name, is_part = waiting.pop()
        for use in filter(None, (_USE.match(text, place) for place in places.pop(name, ()))):
            key, is_set = use["key"], bool(_ANEW.match(text, use.end()))
            is_of_image = key in _PARTS or (is_part and (key is None or (key == "image" and is_set)))
            is_whole = key in _WHOLE or is_of_image
            bound = _BOUND.match(_before(text, use)) if is_whole else None
            if bound and _BEHIND.match(text, use.end()):
                waiting.append((bound["name"], is_of_image))
            elif is_whole and not (key is None and is_set) and not _is_read(text, use):
                changes.append((use.start(), is_of_image))
    return sorted(changes)


def _is_read(text: str, use: re.Match[str]) -> bool:
    return bool(_BEFORE.search(_before(text, use)) and _BEHIND.match(text, use.end()))


def _before(text: str, use: re.Match[str]) -> str:
    return text[max(0, text.rfind("\n", 0, use.start()) + 1, use.start() - 300) : use.start()]


def missing_specs(text: Text, files: Files) -> Iterator[Facts]:
    """Yield a manual job for every command that submits a file which is not there and not made by the text.

    The file's own folder, and those that the text goes to, are taken for the working directory; names with
    variables are passed over. A text makes a file by writing it; what it only downloads nobody sees here.
    """
    commands = list(_SUBMIT.finditer(text.text)) if "batchai" in text.text else []
    found = regions_of(text) if commands else ()
    home = posixpath.dirname(text.path)
    gone_to = (resolved(home, each["folder"]) for each in _FOLDER.finditer(text.text if commands else ""))
    folders = {home, "", *(folder for folder in gone_to if folder is not None)}
    ends = [*(command.start() for command in commands[1:]), len(text.text)]
    for command, end in zip(commands, ends, strict=False):
        options = _OPTIONS.match(text.text, command.end(), end)
        spec = _SPEC.search(options[0]) if options else None
        name = (spec["quoted"] or spec["bare"]).lstrip("@") if spec else ""
        is_said = _SAID.search(text.text, max(0, command.start() - 200), command.start())
        if not name or is_said or _UNKNOWN.search(name) or is_shown(text, found, command.start()):
            continue
        paths = filter(None, (resolved(folder, name) for folder in folders))
        if not any(files.read(path) is not None for path in paths) and not _is_made(text, found, name, files):
            message = (
                f"This submits the job spec {name}, which is not here; "
                "run ngc-migrate on it where it is, or write it anew."
            )
            yield Facts(text.place(command.start()), problem=Verdict(RULE, message))


def written_objects(text: Text) -> Iterator[tuple[str, Place, object]]:
    """Yield every file that a text fills with a JSON object which it spells: path, place and object."""
    for mention in _JSON.finditer(text.text):
        line = text.text.rfind("\n", 0, mention.start()) + 1
        before = text.text[line : mention.start()]
        path = resolved(posixpath.dirname(text.path), mention[0])
        start = text.text.find("{", line, mention.start())
        behind = _CONTENT.match(text.text, mention.end()) if start < 0 else None
        start = behind.end() - 1 if behind else start
        is_written = _WRITES.search(before) or _WRITTEN.match(text.text, mention.end())
        # What is made by code is found in its tree.
        if path is None or start < 0 or not is_written or "dump" in text.text[line:start]:
            continue
        content = text.text[start : start + _LONGEST]
        for spelled in (content, content.replace('\\"', '"')):
            with suppress(ValueError, RecursionError):
                held = json.JSONDecoder().raw_decode(spelled)[0]
                if not is_shown(text, regions_of(text), mention.start()):
                    yield path, text.place(mention.start()), held
                break


def _is_made(text: Text, found: tuple[Region, ...], name: str, files: Files) -> bool:
    """Tell whether the text writes a file, other than by a download, or copies one that is there."""
    base = re.escape(posixpath.basename(name.replace("\\", "/")))
    path = rf"""(?<![\w.-])(?:[^\s"'=,;()<>|]{{0,200}}[/\\])?{base}(?![\w.-])"""
    for mention in re.finditer(path, text.text):
        statement = _statement(text.text, mention.start())
        before = text.text[max(0, text.text.rfind("\n", 0, mention.start())) : mention.start()]
        is_written = _WRITES.search(before) or _WRITTEN.match(text.text, mention.end())
        sources = _paths(text, statement) if _COPY.search(before) else ()
        if statement.rstrip().endswith(":"):
            statement += text.text[mention.end() : mention.end() + 300].partition("\n\n")[0]
        is_made = is_written and not _DOWNLOAD.search(statement)
        is_copied = any(files.read(source) is not None for source in sources)
        if (is_made or is_copied) and not is_shown(text, found, mention.start()):
            return True
    return False


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
    paths = (resolved(posixpath.dirname(text.path), name) for name in _NAME.findall(written))
    return frozenset(path for path in paths if path is not None)

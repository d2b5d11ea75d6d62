"""Commands on job specs: those that submit one which nobody can look at here, and those that change one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from migrator.discover import Files, resolved
from migrator.understand.facts import Facts, Verdict
from migrator.understand.scripts.regions import Region, is_shown, regions_of
from migrator.understand.texts import Text

RULE = "job-spec-missing"

# Words of a command stand apart by blanks, as strings of a list, or on further lines.
_GAP = r"""(?:[ \t"',+]|[\\^`]?\r?\n){1,80}"""
_SUBMIT = re.compile(rf"(?<![\w./-])batchai{_GAP}job{_GAP}create\b")
_OPTIONS = re.compile(
    r"""(?:[^\r\n;|]|(?<=[\\^`,+(\[])\r?\n"""
    r"""|\r?\n(?=[ \t]{1,80}(?:-{1,2}\w|\+?[ \t]{0,9}[rRfFbB]{0,2}["']))){0,4000}"""
)
_SPEC = re.compile(
    r"""(?<![\w-])(?:-f|--config-file|-c(?=[\s"',=]+[^\s"',]*\.\w)|--config)["']?[\s,=\\^`+]{1,80}[fr]?"""
    r"""(?:(?P<quote>["'])(?P<quoted>[^"'\r\n]{1,300}?)\\?(?P=quote)|(?P<bare>[^\s"',;|)\]}\\]+(?:\\[^\s"',;|)\]}\\]+)*))"""
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


def missing_specs(text: Text, files: Files) -> Iterator[Facts]:
    """Yield a manual job for every command that submits a file which is not there and not made by the text.

    The file's own folder, and those that the text goes to, are taken for the working directory; names with
    variables are passed over. A text makes a file by writing it; what it only downloads nobody sees here.
    """
    commands = list(_SUBMIT.finditer(text.text))
    if not commands:
        return
    found = regions_of(text)
    home = posixpath.dirname(text.path)
    folders = {home, "", *(resolved(home, each["folder"]) for each in _FOLDER.finditer(text.text))} - {None}
    ends = [*(command.start() for command in commands[1:]), len(text.text)]
    for command, end in zip(commands, ends, strict=True):
        options = _OPTIONS.match(text.text, command.end(), end)
        spec = _SPEC.search(options[0]) if options else None
        name = (spec["quoted"] or spec["bare"]).lstrip("@") if spec else ""
        if not name or _UNKNOWN.search(name) or is_shown(text, found, command.start()):
            continue
        if _SAID.search(text.text, max(0, command.start() - 200), command.start()):
            continue
        paths = {resolved(folder, name) for folder in folders if folder is not None} - {None}
        if any(path and files.read(path) is not None for path in paths) or _is_made(text, found, name, files):
            continue
        message = (
            f"This submits the job spec {name}, which is not here; "
            "run ngc-migrate on it where it is, or write it anew."
        )
        yield Facts(place=text.place(command.start()), problem=Verdict(RULE, message))


def _is_made(text: Text, found: tuple[Region, ...], name: str, files: Files) -> bool:
    """Tell whether the text writes a file, other than by a download, or copies one that is there."""
    base = re.escape(posixpath.basename(name.replace("\\", "/")))
    path = rf"""(?:[^\s"'=,;()]{{0,200}}[/\\])?{base}(?![\w.-])"""
    copied = re.compile(
        rf"""\b(?:cp|mv|copy|move|Copy-Item|Move-Item|ln|shutil\.\w+)\b[^\n]*?["'\s(](?P<source>[\w./\\-]+)["'\s,]+{path}"""
    )
    for match in copied.finditer(text.text):
        source = resolved(posixpath.dirname(text.path), match["source"])
        if source and files.read(source) is not None:
            return True
    written = re.compile(
        rf""">\|?[ \t]*["']?{path}|\btee\b[^\n|]*?{path}|%%(?:write)?file\b[^\n]*{path}"""
        rf"""|\b(?:Out-File|Set-Content|Add-Content|New-Item|sc)\b[^\n|]*?{path}"""
        rf"""|\bopen\w*[ \t]*\([^\n)]*?{path}["'][ \t)]*,[ \t]*(?:mode[ \t]*=[ \t]*)?["'][wax]"""
        rf"""|(?i:\bwrite\w*|\bFileWriter|\bFile\.create\w*)[ \t]*\([^\n]*?{path}"""
        rf"""|{path}["']?[ \t]*\)*\.(?:write\w*|open)\(|\bfile[ \t]*=[ \t]*["']{path}"""
    )
    for match in written.finditer(text.text):
        line = text.text.rfind("\n", 0, match.start()) + 1
        before = text.text[:line].rstrip("\r\n")
        start = before.rfind("\n") + 1 if before.endswith(("\\", "`", "^", "|")) else line
        end = text.text.find("\n", match.end())
        statement = text.text[start : end if end >= 0 else len(text.text)]
        if statement.rstrip().endswith(":"):
            statement += text.text[end : end + 300].partition("\n\n")[0]
        if not is_shown(text, found, match.start()) and not _DOWNLOAD.search(statement):
            return True
    return False

"""IPython's additions to Python, masked: a cell in, a text of the same length that Python parses out.

What IPython rewrites before Python sees it (https://ipython.readthedocs.io/en/stable/interactive/reference.html)
is replaced by an expression statement and blanks, so that every other position stays what it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.understand.texts.text import Fault, parsed

# The body of these cell magics is Python and runs in the notebook's own namespace (%%px: in its engines').
_PYTHON_MAGICS = frozenset(
    {"time", "timeit", "capture", "prun", "px", "debug", "memit", "snakeviz", "scalene", "local"}
)
# These run their body where what it binds stays: https://ipython.readthedocs.io/en/stable/interactive/magics.html
IN_NAMESPACE = frozenset({"time", "capture", "prun", "debug", "local"})
# Of others it is not known that they bind nothing.
_BIND_NOTHING = frozenset(
    re.findall(
        r"\w+",
        "alias alias_magic autoawait autocall automagic autoreload autosave bookmark cat cd clear colors"
        " conda config connect_info cp debug dhist dirs doctest_mode dotenv env gui hist history"
        " killbgscripts ldir less lf lk ll load load_ext loadpy logoff logon logstart logstate logstop ls"
        " lsmagic lx magic mamba man matplotlib micromamba mkdir more mv notebook page pastebin pdb pdef"
        " pdoc pfile pinfo pinfo2 pip popd precision profile psearch psource pushd pwd pycat qtconsole"
        " quickref rehashx reload_ext rm rmdir save set_env sx system tb tensorboard timeit unalias"
        " unload_ext uv watermark who who_ls whos xmode",
    )
)
_OTHER_LANGUAGES = frozenset(
    re.findall(
        r"\w+",
        "HTML SVG bash cmd configure file html javascript js latex markdown perl powershell pypy python"
        " python2 python3 ruby script sh svg system sx timeit writefile",
    )
)
_ANY_NAMES = frozenset({"ed", "edit", "macro", "pylab", "recall", "rep", "rerun", "run"})
_MAGIC = re.compile(r"\s*(?P<mark>%%?)(?P<name>\w*)[ \t]*(?P<line>[^\r\n]*)")
_CELL_MAGIC = re.compile(
    r"(?:[ \t\f]*(?:\r\n|\r|\n))*[ \t]*%%(?P<name>[^\s?]+)(?:[ \t]+(?P<line>[^\r\n]*))?(?=[\r\n]|\Z)"
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_NOT_END = re.compile(r"[^\r\n]")
_CONTINUED = re.compile(r"\\(?:\r\n|\r|\n)\Z")
_STRING = r"(?!'''|\"{3})(?:'[^'\\\r\n]*'|\"[^\"\\\r\n]*\")"
_ESCAPE = re.compile(r"[ \t]*(?=[%!?])")
_ASSIGNED = re.compile(rf"(?:(?:[^#'\"\r\n=!%]|{_STRING})+=)+[ \t]*(?=[%!])")
_HELP = re.compile(rf"(?P<head>[ \t]*)(?=[^\s#])(?:[^#'\"\r\n]|{_STRING})*\?\s*\Z")
_LEXEME = re.compile(
    r"""
    (?P<comment>\#[^\r\n]*)
    | (?P<quote>\"{3}|'{3}|["'])
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | \\(?:\r\n|\r|\n)
    | (?P<end>\r\n|\r|\n)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class CellMagic:
    """A leading ``%%name line``; ``end`` is the offset behind it, before the line end."""

    name: str
    line: str
    end: int

    @property
    def has_python_body(self) -> bool:
        """Whether the rest of the cell is Python of the notebook itself."""
        return self.name in _PYTHON_MAGICS


def fault(source: str) -> Fault | None:
    """Return why ``source`` is not Python, or None for what parses."""
    found = parsed(source)
    return found if isinstance(found, Fault) else None


def cell_magic(cell_text: str) -> CellMagic | None:
    """Return the cell magic that the first line which is not blank calls, if it does."""
    match = _CELL_MAGIC.match(cell_text)
    if match is None:
        return None
    return CellMagic(match["name"], (match["line"] or "").strip(), match.end())


def may_bind(text: str) -> str | None:
    """Return the text whose names a line or a cell that is no Python may bind: blank for any, None for none.

    ``text`` is a magic with its line and, of a cell, its body; or a cell that does not parse.
    """
    magic = _MAGIC.match(text)
    if magic is None:
        return text
    name, line = magic["name"], magic["line"].strip()
    if name == "store":
        reads, *names = line.split() or [""]
        return " ".join(names) if reads == "-r" else None
    if magic["mark"] == "%%" and (name in _OTHER_LANGUAGES or name in IN_NAMESPACE):
        return line or None
    if name in _ANY_NAMES:
        return ""
    return None if name in _BIND_NOTHING else text


def blank(text: str) -> str:
    """Return spaces in place of everything but line ends."""
    return _NOT_END.sub(" ", text)


def mask(cell_text: str) -> str:
    """Return ``cell_text`` with its magics masked: same length, same line ends at the same offsets.

    Of a cell magic with a Python body the first line is masked, of any other the whole cell. The result
    need not parse: the cell may be broken, or Python 2.
    """
    magic = cell_magic(cell_text)
    if magic is None:
        return _mask_lines(cell_text)
    if not magic.has_python_body:
        return blank(cell_text)
    return blank(cell_text[: magic.end]) + _mask_lines(cell_text[magic.end :])


def _mask_lines(text: str) -> str:
    if not any(sign in text for sign in "%!?"):
        return text
    return "".join(_masked(statement) for statement in _statements(text))


def _masked(statement: str) -> str:
    first = _LINE.match(statement)
    if first is None:
        return statement
    head = _ASSIGNED.match(first[0]) or _ESCAPE.match(first[0]) or _HELP.match(first[0])
    if head is None:
        return statement
    kept = head["head"] if head.re is _HELP else head[0]
    return f"{kept}0{blank(statement[len(kept) + 1 :])}"


def _statements(text: str) -> Iterator[str]:
    """Cut ``text`` before every line that begins a statement: outside of strings and brackets."""
    start = 0
    while start < len(text):
        end = _magic_end(text, start) or _statement_end(text, start)
        yield text[start:end]
        start = end


def _magic_end(text: str, start: int) -> int | None:
    """Return the end of the magic that begins at ``start``; a backslash continues it, quotes do not."""
    line = _LINE.match(text, start)
    if line is None or not any(pattern.match(line[0]) for pattern in (_ESCAPE, _ASSIGNED, _HELP)):
        return None
    while line is not None and _CONTINUED.search(line[0]):
        start = line.end()
        line = _LINE.match(text, start)
    return line.end() if line is not None else start


def _statement_end(text: str, start: int) -> int:
    depth, position = 0, start
    while (lexeme := _LEXEME.search(text, position)) is not None:
        position = lexeme.end()
        if lexeme["end"] and depth <= 0:
            return position
        if lexeme["quote"]:
            position = _string_end(text, position, lexeme["quote"])
        depth += bool(lexeme["open"]) - bool(lexeme["close"])
    return len(text)


def _string_end(text: str, position: int, quote: str) -> int:
    """Return the end of the string whose content begins at ``position``; a broken one ends with its line."""
    stop = r"\r|\n|" if len(quote) == 1 else ""
    for match in re.compile(rf"\\(?:\r\n|.)|(?P<stop>{stop}{quote})", re.DOTALL).finditer(text, position):
        if match["stop"]:
            return match.end() if match["stop"] == quote else match.start()
    return len(text)


def view(anchor: str, text: str) -> tuple[str, Fault | None]:
    """Return a cell behind its ``anchor`` (a comment line of at least seven characters) as Python parses it.

    With it comes why the cell is blank in there, or None for a cell that is Python.
    """
    masked = text if fault(text) is None else mask(text)
    problem = fault(masked)
    if problem is None:
        return anchor + masked, None
    # IPython dedents a cell that is indented as a whole; here it becomes the body of a block.
    if fault(f"if 1:\n{masked}") is None:
        return f"{'if 1:':{len(anchor) - 1}}\n{masked}", None
    return anchor + blank(text), problem

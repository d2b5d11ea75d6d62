"""IPython's additions to Python, masked: a cell in, a text of the same length that Python parses out.

What IPython rewrites before Python sees it (https://ipython.readthedocs.io/en/stable/interactive/reference.html)
is replaced by an expression statement and blanks, so that every other position stays what it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrator.understand.texts.text import Unreadable, parsed


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The body of these cell magics is Python and runs in the notebook's own namespace (%%px: in its engines').
_PYTHON_MAGICS = frozenset(
    {"time", "timeit", "capture", "prun", "px", "debug", "memit", "snakeviz", "scalene", "local"}
)
# These run their body where what it binds stays: https://ipython.readthedocs.io/en/stable/interactive/magics.html
IN_NAMESPACE = frozenset({"time", "capture", "prun", "debug", "local"})
# Of others it is not known that they bind nothing.
_BIND_NOTHING = _words(
    "alias autoawait autocall automagic autoreload autosave bookmark cat cd clear colors"
    " conda config connect_info cp debug dhist dirs doctest_mode dotenv env gui hist history"
    " killbgscripts ldir less lf lk ll load load_ext loadpy logoff logon logstart logstate logstop ls"
    " lsmagic lx magic mamba man matplotlib micromamba mkdir more mv notebook page pastebin pdb pdef"
    " pdoc pfile pinfo pinfo2 pip popd precision profile psearch psource pushd pwd pycat qtconsole"
    " quickref rehashx reload_ext rm rmdir save set_env sx system tb tensorboard timeit unalias"
    " unload_ext uv watermark who who_ls whos xmode"
)
_OTHER_LANGUAGES = _words(
    "HTML SVG bash cmd configure file html javascript js latex markdown perl powershell pypy python"
    " python2 python3 ruby script sh svg system sx timeit writefile"
)
_ANY_NAMES = _words("alias_magic cpaste ed edit macro paste pylab recall rep rerun reset reset_selective run")
# What may bind names that a cell which does not parse does not spell; to IPython "run x.py" is a magic.
_REFLECTING = re.compile(
    r"import\s*\*|__dict__|\b(?:exec|eval|execfile|globals|locals|vars|setattr|get_ipython)\b|^\s*%?run\b",
    re.MULTILINE,
)
_MAGIC = re.compile(r"\s*(?P<mark>%%?)(?P<name>\w*)[ \t]*(?P<line>[^\r\n]*)")
_CELL_MAGIC = re.compile(
    r"(?:[ \t\f]*(?:\r\n|\r|\n))*[ \t]*%%(?P<name>[^\s?]+)(?:[ \t]+(?P<line>[^\r\n]*))?(?:\r\n|\r|\n|\Z)"
)
_NOT_END = re.compile(r"[^\r\n]")
_PLAIN = r"[^#'\"\r\n]|(?!'''|\"{3})(?:'[^'\\\r\n]*'|\"[^\"\\\r\n]*\")"
# An escape, `names = %magic` or `help?`, up to the end of its line; a backslash continues it, quotes do not.
_MAGIC_LINE = re.compile(
    rf"(?P<kept>[ \t]*(?=[%!?])|(?:(?:(?![=!%])(?:{_PLAIN}))+=)+[ \t]*(?=[%!])"
    rf"|[ \t]*(?=(?![\s#])(?:{_PLAIN})*\?[ \t\f]*(?:[\r\n]|\Z)))"
    r"(?P<magic>[^\r\n]*(?:(?<=\\)(?:\r\n|\r|\n)[^\r\n]*)*)"
)
# A string that is not closed ends with its line, one of three quotes with the text.
LEXEME = re.compile(
    r"""
    (?P<comment>\#[^\r\n]*)
    | "{3}(?:[^"\\]+|\\.|"(?!""))*(?:"{3})?
    | '{3}(?:[^'\\]+|\\.|'(?!''))*(?:'{3})?
    | "(?:[^"\\\r\n]+|\\(?:\r\n|.))*"?
    | '(?:[^'\\\r\n]+|\\(?:\r\n|.))*'?
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | \\(?:\r\n|\r|\n)
    | (?P<end>\r\n|\r|\n)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class CellMagic:
    """A leading ``%%name line``; ``end`` is the offset behind its line."""

    name: str
    line: str
    end: int

    @property
    def has_python_body(self) -> bool:
        """Whether the rest of the cell is Python of the notebook itself."""
        return self.name in _PYTHON_MAGICS


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
        return "" if _REFLECTING.search(text) else text
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
    parts: list[str] = []
    position = 0
    while position < len(text):
        magic = _MAGIC_LINE.match(text, position)
        end = magic.end() if magic else _statement_end(text, position)
        parts += (magic["kept"], "0", blank(magic["magic"][1:])) if magic else (text[position:end],)
        position = end
    return "".join(parts)


def _statement_end(text: str, start: int) -> int:
    depth = 0
    for lexeme in LEXEME.finditer(text, start):
        depth += bool(lexeme["open"]) - bool(lexeme["close"])
        if lexeme["end"] and depth <= 0:
            return lexeme.end()
    return len(text)


def view(anchor: str, text: str) -> tuple[str, Unreadable | None]:
    """Return a cell behind its ``anchor`` (a comment line of at least seven characters) as Python parses it.

    With it comes why the cell is blank in there, or None for a cell that is Python.
    """
    masked = mask(text) if isinstance(parsed(text), Unreadable) else text
    problem = parsed(masked)
    if not isinstance(problem, Unreadable):
        return anchor + masked, None
    # IPython dedents a cell that is indented as a whole; here it becomes the body of a block.
    if not isinstance(parsed(f"if 1:\n{masked}"), Unreadable):
        return f"{'if 1:':{len(anchor) - 1}}\n{masked}", None
    return anchor + blank(text), problem

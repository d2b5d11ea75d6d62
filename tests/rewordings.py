"""Rewordings of recipes: some keep what a recipe means, some make a fact of its job unknown.

A recipe is its files by path. A rewording takes one and the path of a file that makes one job, and returns
the recipe reworded, or None where that file has nothing to reword.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

Recipe = Mapping[str, str]
Rewording = Callable[[Recipe, str], Recipe | None]
CodeRewording = Callable[[str], str | None]

IMAGE = re.compile(r"""['"][\w./-]+:[\w.+-]+['"]""")


@dataclass(frozen=True, slots=True)
class Call:
    """The only job that a text makes by a call that is bound to a name, at the top of the text."""

    source: str
    statement: ast.Assign
    name: str
    call: ast.Call

    @property
    def start(self) -> int:
        return self.offset(self.statement)

    @property
    def end(self) -> int:
        return self.offset(self.statement, at_end=True)

    def offset(self, node: ast.stmt | ast.expr, *, at_end: bool = False) -> int:
        line = node.end_lineno if at_end else node.lineno
        column = node.end_col_offset if at_end else node.col_offset
        assert line is not None
        assert column is not None
        lines = self.source.splitlines(keepends=True)
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    def replaced(self, node: ast.expr, text: str, before: str = "") -> str:
        """Return the source with other text for ``node``, and lines before the statement."""
        start, end = self.offset(node), self.offset(node, at_end=True)
        head = self.source[: self.start] + before + self.source[self.start : start]
        return head + text + self.source[end:]

    def text(self, node: ast.expr) -> str:
        return self.source[self.offset(node) : self.offset(node, at_end=True)]

    def keyword(self, name: str) -> ast.expr | None:
        found = (
            k.value
            for node in ast.walk(self.call)
            if isinstance(node, ast.Call)
            for k in node.keywords
            if k.arg == name
        )
        return next(found, None)

    @property
    def image(self) -> ast.Constant | None:
        value = self.keyword("image")
        return value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def call_of(source: str) -> Call | None:
    """Return the job of a text; None where it makes none or several, or not at the top and by a name."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    if "\r" in source or len(re.findall(r"\bJobCreateParameters\(", source)) != 1:
        return None
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            target = statement.targets[0]
            called = ast.unparse(statement.value.func)
            if called.endswith("JobCreateParameters") and isinstance(target, ast.Name):
                return Call(source, statement, target.id, statement.value)
    return None


def in_code(reword: CodeRewording, recipe: Recipe, path: str) -> Recipe | None:
    """Reword the script, or the cell of the notebook, that makes the job."""
    if path.endswith(".py"):
        new = reword(recipe[path])
        return None if new is None or new == recipe[path] else {**recipe, path: new}
    if not path.endswith(".ipynb"):
        return None
    notebook = json.loads(recipe[path])
    for cell in notebook.get("cells", ()):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and "JobCreateParameters" in source:
            new = reword(source)
            if new is None or new == source:
                return None
            cell["source"] = new.splitlines(keepends=True)
            return {**recipe, path: json.dumps(notebook, indent=1) + "\n"}
    return None


def _of_call(change: Callable[[Call], str | None]) -> Rewording:
    def reword(source: str) -> str | None:
        found = call_of(source)
        return None if found is None else change(found)

    return partial(in_code, reword)


def _of_code(change: CodeRewording, *, is_script_only: bool = False) -> Rewording:
    def reword(recipe: Recipe, path: str) -> Recipe | None:
        if is_script_only and not path.endswith(".py"):
            return None
        return in_code(change, recipe, path)

    return reword


# --- What keeps the meaning ---------------------------------------------------------------------------


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def _between_statements(text: str) -> CodeRewording:
    def reword(source: str) -> str | None:
        tree = _parsed(source)
        if tree is None or ";" in source:
            return None
        lines = source.splitlines(keepends=True)
        for statement in reversed(tree.body[1:]):
            lines.insert(statement.lineno - 1, text)
        return "".join(lines)

    return reword


def _unparsed(source: str) -> str | None:
    tree = _parsed(source)
    return None if tree is None or "ngc-migrate:" in source else ast.unparse(tree) + "\n"


def _other_quotes(source: str) -> str | None:
    if _parsed(source) is None:
        return None
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        text = token.string
        is_simple = token.type == tokenize.STRING and token.start[0] == token.end[0] and text[0] in "'\""
        if is_simple and not re.search(r"\\|['\"]", text[1:-1]):
            quote = "'" if text[0] == '"' else '"'
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + quote + text[1:-1] + quote + line[token.end[1] :]
    return "".join(lines)


def _keywords_reversed(found: Call) -> str | None:
    call = found.call
    if call.args or len(call.keywords) < 2:
        return None
    given = [
        f"{each.arg}={found.text(each.value)}" if each.arg else f"**{found.text(each.value)}"
        for each in call.keywords
    ]
    if any(each.arg is None for each in call.keywords):
        return None
    return found.replaced(call, f"{found.text(call.func)}({', '.join(reversed(given))})")


def _bound_before(keyword: str, name: str) -> Rewording:
    def change(found: Call) -> str | None:
        value = found.keyword(keyword)
        return None if value is None else found.replaced(value, name, f"{name} = {found.text(value)}\n")

    return _of_call(change)


def _literal(keyword: str, text: Callable[[str], str]) -> Rewording:
    def change(found: Call) -> str | None:
        value = found.keyword(keyword)
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str | int):
            return None
        return found.replaced(value, text(found.text(value)))

    return _of_call(change)


def _wrapped(head: str, foot: str = "", unless: str = r"import \*") -> Rewording:
    """Return a rewording that puts a whole script below ``head``; what ``unless`` finds cannot be there."""

    def reword(source: str) -> str | None:
        tree = _parsed(source)
        if tree is None or '"""' in source or re.search(rf"{unless}|__future__|\\\n", source):
            return None
        body = "".join(f"    {line}" if line.strip() else line for line in source.splitlines(keepends=True))
        return f"{head}\n{body}{foot}"

    return _of_code(reword, is_script_only=True)


def _after(lines: str) -> Rewording:
    """Return a rewording that adds lines below the job's statement; ``{job}`` is its name."""

    def change(found: Call) -> str | None:
        added = lines.replace("{job}", found.name)
        return f"{found.source[: found.end]}\n{added}{found.source[found.end :].removeprefix(chr(10))}"

    return _of_call(change)


def _before(lines: str) -> Rewording:
    return _of_call(lambda found: found.source[: found.start] + lines + found.source[found.start :])


def _renamed(found: Call) -> str | None:
    return re.sub(rf"(?<![\w.'\"]){found.name}\b(?!\s*=[^=\n]*,)", f"{found.name}_of_today", found.source)


def _annotated(found: Call) -> str | None:
    if len(found.statement.targets) != 1:
        return None
    return found.source[: found.start] + f"{found.name}: object = " + found.source[found.offset(found.call) :]


def _in_parentheses(found: Call) -> str:
    return found.replaced(found.call, f"({found.text(found.call)})")


def _two_names(found: Call) -> str:
    return f"{found.source[: found.start]}kept = {found.source[found.start :]}"


def _one_line(found: Call) -> str | None:
    return None if "#" in found.text(found.call) else found.replaced(found.call, ast.unparse(found.call))


def _deeper(recipe: Recipe, path: str) -> Recipe:
    return {f"archive/2018/{each}": text for each, text in recipe.items()}


def _beside(recipe: Recipe, path: str) -> Recipe:
    folder = path.rpartition("/")[0]
    other = "class Weather:\n    pass\n\n\ntoday = Weather()\ntoday.node_count = 4\ntoday.image = 'sun'\n"
    place = f"{folder}/" if folder else ""
    return {
        **recipe,
        f"{place}weather_of_today.py": other,
        f"{place}NOTES.md": "# Notes\n",
        f"{place}rows.json": "[1, 2]\n",
    }


def _crlf(recipe: Recipe, path: str) -> Recipe | None:
    return None if "\r" in recipe[path] else {**recipe, path: recipe[path].replace("\n", "\r\n")}


def _byte_order_mark(recipe: Recipe, path: str) -> Recipe | None:
    is_plain = path.endswith((".py", ".json")) and not recipe[path].startswith("\ufeff")
    return {**recipe, path: "\ufeff" + recipe[path]} if is_plain else None


def _tabs(source: str) -> str | None:
    if _parsed(source) is None or '"""' in source or "\t" in source:
        return None
    new = re.sub(r"^( {4})+", lambda found: "\t" * (len(found[0]) // 4), source, flags=re.MULTILINE)
    return new if _parsed(new) else None


def _no_final_newline(recipe: Recipe, path: str) -> Recipe | None:
    return {**recipe, path: recipe[path].rstrip("\r\n")} if recipe[path].endswith("\n") else None


def _notebook(
    change: Callable[[list[dict[str, object]]], list[dict[str, object]] | None], **style: object
) -> Rewording:
    def reword(recipe: Recipe, path: str) -> Recipe | None:
        if not path.endswith(".ipynb"):
            return None
        document = json.loads(recipe[path])
        cells = change(document["cells"]) if "cells" in document else None
        if cells is None:
            return None
        return {**recipe, path: json.dumps({**document, "cells": cells}, **{"indent": 1, **style}) + "\n"}  # type: ignore[arg-type]

    return reword


def _source(cell: Mapping[str, object]) -> str:
    source = cell["source"]
    assert isinstance(source, list | str)
    return "".join(source)


def _sources_joined(cells: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**cell, "source": _source(cell)} for cell in cells]


def _cells_between(cells: list[dict[str, object]]) -> list[dict[str, object]]:
    text: dict[str, object] = {"cell_type": "markdown", "metadata": {}, "source": ["## Next\n"]}
    code: dict[str, object] = {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {},
        "outputs": [],
        "source": [],
    }
    return [each for cell in cells for each in (text, cell, code)]


def _cells_split(cells: list[dict[str, object]]) -> list[dict[str, object]]:
    """Give every statement at the top a cell of its own."""
    found = []
    for cell in cells:
        tree = _parsed(_source(cell)) if cell["cell_type"] == "code" else None
        if tree is None or len(tree.body) < 2 or ";" in _source(cell) or "ngc-migrate:" in _source(cell):
            found.append(cell)
            continue
        lines = _source(cell).splitlines(keepends=True)
        starts = [0, *(statement.lineno - 1 for statement in tree.body[1:]), len(lines)]
        found += [{**cell, "source": lines[a:b]} for a, b in pairwise(starts)]
    return found


def _as_notebook(recipe: Recipe, path: str) -> Recipe | None:
    """Make a notebook of a script that nothing imports."""
    name = path.rpartition("/")[2].removesuffix(".py")
    others = "".join(text for each, text in recipe.items() if each != path)
    if (
        not path.endswith(".py")
        or name in others
        or re.search(r"__file__|^\s*#\s*%%|get_ipython", recipe[path], re.MULTILINE)
    ):
        return None
    cell: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": recipe[path].splitlines(keepends=True),
    }
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 2}
    kept = {each: text for each, text in recipe.items() if each != path}
    return {**kept, path.removesuffix(".py") + ".ipynb": json.dumps(document, indent=1) + "\n"}


def _spec(change: Callable[[object], object], **style: object) -> Rewording:
    def reword(recipe: Recipe, path: str) -> Recipe | None:
        if not path.endswith(".json"):
            return None
        try:
            document = json.loads(recipe[path].removeprefix("\ufeff"))
        except ValueError:
            return None
        return {**recipe, path: json.dumps(change(document), **{"indent": 4, **style}) + "\n"}  # type: ignore[arg-type]

    return reword


def _keys_reversed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _keys_reversed(each) for key, each in reversed(value.items())}
    return [_keys_reversed(each) for each in value] if isinstance(value, list) else value


def _same(value: object) -> object:
    return value


UNRELATED = """\
class Weather:
    node_count = 1


weather = Weather()
weather.node_count = 4
weather.container_settings = 'rain'
"""

SAME: Mapping[str, Rewording] = {
    "blank lines between statements": _of_code(_between_statements("\n")),
    "comments between statements": _of_code(_between_statements("# The next step.\n")),
    "the layout of a formatter": _of_code(_unparsed),
    "other quotes": _of_code(_other_quotes),
    "keywords the other way round": _of_call(_keywords_reversed),
    "the image as a constant": _bound_before("image", "IMAGE_OF_TODAY"),
    "the node count as a constant": _bound_before("node_count", "NODES_OF_TODAY"),
    "the registry under a name": _bound_before("image_source_registry", "registry_of_today"),
    "the container under a name": _bound_before("container_settings", "container_of_today"),
    "the toolkit's settings under a name": _bound_before("tensor_flow_settings", "toolkit_of_today"),
    "the image in parentheses": _literal("image", lambda text: f"({text})"),
    "the image as an f-string": _literal("image", lambda text: f"f{text}"),
    "the node count as a sum": _literal("node_count", lambda text: f"{text} + 0"),
    "the node count in hexadecimal": _literal("node_count", lambda text: f"0x{text}"),
    "the call in parentheses": _of_call(_in_parentheses),
    "the call on one line": _of_call(_one_line),
    "another name for the job": _of_call(_renamed),
    "a second name for the job": _of_call(_two_names),
    "an annotation": _of_call(_annotated),
    "a statement before it on its line": _before("ready = True; "),
    "a store to another object": _after(UNRELATED),
    "the job printed": _after("print({job})\n"),
    "the job's parts read": _after(
        "print({job}.node_count, {job}.container_settings.image_source_registry.image)\n"
    ),
    "the job in a loop that reads": _after("for each in [{job}]:\n    print(each.node_count)\n"),
    "the job in a list that is read": _after("made = [{job}]\nprint(made[0].node_count, len(made))\n"),
    "the job in a helper that reads": _after(
        "def show(it):\n    return it.node_count\n\n\nprint(show({job}))\n"
    ),
    "a string that tells of a store": _after("print('{job}.node_count = 4')\n"),
    "the text in a function": _wrapped("def main():", "\n\nmain()\n", unless=r"import \*| import os\b"),
    "the text under its main guard": _wrapped("if __name__ == '__main__':"),
    "the text in a try that hands errors on": _wrapped("try:", "finally:\n    print('done')\n"),
    "lines that end in CRLF": _crlf,
    "a byte order mark": _byte_order_mark,
    "tabs": _of_code(_tabs, is_script_only=True),
    "no newline at the end": _no_final_newline,
    "deeper folders": _deeper,
    "other files beside it": _beside,
    "sources in one string": _notebook(_sources_joined),
    "cells between the cells": _notebook(_cells_between),
    "a cell for every statement": _notebook(_cells_split),
    "a notebook by other tools": _notebook(lambda cells: cells, indent=4, sort_keys=True),
    "a notebook on one line": _notebook(lambda cells: cells, indent=None),
    "a script as a notebook": _as_notebook,
    "a spec with its keys the other way round": _spec(_keys_reversed),
    "a spec on one line": _spec(_same, indent=None, separators=(",", ":")),
    "a spec indented by tabs": _spec(_same, indent="\t"),
}


def _by_way_of(keyword: str, before: str, value: str, after: str = "") -> Rewording:
    """Return a rewording that writes ``{it}``, the value of a keyword, in lines before or within ``value``.

    ``{list}`` is a list of so many items; ``after`` are lines below the job.
    """

    def change(found: Call) -> str | None:
        node = found.keyword(keyword)
        if node is None or (keyword in ("image", "node_count") and not isinstance(node, ast.Constant)):
            return None
        it = found.text(node)
        items = str([1] * int(it)) if keyword == "node_count" and it.isdecimal() else ""
        head, text = (each.replace("{it}", it).replace("{list}", items) for each in (before, value))
        return found.replaced(node, text, head) + after

    return _of_call(change)


_NAMED_TUPLE = "from typing import NamedTuple\n\n\nclass Today(NamedTuple):\n    image: str = {it}\n\n\n"
_DATACLASS = "from dataclasses import dataclass\n\n\n@dataclass\nclass Today:\n"
# What stands in the source is followed to where it is written.
_WAYS: Mapping[str, tuple[str, str, str]] = {
    "an image in a class": ("image", "class Today:\n    image = {it}\n\n\n", "Today.image"),
    "an image in a dictionary": ("image", "TODAY = {'image': {it}}\n", "TODAY['image']"),
    "an image in a list": ("image", "TODAY = [{it}]\n", "TODAY[0]"),
    "an image in a tuple": ("image", "TODAY = (1, {it})\n", "TODAY[1]"),
    "an image by unpacking": ("image", "_, TODAY = (1, {it})\n", "TODAY"),
    "an image by a walrus": ("image", "", "(TODAY := {it})"),
    "an image by or": ("image", "TODAY = None\n", "TODAY or {it}"),
    "an image by a choice that is known": ("image", "", "{it} if True else None"),
    "an image stripped": ("image", "TODAY = {it}\n", "TODAY.strip()"),
    "an image joined": ("image", "TODAY = {it}\n", "''.join([TODAY])"),
    "an image by percent": ("image", "TODAY = {it}\n", "'%s' % TODAY"),
    "an image by percent and a name": ("image", "TODAY = {it}\n", "'%(it)s' % {'it': TODAY}"),
    "an image by a conversion": ("image", "TODAY = {it}\n", "'{!s}'.format(TODAY)"),
    "an image by format and a name": ("image", "TODAY = {it}\n", "'{today}'.format(today=TODAY)"),
    "an image as an f-string of a name": ("image", "TODAY = {it}\n", "f'{TODAY}'"),
    "an image that a function returns": ("image", "def today():\n    return {it}\n\n\n", "today()"),
    "an image that a lambda returns": ("image", "today = lambda: {it}\n", "today()"),
    "an image as a default": ("image", "def today(it={it}):\n    return it\n\n\n", "today()"),
    "an image through a function": ("image", "def today(it):\n    return it\n\n\n", "today({it})"),
    "an image in a dataclass": ("image", _DATACLASS + "    image: str = {it}\n\n\n", "Today().image"),
    "an image at the end of a list": ("image", "TODAY = [1, {it}]\n", "TODAY[-1]"),
    "an image by get": ("image", "TODAY = {'image': {it}}\n", "TODAY.get('image')"),
    "an image by get with a default": ("image", "TODAY = {'image': {it}}\n", "TODAY.get('image', None)"),
    "an image by get of a default": ("image", "TODAY = {'image': None}\n", "TODAY.get('other', {it})"),
    "an image by a comparison": ("image", "TODAY = {it}\nGPUS = 1\n", "TODAY if GPUS > 0 else None"),
    "an image by not": ("image", "TODAY = {it}\nCPU = False\n", "TODAY if not CPU else None"),
    "an image by what a text holds": ("image", "TODAY = {it}\n", "TODAY if '@' not in TODAY else None"),
    "an image in a NamedTuple": ("image", _NAMED_TUPLE, "Today().image"),
    "an image in a namespace": (
        "image",
        "from types import SimpleNamespace\nTODAY = SimpleNamespace(image={it})\n",
        "TODAY.image",
    ),
    "an image in an enumeration": (
        "image",
        "from enum import Enum\n\n\nclass Today(Enum):\n    IMAGE = {it}\n\n\n",
        "Today.IMAGE.value",
    ),
    "an image by a property": (
        "image",
        "class Today:\n    @property\n    def image(self):\n        return {it}\n\n\n",
        "Today().image",
    ),
    "an image by a static method": (
        "image",
        "class Today:\n    @staticmethod\n    def image():\n        return {it}\n\n\n",
        "Today.image()",
    ),
    "an image by next": ("image", "TODAY = [{it}, 1]\n", "next(iter(TODAY))"),
    "an image through one of two calls": (
        "image",
        "def today(it):\n    return it\n\n\nprint(today('another'))\n",
        "today({it})",
    ),
    "an image through a function and what it binds": (
        "image",
        "def today(it, is_new=True):\n    found = it if is_new else None\n    return found\n\n\n"
        "print(today('another', False))\n",
        "today({it})",
    ),
    "an image through two functions": (
        "image",
        "def again(it):\n    return it\n\n\ndef today(it):\n    return again(it)\n\n\n"
        "print(today('another'), again('one more'))\n",
        "today({it})",
    ),
    "an image by partial": (
        "image",
        "import functools\n\n\ndef today(it, more=1):\n    return it\n\n\n"
        "part = functools.partial(today, {it})\n",
        "part(more=2)",
    ),
    "an image that an object is made with": (
        "image",
        "class Today:\n    def __init__(self, it):\n        self.image = it\n\n\n",
        "Today({it}).image",
    ),
    "an image through a method": (
        "image",
        "class Today:\n    def image(self, it):\n        return it\n\n\n",
        "Today().image({it})",
    ),
    "a container by a partial lambda": (
        "container_settings",
        "import functools\ntoday = functools.partial(lambda it: it, {it})\n",
        "today()",
    ),
    "a registry in a dictionary": ("image_source_registry", "TODAY = {'it': {it}}\n", "TODAY['it']"),
    "a registry by a walrus": ("image_source_registry", "", "(TODAY := {it})"),
    "a registry by a function": (
        "image_source_registry",
        "def today():\n    return {it}\n\n\n",
        "today()",
    ),
    "a container by a lambda": ("container_settings", "today = lambda: {it}\n", "today()"),
    "a container by a method": (
        "container_settings",
        "class Today:\n    def container(self):\n        return {it}\n\n\n",
        "Today().container()",
    ),
    "a container in a list": ("container_settings", "TODAY = [{it}]\n", "TODAY[0]"),
    "a count by len": ("node_count", "TODAY = {list}\n", "len(TODAY)"),
    "a count by a comparison": ("node_count", "GPUS = 1\n", "{it} if GPUS > 0 else 9"),
    "a count at the end of a list": ("node_count", "TODAY = [7, {it}]\n", "TODAY[-1]"),
    "a count by max": ("node_count", "", "max({it}, 1)"),
    "a count by sum": ("node_count", "TODAY = {list}\n", "sum(TODAY)"),
    "a count by get": ("node_count", "TODAY = {'nodes': {it}}\n", "TODAY.get('nodes')"),
    "a count by a walrus": ("node_count", "", "(TODAY := {it})"),
    "a count as a default": ("node_count", _DATACLASS + "    it: int = {it}\n\n\n", "Today().it"),
    "a count through a function": ("node_count", "def today(it):\n    return it\n\n\n", "today({it})"),
    "a count through one of two calls": (
        "node_count",
        "def today(it):\n    return it\n\n\nprint(today(9))\n",
        "today({it})",
    ),
    "a count that an object is made with": (
        "node_count",
        "class Today:\n    def __init__(self, it=9):\n        self.nodes = it\n\n\ntoday = Today({it})\n",
        "today.nodes",
    ),
    "a count as a text": ("node_count", "", "int('{it}')"),
    "a count in a class": ("node_count", "class Today:\n    count = {it}\n\n\n", "Today.count"),
}
FOLLOWED: Mapping[str, Rewording] = {name: _by_way_of(*way) for name, way in _WAYS.items()}
# Where something else gets it too, that would change with the job.
SHARED: Mapping[str, Rewording] = {
    name: _by_way_of(*way, f"\nelsewhere({way[2]})\n")
    for name, way in _WAYS.items()
    if way[1] and "{it}" not in way[2] and way[0] != "node_count"
} | {
    f"{name}, {what}": _by_way_of(*_WAYS[name][:1], _WAYS[name][1] + lines, _WAYS[name][2])
    for name, what, lines in (
        ("an image at the end of a list", "which grows", "TODAY.append(input())\n"),
        ("an image by get", "which is updated", "TODAY.update(image=input())\n"),
        ("an image by get", "all of which is used", "for each in TODAY.values():\n    elsewhere(each)\n"),
        ("an image by get of a default", "which is given", "TODAY['other'] = input()\n"),
        ("an image by a comparison", "which is unknown", "GPUS = len(input())\n"),
        ("an image by not", "which is unknown", "CPU = input()\n"),
        ("an image in a NamedTuple", "which is given another", "elsewhere(Today('another'))\n"),
        ("an image in a namespace", "which is set anew", "setattr(TODAY, input(), None)\n"),
        ("an image in a namespace", "which is given away", "elsewhere(TODAY)\n"),
        ("an image in an enumeration", "all of which is used", "for it in Today:\n    elsewhere(it.value)\n"),
        ("an image in an enumeration", "which is given away", "elsewhere(list(Today))\n"),
        ("an image by a property", "which is set anew", "Today.image = input()\n"),
        ("an image by a property", "which is used by its class", "elsewhere(Today.image.fget(None))\n"),
        ("an image by a static method", "which is given away", "elsewhere(Today.image)\n"),
        ("an image through one of two calls", "which is called with another", "today = input\n"),
        ("an image through two functions", "one of which is another", "again = input\n"),
        ("an image by partial", "which is given away", "elsewhere(part)\n"),
        ("an image by partial", "which is called again", "elsewhere(part())\n"),
        ("an image that an object is made with", "and another with another", "elsewhere(Today(input()))\n"),
        ("an image that an object is made with", "which is given away", "elsewhere(Today)\n"),
        (
            "an image that an object is made with",
            "all of which it shows",
            "Today.show = lambda self: elsewhere(self.image)\n",
        ),
        ("an image through a method", "which is given another", "Today.image = input\n"),
        ("an image through a method", "which is given away", "elsewhere(Today().image)\n"),
        ("an image by next", "which is reversed", "TODAY.reverse()\n"),
        ("an image by next", "all of which is used", "for it in TODAY:\n    elsewhere(it)\n"),
    )
}

# --- What makes a fact unknown ------------------------------------------------------------------------


def _image_then(lines: str) -> Rewording:
    """Return a rewording that binds the image to a name and adds lines before the job."""

    def change(found: Call) -> str | None:
        if found.image is None:
            return None
        name = "IMAGE_OF_TODAY"
        return found.replaced(found.image, name, f"{name} = {found.text(found.image)}\n{lines}")

    return _of_call(change)


def _from_another_module(recipe: Recipe, path: str) -> Recipe | None:
    found = call_of(recipe[path]) if path.endswith(".py") else None
    name = path.rpartition("/")[2].removesuffix(".py")
    if found is None or not name.isidentifier():
        return None
    other = f"import {name}\n\n{name}.{found.name}.container_settings = input()\n"
    return {**recipe, f"{path.removesuffix('.py')}_of_today.py": other}


DOUBTS: Mapping[str, Rewording] = {
    "the container set anew": _after("{job}.container_settings = input()\n"),
    "the image set anew": _after("{job}.container_settings.image_source_registry.image = input()\n"),
    "an attribute of any name": _after("setattr({job}, input(), None)\n"),
    "an attribute by setattr": _after("setattr({job}, 'container_settings', None)\n"),
    "a dictionary of attributes": _after("vars({job}).update(eval(input()))\n"),
    "an item of its attributes": _after("{job}.__dict__['container_settings'] = None\n"),
    "another name": _after("again = {job}\nagain.container_settings = None\n"),
    "an item of a list": _after("made = [{job}]\nmade[0].container_settings = None\n"),
    "an item of a dictionary": _after("made = {'first': {job}}\nmade['first'].container_settings = None\n"),
    "a loop variable": _after("for each in [{job}]:\n    each.container_settings = None\n"),
    "a function's parameter": _after(
        "def change(it):\n    it.container_settings = None\n\n\nchange({job})\n"
    ),
    "a function's result": _after("def same():\n    return {job}\n\n\nsame().container_settings = None\n"),
    "a lambda's parameter": _after("(lambda it: setattr(it, 'container_settings', None))({job})\n"),
    "a comprehension": _after("[setattr(each, 'container_settings', None) for each in ({job},)]\n"),
    "an attribute of an object": _after(
        "class Box:\n    pass\n\n\nbox = Box()\nbox.job = {job}\nbox.job.container_settings = None\n"
    ),
    "an attribute of self": _after(
        "class Box:\n    def __init__(self, it):\n        self.it = it\n\n"
        "    def change(self):\n        self.it.container_settings = None\n\n\nBox({job}).change()\n"
    ),
    "a context": _after(
        "import contextlib\nwith contextlib.nullcontext({job}) as it:\n    it.container_settings = None\n"
    ),
    "a shallow copy": _after(
        "import copy\ncopy.copy({job}).container_settings.image_source_registry.image = input()\n"
    ),
    "a walrus": _after("if (again := {job}):\n    again.container_settings = None\n"),
    "unpacking": _after("again, _ = {job}, 1\nagain.container_settings = None\n"),
    "a conditional expression": _after("(None or {job}).container_settings = None\n"),
    "an update of a part": _after("part = {job}.container_settings\npart.image_source_registry = input()\n"),
    "an image in what is serialized": _after(
        "more = {job}.serialize()['properties']['containerSettings']\n"
        "more['imageSourceRegistry']['image'] = input()\n"
    ),
    "a text made of what is serialized": _after(
        "import json\nprint(json.dumps({job}.serialize()).replace('tensorflow', input()))\n"
    ),
    "a model of the SDK that is another": _before("models.ImageSourceRegistry = input()\n"),
    "a model of the SDK by its dotted name": _before(
        "from unittest import mock\n"
        "mock.patch('azure.mgmt.batchai.models.ContainerSettings', input()).start()\n"
    ),
    "a key that a model sends for another": _after(
        "sent = {'key': 'properties.containerSettings', 'type': 'object'}\n"
        "models.JobCreateParameters._attribute_map['more'] = sent\n{job}.more = input()\n"
    ),
    "keys that an object's class sends for others": _after(
        "type({job})._attribute_map.update(eval(input()))\n"
    ),
    "code that is not seen": _after("exec(input())\n"),
    "names by their text": _after("globals()[input()].container_settings = None\n"),
    "another module": _from_another_module,
    "an image that is asked for": _literal("image", lambda text: "input()"),
    "an image that may be another": _literal("image", lambda text: f"input() or {text}"),
    "an image of the environment": _literal("image", lambda text: "__import__('os').environ['IMAGE']"),
    "an image with an unknown part": _literal("image", lambda text: f"{text} + input()"),
    "a constant bound anew": _image_then("IMAGE_OF_TODAY = input()\n"),
    "a constant bound anew in a branch": _image_then("if input():\n    IMAGE_OF_TODAY = input()\n"),
    "a constant bound anew in a loop": _image_then("for IMAGE_OF_TODAY in input().split():\n    pass\n"),
    "a constant bound anew in a try": _image_then(
        "try:\n    IMAGE_OF_TODAY = input()\nexcept EOFError:\n    pass\n"
    ),
    "a constant that grows": _image_then("IMAGE_OF_TODAY += input()\n"),
    "a constant bound by a star import": _image_then("from somewhere_else import *\n"),
    "a constant bound by unseen code": _image_then("exec(input())\n"),
    "a constant bound by its text": _image_then("globals().update(eval(input()))\n"),
    "a constant bound by a function": _image_then(
        "def renew():\n    global IMAGE_OF_TODAY\n    IMAGE_OF_TODAY = input()\n\n\nrenew()\n"
    ),
    "a constant bound by a file that runs": _image_then("execfile('params.py')\n"),
    "a constant bound by exec under its module": _image_then("import builtins\nbuiltins.exec(input())\n"),
    "a constant of the main module": _image_then("import __main__\n__main__.IMAGE_OF_TODAY = input()\n"),
    "a constant bound by exec out of the built-ins": _image_then(
        "getattr(__builtins__, 'exec')('IMAGE_OF_TODAY = 1')\n"
    ),
    "a constant bound by exec under another name": _image_then(
        "from builtins import exec as run\nrun('IMAGE_OF_TODAY = 1')\n"
    ),
    "a constant by its dotted name": _image_then(
        "from unittest import mock\nmock.patch('__main__.IMAGE_OF_TODAY', input()).start()\n"
    ),
    "a constant by a name that is put together": _image_then(
        "from unittest import mock\nmock.patch(f'{__name__}.IMAGE_OF_TODAY', input()).start()\n"
    ),
    "a constant by a name that is formatted": _image_then(
        "from unittest import mock\nmock.patch('%s.IMAGE_OF_TODAY' % __name__, input()).start()\n"
    ),
    "a constant of a function's globals": _image_then(
        "def renew():\n    pass\n\n\nrenew.__globals__['IMAGE_OF_TODAY'] = input()\n"
    ),
    "a constant by a keyword for its module": _image_then(
        "from unittest import mock\nmock.patch.multiple('__main__', IMAGE_OF_TODAY=input()).start()\n"
    ),
    "a constant in a cell that resets": _image_then("get_ipython().run_line_magic('reset', '-f')\n"),
    "a constant bound by a cell that does not parse": _after("print 'x'\nfrom params import *\n"),
    "a constant of a module that is handed on": _image_then(
        "import sys\ninput(getattr(sys.modules[__name__], 'IMAGE_OF_TODAY'))\n"
    ),
    "a constant in the environment": _image_then("import os\nos.environ['IMAGE'] = IMAGE_OF_TODAY\n"),
    "a constant that a shell command uses": _image_then(
        "import os\nos.system('docker pull ' + IMAGE_OF_TODAY)\n"
    ),
}
COUNT_DOUBTS: Mapping[str, Rewording] = {
    name: _after(lines)
    for name, lines in {
        "the count set anew": "{job}.node_count = int(input())\n",
        "a count through another name": "again = {job}\nagain.node_count = 4\n",
        "a count through a list": "made = [{job}]\nmade[0].node_count += 1\n",
        "a count through a loop": "for each in ({job},):\n    each.node_count = 2\n",
        "a count through a helper": "def grow(it):\n    it.node_count = 2\n\n\ngrow({job})\n",
        "a count by setattr": "setattr({job}, 'node_' + 'count', 2)\n",
        "a count by vars": "vars({job})['node_count'] = 2\n",
        "a count in a lambda": "(lambda it: setattr(it, 'node_count', 2))({job})\n",
        "a count in a copy": "import copy\nmore = copy.deepcopy({job})\nmore.node_count = 2\n",
        "a count in what is serialized": "more = {job}.serialize()\nmore['properties']['nodeCount'] = 2\n",
        "a count in a dictionary of it": "more = {job}.as_dict()\nmore['node_count'] = 2\n",
        "a count by an object that is called": (
            "class Again:\n    def __call__(self):\n        return {job}\n\n\nAgain()().node_count = 2\n"
        ),
        "a count by __getattr__": (
            "class Again:\n    def __getattr__(self, name):\n        return {job}\n\n\n"
            "Again().it.node_count = 2\n"
        ),
        "a count by a base class": (
            "class Base:\n    def __init__(self):\n        self.it = {job}\n\n\n"
            "class More(Base):\n    def grow(self):\n        self.it.node_count = 2\n\n\nMore().grow()\n"
        ),
        "a job made of it": "more = models.JobCreateParameters(**vars({job}))\nmore.node_count = 2\n",
        "a job with its settings": (
            "more = models.JobCreateParameters(node_count=2, container_settings={job}.container_settings)\n"
        ),
        "a job that gets its attributes": (
            "more = models.JobCreateParameters()\nmore.__dict__.update({job}.__dict__)\nmore.node_count = 2\n"
        ),
        "a count through unpacking": "first, *rest = [{job}]\nfirst.node_count = 2\n",
        "a count in a branch": "if input():\n    {job}.node_count = 2\n",
        "a count in unseen code": "exec(input())\n",
        "a count of its class": "type({job}).node_count = 2\n",
        "a count of its model": "models.JobCreateParameters.node_count = property(lambda self: 2)\n",
        "a count by what makes its model": "models.JobCreateParameters.__init__ = input()\n",
        "a count by a caller of methods": (
            "import operator\noperator.methodcaller('__setattr__', 'node_count', 2)({job})\n"
        ),
        "a count by an object that knows its name": (
            "from somewhere import Setter\ngrow = Setter('node_count', 2)\ngrow.apply({job})\n"
        ),
        "a count of another class": "{job}.__class__ = type('Job', (), {'node_count': 2})\n",
        "a count among properties": "{job}.additional_properties = {'properties.nodeCount': 2}\n",
        "a count through a weak reference": "import weakref\nweakref.ref({job})().node_count = 2\n",
        "a count by reduce": (
            "import functools\nfunctools.reduce(lambda one, _: one, [{job}, 1]).node_count = 2\n"
        ),
        "a count of what is taken out": "made = dict(it={job})\nmade.pop('it').node_count = 2\n",
        "a count by __getitem__": (
            "class Again:\n    def __getitem__(self, key):\n        return {job}\n\n\n"
            "Again()['it'].node_count = 2\n"
        ),
        "a count by __new__": (
            "class Again:\n    def __new__(cls):\n        return {job}\n\n\nAgain().node_count = 2\n"
        ),
        "a count by a metaclass": (
            "class Meta(type):\n    def __call__(cls):\n        return {job}\n\n\n"
            "class Again(metaclass=Meta):\n    pass\n\n\nAgain().node_count = 2\n"
        ),
        "a count by an operator": (
            "class Again:\n    def __add__(self, other):\n        return {job}\n\n\n"
            "(Again() + 1).node_count = 2\n"
        ),
        "a count by a context of one's own": (
            "import contextlib\n\n\n@contextlib.contextmanager\ndef again():\n    yield {job}\n\n\n"
            "with again() as it:\n    it.node_count = 2\n"
        ),
        "a count in an error": (
            "try:\n    raise ValueError({job})\nexcept ValueError as error:\n"
            "    error.args[0].node_count = 2\n"
        ),
        "a count by a mock": "from unittest import mock\nmock.patch.object({job}, 'node_count', 2).start()\n",
        "a count by a pattern": "match [{job}]:\n    case [it]:\n        it.node_count = 2\n",
        "a count in a thread": (
            "import threading\n\n\ndef grow(it):\n    it.node_count = 2\n\n\n"
            "threading.Thread(target=grow, args=({job},)).start()\n"
        ),
        "a count by exec under another name": "run = exec\nrun('{job}.node_count = 2')\n",
        "a count by a frame": "import inspect\ninspect.currentframe().f_globals['{job}'].node_count = 2\n",
        "a count by arguments that are spread": "setattr(*[{job}, 'node_count', 2])\n",
        "a count by arguments of which some are spread": (
            "[setattr({job}, *pair) for pair in dict(node_count=2).items()]\n"
        ),
        "a count by a descriptor": (
            "class Again:\n    def __get__(self, *_):\n        return {job}\n\n\n"
            "class Holder:\n    it = Again()\n\n\nHolder().it.node_count = 2\n"
        ),
        "a count by a metaclass's attribute": (
            "class Meta(type):\n    def __getattr__(cls, name):\n        return {job}\n\n\n"
            "class Again(metaclass=Meta):\n    pass\n\n\nAgain.it.node_count = 2\n"
        ),
        "a count by a sign": (
            "class Again:\n    def __neg__(self):\n        return {job}\n\n\n(-Again()).node_count = 2\n"
        ),
        "a count by __init__": "{job}.__init__(node_count=2)\n",
    }.items()
}


def for_chainer(recipe: Recipe, path: str) -> Recipe | None:
    """Make the job one of Chainer, for which the node count decides; it has one node."""
    change = _of_call(
        lambda found: found.replaced(
            found.call,
            re.sub(
                r"image=('|\").*?('|\")",
                "image='batchaitraining/chainermn:openMPI'",
                found.text(found.call)
                .replace("TensorFlowSettings", "ChainerSettings")
                .replace("tensor_flow_settings", "chainer_settings"),
            ),
        )
    )
    return change(recipe, path)


def _without_settings(found: Call) -> str | None:
    text = re.sub(r"\bcfg\.\w+|\bos\.environ\['\w+'\]", "'northeurope'", found.text(found.call))
    rest = found.source[: found.start] + found.source[found.end :]
    is_clean = not re.search(r"\bcfg\.|\bos\.", rest)
    return found.replaced(found.call, text) + "\n" if is_clean else None


without_settings = _of_call(_without_settings)
"""Rewords a job so that it needs nothing of a loader or of the environment but its login."""


def _line(pattern: str, new: str) -> Rewording:
    """Return a rewording of the first line that ``pattern`` matches, in whichever text it stands."""

    def reword(recipe: Recipe, path: str) -> Recipe | None:
        for each, text in recipe.items():
            if each.endswith(".py") and re.search(pattern, text, re.MULTILINE):
                return {**recipe, each: re.sub(pattern, new, text, count=1, flags=re.MULTILINE)}
        return None

    return reword


# The loader's name may not be bound to a loader where the job is made.
LOADER_DOUBTS: Mapping[str, Rewording] = {
    "a loader bound in a branch": _line(r"^(cfg = .*)$", r"if 'LOADER_OF_TODAY' in globals():\n    \1"),
    "a loader that is deleted": _line(r"^(cfg = .*)$", r"\1\ndel cfg"),
    "a loader bound in a loop": _line(r"^(cfg = .*)$", r"for _ in ():\n    \1"),
    "a loader's name that is None": _line(r"^(cfg = .*)$", r"\1\ncfg = None"),
    "a loader bound in a function": _line(r"^(cfg = .*)$", r"def load():\n    \1\n    return cfg"),
    "a loader bound in a try": _line(
        r"^(cfg = .*)$", r"try:\n    raise KeyError\n    \1\nexcept KeyError:\n    pass"
    ),
}
OS_DOUBTS: Mapping[str, Rewording] = {
    "os imported in a branch": _before("if 'OS_OF_TODAY' in globals():\n    import os\n"),
    "os bound to something else": _before("os = None\n"),
    "os imported for types alone": _before("import typing\nif typing.TYPE_CHECKING:\n    import os\n"),
    "os deleted": _before("import os\ndel os\n"),
    "os imported later": _after("import os\n"),
    "os as a loop variable": _before("for os in (1, 2):\n    pass\n"),
}


def with_cluster(size: str, before: str = "") -> Rewording:
    """Return a rewording that makes a cluster, whose size is an expression, before the job."""
    return _before(f"{before}pool_of_today = models.ClusterCreateParameters(vm_size={size})\n")


V100 = "'Standard_NC6s_v3'"  # which every image is built for
SIZE_DOUBTS: Mapping[str, Rewording] = {
    "a size that is asked for": with_cluster("input()"),
    "a size that may be another": with_cluster(f"input() or {V100}"),
    "a size of the environment": with_cluster("__import__('os').environ['SIZE']"),
    "a size bound anew": with_cluster("size", f"size = {V100}\nif input():\n    size = input()\n"),
    "a size bound by a star import": with_cluster("size", f"size = {V100}\nfrom somewhere_else import *\n"),
    "a size set anew": _before(
        f"pool_of_today = models.ClusterCreateParameters(vm_size={V100})\npool_of_today.vm_size = input()\n"
    ),
    "a size by setattr": _before(
        f"pool_of_today = models.ClusterCreateParameters(vm_size={V100})\n"
        "setattr(pool_of_today, 'vm_size', input())\n"
    ),
}

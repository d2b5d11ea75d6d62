"""Gives a class that reads configuration.json the attributes of a container registry.

Example: after ``self.location = encode(conf['location'])``, its last attribute, a loader gains::

    registry = conf.get('container_registry', {})
    self.container_registry_user = registry.get('user')
    if self.container_registry_user:
        self.container_registry_user = encode(self.container_registry_user)
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from codemods.syntax.edits import Edit

#: The attributes that migrated code reads from a loader, each with the section and the key of the
#: configuration that keep it. The names are those of the recipes' own loader:
#: https://github.com/Azure/BatchAI/blob/master/utilities/config.py
ATTRIBUTES: Mapping[str, tuple[str | None, str]] = {
    "container_registry_user": ("container_registry", "user"),
    "container_registry_password": ("container_registry", "password"),
    "container_registry_secret_url": ("container_registry", "secret_url"),
    "keyvault_id": (None, "keyvault_id"),
}

# These change what a value is; they do not fit a user name or a key.
_CONVERSIONS = frozenset({"int", "float", "bool", "len", "list", "dict"})
_INNER = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_DOTTED = re.compile(r"[^\W\d][\w.]*")
_DEFAULT_NONE = re.compile(r"\.get\([^()]*, *None\)")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_QUOTE = re.compile("['\"]")

Method = ast.FunctionDef | ast.AsyncFunctionDef
#: The offset (code points, 0-based) of a line and a column as ``ast`` counts them.
Offset = Callable[[int, int], int]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class JsonReading:
    """How a method reads JSON into attributes: ``self.location = encode(conf['location'])``.

    ``variable`` holds the dict that ``read`` gives, and ``from_dict`` are the assignments that take their
    value from it; ``setting`` are these and those that pass such an attribute through a call. ``wrapper`` is
    the callee that the values pass through, if most do. ``attributes`` are all that the method sets.
    """

    self_name: str
    variable: str
    read: ast.Call
    from_dict: set[ast.Assign]
    setting: set[ast.Assign]
    wrapper: str | None
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LoaderShape:
    """Where the method of ``reading`` can gain attributes, and what they follow.

    New statements go after the statement ``last``, to ``offset``, the end of a line of a block with
    ``indent``, whose own blocks are a ``unit`` deeper. ``default`` is what follows the key in ``.get(key)``.
    ``words`` occur in the method, ``sections`` maps a key of the dict to the name that holds its value.
    """

    reading: JsonReading
    last: ast.stmt
    default: str
    quote: str
    offset: int
    indent: str
    unit: str
    words: frozenset[str]
    sections: Mapping[str, str]


def understand_method(
    source: str, method: Method, offset: Offset, reads_json: Callable[[ast.Call], bool]
) -> LoaderShape | None:
    """Return the shape of a method; None if it sets no attribute, in a block, from JSON that it reads."""
    reading = _read_by(method, reads_json)
    if reading is None or not reading.from_dict:
        return None

    def indent_of(node: ast.stmt) -> str:
        return source[offset(node.lineno, 0) : offset(node.lineno, node.col_offset)]

    blocks = [block for block in _blocks(method) if not indent_of(block[0]).strip()]
    # The innermost block that holds all of it: what stands in an `if` alone may not run.
    whole = [block for block in blocks if reading.from_dict <= {*chain(*map(_inside, block))}]
    if not whole:
        return None
    block = whole[-1]
    index = max(i for i, each in enumerate(block) if not reading.setting.isdisjoint(_inside(each)))
    while index + 1 < len(block) and block[index + 1].lineno == block[index].end_lineno:
        index += 1
    start = min(offset(each.lineno, each.col_offset) for each in reading.from_dict)
    end = offset(block[index].end_lineno or 0, block[index].end_col_offset or 0)
    quote, rest = _QUOTE.search(source, start, end), _REST_OF_LINE.match(source, end)
    text = source[offset(method.lineno, 0) : offset(method.end_lineno or 0, method.end_col_offset or 0)]
    return LoaderShape(
        reading=reading,
        last=block[index],
        default=", None" if _DEFAULT_NONE.search(text) else "",
        quote=quote[0] if quote else "'",
        offset=rest.end() if rest else end,
        indent=indent_of(block[0]),
        unit=indent_of(method.body[0]).removeprefix(indent_of(method)) or "    ",
        words=frozenset(re.findall(r"\w+", text)),
        sections=_sections(block[: index + 1], reading.variable),
    )


def add_attributes(shape: LoaderShape, missing: Sequence[str], newline: str) -> Edit[str]:
    """Return the edit that sets ``missing``, names in ATTRIBUTES, from the dict of the method.

    Attributes that the method sets already are left out. Each new one is None where the configuration
    lacks it.
    """
    reading, quote = shape.reading, shape.quote
    lines: list[str] = []
    wanted = [name for name in ATTRIBUTES if name in missing and name not in reading.attributes]
    for section, names in groupby(wanted, key=lambda name: ATTRIBUTES[name][0]):
        source = reading.variable if section is None else shape.sections.get(section)
        if source is None:
            numbered = (f"registry_{number}" for number in range(2, len(shape.words) + 3))
            source = next(each for each in ("registry", *numbered) if each not in shape.words)
            lines.append(f"{source} = {reading.variable}.get({quote}{section}{quote}, {{}})")
        for name in names:
            target = f"{reading.self_name}.{name}"
            lines.append(f"{target} = {source}.get({quote}{ATTRIBUTES[name][1]}{quote}{shape.default})")
            if reading.wrapper is not None:
                lines += [f"if {target}:", f"{shape.unit}{target} = {reading.wrapper}({target})"]
    return Edit(shape.offset, shape.offset, "".join(f"{newline}{shape.indent}{line}" for line in lines))


def _read_by(method: Method, reads_json: Callable[[ast.Call], bool]) -> JsonReading | None:
    params = [*method.args.posonlyargs, *method.args.args]
    assigns = [each for each in _inside(method) if isinstance(each, ast.Assign) and len(each.targets) == 1]
    named = _named(assigns)
    reads = ((name, value) for name, value in named if isinstance(value, ast.Call) and reads_json(value))
    variable, read = next(reads, (None, None))
    if not params or variable is None or read is None:
        return None
    derived, self_name = {variable}, params[0].arg
    for name, value in named:
        if _mentions(value, derived):
            derived.add(name)
    own = [(found, each) for each in assigns if (found := _attribute(each.targets[0], self_name))]
    from_dict = {each for _, each in own if _mentions(each.value, derived)}
    callees: dict[str, str | None] = {name: None for name, each in own if each in from_dict}
    again = {
        each for name, each in own if name in callees and _attribute(_only_argument(each.value), self_name)
    }
    for name, each in own:
        if each in from_dict | again:
            callees[name] = _callee(each.value, derived) or callees[name]
    wrapper, count = Counter(callees.values()).most_common(1)[0] if callees else (None, 0)
    return JsonReading(
        self_name=self_name,
        variable=variable,
        read=read,
        from_dict=from_dict,
        setting=from_dict | again,
        wrapper=wrapper if count * 2 > len(callees) else None,
        attributes=frozenset(name for name, _ in own),
    )


def _callee(value: ast.expr, derived: Collection[str]) -> str | None:
    """Return ``encode`` of ``encode(conf['x'])`` or ``encode(self.x)``."""
    if not isinstance(value, ast.Call) or _only_argument(value) is None:
        return None
    name = ast.unparse(value.func)
    is_plain = _DOTTED.fullmatch(name) and name not in _CONVERSIONS and name.partition(".")[0] not in derived
    return name if is_plain else None


def _sections(block: Sequence[ast.stmt], variable: str) -> dict[str, str]:
    """Return the names of ``x = variable['key']`` and ``x = variable.get('key', {})``, by their keys."""
    found = {}
    for name, value in _named([each for each in block if isinstance(each, ast.Assign)]):
        key: ast.expr | None = None
        if isinstance(value, ast.Subscript) and ast.unparse(value.value) == variable:
            key = value.slice
        elif isinstance(value, ast.Call) and ast.unparse(value.func) == f"{variable}.get":
            key = value.args[0] if len(value.args) == 2 and isinstance(value.args[1], ast.Dict) else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found[key.value] = name
    return found


def _named(assigns: Iterable[ast.Assign]) -> list[tuple[str, ast.expr]]:
    """Return the names and values of ``name = value``."""
    single = ((each.targets[0], each.value) for each in assigns if len(each.targets) == 1)
    return [(target.id, value) for target, value in single if isinstance(target, ast.Name)]


def _attribute(node: ast.expr | None, self_name: str) -> str | None:
    """Return ``x`` of ``self.x``."""
    if not isinstance(node, ast.Attribute) or ast.unparse(node.value) != self_name:
        return None
    return node.attr


def _only_argument(value: ast.expr) -> ast.expr | None:
    is_sole = isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords
    return value.args[0] if isinstance(value, ast.Call) and is_sole else None


def _mentions(value: ast.expr, names: Collection[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(value))


def _inside(root: ast.AST) -> Iterator[ast.AST]:
    """Yield ``root`` and what is in it, in source order, without functions and classes inside it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [each for each in ast.iter_child_nodes(node) if not isinstance(each, _INNER)][::-1]


def _blocks(method: Method) -> Iterator[list[ast.stmt]]:
    for node in _inside(method):
        fields = (getattr(node, field, None) for field in ("body", "orelse", "finalbody"))
        yield from (block for block in fields if isinstance(block, list) and block)

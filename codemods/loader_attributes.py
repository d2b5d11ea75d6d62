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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

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
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_QUOTE = re.compile("['\"]")

Method = ast.FunctionDef | ast.AsyncFunctionDef
#: The offset (code points, 0-based) of a line and a column as ``ast`` counts them.
Offset = Callable[[int, int], int]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LoaderShape:
    """How a method reads JSON into attributes: ``self.location = encode(conf['location'])``.

    ``variable`` holds the dict that ``read`` gives; ``wrapper`` is the callee that the values pass
    through, if most do; ``default`` is what follows the key in ``.get(key)``. New statements go after the
    statement ``last``, to ``offset``, the end of a line of a block with ``indent``, whose own blocks are a
    ``unit`` deeper. ``attributes`` are set already, ``names`` occur in the method, ``sections`` maps a key
    of the dict to the name that holds its value.
    """

    self_name: str
    variable: str
    read: ast.Call
    last: ast.stmt
    wrapper: str | None
    default: str
    quote: str
    offset: int
    indent: str
    unit: str
    attributes: frozenset[str]
    names: frozenset[str]
    sections: Mapping[str, str]


def understand_method(
    source: str, method: Method, offset: Offset, reads_json: Callable[[ast.Call], bool]
) -> LoaderShape | None:
    """Return the shape of a method; None if it sets no attribute, in a block, from JSON that it reads."""
    params = [*method.args.posonlyargs, *method.args.args]
    assigns = [node for node in _inside(method) if isinstance(node, ast.Assign)]
    named = ((name, value) for name, value in _named(assigns) if isinstance(value, ast.Call))
    variable, read = next((each for each in named if reads_json(each[1])), (None, None))
    if not params or variable is None or read is None:
        return None
    reading = _Reading(params[0].arg, variable, assigns)

    def indent_of(node: ast.stmt) -> str:
        return source[offset(node.lineno, 0) : offset(node.lineno, node.col_offset)]

    blocks = [block for block in _blocks(method) if not indent_of(block[0]).strip()]
    # The innermost block that holds all of it: what stands in an `if` alone may not run.
    whole = [each for each in blocks if all(_is_in(each, node) for node in reading.from_dict)]
    if not whole or not reading.from_dict:
        return None
    block = whole[-1]
    last = reading.from_dict | reading.wrapping
    index = max(i for i, each in enumerate(block) if not last.isdisjoint(_inside(each)))
    while index + 1 < len(block) and block[index + 1].lineno == block[index].end_lineno:
        index += 1
    end = offset(block[index].end_lineno or 0, block[index].end_col_offset or 0)
    rest = _REST_OF_LINE.match(source, end)
    values = (_source(source, offset, each.value) for each in assigns if each in reading.from_dict)
    quotes = (found[0] for value in values if (found := _QUOTE.search(value)))
    return LoaderShape(
        self_name=reading.self_name,
        variable=variable,
        read=read,
        last=block[index],
        wrapper=reading.wrapper(),
        default=", None" if any(map(_is_get_none, _inside(method))) else "",
        quote=next(quotes, "'"),
        offset=rest.end() if rest else end,
        indent=indent_of(block[0]),
        unit=indent_of(method.body[0]).removeprefix(indent_of(method)) or "    ",
        attributes=frozenset(name for assign in assigns if (name := reading.attribute(assign))),
        names=frozenset(name for node in _inside(method) if (name := _name(node))),
        sections=_sections([each for each in block[: index + 1] if isinstance(each, ast.Assign)], variable),
    )


def add_attributes(shape: LoaderShape, missing: Sequence[str], newline: str) -> Edit[str]:
    """Return the edit that sets ``missing``, names in ATTRIBUTES, from the dict of the method.

    Attributes that the method sets already are left out. Each new one is None where the configuration
    lacks it.
    """
    lines: list[str] = []
    wanted = [name for name in ATTRIBUTES if name in missing and name not in shape.attributes]
    for section, names in groupby(wanted, key=lambda name: ATTRIBUTES[name][0]):
        source = shape.variable if section is None else shape.sections.get(section)
        if source is None:
            numbered = (f"registry_{number}" for number in range(2, len(shape.names) + 3))
            source = next(each for each in ("registry", *numbered) if each not in shape.names)
            lines.append(f"{source} = {shape.variable}.get({shape.quote}{section}{shape.quote}, {{}})")
        for name in names:
            target = f"{shape.self_name}.{name}"
            key = f"{shape.quote}{ATTRIBUTES[name][1]}{shape.quote}"
            lines.append(f"{target} = {source}.get({key}{shape.default})")
            if shape.wrapper is not None:
                lines += [f"if {target}:", f"{shape.unit}{target} = {shape.wrapper}({target})"]
    return Edit(shape.offset, shape.offset, "".join(f"{newline}{shape.indent}{line}" for line in lines))


class _Reading:
    """The assignments of a method that take their value from its dict."""

    def __init__(self, self_name: str, variable: str, assigns: Sequence[ast.Assign]) -> None:
        self.self_name = self_name
        self.derived = {variable}
        for name, value in _named(assigns):
            if self._is_derived(value):
                self.derived.add(name)
        own = [each for each in assigns if self.attribute(each)]
        self.from_dict: set[ast.AST] = {each for each in own if self._is_derived(each.value)}
        names = {self.attribute(each) for each in own if each in self.from_dict}
        self.wrapping: set[ast.AST] = {
            each for each in own if self.attribute(each) in names and self._wraps_itself(each.value)
        }
        self._own = own

    def attribute(self, assign: ast.Assign) -> str | None:
        """Return ``x`` of ``self.x = …``."""
        target = assign.targets[0]
        if len(assign.targets) > 1 or not isinstance(target, ast.Attribute):
            return None
        return target.attr if _is_name(target.value, self.self_name) else None

    def wrapper(self) -> str | None:
        """Return ``encode`` where most attributes are ``encode(conf['x'])`` or ``encode(self.x)``."""
        found: dict[str | None, str | None] = {}
        for group in (self.from_dict, self.wrapping):
            for assign in self._own:
                if assign in group:
                    name = self.attribute(assign)
                    found[name] = self._wrapper(assign.value) or found.get(name)
        wrapper, count = Counter(found.values()).most_common(1)[0] if found else (None, 0)
        return wrapper if count * 2 > len(found) else None

    def _wrapper(self, value: ast.expr) -> str | None:
        if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
            return None
        name = _dotted(value.func)
        if name is None or name in _CONVERSIONS or name.partition(".")[0] in self.derived:
            return None
        return name if self._is_derived(value.args[0]) or self._wraps_itself(value) else None

    def _wraps_itself(self, value: ast.expr) -> bool:
        if not isinstance(value, ast.Call):
            return False
        args = [*value.args, *(keyword.value for keyword in value.keywords)]
        return len(args) == 1 and (_dotted(args[0]) or "").startswith(f"{self.self_name}.")

    def _is_derived(self, value: ast.expr) -> bool:
        return any(isinstance(node, ast.Name) and node.id in self.derived for node in ast.walk(value))


def _sections(assigns: Sequence[ast.Assign], variable: str) -> dict[str, str]:
    """Return the names of ``x = variable['key']`` and ``x = variable.get('key', {})``, by their keys."""
    found = {}
    for name, value in _named(assigns):
        key: ast.expr | None = None
        if isinstance(value, ast.Subscript) and _is_name(value.value, variable):
            key = value.slice
        elif isinstance(value, ast.Call) and _dotted(value.func) == f"{variable}.get":
            key = value.args[0] if len(value.args) == 2 and isinstance(value.args[1], ast.Dict) else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found[key.value] = name
    return found


def _is_get_none(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or len(node.args) != 2:
        return False
    default = node.args[1]
    return node.func.attr == "get" and isinstance(default, ast.Constant) and default.value is None


def _named(assigns: Sequence[ast.Assign]) -> Iterator[tuple[str, ast.expr]]:
    for assign in assigns:
        target = assign.targets[0]
        if len(assign.targets) == 1 and isinstance(target, ast.Name):
            yield target.id, assign.value


def _inside(root: ast.AST) -> Iterator[ast.AST]:
    """Yield ``root`` and what is in it, in source order, without functions and classes inside it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        children = [each for each in ast.iter_child_nodes(node) if not isinstance(each, _INNER)]
        waiting += reversed(children)


def _is_in(block: Sequence[ast.stmt], node: ast.AST) -> bool:
    return any(node in _inside(statement) for statement in block)


def _blocks(method: Method) -> Iterator[list[ast.stmt]]:
    for node in _inside(method):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield block


def _source(source: str, offset: Offset, node: ast.expr) -> str:
    start = offset(node.lineno, node.col_offset)
    return source[start : offset(node.end_lineno or 0, node.end_col_offset or 0)]


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _name(node: ast.AST) -> str | None:
    """Return what the node itself names: a variable, an attribute, a parameter or a keyword."""
    for field in ("id", "attr", "arg"):
        if isinstance(name := getattr(node, field, None), str):
            return name
    return None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name

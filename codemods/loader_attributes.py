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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
_LINE_END = re.compile(r"\r|\n|\Z")
_SECTION = r"""(?:\[(['"])container_registry\2\]|\.get\((['"])container_registry\3, *\{\}\))\s"""
_QUOTE = re.compile(r"""(?:\[|\.get\()(['"])""")

Method = ast.FunctionDef | ast.AsyncFunctionDef
#: The offset (code points, 0-based) of a line and a column as ``ast`` counts them.
Offset = Callable[[int, int], int]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LoaderShape:
    """How a method sets attributes from JSON, as in ``self.size = encode(conf['size'])``, and where more go.

    ``variable`` holds the dict that ``read`` gives, ``wrapper`` is the callee that most values pass through,
    and ``attributes`` are all that the method, whose ``source`` it is, sets. New statements go after the
    statement ``last``, to ``offset``, the end of a line of a block with ``indent``, whose own blocks are a
    ``unit`` deeper; ``section`` is the name that holds the registry's section there, if one does.
    """

    self_name: str
    variable: str
    read: ast.Call
    wrapper: str | None
    attributes: frozenset[str]
    source: str
    last: ast.stmt
    offset: int
    indent: str
    unit: str
    section: str | None


def understand_method(
    source: str, method: Method, offset: Offset, reads_json: Callable[[ast.Call], bool]
) -> LoaderShape | None:
    """Return the shape of a method; None if it sets no attribute, in a block, from JSON that it reads."""
    assigns = [each for each in _inside(method) if isinstance(each, ast.Assign) and len(each.targets) == 1]
    named = [(each.targets[0].id, each.value) for each in assigns if isinstance(each.targets[0], ast.Name)]
    reads = ((name, value) for name, value in named if isinstance(value, ast.Call) and reads_json(value))
    variable, read = next(reads, (None, None))
    params = [*method.args.posonlyargs, *method.args.args]
    if not params or variable is None or read is None:
        return None
    derived, self_name = {variable}, params[0].arg
    for name, value in named:
        if _mentions(value, derived):
            derived.add(name)
    own = {each: attr for each in assigns if (attr := _attribute(each.targets[0], self_name))}
    from_dict = {each: name for each, name in own.items() if _mentions(each.value, derived)}
    again = {each for each in own if _attribute(_only_argument(each.value), self_name)}
    setting = from_dict | {each: own[each] for each in again if own[each] in from_dict.values()}
    place = _place(source, method, offset, set(from_dict), set(setting))
    if place is None:
        return None
    indent, last = place
    start, end = offset(method.lineno, 0), offset(last.end_lineno or 0, last.end_col_offset or 0)
    line_end = _LINE_END.search(source, end)
    held = re.search(rf"\s{indent}(\w+) = {variable}{_SECTION}", source[start:end])
    return LoaderShape(
        self_name=self_name,
        variable=variable,
        read=read,
        wrapper=_wrapper(setting, derived),
        attributes=frozenset(own.values()),
        source=source[start : offset(method.end_lineno or 0, method.end_col_offset or 0)],
        last=last,
        offset=line_end.start() if line_end else len(source),
        indent=indent,
        unit=indent[: method.body[0].col_offset - method.col_offset] or "    ",
        section=held[1] if held else None,
    )


def _place(
    source: str, method: Method, offset: Offset, from_dict: set[ast.Assign], setting: set[ast.Assign]
) -> tuple[str, ast.stmt] | None:
    """Return a block's indentation, and the last statement of it that is ``setting``, or ends such a line."""
    if not from_dict:
        return None
    for block in reversed([*_blocks(method)]):
        indent = source[offset(block[0].lineno, 0) : offset(block[0].lineno, block[0].col_offset)]
        # The innermost block that holds all of it: what stands in an `if` alone may not run.
        if not indent.strip() and from_dict <= {*chain(*map(_inside, block))}:
            index = max(i for i, each in enumerate(block) if not setting.isdisjoint(_inside(each)))
            while index + 1 < len(block) and block[index + 1].lineno == block[index].end_lineno:
                index += 1
            return indent, block[index]
    return None


def _wrapper(setting: Mapping[ast.Assign, str], derived: Collection[str]) -> str | None:
    """Return the ``encode`` of ``encode(conf['x'])`` or ``encode(self.x)``, if most attributes have it."""
    callees: dict[str, str | None] = {}
    for each, name in setting.items():
        callee = ast.unparse(each.value.func) if isinstance(each.value, ast.Call) else ""
        is_plain = _DOTTED.fullmatch(callee) and callee.partition(".")[0] not in _CONVERSIONS.union(derived)
        found = callee if is_plain and _only_argument(each.value) else None
        callees[name] = found or callees.get(name)
    wrapper, count = Counter(callees.values()).most_common(1)[0]
    return wrapper if count * 2 > len(callees) else None


def add_attributes(shape: LoaderShape, missing: Sequence[str], newline: str) -> Edit[str]:
    """Return the edit that sets ``missing``, names in ATTRIBUTES, from the dict of the method.

    Attributes that the method sets already are left out. Each new one is None where the configuration
    lacks it.
    """
    default = ", None" if _DEFAULT_NONE.search(shape.source) else ""
    quote = (*_QUOTE.findall(shape.source), "'")[0]
    words = {*re.findall(r"\w+", shape.source)}
    numbered = (f"registry_{number}" for number in range(2, len(words) + 3))
    registry = shape.section or next(each for each in ("registry", *numbered) if each not in words)
    lines: list[str] = []
    wanted = [name for name in ATTRIBUTES if name in missing and name not in shape.attributes]
    for section, names in groupby(wanted, key=lambda name: ATTRIBUTES[name][0]):
        if section is not None and shape.section is None:
            lines.append(f"{registry} = {shape.variable}.get({quote}{section}{quote}, {{}})")
        for name in names:
            target, source = f"{shape.self_name}.{name}", registry if section else shape.variable
            lines.append(f"{target} = {source}.get({quote}{ATTRIBUTES[name][1]}{quote}{default})")
            if shape.wrapper is not None:
                lines += [f"if {target}:", f"{shape.unit}{target} = {shape.wrapper}({target})"]
    return Edit(shape.offset, shape.offset, "".join(f"{newline}{shape.indent}{line}" for line in lines))


def _attribute(node: ast.expr | None, self_name: str) -> str | None:
    """Return ``x`` of ``self.x``."""
    is_own = isinstance(node, ast.Attribute) and ast.unparse(node.value) == self_name
    return node.attr if isinstance(node, ast.Attribute) and is_own else None


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

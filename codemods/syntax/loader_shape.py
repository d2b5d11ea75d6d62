"""Understands a method that reads JSON into attributes: ``self.location = encode(conf['location'])``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from codemods.image_literal import literal_value, quote_of
from codemods.syntax.source import dotted

_JSON_READERS = frozenset({"json.load", "json.loads", "load", "loads", "simplejson.load", "simplejson.loads"})
# These change what a value is; they do not fit a user name or a key.
_CONVERSIONS = frozenset({"int", "float", "bool", "len", "list", "dict"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoaderShape:
    """How a loader reads its attributes.

    ``variable`` holds the dict; ``wrapper`` is the callee that the values pass through, if most do;
    ``default`` is what follows the key in ``.get(key)``. New statements go to ``index`` (0-based) in
    ``block``. ``attributes`` are set already, ``names`` occur in the method, and ``sections`` maps a
    key of the dict to the local name that holds its value at ``index``.
    """

    self_name: str
    variable: str
    wrapper: str | None
    default: str
    quote: str
    block: cst.IndentedBlock
    index: int
    attributes: frozenset[str]
    names: frozenset[str]
    sections: Mapping[str, str]

    def quoted(self, key: str) -> str:
        """Return ``key`` as a string literal in the author's quotes."""
        return f"{self.quote}{key}{self.quote}"

    def unused(self, name: str) -> str:
        """Return ``name``, with a number if the method uses it already."""
        candidates = [name, *(f"{name}_{number}" for number in range(2, len(self.names) + 3))]
        return next(each for each in candidates if each not in self.names)


def understand_loader(function: cst.FunctionDef) -> LoaderShape | None:
    """Return the shape of the method ``function``, None if it sets no attribute from a JSON dict."""
    params = (*function.params.posonly_params, *function.params.params)
    assigns = _assigns(function.body)
    variable = next((name for name, value in _named(assigns) if _reads_json(value)), None)
    if not params or variable is None:
        return None
    reading = _Reading(params[0].name.value, variable, assigns)
    place = _place(function, reading)
    if not reading.from_dict or place is None:
        return None
    block, index = place
    return LoaderShape(
        self_name=reading.self_name,
        variable=variable,
        wrapper=_wrapper(reading),
        default=", None" if _has_get_none(function) else "",
        quote=next(_quotes(reading), "'"),
        block=block,
        index=index,
        attributes=frozenset(name for assign in assigns if (name := reading.attribute(assign))),
        names=frozenset(node.value for node in _all(function) if isinstance(node, cst.Name)),
        sections=_sections(block, index, variable),
    )


class _Reading:
    """The assignments of a method that take their value from its dict."""

    def __init__(self, self_name: str, variable: str, assigns: list[cst.Assign]) -> None:
        self.self_name = self_name
        self.derived = {variable}
        for name, value in _named(assigns):
            if self._is_derived(value):
                self.derived.add(name)
        self.from_dict = [each for each in assigns if self.attribute(each) and self._is_derived(each.value)]
        names = {self.attribute(each) for each in self.from_dict}
        self.wrapping = [
            each for each in assigns if self.attribute(each) in names and self._wraps_itself(each.value)
        ]

    def attribute(self, assign: cst.Assign) -> str | None:
        """Return ``x`` of ``self.x = …``."""
        name = dotted(assign.targets[0].target) if len(assign.targets) == 1 else None
        owner, _, attribute = (name or "").rpartition(".")
        return attribute if owner == self.self_name else None

    def wrapper(self, value: cst.BaseExpression) -> str | None:
        """Return ``encode`` of ``encode(conf['x'])`` and ``encode(self.x)``."""
        if not isinstance(value, cst.Call) or len(value.args) != 1 or value.args[0].keyword:
            return None
        name = dotted(value.func)
        if name is None or name in _CONVERSIONS or name.partition(".")[0] in self.derived:
            return None
        return name if self._is_derived(value.args[0].value) or self._wraps_itself(value) else None

    def _wraps_itself(self, value: cst.BaseExpression) -> bool:
        if not isinstance(value, cst.Call) or len(value.args) != 1:
            return False
        return (dotted(value.args[0].value) or "").startswith(f"{self.self_name}.")

    def _is_derived(self, value: cst.BaseExpression) -> bool:
        reads = _Reads()
        value.visit(reads)
        return not reads.names.isdisjoint(self.derived)


def _wrapper(reading: _Reading) -> str | None:
    found: dict[str, str | None] = {}
    for assign in (*reading.from_dict, *reading.wrapping):
        name = reading.attribute(assign)
        if name is not None:
            found[name] = reading.wrapper(assign.value) or found.get(name)
    wrapper, count = Counter(found.values()).most_common(1)[0] if found else (None, 0)
    return wrapper if count * 2 > len(found) else None


def _place(function: cst.FunctionDef, reading: _Reading) -> tuple[cst.IndentedBlock, int] | None:
    """Return the block that sets most attributes, and the index after its last one."""
    best: tuple[cst.IndentedBlock, int] | None = None
    most = 0
    last = {*reading.from_dict, *reading.wrapping}
    for block in (node for node in _all(function) if isinstance(node, cst.IndentedBlock)):
        lines = [each for each in block.body if isinstance(each, cst.SimpleStatementLine)]
        count = sum(not set(_assigns(line)).isdisjoint(reading.from_dict) for line in lines)
        if count > most:
            most = count
            indexes = [i for i, each in enumerate(block.body) if not last.isdisjoint(_assigns(each))]
            best = block, indexes[-1] + 1
    return best


def _sections(block: cst.IndentedBlock, index: int, variable: str) -> dict[str, str]:
    found = {}
    lines = [each for each in block.body[:index] if isinstance(each, cst.SimpleStatementLine)]
    for name, value in _named([assign for line in lines for assign in _assigns(line)]):
        key = _key(value, variable)
        if key is not None:
            found[key] = name
    return found


def _key(value: cst.BaseExpression, variable: str) -> str | None:
    """Return ``key`` of ``variable['key']`` and of ``variable.get('key', {})``."""
    if isinstance(value, cst.Subscript) and dotted(value.value) == variable and len(value.slice) == 1:
        index = value.slice[0].slice
        return literal_value(index.value) if isinstance(index, cst.Index) else None
    if isinstance(value, cst.Call) and dotted(value.func) == f"{variable}.get" and len(value.args) == 2:
        return literal_value(value.args[0].value) if isinstance(value.args[1].value, cst.Dict) else None
    return None


def _quotes(reading: _Reading) -> Iterator[str]:
    for assign in reading.from_dict:
        for node in _all(assign.value):
            if isinstance(node, cst.SimpleString) and (quote := quote_of(node)):
                yield quote


def _has_get_none(function: cst.FunctionDef) -> bool:
    gets = [node for node in _all(function) if isinstance(node, cst.Call) and len(node.args) == 2]
    return any(
        isinstance(get.func, cst.Attribute)
        and get.func.attr.value == "get"
        and dotted(get.args[1].value) == "None"
        for get in gets
    )


def _reads_json(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Call) and dotted(value.func) in _JSON_READERS


def _named(assigns: list[cst.Assign]) -> Iterator[tuple[str, cst.BaseExpression]]:
    for assign in assigns:
        target = assign.targets[0].target
        if len(assign.targets) == 1 and isinstance(target, cst.Name):
            yield target.value, assign.value


def _assigns(node: cst.CSTNode) -> list[cst.Assign]:
    return [each for each in _all(node) if isinstance(each, cst.Assign)]


def _all(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return ``node`` and what is in it, in source order, without functions and classes inside it."""
    finder = _Nodes(node)
    node.visit(finder)
    return finder.nodes


class _Nodes(cst.CSTVisitor):
    def __init__(self, root: cst.CSTNode) -> None:
        super().__init__()
        self.root = root
        self.nodes: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.nodes.append(node)
        return node is self.root or not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda))


class _Reads(cst.CSTVisitor):
    """Collects the names that an expression reads, not those of attributes and keywords."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_Name(self, node: cst.Name) -> None:
        self.names.add(node.value)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

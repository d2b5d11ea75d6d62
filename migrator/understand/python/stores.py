"""What a module puts into objects after it has made them: attributes, keys, entries, arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from migrator.understand.python.names import Names, is_mentioned
from migrator.understand.python.scopes import BindingKind

ELEMENT = "[]"
"""Stands for the place of what is put into an object without a name: an item of a list, an argument."""


class StoreKind(StrEnum):
    """How a value is put there: ``x.name = value``, ``x['key'] = value``, or by a call that may do either."""

    ATTRIBUTE = "attribute"
    ITEM = "item"
    CALL = "call"
    #: All entries of a dictionary, as ``x.update(value)`` takes them.
    ENTRIES = "entries"


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """One change of the objects that the expressions ``into`` may be; of any object where there is none.

    ``name`` is the attribute or key, None where it is not known; ``value`` is None where it is not told.
    Of a change by code that is not read, the names stand in ``text``, if it is not blank; of one that names
    what it sets by a text, that stands there.
    """

    kind: StoreKind
    into: tuple[ast.expr, ...]
    name: str | None
    value: ast.expr | None
    node: ast.expr
    text: str = ""

    def may_set(self, name: str) -> bool:
        """Tell whether it may change an attribute or key of that name."""
        return self.name == name or (self.name is None and (not self.text or is_mentioned(self.text, name)))


def gather_stores(names: Names) -> Iterator[Store]:
    """Yield every store of a module, in every form; what a call is given may be stored by it."""
    for store in _gathered(names):
        # A model sends under any key what its map says.
        is_of_map = any(isinstance(each, ast.Attribute) and each.attr == _MAP for each in store.into)
        yield replace(store, name=None, value=None) if is_of_map else store


def _gathered(names: Names) -> Iterator[Store]:
    for node in names.uses:
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                name = None if _WHOLE.fullmatch(node.attr) else node.attr
                yield from _assigned(names, StoreKind.ATTRIBUTE, node, node.value, name)
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield from _assigned(names, StoreKind.ITEM, node, node.value, _key(names, node.slice))
            case ast.Name(ctx=ast.Store()) if isinstance(names.parents.get(node), ast.AugAssign):
                yield from _assigned(names, StoreKind.ITEM, node, node, ELEMENT)
            case ast.BinOp(op=ast.BitOr()):
                yield from _merged(names, (node.left,), node.right, node)
            case ast.Dict():
                yield from _unpacked(names, node)
            case ast.Call():
                yield from _called(names, node)
            case _:
                pass
        yield from _handed_on(names, node)
    for binding in names.module.open:
        if binding.kind is BindingKind.CODE and isinstance(binding.node, ast.expr):
            yield Store(StoreKind.CALL, (), None, None, binding.node, binding.name)


def _handed_on(names: Names, node: ast.expr) -> Iterator[Store]:
    """Yield the changes by what is handed on as a value: whoever gets it may call it, at any time."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str() as name):
            parent = names.parents.get(node)
            is_called = isinstance(parent, ast.Call) and parent.func is node
        case _:
            return
    if _CHANGERS.fullmatch(name) and not is_called:
        yield Store(StoreKind.CALL, (), None, None, node)
    elif _METHODS.fullmatch(name) and isinstance(node, ast.Attribute) and not is_called:
        yield Store(StoreKind.CALL, (node.value,), None, None, node)
    elif _METHODS.fullmatch(name) and isinstance(parent, ast.Call) and parent.args[1:2] == [node]:
        yield Store(StoreKind.CALL, (parent.args[0],), None, None, node)


def _assigned(
    names: Names, kind: StoreKind, node: ast.expr, base: ast.expr, name: str | None
) -> Iterator[Store]:
    match names.parents.get(node):
        case ast.AugAssign(op=ast.BitOr(), value=value):
            yield from _merged(names, (node,), value, node)
        case ast.AugAssign(value=value) if base is node:
            yield Store(kind, (node,), name, value, node)
        case ast.Assign(value=value):
            yield Store(kind, (base,), name, value, node)
        case ast.AnnAssign(value=value):
            yield from [Store(kind, (base,), name, value, node)] if value is not None else []
        case _:
            yield Store(kind, (base,), name, None, node)


def _merged(names: Names, into: tuple[ast.expr, ...], other: ast.expr, node: ast.expr) -> Iterator[Store]:
    """Yield what the entries of ``other`` change: those that it spells by their names."""
    pairs = zip(other.keys, other.values, strict=True) if isinstance(other, ast.Dict) else [(None, other)]
    for key, value in pairs:
        if key is None:
            yield Store(StoreKind.ENTRIES, into, None, value, node)
        else:
            yield Store(StoreKind.ITEM, into, _key(names, key), value, node)


def _unpacked(names: Names, node: ast.Dict) -> Iterator[Store]:
    """Yield what ``{**x, 'key': value}`` changes in what it copies from ``x``."""
    copied: tuple[ast.expr, ...] = ()
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None and copied:
            yield Store(StoreKind.ITEM, copied, _key(names, key), value, value)
        elif key is None:
            if copied:
                yield from _merged(names, copied, value, value)
            copied = (*copied, value)


# What holds, makes or serves all attributes; the SDK's models send additional properties as well.
_WHOLE = re.compile(r"__(?!doc|module|name|qualname)\w+__|additional_properties")
_MAP = "_attribute_map"
# What changes any object that it is given, and the methods of dictionaries that change their own.
_CHANGERS = re.compile("(?:__)?(?:set|del)(?:attr|item)(?:__)?|__i?or__")
_METHODS = re.compile("clear|pop|popitem|setdefault|update")
# What gets the name of what it sets as a value: the last but one, or the only one.
_SETTERS = re.compile("(?:__)?(?:set|del)(?:attr|item)(?:__)?|setdefault|pop")
_REMOVERS = re.compile("(?:__)?del(?:attr|item)(?:__)?|pop")
_READERS = re.compile("get|getattr|hasattr|print|format|isinstance|startswith|endswith|vars")
_MODULE = re.compile(r"[\w.]+")
_DOTTED = re.compile(r"[\w.]*\.(?P<name>[^\W\d]\w*)")
# What these give is made anew, and they keep nothing of what they are given elsewhere.
_MAKERS = re.compile("bool|bytes|dict|float|format|input|int|len|open|print|range|repr|str")
_MAKING = re.compile(
    r"(?:argparse|azure|base64|configparser|csv|datetime|dotenv|getpass|glob|hashlib|io|json|logging|os|pathlib|"
    r"platform|re|requests|shutil|subprocess|tempfile|time|urllib|uuid|yaml|zipfile)\.|msrest|"
    r"types\.SimpleNamespace"
)


def is_maker(names: Names, func: ast.expr) -> bool:
    """Tell whether calls of ``func`` make a new object, and put what they are given nowhere else."""
    if isinstance(func, ast.Name) and not names.reaching(func):
        return _MAKERS.fullmatch(func.id) is not None
    return any(map(_MAKING.match, names.qualified(func)))


def _called(names: Names, call: ast.Call) -> Iterator[Store]:
    func, kind = call.func, StoreKind.CALL
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    qualified = names.qualified(func)
    is_made = is_maker(names, func)
    yield from _named_by_text(names, call) if not is_made else ()
    # What a model of the SDK is given is its own.
    if _READERS.fullmatch(name) or any(one.startswith("azure.") for one in qualified):
        return
    if _SETTERS.fullmatch(name) and call.args:
        yield from _set_by_call(names, call, name)
        return
    if name in ("clear", "popitem") and isinstance(func, ast.Attribute):
        yield Store(StoreKind.ITEM, (func.value,), None, None, call)
    arguments = [part for node in call.args for part in _spread(node)]
    objects = [node.value if isinstance(node, ast.Starred) else node for node in arguments]
    objects += [func.value] if isinstance(func, ast.Attribute) else []
    keywords = [keyword.value for keyword in call.keywords]
    is_class = name == "dict" or name[:1].isupper()
    for node in arguments:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from [Store(kind, tuple(objects), node.value, None, call)] if not is_made else []
        elif isinstance(node, ast.Dict) or name in ("update", "__ior__"):
            others = tuple(other for other in objects if other is not node)
            yield from _merged(names, others, node, call)
    for keyword in call.keywords:
        into = (*objects, *(node for node in keywords if not is_class and node is not keyword.value))
        if into:
            yield Store(kind if keyword.arg else StoreKind.ENTRIES, into, keyword.arg, keyword.value, call)


def _named_by_text(names: Names, call: ast.Call) -> Iterator[Store]:
    """Yield what ``patch('module.name', 4)`` and ``patch.multiple('module', name=4)`` may set."""
    texts = [_last_text(node) for node in call.args]
    # What the module's own name is put together with is one of its names.
    parts = [part for node in call.args for part in ast.walk(node)]
    if any(isinstance(part, ast.Name) and part.id == "__name__" for part in parts):
        spelled = (part.value for part in parts if isinstance(part, ast.Constant))
        texts += [f".{word}" for each in spelled for word in re.findall(r"[^\W\d]\w*", str(each))]
    for text in texts:
        if dotted := _DOTTED.fullmatch(text):
            yield Store(StoreKind.CALL, (), dotted["name"], None, call, text)
        is_module = call.keywords and _MODULE.fullmatch(text) and names.outside.module(names, text)
        for keyword in call.keywords if is_module or text == "__main__" else ():
            yield Store(StoreKind.CALL, (), keyword.arg, keyword.value, call)


def _last_text(node: ast.expr) -> str:
    """Return the text that an expression ends in: all of a constant; blank for others."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=[*_, last]) | ast.BinOp(op=ast.Add(), right=last):
            return _last_text(last)
        case _:
            return ""


def _spread(node: ast.expr) -> Sequence[ast.expr]:
    """Return what an argument gives, of ``*[a, b]`` the items."""
    is_spelled = isinstance(node, ast.Starred) and isinstance(node.value, ast.List | ast.Tuple)
    return node.value.elts if is_spelled else [node]  # type: ignore[attr-defined]


def _set_by_call(names: Names, call: ast.Call, name: str) -> Iterator[Store]:
    """Yield the store of ``setattr(x, name, value)`` and its like, methods of ``x`` included."""
    given = [part for node in call.args for part in _spread(node)]
    is_removed = _REMOVERS.fullmatch(name) is not None
    if any(isinstance(node, ast.Starred) for node in given):
        yield Store(StoreKind.CALL, (), None, None, call)
        return
    is_function = len(given) > (1 if is_removed else 2) and name not in ("pop", "setdefault")
    base = given[0] if is_function else call.func.value if isinstance(call.func, ast.Attribute) else None
    key, value = given[1 if is_function else 0], None if is_removed else given[-1]
    if base is not None and not (value is not None and _is_filled_in(names, base, key, value)):
        kind = StoreKind.ATTRIBUTE if "attr" in name else StoreKind.ITEM
        yield Store(kind, (base,), _key(names, key), value, call)


def _is_filled_in(names: Names, base: ast.expr, key: ast.expr, value: ast.expr) -> bool:
    """Tell whether an attribute gets what is made of its own value, as where templates are filled in."""
    bound = next(iter(names.reaching(key)), None) if isinstance(key, ast.Name) else None
    if (
        bound is None
        or bound.part_of is None
        or f"vars({ast.unparse(base)})" not in ast.unparse(bound.part_of)
    ):
        return False
    parts = (part for node in ast.walk(value) if isinstance(node, ast.Name) for part in names.reaching(node))
    return any(part.part_of is bound.part_of for part in parts)


def _key(names: Names, node: ast.expr) -> str | None:
    bindings = names.reaching(node) if isinstance(node, ast.Name) else ()
    if len(bindings) == 1 and bindings[0].value is not None:
        node = bindings[0].value
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ELEMENT
    return ELEMENT if isinstance(node, ast.Slice | ast.UnaryOp) else None

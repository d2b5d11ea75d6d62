"""What an expression may be, by where it is made: all that is not proven to be another is part of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import cache, cached_property

from migrator.understand.python.fixpoint import Fixpoint, solved
from migrator.understand.python.flows import (
    NONE,
    Callee,
    all_arguments,
    completed,
    is_dict,
    is_generator,
    is_partial,
    is_record,
    is_settled,
    iterated,
    manner,
    results,
)
from migrator.understand.python.folding import BUILTINS, Known, fold
from migrator.understand.python.names import Names, is_builtin_name, kept
from migrator.understand.python.scopes import LOOP, Binding, BindingKind, Function
from migrator.understand.python.stores import ELEMENT, Store, StoreKind, is_maker

Site = ast.AST
ANYTHING: Site = ast.Pass()
"""Stands for all that is not known."""
SOME_VALUE: Site = ast.JoinedStr([])
"""Stands for a value that is not known, but is no object that could be changed."""

_UNKNOWN = frozenset((ANYTHING,))
_VALUES = ast.Constant | ast.JoinedStr | ast.Compare
_READS = ast.Attribute | ast.Subscript | ast.keyword | ast.Compare | ast.For | ast.comprehension
_CONVERSIONS = frozenset({"bool", "float", "format", "int", "len", "repr", "str"})
# What these give may be anything that the program holds.
_INSIGHT = ("importlib.", "pkgutil.", "pydoc.", "sys.", "gc.", "inspect.", "runpy.", "ctypes.")


class Objects:
    """The objects and values of modules that one program may load together, by the nodes that make them.

    A class stands for its instances; an import, or an attribute of what is not read, for what is not
    made here. What stands in an object is followed where it was put there by its name.
    """

    def __init__(self, modules: Sequence[Names], stores: Callable[[Names], Iterable[Store]]) -> None:
        self.modules = modules
        self._members = frozenset(modules)
        self._gather = stores
        self._homes: dict[Site, Names] = {names.tree: names for names in modules}
        self._values: set[Site] = {SOME_VALUE}
        self.answers = Fixpoint()

    @cached_property
    def _stores(self) -> dict[str | None, list[tuple[Names, Store]]]:
        """The stores by what they set, as the SDK's models call it in what they are serialized to."""
        found: dict[str | None, list[tuple[Names, Store]]] = {}
        for names in self.modules:
            for store in self._gather(names):
                name = _serialized(store.name) if store.name is not None else None
                found.setdefault(name, []).append((names, store))
        return found

    @cached_property
    def _has_dict_attribute(self) -> bool:
        """Whether the dictionary of an object's attributes is handed on: its items may be set anywhere."""
        return any(map(_hands_on_attributes, self.modules))

    @cached_property
    def _attributes(self) -> set[tuple[str, str]]:
        nodes = (node for names in self.modules for node in names.uses if isinstance(node, ast.Attribute))
        return {(getattr(n.value, "id", getattr(n.value, "attr", "")), n.attr) for n in nodes}

    @cached_property
    def _subclasses(self) -> dict[str, list[tuple[Names, ast.ClassDef]]]:
        """The classes by the name of what they extend, which is blank where it cannot be told."""
        found: dict[str, list[tuple[Names, ast.ClassDef]]] = {}
        nodes = ((names, node) for names in self.modules for node in names.bound_by)
        classes = [(names, node) for names, node in nodes if isinstance(node, ast.ClassDef)]
        for names, node in classes:
            for base in node.bases:
                bindings = names.reaching(base) if isinstance(base, ast.Name) else ()
                told = [b.node.name for b in bindings if isinstance(b.node, ast.ClassDef)]
                told += [one.rpartition(".")[2] for one in names.qualified(base)]
                for name in told or [base.id if isinstance(base, ast.Name) and not bindings else ""]:
                    found.setdefault(name, []).append((names, node))
        return found

    def of(self, names: Names, node: ast.expr) -> frozenset[Site]:
        """Return the objects that ``node``, an expression of the module of ``names``, may be."""
        return frozenset(site for site in self.values(names, node) if not self.is_value(site))

    def is_value(self, site: Site) -> bool:
        """Tell whether a site makes a text, a number or the like: nothing that can be changed."""
        return isinstance(site, _VALUES) or site in self._values

    @solved(frozenset(), _UNKNOWN)
    def values(self, names: Names, node: ast.expr) -> frozenset[Site]:
        """Return the same with the values, such as constants, among them."""
        return frozenset(self._computed(names, node))

    def may_hold(self, names: Names, node: ast.expr, wanted: Set[Site], keys: Sequence[str]) -> bool:
        """Tell whether what ``node`` makes is ever given one of the wanted objects, or what is made of one.

        Of a dictionary, what stands under the ``keys`` counts.
        """
        given = [(names, each) for key in keys if is_dict(node) for each in self.given(names, node, key)[0]]
        if isinstance(node, ast.Call) and not is_dict(node):
            given += [(names, each) for each in (*node.args, *(keyword.value for keyword in node.keywords))]
            for owner, store in dict.fromkeys(one for key in keys for one in self._named(key)):
                if store.value is not None and any(node in self.of(owner, each) for each in store.into):
                    given.append((owner, store.value))
        return any(not wanted.isdisjoint(self.of(*one)) for one in given)

    def home(self, site: Site) -> Names | None:
        """Return the names of the module that made an object."""
        return self._homes.get(site)

    def place(self, site: ast.expr) -> tuple[int, int, int]:
        """Return where a site stands, to put several in order."""
        return self.modules.index(self._homes[site]), site.lineno, site.col_offset

    @solved(((), ()), ((), (ANYTHING,)))
    def given(
        self, names: Names, site: ast.expr, name: str
    ) -> tuple[tuple[ast.expr, ...], tuple[ast.expr, ...]]:
        """Return what stands under ``name`` in the object, and what may have put something else there.

        The object is made by ``site`` in the module of ``names``.
        """
        self._homes[site] = names
        known, doubts = self._entries(names, site, name)
        replaced = [one for model in _models(names, site) for one in self._stores.get(model, ())]
        for owner, store in (*self._named(name), *replaced):
            into = self._into(owner, store, names, site)
            if not into:
                continue
            is_certain = owner is names and into == {site} and len(store.into) == 1
            if store.kind is StoreKind.ENTRIES and store.value is not None:
                more, unsure = self.under(owner, store.value, name)
                known += more if is_certain else ()
                doubts += unsure if is_certain else (store.node,) if more or unsure else ()
            elif is_certain and store.value is not None and store.name == name:
                known.append(store.value)
            else:
                doubts.append(store.node)
        doubts += [site] if names.outside.may_be_set(names, name) else []
        return tuple(dict.fromkeys(known)), tuple(dict.fromkeys(doubts))

    def within(self, names: Names, *nodes: ast.expr) -> frozenset[Site]:
        """Return the objects that expressions may be, and those that they are made with."""
        waiting = [(names, node) for node in nodes]
        found: dict[Site, None] = {}
        for home, node in waiting:
            fresh = dict.fromkeys(site for site in self.of(home, node) if site not in found)
            found |= fresh
            for site in fresh:
                inside = ast.iter_child_nodes(site)
                parts = (part.value if isinstance(part, ast.keyword) else part for part in inside)
                owner = self._homes.get(site)
                waiting += [(owner, part) for part in parts if owner and isinstance(part, ast.expr)]
        return frozenset(found)

    def dict_behind(self, names: Names, node: ast.expr) -> ast.expr | None:
        """Return the one dictionary of the module that ``node`` is or names; None if there is not one."""
        sites = [node] if is_dict(node) else [*self.of(names, node)]
        is_one = len(sites) == 1 and is_dict(sites[0]) and self._homes.get(sites[0], names) is names
        return sites[0] if is_one and isinstance(sites[0], ast.expr) else None

    def has(self, names: Names, node: ast.expr, *keys: str) -> bool:
        """Tell whether something that can be seen stands under ``keys``, from the outside in."""
        here = (site for site in self.of(names, node) if is_dict(site) and self._homes[site] is names)
        found = [self.given(names, site, keys[0])[0] for site in here if isinstance(site, ast.expr) and keys]
        return not keys or any(self.has(names, each, *keys[1:]) for values in found for each in values)

    def under(self, names: Names, node: ast.expr, name: str) -> tuple[list[ast.expr], list[ast.expr]]:
        """Return the same of the entries that unpacking ``node`` gives."""
        known: list[ast.expr] = []
        doubts: list[ast.expr] = []
        for site in self.of(names, node):
            if isinstance(site, ast.Dict | ast.Call) and is_dict(site) and self._homes[site] is names:
                more, unsure = self.given(names, site, name)
                known, doubts = [*known, *more], [*doubts, *unsure]
            else:
                doubts.append(node)
        return known, doubts

    def _entries(self, names: Names, site: ast.expr, name: str) -> tuple[list[ast.expr], list[ast.expr]]:
        known: list[ast.expr] = []
        doubts: list[ast.expr] = []
        pairs: list[tuple[str | None, ast.expr]] = []
        if isinstance(site, ast.Dict):
            for node, value in zip(site.keys, site.values, strict=True):
                if isinstance(node, ast.Constant):
                    pairs.append((node.value if isinstance(node.value, str) else ELEMENT, value))
                elif node is None:
                    pairs.append((None, value))
                else:
                    doubts.append(node)
        elif isinstance(site, ast.Call):
            pairs += [(None, node) for node in site.args if is_dict(site) or isinstance(node, ast.Starred)]
            pairs += sorted(((k.arg, k.value) for k in site.keywords), key=lambda pair: pair[0] is not None)
        for key, value in pairs:
            if key == name:
                known, doubts = [value], []
            elif key is None:
                more, unsure = self.under(names, value, name)
                known, doubts = [*known, *more], [*doubts, *unsure]
        return known, doubts

    def _named(self, name: str) -> Iterator[tuple[Names, Store]]:
        """Yield every store that may set an attribute or key."""
        yield from self._stores.get(_serialized(name), ())
        yield from (found for found in self._stores.get(None, ()) if found[1].may_set(name))

    def _into(self, owner: Names, store: Store, names: Names, site: Site) -> frozenset[Site]:
        """Return the objects that a store may go into, if what ``site`` makes is one of them."""
        if not store.into:
            is_before = store.name is None and owner is names and _is_before(names, store.node, site)
            return frozenset() if is_before else _UNKNOWN
        if store.kind is StoreKind.ATTRIBUTE and is_dict(site):
            return frozenset()
        callees = self.of(owner, store.node.func) if isinstance(store.node, ast.Call) else ()
        if any(isinstance(callee, Function | ast.Lambda | ast.ClassDef) for callee in callees):
            # They make their stores themselves.
            return frozenset()
        is_derived = isinstance(store.node, ast.Call) and is_partial(owner, store.node)
        models = _models(names, site) if not is_derived else frozenset()
        if any(_is_model_of(owner, node, store.name, models) for node in store.into):
            return frozenset((site, ANYTHING))
        found = self.stored_into(owner, store)
        if store.kind is StoreKind.ITEM and not is_dict(site) and not self._has_items(store, site, found):
            return frozenset()
        return frozenset() if found.isdisjoint((site, ANYTHING)) else found

    @solved(frozenset(), _UNKNOWN)
    def stored_into(self, names: Names, store: Store) -> frozenset[Site]:
        """Return the objects that a store of a module may go into, other than by what is not read."""
        # What a statement drops is given nothing later.
        is_dropped = isinstance(names.parents.get(store.node), ast.Expr)
        is_of_call = store.kind is StoreKind.CALL and not is_dropped
        later = self._given_later(store.node) if is_of_call else ()
        return frozenset[Site]().union(
            *(self.of(*one) for one in (*((names, n) for n in store.into), *later))
        )

    def _given_later(self, site: Site) -> Iterator[tuple[Names, ast.expr]]:
        """Yield what is given to what a call gives, as ``methodcaller('__setattr__', 'name', 4)(x)`` does."""
        calls = ((names, call) for names in self.modules for call in names.calls)
        for home, call in calls:
            func, wanted = call.func, {site, ANYTHING}
            if isinstance(func, ast.Attribute):
                func, wanted = func.value, {site}
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            if given and not wanted.isdisjoint(self.of(home, func)):
                yield from ((home, each) for each in given)

    def _has_items(self, store: Store, site: Site, found: frozenset[Site]) -> bool:
        """Tell whether an item of an object that is no dictionary may be one of its attributes."""
        is_made_of_it = site in found and not found <= {site, ANYTHING}
        is_direct = any(_is_dict_attribute(node) for node in store.into)
        return is_made_of_it or is_direct or self._has_dict_attribute

    def stores(self, names: Names) -> Iterator[Store]:
        """Yield every store of a module."""
        yield from (store for found in self._stores.values() for owner, store in found if owner is names)

    def set_later(self, names: Names, name: str) -> Iterator[tuple[ast.expr, frozenset[Site]]]:
        """Yield every value that a module puts under a name into an object, with the objects it may be."""
        for owner, store in self._stores.get(_serialized(name), ()):
            if owner is names and store.value is not None and store.kind is StoreKind.ATTRIBUTE:
                yield store.value, self.of(names, store.into[0])

    def readers(self, names: Names, target: ast.Attribute) -> Iterator[tuple[Names, ast.expr] | None]:
        """Yield what may read what is stored in an attribute, in whatever module; None for others."""
        into = self.of(names, target.value) | _UNKNOWN
        # As that of a module, which anything gets.
        yield from (None,) if any(isinstance(site, ast.Attribute) for site in into) else ()
        for home in self.modules:
            nodes = home.reads.get(target.attr, ())
            yield from ((home, node) for node in nodes if into & self.of(home, node.value))

    @solved((), (ANYTHING,))
    def rebinds(self, names: Names, name: str) -> tuple[ast.AST, ...]:
        """Return what may put something into a name of a module from outside, as ``module.name = value``."""
        return tuple(self._rebound(names, name))

    def _rebound(self, names: Names, name: str) -> Iterator[ast.AST]:
        if names.outside.may_be_set(names, name):
            yield names.tree
        for owner, store in self._named(name):
            is_of_code = not (store.into or store.name) and isinstance(store.node, ast.Call)
            is_item = store.kind in (StoreKind.ITEM, StoreKind.ENTRIES)
            found = self._into(owner, store, names, names.tree) if not (is_of_code and owner is names) else ()
            is_told = names.tree in found or any(map(_is_dict_attribute, store.into))
            if found and (is_told or not is_item):
                yield store.node

    def _computed(self, names: Names, node: ast.expr) -> Iterator[Site]:
        match node:
            case ast.Name():
                yield from self._named_by(names, node)
            case ast.Attribute(value=value, attr=attr):
                sites = [site for one in names.qualified(node) for site in self._imported(names, one)]
                yield from sites or self._inside(names, node, self.values(names, value), attr)
            case ast.Subscript(value=value, slice=key):
                yield from self._inside(names, node, self.values(names, value), self._key(names, key))
            case ast.Call():
                yield from self._called(names, node)
            case ast.IfExp() | ast.BoolOp():
                yield from (site for one in self._chosen(names, node) for site in self.values(names, one))
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                yield from self.values(names, value)
            case ast.BinOp() | ast.UnaryOp():
                yield from self._combined(names, node)
            case ast.DictComp(generators=generators):
                yield from self._derived(names, node, (each.iter for each in generators))
            case _:
                yield ANYTHING if isinstance(node, ast.Yield | ast.YieldFrom) else self._made(names, node)

    def _combined(self, names: Names, node: ast.BinOp | ast.UnaryOp) -> Iterator[Site]:
        operands = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand]
        # Whatever a text is filled with by %, it is a text.
        told = operands[: 1 if isinstance(node.op, ast.Mod) else 2]
        sites = (site for one in told for site in self.values(names, one))
        if isinstance(node.op, ast.Not) or all(map(self.is_value, sites)):
            yield self._made(names, node, is_value=True)
        else:
            yield from self._derived(names, node, operands)

    def _chosen(self, names: Names, node: ast.IfExp | ast.BoolOp) -> Iterator[ast.expr]:

        def may_be(operand: ast.expr, truth: bool) -> bool:
            known = fold(self, names, operand)
            return not isinstance(known, Known) or bool(known.value) is truth

        if isinstance(node, ast.IfExp):
            yield from (node.body,) if may_be(node.test, True) else ()
            yield from (node.orelse,) if may_be(node.test, False) else ()
            return
        for operand in node.values[:-1]:
            ends = isinstance(node.op, ast.Or)
            yield from (operand,) if may_be(operand, ends) else ()
            if not may_be(operand, not ends):
                return
        yield node.values[-1]

    def _key(self, names: Names, node: ast.expr) -> str | int | None:
        known = fold(self, names, node)
        return known.value if isinstance(known, Known) and isinstance(known.value, str | int) else None

    def _named_by(self, names: Names, node: ast.Name) -> Iterator[Site]:
        bindings = names.reaching(node)
        for binding in bindings:
            yield from self._bound(names, binding, node.id)
        if not bindings:
            yield self._made(names, node, is_value=True) if is_builtin_name(node.id) else ANYTHING

    def _made(self, names: Names, site: Site, *, is_value: bool = False) -> Site:
        self._homes[site] = names
        (self._values.add if is_value else self._values.discard)(site)
        return site

    def _bound(self, names: Names, binding: Binding, name: str) -> Iterator[Site]:
        if binding.scope is names.module and self.rebinds(names, name):
            yield ANYTHING
        if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, Function | ast.Lambda):
            yield from self._parameter(names, binding.node, name)
        elif binding.kind is BindingKind.OPEN_FILE and binding.value is not None:
            yield from self._derived(names, binding.value, (binding.value,))
        elif binding.value is not None:
            yield from self.values(names, binding.value)
        elif binding.kind in (BindingKind.FUNCTION, BindingKind.CLASS):
            yield self._made(names, binding.node)
        elif binding.kind is BindingKind.IMPORT:
            yield from self._imported(names, binding.qualified) or (binding.node,)
        elif binding.kind is BindingKind.STAR:
            yield from self._imported(names, f"{binding.qualified}.{name}") or (ANYTHING,)
        elif binding.part_of is not None:
            yield from self._part(names, binding, binding.part_of)
        else:
            yield ANYTHING

    def _part(self, names: Names, binding: Binding, whole: ast.expr) -> Iterator[Site]:
        loop = names.parents.get(whole)
        is_each = isinstance(loop, ast.For | ast.comprehension) and isinstance(loop.target, ast.Name)
        sites = self.values(names, whole)
        if is_each and sites and all(isinstance(each, ast.Tuple | ast.List) for each in sites):
            for site in sites:
                yield from self._items(site)
        else:
            yield from self._derived(names, whole, (whole,))

    def _items(self, site: Site, index: int | None = None) -> Iterator[Site]:
        """Yield what the items of a list or tuple may be, or the one at ``index``."""
        assert isinstance(site, ast.Tuple | ast.List)  # noqa: S101 - as its callers saw
        names, items = self._homes[site], site.elts
        is_there = index is None or -len(items) <= index < len(items)
        is_plain = not any(isinstance(item, ast.Starred) for item in items)
        if not is_there or not is_plain or not is_settled(names, site):
            yield ANYTHING
            return
        for item in items if index is None else [items[index]]:
            yield from self.values(names, item)

    @solved(frozenset(), _UNKNOWN)
    def _imported(self, names: Names, qualified: str) -> frozenset[Site]:
        """Return the objects behind an import of a module that was read; none for others."""
        if f"{qualified}.".startswith(_INSIGHT):
            return _UNKNOWN
        if qualified == "__main__":
            return frozenset(self._made(each, each.tree) for each in (names, *self.modules))
        last = qualified.rpartition(".")[2]
        bound = names.outside.imported(names, qualified)
        found = [site for other, binding in bound for site in self._bound(other, binding, last)]
        module = names.outside.module(names, qualified)
        place = names.outside.locate(names, qualified)
        if not bound and module is None and place is not None and place[0].of_module("__getattr__"):
            found.append(ANYTHING)
        return frozenset((*found, self._made(module, module.tree)) if module is not None else found)

    def _parameter(self, names: Names, function: Function | ast.Lambda, parameter: str) -> Iterator[Site]:
        owner, spec = names.parents.get(function), function.args
        listed = [each.arg for each in (*spec.posonlyargs, *spec.args)]
        if (
            isinstance(owner, ast.ClassDef)
            and isinstance(function, Function)
            and listed[:1] == [parameter]
            and manner(names, function) != "staticmethod"
        ):
            # A method that is read of its class may be called with any object.
            is_taken = (owner.name, function.name) in self._attributes
            yield ANYTHING if is_taken else self._made(names, owner)
            yield from self._below(owner)
            return
        arguments = all_arguments(names, function, parameter) or ()
        yield from () if arguments else (ANYTHING,)
        for other, argument in arguments:
            # What only other programs call does not run in this one.
            yield from self.values(other, argument) if other in self._members else ()

    def _below(self, owner: ast.ClassDef) -> Iterator[Site]:
        below = [owner]
        for one in below:
            for home, other in (*self._subclasses.get(one.name, ()), *self._subclasses.get("", ())):
                if other not in below:
                    below.append(other)
                    yield self._made(home, other)

    def _called(self, names: Names, call: ast.Call) -> Iterator[Site]:
        func = call.func
        builtin = func.id if isinstance(func, ast.Name) and not names.reaching(func) else ""
        if is_maker(names, func):
            yield self._made(names, call, is_value=builtin in _CONVERSIONS)
            yield from self._read_back(names, call)
            return
        if (built := self._built(names, call, builtin)) is not None:
            yield from built
            return
        if is_partial(names, call):
            yield self._made(names, call)
            return
        callees = {site for site, _ in self._callees(names, call)}
        if builtin in ("eval", "exec", "super", "__import__") or ANYTHING in callees:
            yield ANYTHING
            yield from self.values(names, func.value) if isinstance(func, ast.Attribute) else ()
            return
        of = func.value if isinstance(func, ast.Attribute) else None
        is_of_class = isinstance(of, ast.Name) and not names.reaching(of)
        if of is not None and not is_of_class and callees and all(map(self.is_value, callees)):
            # A method of a text.
            yield self._made(names, call, is_value=True)
            return
        known = [site for site in callees if isinstance(site, Callee)]
        given = [site for callee in known for site in self._results(callee)]
        is_whole = len(known) == len(callees) > 0
        if is_whole and given and all(map(self.is_value, given)):
            yield self._made(names, call, is_value=True)
            return
        yield from given
        if not is_whole:
            passed = [*call.args, *(keyword.value for keyword in call.keywords)]
            if isinstance(func, ast.Attribute) and not names.qualified(func):
                passed.append(func.value)
            yield from self._derived(names, call, passed)

    def called(self, names: Names, call: ast.Call) -> list[tuple[Names, Function | ast.Lambda, ast.Call]]:
        """Return the functions that may be called, each by a call without ``partial``.

        None if there may be others.
        """
        found = list(self._callees(names, call))
        told = [
            (self._homes[site], site, one) for site, one in found if isinstance(site, Function | ast.Lambda)
        ]
        return told if len(told) == len(found) else []

    def _built(self, names: Names, call: ast.Call, builtin: str) -> Iterable[Site] | None:
        """Return what a function of Python's own gives, or a dictionary by ``get``; None for others."""
        match call:
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[_, *_]):
                sites = self.values(names, value)
                return self._got(names, call, sites) if sites and all(map(is_dict, sites)) else None
            case ast.Call(args=[only]) if builtin == "type":
                # What is set on a class counts for its objects.
                return self.values(names, only)
            case ast.Call(args=[only, *_]) if builtin == "next" and (whole := iterated(names, only)):
                return self._inside(names, call, self.values(names, whole), 0)
            case ast.Call(args=[only, ast.Constant(value=name)]) if builtin == "getattr":
                return self._inside(names, call, self.values(names, only), str(name))
            case ast.Call(args=args) if builtin in ("globals", "locals") or (builtin == "vars" and not args):
                return (names.tree,)
        if builtin in BUILTINS and all(map(self.is_value, self._compared(names, call))):
            return (self._made(names, call, is_value=True),)
        return None

    def _compared(self, names: Names, call: ast.Call) -> Iterator[Site]:
        """Yield what is given to ``max`` and its like, one by one or in a list."""
        for site in (site for node in call.args for site in self.values(names, node)):
            yield from self._items(site) if isinstance(site, ast.Tuple | ast.List) else (site,)

    def _got(self, names: Names, call: ast.Call, sites: Iterable[Site]) -> Iterator[Site]:
        """Yield what dictionaries have under a key, or what is given instead."""
        key = self._key(names, call.args[0])
        yield from (ANYTHING,) if key is None else self._inside(names, call, sites, key)
        for site in sites if isinstance(key, str) else ():
            if not isinstance(site, ast.Dict) or key not in [
                getattr(each, "value", None) for each in site.keys
            ]:
                yield from self.values(names, call.args[1]) if len(call.args) > 1 else (NONE,)

    def _results(self, owner: Callee) -> Iterator[Site]:
        """Yield what calling a function gives, a class, or an instance: the class stands for both."""
        if not isinstance(owner, ast.ClassDef):
            yield from self._returned(owner)
            return
        yield owner
        yield from (ANYTHING,) if owner.keywords else ()
        for method in owner.body:
            if isinstance(method, Function) and method.name in ("__call__", "__new__"):
                self._made(self._homes[owner], method)
                yield from self._returned(method)

    def _read_back(self, names: Names, call: ast.Call) -> Iterator[Site]:
        """Yield what a call copies that reads what another one wrote, as ``json.loads(json.dumps(x))``."""
        if any(".load" in one for one in names.qualified(call.func)):
            for site in (site for node in call.args for site in self.values(names, node)):
                home = self._homes.get(site)
                if isinstance(site, ast.Call) and site.args and home is not None:
                    is_writing = any(".dump" in one for one in home.qualified(site.func))
                    yield from self.values(home, site.args[0]) if is_writing else ()

    def _callees(self, names: Names, call: ast.Call) -> Iterator[tuple[Site, ast.Call]]:
        for site in self.values(names, call.func):
            home = self._homes.get(site)
            if isinstance(site, ast.Call) and home is not None and is_partial(home, site):
                inner = self.values(home, site.args[0])
                is_told = all(isinstance(each, Function | ast.Lambda) for each in inner)
                yield from ((each, completed(site, call)) for each in (inner if is_told else _UNKNOWN))
            else:
                yield site, call

    def _derived(self, names: Names, node: ast.expr, given: Iterable[ast.expr]) -> Iterator[Site]:
        """Yield what code that is not read may give: an object of its own, one it is given, or of those."""
        sites = {site for one in given for site in self.values(names, one)}
        yield self._made(names, node)
        yield from sites
        if not all(self._is_plain(site) and not _is_filled(site) for site in sites):
            yield ANYTHING

    def _is_plain(self, site: Site) -> bool:
        """Tell whether nothing stands in an object but what it was given by name."""
        names = self._homes.get(site)
        is_made = isinstance(site, ast.Call) and names is not None and is_maker(names, site.func)
        is_outside = isinstance(site, ast.Attribute | ast.Import | ast.ImportFrom | ast.Lambda)
        return is_made or is_outside or self.is_value(site)

    def _returned(self, function: Function | ast.Lambda) -> Iterator[Site]:
        names = self._homes[function]
        is_plain = isinstance(function, ast.Lambda) or (
            manner(names, function) is not None
            and not isinstance(function, ast.AsyncFunctionDef)
            and not is_generator(names, function)
        )
        yield from () if is_plain else (ANYTHING,)
        yield from (site for node in results(names, function) for site in self.values(names, node))

    def _inside(
        self, names: Names, node: ast.expr, sites: Iterable[Site], name: str | int | None
    ) -> Iterator[Site]:
        """Yield what may stand under a name in objects, as ``node`` reads it; under any where it is None."""
        for site in sites:
            home = self._homes.get(site)
            if name in ("__dict__", "__class__"):
                yield site
            elif name == "__globals__" and home is not None:
                yield home.tree
            elif isinstance(site, ast.ClassDef) and isinstance(node, ast.Subscript):
                yield ANYTHING
            elif self.is_value(site):
                yield self._made(names, node, is_value=True)
            elif isinstance(site, ast.Tuple | ast.List) and isinstance(name, int):
                yield from self._items(site, name)
            elif home is not None and isinstance(name, str) and not isinstance(site, ast.Attribute):
                found = {*self._made_with(home, site, name, node), *self._put(site, name)}
                yield from found
                if any(map(self.is_value, found)) and not _is_settled(home, site):
                    yield SOME_VALUE
            else:
                yield self._made(names, node) if self._is_plain(site) else ANYTHING
                if site is not ANYTHING and isinstance(name, str):
                    yield from self._put(site, name)

    def _made_with(self, names: Names, site: Site, name: str, node: ast.expr) -> Iterator[Site]:
        """Yield what an object has under a name from the beginning."""
        match site:
            case ast.Module():
                yield from (one for b in names.of_module(name) for one in self._bound(names, b, name))
            case ast.ClassDef():
                yield from self._of_class(names, site, name)
            case ast.Assign() if name == "value":
                # A member of an enumeration.
                yield from self.values(names, site.value)
            case ast.Dict():
                for key, value in zip(site.keys, site.values, strict=True):
                    if not isinstance(key, ast.Constant):
                        yield ANYTHING
                    elif key.value == name:
                        yield from self.values(names, value)
            case ast.Call() if self._is_plain(site):
                yield from self._given_to(names, site, name, node)
            case _:
                yield ANYTHING

    def _given_to(self, names: Names, site: ast.Call, name: str, node: ast.expr) -> Iterator[Site]:
        """Yield what a call that makes an object of its own is given for a name."""
        is_model = any(one.startswith("azure.") for one in names.qualified(site.func))
        found = [k.value for k in site.keywords if name in (k.arg, _serialized(k.arg or ""))]
        found += site.args if is_model else []
        yield from (one for value in found for one in self.values(names, value))
        for unpacked in (k.value for k in site.keywords if k.arg is None):
            yield from self._inside(names, node, self.values(names, unpacked), name)
        # Of a model that is serialized the parts are items.
        yield from (site,) if is_model and isinstance(node, ast.Subscript) else ()
        for copied in site.args if is_dict(site) else ():
            yield from self._inside(names, node, self.values(names, copied), name)
        yield from () if found else (self._made(names, node),)

    def _of_class(self, names: Names, owner: ast.ClassDef, name: str) -> Iterator[Site]:
        """Yield what the body of a class, or of one that it extends, binds to a name."""
        defined = {getattr(each, "name", "") for each in owner.body}
        is_enum = any("enum.Enum" in names.qualified(base) for base in owner.bases)
        is_fields = is_record(names, owner)
        if is_fields:
            fields = {ast.unparse(each.target) for each in owner.body if isinstance(each, ast.AnnAssign)}
            arguments = all_arguments(names, owner, name) if name in fields else ()
            yield from (SOME_VALUE,) if arguments is None else ()
            yield from (site for home, value in arguments or () for site in self.values(home, value))
        elif owner.decorator_list or owner.keywords:
            yield ANYTHING
        is_own = is_enum and not defined.isdisjoint(("__init__", "__new__", "value"))
        is_own |= not defined.isdisjoint(("__getattr__", "__getattribute__"))
        if is_own or names.outside.may_be_set(names, name):
            yield ANYTHING
        for statement in owner.body:
            for site in self._of_statement(names, statement, name):
                yield self._made(names, statement) if is_enum and site is not ANYTHING else site
        for base in owner.bases if not is_enum and not is_fields else ():
            is_object = isinstance(base, ast.Name) and base.id == "object"
            for site in self.values(names, base) if not is_object else ():
                home = self._homes.get(site)
                is_read = isinstance(site, ast.ClassDef) and home is not None
                yield from self._of_class(home, site, name) if is_read else (ANYTHING,)  # type: ignore[arg-type]

    def _of_statement(self, names: Names, statement: ast.stmt, name: str) -> Iterator[Site]:
        """Yield what a statement in the body of a class binds to a name."""
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if statement.name == name:
                given, made = manner(names, statement), self._made(names, statement)
                yield from self._returned(statement) if given == "property" else (made,)  # type: ignore[arg-type]
                yield from (ANYTHING,) if given is None else ()
            case ast.Assign(targets=targets, value=value):
                is_named = any(isinstance(one, ast.Name) and one.id == name for one in targets)
                found = self.values(names, value) if is_named else ()
                yield from found
                gets = (
                    getattr(e, "name", "") == "__get__" for one in found for e in getattr(one, "body", ())
                )
                yield from (ANYTHING,) if any(gets) else ()
            case ast.AnnAssign(target=ast.Name(id=id), value=ast.expr() as value) if id == name:
                yield from self.values(names, value)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.AnnAssign():
                pass
            case ast.Expr() | ast.Pass():
                pass
            case _:
                yield ANYTHING

    def _put(self, site: Site, name: str) -> Iterator[Site]:
        for names, store in self._named(name):
            into = self.stored_into(names, store)
            is_into = site in into or ANYTHING in into
            if is_into and store.value is not None and store.kind is not StoreKind.ENTRIES:
                yield from self.values(names, store.value)
            elif is_into and store.value is not None:
                yield from (ANYTHING,) if any(self.under(names, store.value, name)) else ()
            elif is_into:
                yield ANYTHING
            elif not store.into:
                yield SOME_VALUE


@cache
def _serialized(name: str) -> str:
    """Return what the SDK's models call an attribute in what they are serialized to."""
    return re.sub(r"(?<!^)_(\w)", lambda found: found[1].upper(), name)


def _is_settled(names: Names, site: Site) -> bool:
    is_followed = isinstance(site, ast.expr | ast.ClassDef)
    return isinstance(site, ast.Module | ast.Assign) or (is_followed and is_settled(names, site))


def _is_filled(site: Site) -> bool:
    """Tell whether an object is given others when it is made, which code that is not read may take out."""
    return isinstance(site, ast.Call) and bool(site.args or site.keywords)


def _models(names: Names, site: Site) -> frozenset[str]:
    """Return what the SDK may call the class that makes an object."""
    made = names.qualified(site.func) if isinstance(site, ast.Call) else ()
    return frozenset(one.rpartition(".")[2] for one in made if one.startswith("azure."))


def _is_model_of(owner: Names, node: ast.expr, name: str | None, models: frozenset[str]) -> bool:
    """Tell whether ``node`` is a class of ``models``, a part of one, or what holds one under ``name``."""
    qualified = [one.split(".") for one in owner.qualified(node)] if models else []
    return any(one[0] == "azure" and (name in models or models.intersection(one)) for one in qualified)


@kept
def _hands_on_attributes(names: Names) -> bool:
    return any(not _is_read(names, node) for node in names.uses if _is_dict_attribute(node))


def _is_dict_attribute(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        is_vars = isinstance(node.func, ast.Name) and node.func.id == "vars"
        return is_vars or any(getattr(argument, "value", "") == "__dict__" for argument in node.args)
    return isinstance(node, ast.Attribute) and node.attr in ("__dict__", "__globals__")


def _is_read(names: Names, node: ast.expr) -> bool:
    """Tell whether a dictionary of attributes is used where it stands, or only written as JSON."""
    around = list(names.enclosing(node))[:3]
    if isinstance(around[0], ast.Lambda) and isinstance(around[-1], ast.Call):
        return is_maker(names, around[-1].func)
    return isinstance(around[0], _READS)


def _is_before(names: Names, node: ast.expr, site: Site) -> bool:
    """Tell whether ``node`` has run for the last time when the object is made."""
    if not isinstance(node, ast.Call) or not isinstance(site, ast.expr) or site not in names.uses:
        return False
    first, then = names.uses[node], names.uses[site]
    loops = {part for part in first.branch if part[1] == LOOP}.intersection(then.branch)
    return first.scope is then.scope is names.module and first.order < then.order and not loops

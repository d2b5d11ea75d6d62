from __future__ import annotations

import pytest

from migrator.understand.python.stores import ELEMENT, StoreKind, gather_stores, is_maker
from tests.reading import module_of, node_of

ATTRIBUTE, ITEM, CALL, ENTRIES = StoreKind


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x.n = 1", [(ATTRIBUTE, "x", "n", "1")]),
        ("x.n: int = 1", [(ATTRIBUTE, "x", "n", "1")]),
        ("x.n: int", []),
        ("x.n += 1", [(ATTRIBUTE, "x", "n", None)]),
        ("del x.n", [(ATTRIBUTE, "x", "n", None)]),
        ("x['n'] = 1", [(ITEM, "x", "n", "1")]),
        ("x[0] = 1", [(ITEM, "x", ELEMENT, "1")]),
        ("k = 'n'\nx[k] = 1", [(ITEM, "x", "n", "1")]),
        ("x[k] = 1", [(ITEM, "x", None, "1")]),
        ("setattr(x, 'n', 1)", [(ATTRIBUTE, "x", "n", "1")]),
        ("setattr(x, n, 1)", [(ATTRIBUTE, "x", None, "1")]),
        ("x.__setitem__('n', 1)", [(ITEM, "x", "n", "1")]),
        ("x.setdefault('n', 1)", [(ITEM, "x", "n", "1")]),
        ("x.pop('n')", [(ITEM, "x", "n", None)]),
        ("x.clear()", [(ITEM, "x", None, None)]),
        ("delattr(x, 'n')", [(ATTRIBUTE, "x", "n", None)]),
        ("x.update({'n': 1})", [(ITEM, "x", "n", "1")]),
        ("x.update(y)", [(ENTRIES, "x", None, "y")]),
        ("x.update(n=1)", [(CALL, "x", "n", "1")]),
        ("x |= {'n': 1}", [(ITEM, "x", "n", "1")]),
        ("y = x | {'n': 1}", [(ITEM, "x", "n", "1")]),
        ("y = {**x, 'n': 1}", [(ITEM, "x", "n", "1")]),
        ("f(x, n=1)", [(CALL, "x", "n", "1")]),
        ("f(x)", []),
        ("x.get('n')", []),
        ("print('n')", []),
        ("from azure import m\nm.X(n=1)", []),
    ],
)
def test_a_change_of_an_object_is_told(
    source: str, expected: list[tuple[StoreKind, str, str | None, str | None]]
) -> None:
    module = module_of(source)
    found = [
        (store.kind, *map(module.source, store.into), store.name, store.value and module.source(store.value))
        for store in gather_stores(module.names)
    ]
    assert found == expected


@pytest.mark.parametrize(
    "source", ["exec(x)", "get_ipython().run_line_magic('run', 'x')", "get_ipython().ex(x)"]
)
def test_code_that_is_not_read_may_change_any_object(source: str) -> None:
    stores = list(gather_stores(module_of(source).names))
    assert [store.into for store in stores if store.may_set("n")] == [()]


def test_code_whose_text_is_told_changes_only_what_it_names() -> None:
    (store,) = (one for one in gather_stores(module_of("exec('x.n = 1')").names) if one.text)
    assert (store.may_set("n"), store.may_set("m")) == (True, False)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("dict", True),
        ("os.getenv", True),
        ("models.X", True),
        ("meadow", False),
        ("x.f", False),
        ("len", False),
    ],
)
def test_only_known_code_makes_new_objects(call: str, expected: bool) -> None:
    module = module_of(f"import os\nfrom azure import models\nlen = meadow\n{call}()")
    assert is_maker(module.names, node_of(module, call)) is expected

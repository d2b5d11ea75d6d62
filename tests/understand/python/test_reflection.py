from __future__ import annotations

import ast

import pytest

from migrator.understand.python.reflection import changed_by
from migrator.understand.python.scopes import BindingKind
from tests.reading import module_of, node_of


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("exec('x = 1')", "x = 1"),
        ("exec(x)", ""),
        ("exec(x, {})", None),
        ("eval('f()')", "f()"),
        ("f('x = 1')", None),
        ("x.exec('x = 1')", None),
        ("get_ipython().run_cell(x)", ""),
        ("get_ipython().ex('x = 1')", ""),
        ("x.ex('x = 1')", None),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", None),
        ("get_ipython().run_line_magic(x, 'a')", ""),
    ],
)
def test_the_text_that_a_call_may_run_is_told(source: str, expected: str | None) -> None:
    module = module_of(source)
    call = node_of(module, source)
    assert isinstance(call, ast.Call)
    assert changed_by(call) == expected


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("globals()['B'] = 1", {"B"}),
        ("globals().update(x)", {"A", "B"}),
        ("globals()[x] = 1", {"A", "B"}),
        ("f(globals())", {"A", "B"}),
        ("f(globals)", {"A", "B"}),
        ("f.__globals__['A'] = 1", {"A", "B"}),
        ("print(globals()['A'])", set()),
        ("'A' in globals()", set()),
        ("f(**globals())", set()),
        ("def f():\n  locals()['A'] = 1", set()),
        ("def globals(): pass\nglobals()['A'] = 1", set()),
    ],
)
def test_what_writes_to_the_namespace_may_bind_its_names(source: str, names: set[str]) -> None:
    module = module_of(f"A = B = 0\n{source}").names
    found = {name for name in "AB" if any(b.kind is BindingKind.ANYTHING for b in module.of_module(name))}
    assert found == names

from __future__ import annotations

import pytest

from migrator.understand.python import Flows
from tests.reading import module_of, node_of


def ends(source: str, start: str = "'a'") -> list[str]:
    module = module_of(source)
    return sorted(module.source(end.node) for end in Flows([(module.names, node_of(module, start))]).ends)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("use('a')", ["'a'"]),
        ("A = 'a'\nuse(A)", ["A"]),
        ("A = B = 'a'\nuse(A, [B])", ["A", "[B]"]),
        ("A = 'a'\nB = A\nuse(B)", ["B"]),
        ("A: str = 'a'\nuse(A)", ["A"]),
        ("A, B = 'b', 'a'\nuse(B)\nuse(A)", ["B"]),
        ("if A := 'a':\n  use(A)", ["A"]),
        ("use(x or 'a')", ["x or 'a'"]),
        ("use('a' if x else 'b')", ["'a' if x else 'b'"]),
        ("D = {'k': 'a', 'l': 'b'}\nuse(D['k'])\nuse(D['l'])", ["D['k']"]),
        ("D = {'k': 'a'}\nuse(D[x], D.get('k'), *D)", ["D", "D.get('k')", "D[x]"]),
        ("D = dict(k='a')\nE = {**D}\nuse(E['k'])", ["E['k']"]),
        ("L = ['b', 'a']\nuse(L[1])\nuse(L[0])", ["L[1]"]),
        ("for A in ['a']:\n  use(A)", ["A"]),
        ("use([A for A in ('a',)])", ["A"]),
        ("_, A = ('b', 'a')\nuse(A)", ["A"]),
        ("def f():\n  return 'a'\nuse(f())\nuse(f)", ["f", "f()"]),
        ("def f():\n  return 'a'", ["'a'"]),
        ("f = lambda: 'a'\nuse(f())", ["f()"]),
        ("def f(x):\n  use(x)\nf('a')", ["x"]),
        ("def f(y, *, x='a'):\n  use(x)\n  use(y)\nf(1)", ["x"]),
        ("@g\ndef f(x):\n  use(x)\nf('a')", ["'a'"]),
        ("import functools\ndef f(x):\n  use(x)\ng = functools.partial(f, 'a')", ["x"]),
        ("class C:\n  A = 'a'\n  B = 'b'\nuse(C.A)\nuse(C.B)", ["C.A"]),
        (
            "class C:\n  A = 'a'\n  def f(self):\n    use(self.A)\nclass D(C):\n  pass\nuse(D().A)",
            ["D().A", "self.A"],
        ),
        ("class C:\n  A = 'a'\nuse(vars(C), C.__dict__)", ["C", "C"]),
        ("class C:\n  def f(self):\n    return 'a'\nuse(C().f())", ["C().f()"]),
        ("x.A = 'a'\nuse(x.A)", ["'a'"]),
        ("A = 'a'\nA += 'b'", ["A"]),
        ("A = 'a'\ndel A\nA = 'b'\nuse(A)", []),
    ],
)
def test_a_value_is_followed_to_where_it_is_used(source: str, expected: list[str]) -> None:
    assert ends(source) == expected


def test_what_reads_an_attribute_is_among_the_ways_where_it_is_asked_for() -> None:
    module = module_of("class C: pass\nx = C()\ny = open('f')\nx.A = 'a'\nuse(x.A)\nuse(y.A)")
    starts = [(module.names, node_of(module, "'a'"))]
    found = Flows(starts, objects=module.objects).ends
    assert [module.source(end.node) for end in found] == ["x.A"]


def test_nothing_is_followed_beyond_an_end() -> None:
    module = module_of("A = 'a'\nB = A\nuse(B)")
    last = node_of(module, "A")
    (end,) = Flows([(module.names, node_of(module, "'a'"))], lambda flow: flow.node is last).ends
    assert end.node is last


def test_a_value_that_is_put_into_itself_ends() -> None:
    assert ends("A = 'a'\nfor x in y:\n  A = {'k': A}\nuse(A)") != []

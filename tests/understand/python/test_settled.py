from __future__ import annotations

import pytest

from migrator.understand.python.folding import Known
from migrator.understand.python.values import Unknown, evaluate
from tests.reading import module_of

SETTINGS = """
from dataclasses import dataclass
@dataclass
class Settings:
 nodes: int = 1
settings = Settings()
"""


def value(source: str, expression: str) -> Known | Unknown:
    module = module_of(f"import os\n{source}\nuse({expression})")
    call = max((c for c in module.names.calls if module.source(c.func) == "use"), key=module.span)
    return evaluate(module.names, call.args[0])


@pytest.mark.parametrize(
    ("source", "expression"),
    [
        ("A = ['a']\nB = A\nB.append('z')", "len(A)"),
        ("def grow(l):\n l.append(1)\nA = ['a']\ngrow(A)", "len(A)"),
        ("grow = lambda l: l.append(1)\nA = ['a']\ngrow(A)", "len(A)"),
        ("A = ['a']\nD = {'l': A}\nfor l in D.values():\n l.append('b')", "len(A)"),
        ("A = ['a']\nD = {'l': A}\nD['l'].append('b')", "len(A)"),
        ("A = ['a']\nA += ['b']", "len(A)"),
        ("A = ['a']\nA[0:0] = ['b']", "len(A)"),
        ("A = ['a']\nglobals()['A'].append('b')", "len(A)"),
        ("A = ['a']\nadd = A.append\nadd('b')", "len(A)"),
        ("class S:\n hosts = ['a']\nS.hosts.append('b')", "len(S.hosts)"),
        (
            "class S:\n hosts = ['a']\n def grow(self):\n  self.hosts.append('b')\nS().grow()",
            "len(S.hosts)",
        ),
        (SETTINGS + "setattr(settings, 'nodes', 4)", "settings.nodes"),
        (SETTINGS + "for k, v in os.environ.items():\n setattr(settings, k, v)", "settings.nodes"),
        (SETTINGS + "vars(settings)['nodes'] = 4", "settings.nodes"),
        (SETTINGS + "vars(settings).update(os.environ)", "settings.nodes"),
        (SETTINGS + "settings.__dict__['nodes'] = 4", "settings.nodes"),
        (SETTINGS + "Settings.nodes = 4", "settings.nodes"),
        (
            "import argparse\n" + SETTINGS + "argparse.ArgumentParser().parse_args(namespace=settings)",
            "settings.nodes",
        ),
        (
            "import dataclasses\n" + SETTINGS + "settings = dataclasses.replace(settings, nodes=4)",
            "settings.nodes",
        ),
        (
            SETTINGS.replace("settings =", " def __post_init__(self):\n  self.nodes = 4\nsettings ="),
            "settings.nodes",
        ),
        ("class S:\n @property\n def nodes(self):\n  return int(os.environ['N'])", "S().nodes"),
        ("import enum\nclass S(enum.Enum):\n A = 1", "S.A"),
        ("class S:\n nodes = 1\n def __getattribute__(self, name):\n  return 4", "S().nodes"),
        ("class M(type):\n pass\nclass S(metaclass=M):\n nodes = 1", "S.nodes"),
        ("from meadow import more\n@more\nclass S:\n nodes = 1", "S.nodes"),
        (
            "class S:\n nodes = 1\n def count(self):\n  return self.nodes\nclass T(S):\n nodes = 4",
            "T().count()",
        ),
        ("class S:\n def count(self):\n  return 1\ns = S()\ns.count = lambda: 4", "s.count()"),
        ("def count():\n return 1\nif os.environ.get('X'):\n count = lambda: 4", "count()"),
        ("from meadow import twice\n@twice\ndef count():\n return 1", "count()"),
        ("def count():\n yield 1", "next(count())"),
        ("def count():\n if os.environ.get('X'):\n  return 1", "count()"),
        ("D = {'n': 1}\nD |= {'n': 2}", "D['n']"),
        ("D = {}\nD.setdefault('n', int(os.environ['N']))", "D['n']"),
        ("D = {'n': 1}\nD.pop('n')\nD['n'] = 2", "D['n']"),
        ("D = {'n': 1}\nfor k in D:\n D[k] = 2", "D['n']"),
        ("D = {'n': 1, **os.environ}", "D['n']"),
        ("D = {'n': 1}\nexec(os.environ['X'])", "D['n']"),
        ("def change(d):\n d['n'] = 4\nD = {'n': 1}\nchange(D)", "D['n']"),
        ("class C:\n def change(self, d):\n  d['n'] = 4\nD = {'n': 1}\nC().change(D)", "D['n']"),
        ("D = {'a': {'n': 1}}\nD['a']['n'] = 4", "D['a']['n']"),
        ("D = {'a': {'n': 1}}\nfor v in D.values():\n v['n'] = 4", "D['a']['n']"),
        ("import copy\nD = {'n': 1}\nE = copy.copy(D)\nE['n'] = 4", "E['n']"),
        ("D = {'n': 1}\nE = {**D}\nE['n'] = 4", "E['n']"),
        ("def f(c={'n': 1}):\n c['n'] += 1\n return c\nf()", "f()['n']"),
        (
            "from functools import partial\ndef f(n=1):\n return n\ng = partial(f, 1)\ng = partial(g, n=2)",
            "g()",
        ),
        (
            "import functools, meadow\ndef f(n=1):\n return n\ng = functools.partial(f)\nmeadow.use(g)",
            "g()",
        ),
        ("for n in (1, 2):\n print(n)", "n"),
        ("ns = [n for n in (1, 2)]", "ns[1]"),
        (
            "def make():\n n = 1\n def more():\n  nonlocal n\n  n = 4\n more()\n return n",
            "make()",
        ),
        ("n = 1\ndef more():\n global n\n n = 4\nmore()", "n"),
        ("class S:\n nodes = 1\n if os.environ.get('X'):\n  nodes = 4", "S.nodes"),
        ("L = [{'n': 1}]\nL[0]['n'] = 4", "L[0]['n']"),
        ("L = [{'n': 1}]\nfor d in L:\n d['n'] = 4", "L[0]['n']"),
        ("T = (['a'],)\nT[0].append('b')", "len(T[0])"),
        (
            "import threading\nD = {'n': 1}\nthreading.Thread(target=D.update, kwargs={'n': 4}).start()",
            "D['n']",
        ),
        ("class S:\n def __call__(self):\n  return int(os.environ['N'])\ncount = S()", "count()"),
        ("import operator\nD = {'n': 1}\noperator.setitem(D, 'n', 4)", "D['n']"),
        (SETTINGS + "settings.nodes += 3", "settings.nodes"),
        (SETTINGS + "with settings as s:\n s.nodes = 4", "settings.nodes"),
        ("def f(*a):\n a[0]['n'] = 4\nD = {'n': 1}\nf(D)", "D['n']"),
        ("def f(**k):\n k['d']['n'] = 4\nD = {'n': 1}\nf(d=D)", "D['n']"),
        ("D = {'n': 1}\ndef get():\n return D\nget()['n'] = 4", "D['n']"),
        ("D = {'n': 1}\nget = lambda: D\nget().update(n=4)", "D['n']"),
        ("A = ['a']\ndef get():\n return A\nget().append('b')", "len(A)"),
        ("class S:\n pass\ns = S()\ns.a = ['a']\ns.a.append('b')", "len(s.a)"),
        (
            "class S:\n def __init__(self):\n  self.a = ['a']\n  self.a.append('b')",
            "len(S().a)",
        ),
        ("A = ['a']\nB = A if os.environ.get('X') else []\nB.append('b')", "len(A)"),
        ("A = ['a']\ndef g():\n yield A\nfor a in g():\n a.append('b')", "len(A)"),
        ("def f():\n a = ['a']\n def g():\n  a.append('b')\n g()\n return len(a)", "f()"),
        ("import heapq\nA = [1]\nheapq.heappush(A, 2)", "len(A)"),
    ],
)
def test_what_something_else_may_change_is_unknown(source: str, expression: str) -> None:
    assert isinstance(value(source, expression), Unknown)


@pytest.mark.parametrize(
    ("source", "expression", "expected"),
    [
        ("import functools\ndef f(n=1):\n return n\ng = functools.partial(f)", "g(4)", 4),
        ("class S:\n def __init__(self, n=1):\n  self.n = n", "S(4).n", 4),
        (SETTINGS, "settings.nodes", 1),
        (SETTINGS + "print(settings.nodes)", "settings.nodes", 1),
        ("A = ['a']\nB = A\nfor a in B:\n  print(a)", "len(A)", 1),
        ("A = ['a', 'b']\ndef show(l):\n  print(l[0])\nshow(A)", "A[1]", "b"),
        ("D = {'n': 1}\nprint(D, D.get('n'), sorted(D))", "D['n']", 1),
        ("D = {'a': {'n': 1}, 'b': {'n': 2}}\nD['b']['m'] = 4", "D['a']['n']", 1),
        ("K = 'n'\nD = {K: 1, 'n': 1}\nE = {'n': 1}", "E[K]", 1),
        ("D = {}\nD['n'] = 1", "D['n']", 1),
        ("class S:\n  n = 1\nclass T(S):\n  pass", "T().n", 1),
        ("class S:\n  def __init__(self):\n    self.n = 1\ns = S()", "s.n", 1),
        ("class S:\n  n = 1\n  def count(self):\n    return self.n", "S().count()", 1),
        ("def f(n):\n  return n\ng = lambda: f(1)", "g()", 1),
        ("import functools\ndef f(n, m=2):\n  return n + m\ng = functools.partial(f, 1)", "g()", 3),
        ("for n in [1]:\n  pass", "n", 1),
        ("n = 4\nfor n in []:\n  pass", "n", 4),
        ("a, b = (1, 4)\na, b = b, a", "a", 4),
        ("if os.environ.get('X') and (n := 1):\n  pass", "n", 1),
    ],
)
def test_what_nothing_else_changes_is_known(source: str, expression: str, expected: object) -> None:
    found = value(source, expression)
    assert isinstance(found, Known), found
    assert found.value == expected


def test_classes_of_unknown_bases_may_extend_each_other() -> None:
    source = "class A(x()):\n  n = 1\n  def f(self):\n    return self.n\nclass B(x()):\n  n = 4"
    assert isinstance(value(source, "A().f()"), Unknown)

from __future__ import annotations

import ast
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.understand.python.folding import Known, NotFolded, formatted, operated
from migrator.understand.python.module import PythonModule
from migrator.understand.python.values import Unknown, evaluate
from tests.reading import module_of, notebook_of


def used(module: PythonModule) -> ast.expr:
    """Return the argument of the last call of ``use``."""
    calls = [c for c in module.names.calls if isinstance(c.func, ast.Name) and c.func.id == "use"]
    return max(calls, key=module.span).args[0]


def value(module: PythonModule) -> Known | Unknown:
    return evaluate(module.names, used(module))


def known(source: str) -> Known:
    found = value(module_of(source))
    assert isinstance(found, Known), found
    return found


def trace(module: PythonModule) -> tuple[str, ...]:
    found = value(module)
    assert isinstance(found, Unknown), found
    return module.trace(found.trace)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'a'", "a"),
        ("u'a' 'b'", "ab"),
        ("None", None),
        ("b'a'", b"a"),
        ("'a' + 'b'", "ab"),
        ("f'a:{1}{True}{\"x\"}'", "a:1Truex"),
        ("'%s:%d' % ('a', 2)", "a:2"),
        ("'%s' % 'a'", "a"),
        ("'100%%' % ()", "100%"),
        ("'{}:{}'.format('a', 1)", "a:1"),
        ("'{1}{0}{name}'.format('a', 'b', name='c')", "bac"),
        ("'a' if x else 'a'", "a"),
        ("2 * 3 - 1 + 4", 9),
        ("int('2')", 2),
        ("-1", -1),
        ("7 // 2 + 7 % 4", 6),
        ("('a', 1)", ("a", 1)),
        ("['a', 'b'][1]", "b"),
        ("{'a': 'b', 'c': 'd'}['a']", "b"),
        ("dict(a='b')['a']", "b"),
        ("f'{1:>4}{\"a\"!r}'", "   1'a'"),
        ("'%5s' % 'a'", "    a"),
        ("'%(a)s:%(b)d' % {'a': 'x', 'b': 2}", "x:2"),
        ("'%(a)s' % dict(a='x')", "x"),
        ("'{:>4}{!s}'.format(1, 'a')", "   1a"),
        ("'{a}'.format(**{'a': 'x'})", "x"),
        ("' A '.strip().lower()", "a"),
        ("':'.join(['a', 'b'])", "a:b"),
        ("'a:b'.split(':')[1]", "b"),
        ("'ab'.replace('a', 'c')", "cb"),
        ("len(['a', 'b'])", 2),
        ("'' or None or 'a'", "a"),
        ("1 and 'a'", "a"),
        ("'a' if 1 else x", "a"),
        ("(y := 'a')", "a"),
        ("(lambda: 'a')()", "a"),
        ("str(2)", "2"),
    ],
)
def test_a_constant_expression_is_known(expression: str, expected: object) -> None:
    assert known(f"use({expression})").value == expected


@pytest.mark.parametrize(
    "expression",
    [
        "x",
        "f()",
        "'a' if x else 'b'",
        "'a' if x else x",
        "'1' if x else 1",
        "f'{b\"a\"}'",
        "'%s' % b'a'",
        "'%s%s' % 'a'",
        "'%d' % 'a'",
        "'a' % 1",
        "'{0.real}'.format(1)",
        "'{}{}'.format('a')",
        "'{}{0}'.format('a')",
        "'{name}'.format('a')",
        "'{'.format('a')",
        "'{}'.format(*x)",
        "'{a}'.format(**x)",
        "b'a'.format()",
        "'a' + 1",
        "'a' * 2",
        "'a' or x and 1 if x else 2",
        "x or 'a'",
        "x and 'a'",
        "{'a': 'b'}[x]",
        "{x: 'a', 'a': 'b'}['a']",
        "{**x, 'a': 'b'}['a']",
        "['a', *x][1]",
        "['a'][1]",
        "'a'.zfill(10**9)",
        "f'{1:{10**9}}'",
        "'%99999999d' % 1",
        "'%*d' % (10**9, 1)",
        "'{:999999999}'.format(1)",
        "'a'.unknown()",
        "len(x)",
        "sorted(['a'])[0]",
        "2 ** 9",
        "int('a')",
        "str()",
        "os.path.join('a', 'b')",
        "lambda: 'a'",
        "[a for a in 'a']",
        "f'{10 * 0x" + "f" * 5000 + "}'",
        "f'{0x" + "f" * 5000 + "}'",
        "'%d' % 0x" + "f" * 5000,
        "'{}'.format(0x" + "f" * 5000 + ")",
        "str(0x" + "f" * 5000 + ")",
    ],
)
def test_what_is_not_a_plain_constant_is_unknown(expression: str) -> None:
    assert isinstance(value(module_of(f"use({expression})")), Unknown)


def test_a_function_that_is_called_str_here_is_not_the_builtin_one() -> None:
    assert known("def str(x): return 'b'\nuse(str('a'))").value == "b"


def test_a_name_is_followed_to_where_its_value_is_written() -> None:
    module = module_of("A = 'a'\nB = A\nuse(B)")
    found = value(module)
    assert isinstance(found, Known)
    assert [module.source(node) for node in found.written] == ["'a'"]
    assert module.source(found.asked) == "B"


def test_branches_that_agree_are_known_with_every_place() -> None:
    module = module_of("if x:\n  A = 'a'\nelse:\n  A = 'a'\nuse(A)")
    found = value(module)
    assert isinstance(found, Known)
    assert sorted(module.span(node)[0] for node in found.written) == [12, 28]


@pytest.mark.parametrize(
    "source",
    [
        "if x:\n  A = 'a'\nelse:\n  A = 'b'\nuse(A)",
        "A = 'a'\nfor A in x: pass\nuse(A)",
        "A = 'a'\nA += 'b'\nuse(A)",
        "A = 1\nif x:\n  A = True\nuse(A)",
        "from settings import A\nuse(A)",
        "with open('a') as A:\n  use(A)",
        "A = A\nuse(A)",
        "for x in y:\n  A = B\n  B = A\n  use(A)",
    ],
)
def test_a_name_of_several_or_strange_values_is_unknown(source: str) -> None:
    assert isinstance(value(module_of(source)), Unknown)


def test_a_constant_of_an_earlier_cell_is_known() -> None:
    found = value(notebook_of("TAG = '1.8.0'", "%matplotlib inline\nIMAGE = 'a:' + TAG", "use(IMAGE)"))
    assert isinstance(found, Known)
    assert found.value == "a:1.8.0"


def test_a_constant_that_a_later_cell_rebinds_is_still_the_earlier_one() -> None:
    found = value(notebook_of("A = 'a'", "use(A)", "A = 'b'"))
    assert isinstance(found, Known)
    assert found.value == "a"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a): use(a)\nf('x')", "x"),
        ("def f(a): use(a)\nf(a='x')", "x"),
        ("def f(b, a): use(a)\nf(1, 'x')", "x"),
        ("def f(b, /, *, a): use(a)\nf(1, a='x')", "x"),
        ("def f(a='x'): use(a)\nf()", "x"),
        ("def f(b, a='x'): use(a)\nf(1)", "x"),
        ("def f(*, a='x'): use(a)\nf()", "x"),
        ("def f(a): use(a)\nf('x')\nf('x')", "x"),
        ("def f(a='x'): use(a)\nf()\nf('x')", "x"),
        ("def g(b): f(b)\ndef f(a): use(a)\ng('x')", "x"),
        ("async def f(a): use(a)\nf('x')", "x"),
        ("def f(a):\n  a = a or 'y'\n  use(a)\nf('x')", "x"),
        ("def f(a):\n  use(a)\n  f(a)\nf('x')", "x"),
        ("def f(a):\n  use(a)\n  b = a\n  f(b)\nf('x')", "x"),
        ("class C:\n  def f(self, a): use(a)\nC().f('x')\nc = C()\nc.f(a='x')", "x"),
        ("class C:\n  def f(self, a, b=1): use(b)\nC().f('x')", 1),
        ("class C:\n  @staticmethod\n  def f(a): use(a)\nC.f('x')\nC().f('x')", "x"),
        ("class C:\n  def __init__(self, a): use(a)\nC('x')\nC(a='x')", "x"),
        ("class C:\n  def __init__(self, a='x'): use(a)\ndef f(c: C): return c.b\nf(C())", "x"),
        ("f = lambda a: use(a)\nf('x')", "x"),
        ("def f(a): use(a)\nif z:\n  def f(a): pass\nf('x')", "x"),
        ("import functools\ndef f(a, b): use(b)\ng = functools.partial(f, 1)\ng('x')\ng(b='x')", "x"),
    ],
)
def test_a_parameter_has_the_value_that_every_caller_passes(source: str, expected: str) -> None:
    assert known(source).value == expected


@pytest.mark.parametrize(
    "source",
    [
        "def f(a): use(a)",
        "def f(a='x'): use(a)",
        "def f(a): use(a)\nf('x')\nf('y')",
        "def f(a='x'): use(a)\nf()\nf('y')",
        "def f(a): use(a)\nf(z)",
        "def f(a): use(a)\nf()",
        "def f(*, a): use(a)\nf()",
        "def f(a): use(a)\nf(*z)",
        "def f(a): use(a)\nf(**z)",
        "def f(a): use(a)\nf('x')\ng(f)",
        "def f(a): use(a)\nf('x')\ng = f",
        "@g\ndef f(a): use(a)\nf('x')",
        "class C:\n  def f(a): use(a)\n  f('x')",
        "class C:\n  def f(self, a): use(a)\nC().f('x')\nC.f(z, 'y')",
        "class C:\n  def f(self, a): use(a)\nC().f('x')\ng(C())",
        "class C:\n  def f(self, a): use(a)\nC().f('x')\ng(C().f)",
        "class C:\n  def f(self, a): use(a)\nclass D(C):\n  def f(self, a): super().f(z)\nC().f('x')",
        "class C:\n  def f(self, a, b=1): use(a)\nC().f('x', 2)",
        "class C:\n  @classmethod\n  def f(cls, a): use(a)\nC.f('x')",
        "class C:\n  def __init__(self, a): use(a)\nC('x')\ntype(C)('y')",
        "class C:\n  def __init__(self, a): use(a)\n  def g(self): self.__class__('y')\nC('x')",
        "f = lambda a: use(a)\nf('x')\ng(f)",
        "def f(*a): use(a)\nf('x')",
    ],
)
def test_a_parameter_is_unknown_where_a_caller_may_pass_something_else(source: str) -> None:
    assert isinstance(value(module_of(source)), Unknown)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("use(A)", ("A is not bound in this file (line 1)",)),
        ("import os\nA = os.environ['IMAGE']\nuse(A)", ("A (line 2)", "the environment (line 2)")),
        ("import os\nA = os.getenv('I', 'secret')\nuse(A)", ("A (line 2)", "the environment (line 2)")),
        ("from os import environ as e\nuse(e.get('I', 'secret'))", ("the environment (line 2)",)),
        ("import os\ne = os.environ\nuse(e['I'])", ("the environment (line 3)",)),
        ("from a import A\nuse(A)", ("A (line 1)", "imported as a.A (line 1)")),
        ("with f() as A:\n  use(A)", ("A (line 1)", "bound by a with statement (line 1)")),
        ("for A in x:\n  use(A)", ("A (line 1)", "not a constant (line 1)")),
        ("cfg = load('secret')\nuse(cfg.image)", ("cfg.image (line 2)", "cfg (line 1)", "load(…) (line 1)")),
        (
            "cfg = {'k': 'secret', **x}\nuse(cfg['k'])",
            ("cfg['k'] (line 2)", "cfg (line 1)", "an expression that is not a plain constant (line 1)"),
        ),
        ("use(cfg['a']['b'])", ("cfg['a']['b'] (line 1)", "cfg is not bound in this file (line 1)")),
        (
            "use(cfg[f('secret')].x().y)",
            ("cfg[…].x(…).y (line 1)", "cfg is not bound in this file (line 1)"),
        ),
        ("use(f('secret')('secret'))", ("f(…)(…) (line 1)",)),
        ("use(('secret',)[1])", ("…[1] (line 1)",)),
        ("use(['secret', x])", ("an expression that is not a plain constant (line 1)",)),
        ("if a:\n  A = 'secret'\nelse:\n  A = 'b'\nuse(A)", ("A has more than one value (line 4)",)),
        ("use('secret' if x else 'b')", ("a choice made at run time (line 1)",)),
        ("use('secret' * 2)", ("an expression that is not a plain constant (line 1)",)),
        ("def f(a): use(a)", ("a (line 1)", "parameter a of f(), which has no known caller here (line 1)")),
        (
            "def f(a): use(a)\nf('secret')\nf('b')",
            ("a (line 1)", "parameter a of f() has more than one value (line 1)"),
        ),
        (
            "def f(a): use(a)\nf(x)",
            ("a (line 1)", "parameter a of f() (line 1)", "x is not bound in this file (line 2)"),
        ),
        ("f = lambda a: use(a)", ("a (line 1)", "parameter a (line 1)")),
        ("match x:\n  case A: use(A)", ("A (this file)", "not a constant (this file)")),
    ],
)
def test_a_trace_names_places_and_quotes_no_value(source: str, expected: tuple[str, ...]) -> None:
    found = trace(module_of(source))
    assert found == expected
    assert "secret" not in str(found)


def test_a_trace_in_a_notebook_names_cell_and_line() -> None:
    module = notebook_of("import os\nA = os.environ['IMAGE']", "use(A)")
    assert trace(module) == ("A (cell 0, line 2)", "the environment (cell 0, line 2)")


def test_a_long_chain_of_names_ends_in_a_trace() -> None:
    lines = ["a0 = 'a'", *(f"a{i} = a{i - 1}" for i in range(1, 100)), "use(a99)"]
    assert "too many steps to follow" in trace(module_of("\n".join(lines)))[-1]


@pytest.mark.parametrize("operation", ["f'{X}{X}{X}{X}{X}{X}{X}{X}'", "X + X"])
def test_constants_that_grow_without_end_are_given_up(operation: str) -> None:
    steps = [f"a{i} = " + operation.replace("X", f"a{i - 1}") for i in range(1, 14)]
    module = module_of("\n".join(["import os", "a0 = 'ab'", *steps, "use(a13)"]))
    assert isinstance(value(module), Unknown)
    numbers = [f"a{i} = a{i - 1} * a{i - 1}" for i in range(1, 14)]
    assert isinstance(value(module_of("\n".join(["a0 = 255", *numbers, "use(a13)"]))), Unknown)


def test_many_ways_to_one_constant_are_followed_once() -> None:
    steps = "".join(f"a{i} = a{i - 1} if x else a{i - 1} if y else a{i - 1}\n" for i in range(1, 13))
    found = known(f"a0 = 'a'\n{steps}use(a12)")
    assert found.value == "a"
    assert len(found.written) == 1


@given(st.text("{}a0:%sd!", max_size=8), st.lists(st.one_of(st.text(max_size=3), st.integers()), max_size=3))
def test_a_folded_text_is_the_text_that_python_makes(template: str, values: list[object]) -> None:
    with suppress(NotFolded, IndexError, KeyError, ValueError):
        assert formatted(template, tuple(values), {}) == template.format(*values)
    with suppress(NotFolded, TypeError, ValueError):
        assert operated(ast.Mod(), template, tuple(values)) == template % tuple(values)

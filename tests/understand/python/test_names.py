from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.understand.python.module import PythonModule
from migrator.understand.python.scopes import Binding, is_told
from tests.reading import module_of, node_of, notebook_of

MODEL = "azure.mgmt.batchai.models"


def reaching(module: PythonModule, name: str = "image") -> set[str]:
    """Return the sources of what may give the last use of ``name`` its value."""
    uses = [node for node in module.names.loads[name] if isinstance(node.ctx, ast.Load)]
    bindings = module.names.reaching(max(uses, key=module.span))
    return {
        module.source(binding.value) if binding.value is not None else binding.kind.value
        for binding in bindings
    }


def qualified(source: str, expression: str) -> tuple[str, ...]:
    module = module_of(source)
    return module.names.qualified(node_of(module, expression))


def test_a_name_that_is_never_bound_has_no_binding() -> None:
    assert reaching(module_of("use(image)")) == set()


def test_a_name_that_is_bound_only_later_has_no_binding() -> None:
    assert reaching(module_of("use(image)\nimage = 1")) == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("image = 1\nuse(image)", {"1"}),
        ("image = 1\nimage = 2\nuse(image)", {"2"}),
        ("image: str = 1\nuse(image)", {"1"}),
        ("image: str\nuse(image)", set()),
        ("other = image = 1\nuse(image)", {"1"}),
        ("image, other = 1, 2\nuse(image)", {"1"}),
        ("[other, (image, last)] = 1, (2, 3)\nuse(image)", {"2"}),
        ("image, *rest = 1, 2\nuse(image)", {"other"}),
        ("image, other = pair\nuse(image)", {"other"}),
        ("image = 1\nimage += 2\nuse(image)", {"other"}),
        ("image = 1\ndel image\nuse(image)", {"other"}),
        ("use(image := 1)\nuse(image)", {"1"}),
        ("import image\nuse(image)", {"import"}),
        ("def image(): pass\nuse(image)", {"function"}),
        ("class image: pass\nuse(image)", {"class"}),
        ("with open('x') as image: use(image)", {"open('x')"}),
        ("with a as (image, b): use(image)", {"other"}),
    ],
)
def test_every_form_of_binding_is_seen(source: str, expected: set[str]) -> None:
    assert reaching(module_of(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("image = 1\nif a:\n  image = 2\nuse(image)", {"1", "2"}),
        ("if a:\n  image = 1\nelse:\n  image = 2\nuse(image)", {"1", "2"}),
        ("image = 1\nif a:\n  image = 2\n  use(image)", {"2"}),
        ("image = 1\nif a:\n  image = 2\nelse:\n  use(image)", {"1"}),
        ("try:\n  image = 1\nexcept E:\n  image = 2\nuse(image)", {"1", "2"}),
        ("try:\n  image = 1\nexcept* E:\n  image = 2\nuse(image)", {"1", "2"}),
        ("try:\n  image = 1\nexcept E:\n  use(image)", {"1"}),
        ("try:\n  f()\nexcept E as image:\n  use(image)", {"other"}),
        ("try:\n  image = 1\nexcept E:\n  pass\nelse:\n  use(image)", {"1"}),
        ("image = 1\ntry:\n  image = 2\nfinally:\n  image = 3\nuse(image)", {"3"}),
        ("match a:\n  case 1:\n    image = 1\n  case _:\n    image = 2\nuse(image)", {"1", "2"}),
        ("image = 0\nmatch a:\n  case 1:\n    image = 1\n  case _:\n    use(image)", {"0"}),
        ("image = 0\nmatch a:\n  case image:\n    use(image)", {"other"}),
        ("image = 0\nmatch a:\n  case [*image]:\n    use(image)", {"other"}),
        ("image = 0\nmatch a:\n  case {**image}:\n    use(image)", {"other"}),
        ("image = 0\nmatch a:\n  case P(x=image):\n    use(image)", {"other"}),
        ("image = 1\na and (image := 2)\nuse(image)", {"1", "2"}),
        ("image = 1\nf() if a else (image := 2)\nuse(image)", {"1", "2"}),
    ],
)
def test_a_branch_may_or_may_not_bind(source: str, expected: set[str]) -> None:
    assert reaching(module_of(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("image = 1\nfor x in y:\n  image = 2\nuse(image)", {"1", "2"}),
        ("image = 1\nfor x in y:\n  use(image)\n  image = 2", {"1", "2"}),
        ("image = 1\nwhile a:\n  use(image)\n  image = 2", {"1", "2"}),
        ("for x in y:\n  image = 2\n  use(image)", {"2"}),
        ("for image in y:\n  use(image)", {"other"}),
        ("image = 1\nfor x in y:\n  pass\nelse:\n  image = 2\nuse(image)", {"1", "2"}),
        ("image = 1\nwhile a:\n  pass\nelse:\n  image = 2\nuse(image)", {"1", "2"}),
        ("async def f():\n  async for image in y:\n    use(image)", {"other"}),
    ],
)
def test_a_loop_may_run_any_number_of_times(source: str, expected: set[str]) -> None:
    assert reaching(module_of(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("image = 1\ndef f():\n  use(image)\nimage = 2", {"1", "2"}),
        ("image = 1\ndef f():\n  image = 2\n  use(image)", {"2"}),
        ("image = 1\ndef f(image):\n  use(image)", {"parameter"}),
        ("image = 1\ndef f(*image):\n  use(image)", {"other"}),
        ("image = 1\ndef f():\n  use(image)\n  image = 2", set()),
        ("image = 1\nf = lambda image: use(image)", {"parameter"}),
        ("image = 1\nf = lambda: use(image)\nimage = 2", {"1", "2"}),
        ("image = 1\nclass C:\n  image = 2\n  use(image)", {"2"}),
        ("image = 1\nclass C:\n  image = 2\n  def f(self): use(image)", {"1"}),
        ("image = 1\nclass C:\n  use(image)\nimage = 2", {"1"}),
        ("image = 1\n[use(image) for x in y]\nimage = 2", {"1"}),
        ("image = 1\n[use(image) for image in y]", {"other"}),
        ("image = 1\n{image: use(image) for image in y}", {"other"}),
        ("image = 1\n[image for image in y]\nuse(image)", {"1"}),
    ],
)
def test_a_scope_hides_what_is_around_it(source: str, expected: set[str]) -> None:
    assert reaching(module_of(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n  global image\n  image = 2\nimage = 1\nf()\nuse(image)", {"1", "2"}),
        ("image = 1\ndef f():\n  global image\n  image = 2\nf()\nuse(image)", {"1", "2"}),
        ("image = 1\nuse(image)\ndef f():\n  global image\n  image = 2", {"1", "2"}),
        ("image = 1\ndef f():\n  image = 2\n  def g():\n    global image\n    use(image)", {"1"}),
        (
            "def f():\n  image = 1\n  def g():\n    nonlocal image\n    image = 2\n  g()\n  use(image)",
            {"1", "2"},
        ),
        ("global image\nimage = 1\nuse(image)", {"1"}),
        ("image = 1\n[image := x for x in y]\nuse(image)", {"1", "x"}),
        ("def f():\n  [[image := x for x in z] for z in y]\n  use(image)", {"x"}),
    ],
)
def test_a_name_may_be_bound_from_another_scope(source: str, expected: set[str]) -> None:
    assert reaching(module_of(source)) == expected


def test_a_name_bound_in_an_earlier_cell_reaches_a_later_one() -> None:
    assert reaching(notebook_of("image = 1", "use(image)")) == {"1"}
    assert reaching(notebook_of("image = 1", "image = 2", "use(image)")) == {"2"}
    assert reaching(notebook_of("use(image)", "image = 1")) == set()


@pytest.mark.parametrize(
    ("source", "expression", "expected"),
    [
        ("x.X()", "x.X", ()),
        ("x = 1\nx.X()", "x.X", ()),
        ("f().X()", "f().X", ()),
        ("import azure.mgmt.batchai.models\nazure.mgmt.batchai.models.X()", f"{MODEL}.X", (f"{MODEL}.X",)),
        ("import azure.mgmt.batchai.models as m\nm.X()", "m.X", (f"{MODEL}.X",)),
        ("from azure.mgmt import batchai\nbatchai.models.X()", "batchai.models.X", (f"{MODEL}.X",)),
        (f"from {MODEL} import X as Y\nY()", "Y", (f"{MODEL}.X",)),
        (f"from {MODEL} import *\nX()", "X", (f"{MODEL}.X",)),
        ("from . import models\nmodels.X()", "models.X", (".models.X",)),
        ("from ..a import models\nmodels.X()", "models.X", ("..a.models.X",)),
        (f"import {MODEL} as m\nM = m\nM.X()", "M.X", (f"{MODEL}.X",)),
        (f"import {MODEL} as m\nM = m.a\nN = M.b\nN.X()", "N.X", (f"{MODEL}.a.b.X",)),
        (f"import {MODEL} as m\nm = m\nm.X()", "m.X", (f"{MODEL}.X",)),
    ],
)
def test_a_dotted_name_is_led_back_to_its_import(
    source: str, expression: str, expected: tuple[str, ...]
) -> None:
    assert qualified(source, expression) == expected


def test_an_import_that_may_fail_has_every_name_it_may_stand_for() -> None:
    source = "try:\n  from a import m\nexcept ImportError:\n  from b import m\nm.X()"
    assert set(qualified(source, "m.X")) == {"a.m.X", "b.m.X"}


def test_aliases_that_go_round_in_a_loop_end() -> None:
    source = "import a\nA = a\nfor x in y:\n  A = B\n  B = A\nA.X()"
    assert qualified(source, "A.X") == ("a.X",)


def test_a_chain_of_a_thousand_aliases_ends() -> None:
    lines = ["import a", *(f"a{i} = a{i - 1}" if i else "a0 = a" for i in range(1000)), "a999.X()"]
    assert qualified("\n".join(lines), "a999.X") == ("a.X",)


def test_many_ways_to_one_alias_are_followed_once() -> None:
    steps = "".join(f"if c: a{i + 1} = a{i}\nelse: a{i + 1} = a{i}\n" for i in range(200))
    assert qualified(f"import a\na0 = a\n{steps}a200.X()", "a200.X") == ("a.X",)


def test_visible_names_come_from_the_innermost_scope_first() -> None:
    module = module_of("a = b = 1\ndef f(b, c):\n  use(here)")
    assert list(module.names.visible(node_of(module, "here"))) == ["b", "c", "a", "f"]


def test_enclosing_nodes_come_nearest_first() -> None:
    module = module_of("f(g(here))")
    around = [type(node) for node in module.names.enclosing(node_of(module, "here"))]
    assert around == [ast.Call, ast.Call, ast.Expr, ast.Module]


NAMES = st.sampled_from(["a", "b", "c"])
SIMPLE = st.one_of(
    st.builds("{} = {}".format, NAMES, NAMES),
    st.builds("{} = 1".format, NAMES),
    st.builds("use({})".format, NAMES),
    st.builds("import {}".format, NAMES),
    st.builds("use([({0} := {1}) for x in y])".format, NAMES, NAMES),
)
BLOCKS = ["if {}:", "for {} in y:", "def {}(a=b):", "class {}:", "while {}:", "with f() as {}:"]


def nested(body: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    head = st.builds(str.format, st.sampled_from(BLOCKS), NAMES)
    lines = st.lists(body, min_size=1, max_size=4).map("\n".join)
    return st.builds(lambda first, rest: first + "\n  " + rest.replace("\n", "\n  "), head, lines)


@given(st.lists(st.recursive(SIMPLE, nested, max_leaves=8), max_size=6).map("\n".join))
def test_every_binding_that_reaches_a_use_binds_its_name(source: str) -> None:
    names = module_of(source).names
    for name, uses in names.loads.items():
        for use in uses:
            bindings = names.reaching(use)
            assert len(set(bindings)) == len(bindings)
            assert {binding.name for binding in bindings} <= {name}
            names.qualified(use)


def test_what_reaches_a_use_is_found_near_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many cells bind the same names: twice the cells are twice the work."""
    looked: list[int] = []
    for cells in (100, 200):
        asked = 0

        def counted(binding: Binding) -> bool:
            nonlocal asked
            asked += 1
            return is_told(binding)

        monkeypatch.setattr("migrator.understand.python.names.is_told", counted)
        names = module_of("total = 0\nfor index in range(9):\n    total += index\n" * cells).names
        for load in (load for loads in names.loads.values() for load in loads):
            names.reaching(load)
        looked.append(asked)
    assert looked[1] < 2.1 * looked[0]

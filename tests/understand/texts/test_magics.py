from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.understand.texts.magics import CellMagic, cell_magic, mask, view
from migrator.understand.texts.text import Unreadable, parsed


def fault(source: str) -> Unreadable | None:
    """Return why a text is not Python, or None for what parses."""
    found = parsed(source)
    return found if isinstance(found, Unreadable) else None


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "x = 1\n",
        "s = '''\n%time\n!ls\nwhat?\n'''\n",
        "s = 'a' \\\n  % b\n",
        "x = (1\n% 2)\n",
        "# why?\n",
        "print x\n",
        "x = (\n",
        "x = '''\n%time\n",
    ],
)
def test_a_cell_without_magics_stays(cell: str) -> None:
    assert mask(cell) == cell


@pytest.mark.parametrize(
    ("cell", "masked"),
    [
        ("%matplotlib inline\nx = 1", "0                 \nx = 1"),
        ("!ls", "0  "),
        ("!", "0"),
        ("x = !ls -l # all", "x = 0           "),
        ("x = %pwd\r\ny = x", "x = 0   \r\ny = x"),
        ("a, b = c['k'] = !ls", "a, b = c['k'] = 0  "),
        ("obj?", "0   "),
        ("  obj.name[0]?? \n", "  0             \n"),
        ("?obj\n??obj", "0   \n0    "),
        ("if x:\n    !ls\n\t%cd ..\n", "if x:\n    0  \n\t0     \n"),
        ("!a \\\n  b \\\r\n  c\nd = 1", "0   \n     \r\n   \nd = 1"),
        ("!echo 'it\nx = 1", "0        \nx = 1"),
        ("!echo 😀é\n", "0       \n"),
        ("!a\ry = 1\r", "0 \ry = 1\r"),
        ("!a \\", "0   "),
        ("'%s'?\n'it?'", "0    \n'it?'"),
    ],
)
def test_a_magic_line_becomes_an_expression_of_the_same_length(cell: str, masked: str) -> None:
    assert mask(cell) == masked


@pytest.mark.parametrize(
    "python",
    [
        "s = '''\n%time\n'''",
        's = r"""a\\"\n!ls\n"""',
        "f(a,  # (\n  b)",
        "x = {'a': [1,\n  2]}",
        "s = 'a' \\\n  % b",
        "s = 'one?'  # two?",
        "x = a != b",
        "x %= 3",
        's = "x = !ls"',
        's = """a" is?\n"""',
        "s = 'it\\\n%x'",
    ],
)
def test_python_beside_a_magic_is_not_touched(python: str) -> None:
    assert fault(python) is None
    assert mask(f"%time\n{python}\n!ls\n") == f"0    \n{python}\n0  \n"


def test_a_magic_behind_a_broken_string_is_still_masked() -> None:
    assert mask("x = 'it\n!ls\n") == "x = 'it\n0  \n"


def test_the_body_of_a_python_cell_magic_stays() -> None:
    assert mask("%%time\nx = 1\n") == "      \nx = 1\n"
    assert mask("\n%%capture out\nx = 1\n!ls") == "\n             \nx = 1\n0  "
    assert mask("%%timeit") == "        "


def test_the_body_of_any_other_cell_magic_is_blank() -> None:
    assert mask("%%bash\nx = 1\r\n\ty\n") == "      \n     \r\n  \n"


@pytest.mark.parametrize(
    ("cell", "magic"),
    [
        ("x = 1", None),
        ("x = 1\n%%bash", None),
        ("# first\n%%bash", None),
        ("%time", None),
        ("%%time?", None),
        ("%%", None),
        ("%%bash", CellMagic("bash", "", 6)),
        ("\n  %%writefile  a b \r\nx", CellMagic("writefile", "a b", 22)),
        ("%%!\nls", CellMagic("!", "", 4)),
    ],
)
def test_a_cell_magic_stands_on_the_first_line_that_is_not_blank(cell: str, magic: CellMagic | None) -> None:
    assert cell_magic(cell) == magic


def test_a_fault_has_its_place_and_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fault("x = '\\.'") is None
    found = fault("x = 1\ny = = 2\n")
    assert isinstance(found, Unreadable)
    assert (found.line, found.column) == (2, 5)


@pytest.mark.parametrize("source", ["a\0b", "'\ud800'", "(" * 10_000, "-" * 50_000 + "1", "1" * 5000])
def test_what_python_refuses_otherwise_is_a_fault(source: str) -> None:
    assert isinstance(fault(source), Unreadable)


def test_a_view_keeps_the_anchor_of_a_cell_that_parses() -> None:
    assert view("# %% [0]\n", "x = 1") == ("# %% [0]\nx = 1", None)


def test_a_view_of_an_indented_cell_is_a_block() -> None:
    assert view("# %% [0]\n", "  x = 1\n  !ls") == ("if 1:   \n  x = 1\n  0  ", None)


def test_a_view_of_a_broken_cell_is_blank() -> None:
    shown, problem = view("# %% [0]\n", "x = 1\n  print x")
    assert shown == "# %% [0]\n     \n         "
    assert problem is not None
    assert problem.line == 2


CELLS = st.lists(
    st.sampled_from(
        [
            "%a",
            "!ls",
            "x",
            " = ",
            "?",
            "\n",
            "\r\n",
            "\r",
            "'",
            '"""',
            "\\",
            "(",
            ")",
            "#",
            "  ",
            "é",
            "%%time",
            "%%b",
            ":",
        ]
    ),
    max_size=12,
).map("".join)


@settings(deadline=None, max_examples=500)
@given(CELLS)
def test_a_mask_keeps_the_length_and_the_line_ends(cell: str) -> None:
    shown = mask(cell)
    assert len(shown) == len(cell)
    assert [(i, c) for i, c in enumerate(shown) if c in "\r\n"] == [
        (i, c) for i, c in enumerate(cell) if c in "\r\n"
    ]
    assert mask(shown) == shown or fault(shown) is not None


@settings(deadline=None, max_examples=500)
@given(CELLS)
def test_a_view_without_a_fault_parses(cell: str) -> None:
    shown, _ = view("# %% [0]\n", cell)
    assert fault(f"{shown}\n# %% [1]\nx = 1\n") is None

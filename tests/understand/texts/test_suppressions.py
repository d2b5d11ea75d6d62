from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies

from migrator.model import Place
from migrator.understand.texts.notebook import Notebook, read_notebook
from migrator.understand.texts.suppressions import LineRange, Suppression, gather, lines_at
from migrator.understand.texts.text import Text, Unreadable, read_script
from tests.reading import notebook_bytes, script

PATH = "recipe/job.py"
CELLS = "recipe/notebook.ipynb"
IGNORE = "# ngc-migrate: ignore[ngc-image] kept for the paper"


def in_script(source: str) -> list[Suppression]:
    return list(gather(script(source)))


def in_cells(*cells: str) -> list[Suppression]:
    text = read_notebook(CELLS, notebook_bytes(*cells))
    assert isinstance(text, Notebook), text
    return list(gather(text))


def spans(found: list[Suppression]) -> list[tuple[int, int]]:
    return [(one.lines.first, one.lines.last) for one in found if one.lines is not None]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1  # a comment\n",
        "x = '# ngc-migrate: ignore[ngc-image] in a string'\n",
        f'"""\n{IGNORE}\n"""\n',
        "# ngc-migrate: this is about the tool\n",
        "# ngc-migrate: ignored by all\n",
        '# write "# ngc-migrate: ignore[ngc-image] why" to keep it\n',
        "# my-ngc-migrate: ignore[ngc-image] why\n",
    ],
)
def test_text_without_a_directive_in_a_comment_has_none(source: str) -> None:
    assert in_script(source) == []


def test_cells_without_a_directive_in_a_comment_have_none() -> None:
    assert in_cells("x = 1", f"text = '''\n{IGNORE}\n'''", "# ngc-migrate is used here") == []


def test_a_comment_has_a_rule_a_reason_and_a_place() -> None:
    (found,) = in_script(f"x = 1\ny = 2  {IGNORE}\n")
    assert (found.rule, found.reason, found.place) == ("ngc-image", "kept for the paper", Place(PATH, line=2))
    assert found.reason


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        ("# ngc-migrate: ignore[a] why", ["a"]),
        ("#ngc-migrate:ignore[a] why", ["a"]),
        ("# NGC-migrate : Ignore [ a ] why", ["a"]),
        ("# noqa  # ngc-migrate: ignore[a] why", ["a"]),
        ("# ngc-migrate: ignore[a,b, c] why", ["a", "b", "c"]),
        ("# ngc-migrate: ignore[a,a,] why", ["a"]),
        ("# ngc-migrate: ignore[a] why # ngc-migrate: ignore[b] why", ["a", "b"]),
        ("# ngc-migrate: ignore[] why", [""]),
        ("# ngc-migrate: ignore why", [""]),
        ("# ngc-migrate: ignore[a why", [""]),
    ],
)
def test_the_rules_are_those_in_the_brackets(comment: str, rules: list[str]) -> None:
    assert [one.rule for one in in_script(f"x = 1  {comment}\n")] == rules


@pytest.mark.parametrize(
    ("behind", "reason"),
    [
        ("", ""),
        (" ", ""),
        (" - ", ""),
        (" # noqa", ""),
        ("# noqa", ""),
        (" why", "why"),
        (": why it stays", "why it stays"),
        (" \u2014 why", "why"),
        (" see #7", "see #7"),
        (" why  # noqa: E501", "why"),
    ],
)
def test_the_reason_is_what_stands_behind_the_brackets(behind: str, reason: str) -> None:
    (found,) = in_script(f"x = 1  # ngc-migrate: ignore[a]{behind}\n")
    assert found.reason == reason


def test_a_secret_in_a_reason_is_not_repeated() -> None:
    (found,) = in_script("x = 1  # ngc-migrate: ignore[a] password='hunter2hunter2'\n")
    assert "hunter2" not in found.reason


def test_a_reason_without_end_is_cut() -> None:
    (found,) = in_script(f"x = 1  # ngc-migrate: ignore[a] {'why ' * 9999}\n")
    assert len(found.reason) == 200


@pytest.mark.parametrize(
    ("source", "first", "last"),
    [
        (f"x = 1\ny = (  {IGNORE}\n    2)\n", 2, 2),
        (f"{IGNORE}\n\n# more\nx = (\n    1,\n)\ny = 2\n", 1, 6),
        (f"{IGNORE}\n{IGNORE}\nx = 1\n", 1, 3),
        (f"{IGNORE}\n@a\n@b\ndef f():\n    x = 1\n    y = 2\nz = 3\n", 1, 6),
        (f"def f():\n    {IGNORE}\n    x = 1\n    y = 2\n", 2, 3),
        (f"if a:\n    x = 1\n{IGNORE}\nelse:\n    y = 2\n", 3, 5),
        (f"x = f(\n    1,\n    {IGNORE}\n    2,\n    3)\ny = 4\n", 3, 4),
        (f"x = 1\n{IGNORE}\n", 2, 2),
        (f"{IGNORE}\nx = '''\n1\n'''\n", 1, 4),
    ],
)
def test_in_a_script_a_comment_counts_for_its_line_or_the_next_statement(
    source: str, first: int, last: int
) -> None:
    found = in_script(source)
    assert spans(found)[0] == (first, last)


def test_lines_are_the_same_with_any_line_end() -> None:
    source = f"x = 1\n\n{IGNORE}\ny = (\n    2)\nz = 3  {IGNORE}\n"
    for end in ("\n", "\r\n", "\r"):
        text = read_script(PATH, source.replace("\n", end).encode())
        assert isinstance(text, Text)
        assert spans(list(gather(text))) == [(3, 5), (6, 6)]


def test_in_a_script_that_does_not_parse_a_comment_alone_counts_to_the_next_line_of_code() -> None:
    assert spans(in_script(f"{IGNORE}\n\n# more\nprint 'done'\nprint 'gone'  {IGNORE}\n")) == [(1, 4), (5, 5)]


def test_in_a_script_that_has_no_tokens_comments_are_found_by_line() -> None:
    source = f"x = (\n{IGNORE}\ny = 'a # b'  {IGNORE}\nz = '{IGNORE}'\n'''"
    assert spans(in_script(source)) == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    "cell",
    [
        f"x = 1\n{IGNORE}\ny = 2",
        f"x = f(\n{IGNORE}\n    1)",
        f"print 'a'\n{IGNORE}\nprint 'b'",
        f"x = (\n{IGNORE}\n'''",
        f"%%writefile run.py\n{IGNORE}\nx = 1",
        f"%%bash\n{IGNORE}\naz batchai job create <<EOF",
        f"!ls\n{IGNORE}\nx = !pwd",
        f"    x = 1\n    {IGNORE}\n    y = 2",
    ],
)
def test_in_a_notebook_a_comment_alone_counts_for_its_cell(cell: str) -> None:
    (found,) = in_cells("x = 0", cell)
    assert found.place == Place(CELLS, 1, 2)
    assert found.lines == LineRange(CELLS, 1, 1, 3)


@pytest.mark.parametrize(
    "cell",
    [
        f"x = 1\ny = 2  {IGNORE}",
        f"print 'a'\nprint 'b'  {IGNORE}",
        f"x = 1\n!pip install horovod  {IGNORE}",
        f"%matplotlib inline\nx = !pwd  {IGNORE}",
        f"%%bash\naz batchai job create -f 'a b'  {IGNORE}",
    ],
)
def test_in_a_notebook_a_comment_behind_code_counts_for_its_line(cell: str) -> None:
    (found,) = in_cells("x = 0", cell)
    assert found.lines == LineRange(CELLS, 1, 2, 2)


PIECES = (*" \t\r\n\f#'\"\\()[]:=%!?x", "if 1:", "%%time", IGNORE, "\u2028", "\n")


@given(strategies.lists(strategies.sampled_from(PIECES)).map("".join))
@settings(deadline=None)
def test_no_text_is_too_broken(source: str) -> None:
    text = read_script(PATH, source.encode())
    assert isinstance(text, Text)
    last = len(text.line_starts)
    assert all(1 <= first <= end <= last for first, end in spans(list(gather(text))))
    for one in in_cells(source):
        assert one.lines is not None
        assert one.lines.meets(lines_at(one.place))


@pytest.mark.parametrize("source", [f"{IGNORE}\n" + "(" * 9999, f"{IGNORE}\n" + "-" * 99_999 + "1\n"])
def test_nesting_without_end_is_read_by_line(source: str) -> None:
    assert spans(in_script(source)) == [(1, 2)]


def test_a_lone_surrogate_in_a_cell_is_no_hindrance() -> None:
    data = notebook_bytes(f"x = 'MARK'\n{IGNORE}").replace(b"MARK", b"\\ud800")
    text = read_notebook(CELLS, data)
    assert not isinstance(text, Unreadable)
    assert len(gather(text)) == 1

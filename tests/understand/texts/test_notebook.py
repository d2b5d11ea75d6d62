from __future__ import annotations

import ast
import json

import pytest

from codemods.syntax.edits import Edit, OverlappingEdits, apply
from codemods.syntax.json_tree import InvalidJson, parse
from migrator.model import Place
from migrator.understand.texts.notebook import Notebook, read_notebook
from migrator.understand.texts.text import Unreadable


def notebook(data: bytes | str) -> Notebook:
    found = read_notebook("a.ipynb", data.encode() if isinstance(data, str) else data)
    assert isinstance(found, Notebook), found
    return found


def code(*sources: str | list[str], indent: int | str | None = 1) -> str:
    cells = [{"cell_type": "code", "outputs": [], "source": source} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=indent)


def edited(data: str, *edits: tuple[str, str]) -> str:
    """Replace every first part, which stands once in the joined text, by its second part."""
    view = notebook(data)
    made = []
    for old, new in edits:
        assert view.text.count(old) == 1
        start = view.text.index(old)
        made.append(Edit(start, start + len(old), new))
    return apply(view.edits(made), view.data).decode()


def unreadable(data: bytes | str) -> Unreadable:
    found = read_notebook("a.ipynb", data.encode() if isinstance(data, str) else data)
    assert isinstance(found, Unreadable)
    return found


# The views.


LINES = ['"source": ["y = 2"]\n', "\\", '\\"', 'plain, [0], {}, "outputs": [1', "Ünïcode \U0001f433", ""] * 30
OUTPUTS: list[object] = [
    {"output_type": "stream", "name": "stdout", "text": LINES},
    {"output_type": "display_data", "metadata": {"outputs": [[1]]}, "data": {"text/plain": LINES}},
    {"output_type": "error", "ename": "E", "evalue": "", "traceback": LINES[:1]},
]


def with_outputs(*names: str, outputs: object = OUTPUTS, is_first: bool = True) -> dict[str, object]:
    """Return a notebook of one cell a name, with its outputs before or behind its source."""
    cells = []
    for name in names:
        pairs = [("outputs", outputs), ("source", [f'{name} = 1  # "outputs": [\n', f"{name} = 2"])]
        pairs = pairs if is_first else pairs[::-1]
        cells.append({"cell_type": "code", "metadata": {"text": LINES, "outputs": [0]}, **dict(pairs)})
    return {"cells": cells, "metadata": {"outputs": OUTPUTS}, "nbformat": 4}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("form", ["one line", "indented", "tabs", "CRLF", "non-ASCII", "BOM", "none"])
def test_outputs_move_nothing_however_they_look(form: str, is_first: bool) -> None:
    indents: dict[str, int | str] = {"indented": 1, "tabs": "\t", "CRLF": 2}
    document = with_outputs("a", "b", outputs=[] if form == "none" else OUTPUTS, is_first=is_first)
    data = json.dumps(document, indent=indents.get(form), ensure_ascii=form != "non-ASCII")
    data = data.replace("\n", "\r\n") if form == "CRLF" else "\ufeff" + data if form == "BOM" else data
    assert [cell.text for cell in notebook(data).cells] == [
        f'{name} = 1  # "outputs": [\n{name} = 2' for name in "ab"
    ]
    assert [cell.has_outputs for cell in notebook(data).cells] == [form != "none"] * 2
    new = {"a = 2": "a = 3", "b = 1": "b = 10"}
    expected = data
    for old, text in new.items():
        expected = expected.replace(old, text)
    assert edited(data, *new.items()) == expected


@pytest.mark.parametrize(
    "broken", ["NaN", "{1: 2}", '["a"', "tru", '"\n"', "1]]", "0,", "[" * 20_000 + "]" * 20_000]
)
def test_outputs_that_are_no_json_are_told_by_their_place(broken: str) -> None:
    data = json.dumps(with_outputs("a"), indent=1).replace('"ename": "E"', f'"ename": {broken}')
    with pytest.raises(InvalidJson) as error:
        parse(data)
    found = unreadable(data)
    assert (found.message, found.line, found.column) == (
        error.value.message,
        error.value.line,
        error.value.column,
    )


def test_a_malformed_cell_behind_outputs_is_told_by_its_line() -> None:
    data = json.dumps(with_outputs("a", "b"), indent=1).replace('"b = 2"', "2")
    place = data.splitlines().index("    2")
    assert unreadable(data) == Unreadable("a source that is not text", place + 1, 5, 1)


def test_a_notebook_without_edits_keeps_its_bytes() -> None:
    view = notebook(code("x = 1"))
    assert view.edits([]) == ()


def test_an_edit_that_changes_nothing_is_no_edit() -> None:
    view = notebook(code("x = 1"))
    start = view.cells[0].start
    assert view.edits([Edit(start, start, "")]) == ()


def test_cells_are_joined_behind_anchors_with_their_own_index() -> None:
    cells = [
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"]},
        {"cell_type": "markdown", "source": "c = 3"},
        {"cell_type": "raw", "source": "d = 4"},
        {"cell_type": "code", "source": "e = 5\n", "outputs": [{}]},
    ]
    view = notebook(json.dumps({"cells": cells}))
    assert view.text == view.masked == "# %% [0]\na = 1\nb = 2\n# %% [3]\ne = 5\n"
    assert [(cell.index, view.text[cell.start : cell.end]) for cell in view.cells] == [
        (0, "a = 1\nb = 2"),
        (3, "e = 5\n"),
    ]
    assert [cell.has_outputs for cell in view.cells] == [False, True]


def test_cells_of_format_3_are_counted_over_all_worksheets() -> None:
    def sheet(text: str) -> dict[str, object]:
        return {
            "cells": [{"cell_type": "heading"}, {"cell_type": "code", "input": [text], "language": "python"}]
        }

    view = notebook(json.dumps({"worksheets": [sheet("x = 1"), sheet("y = 2")], "nbformat": 3}))
    assert view.text == "# %% [1]\nx = 1\n# %% [3]\ny = 2\n"
    assert view.language == "python"


def test_a_notebook_without_cells_has_no_text() -> None:
    view = notebook('{"cells": []}')
    assert (view.text, view.cells, view.place(0)) == ("", (), Place("a.ipynb"))
    with pytest.raises(ValueError, match="inside of one cell"):
        view.edits([Edit(0, 0, "x")])


def test_a_place_is_the_cell_and_the_line_in_it() -> None:
    view = notebook(code("a\nb", "c\nd"))
    assert view.place(view.text.index("b")) == Place("a.ipynb", 0, 2)
    assert view.place(view.text.index("d")) == Place("a.ipynb", 1, 2)
    assert view.place(view.text.index("# %% [1]")) == Place("a.ipynb", 1, 1)


def test_a_new_line_ends_as_the_others_of_its_cell() -> None:
    view = notebook(code("a\r\nb", "c\nd", "e"))
    assert view.newline_at(view.text.index("b")) == "\r\n"
    assert view.newline_at(view.text.index("d")) == "\n"
    assert view.newline_at(view.text.index("e")) == "\n"


def test_names_are_positions_of_the_text_behind_masked_and_wide_characters() -> None:
    view = notebook(code("!echo é", "s = 'é😀'; name = 1"))
    name = ast.parse(view.masked).body[-1]
    start = view.offset(name.lineno, name.col_offset)
    assert view.text[start : start + 4] == "name"


def test_a_cell_that_is_not_python_is_left_out_and_told() -> None:
    view = notebook(code("x = 1", "a = 1\nprint a", "y = x"))
    assert [(cell.cell, cell.line) for cell in view.unparsed] == [(1, 2)]
    assert view.masked == "# %% [0]\nx = 1\n# %% [1]\n     \n       \n# %% [2]\ny = x\n"


def test_what_the_parser_cannot_take_is_left_out() -> None:
    view = notebook(code("(" * 500, "x = '\ud800'", "a\0b", "-" * 100_000 + "1", "y = 1"))
    assert [cell.cell for cell in view.unparsed] == [0, 1, 2, 3]
    assert len(ast.parse(view.masked).body) == 1


def test_an_indented_cell_becomes_the_body_of_a_block() -> None:
    view = notebook(code("  x = 1\n  %time\n", "y = 2"))
    assert view.masked == "if 1:   \n  x = 1\n  0    \n# %% [1]\ny = 2\n"
    assert view.text.startswith("# %% [0]\n  x = 1\n  %time")
    assert view.unparsed == ()


def test_a_cell_of_another_language_is_blank_and_named() -> None:
    view = notebook(code("%%writefile job.json\n{}\n", "%%time\nx = 1"))
    assert [(each.magic.name, each.magic.line) for each in view.cells if each.magic] == [
        ("writefile", "job.json"),
        ("time", ""),
    ]
    assert view.masked == f"# %% [0]\n{' ' * 20}\n  \n# %% [1]\n      \nx = 1\n"
    assert view.unparsed == ()


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"language": "Python", "name": "x"}}, "python"),
        ({"language_info": {"name": "ipython"}}, "python"),
        ({"kernelspec": {"name": "my-env"}}, "python"),
        ({"kernelspec": {"name": "ir"}}, "r"),
        ({"language_info": {"name": "R"}}, "r"),
        ({"kernelspec": {"name": "julia-1.6"}}, "julia"),
        ({"kernelspec": {"language": "scala"}, "language_info": {"name": "python"}}, "scala"),
        ({"kernelspec": 3, "language_info": [1]}, "python"),
    ],
)
def test_the_language_is_what_the_metadata_tell(metadata: object, language: str) -> None:
    assert notebook(json.dumps({"cells": [], "metadata": metadata})).language == language


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "3",
        "{}",
        '{"cells": {}}',
        '{"cells": [1]}',
        '{"cells": [{}]}',
        '{"cells": [{"cell_type": "code"}]}',
        '{"cells": [{"cell_type": "code", "source": null}]}',
        '{"cells": [{"cell_type": "code", "source": [1]}]}',
        '{"worksheets": {}}',
        '{"worksheets": [{}]}',
        '{"cells": []} x',
        "[" * 100_000,
        b"\xff\xfe{\0}\0",
        b'{"cells": ["\xff"]}',
    ],
)
def test_what_is_not_a_notebook_is_unreadable(data: bytes | str) -> None:
    assert unreadable(data).message


def test_unreadable_tells_the_line_the_column_and_the_cell() -> None:
    found = unreadable('{"cells": [\n {"cell_type": "code",\n  "source": 3}]}')
    assert (found.line, found.column, found.cell) == (3, 13, 0)


# The edits.


def test_an_edit_in_a_line_keeps_the_escapes_around_it() -> None:
    data = '{"cells":[{"cell_type":"code","source":["x = \'\\u00e9\\/\' # old \\ud83d\\ude00\\t"]}]}'
    assert edited(data, ("old", "é")) == data.replace("old", "\\u00e9")


def test_a_file_with_raw_characters_gets_raw_characters() -> None:
    assert edited('{"cells":[{"cell_type":"code","source":"é old"}]}', ("old", "ü")) == (
        '{"cells":[{"cell_type":"code","source":"é ü"}]}'
    )


def test_a_lone_surrogate_is_written_as_an_escape() -> None:
    assert edited('{"cells":[{"cell_type":"code","source":"é old"}]}', ("old", "\ud800")) == (
        '{"cells":[{"cell_type":"code","source":"é \\ud800"}]}'
    )


def test_a_new_line_is_a_new_string_behind_the_siblings_separator() -> None:
    data = '{"cells":[{"cell_type":"code","source":[\r\n\t"a\\n" ,\r\n\t"b"\r\n]}]}'
    assert edited(data, ("b", "x\nb")) == data.replace('"b"', '"x\\n" ,\r\n\t"b"')
    unlike = '{"cells":[{"cell_type":"code","source":["a\\n",\t"b\\n" , "c"]}]}'
    assert edited(unlike, ("b", "x\nb")) == unlike.replace('"b', '"x\\n" , "b')
    assert edited(data, ("a\n", "a\nx\n")) == data.replace('"a\\n"', '"a\\n" ,\r\n\t"x\\n"')


def test_a_new_line_in_a_list_of_one_follows_the_bracket() -> None:
    assert edited(code(["a"]), ("a", "a\nb")) == code(["a\n", "b"])
    assert edited(code(["a"], indent=None), ("a", "a\nb")) == code(["a\n", "b"], indent=None)


def test_a_new_line_in_a_single_string_is_escaped() -> None:
    assert edited(code("a"), ("a", "a\nb")) == code("a\nb")


def test_text_for_an_empty_list_makes_strings() -> None:
    view = notebook(code([], indent=None))
    start = view.cells[0].start
    result = apply(view.edits([Edit(start, start, "a\nb")]), view.data).decode()
    assert result == code(["a\n", "b"], indent=None)


def test_a_line_behind_the_last_is_a_new_string() -> None:
    assert edited(code(["a\n", "b"]), ("b", "b\nc")) == code(["a\n", "b\n", "c"])
    view = notebook(code(["a\n", "b\n"]))
    end = view.cells[0].end
    assert apply(view.edits([Edit(end, end, "c\n")]), view.data).decode() == code(["a\n", "b\n", "c\n"])


def test_a_deleted_line_takes_its_separator_along() -> None:
    lines = ["a\n", "b\n", "c\n", "d"]
    assert edited(code(lines), ("a\n", "")) == code(lines[1:])
    assert edited(code(lines), ("b\nc\n", "")) == code(["a\n", "d"])
    assert edited(code(lines), ("d", "")) == code(lines[:3])
    assert edited(code(lines), ("c\nd", "")) == code(lines[:2])
    assert edited(code(lines), ("a\nb\nc\nd", "")) == code([""])


def test_adjacent_deletions_are_one() -> None:
    assert edited(code(["a\n", "b\n", "c"]), ("b\n", ""), ("c", "")) == code(["a\n"])


def test_joined_lines_are_one_string() -> None:
    lines = ["a\n", "b\n", "c"]
    assert edited(code(lines), ("\nb", "b")) == code(["ab\n", "c"])
    assert edited(code(lines), ("a\n", "x")) == code(["xb\n", "c"])


def test_a_replaced_line_leaves_its_neighbours_strings_alone() -> None:
    assert edited(code(["a\n", "b\n", "c"]), ("b\n", "x\ny\n")) == code(["a\n", "x\n", "y\n", "c"])


def test_strings_without_line_ends_or_with_several_stay() -> None:
    data = code(["a", "", "b\nc\n", "d", ""])
    assert edited(data, ("b", "x")) == code(["a", "", "x\nc\n", "d", ""])
    assert edited(data, ("d", "")) == code(["a", "", "b\nc\n", ""])


def test_a_byte_order_mark_is_kept() -> None:
    data = b"\xef\xbb\xbf" + code(["é", "x"]).encode()
    view = notebook(data)
    start = view.text.index("x")
    assert apply(view.edits([Edit(start, start + 1, "y")]), data) == data.replace(b'"x"', b'"y"')


@pytest.mark.parametrize("span", [(0, 1), (8, 10), (9, 25), (14, 16), (15, 15), (9, 99), (-1, 9), (99, 99)])
def test_an_edit_outside_of_a_cell_is_refused(span: tuple[int, int]) -> None:
    view = notebook(code("x = 1", "y = 2"))
    assert (view.cells[0].start, view.cells[0].end) == (9, 14)
    with pytest.raises(ValueError, match="inside of one cell"):
        view.edits([Edit(*span, "z")])


def test_overlapping_edits_are_refused() -> None:
    view = notebook(code("abcdef"))
    for second in (Edit(10, 13, "y"), Edit(11, 11, "y")):
        with pytest.raises(OverlappingEdits):
            view.edits([Edit(9, 12, "x"), second])
    with pytest.raises(OverlappingEdits):
        view.edits([Edit(9, 9, "x"), Edit(9, 9, "y")])

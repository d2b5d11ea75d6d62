from __future__ import annotations

import ast
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.model_imports import add_model_import
from codemods.syntax.source import NotRewritable

M = "from azure.mgmt.batchai.models import"


@pytest.mark.parametrize("statement", [f"{M} B, A", f"{M} (\n    A, B\n)", f"{M} *", f"{M} X as A, B  # c\n"])
def test_names_that_are_bound_are_not_added(statement: str) -> None:
    assert add_model_import(statement, ["A", "B"] if "*" in statement else ["B"]) == statement


@pytest.mark.parametrize(
    "statement",
    ["import a.models", f"{M} A; x = 1", "from .x import A", "from a.models.x import A", "a", "", f"{M} (A"],
)
def test_other_statements_are_refused(statement: str) -> None:
    with pytest.raises(NotRewritable):
        add_model_import(statement, ["B"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{M} Z, C", f"{M} Z, C, K, D"),
        (f"{M} C, Z  # c\n", f"{M} C, D, K, Z  # c\n"),
        (f"{M} b, C", f"{M} b, C, D, K"),
        (f"{M} (Z, C)", f"{M} (Z, C, K, D)"),
        (f"{M} (\n    Z,\n    C\n)", f"{M} (\n    Z,\n    C,\n    K,\n    D\n)"),
        (f"{M} (\r\n    Z,\r\n    C,\r\n)", f"{M} (\r\n    Z,\r\n    C,\r\n    K,\r\n    D,\r\n)"),
        (f"{M} (Z,\n      C)", f"{M} (Z,\n      C,\n      K,\n      D)"),
        (f"{M} Z, \\\n    C", f"{M} Z, \\\n    C, \\\n    K, \\\n    D"),
        (f"{M} (\n    Z,  # z\n    C  # c\n)", f"{M} (\n    Z,  # z\n    C,  # c\n    K,\n    D\n)"),
        (f"{M} (Z, C,  # c\n    )", f"{M} (Z, C, K, D,  # c\n    )"),
    ],
)
def test_names_join_the_list_in_the_author_s_layout(before: str, after: str) -> None:
    assert add_model_import(before, ["K", "D"]) == after
    assert add_model_import(after, ["K", "D"]) == after
    ast.parse(after)


@given(
    st.text(max_size=40), st.sampled_from(["{}", f"{M} {{}}", f"{M} ({{}})"]), st.lists(st.text(max_size=5))
)
@settings(deadline=None)
def test_any_text_is_rewritten_or_refused(text: str, template: str, names: list[str]) -> None:
    with contextlib.suppress(NotRewritable):
        add_model_import(template.format(text), names)

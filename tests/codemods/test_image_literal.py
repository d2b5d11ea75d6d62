from __future__ import annotations

import ast
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.image_literal import rewrite_literal
from codemods.syntax.source import NotRewritable


@pytest.mark.parametrize("expression", ["'b:1'", '"b:1"', "'b' ':1'", "f'b:1'", "( 'b:1' )", "'b\\x3a1'"])
def test_a_literal_of_that_image_comes_back_unchanged(expression: str) -> None:
    assert rewrite_literal(expression, "b:1") == expression


@pytest.mark.parametrize(
    "expression", ["b'a'", "f'{a}:1'", "'a' f'{b}'", "a", "'a' + 'b'", "'a'  # c\n 'b'", "'", "1"]
)
def test_what_is_no_plain_literal_is_refused(expression: str) -> None:
    with pytest.raises(NotRewritable):
        rewrite_literal(expression, "b:1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("'a'", "'b:1'"),
        ('"a"', '"b:1"'),
        ("u'a'", "u'b:1'"),
        ('R"a"', 'R"b:1"'),
        ("f'a'", "f'b:1'"),
        ('"""a"""', '"""b:1"""'),
        ("'a' \"b:2\"", "'b:1'"),
        ("'a'\n    'b:2'", "'b:1'"),
        ("( 'a'\n  'b:2' )", "( 'b:1' )"),
        ("('a')", "('b:1')"),
    ],
)
def test_the_author_s_quotes_prefix_and_brackets_stay(before: str, after: str) -> None:
    assert rewrite_literal(before, "b:1") == after
    assert rewrite_literal(after, "b:1") == after


@given(st.text(max_size=20), st.sampled_from(["'a'", 'r"a"', "f'a'", "'''a'''", "u'a' 'b'"]))
@settings(deadline=None)
def test_the_literal_has_the_value_of_any_image(image: str, expression: str) -> None:
    assert ast.literal_eval(rewrite_literal(expression, image).lstrip("f")) == image


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_is_rewritten_or_refused(expression: str) -> None:
    with contextlib.suppress(NotRewritable):
        rewrite_literal(expression, "b:1")

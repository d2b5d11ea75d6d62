"""Puts another image into a string literal, with the author's quotes.

Example: ``u"bvlc/caffe:gpu"`` becomes ``u"nvcr.io/nvidia/caffe:17.12"``.
"""

from __future__ import annotations

import ast
import warnings

import libcst as cst

from codemods.syntax.source import NotRewritable, parse_expression


def rewrite_literal(expression: str, image: str) -> str:
    """Return the string literal ``expression`` with the value ``image``, in the author's quotes.

    The literal may be joined from several, bracketed, or an f-string without placeholders; one that
    has the value already comes back unchanged. Raises NotRewritable, NotLossless.
    """
    parsed = parse_expression(expression)
    return parsed.code(with_image(parsed.node, image))


def with_image(node: cst.BaseExpression, image: str) -> cst.BaseExpression:
    """Return a literal of the value ``image`` in the style of ``node``.

    Raises NotRewritable if ``node`` is no literal text or a comment stands inside it.
    """
    value = literal_value(node)
    if value is None:
        raise NotRewritable("the image is not a plain string literal")
    if value == image:
        return node
    if has_comment(node.with_changes(lpar=(), rpar=())):
        raise NotRewritable("a comment stands between the parts of the image literal")
    first = _first_part(node)
    start = (
        first.start
        if isinstance(first, cst.FormattedString)
        else first.value[: len(first.prefix)] + first.quote
    )
    text = f"{start}{image}{first.quote}"
    if "\\" in image or _evaluated(text) != image:
        text = repr(image)
    return cst.parse_expression(text).with_changes(lpar=node.lpar, rpar=node.rpar)


def literal_value(node: cst.BaseExpression) -> str | None:
    """Return the text of a string literal, None for everything else."""
    if isinstance(node, cst.ConcatenatedString):
        left, right = literal_value(node.left), literal_value(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, (cst.SimpleString, cst.FormattedString)):
        bare = node.with_changes(lpar=(), rpar=())
        return _evaluated(cst.Module([]).code_for_node(bare))
    return None


def quote_of(node: cst.BaseExpression) -> str | None:
    """Return ``'`` or ``"``, the kind of quote that the literal ``node`` starts with."""
    if literal_value(node) is None:
        return None
    return _first_part(node).quote[0]


def _evaluated(text: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    parts = tree.values if isinstance(tree, ast.JoinedStr) else [tree]
    values = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return "".join(values) if len(values) == len(parts) else None


def _first_part(node: cst.BaseExpression) -> cst.SimpleString | cst.FormattedString:
    while isinstance(node, cst.ConcatenatedString):
        node = node.left
    if not isinstance(node, (cst.SimpleString, cst.FormattedString)):
        raise NotRewritable("the image is not a plain string literal")
    return node


def has_comment(node: cst.BaseExpression) -> bool:
    """Return whether a comment stands inside of ``node``."""
    finder = _Comments()
    node.visit(finder)
    return finder.found


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found = True

"""Puts another image into a string literal, with the author's quotes.

Example: ``u"bvlc/caffe:gpu"`` becomes ``u"nvcr.io/nvidia/caffe:17.12"``.
"""

from __future__ import annotations

import ast
import re
import warnings

import libcst as cst

from codemods.syntax.source import NotRewritable, code, nodes_in, parse_expression, rewritten

_START = re.compile("([a-zA-Z]*)('''|\"\"\"|'|\")")


def rewrite_literal(expression: str, image: str) -> str:
    """Return the string literal ``expression`` with the value ``image``, in the author's quotes.

    The literal may be joined from several, bracketed, or an f-string without placeholders; one that
    has the value already comes back unchanged. Raises NotRewritable.
    """
    return rewritten(expression, lambda source: code(with_image(parse_expression(source), image)))


def with_image(node: cst.BaseExpression, image: str) -> cst.BaseExpression:
    """Return a literal of the value ``image`` in the style of ``node``.

    Raises NotRewritable if ``node`` is no literal text or a comment stands inside it.
    """
    value = literal_value(node)
    if value is None:
        raise NotRewritable("the image is not a plain string literal")
    if value == image:
        return node
    bare = node.with_changes(lpar=(), rpar=())
    if nodes_in(bare, cst.Comment):
        raise NotRewritable("a comment stands between the parts of the image literal")
    prefix, quote = _START.findall(code(bare))[0]
    text = f"{prefix}{quote}{image}{quote}"
    if "\\" in image or _evaluated(text) != image:
        text = repr(image)
    return cst.parse_expression(text).with_changes(lpar=node.lpar, rpar=node.rpar)


def literal_value(node: cst.BaseExpression) -> str | None:
    """Return the text of a string literal, None for everything else."""
    is_literal = isinstance(node, cst.SimpleString | cst.FormattedString | cst.ConcatenatedString)
    return _evaluated(f"({code(node)})") if is_literal else None


def quote_of(node: cst.BaseExpression) -> str | None:
    """Return ``'`` or ``"``, the kind of quote that the literal ``node`` starts with."""
    if literal_value(node) is None:
        return None
    quote: str = _START.findall(code(node.with_changes(lpar=(), rpar=())))[0][1]
    return quote[0]


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

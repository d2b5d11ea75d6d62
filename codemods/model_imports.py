"""Adds names to an import of the Batch AI models.

Example: ``from azure.mgmt.batchai.models import ImageSourceRegistry`` becomes
``from azure.mgmt.batchai.models import ImageSourceRegistry, PrivateRegistryCredentials``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from codemods.syntax.source import NotRewritable, dotted, parse_statement


def add_model_import(statement: str, names: Sequence[str]) -> str:
    """Return the ``from … import …`` statement with ``names`` imported too, in the author's layout.

    A sorted list stays sorted; names that are bound already, or by a star, are left out. Continuation
    lines of ``statement`` keep their indentation. Raises NotRewritable, NotLossless.
    """
    module = parse_statement(statement)
    line = module.body[0]
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        raise NotRewritable("it is not one import statement")
    node = line.body[0]
    if not isinstance(node, cst.ImportFrom):
        raise NotRewritable("it is not a from import")
    return module.with_changes(body=[line.with_changes(body=[_with_names(node, names)])]).code


def _with_names(node: cst.ImportFrom, names: Sequence[str]) -> cst.ImportFrom:
    """Return ``node`` with ``names`` imported too. Raises NotRewritable where they cannot be."""
    if isinstance(node.names, cst.ImportStar):
        return node
    if node.module is None or (dotted(node.module) or "").rpartition(".")[2] != "models":
        raise NotRewritable("it does not import from a package of models")
    aliases = list(node.names)
    sort_key = _sort_key([alias.evaluated_name for alias in aliases])
    gap = _gap(node)
    for name in names:
        if not name.isidentifier():
            raise NotRewritable(f"{name!r} is not a name")
        if name in {alias.evaluated_alias or alias.evaluated_name for alias in aliases}:
            continue
        keys = [sort_key(alias.evaluated_name) for alias in aliases] if sort_key else []
        index = sum(key <= sort_key(name) for key in keys) if sort_key else len(aliases)
        node = _insert(node, aliases, index, name, gap)
        aliases = list(node.names) if not isinstance(node.names, cst.ImportStar) else []
    return node


def _sort_key(names: Sequence[str]) -> Callable[[str], str] | None:
    for key in (str, str.casefold):
        if sorted(names, key=key) == list(names):
            return key
    return None


def _gap(node: cst.ImportFrom) -> cst.BaseParenthesizableWhitespace:
    """Return the whitespace that the author puts between two names, without comments."""
    names = [] if isinstance(node.names, cst.ImportStar) else list(node.names)
    gaps = [alias.comma.whitespace_after for alias in names[:-1] if isinstance(alias.comma, cst.Comma)]
    if not gaps and node.lpar is not None:
        gaps = [node.lpar.whitespace_after]
    if gaps and all(isinstance(gap, cst.ParenthesizedWhitespace) for gap in gaps):
        return _without_comments(gaps[-1])
    has_backslash = [isinstance(gap, cst.SimpleWhitespace) and "\\" in gap.value for gap in gaps]
    return gaps[-1] if has_backslash and all(has_backslash) else cst.SimpleWhitespace(" ")


def _without_comments(gap: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return gap
    ending = cst.TrailingWhitespace(newline=gap.first_line.newline)
    return gap.with_changes(first_line=ending, empty_lines=())


def _insert(
    node: cst.ImportFrom,
    aliases: list[cst.ImportAlias],
    index: int,
    name: str,
    gap: cst.BaseParenthesizableWhitespace,
) -> cst.ImportFrom:
    new = cst.ImportAlias(cst.Name(name), comma=cst.Comma(whitespace_after=gap))
    if index < len(aliases):
        return node.with_changes(names=[*aliases[:index], new, *aliases[index:]])
    last = aliases[-1]
    closing = _closing(node, last)
    tail: cst.Comma | cst.MaybeSentinel = cst.MaybeSentinel.DEFAULT
    comma = cst.Comma(whitespace_after=_commented(gap, closing))
    if isinstance(gap, cst.ParenthesizedWhitespace):
        closing = _without_comments(closing)
    if isinstance(last.comma, cst.Comma):
        tail = last.comma.with_changes(whitespace_after=closing)
    elif node.rpar is not None:
        node = node.with_changes(rpar=node.rpar.with_changes(whitespace_before=closing))
    last = last.with_changes(comma=comma)
    return node.with_changes(names=[*aliases[:-1], last, new.with_changes(comma=tail)])


def _closing(node: cst.ImportFrom, last: cst.ImportAlias) -> cst.BaseParenthesizableWhitespace:
    if isinstance(last.comma, cst.Comma):
        return last.comma.whitespace_after
    return cst.SimpleWhitespace("") if node.rpar is None else node.rpar.whitespace_before


def _commented(
    gap: cst.BaseParenthesizableWhitespace, tail: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """Return ``gap`` with the comments of ``tail``, which speak of the name before it."""
    if not isinstance(gap, cst.ParenthesizedWhitespace) or not isinstance(tail, cst.ParenthesizedWhitespace):
        return gap
    return gap.with_changes(first_line=tail.first_line, empty_lines=tail.empty_lines)

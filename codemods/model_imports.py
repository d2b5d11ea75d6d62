"""Adds names to an import of the Batch AI models.

Example: ``from azure.mgmt.batchai.models import ImageSourceRegistry`` becomes
``from azure.mgmt.batchai.models import ImageSourceRegistry, PrivateRegistryCredentials``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from codemods.syntax.layout import Items
from codemods.syntax.source import NotRewritable, dotted, parse_module, rewritten

_IMPORT = re.compile(r"\bimport\b")
_COMMENTS = re.compile(r"[ \t]*#[^\n]*|(?<=\n)[ \t]*\n")


def add_model_import(statement: str, names: Sequence[str]) -> str:
    """Return the ``from … import …`` statement with ``names`` imported too, in the author's layout.

    A sorted list stays sorted; names that are bound already, or by a star, are left out. Continuation
    lines of ``statement`` keep their indentation. Raises NotRewritable.
    """
    return rewritten(statement, lambda source: _with_names(source, names))


def _with_names(statement: str, names: Sequence[str]) -> str:
    body = parse_module(statement).body
    line = body[0] if len(body) == 1 else None
    node = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if not isinstance(node, cst.ImportFrom):
        raise NotRewritable("it is not one from import")
    if isinstance(node.names, cst.ImportStar):
        return statement
    if node.module is None or (dotted(node.module) or "").rpartition(".")[2] != "models":
        raise NotRewritable("it does not import from a package of models")
    if not all(map(str.isidentifier, names)):
        raise NotRewritable("a name that it needs is no name")
    bound = {alias.evaluated_alias or alias.evaluated_name for alias in node.names}
    imported = [alias.evaluated_name for alias in node.names]
    sort_key = next((key for key in (str, str.casefold) if sorted(imported, key=key) == imported), None)
    items = old = Items.of(node)
    # Between two names of one line stands a space, else what stands between the last two, without comments.
    gaps = old.gaps[1:-1] or (old.gaps[:1] if node.lpar else ())
    gap = _COMMENTS.sub("", gaps[-1]) if gaps and all("\n" in gap for gap in gaps) else " "
    for name in dict.fromkeys(name for name in names if name not in bound):
        index = sum(sort_key is None or sort_key(each) <= sort_key(name) for each in imported)
        imported.insert(index, name)
        items = items.insert(index, name, gap)
    start = _IMPORT.search(statement)
    head = start.end() if start else 0
    return statement[:head] + statement[head:].replace(old.source, items.source, 1)

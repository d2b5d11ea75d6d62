"""What several tests read: modules, notebooks and jobs from sources given as text."""

from __future__ import annotations

import ast
import json
from textwrap import dedent

from migrator.understand.python.module import PythonModule
from migrator.understand.python.modules import Modules, NoFiles
from migrator.understand.texts.text import Text, read_script


def script(source: str | bytes, path: str = "recipe/job.py") -> Text:
    data = dedent(source).encode() if isinstance(source, str) else source
    found = read_script(path, data)
    assert isinstance(found, Text), found
    return found


def module_of(source: str) -> PythonModule:
    return parsed("recipe/job.py", dedent(source).encode())


def parsed(path: str, data: bytes) -> PythonModule:
    """Return a script or notebook that stands alone."""
    found = Modules(NoFiles()).parsed(path, data)[0].module
    assert isinstance(found, PythonModule), found
    return found


def notebook_bytes(*cells: str) -> bytes:
    sources = [dedent(cell).strip("\n").splitlines(keepends=True) for cell in cells]
    listed = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    document = {"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}
    return json.dumps(document, indent=1).encode()


def notebook_of(*cells: str) -> PythonModule:
    return parsed("recipe/notebook.ipynb", notebook_bytes(*cells))


def node_of(module: PythonModule, source: str) -> ast.expr:
    """Return the last expression of the module that is written exactly as ``source``."""
    found = [node for node in module.names.uses if module.source(node) == source]
    return max(found, key=module.span)

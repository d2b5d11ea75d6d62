"""Who may import whom. A new rule is a row in one of the two tables."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("codemods", "migrator")

# What is imported (with everything below it), and the modules that alone may do so.
ONLY: dict[str, tuple[str, ...]] = {
    "migrator": ("migrator", "migrator.*"),
    "libcst": ("codemods.*", "migrator.rewrite*"),
    "tree_sitter": ("codemods.*",),
    "tree_sitter_json": ("codemods.*",),
    "typer": ("migrator.cli*", "migrator.console", "migrator.reports*"),
    "rich": ("migrator.cli*", "migrator.console", "migrator.reports*"),
    "azure": ("migrator.sdk",),
    "msrest": ("migrator.sdk",),
    "pathspec": ("migrator.discover*", "migrator.ignores"),
    "migrator.cli": ("migrator.cli*", "migrator.__main__"),
}

STAGES = tuple(
    f"migrator.{name}" for name in ("discover", "decide", "rewrite", "verify", "pipeline", "write")
)

# Modules, and what they never import.
NEVER: dict[str, tuple[str, ...]] = {
    "migrator.reports*": STAGES,
    "migrator.model": (*STAGES, "migrator.reports"),
    "migrator.*": ("pickle", "click"),
    "codemods*": ("os", "subprocess", "socket", "pathlib"),
}


def modules() -> dict[str, Path]:
    """Return the project's modules by dotted name."""
    found = {}
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(source: str, package: str = "") -> Iterator[str]:
    """Yield what ``source`` imports anywhere, also in functions; ``from a import b`` gives ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def is_below(name: str, top: str) -> bool:
    """Tell whether ``name`` is ``top`` or something in it."""
    return name == top or name.startswith(f"{top}.")


def is_allowed(module: str, imported: str) -> bool:
    """Tell whether the tables let ``module`` import ``imported``."""
    only = [globs for top, globs in ONLY.items() if is_below(imported, top)]
    never = [tops for glob, tops in NEVER.items() if fnmatchcase(module, glob)]
    return all(any(fnmatchcase(module, glob) for glob in globs) for globs in only) and not any(
        is_below(imported, top) for tops in never for top in tops
    )


def imported_by(module: str, path: Path) -> list[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return list(imports(path.read_text(encoding="utf-8"), package))


@pytest.mark.parametrize(("module", "path"), sorted(modules().items()), ids=str)
def test_a_module_imports_only_what_its_layer_may(module: str, path: Path) -> None:
    assert [name for name in imported_by(module, path) if not is_allowed(module, name)] == []


def test_every_restricted_name_is_imported_somewhere() -> None:
    seen = {name for module, path in modules().items() for name in imported_by(module, path)}
    assert [top for top in ONLY if not any(is_below(name, top) for name in seen)] == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("codemods.source", "libcst.matchers"),
        ("migrator.console", "rich.text"),
        ("migrator.decide", "migrator.model.Job"),
        ("migrator.decide", "typernot"),
    ],
)
def test_an_import_inside_the_layer_is_allowed(module: str, imported: str) -> None:
    assert is_allowed(module, imported)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("codemods.source", "migrator.model.Job"),
        ("migrator.decide", "libcst"),
        ("migrator.decide", "rich.text.Text"),
        ("migrator.decide", "azure.mgmt.batchai.models"),
        ("migrator.reports.text", "migrator.pipeline.plan"),
        ("migrator.discover", "migrator.cli.main"),
    ],
)
def test_an_import_across_the_layers_is_refused(module: str, imported: str) -> None:
    assert not is_allowed(module, imported)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = 'import os'", []),
        ("import a.b as c, d", ["a.b", "d"]),
        ("from a import b, c", ["a.b", "a.c"]),
        ("def f():\n    import late", ["late"]),
        ("from . import model", ["migrator.reports.model"]),
        ("from ..model import Job", ["migrator.model.Job"]),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, names: list[str]) -> None:
    assert list(imports(source, "migrator.reports")) == names

"""Who may import whom: packages in one row, and the few modules that may load a library.

The row and its two side rooms are the project's map; a new package is a new name in ``ROW``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A room may import the rooms to its right, never one to its left or beside it. "model" is what stands
# alone at the top of migrator/: the values that pass, what the user chose, what no output may show.
ROW: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("pipeline",),
    ("verify", "rewrite"),
    ("decide",),
    ("understand",),
    ("discover",),
    ("catalogue",),
    ("model",),
    ("codemods",),
)
SIDE_ROOMS: dict[str, tuple[str, ...]] = {
    "report": ("model", "codemods"),
    "write": ("model", "codemods", "discover"),
    "online": ("catalogue", "model", "codemods"),
}
ROOMS = (*(room for rooms in ROW for room in rooms), *SIDE_ROOMS)
# Of discover, write knows how files are read and nothing else.
NARROW = {("write", "discover"): ("migrator.discover.reading",)}
ENTRANCE = ("migrator", "migrator.__main__")

# What is imported (with everything below it), and the modules that alone may do so.
ONLY: dict[str, tuple[str, ...]] = {
    "libcst": ("codemods.*", "migrator.rewrite.*"),
    "markdown_it": ("migrator.understand.texts.markdown",),
    "tree_sitter": ("codemods.*",),
    "tree_sitter_json": ("codemods.*",),
    "typer": ("migrator.cli.*",),
    "rich": ("migrator.cli.*", "migrator.report.*"),
    "azure": ("migrator.verify.jobs", "migrator.online.vault"),
    "dxf": ("migrator.online.registry",),
    "requests": ("migrator.online.registry",),
    "urllib3": ("migrator.online.registry",),
    "msrest": ("migrator.verify.jobs",),
}
NEVER: dict[str, tuple[str, ...]] = {
    "migrator.*": ("pickle", "click"),
    "codemods*": ("os", "subprocess", "socket", "pathlib"),
}


def modules() -> dict[str, Path]:
    """Return the project's modules by dotted name."""
    found = {}
    for path in (path for package in ("codemods", "migrator") for path in (ROOT / package).rglob("*.py")):
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


def room_of(name: str) -> str | None:
    """Return the room of a module, or of what is imported from one; None for other people's."""
    top, _, rest = name.partition(".")
    inside = rest.partition(".")[0]
    if top == "codemods":
        return "codemods"
    if top != "migrator":
        return None
    return inside if inside in ROOMS and inside not in ("model", "codemods") else "model"


def is_below(name: str, top: str) -> bool:
    """Tell whether ``name`` is ``top`` or something in it."""
    return name == top or name.startswith(f"{top}.")


def is_open(room: str, other: str) -> bool:
    """Tell whether a room may import another."""
    if room == other:
        return True
    if room in SIDE_ROOMS:
        return other in SIDE_ROOMS[room]
    if other in SIDE_ROOMS:
        return room == "cli"
    level = {name: index for index, rooms in enumerate(ROW) for name in rooms}
    return level[room] < level[other]


def is_allowed(module: str, imported: str) -> bool:
    """Tell whether the tables let ``module`` import ``imported``."""
    only = [globs for top, globs in ONLY.items() if is_below(imported, top)]
    never = [tops for glob, tops in NEVER.items() if fnmatchcase(module, glob)]
    if not all(any(fnmatchcase(module, glob) for glob in globs) for globs in only):
        return False
    if any(is_below(imported, top) for tops in never for top in tops):
        return False
    room, other = room_of(module), room_of(imported)
    if room is None or other is None or module in ENTRANCE:
        return True
    narrow = NARROW.get((room, other))
    return is_open(room, other) and (narrow is None or any(is_below(imported, top) for top in narrow))


def imported_by(module: str, path: Path) -> list[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return list(imports(path.read_text(encoding="utf-8"), package))


def module_in(room: str) -> str:
    """Return the name of a module that a room could have."""
    return {"codemods": "codemods.one", "model": "migrator.model"}.get(room, f"migrator.{room}.one")


# Right of cli stand all others; the side rooms are seen by cli alone.
OPEN = (
    {("cli", room) for room in ROOMS if room != "cli"}
    | {
        (left, right)
        for index, rooms in enumerate(ROW[1:], 1)
        for left in rooms
        for right in (room for further in ROW[index + 1 :] for room in further)
    }
    | {
        ("report", "model"),
        ("report", "codemods"),
        ("write", "model"),
        ("write", "codemods"),
        ("online", "catalogue"),
        ("online", "model"),
        ("online", "codemods"),
    }
)
CLOSED = sorted({pair for pair in product(ROOMS, ROOMS) if pair[0] != pair[1]} - OPEN)


@pytest.mark.parametrize(("module", "path"), sorted(modules().items()), ids=str)
def test_a_module_imports_only_what_its_room_may(module: str, path: Path) -> None:
    assert [name for name in imported_by(module, path) if not is_allowed(module, name)] == []


@pytest.mark.parametrize(("room", "other"), CLOSED)
def test_every_forbidden_pair_of_rooms_is_refused(room: str, other: str) -> None:
    assert not is_allowed(module_in(room), f"{module_in(other)}.Thing")


@pytest.mark.parametrize(("room", "other"), sorted(OPEN))
def test_every_open_pair_of_rooms_is_allowed(room: str, other: str) -> None:
    assert is_allowed(module_in(room), f"{module_in(other)}.Thing")


def test_a_module_uses_other_rooms_by_their_faces() -> None:
    behind = [
        (module, name)
        for module, path in modules().items()
        for name in imported_by(module, path)
        if is_behind_a_face(module, name)
    ]
    assert behind == []


def is_behind_a_face(module: str, name: str) -> bool:
    """Tell whether ``name`` is taken from a module of another room, and not from the room's ``__init__``.

    The formats of report are loaded one by one, and each codemod is a face of its own.
    """
    room, other = room_of(module), room_of(name)
    if room == other or other in (None, "model", "codemods", "report") or module in ENTRANCE:
        return False
    origin = ROOT.joinpath(*name.split(".")[:-1])
    is_narrow = any(is_below(name, top) for top in NARROW.get((str(room), str(other)), ()))
    return not origin.is_dir() and not is_narrow


def test_a_name_from_behind_a_face_is_told() -> None:
    assert is_behind_a_face("migrator.decide.verdict", "migrator.catalogue.images.ImageReference")
    assert not is_behind_a_face("migrator.decide.verdict", "migrator.catalogue.ImageReference")
    assert not is_behind_a_face("migrator.decide.verdict", "migrator.understand.python.PythonModule")


def test_every_room_exists_and_every_package_is_a_room() -> None:
    folders = {path.name for path in (ROOT / "migrator").iterdir() if (path / "__init__.py").is_file()}
    assert {*folders, "model", "codemods"} == set(ROOMS)


def test_no_two_classes_share_a_name() -> None:
    nodes = ((module, ast.walk(ast.parse(path.read_bytes()))) for module, path in modules().items())
    places: dict[str, list[str]] = {}
    for module, node in ((module, node) for module, found in nodes for node in found):
        if isinstance(node, ast.ClassDef):
            places.setdefault(node.name, []).append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_write_knows_how_discover_reads_and_nothing_else_of_it() -> None:
    assert is_allowed("migrator.write.files", "migrator.discover.reading.read_regular")
    assert not is_allowed("migrator.write.files", "migrator.discover.tree.discover")


def test_every_restricted_name_is_imported_somewhere() -> None:
    seen = {name for module, path in modules().items() for name in imported_by(module, path)}
    assert [top for top in ONLY if not any(is_below(name, top) for name in seen)] == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("codemods.syntax.source", "libcst.matchers"),
        ("migrator.report.text", "rich.text"),
        ("migrator.decide.verdict", "typernot"),
    ],
)
def test_a_library_is_allowed_where_it_belongs(module: str, imported: str) -> None:
    assert is_allowed(module, imported)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("migrator.decide.verdict", "libcst"),
        ("migrator.decide.verdict", "rich.text.Text"),
        ("migrator.pipeline.run", "azure.mgmt.batchai.models"),
        ("migrator.pipeline.run", "pickle"),
        ("codemods.syntax.source", "os"),
    ],
)
def test_a_library_is_refused_elsewhere(module: str, imported: str) -> None:
    assert not is_allowed(module, imported)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = 'import os'", []),
        ("import a.b as c, d", ["a.b", "d"]),
        ("from a import b, c", ["a.b", "a.c"]),
        ("def f():\n    import late", ["late"]),
        ("from . import model", ["migrator.report.model"]),
        ("from ..model import Job", ["migrator.model.Job"]),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, names: list[str]) -> None:
    assert list(imports(source, "migrator.report")) == names

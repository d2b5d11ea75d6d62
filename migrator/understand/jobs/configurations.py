"""Find where code writes a JSON file anew, what it leaves blank there, and where it sets what it has read."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codemods.configuration import SECTION
from codemods.syntax.registry import EXPRESSION, is_blank
from migrator.discover import resolved
from migrator.model import Place
from migrator.understand.jobs.python import shown
from migrator.understand.python import (
    ANYTHING,
    Flows,
    PythonModule,
    Site,
    StoreKind,
    named_path,
    parts_behind,
)

_KEYS = ("user", "password", "secret_url")
# Whether it is the image that stands under one of the keys of a job spec, or in what does.
_SET = (
    (False, ("nodeCount", "properties")),
    (True, ("image", "imageSourceRegistry", "containerSettings", "serverUrl", "credentials", "properties")),
)


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A JSON file that code writes at ``place``; ``lacks`` are the keys that have no value there."""

    path: str
    place: Place
    lacks: tuple[str, ...]


def find_written_files(module: PythonModule) -> Iterator[WrittenFile]:
    """Yield every file that the module writes from a dictionary which lacks a login for the registry.

    A dictionary that cannot be seen whole lacks nothing: it may be what was read from the file before.
    """
    for call in module.names.calls:
        names = module.names.qualified(call.func)
        if any("json" in name and name.endswith((".dump", ".dumps")) for name in names):
            lacks = next(
                (lacking(shown(module, node, (SECTION, *_KEYS))) for node in _given(call, 0, "obj")), ()
            )
            paths = {_path(module, node) for node in _streams(module, call) if lacks}
            yield from (WrittenFile(path, module.place(call), lacks) for path in sorted(filter(None, paths)))


def find_set_entries(module: PythonModule) -> Iterator[tuple[Place, bool]]:
    """Yield where the module may set the node count of a job spec that it has read as JSON, or its image.

    The flag tells that it is the image, or what it stands in. A store counts unless what it goes into is
    surely made otherwise.
    """
    is_loading = any(_is_load(module, call) for call in module.names.calls)
    for store in module.objects.stores(module.names) if is_loading else ():
        sites = module.objects.stored_into(module.names, store)
        is_loaded = not store.into or any(_is_loaded(module, site) for site in sites)
        if store.kind is not StoreKind.ATTRIBUTE and is_loaded:
            place = module.place(store.node)
            yield from ((place, is_image) for is_image, keys in _SET if any(map(store.may_set, keys)))


def _is_load(module: PythonModule, call: ast.Call) -> bool:
    called = (ast.unparse(call.func), *module.names.qualified(call.func))
    return any("load" in name and ("json" in name or "yaml" in name) for name in called)


def _is_loaded(module: PythonModule, site: Site) -> bool:
    """Tell whether an object may be what JSON was read as, or a part of that."""
    home = module.owner(site)
    if isinstance(site, ast.Subscript | ast.Attribute):
        return any(_is_loaded(home, each) for each in home.objects.of(home.names, site.value))
    return site is ANYTHING or (isinstance(site, ast.Call) and _is_load(home, site))


def lacking(configuration: object) -> tuple[str, ...]:
    """Return what a configuration lacks of the registry's section, nothing where that is not known."""
    section = configuration.get(SECTION) if isinstance(configuration, Mapping) else EXPRESSION
    if not isinstance(section, Mapping):
        return (SECTION,) if is_blank(section) else ()
    filled = {key for key in _KEYS if not is_blank(section.get(key))}
    lacks = [*({"user"} - filled), *({"password"} if filled <= {"user"} else ())]
    return tuple(f"{SECTION}.{key}" for key in lacks)


def _given(call: ast.Call, position: int, name: str) -> Sequence[ast.expr]:
    return [*call.args[position : position + 1], *(each.value for each in call.keywords if each.arg == name)]


def _streams(module: PythonModule, call: ast.Call) -> Iterator[ast.expr]:
    """Yield what the JSON of a call is written to: by ``dump``, ``x.write()``, ``print(file=x)``."""
    yield from _given(call, 1, "fp")
    for end in (end for end in Flows([(module.names, call)]).ends if end.names is module.names):
        for around in (each for each in end.names.enclosing(end.node) if isinstance(each, ast.Call)):
            yield from (each.value for each in around.keywords if each.arg == "file")
            if isinstance(around.func, ast.Attribute) and around.func.attr in ("write", "write_text"):
                yield around.func.value


def _path(module: PythonModule, stream: ast.expr) -> str | None:
    """Return the JSON file, relative to the root, behind ``open(path)`` or ``Path(path)``."""
    parts = (part for part in parts_behind(module.names, stream) if isinstance(part, ast.Constant))
    texts = [str(part.value) for part in parts if str(part.value).endswith(".json")]
    last = resolved(posixpath.dirname(module.text.path), texts[-1]) if texts else None
    path = named_path(module.names, stream) or last
    return path if path is not None and path.endswith(".json") else None

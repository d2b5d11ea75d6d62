"""Find where code writes a JSON file anew, and what of the registry's section it leaves blank there."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.configuration import SECTION
from migrator.discover import resolved
from migrator.model import Place
from migrator.understand.jobs.arguments import known_text
from migrator.understand.python import Flows, PythonModule


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
        is_dump = call.args and not {"json.dump", "json.dumps"}.isdisjoint(module.names.qualified(call.func))
        if is_dump and (lacks := _lacking(module, call.args[0])):
            paths = {path for node in _streams(module, call) for path in _paths(module, node)}
            yield from (WrittenFile(path, module.place(call), lacks) for path in sorted(paths))


def _lacking(module: PythonModule, node: ast.expr) -> tuple[str, ...]:
    dicts = module.dicts
    root = dicts.dict_behind(node)
    if root is None or dicts.is_open(root):
        return ()
    section = next(iter(dicts.at(root, (SECTION,))), None)
    if section is None and dicts.may_hold(root, SECTION):
        return ()
    if section is None or _is_blank(section):
        return (SECTION,)
    behind = dicts.dict_behind(section)
    if behind is None:
        return ()
    keys = ("user", "password", "secret_url")
    filled = {key for key in keys if not all(map(_is_blank, dicts.at(behind, (key,))))}
    lacks = [*({"user"} - filled), *({"password"} if filled <= {"user"} else ())]
    return tuple(f"{SECTION}.{key}" for key in lacks)


def _is_blank(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not str(node.value or "").strip()


def _streams(module: PythonModule, call: ast.Call) -> Iterator[ast.expr]:
    """Yield what the JSON of a call is written to: ``dump``'s second argument, or x of ``x.write(text)``."""
    yield from call.args[1:2]
    yield from (keyword.value for keyword in call.keywords if keyword.arg == "fp")
    for end in Flows([(module.names, call)]).ends:
        around = next((each for each in end.names.enclosing(end.node) if isinstance(each, ast.Call)), None)
        if around is not None and isinstance(around.func, ast.Attribute) and end.names is module.names:
            yield from [around.func.value] if around.func.attr in ("write", "write_text") else []


def _paths(module: PythonModule, node: ast.expr) -> Iterator[str]:
    """Yield the paths, relative to the root, that ``open(path)`` or ``Path(path)`` behind a node names."""
    bindings = module.names.reaching(node) if isinstance(node, ast.Name) else ()
    values = [node, *(binding.value for binding in bindings if binding.value is not None)]
    for call in (part for value in values for part in ast.walk(value)):
        if isinstance(call, ast.Call) and call.args:
            texts = [part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant)]
            written = known_text(module, call.args[0]) or next(reversed(texts), "")
            path = resolved(posixpath.dirname(module.text.path), str(written))
            yield from [path] if path is not None and path.endswith(".json") else []

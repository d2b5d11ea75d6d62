"""The Python modules that a tree's code can reach: each read once, and linked by the names they import."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from migrator.discover import Files, resolved
from migrator.understand.python.module import PythonModule, read_module
from migrator.understand.python.names import Names
from migrator.understand.python.scopes import Binding, Function
from migrator.understand.python.values import Known, evaluate, passed_argument
from migrator.understand.texts import (
    Fault,
    Notebook,
    Text,
    Unreadable,
    cell_magic,
    mask,
    read_notebook,
    read_script,
    written_files,
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file, or one that a notebook writes, as far as it was understood."""

    text: Text | Unreadable
    module: PythonModule | Unreadable


class Modules:
    """The modules of one state of the files, each read when something asks for it or may speak of it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._parsed: dict[str, tuple[Parsed, ...]] = {}
        self._unread: dict[str, list[tuple[str, str]]] = {}
        self._by_names: dict[Names, PythonModule] = {}
        self._located: dict[tuple[str, str], tuple[PythonModule, str] | None] = {}
        self._speaking: dict[bytes, list[str]] = {}
        self._is_indexed = False

    def lay_over(self, files: Files, changed: Collection[str]) -> None:
        """See other ``files`` from now on, in which the ``changed`` paths differ.

        The modules of all others stay as they were parsed; what was concluded from any is forgotten.
        """
        self.files = files
        for path in changed:
            self._unread.pop(path, None)
            for part in self._parsed.pop(path, ()):
                if isinstance(part.module, PythonModule):
                    del self._by_names[part.module.names]
        self._located.clear()
        if self._is_indexed:
            self._index(sorted({*files.scripts}.intersection(changed)))
        for names in self._by_names:
            names.values.clear()

    def parsed(self, path: str, data: bytes | None = None) -> tuple[Parsed, ...]:
        """Return a script or notebook, and behind it the scripts that it writes; each file is read once.

        ``data`` are the bytes, where they are at hand. Nothing for a file that is not there, or is neither.
        """
        if path not in self._parsed:
            data = self.files.read(path) if data is None else data
            self._parsed[path] = self._read(path, data) if data is not None else ()
        return self._parsed[path]

    def _read(self, path: str, data: bytes) -> tuple[Parsed, ...]:
        is_notebook = path.lower().endswith(".ipynb")
        text = read_notebook(path, data) if is_notebook else read_script(path, data)
        if isinstance(text, Unreadable) or not path.lower().endswith((".py", ".ipynb")):
            # What it calls is not known.
            content = data.decode("latin-1")
            self._unread[path] = [(content, content)]
            return (Parsed(text, text),) if isinstance(text, Unreadable) else ()
        written = written_files(text) if isinstance(text, Notebook) else ()
        return tuple(
            map(self._linked, (text, *(part for name, part in written if name.lower().endswith(".py"))))
        )

    def _linked(self, text: Text) -> Parsed:
        if isinstance(text.tree, Fault) and not isinstance(text, Notebook) and cell_magic(text.text) is None:
            # Exported notebooks have IPython's lines.
            text = replace(text, masked=mask(text.text))
        module = read_module(text, self)
        if isinstance(module, PythonModule):
            self._by_names[module.names] = module
        self._note_unread(text, is_whole=isinstance(module, Unreadable))
        return Parsed(text, module)

    def _note_unread(self, text: Text, *, is_whole: bool) -> None:
        unread = self._unread.setdefault(text.path, [])
        if is_whole:
            unread.append((text.text, text.text))
        elif isinstance(text, Notebook) and text.unparsed:
            cells = {unparsed.cell for unparsed in text.unparsed}
            parts = (text.text[cell.start : cell.end] for cell in text.cells if cell.index in cells)
            unread.append(("\n".join(parts), text.text))

    def is_mentioned(self, home: PythonModule, name: str) -> bool:
        """Tell whether something that cannot be followed may use a module-level name of ``home``.

        That is a file which does not parse and speaks of module and name, or a text in another module
        that is the name, as in ``getattr(module, 'name')``.
        """
        self._read_callers(name)
        stem = posixpath.basename(home.text.path.removesuffix("/__init__.py")).removesuffix(".py")
        used, imported = (re.compile(rf"\b{re.escape(word)}\b") for word in (name, stem))
        if any(
            used.search(part) and imported.search(whole)
            for each in self._unread.values()
            for part, whole in each
        ):
            return True
        return any(
            isinstance(node, ast.Constant) and node.value == name
            for module in self._by_names.values()
            if module is not home and name in module.text.text
            for node in module.names.uses
        )

    def at(self, path: str) -> PythonModule | None:
        """Return the script at ``path`` (relative to the root); None where there is none that parses."""
        found = self.parsed(posixpath.normpath(path))
        module = found[0].module if found else None
        return module if isinstance(module, PythonModule) else None

    def owner(self, node: ast.AST) -> PythonModule | None:
        """Return the module that holds a node."""
        return next((module for names, module in self._by_names.items() if node in names.parents), None)

    def locate(self, module: PythonModule, qualified: str) -> tuple[PythonModule, str] | None:
        """Return the script behind an import in ``module``, and its name that ``qualified`` ends in."""
        folder = posixpath.dirname(module.text.path)
        levels = len(qualified) - len(qualified.lstrip("."))
        for _ in range(levels - 1):
            folder = posixpath.dirname(folder)
        roots = (folder,) if levels else search_path(module, folder)
        found = (self._locate(root, qualified.lstrip(".")) for root in roots)
        return next((place for place in found if place is not None), None)

    def _locate(self, folder: str, qualified: str) -> tuple[PythonModule, str] | None:
        key = (folder, qualified)
        if key not in self._located:
            self._located[key] = None
            module_name, _, name = qualified.rpartition(".")
            base = posixpath.join(folder, *module_name.split("."))
            for path in (f"{base}.py", f"{base}/__init__.py"):
                module = self.at(path) if module_name else None
                if module is not None:
                    self._located[key] = (module, name)
                    break
        return self._located[key]

    def imported(self, names: Names, qualified: str) -> tuple[tuple[Names, Binding], ...]:
        """Return the module-level bindings that an imported name stands for; empty if it is not found."""
        module = self._by_names.get(names)
        place = self.locate(module, qualified) if module is not None else None
        if place is None:
            return ()
        other, name = place
        return tuple((other.names, binding) for binding in other.names.module.bindings.get(name, ()))

    def arguments(
        self, names: Names, function: Function, parameter: str
    ) -> tuple[tuple[Names, ast.expr], ...] | None:
        """Return what callers in other modules pass for a parameter; None where that is not certain."""
        home = self._by_names.get(names)
        if home is None or not isinstance(names.parents.get(function), ast.Module):
            return ()
        if self.is_mentioned(home, function.name):
            return None
        found = []
        for module, use in self.uses(home, function.name):
            call = module.names.parents.get(use)
            argument = (
                passed_argument(function, call, parameter)
                if isinstance(call, ast.Call) and call.func is use
                else None
            )
            if argument is None:
                return None
            found.append((module.names, argument))
        return tuple(found)

    def uses(self, home: PythonModule, name: str) -> Iterator[tuple[PythonModule, ast.expr]]:
        """Yield every place in other modules that uses a module-level name of ``home``."""
        self._read_callers(name)
        # Which modules were read so far, and in what order, may not show.
        modules = sorted(self._by_names.values(), key=lambda module: posixpath.split(module.text.path))
        for module in modules:
            if module is home or name not in module.text.text:
                continue
            for node in module.names.uses:
                is_name = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
                if (is_name or (isinstance(node, ast.Attribute) and node.attr == name)) and any(
                    qualified.rpartition(".")[2] == name and self.locate(module, qualified) == (home, name)
                    for qualified in module.names.qualified(node)
                ):
                    yield module, node

    def _read_callers(self, name: str) -> None:
        """Read every script and notebook that speaks of ``name``."""
        if not self._is_indexed:
            self._is_indexed = True
            self._index(self.files.scripts)
        for path in self._speaking.get(name.encode(), ()):
            self.parsed(path)

    def _index(self, paths: Sequence[str]) -> None:
        """Take note of the words of scripts and notebooks, so that each is looked through once."""
        for path in paths:
            for word in set(_WORD.findall(_PICTURE.sub(b"", self.files.read(path) or b""))):
                self._speaking.setdefault(word, []).append(path)


# Embedded pictures would make most of the words.
_PICTURE = re.compile(rb"[A-Za-z0-9+/=\\]{200,}")
# An escape of JSON, as in "\\nname", is no part of the word behind it.
_WORD = re.compile(rb"\\[bfnrt]|[\w\x80-\xff]+")


def search_path(module: PythonModule, folder: str) -> Iterator[str]:
    """Yield where Python would look: the folder itself, what ``sys.path`` is given, the folders above."""
    yield folder
    for call in module.names.calls:
        targets = module.names.qualified(call.func)
        if call.args and any(name in ("sys.path.append", "sys.path.insert") for name in targets):
            value = evaluate(module.names, call.args[-1])
            if isinstance(value, Known) and isinstance(value.value, str):
                yield resolved(folder, value.value) or folder
    while folder:
        folder = posixpath.dirname(folder)
        yield folder

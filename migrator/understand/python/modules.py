"""The Python modules that a tree's code can reach: each read once, and linked by the names they import."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from migrator.discover import Files, resolved
from migrator.understand.python.module import PythonModule, read_module
from migrator.understand.python.names import Names
from migrator.understand.python.scopes import Binding, Function
from migrator.understand.python.values import Known, evaluate, passed_argument
from migrator.understand.texts import Notebook, Text, Unreadable, read_notebook, read_script


class Modules:
    """Scripts by path, and every module that was read, notebooks included."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._by_path: dict[str, PythonModule | None] = {}
        self._callers: set[str] = set()
        self._unread: dict[str, tuple[str, str]] = {}
        self._by_names: dict[Names, PythonModule] = {}
        self._located: dict[tuple[str, str], tuple[PythonModule, str] | None] = {}

    def read(self, text: Text) -> PythonModule | Unreadable:
        """Parse a text and link it to the others."""
        module = read_module(text, self)
        if isinstance(module, PythonModule):
            self._by_names[module.names] = module
            # What is known so far may have more callers now.
            for names in self._by_names:
                names.values.clear()
        self._note_unread(text, is_whole=isinstance(module, Unreadable))
        if text.path.endswith(".py"):
            self._by_path[text.path] = module if isinstance(module, PythonModule) else None
        return module

    def leave_unread(self, path: str, data: bytes) -> None:
        """Take note of a file that is no text that can be parsed: what it calls is not known."""
        text = data.decode("latin-1")
        self._unread[path] = text, text

    def _note_unread(self, text: Text, *, is_whole: bool) -> None:
        if is_whole:
            self._unread[text.path] = text.text, text.text
        elif isinstance(text, Notebook) and text.unparsed:
            cells = {unparsed.cell for unparsed in text.unparsed}
            parts = (text.text[cell.start : cell.end] for cell in text.cells if cell.index in cells)
            self._unread[text.path] = "\n".join(parts), text.text

    def is_mentioned(self, home: PythonModule, name: str) -> bool:
        """Tell whether something that cannot be followed may use a module-level name of ``home``.

        That is a file which does not parse and speaks of module and name, or a text in another module
        that is the name, as in ``getattr(module, 'name')``.
        """
        self._read_callers(name)
        stem = posixpath.basename(home.text.path.removesuffix("/__init__.py")).removesuffix(".py")
        used, imported = (re.compile(rf"\b{re.escape(word)}\b") for word in (name, stem))
        if any(used.search(part) and imported.search(whole) for part, whole in self._unread.values()):
            return True
        return any(
            isinstance(node, ast.Constant) and node.value == name
            for module in self._by_names.values()
            if module is not home and name in module.text.text
            for node in module.names.uses
        )

    def at(self, path: str) -> PythonModule | None:
        """Return the script at ``path`` (relative to the root); None where there is none that parses."""
        path = posixpath.normpath(path)
        if path not in self._by_path:
            self._by_path[path] = None
            data = self.files.read(path)
            text = read_script(path, data) if data is not None else None
            if text is not None and not isinstance(text, Unreadable):
                self.read(text)
        return self._by_path[path]

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
        for module in tuple(self._by_names.values()):
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
        """Read the scripts that hold no job but speak of ``name``."""
        for path in self.files.scripts:
            data = self.files.read(path) if path not in self._callers else None
            if data is not None and name.encode() in data:
                self._callers.add(path)
                self._read_caller(path, data)

    def _read_caller(self, path: str, data: bytes) -> None:
        if self._by_path.get(path) is not None:
            return
        text: Text | Unreadable | None = None
        if path.endswith(".py"):
            text = read_script(path, data)
        elif path.endswith(".ipynb"):
            text = read_notebook(path, data)
        if isinstance(text, Text):
            self.read(text)
        else:
            self.leave_unread(path, data)


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

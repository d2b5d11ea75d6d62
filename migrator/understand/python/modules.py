"""The Python modules that a tree's code can reach: each read once, and linked by the names they import."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from migrator.discover import Files
from migrator.understand.python.module import PythonModule, read_module
from migrator.understand.python.names import Names, is_mentioned, kept, may_star
from migrator.understand.python.objects import Objects
from migrator.understand.python.paths import named_path
from migrator.understand.python.scopes import Binding, BindingKind
from migrator.understand.python.stores import Store, gather_stores
from migrator.understand.texts import (
    Notebook,
    Text,
    Unreadable,
    cell_magic,
    mask,
    read_json,
    read_notebook,
    read_script,
    without_outputs,
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
        self._modules: dict[Names, PythonModule] = {}
        self.concluded: defaultdict[str, dict[object, Any]] = defaultdict(dict)
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
                    del self._modules[part.module.names]
        self.concluded.clear()
        if self._is_indexed:
            self._index(sorted({*files.scripts}.intersection(changed)))
        for names in self._modules:
            names.concluded.clear()

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
        scripts = (part for name, part in written if name.lower().endswith(".py"))
        return tuple(map(self.linked, (text, *scripts)))

    def linked(self, text: Text) -> Parsed:
        """Return a text as a module, from which the modules that it imports are found."""
        if (
            isinstance(text.tree, Unreadable)
            and not isinstance(text, Notebook)
            and cell_magic(text.text) is None
        ):
            # Exported notebooks have IPython's lines.
            text = replace(text, masked=mask(text.text))
        module = read_module(text, self)
        lost = {unparsed.cell for unparsed in text.unparsed} if isinstance(text, Notebook) else set()
        cells = text.cells if isinstance(text, Notebook) else ()
        unread = [cell.text for cell in cells if cell.index in lost]
        # What the shell or another language runs, as in !python -c "from jobs import make; …".
        lines = zip(text.text.split("\n"), text.masked.split("\n"), strict=True)
        unread += [line for line, masked in lines if line != masked]
        if isinstance(module, PythonModule):
            self._modules[module.names] = module
        else:
            unread = [text.text]
        self._unread.setdefault(text.path, []).extend((part, text.text) for part in unread)
        return Parsed(text, module)

    @kept
    def may_be_set(self, names: Names, name: str) -> bool:
        """Tell whether something sets ``name`` of the module of ``names`` that no store shows.

        That is what does not parse and loads the module, or names it in a text: ``patch('module.name', 4)``.
        """
        setting = rf"\b{re.escape(name)}(?:['\"]\s*,|['\"\])]*\s*[^\w\s=!<>]?=(?!=))"
        dotted = f".{_stem(names.text.path)}.{name}"
        near = self._modules_at(self._paths_near(names, name))
        is_named = any(text.endswith(dotted) for other in near for text in self._said(other))
        return is_named or self._is_unread(names, name, setting)

    def _modules_at(self, paths: Sequence[str]) -> list[Names]:
        """Return the modules in files that were read, with those that they write."""
        parts = (part.module for path in paths for part in self._parsed[path])
        return [module.names for module in parts if isinstance(module, PythonModule)]

    @kept
    def _paths_near(self, home: Names, name: str) -> Sequence[str]:
        """Return the paths of what speaks of ``name``, and by name of the module ``home``; each is read."""
        near, word = self._speaking_of(name), _word(home.text.path)
        if word is not None:
            speaking = {*near}
            near = [path for path in self._speaking_of(word) if path in speaking]
        for path in near:
            self.parsed(path)
        return near

    def _is_unread(self, home: Names, name: str, pattern: str) -> bool:
        parts = (part for path in self._paths_near(home, name) for part in self._unread.get(path, ()))
        return any(
            name in part and self._may_load(whole, home.text.path) and re.search(pattern, part)
            for part, whole in parts
        )

    def _may_load(self, text: str, path: str) -> bool:
        """Tell whether a text may import or run the script at ``path``."""
        loading = self._loading(text)
        return is_mentioned(loading, _stem(path)) or (path.endswith("__init__.py") and "from ." in loading)

    @kept
    def _loading(self, text: str) -> str:
        """Return the lines of a text that may import or run a script, or go on with a list of imports."""
        kinds = (_LOADERS.search, _IMPORTS.search, _LISTED.fullmatch)
        return "\n".join(line for line in text.splitlines() if any(kind(line) for kind in kinds))

    @kept
    def is_mentioned(self, names: Names, name: str) -> bool:
        """Tell whether something that cannot be followed may use a module-level name of ``names``.

        That is a file that loads the module and speaks of the name, where the one does not parse or the
        other is said to a function: ``getattr(module, 'name')``, ``vars(module)``, ``import_module('…')``.
        """
        speaking = self._modules_at(self._read_callers(name))
        return self._is_unread(names, name, rf"\b{re.escape(name)}\b") or any(
            is_mentioned(other.text.text, name) and self._looks_into(other, names, name)
            for other in speaking
            if other is not names
            if self._may_load(other.text.text, names.text.path) or _LOADERS.search(other.text.text)
        )

    def _looks_into(self, names: Names, home: Names, name: str) -> bool:
        """Tell whether a module uses another one as an object, other than by its attributes."""
        stem = _stem(home.text.path)
        named = (f".{one}.".partition(f".{stem}.")[:2] for one in names.imports)
        imports = {f"{before}.{stem}".removeprefix(".") for before, found in named if found}
        # One that is not found may be installed, or where the program puts it on its path.
        if _LOADERS.search(names.text.text) or any(self.module(names, one) is None for one in imports):
            return True
        for node in names.uses:
            around = names.parents.get(node)
            if isinstance(node, ast.Name | ast.Attribute) and not isinstance(around, ast.Attribute):
                given = around.args if isinstance(around, ast.Call) else []
                texts = [each.value for each in given if isinstance(each, ast.Constant)]
                meant = (self.module(names, one) for one in names.qualified(node))
                if (name in texts or not texts) and home in meant:
                    return True
        return False

    @kept
    def objects(self, names: Names) -> Objects:
        """Return the objects of the modules that may be loaded together with one."""
        return Objects(self._reach(names), self._stores)

    @kept
    def _stores(self, names: Names) -> Sequence[Store]:
        return tuple(gather_stores(names))

    @kept
    def _said(self, names: Names) -> frozenset[str]:
        """Return the dotted names, after a dot, of what a module sets by a text."""
        return frozenset(f".{one.text}" for one in self._stores(names) if one.text and one.name)

    def _reach(self, names: Names) -> Sequence[Names]:
        """Return what a program that loads a module may load: its importers, and all that they import."""
        importers = [names]
        for one in importers:
            importers += [other for other in self._importers(one) if other not in importers]
        found = dict.fromkeys(importers)
        waiting = importers
        while waiting:
            waiting = [other for one in waiting for other in self._loaded(one) if other not in found]
            found.update(dict.fromkeys(waiting))
        return tuple(found)

    def _importers(self, names: Names) -> Iterator[Names]:
        path = names.text.path
        speaking = self._read_callers(_stem(path))
        for other in self._modules_at(speaking) if _word(path) else tuple(self._modules):
            if self._may_load(other.text.text, path) and names in self._loaded(other):
                yield other

    @kept
    def _loaded(self, names: Names) -> Sequence[Names]:
        words = set(names.imports)
        if _LOADERS.search(names.text.text):
            words.update(re.findall(r"[\w./]+", names.text.text))
        folder = posixpath.dirname(names.text.path)
        found = [self.at(posixpath.join(folder, word)) for word in words if word.endswith(".py")]
        for word in words:
            # Importing a dotted name runs the packages before its dots.
            while word.strip("."):
                found.append(self.module(names, word))
                word = word.rpartition(".")[0]
        return tuple(one for one in dict.fromkeys(found) if one is not None and one is not names)

    def module(self, names: Names, qualified: str) -> Names | None:
        """Return the module that an import stands for; None if it was not read."""
        place = self.locate(names, f"{qualified}._")
        return place[0] if place is not None else None

    def star(self, names: Names, module: str, name: str) -> bool:
        """Tell whether ``from module import *`` may bind ``name``."""
        found = self.module(names, module)
        if found is None:
            return may_star(module, name)
        exported = [binding.value for binding in found.of_module("__all__")]
        if exported:
            return any(value is None or repr(name) in ast.unparse(value) for value in exported)
        return found is not names and not name.startswith("_") and bool(found.of_module(name))

    def at(self, path: str) -> Names | None:
        """Return the script at ``path`` (relative to the root); None where there is none that parses."""
        found = self.parsed(posixpath.normpath(path))
        module = found[0].module if found else None
        return module.names if isinstance(module, PythonModule) else None

    def owner(self, node: ast.AST) -> PythonModule | None:
        """Return the module that holds a node."""
        holders = (module for names, module in self._modules.items() if names.holds(node))
        return next(holders, None)

    @kept
    def locate(self, names: Names, qualified: str) -> tuple[Names, str] | None:
        """Return the script behind an import, and its name that ``qualified`` ends in."""
        folder = posixpath.dirname(names.text.path)
        levels = len(qualified) - len(qualified.lstrip("."))
        for _ in range(levels - 1):
            folder = posixpath.dirname(folder)
        roots = (folder,) if levels else self._search_path(names)
        found = (self._locate(root, qualified.lstrip(".")) for root in roots)
        return next((place for place in found if place is not None), None)

    @kept
    def _search_path(self, names: Names) -> Sequence[str]:
        """Return where Python would look: its own folder, what ``sys.path`` is given, the folders above."""
        if not self.files.scripts:
            return ()
        above = [posixpath.dirname(names.text.path)]
        while above[-1]:
            above.append(posixpath.dirname(above[-1]))
        # What another module says of a path is found by that path only.
        names.outside = Modules(NoFiles())
        calls = [call for call in names.calls if _ADDED.intersection(names.qualified(call.func))]
        given = [named_path(names, call.args[-1]) for call in calls if call.args]
        names.outside = self
        names.concluded.clear()
        return (above[0], *(path for path in given if path is not None), *above[1:])

    @kept
    def _locate(self, folder: str, qualified: str) -> tuple[Names, str] | None:
        module_name, _, name = qualified.rpartition(".")
        base = posixpath.join(folder, *module_name.split("."))
        files = (self.at(path) for path in (f"{base}.py", f"{base}/__init__.py") if module_name)
        return next(((names, name) for names in files if names is not None), None)

    def imported(self, names: Names, qualified: str) -> tuple[tuple[Names, Binding], ...]:
        """Return the module-level bindings that an imported name stands for; empty if it is not found."""
        place = self.locate(names, qualified)
        if place is None or place[0] is names:
            return ()
        return tuple((place[0], binding) for binding in place[0].of_module(place[1]))

    @kept
    def uses(self, names: Names, name: str) -> tuple[tuple[Names, ast.expr], ...]:
        """Return every place in other modules that uses a module-level name, with the names of its module."""
        # Nothing imports a notebook.
        if isinstance(names.text, Notebook):
            return ()
        self._read_callers("__getattr__")
        known = {(names, name)}
        for one in (waiting := [name]):
            self._read_callers(one)
            passed_on = [
                (each, local) for each in tuple(self._modules) for local in self._passed_on(each, known)
            ]
            waiting += [local for module, local in passed_on if (module, local) not in known]
            known.update(passed_on)
        words = {word for _, word in known}
        found: list[tuple[Names, ast.expr]] = []
        for other in tuple(self._modules):
            nodes = [
                node for word in words for node in (*other.loads.get(word, ()), *other.reads.get(word, ()))
            ]
            for node in sorted(nodes, key=_place) if other is not names else ():
                if any(self.locate(other, one) in known for one in other.qualified(node)):
                    found.append((other, node))
        return tuple(found)

    def _passed_on(self, names: Names, known: Set[tuple[Names, str]]) -> Iterator[str]:
        """Yield the names under which a module has what it imports of ``known``."""
        for local, bindings in names.module.bindings.items():
            imports = (b.qualified for b in bindings if b.kind is BindingKind.IMPORT)
            if any(self.locate(names, one) in known for one in imports):
                yield local
        stars = [star.qualified for star in names.module.open if star.kind is BindingKind.STAR]
        words = {name for _, name in known}
        # Such as a package that loads its modules when they are asked for: https://peps.python.org/pep-0562/
        yield from words if "__getattr__" in names.module.bindings else ()
        yield from (word for star in stars for word in words if self.locate(names, f"{star}.{word}") in known)

    @kept
    def _read_callers(self, name: str) -> Sequence[str]:
        """Read every script and notebook that speaks of ``name``; return their paths."""
        speaking = self._speaking_of(name)
        for path in speaking:
            self.parsed(path)
        return speaking

    def _speaking_of(self, name: str) -> Sequence[str]:
        if not self._is_indexed:
            self._is_indexed = True
            self._index(self.files.scripts)
        return self._speaking.get(name.encode(errors="surrogateescape"), ())

    def _index(self, paths: Sequence[str]) -> None:
        """Take note of the words of scripts and notebooks, so that each is looked through once."""
        for path in paths:
            for word in _words(self._searched(path)):
                self._speaking.setdefault(word, []).append(path)

    def _searched(self, path: str) -> bytes:
        """Return a script, or a notebook, which if it is large is without its outputs."""
        text = next((part.text for part in self._parsed.get(path, ())), None)
        if isinstance(text, Notebook):
            return text.file.text.encode()
        data = self.files.read(path) or b""
        is_large = len(data) > _LARGE and path.lower().endswith(".ipynb")
        file = read_json(path, data) if is_large else None
        return without_outputs(file).text.encode() if isinstance(file, Text) else data


class NoFiles:
    """Nothing around a module."""

    scripts: tuple[str, ...] = ()

    def read(self, path: str) -> None:
        """Tell that there is no file."""

    def is_writable(self, path: str) -> bool:
        """Tell that nothing is migrated."""
        return False


_ADDED = {"sys.path.append", "sys.path.insert"}
_LARGE = 65_536
# Embedded pictures would make most of the words of a large file.
_PICTURE = re.compile(rb"[A-Za-z0-9+/=\\]{200,}")
_BLANKS = bytes(code if chr(code).isalnum() or code == 95 or code > 127 else 32 for code in range(256))


def _words(data: bytes) -> Set[bytes]:
    """Return the words of a text; an escape of JSON, as before a name in a new line, is no part of one."""
    if len(data) > _LARGE:
        data = _PICTURE.sub(b"", data)
    for escape in (b"\\n", b"\\t", b"\\r", b"\\b", b"\\f") if b"\\" in data else ():
        data = data.replace(escape, b" ")
    return set(data.translate(_BLANKS).split())


# What loads a module by its name or path, other than an import statement.
_LOADERS = re.compile(
    r"__import__|import_module|run_path|run_module|exec\(|execfile|spec_from_file|load_source|reload|"
    r"sys\.modules|FileLoader|%run|run_line_magic"
)
_IMPORTS = re.compile(r"\b(?:from|import)\b")
_LISTED = re.compile(r"[\s\w,()\\]*")


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _stem(path: str) -> str:
    """Return the word that names a script where it is imported; of a notebook, its whole name."""
    return posixpath.basename(path.removesuffix("/__init__.py")).removesuffix(".py")


def _word(path: str) -> str | None:
    """Return the word that stands wherever a script is loaded; None if there may be none.

    A package may be named by a dot alone, and notebooks may spell other letters as escapes of JSON.
    """
    stem = _stem(path)
    return stem if re.fullmatch(r"\w+", stem, re.ASCII) and not path.endswith("__init__.py") else None

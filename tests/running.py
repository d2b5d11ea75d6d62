"""Runs a file of a recipe in a process of its own, and tells which image registries it makes.

The SDK's models are the real ones. Where a recipe asks for a network, the service or a package that is not
here, something answers that takes whatever it is given.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.abc import Loader as ModuleLoader
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import azure.mgmt.batchai
from azure.mgmt.batchai import models

from migrator.understand.python.module import PythonModule
from migrator.understand.python.modules import Modules, NoFiles
from tests.forking import forked, silence

ABSENT = ("azure", "msrestazure", "dotenv")


@dataclass(frozen=True, slots=True)
class Made:
    """An ``imageSourceRegistry`` as a job would send it, and the file whose code makes it."""

    path: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """The registries that a run made, and the error that ended it."""

    made: tuple[Made, ...]
    error: str


def run(path: Path, variables: dict[str, str]) -> Ran:
    """Run a script, or the code cells of a notebook, in its folder; other variables have made-up values."""
    made, error = forked(lambda: _run(path, variables))
    return Ran(tuple(Made(*each) for each in made), error)


def _run(path: Path, variables: dict[str, str]) -> tuple[list[tuple[str, object]], str]:
    _prepare(path, variables)
    made: list[tuple[str, Any]] = []
    make = models.ImageSourceRegistry.__init__

    def remembered(self: Any, *arguments: Any, **keywords: Any) -> None:
        make(self, *arguments, **keywords)
        made.append((sys._getframe(1).f_code.co_filename, self))

    models.ImageSourceRegistry.__init__ = remembered  # type: ignore[method-assign]
    gc.freeze()  # what is here already is not what the recipe makes
    module = Modules(NoFiles()).parsed(path.name, path.read_bytes())[0].module
    error = ""
    names = {"__name__": "__main__", "__file__": str(path), "get_ipython": Anything()}
    try:
        if isinstance(module, PythonModule):
            exec(compile(module.names.tree, str(path), "exec"), names)  # noqa: S102 - our own fixture
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"
    found = [(place, each.serialize()) for place, each in made]
    for each in gc.get_objects():
        if isinstance(each, dict) and {"image", "serverUrl"} <= each.keys():
            found.append((str(path), each))
    return found, error


def _prepare(path: Path, variables: dict[str, str]) -> None:
    silence()
    os.chdir(path.parent)
    sys.path.insert(0, str(path.parent))
    sys.argv = [path.name]
    os.environ.update(variables)
    read = type(os.environ).__getitem__

    def variable(self: Any, key: Any) -> Any:
        try:
            return read(self, key)
        except KeyError:
            if isinstance(key, str) and key.isupper():
                return "1"
            raise

    type(os.environ).__getitem__ = variable  # type: ignore[method-assign]
    socket.getaddrinfo = _refuse
    time.sleep = lambda seconds: None
    vars(azure.mgmt.batchai)["BatchAIManagementClient"] = Anything
    sys.meta_path.append(_Absent())


def _refuse(*arguments: object, **keywords: object) -> NoReturn:
    raise OSError("there is no network in tests")


class Anything:
    """Takes every call, and gives itself for every question."""

    def __init__(self, *arguments: object, **keywords: object) -> None:
        """Take whatever a recipe gives."""

    def __getattr__(self, name: str) -> Anything:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments: object, **keywords: object) -> Anything:
        return self

    def __iter__(self) -> Iterator[object]:
        return iter(())


class _Absent(MetaPathFinder, ModuleLoader):
    """Finds packages of ABSENT that are not installed."""

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in ABSENT else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name)
        module.__getattr__ = Anything().__getattr__  # type: ignore[method-assign]
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is no code."""

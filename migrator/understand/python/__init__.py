"""A Python text in, its names, scopes and values out, and those of the modules around it.

Answers err on the safe side: where several bindings may reach a use, all of them are given, and a value
that is not certain is ``Unknown`` with the steps to where it was lost.
"""

from __future__ import annotations

from migrator.understand.python.flows import Flow, Flows, all_arguments, is_dict, is_open
from migrator.understand.python.folding import Known
from migrator.understand.python.module import PythonModule
from migrator.understand.python.modules import Modules, Parsed
from migrator.understand.python.names import bound, scope_of
from migrator.understand.python.objects import ANYTHING, Site
from migrator.understand.python.paths import named_path, parts_behind
from migrator.understand.python.reflection import SHELL, is_shell
from migrator.understand.python.scopes import Binding, BindingKind, Function, Scope
from migrator.understand.python.stores import StoreKind
from migrator.understand.python.values import Step, Unknown, base_name, evaluate, known_text

__all__ = [
    "ANYTHING",
    "SHELL",
    "Binding",
    "BindingKind",
    "Flow",
    "Flows",
    "Function",
    "Known",
    "Modules",
    "Parsed",
    "PythonModule",
    "Scope",
    "Site",
    "Step",
    "StoreKind",
    "Unknown",
    "all_arguments",
    "base_name",
    "bound",
    "evaluate",
    "is_dict",
    "is_open",
    "is_shell",
    "known_text",
    "named_path",
    "parts_behind",
    "scope_of",
]

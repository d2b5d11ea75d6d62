"""A Python text in, its names, scopes and values out, and those of the modules around it.

Answers err on the safe side: where several bindings may reach a use, all of them are given, and a value
that is not certain is ``Unknown`` with the steps to where it was lost.
"""

from __future__ import annotations

from migrator.understand.python.bound import bound, scope_of
from migrator.understand.python.dicts import Path, is_dict
from migrator.understand.python.module import PythonModule
from migrator.understand.python.modules import Modules, Parsed
from migrator.understand.python.scopes import Binding, BindingKind, Function
from migrator.understand.python.stores import Store, StoreKind
from migrator.understand.python.traces import Step
from migrator.understand.python.values import (
    Known,
    Unknown,
    all_arguments,
    call_arguments,
    evaluate,
    passed_argument,
)

__all__ = [
    "Binding",
    "BindingKind",
    "Function",
    "Known",
    "Modules",
    "Parsed",
    "Path",
    "PythonModule",
    "Step",
    "Store",
    "StoreKind",
    "Unknown",
    "all_arguments",
    "bound",
    "call_arguments",
    "evaluate",
    "is_dict",
    "passed_argument",
    "scope_of",
]

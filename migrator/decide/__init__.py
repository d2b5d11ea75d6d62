"""Facts, catalogue and options in; one verdict a job, and where its credentials come from, out."""

from __future__ import annotations

from migrator.decide.constants import other_uses
from migrator.decide.credentials import (
    VARIABLES,
    CredentialSource,
    Origin,
    choose_source,
    configurations_of,
    from_environment,
)
from migrator.decide.suppressions import Ledger, rule_fault
from migrator.decide.verdict import decide

__all__ = [
    "VARIABLES",
    "CredentialSource",
    "Ledger",
    "Origin",
    "choose_source",
    "configurations_of",
    "decide",
    "from_environment",
    "other_uses",
    "rule_fault",
]

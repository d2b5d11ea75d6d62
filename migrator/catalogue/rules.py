"""What every verdict and finding means: the pages behind ``ngc-migrate explain``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import TypeAlias

from migrator.catalogue.limitations import LIMITATIONS, Limitation
from migrator.model import Severity, Status

Outcome: TypeAlias = Status | Severity

_REQUIRED = frozenset({"outcome", "title", "what", "why", "url"})
_OPTIONAL = frozenset({"before", "after"})


class BrokenRules(ValueError):
    """A page cannot be right; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule's page. ``outcome`` is the status it gives to a job, or the severity of its finding."""

    id: str
    outcome: Outcome
    title: str
    what: str
    why: str
    url: str
    before: str = ""
    after: str = ""


def read(text: str) -> tuple[Rule, ...]:
    """Return the rules of a TOML text that has a table for each, named by the rule's id.

    Raises BrokenRules for text that is no TOML, and for missing, unknown or empty values.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BrokenRules(str(error)) from error
    return tuple(_rule(id_, table) for id_, table in tables.items())


def _rule(id_: str, table: object) -> Rule:
    if not isinstance(table, dict) or not table.keys() >= _REQUIRED:
        raise BrokenRules(f"{id_}: {', '.join(sorted(_REQUIRED))} are required")
    if not table.keys() <= _REQUIRED | _OPTIONAL:
        raise BrokenRules(f"{id_}: unknown {', '.join(sorted(table.keys() - _REQUIRED - _OPTIONAL))}")
    if not all(isinstance(value, str) and value.strip() for value in table.values()):
        raise BrokenRules(f"{id_}: every value must be text")
    return Rule(id=id_, **{**table, "outcome": _outcome(id_, table["outcome"])})


def _outcome(id_: str, name: str) -> Outcome:
    if name in tuple(Status):
        return Status(name)
    if name in tuple(Severity):
        return Severity(name)
    raise BrokenRules(f"{id_}: {name!r} is neither a status nor a severity")


def page_of(row: Limitation) -> Rule:
    """Return the page of a limitation."""
    nodes = {True: "on several nodes", False: "on one node", None: "on any number of nodes"}
    framework = f"{row.framework} jobs" if row.framework else "jobs"
    images = "every image" if row.image == "*" else f"images {row.image}"
    excepted = f" except {', '.join(row.unless)}" if row.unless else ""
    lifting = f" An image outside of {row.proven}, named with --image, lifts it." if row.proven else ""
    return Rule(
        id=row.id,
        outcome=Status.BLOCKED,
        title="A known limitation blocks the job",
        what=f"It concerns {framework} {nodes[row.distributed]} in {images}{excepted}. "
        f"They stay untouched.{lifting}",
        why=row.message,
        url=row.url,
    )


_PAGES = read((files("migrator.catalogue") / "rules.toml").read_text(encoding="utf-8"))

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in (*_PAGES, *(page_of(row) for row in LIMITATIONS))}
)

"""What every verdict and finding means: the pages behind ``ngc-migrate explain``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources import files

from migrator.catalogue.limitations import LIMITATIONS, Limitation
from migrator.model import Rule, Severity, Status


def topics() -> Mapping[str, tuple[str, str]]:
    """Return the topics that are no rules, by name: title, and text as it is shown."""
    tables = _tables("topics.toml").items()
    return {name: (table["title"], table["text"].strip("\n")) for name, table in tables}


def _tables(name: str) -> dict[str, dict[str, str]]:
    import tomllib

    return tomllib.loads((files("migrator.catalogue") / name).read_text(encoding="utf-8"))


def page_of(row: Limitation) -> Rule:
    """Return the page of a limitation."""
    nodes = {True: "on several nodes", False: "on one node", None: "on any number of nodes"}
    framework = f"{row.framework} jobs" if row.framework else "jobs"
    images = "every image" if row.image == "*" else f"images {row.image}"
    excepted = f" except {', '.join(row.unless)}" if row.unless else ""
    return Rule(
        id=row.id,
        outcome=Status.BLOCKED,
        title="A known limitation blocks the job",
        what=f"It concerns {framework} {nodes[row.distributed]} in {images}{excepted}. They stay untouched.",
        why=row.message,
        now=row.unblock,
        url=row.url,
    )


class _Pages(Mapping[str, Rule]):
    """All pages by id, read when the first is asked for: most runs need few of them, or none."""

    @cached_property
    def _found(self) -> dict[str, Rule]:
        found: dict[str, Rule] = {}
        for id_, table in _tables("rules.toml").items():
            name = table.pop("outcome")
            outcome = Status(name) if name in tuple(Status) else Severity(name)
            found[id_] = Rule(id=id_, outcome=outcome, **table)
        return found | {row.id: page_of(row) for row in LIMITATIONS}

    def __getitem__(self, id_: str) -> Rule:
        return self._found[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


RULES: Mapping[str, Rule] = _Pages()

"""The pages of ``images`` and ``explain``: plain text for 80 columns, with or without a terminal."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator
from importlib.resources import files

from migrator.catalogue import (
    LAST_CUDA_9,
    NAMED,
    PINNED,
    RULES,
    TITLES,
    NgcImage,
    build_of,
    catalogue,
    choose,
    topics,
)
from migrator.model import Framework, Severity, Status

_WIDTH = 80
_LONGEST_ID = 100
_ID = 29
_SCHEMA = "json-schema"
_SCHEMA_TITLE = "The schema of --format json"
_ROW = "  {:<14}{:<16}{:<7}{:<9}{:<10}{:<8}{:<7}{}"
_HEADING = ("TAG", "VERSION", "PYTHON", "CUDA", "DRIVER", "GPU", "PROOF", "USE")
_LAST = f"{LAST_CUDA_9.year}.{LAST_CUDA_9.month:02}"
_LEGEND = f"""\
VERSION   version of the framework; "-" stands for what is not known
GPU       compute capability that it was built for, at least; `explain gpus`
PROOF     how well it is proven that the image exists: high, medium or low
USE       pinned: the only one the recipes are documented to work with
          default: taken where an image's tag tells neither version nor Python
          named: stands in the Batch AI instructions
Without --image, releases up to {_LAST} are taken: later ones need newer drivers.
Who says so: -v"""


def render_images(framework: Framework | None, *, is_verbose: bool = False) -> str:
    """Return the catalogue, of one framework or of all: a line a tag, and below it sources if verbose."""
    chosen = [framework] if framework is not None else list(Framework)
    tables = ["\n".join(_table(one, is_verbose=is_verbose)) for one in chosen]
    return "\n\n".join([*tables, _LEGEND]) + "\n"


def _table(framework: Framework, *, is_verbose: bool) -> Iterator[str]:
    rows = [row for row in catalogue() if row.framework is framework]
    target = choose(framework, None, overrides={})
    default = target.image if target is not None else ""
    yield f"{TITLES[framework]}  {', '.join(dict.fromkeys(row.repository for row in rows))}"
    yield _ROW.format(*_HEADING)
    for row in rows:
        yield from _lines(row, _use(row, default), is_verbose=is_verbose)


def _use(row: NgcImage, default: str) -> str:
    if row.image in PINNED.values():
        return "pinned"
    if row.image == default:
        return "default"
    return "named" if row.image in NAMED else ""


def _lines(row: NgcImage, use: str, *, is_verbose: bool) -> Iterator[str]:
    facts = {
        "version": row.framework_version,
        "python": row.python,
        "cuda": row.cuda,
        "driver": row.min_driver,
    }
    build = build_of(row.reference)
    first = {name: text.partition(" ")[0] or "-" for name, text in facts.items()}
    first["gpu"] = str(build or "").replace(" or ", "/") or "-"
    if not row.python:
        first["python"] = row.known_python or "-"
    yield _ROW.format(row.tag, *first.values(), row.confidence, use).rstrip()
    remarks = [f"{name} {text}" for name, text in facts.items() if " " in text]
    told = [f"gpu {build.confidence}: {build.source}"] if build else []
    for text in (*remarks, f"source: {row.source}", *told) if is_verbose else ():
        yield _wrapped(text, "      ", hanging="        ")


def render_list() -> str:
    """Return every word that ``explain`` takes, with its title: rules by what they come to, then topics."""
    parts = []
    for outcome in (*Status, *Severity):
        mine = [rule for rule in RULES.values() if rule.outcome is outcome]
        kind = "finding" if isinstance(outcome, Severity) else "job"
        rows = [f"  {rule.id:<{_ID}} {rule.title}" for rule in mine]
        parts += ["\n".join((f"{kind}: {outcome}", *rows))] if rows else []
    titles = {**{name: title for name, (title, _) in topics().items()}, _SCHEMA: _SCHEMA_TITLE}
    parts.append("\n".join(("topics", *(f"  {name:<{_ID}} {title}" for name, title in titles.items()))))
    return "\n\n".join(parts) + "\n"


def render_topic(name: str) -> str | None:
    """Return the page of a topic, None if there is none of the name."""
    if name == _SCHEMA:
        return (files("migrator.report") / "json-schema.json").read_text(encoding="utf-8")
    found = topics().get(name)
    return None if found is None else f"{name}: {found[0]}\n\n{found[1]}\n"


def closest(rule_id: str) -> tuple[str, ...]:
    """Return up to three rules and topics that look like ``rule_id``, the likest first."""
    words = (*RULES, *topics(), _SCHEMA)
    return tuple(difflib.get_close_matches(rule_id[:_LONGEST_ID].lower(), words, n=3, cutoff=0.5))


def _wrapped(text: str, indent: str = "", *, hanging: str | None = None) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )

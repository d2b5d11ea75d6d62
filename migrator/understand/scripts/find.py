"""Find jobs in shell scripts, Makefiles, PowerShell, R and the like; they are reported, never rewritten."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from migrator.discover import HEAD_BYTES, Source, TextKind, kind_of, text_of
from migrator.model import Framework, Place
from migrator.understand.facts import Facts, LoginState, Problem, RegistryState, registry_state, toolkit_of
from migrator.understand.scripts.advice import advice, user_name_survives
from migrator.understand.scripts.quoting import Quoting, Region, quoted_regions, region_at
from migrator.understand.scripts.sites import Site, container_sites
from migrator.understand.scripts.values import (
    Value,
    assignments,
    block_end,
    first_quoted,
    key,
    name_in,
    value_after,
    value_at,
)

RULE = "job-in-text"
_IMAGE = key("image")
_SERVER = key("server_?url")
_USER = key("user_?name")
_PASSWORD = key("password")
_VAULT = re.compile(r"(?i)password_?secret_?reference")
_NODES = re.compile(
    r"""(?i)(?<![a-z_])node_?count[\\"'`\]]{0,6}+[ \t]*+(?::|=>?|<-)[ \t]*+(?P<number>\d{1,9}(?![\w.]))?"""
)
_TOOLKIT = re.compile(r"(?i)(?<![a-z0-9_])[a-z0-9_]{1,40}settings(?![a-z_])")
_OUTPUT = re.compile(r'"(?:executionState|provisioningState|creationTime)"')


@dataclass(frozen=True, slots=True)
class _Script:
    """One file with what is looked up for each of its jobs; positions are 0-based code points."""

    path: str
    kind: TextKind
    text: str
    regions: tuple[Region, ...]
    newlines: tuple[int, ...]
    bound: Mapping[str, tuple[Value, ...]]

    def line(self, position: int) -> int:
        """Return the 1-based line of a position."""
        return bisect_left(self.newlines, position) + 1

    def quoting(self, position: int) -> Quoting | None:
        """Return how a position is quoted."""
        region = region_at(self.regions, position)
        return region.quoting if region else None


@dataclass(frozen=True, slots=True)
class _Settings:
    """The container settings of one place: where they stand, and what is around them that is theirs alone."""

    site: Site
    end: int
    around: str
    login: tuple[int, int]


def find_text_jobs(source: Source) -> tuple[Facts, ...]:
    """Return a job for every place of a file that holds container settings, in the file's order.

    A job that is complete on nvcr.io has no problem: known limitations are checked on it as on any other.
    Every other one has the problem ``job-in-text``. Undecodable bytes are replaced; nothing is raised.
    """
    kind = kind_of(source.path, source.data[:HEAD_BYTES])
    text = text_of(source.data) if kind is not None else ""
    if kind is None or (kind is TextKind.PLAIN and _OUTPUT.search(text)):
        return ()
    regions = quoted_regions(kind, text)
    sites = container_sites(text, regions)
    if not sites:
        return ()
    newlines = tuple(match.start() for match in re.finditer("\n", text))
    script = _Script(source.path, kind, text, regions, newlines, _bound(kind, text))
    starts = [site.start for site in sites]
    limits = (*starts[1:], len(text))
    return tuple(
        _facts(script, _settings(script, site, limit, starts))
        for site, limit in zip(sites, limits, strict=True)
    )


def _bound(kind: TextKind, text: str) -> Mapping[str, tuple[Value, ...]]:
    bound: dict[str, tuple[Value, ...]] = {}
    for name, value in assignments(kind, text):
        if len(bound.get(name, ())) < 2:  # two tell that it has no one value
            bound[name] = (*bound.get(name, ()), value)
    return bound


def _settings(script: _Script, site: Site, limit: int, starts: list[int]) -> _Settings:
    text = script.text
    region = region_at(script.regions, site.start)
    area = (region.start, region.end) if region else (0, len(text))
    is_alone = bisect_left(starts, area[1]) - bisect_left(starts, area[0]) == 1
    limit = min(limit, area[1]) if region else limit
    end = site.end if site.is_member else block_end(text, site.end, limit, is_header=site.is_header)
    around = text[slice(*area)] if is_alone else text[site.start : end]
    # `x.imageSourceRegistry.image = …` has its login in further statements.
    login = area if site.is_member and is_alone else (site.end, end)
    return _Settings(site, end, around, login)


def _facts(script: _Script, settings: _Settings) -> Facts:
    image = _image(script, settings)
    literal = image.literal if image else None
    state, loses_user_name = _registry(script, settings, literal)
    start = image.start if image else settings.site.start
    problem = None
    if state is not RegistryState.NGC_COMPLETE:
        quoting = script.quoting(settings.site.start)
        problem = Problem(
            rule=RULE,
            message=advice(script.kind, quoting, literal, state, loses_user_name=loses_user_name),
            trace=_trace(script, settings, image),
        )
    return Facts(
        place=Place(script.path, line=script.line(start)),
        image=literal,
        toolkit=_toolkit(settings.around),
        node_count=_node_count(settings.around),
        node_count_trace=(f"{script.path}: no node count that is surely this job's",),
        registry=state,
        problem=problem,
    )


def _image(script: _Script, settings: _Settings) -> Value | None:
    kind, text, site = script.kind, script.text, settings.site
    if site.is_member:
        return value_at(kind, text, site.end)
    named = value_after(_IMAGE, kind, text, site.end, settings.end)
    if named is None and site.is_call:
        return first_quoted(kind, text, site.end, settings.end)
    return named


def _registry(script: _Script, settings: _Settings, image: str | None) -> tuple[RegistryState, bool]:
    """Return the state of the registry, and whether only the user name keeps it from being complete."""
    kind, text = script.kind, script.text
    server, user, password = (
        value_after(pattern, kind, text, *settings.login) for pattern in (_SERVER, _USER, _PASSWORD)
    )
    has_password = bool(password and password.text.strip()) or bool(_VAULT.search(text, *settings.login))
    has_login = bool(user and user.text.strip()) and has_password
    host = server.text if server else None
    if image is None:
        return RegistryState.PUBLIC, False
    state = registry_state(image, host, LoginState.COMPLETE if has_login else LoginState.NONE)
    is_lost = user is not None and not user_name_survives(kind, _quoting_of(script, user), user.text)
    if state is RegistryState.NGC_COMPLETE and is_lost:
        return RegistryState.NGC_INCOMPLETE, True
    return state, False


def _quoting_of(script: _Script, value: Value) -> Quoting | None:
    """Return how a value is quoted; in a Makefile its own quotes tell, escaped as within double quotes."""
    is_escaped = script.text[max(0, value.start - 2) : value.start] == '\\"'
    return Quoting.DOUBLE if script.kind is TextKind.MAKE and is_escaped else script.quoting(value.start)


def _trace(script: _Script, settings: _Settings, image: Value | None) -> tuple[str, ...]:
    """Return the way from the settings to where the image's value was lost."""
    if image is None:
        line = script.line(settings.site.start)
        value = value_at(script.kind, script.text, settings.site.end)
        source = value.source or value.text if value and not settings.site.is_call else ""
        found = f"line {line}: the settings come from {source}" if source else f"line {line}: no image is set"
        return (found, *_binding(script, source))
    if image.literal is not None:
        return ()
    what = f"the image is {image.source}" if image.source else "the image is blank"
    return (f"line {script.line(image.start)}: {what}", *_binding(script, image.source))


def _binding(script: _Script, source: str) -> tuple[str, ...]:
    name = name_in(source)
    if not name:
        return ()
    values = script.bound.get(name, ())
    if not values:
        return (f"{name} is not set in this file",)
    line = script.line(values[0].start)
    if len(values) > 1:
        return (f"line {line}: {name} is set, and again in line {script.line(values[1].start)}",)
    literal = values[0].literal
    return (f"line {line}: {name} is set" + (f" to {literal}" if literal and "/" in literal else ""),)


def _toolkit(around: str) -> Framework | None:
    found = {toolkit_of(match[0]) for match in _TOOLKIT.finditer(around)} - {None}
    return found.pop() if len(found) == 1 else None


def _node_count(around: str) -> int | None:
    found = [match["number"] for match in _NODES.finditer(around)]
    return int(found[0]) if len(found) == 1 and found[0] else None

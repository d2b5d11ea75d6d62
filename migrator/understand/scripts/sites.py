"""Find the places of a text, in whatever language, that give a job its container settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrator.understand.scripts.quoting import Quoting, Region, region_at
from migrator.understand.scripts.values import CLOSING

_SIGN = r"[ \t]*+(?::(?![:=])|\|?=(?![=~])>?|<-|\()"
_IMAGE_OF = rf"""[.$\[@"'\\]{{1,6}}image{CLOSING}[ \t]*+(?:\|?=(?![=~])|<-|:)"""
_REGISTRY = re.compile(
    rf"(?i)(?P<header>(?m:^)[ \t]*+\[{{1,2}}[\w.]*?image_?source_?registry\]{{1,2}})[ \t]*+(?=\r?(?:\n|\Z))"
    rf"|(?P<new>New-Object[ \t]++(?:-TypeName[ \t]++)?['\"]?[\w.]*?ImageSourceRegistry\b['\"]?)"
    rf"|(?<![a-z0-9_])image_?source_?registry"
    rf"(?:\]::new\(|(?P<member>{_IMAGE_OF})|{CLOSING}{_SIGN})"
)
_CONTAINER = re.compile(
    rf"(?i)(?<![a-z0-9_])container_?settings{CLOSING}{_SIGN}(?![ \t]*+(?:\$?null\b|None\b|~))"
)
_SCHEMA = re.compile(r"""[\s{]*+["']?(?:\$ref|type|description|properties)["']?[ \t]*+:""")
_COMMENT = re.compile(r"(?i)[ \t]*+(?:#|//|::|rem[ \t])")
_BETWEEN = re.compile(r"\s{0,80}(?:[\w.$\[:]{0,80})")
_NAME = re.compile(r"[ \t]*+\$?[A-Za-z_]\w*+[ \t]*+(?:[\r\n;,)}]|\Z)")
_LONGEST_INDENT = 1000


@dataclass(frozen=True, slots=True)
class Site:
    """Container settings, from their name to after the sign that gives them their value.

    ``start`` and ``end`` are 0-based code points. A header is a table's in TOML, a member sets the image
    alone (``….imageSourceRegistry.image =``), a call makes an object of the SDK.
    """

    start: int
    end: int
    is_header: bool = False
    is_member: bool = False
    is_call: bool = False


def container_sites(text: str, regions: Sequence[Region]) -> tuple[Site, ...]:
    """Return the places in order. Comments, schemas and what only reads the settings are none.

    Where no image source registry is named, the container settings themselves are the place.
    """
    return _with_calls_alone(text, _sites(text, regions, _REGISTRY)) or _sites(text, regions, _CONTAINER)


def _sites(text: str, regions: Sequence[Region], pattern: re.Pattern[str]) -> tuple[Site, ...]:
    found: list[Site] = []
    for match in pattern.finditer(text):
        site = _site(match)
        # The call in `image_source_registry = models$ImageSourceRegistry(` is no place of its own.
        if found and site.is_call and _BETWEEN.fullmatch(text, found[-1].end, site.start):
            found[-1] = Site(found[-1].start, site.end, is_call=True)
        elif not _is_comment(text, regions, site.start) and not _SCHEMA.match(text, site.end):
            found.append(site)
    return tuple(found)


def _site(match: re.Match[str]) -> Site:
    groups = match.groupdict()
    return Site(
        match.start(),
        match.end(),
        is_header=groups.get("header") is not None,
        is_member=groups.get("member") is not None,
        is_call=groups.get("new") is not None or match[0].endswith("("),
    )


def _with_calls_alone(text: str, sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """Leave out ``imageSourceRegistry = registry`` where the registry is made by a call that is a place."""
    if not any(site.is_call for site in sites):
        return sites
    return tuple(site for site in sites if site.is_call or site.is_member or not _NAME.match(text, site.end))


def _is_comment(text: str, regions: Sequence[Region], position: int) -> bool:
    region = region_at(regions, position)
    if region is not None:
        return region.quoting is Quoting.COMMENT
    # A line that is longer before its settings is data, and looking back further takes its time.
    start = text.rfind("\n", max(0, position - _LONGEST_INDENT), position) + 1
    is_near = start > 0 or position <= _LONGEST_INDENT
    return is_near and _COMMENT.match(text, start, position) is not None

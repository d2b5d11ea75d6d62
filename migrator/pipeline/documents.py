"""Find documentation that still shows an image which the jobs of the tree leave behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrator.catalogue import ImageReference
from migrator.model import Finding, Place, Severity
from migrator.understand.texts import LineRange, lines_at

RULE = "old-image-in-text"
_DOCKER_HUB = r"(?:(?:index\.|registry-1\.)?docker\.io/)?"
_MOST_PLACES = 20
_FETCH = re.compile(r"(?i)\b(?:wget|curl|Invoke-WebRequest|iwr)\b")


def old_images(
    texts: Iterable[tuple[Place, str]], images: Mapping[str, str], followed: Sequence[LineRange] = ()
) -> tuple[Finding, ...]:
    """Return an info finding for every file that shows an image which jobs migrate away from.

    ``texts`` are files and cells, with the places where they begin; ``images`` leads from old images to
    new ones. A finding stands at the file's first such place and lists them all. Images are
    found as whole words: no part of a longer repository, tag or address. What stands on ``followed``
    lines is mended.
    """
    successors = {str(ImageReference.parse(old) or old): new for old, new in sorted(images.items()) if old}
    if not successors:
        return ()
    names = "|".join(f"({_name(image)})" for image in successors)
    pattern = re.compile(rf"(?<![\w./@-])(?:{names})(?!\w|[.:/@-]+\w)")
    found: dict[str, dict[str, set[Place]]] = {}
    for start, text in texts:
        line, position = 1, 0
        for match in pattern.finditer(text):
            line += text.count("\n", position, match.start())
            position = match.start()
            image = tuple(successors)[(match.lastindex or 1) - 1]
            place = Place(start.path, start.cell, line)
            if not any(lines.meets(lines_at(place)) for lines in followed):
                found.setdefault(start.path, {}).setdefault(image, set()).add(place)
    return tuple(_finding(found[path], successors) for path in sorted(found))


def downloads(texts: Iterable[tuple[Place, str]], specs: Iterable[str]) -> Iterator[Finding]:
    """Yield where a text fetches from elsewhere what has the name of a job spec that migrates beside it."""
    names = "|".join(map(re.escape, sorted(specs)))
    address = re.compile(rf"https?://[^\s\"']{{1,500}}/({names})\b")
    for start, text in texts if names else ():
        for found in address.finditer(text):
            if not _FETCH.search(
                text, max(text.rfind("\n", 0, found.start()), found.start() - 300), found.start()
            ):
                continue
            place = Place(start.path, start.cell, text.count("\n", 0, found.start()) + 1)
            message = (
                f"The text fetches {found[1]} from elsewhere, where nothing migrated it: use the one here."
            )
            yield Finding("documentation-download", Severity.INFO, place, message)


def _name(image: str) -> str:
    reference = ImageReference.parse(image)
    is_on_hub = reference is not None and reference.registry == "docker.io"
    has_registry = image.startswith("docker.io/")
    return (_DOCKER_HUB if is_on_hub and not has_registry else "") + re.escape(image)


def _finding(found: Mapping[str, set[Place]], successors: Mapping[str, str]) -> Finding:
    ordered = sorted((sorted(places), image) for image, places in found.items())
    parts = (f"{image} in {_listed(places)} (jobs use {successors[image]} now)" for places, image in ordered)
    message = f"The text shows images that jobs here leave behind, and stays as it is: {'; '.join(parts)}."
    return Finding(rule=RULE, severity=Severity.INFO, place=ordered[0][0][0], message=message)


def _listed(places: Sequence[Place]) -> str:
    shown = [
        f"cell {place.cell} line {place.line}" if place.cell >= 0 else f"line {place.line}"
        for place in places[:_MOST_PLACES]
    ]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

"""Find documentation that still shows an image which the jobs of the tree leave behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.catalogue import ImageReference
from migrator.discover import Source, text_of
from migrator.model import Finding, Place, Severity

RULE = "old-image-in-text"
_DOCKER_HUB = r"(?:(?:index\.|registry-1\.)?docker\.io/)?"
_MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class _Images:
    """What to look for (a group for each old image, in order), and by old image what took its place."""

    pattern: re.Pattern[str]
    successors: Mapping[str, str]

    def found_in(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield where in the text (0-based code points) which old image stands."""
        names = tuple(self.successors)
        for match in self.pattern.finditer(text):
            yield match.start(), names[(match.lastindex or 1) - 1]


def old_images(
    documents: Sequence[Source], markdown: Sequence[tuple[str, int, str]], images: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Return an info finding for every file that shows an image which jobs migrate away from.

    ``markdown`` has a notebook's path, the 0-based index of a cell and its text; ``images`` leads from
    old images to new ones. A finding stands at the file's first such place and lists them all. Images are
    found as whole words: no part of a longer repository, tag or address.
    """
    wanted = _images(images)
    if wanted is None:
        return ()
    found: dict[str, list[tuple[Place, str]]] = {}
    texts = ((Place(source.path), text_of(source.data)) for source in documents)
    cells = ((Place(path, cell), text) for path, cell, text in markdown)
    for place, text in (*texts, *cells):
        found.setdefault(place.path, []).extend(_places(place, text, wanted))
    return tuple(_finding(found[path], wanted.successors) for path in sorted(found) if found[path])


def _images(images: Mapping[str, str]) -> _Images | None:
    successors = {_short(old): new for old, new in sorted(images.items()) if old}
    if not successors:
        return None
    names = "|".join(f"({_name(image)})" for image in successors)
    return _Images(re.compile(rf"(?<![\w./@-])(?:{names})(?!\w|[.:/@-]+\w)"), successors)


def _short(image: str) -> str:
    reference = ImageReference.parse(image)
    return str(reference) if reference is not None else image


def _name(image: str) -> str:
    reference = ImageReference.parse(image)
    is_on_hub = reference is not None and reference.registry == "docker.io"
    has_registry = image.startswith("docker.io/")
    return (_DOCKER_HUB if is_on_hub and not has_registry else "") + re.escape(image)


def _places(start: Place, text: str, images: _Images) -> Iterator[tuple[Place, str]]:
    line, position = 1, 0
    for place, image in images.found_in(text):
        line += text.count("\n", position, place)
        position = place
        yield Place(start.path, start.cell, line), image


def _finding(found: Sequence[tuple[Place, str]], successors: Mapping[str, str]) -> Finding:
    by_image: dict[str, set[Place]] = {}
    for place, image in found:
        by_image.setdefault(image, set()).add(place)
    parts = (
        f"{image} in {_listed(sorted(places))} (jobs use {successors[image]} now)"
        for image, places in sorted(by_image.items(), key=lambda item: (min(item[1]), item[0]))
    )
    message = f"The text shows images that jobs here leave behind, and stays as it is: {'; '.join(parts)}."
    return Finding(rule=RULE, severity=Severity.INFO, place=min(place for place, _ in found), message=message)


def _listed(places: Sequence[Place]) -> str:
    shown = [
        f"cell {place.cell} line {place.line}" if place.cell >= 0 else f"line {place.line}"
        for place in places[:_MOST_PLACES]
    ]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

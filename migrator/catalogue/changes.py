"""What a move from one image to another changes, or leaves unknown."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.catalogue.families import framework_version_of, python_of
from migrator.catalogue.images import ImageReference, version_of


@dataclass(frozen=True, slots=True)
class Note:
    """A change or a gap in one sentence; ``rule`` is a key of ``migrator.catalogue.rules.RULES``."""

    rule: str
    message: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of an image; ``source`` and ``url`` say from where, if not from its tag."""

    image: str
    version: str | None = None
    python: str | None = None
    source: str = ""
    url: str = ""


def facts_of(image: ImageReference | None) -> ImageFacts:
    """Return what name and tag tell, nothing for an image that is not known."""
    if image is None:
        return ImageFacts("the present image")
    return ImageFacts(str(image), framework_version_of(image), python_of(image))


def has_other_major(one: str | None, other: str | None) -> bool:
    """Return whether two Python versions, ``2.7`` or ``3``, are known to differ before the dot."""
    return bool(one and other and one[0] != other[0])


def notes_on(title: str, before: ImageFacts, after: ImageFacts) -> tuple[Note, ...]:
    """Return the notes on framework, called ``title``, and Python for a move between the images."""
    if before.image == after.image:
        return ()
    notes: list[Note] = []
    old, new = version_of(before.version or ""), version_of(after.version or "")
    if old is None or new is None:
        facts = (before.version, after.version)
        notes.append(_gap("framework-version-unknown", f"{title} version", before, after, facts))
    elif old != new:
        text = f"{title} {before.version} becomes {after.version} in {after.image}"
        notes.append(_note("framework-version-changes", text, after))
    pythons = (before.python, after.python)
    has_minors = all("." in (python or "") for python in pythons)
    if None in pythons:
        notes.append(_gap("python-unknown", "Python version", before, after, pythons))
    elif has_other_major(*pythons) or (has_minors and before.python != after.python):
        text = f"Python {before.python} becomes {after.python} in {after.image}"
        notes.append(_note("python-changes", text, after))
    return tuple(notes)


def _gap(
    rule: str, what: str, before: ImageFacts, after: ImageFacts, facts: tuple[str | None, str | None]
) -> Note:
    told = [
        f"{image} has {fact}" if fact else f"{image} does not tell"
        for image, fact in zip((before.image, after.image), facts, strict=True)
    ]
    return _note(rule, f"Whether the {what} changes is not known: {', '.join(told)}", after)


def _note(rule: str, text: str, after: ImageFacts) -> Note:
    source = f" (source: {after.source})" if after.source else ""
    return Note(rule, f"{text}{source}.", after.url)

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
    """Return whether two versions, ``2.7`` or ``3``, are known to differ before the dot."""
    return bool(one and other and one.partition(".")[0] != other.partition(".")[0])


def notes_on(title: str, before: ImageFacts, after: ImageFacts) -> tuple[Note, ...]:
    """Return the notes on framework, called ``title``, and Python for a move between the images."""
    source = f" (source: {after.source})" if after.source else ""
    notes: list[Note] = []
    for gap, change, what, old, new in (
        ("framework-version-unknown", "framework-version-changes", title, before.version, after.version),
        ("python-unknown", "python-changes", "Python", before.python, after.python),
    ):
        versions = version_of(old or ""), version_of(new or "")
        if None in versions:
            pairs = ((before.image, old), (after.image, new))
            told = (f"{image} has {fact}" if fact else f"{image} does not tell" for image, fact in pairs)
            text = f"Whether the {what} version changes is not known: {', '.join(told)}{source}."
            notes.append(Note(gap, text, after.url))
        elif has_other_major(old, new) or (len(set(versions)) > 1 and all("." in str(v) for v in (old, new))):
            text = f"{what} {old} becomes {new} in {after.image}{source}."
            notes.append(Note(change, text, after.url))
    return tuple(notes) if before.image != after.image else ()

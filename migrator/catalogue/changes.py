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
    notes = (_version_note(title, before, after), _python_note(before, after))
    return tuple(note for note in notes if note is not None)


def _version_note(title: str, before: ImageFacts, after: ImageFacts) -> Note | None:
    old, new = version_of(before.version or ""), version_of(after.version or "")
    if old is None or new is None:
        text = f"{_said(before, before.version)}, {_said(after, after.version)}"
        return _note("framework-version-unknown", f"{_unknown(f'{title} version')} {text}", after)
    if old == new:
        return None
    text = f"{title} {before.version} becomes {after.version} in {after.image}"
    return _note("framework-version-changes", text, after)


def _python_note(before: ImageFacts, after: ImageFacts) -> Note | None:
    old, new = before.python, after.python
    if old is None or new is None:
        text = f"{_said(before, old)}, {_said(after, new)}"
        return _note("python-unknown", f"{_unknown('Python version')} {text}", after)
    has_minors = "." in old and "." in new
    if has_other_major(old, new) or (has_minors and old != new):
        return _note("python-changes", f"Python {old} becomes {new} in {after.image}", after)
    return None


def _unknown(what: str) -> str:
    return f"Whether the {what} changes is not known:"


def _said(facts: ImageFacts, fact: str | None) -> str:
    return f"{facts.image} has {fact}" if fact else f"{facts.image} does not tell"


def _note(rule: str, text: str, after: ImageFacts) -> Note:
    source = f" (source: {after.source})" if after.source else ""
    return Note(rule, f"{text}{source}.", after.url)

from __future__ import annotations

import pytest

from migrator.catalogue.changes import ImageFacts, Note, facts_of, has_other_major, notes_on
from migrator.catalogue.images import ImageReference

OLD = ImageFacts("old", "1.8.0", "2.7")


def notes(before: ImageFacts, after: ImageFacts) -> dict[str, str]:
    return {note.rule: note.message for note in notes_on("TensorFlow", before, after)}


def pythons(old: str | None, new: str | None) -> dict[str, str]:
    return notes(ImageFacts("old", "1.8.0", old), ImageFacts("new", "1.8.1", new))


def test_an_image_that_stays_has_no_notes() -> None:
    assert notes(ImageFacts("old"), ImageFacts("old")) == {}


def test_the_same_minor_version_and_python_have_no_notes() -> None:
    assert notes(OLD, ImageFacts("new", "1.8.9", "2.7")) == {}


@pytest.mark.parametrize(("old", "new"), [("3", "3.6"), ("3.6", "3"), ("3", "3"), ("2.7", "2")])
def test_a_python_that_may_be_the_same_is_no_change(old: str, new: str) -> None:
    assert pythons(old, new) == {}


@pytest.mark.parametrize(("old", "new"), [("2", "3"), ("2.7", "3"), ("2", "3.6"), ("3.5", "3.6")])
def test_a_python_that_cannot_be_the_same_is_told(old: str, new: str) -> None:
    assert pythons(old, new) == {"python-changes": f"Python {old} becomes {new} in new."}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (None, "3", "old does not tell, new has 3."),
        ("2.7", None, "old has 2.7, new does not tell."),
        (None, None, "old does not tell, new does not tell."),
    ],
)
def test_a_python_that_is_not_known_is_told_with_what_is(old: str | None, new: str | None, said: str) -> None:
    message = f"Whether the Python version changes is not known: {said}"
    assert pythons(old, new) == {"python-unknown": message}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (None, "1.7.0", "old does not tell, new has 1.7.0."),
        ("1.8.0", None, "old has 1.8.0, new does not tell."),
        ("1.8.0", "odd", "old has 1.8.0, new has odd."),
    ],
)
def test_a_version_that_is_not_known_is_told_with_what_is(
    old: str | None, new: str | None, said: str
) -> None:
    found = notes(ImageFacts("old", old, "2.7"), ImageFacts("new", new, "2.7"))
    message = f"Whether the TensorFlow version changes is not known: {said}"
    assert found == {"framework-version-unknown": message}


def test_a_note_names_its_source_and_links_to_it() -> None:
    after = ImageFacts("new", "1.9.0", "2.7", source="release notes", url="https://example.com/notes")
    assert notes_on("TensorFlow", OLD, after) == (
        Note(
            "framework-version-changes",
            "TensorFlow 1.8.0 becomes 1.9.0 in new (source: release notes).",
            "https://example.com/notes",
        ),
    )


def test_the_facts_of_an_image_are_those_of_its_tag() -> None:
    image = ImageReference.parse("tensorflow/tensorflow:1.8.0-gpu-py3")
    assert facts_of(image) == ImageFacts("tensorflow/tensorflow:1.8.0-gpu-py3", "1.8.0", "3")


def test_of_no_image_nothing_is_known() -> None:
    facts = facts_of(None)
    assert facts == ImageFacts("the present image", None, None, source="", url="")
    assert Note("rule", "message") == Note("rule", "message", "")


def test_pythons_differ_only_where_both_are_known() -> None:
    assert has_other_major("2.7", "3")
    assert not has_other_major("2.7", "2")
    assert not has_other_major(None, "3")
    assert not has_other_major("3", None)

"""Why an image was chosen and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from migrator.catalogue.families import family_of
from migrator.catalogue.images import ImageReference
from migrator.catalogue.ngc import Target, choose
from migrator.model import Framework

TENSORFLOW = "tensorflow/tensorflow:1.8.0-gpu"
NO_OVERRIDES: Mapping[str, str] = {}


def chosen(text: str, overrides: Mapping[str, str] = NO_OVERRIDES) -> Target:
    image = ImageReference.parse(text)
    assert image is not None
    family = family_of(image)
    target = choose(family.framework if family else None, image, overrides=overrides)
    assert target is not None
    return target


def messages(target: Target) -> dict[str, str]:
    return {note.rule: note.message for note in target.notes}


@pytest.mark.parametrize(
    "image", ["nvcr.io/nvidia/tensorflow:18.01-py3", "nvcr.io/nvidia/caffe2:18.01-py2", "nvcr.io/mine/own:1"]
)
def test_an_image_on_the_registry_stays_without_a_note(image: str) -> None:
    assert chosen(image) == Target(image, "It is on nvcr.io already.")


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        (TENSORFLOW, "the newest fitting image with TensorFlow 1.8."),
        (
            "tensorflow/tensorflow:1.1.0-gpu",
            "the newest fitting image with TensorFlow 1.4, the nearest known version above 1.1.0.",
        ),
        ("tensorflow/tensorflow:latest-gpu", "the release that the Batch AI instructions name."),
        (
            "tensorflow/tensorflow:latest-gpu-py3",
            "the newest fitting image known to have Python 3.",
        ),
        ("kaixhin/cuda-theano:8.0", "the newest image not known to misfit."),
        (
            "caffe2ai/caffe2",
            "the only Caffe2 image that the recipes are documented to work with.",
        ),
    ],
)
def test_the_reason_tells_how_the_image_was_chosen(current: str, reason: str) -> None:
    target = chosen(current)
    assert target.reason == f"{target.image} is {reason}"


def test_the_users_choice_is_a_reason() -> None:
    target = chosen(TENSORFLOW, {"tensorflow": "nvcr.io/nvidia/tensorflow:18.08-py2"})
    assert target.reason == "nvcr.io/nvidia/tensorflow:18.08-py2 is chosen by the user."
    assert messages(target)["framework-version-changes"].startswith("TensorFlow 1.8.0 becomes 1.9.0 in ")


def test_the_pinned_image_is_compared_with_the_present_one() -> None:
    found = messages(chosen("caffe2ai/caffe2:c2v0.8.1.cuda8.cudnn7.ubuntu14.04"))
    assert "Caffe2 version" in found["framework-version-unknown"]
    assert "caffe2ai/caffe2:c2v0.8.1.cuda8.cudnn7.ubuntu14.04 has 0.8.1" in found["framework-version-unknown"]


def test_without_a_present_image_the_framework_decides() -> None:
    target = choose(Framework.TENSORFLOW, None, overrides=NO_OVERRIDES)
    assert target is not None
    assert target.image == "nvcr.io/nvidia/tensorflow:17.10"
    assert "the present image does not tell" in messages(target)["python-unknown"]
    assert choose(None, None, overrides=NO_OVERRIDES) is None


def test_of_an_image_outside_of_the_catalogue_the_tag_tells() -> None:
    found = messages(chosen(TENSORFLOW, {"tensorflow": "tensorflow/tensorflow:1.7.0-gpu-py3"}))
    place = "tensorflow/tensorflow:1.7.0-gpu-py3"
    assert found == {
        "framework-version-changes": f"TensorFlow 1.8.0 becomes 1.7.0 in {place}.",
        "python-changes": f"Python 2.7 becomes 3 in {place}.",
    }


def test_of_what_is_no_image_nothing_is_told() -> None:
    found = messages(chosen(TENSORFLOW, {"tensorflow": "$IMAGE"}))
    assert found["python-unknown"].endswith(
        ": tensorflow/tensorflow:1.8.0-gpu has 2.7, $IMAGE does not tell."
    )


def test_an_image_of_no_known_framework_is_told_of_in_general() -> None:
    found = messages(chosen("example/mine:1", {"example/mine:1": "nvcr.io/mine/own:1"}))
    assert found["framework-version-unknown"].startswith("Whether the framework version changes is not known")

from __future__ import annotations

from collections.abc import Mapping

import pytest

from migrator.catalogue.families import family_of
from migrator.catalogue.gpus import gpus_by_name
from migrator.catalogue.images import NGC_REGISTRY, ImageReference
from migrator.catalogue.limitations import REFERENCE_URL
from migrator.catalogue.ngc import NAMED, PINNED, NgcImage, Target, catalogue, choose, image_of, needed_driver
from migrator.catalogue.rules import RULES
from migrator.model import Framework

TENSORFLOW = "tensorflow/tensorflow:1.8.0-gpu"
NO_OVERRIDES: Mapping[str, str] = {}


def row(
    tag: str = "18.07-py2",
    *,
    version: str = "1.8.0",
    python: str = "",
    cuda: str = "9.0.176",
    confidence: str = "medium",
    repository: str = "nvcr.io/nvidia/tensorflow",
    source: str = "seen",
) -> NgcImage:
    told = {"framework_version": version, "python": python, "cuda": cuda, "min_driver": "384.xx"}
    return image_of(
        {"repository": repository, "tag": tag, "confidence": confidence, "source": source, **told}
    )


def chosen(text: str, framework: Framework | None = None, *rows: NgcImage) -> str | None:
    image = ImageReference.parse(text)
    assert image is not None
    family = family_of(image)
    framework = framework or (family.framework if family else None)
    target = choose(framework, image, overrides=NO_OVERRIDES, rows=rows or None)
    return target.image if target else None


def test_an_unknown_framework_has_no_target() -> None:
    assert chosen("example/mine:1") is None


def test_a_framework_without_candidates_has_no_target() -> None:
    assert chosen("tensorflow/tensorflow:1.8.0-gpu", None, row("18.07-py3")) is None


@pytest.mark.parametrize(
    ("current", "target"),
    [
        ("tensorflow/tensorflow:1.8.0-gpu", "nvidia/tensorflow:18.07-py2"),
        ("tensorflow/tensorflow:1.8.0-gpu-py3", "nvidia/tensorflow:18.07-py3"),
        ("tensorflow/tensorflow:1.7.0-gpu", "nvidia/tensorflow:18.05-py2"),
        ("tensorflow/tensorflow:1.4.0-gpu", "nvidia/tensorflow:17.12"),
        ("tensorflow/tensorflow:1.1.0-gpu", "nvidia/tensorflow:17.12"),
        ("tensorflow/tensorflow:1.9.0-gpu-py3", "nvidia/tensorflow:18.08-py3"),
        ("tensorflow/tensorflow:latest-gpu", "nvidia/tensorflow:17.10"),
        ("tensorflow/tensorflow:latest-gpu-py3", "nvidia/tensorflow:18.08-py3"),
        ("pytorch/pytorch:0.4_cuda9_cudnn7", "nvidia/pytorch:18.05-py3"),
        ("batchaitraining/pytorch:0.4.0-cp36-cuda9-cudnn7", "nvidia/pytorch:18.05-py3"),
        ("microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0", "nvidia/cntk:17.12"),
        ("microsoft/cntk:2.1-gpu-python3.5-cuda8.0-cudnn6.0", "nvidia/cntk:18.08-py3"),
        ("batchaitraining/cntk:2.3-gpu-1bitsgd-py36-cuda8-cudnn6-intelmpi", "nvidia/cntk:18.08-py3"),
        ("bvlc/caffe:gpu", "nvidia/caffe:17.12"),
        ("caffe2ai/caffe2", "nvidia/caffe2:17.10"),
        ("batchaitraining/chainermn:openMPI", "partners/chainer:4.0.0b1"),
        ("mxnet/python:1.1.0_gpu_cu90", "nvidia/mxnet:18.05-py2"),
        ("kaixhin/cuda-theano:8.0", "nvidia/theano:18.08"),
        ("kaixhin/cuda-torch", "nvidia/torch:18.08-py2"),
    ],
)
def test_the_catalogue_gives_the_target(current: str, target: str) -> None:
    assert chosen(current) == f"nvcr.io/{target}"


@pytest.mark.parametrize(
    "rejected",
    [
        row("18.09-py2"),
        row("18.08-py2", cuda="10.0.130"),
        row("18.08-py2", confidence="low"),
        row("18.08-py3"),
        row("18.08", python="3.5"),
        row("18.08-py2", version="1.7.0"),
        row("18.08-py2", version="1.9.0"),
        row("18.08-py2", repository="nvcr.io/nvidia/caffe"),
    ],
)
def test_what_does_not_fit_is_not_taken(rejected: NgcImage) -> None:
    current = "tensorflow/tensorflow:1.8.0-gpu"
    assert chosen(current, None, row(), rejected) == "nvcr.io/nvidia/tensorflow:18.07-py2"


def test_the_nearest_version_above_wins_over_the_newest() -> None:
    rows = (
        row("18.05", version="1.10.0-rc2"),
        row("18.06", version="1.10.0"),
        row("18.07", version="1.12.0"),
    )
    assert chosen("tensorflow/tensorflow:1.9.0-gpu", None, *rows) == "nvcr.io/nvidia/tensorflow:18.06"


@pytest.mark.parametrize(
    "current",
    [
        "tensorflow/tensorflow:2.3.0-gpu",
        "tensorflow/tensorflow:1.12.0-gpu-py3",
        "pytorch/pytorch:1.0-cuda9.0-cudnn7-runtime",
        "mxnet/python:1.3.0_gpu",
        "chainer/chainer:v4.1.0-python3",
    ],
)
def test_a_newer_version_than_any_known_has_no_target(current: str) -> None:
    assert chosen(current) is None


@pytest.mark.parametrize("versions", [("1.8.0", ""), ("1.8.0", "0.12.0"), ("0.12.0", "1.8.0")])
def test_the_highest_known_version_decides(versions: tuple[str, str]) -> None:
    rows = (row("18.06", version=versions[0]), row("18.07", version=versions[1]))
    assert chosen("tensorflow/tensorflow:1.9.0-gpu", None, *rows) is None
    assert chosen("tensorflow/tensorflow:1.8.0-gpu", None, *rows) is not None


def test_a_newer_version_is_no_matter_where_no_version_is_known() -> None:
    current = "tensorflow/tensorflow:2.3.0-gpu"
    assert chosen(current, None, row("18.07", version="")) == "nvcr.io/nvidia/tensorflow:18.07"


def test_images_before_the_first_with_the_wanted_version_have_an_older_one() -> None:
    rows = (row("18.06", version=""), row("18.09", version="1.9.0"), row("18.10", version="1.12.0"))
    assert chosen("tensorflow/tensorflow:1.9.0-gpu", None, *rows) is None
    assert chosen("tensorflow/tensorflow:1.8.0-gpu", None, *rows) == "nvcr.io/nvidia/tensorflow:18.06"


def test_the_users_image_takes_over_from_a_newer_major_version() -> None:
    current = ImageReference.parse("tensorflow/tensorflow:2.3.0-gpu")
    target = choose(Framework.TENSORFLOW, current, overrides={"tensorflow": "nvcr.io/x/a:1"})
    assert target is not None
    assert target.image == "nvcr.io/x/a:1"


def test_a_doubtful_python_is_not_known() -> None:
    rows = (row("18.06", version="", python="2.7"), row("18.07", version="", python="2.7? (Lua)"))
    assert chosen("tensorflow/tensorflow:1.9.0-gpu", None, *rows) == "nvcr.io/nvidia/tensorflow:18.06"


def test_a_patch_of_the_last_release_on_cuda_9_is_taken() -> None:
    rows = (row("18.08-py2"), row("18.08.1-py2"), row("18.09-py2"))
    assert chosen("tensorflow/tensorflow:1.8.0-gpu", None, *rows) == "nvcr.io/nvidia/tensorflow:18.08.1-py2"


def test_a_release_is_newer_than_a_tag_that_names_none() -> None:
    rows = (row("latest", version=""), row("18.06", version=""), row("17.12", version=""))
    assert chosen("tensorflow/tensorflow:latest-gpu", None, *rows) == "nvcr.io/nvidia/tensorflow:18.06"


def test_a_named_image_is_taken_whatever_its_confidence() -> None:
    rows = (row("17.10", version="", confidence="low"), row("18.06", version=""))
    assert chosen("tensorflow/tensorflow:latest-gpu", None, *rows) == "nvcr.io/nvidia/tensorflow:17.10"


@pytest.mark.parametrize(
    ("overrides", "image"),
    [
        ({"cntk": "nvcr.io/x/a:1"}, "nvcr.io/nvidia/tensorflow:18.07-py2"),
        ({"tensorflow": "nvcr.io/x/a:1"}, "nvcr.io/x/a:1"),
        (
            {"tensorflow": "nvcr.io/x/a:1", "tensorflow/tensorflow:1.8.0-gpu": "nvcr.io/x/b:1"},
            "nvcr.io/x/b:1",
        ),
        ({"docker.io/tensorflow/tensorflow:1.8.0-gpu": "nvcr.io/x/b:1"}, "nvcr.io/x/b:1"),
        ({"$BAD": "nvcr.io/x/b:1"}, "nvcr.io/nvidia/tensorflow:18.07-py2"),
    ],
)
def test_the_users_image_comes_first(overrides: Mapping[str, str], image: str) -> None:
    current = ImageReference.parse("tensorflow/tensorflow:1.8.0-gpu")
    target = choose(Framework.TENSORFLOW, current, overrides=overrides)
    assert target is not None
    assert target.image == image


def test_the_users_image_wins_over_the_pinned_one_and_maps_a_custom_image() -> None:
    overrides = {"caffe2": "nvcr.io/nvidia/caffe2:18.08-py2", "example/mine:1": "nvcr.io/x/y:1"}
    caffe2 = choose(Framework.CAFFE2, None, overrides=overrides)
    custom = choose(None, ImageReference.parse("example/mine:1"), overrides=overrides)
    assert caffe2 is not None
    assert custom is not None
    assert (caffe2.image, custom.image) == ("nvcr.io/nvidia/caffe2:18.08-py2", "nvcr.io/x/y:1")


def target_of(text: str, overrides: Mapping[str, str] = NO_OVERRIDES) -> Target:
    image = ImageReference.parse(text)
    assert image is not None
    family = family_of(image)
    target = choose(family.framework if family else None, image, overrides=overrides)
    assert target is not None
    return target


def notes(text: str, overrides: Mapping[str, str] = NO_OVERRIDES) -> dict[str, tuple[str, str]]:
    return {note.rule: (note.message, note.url) for note in target_of(text, overrides).notes}


def messages(text: str, overrides: Mapping[str, str] = NO_OVERRIDES) -> dict[str, str]:
    return {rule: message for rule, (message, _) in notes(text, overrides).items()}


def test_a_move_that_changes_nothing_known_has_no_notes() -> None:
    assert notes("tensorflow/tensorflow:1.8.0-gpu") == {}


def test_a_version_that_changes_is_told_with_its_source() -> None:
    message, url = notes("tensorflow/tensorflow:1.6.0-gpu-py3")["framework-version-changes"]
    assert message.startswith(
        "TensorFlow 1.6.0 becomes 1.7.0 in nvcr.io/nvidia/tensorflow:18.05-py3 (source: "
    )
    assert url in message
    assert url.startswith("https://docs.nvidia.com/")


def test_facts_that_are_not_known_are_told() -> None:
    found = notes("bvlc/caffe:gpu")
    assert set(found) == {"framework-version-unknown", "python-unknown"}
    assert found["python-unknown"][1] == REFERENCE_URL


def test_a_source_that_is_no_link_gives_no_url() -> None:
    message, url = notes("microsoft/cntk:2.1-gpu-python3.5-cuda8.0-cudnn6.0")["framework-version-unknown"]
    assert "seen in public use" in message
    assert url == ""


def test_a_python_that_changes_is_told() -> None:
    overrides = {"tensorflow": "nvcr.io/nvidia/tensorflow:18.07-py3"}
    message, _ = notes("tensorflow/tensorflow:1.8.0-gpu", overrides)["python-changes"]
    assert message.startswith("Python 2.7 becomes 3.5")
    found = notes("batchaitraining/tensorflow:1.8.0-py36", overrides)
    assert found["python-changes"][0].startswith("Python 3.6 becomes 3.5")


def test_the_rules_of_notes_have_pages() -> None:
    assert {*notes("bvlc/caffe:gpu"), *notes("tensorflow/tensorflow:1.1.0-gpu")} <= set(RULES)


def test_the_package_carries_every_framework_and_what_the_code_names() -> None:
    images = [row.image for row in catalogue()]
    assert {row.framework for row in catalogue()} == set(Framework)
    assert len(images) == len(set(images))
    assert set(images) >= NAMED >= set(PINNED.values())


@pytest.mark.parametrize("found", catalogue(), ids=lambda found: found.image)
def test_a_row_names_an_image_of_the_registry_and_its_source(found: NgcImage) -> None:
    assert found.reference == ImageReference.parse(found.image)
    assert found.reference.registry == NGC_REGISTRY
    assert found.source.strip()


def test_the_last_part_of_the_repository_is_the_framework() -> None:
    found = row(repository="nvcr.io/partners/deep/chainer")
    assert found.framework is Framework.CHAINER


@pytest.mark.parametrize(
    "image", ["nvcr.io/nvidia/tensorflow:18.01-py3", "nvcr.io/nvidia/caffe2:18.01-py2", "nvcr.io/mine/own:1"]
)
def test_an_image_on_the_registry_stays_without_a_note(image: str) -> None:
    assert target_of(image) == Target(image, "It is on nvcr.io already.")


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
def test_the_reason_tells_how_the_image_was_target_of(current: str, reason: str) -> None:
    target = target_of(current)
    assert target.reason == f"{target.image} is {reason}"


def test_the_users_choice_is_a_reason() -> None:
    overrides = {"tensorflow": "nvcr.io/nvidia/tensorflow:18.08-py2"}
    target = target_of(TENSORFLOW, overrides)
    assert target.reason == "nvcr.io/nvidia/tensorflow:18.08-py2 is chosen by the user."
    assert messages(TENSORFLOW, overrides)["framework-version-changes"].startswith(
        "TensorFlow 1.8.0 becomes 1.9.0 in "
    )


def test_the_pinned_image_is_compared_with_the_present_one() -> None:
    found = messages("caffe2ai/caffe2:c2v0.8.1.cuda8.cudnn7.ubuntu14.04")
    assert "Caffe2 version" in found["framework-version-unknown"]
    assert "caffe2ai/caffe2:c2v0.8.1.cuda8.cudnn7.ubuntu14.04 has 0.8.1" in found["framework-version-unknown"]


def test_without_a_present_image_the_framework_decides() -> None:
    target = choose(Framework.TENSORFLOW, None, overrides=NO_OVERRIDES)
    assert target is not None
    assert target.image == "nvcr.io/nvidia/tensorflow:17.10"
    assert any("the present image does not tell" in note.message for note in target.notes)
    assert choose(None, None, overrides=NO_OVERRIDES) is None


def test_of_an_image_outside_of_the_catalogue_the_tag_tells() -> None:
    found = messages(TENSORFLOW, {"tensorflow": "tensorflow/tensorflow:1.7.0-gpu-py3"})
    place = "tensorflow/tensorflow:1.7.0-gpu-py3"
    assert found == {
        "framework-version-changes": f"TensorFlow 1.8.0 becomes 1.7.0 in {place}.",
        "python-changes": f"Python 2.7 becomes 3 in {place}.",
    }


def test_of_what_is_no_image_nothing_is_told() -> None:
    found = messages(TENSORFLOW, {"tensorflow": "$IMAGE"})
    assert found["python-unknown"].endswith(
        ": tensorflow/tensorflow:1.8.0-gpu has 2.7, $IMAGE does not tell."
    )


def test_an_image_of_no_known_framework_is_told_of_in_general() -> None:
    found = messages("example/mine:1", {"example/mine:1": "nvcr.io/mine/own:1"})
    assert found["framework-version-unknown"].startswith("Whether the framework version changes is not known")


def preferred(gpu: str | None, *tags: str, is_told: bool = False) -> str | None:
    gpus = [gpus_by_name()[gpu]] if gpu else []
    target = choose(
        Framework.TENSORFLOW,
        ImageReference.parse(TENSORFLOW),
        overrides=NO_OVERRIDES,
        gpus=gpus,
        is_gpu_told=is_told,
        rows=[row(tag) for tag in tags],
    )
    return target.image.rpartition(":")[2] if target else None


def test_of_one_version_an_image_that_is_proven_for_the_gpu_comes_before_a_newer_one() -> None:
    assert preferred(None, "17.10", "18.07-py2") == "18.07-py2"
    assert preferred("k80", "17.10", "18.07-py2") == "17.10"
    assert preferred("v100", "17.10", "18.07-py2") == "18.07-py2"


def test_where_none_is_proven_the_newest_is_taken_unless_the_user_told_the_gpu() -> None:
    assert preferred("k80", "18.05-py2", "18.07-py2") == "18.07-py2"
    assert preferred("k80", "18.05-py2", "18.07-py2", is_told=True) is None
    assert preferred("k80", "17.10", "18.07-py2", is_told=True) == "17.10"


@pytest.mark.parametrize(
    ("image", "needs"),
    [
        ("nvcr.io/nvidia/cuda:10.0-cudnn7-devel-ubuntu16.04", True),
        ("nvcr.io/nvidia/rapidsai:0.5-cuda10.0-runtime", True),
        ("nvcr.io/nvidia/cuda:9.0-devel", False),
        ("nvcr.io/nvidia/cuda:latest", False),
        ("nvidia/cuda:10.0-devel", False),
    ],
)
def test_a_tag_that_names_its_cuda_tells_whether_a_newer_driver_is_needed(image: str, needs: bool) -> None:
    reference = ImageReference.parse(image)
    assert reference is not None
    assert (needed_driver(reference) is not None) == needs

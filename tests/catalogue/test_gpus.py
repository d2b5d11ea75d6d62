from __future__ import annotations

import re

import pytest

from migrator.catalogue.gpus import Fit, build_of, builds, fit, gpu_of, gpus, gpus_by_name
from migrator.catalogue.images import ImageReference, version_of
from migrator.model import Framework


def built_for(image: str) -> str | None:
    reference = ImageReference.parse(f"nvcr.io/{image}")
    assert reference is not None
    build = build_of(reference)
    return str(build) if build is not None else None


@pytest.mark.parametrize(
    ("size", "capability"),
    [
        ("Standard_NC6", "3.7"),
        ("STANDARD_NC24R", "3.7"),
        ("standard_nc6s_v2", "6.0"),
        ("Standard_NC24rs_v3", "7.0"),
        ("Standard_ND6s", "6.1"),
        ("Standard_NV6", "5.2"),
        ("Standard_NC4as_T4_v3", "7.5"),
        ("Standard_D2_v2", ""),
        ("Standard_NV4as_v4", ""),
    ],
)
def test_a_size_tells_the_capability_of_its_gpu(size: str, capability: str) -> None:
    found = gpu_of(size)
    assert found is not None
    assert found.capability == capability


@pytest.mark.parametrize("size", ["", "NC6", "Standard_XY7", "Standard_NC6_v9", "Standard_NC6\nx"])
def test_of_another_size_nothing_is_known(size: str) -> None:
    assert gpu_of(size) is None


def test_gpus_have_short_names() -> None:
    names = gpus_by_name()
    assert {"k80", "p100", "v100", "p40", "m60", "t4", "a100"} <= set(names)
    assert names["k80"].capability == "3.7"
    assert all(gpu.capability for gpu in names.values())


@pytest.mark.parametrize(
    ("image", "capability"),
    [
        ("nvidia/tensorflow:17.10", "3.5"),
        ("nvidia/tensorflow:17.12", "3.5 or 5.2"),
        ("nvidia/tensorflow:18.05-py3", "5.2"),
        ("nvidia/tensorflow:18.12.1-py3", "5.2"),
        ("nvidia/tensorflow:19.11-tf2-py3", "5.2"),
        ("nvidia/tensorflow:17.05", ""),
        ("nvidia/pytorch:18.05-py3", "5.2"),
        ("nvidia/cntk:17.10", "3.5"),
        ("partners/chainer:4.0.0b1", ""),
        ("partners/chainer:4.0.0b2", None),
        ("nvidia/tensorflow", None),
        ("nvidia/tensorflow:latest", None),
        ("nvidia/tensorflow:21.05-py3", None),
        ("me/tensorflow:17.10", None),
    ],
)
def test_a_tag_tells_what_the_image_was_built_for(image: str, capability: str | None) -> None:
    assert built_for(image) == capability


def test_another_registrys_image_of_the_same_name_tells_nothing() -> None:
    image = ImageReference.parse("quay.io/nvidia/tensorflow:17.10")
    assert image is not None
    assert build_of(image) is None


@pytest.mark.parametrize(
    ("gpu", "tag", "expected"),
    [
        ("k80", "17.10", Fit.PROVEN),
        ("k80", "17.12", Fit.UNKNOWN),
        ("k80", "18.05-py2", Fit.TOO_OLD),
        ("m60", "17.12", Fit.PROVEN),
        ("m60", "18.05-py2", Fit.PROVEN),
        ("t4", "18.05-py2", Fit.PROVEN),
        ("a100", "18.05-py2", Fit.UNKNOWN),
        ("v100", "17.05", Fit.UNKNOWN),
    ],
)
def test_an_image_fits_where_it_was_built_for_the_gpu_or_an_older_one(
    gpu: str, tag: str, expected: Fit
) -> None:
    image = ImageReference.parse(f"nvcr.io/nvidia/tensorflow:{tag}")
    assert image is not None
    assert fit(gpus_by_name()[gpu], build_of(image)) is expected


def test_nothing_fits_a_machine_without_a_gpu() -> None:
    cpu = gpu_of("Standard_D2_v2")
    assert cpu is not None
    assert fit(cpu, None) is Fit.TOO_OLD


def test_the_tables_are_sound() -> None:
    for gpu in gpus():
        assert not re.fullmatch(gpu.pattern, "standard_xy7")
        assert gpu.source.strip()
    assert {build.framework for build in builds()} == set(Framework)
    for build in builds():
        assert build.source.strip()
        assert build.first <= build.last
        assert (version_of(build.least) or (0, 0)) <= (version_of(build.most) or (0, 0))


def test_what_is_seen_beats_what_is_inferred() -> None:
    rows = [build for build in builds() if build.framework == "tensorflow" and build.first == "18.08"]
    image = ImageReference.parse("nvcr.io/nvidia/tensorflow:18.08-py3")
    assert image is not None
    assert build_of(image) in rows
    assert {build.confidence for build in rows} >= {"direct"}

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from migrator.catalogue.images import ImageReference, Release, version_of

DIGEST = "sha256:" + "0a" * 32


def parsed(text: str) -> ImageReference:
    image = ImageReference.parse(text)
    assert image is not None
    return image


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a b",
        " ubuntu",
        "ubuntu\n",
        "Ubuntu",
        "tensorflow/TensorFlow",
        "$IMAGE",
        "{0}",
        "nvcr.io/{0}",
        "FILL-IN-HERE",
        "a//b",
        "a/",
        "/a",
        "a:",
        "a:b:c",
        "a@",
        "a@sha256:00",
        "a@sha256:" + "A" * 64,
        "a:" + "t" * 129,
        "a___b",
        "host:/a",
        "-host.io/a",
        "a:tag\u0661",
        "\u212a.io/a",
        "0a" * 32,
        "a" * 256,
        "a/" * 10_000,
    ],
)
def test_what_is_no_reference_gives_none(text: str) -> None:
    assert ImageReference.parse(text) is None


@pytest.mark.parametrize(
    ("text", "image", "short"),
    [
        ("ubuntu", ImageReference("docker.io", "library/ubuntu"), "ubuntu"),
        (
            "docker.io/library/ubuntu:16.04",
            ImageReference("docker.io", "library/ubuntu", "16.04"),
            "ubuntu:16.04",
        ),
        ("index.docker.io/a/b", ImageReference("docker.io", "a/b"), "a/b"),
        ("bvlc/caffe:gpu", ImageReference("docker.io", "bvlc/caffe", "gpu"), "bvlc/caffe:gpu"),
        ("NVCR.IO/a/b", ImageReference("nvcr.io", "a/b"), "nvcr.io/a/b"),
        ("localhost/a", ImageReference("localhost", "a"), "localhost/a"),
        ("LocalHost/a", ImageReference("localhost", "a"), "localhost/a"),
        ("Host/a", ImageReference("Host", "a"), "Host/a"),
        ("Host:5000/a", ImageReference("host:5000", "a"), "host:5000/a"),
        ("host:5000/a:b", ImageReference("host:5000", "a", "b"), "host:5000/a:b"),
        ("[::1]:5000/a", ImageReference("[::1]:5000", "a"), "[::1]:5000/a"),
        (f"a/b@{DIGEST}", ImageReference("docker.io", "a/b", None, DIGEST), f"a/b@{DIGEST}"),
        (f"a/b@x+B.c:{'A0' * 16}", ImageReference("docker.io", "a/b", None, f"x+B.c:{'A0' * 16}"), None),
        (f"a/b:c@{DIGEST}", ImageReference("docker.io", "a/b", "c", DIGEST), f"a/b:c@{DIGEST}"),
        ("docker.io/a.b/c", ImageReference("docker.io", "a.b/c"), "docker.io/a.b/c"),
    ],
)
def test_a_reference_is_normalised_and_printed_short(
    text: str, image: ImageReference, short: str | None
) -> None:
    assert parsed(text) == image
    assert str(image) == (short or text)


def test_the_longest_name_and_reference_are_read() -> None:
    longest = "a" * (255 - len("docker.io/library/"))
    assert parsed(longest).repository == f"library/{longest}"
    assert ImageReference.parse(f"{longest}a") is None
    digest = "x:" + "0" * (1024 - len("a@x:"))
    assert parsed(f"a@{digest}").digest == digest
    assert ImageReference.parse(f"a@{digest}0") is None


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[a-zA-Z0-9.:_/@-]{1,40}", fullmatch=True))
@example("docker.io/localhost/x")
@example("docker.io/library/a/b")
@example("docker.io/" + "0a" * 32)
@example("docker.io/index.docker.io/x")
@example("docker.io/docker.io/x")
@example("A/b")
@example("0a" * 32 + ":t@x:" + "0" * (1024 - 69))
def test_what_is_printed_reads_back(text: str) -> None:
    image = ImageReference.parse(text)
    if image is not None:
        assert ImageReference.parse(str(image)) == image
        _ = (image.python, image.tag_version, image.has_gpu_mark, image.has_cpu_mark, image.release)


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("tensorflow/tensorflow:1.8.0-gpu", None),
        ("mxnet/python:gpu", None),
        ("pytorch/pytorch:0.4_cuda9_cudnn7", None),
        ("a/happy3:1", None),
        ("tensorflow/tensorflow:1.8.0-gpu-py3", "3"),
        ("microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0", "2.7"),
        ("batchaitraining/cntk:2.3-gpu-1bitsgd-py36-cuda8-cudnn6-intelmpi", "3.6"),
        ("batchaitraining/pytorch:0.4.0-cp36-cuda9-cudnn7", "3.6"),
        ("a/b:py3.10", "3.10"),
        ("a/b-py310:1", "3.10"),
        ("a/b:1.8-Py3-GPU", "3"),
        ("nvcr.io/nvidia/tensorflow:18.07-py2", "2"),
    ],
)
def test_tag_or_name_tell_the_python_version(text: str, python: str | None) -> None:
    assert parsed(text).python == python


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("a/b", None),
        ("a/b:latest", None),
        ("a/b:openMPI", None),
        ("a/b:7", None),
        ("a/b:cuda9.0-1.8", None),
        ("a/b:1.8.0-gpu", "1.8.0"),
        ("a/b:0.4_cuda9", "0.4"),
        ("a/b:v4.0.0-python3", "4.0.0"),
        ("a/b:c2v0.8.1.cuda8.cudnn7", "0.8.1"),
        ("a/b:4.0.0b1", "4.0.0b1"),
        ("a/b:1.8.0-rc1-gpu", "1.8.0-rc1"),
    ],
)
def test_the_start_of_a_tag_tells_a_version(text: str, version: str | None) -> None:
    assert parsed(text).tag_version == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("", None),
        ("unknown", None),
        ("7", (7, 0)),
        ("0.4.0a0", (0, 4)),
        ("1.12.0-rc2", (1, 12)),
        ("v4.0.0", (4, 0)),
        ("0.11.0.rc3", (0, 11)),
        ("1.0.0a0+056cfaf", (1, 0)),
        ("0.4.0a0 observed (notes say 0.3.1)", (0, 4)),
        ("9" * 5000, None),
    ],
)
def test_versions_compare_by_major_and_minor(text: str, version: tuple[int, int] | None) -> None:
    assert version_of(text) == version


def release_of(tag: str) -> Release | None:
    return ImageReference("nvcr.io", "nvidia/tensorflow", tag).release


@pytest.mark.parametrize(
    "tag", ["", "latest", "4.0.0b1", "18.13", "18.00", "18.7", "18.07-py4", "18.07-gpu", "18.07\n"]
)
def test_other_tags_are_no_release(tag: str) -> None:
    assert release_of(tag) is None


@pytest.mark.parametrize(
    ("tag", "release"),
    [
        ("17.12", Release(17, 12)),
        ("18.01", Release(18, 1)),
        ("18.12.1-py3", Release(18, 12, patch=1, python=3)),
        ("19.11-tf2-py3", Release(19, 11, python=3)),
        ("18.07-py2", Release(18, 7, python=2)),
    ],
)
def test_a_tag_names_its_release(tag: str, release: Release) -> None:
    assert release_of(tag) == release


def test_releases_are_ordered_by_year_month_and_patch() -> None:
    tags = ["17.12", "18.01-py2", "18.01-py3", "18.12-py3", "18.12.1-py3", "19.11-tf2-py3"]
    releases = [release_of(tag) for tag in tags]
    assert releases[4] == Release(18, 12, 1, 3)
    assert releases == sorted(release for release in releases if release)


def test_cpu_is_marked_only_where_nothing_speaks_of_a_gpu() -> None:
    assert parsed("a/b:2.5-cpu-python2.7").has_cpu_mark
    assert parsed("a/b:2.5-CPU").has_cpu_mark
    assert not parsed("a/b:cpu-gpu").has_cpu_mark
    assert not parsed("a/b:cpu-cuda9.0").has_cpu_mark
    assert not parsed("a/b:1.8.0").has_cpu_mark


@pytest.mark.parametrize("tag", ["gpu", "1.8.0-GPU", "0.4_cuda9_cudnn7", "CUDA9.0"])
def test_a_gpu_and_cuda_are_marks_of_a_gpu(tag: str) -> None:
    assert parsed(f"a/b:{tag}").has_gpu_mark
    assert not parsed("a/gpu-cuda:1.8.0").has_gpu_mark
    assert not parsed("a/gpu-cuda").has_gpu_mark

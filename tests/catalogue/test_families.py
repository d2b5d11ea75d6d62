from __future__ import annotations

import pytest

from migrator.catalogue.families import (
    FAMILIES,
    TITLES,
    family_of,
    framework_version_of,
    is_cpu_only,
    python_of,
)
from migrator.catalogue.images import ImageReference
from migrator.model import Framework


def parsed(text: str) -> ImageReference:
    image = ImageReference.parse(text)
    assert image is not None
    return image


@pytest.mark.parametrize(
    "text",
    [
        "ubuntu",
        "tensorflow",
        "demo.azurecr.io/myimage",
        "demo.azurecr.io/tensorflow/tensorflow:1.8.0-gpu",
        "mine/tensorflow:1.8.0-gpu",
        "tensorflow/serving:1.8.0-gpu",
        "batchaitraining/other:1",
        "nvcr.io/nvidia/digits:17.10",
        "nvcr.io/nvidia/chainer:1",
        "nvcr.io/mine/tensorflow:17.10",
    ],
)
def test_a_custom_or_private_image_has_no_family(text: str) -> None:
    assert family_of(parsed(text)) is None
    assert not is_cpu_only(parsed(text))
    assert framework_version_of(parsed(text)) is None


@pytest.mark.parametrize(
    ("text", "framework"),
    [
        ("tensorflow/tensorflow:1.8.0-gpu", Framework.TENSORFLOW),
        ("docker.io/tensorflow/tensorflow", Framework.TENSORFLOW),
        ("gcr.io/tensorflow/tensorflow:1.8.0-gpu", Framework.TENSORFLOW),
        ("microsoft/cntk:2.1-gpu-python3.5-cuda8.0-cudnn6.0", Framework.CNTK),
        ("pytorch/pytorch:0.4_cuda9_cudnn7", Framework.PYTORCH),
        ("bvlc/caffe:gpu", Framework.CAFFE),
        ("caffe2ai/caffe2", Framework.CAFFE2),
        ("caffe2/caffe2", Framework.CAFFE2),
        ("chainer/chainer:v4.0.0", Framework.CHAINER),
        ("mxnet/python:gpu", Framework.MXNET),
        ("kaixhin/cuda-theano:8.0", Framework.THEANO),
        ("kaixhin/cuda-torch", Framework.TORCH),
        ("kaixhin/cuda-caffe", Framework.CAFFE),
        ("kaixhin/mxnet", Framework.MXNET),
        ("batchaitraining/chainermn:openMPI", Framework.CHAINER),
        ("batchaitraining/chainer:distributed", Framework.CHAINER),
        ("batchaitraining/caffe2:1", Framework.CAFFE2),
        ("batchaitraining/caffe:1", Framework.CAFFE),
        ("batchaitraining/cntk:2.3-gpu", Framework.CNTK),
        ("nvcr.io/nvidia/caffe2:17.10", Framework.CAFFE2),
        ("nvcr.io/nvidia/caffe:17.12", Framework.CAFFE),
        ("nvcr.io/partners/chainer:4.0.0b1", Framework.CHAINER),
    ],
)
def test_a_public_image_belongs_to_its_framework(text: str, framework: Framework) -> None:
    family = family_of(parsed(text))
    assert family is not None
    assert family.framework is framework


@pytest.mark.parametrize(
    ("text", "is_cpu"),
    [
        ("tensorflow/tensorflow", True),
        ("tensorflow/tensorflow:latest", True),
        ("tensorflow/tensorflow:1.8.0-py3", True),
        ("tensorflow/tensorflow@sha256:" + "0" * 64, True),
        ("tensorflow/tensorflow:latest-gpu", False),
        ("bvlc/caffe:cpu", True),
        ("bvlc/caffe:gpu", False),
        ("mxnet/python:1.2.0_cpu", True),
        ("mxnet/python:1.2.0_gpu_cu90", False),
        ("microsoft/cntk:2.5.1-cpu-python2.7", True),
        ("microsoft/cntk", False),
        ("caffe2ai/caffe2", False),
        ("caffe2ai/caffe2:c2v0.8.1.cpu.full.ubuntu14.04", True),
        ("pytorch/pytorch:0.4_cuda9_cudnn7", False),
        ("batchaitraining/chainermn:openMPI", False),
        ("chainer/chainer:v4.0.0", False),
        ("kaixhin/theano", True),
        ("kaixhin/cuda-theano", False),
        ("nvcr.io/nvidia/tensorflow:17.10", False),
    ],
)
def test_cpu_images_are_told_by_their_family(text: str, is_cpu: bool) -> None:
    assert is_cpu_only(parsed(text)) is is_cpu


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("tensorflow/tensorflow:latest-gpu", None),
        ("tensorflow/tensorflow:2.1.0-gpu", None),
        ("pytorch/pytorch:0.4_cuda9_cudnn7", None),
        ("bvlc/caffe:gpu", None),
        ("mine/tensorflow:1.8.0-gpu", None),
        ("tensorflow/tensorflow:1.8.0-gpu", "2.7"),
        ("tensorflow/tensorflow:1.8.0-gpu-py3", "3"),
        ("tensorflow/tensorflow:2.0.0-gpu", "2.7"),
        ("mxnet/python:1.4.0_gpu_cu90", None),
        ("mxnet/python:1.3.1_gpu_cu90", "2.7"),
        ("mxnet/python:1.2.0_gpu_cu90", "2.7"),
        ("mxnet/python:1.2.0_gpu_cu90_py3", "3"),
    ],
)
def test_the_family_says_what_a_tag_without_python_means(text: str, python: str | None) -> None:
    assert python_of(parsed(text)) == python


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("tensorflow/tensorflow:1.8.0-gpu", "1.8.0"),
        ("nvcr.io/partners/chainer:4.0.0b1", "4.0.0b1"),
        ("batchaitraining/cntk:2.3-gpu", "2.3"),
    ],
)
def test_a_tag_tells_the_framework_version(text: str, version: str) -> None:
    assert framework_version_of(parsed(text)) == version


@pytest.mark.parametrize(
    "text", ["kaixhin/cuda-theano:8.0", "kaixhin/theano:8.0", "nvcr.io/nvidia/tensorflow:17.10"]
)
def test_a_cuda_version_or_a_release_is_no_framework_version(text: str) -> None:
    assert framework_version_of(parsed(text)) is None


def test_every_family_has_a_glob_of_its_own() -> None:
    assert len({family.glob for family in FAMILIES}) == len(FAMILIES)


def test_every_framework_has_a_title_and_a_family() -> None:
    assert all(title.lower() == framework for framework, title in TITLES.items())
    assert set(TITLES) == set(Framework) == {family.framework for family in FAMILIES}

"""Families of public images: which framework a repository holds and what its tags leave unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from migrator.catalogue.images import ImageReference, Version, version_of
from migrator.model import Framework

TITLES: Mapping[Framework, str] = {
    Framework.TENSORFLOW: "TensorFlow",
    Framework.PYTORCH: "PyTorch",
    Framework.CNTK: "CNTK",
    Framework.CAFFE: "Caffe",
    Framework.CAFFE2: "Caffe2",
    Framework.CHAINER: "Chainer",
    Framework.MXNET: "MXNet",
    Framework.THEANO: "Theano",
    Framework.TORCH: "Torch",
}


class GpuImages(Enum):
    """Which images of a family need a GPU."""

    MARKED = "those whose tag says gpu"
    UNLESS_CPU = "all but those whose tag says cpu"
    NEVER = "none"


class TagNumber(Enum):
    """What the version number at the start of a tag counts."""

    FRAMEWORK = "the framework's version"
    CUDA = "CUDA's version"
    RELEASE = "the registry's monthly release"


@dataclass(frozen=True, slots=True)
class Family:
    """The images of one repository, or of several alike.

    ``glob`` is on the full name, ``docker.io/tensorflow/tensorflow``. ``python`` is what a tag
    without a Python marker means, known for framework versions below ``python_below``.
    """

    glob: str
    framework: Framework
    need: GpuImages = GpuImages.UNLESS_CPU
    number: TagNumber = TagNumber.FRAMEWORK
    python: str | None = None
    python_below: Version = (0, 0)


def _kaixhin(framework: Framework) -> tuple[Family, Family]:
    return (
        Family(f"docker.io/kaixhin/cuda-{framework}", framework, number=TagNumber.CUDA),
        Family(f"docker.io/kaixhin/{framework}", framework, GpuImages.NEVER, TagNumber.CUDA),
    )


FAMILIES: tuple[Family, ...] = (
    # Tags without -py3 carried Python 2 until 2.1, which has no Python 2 any more:
    # https://hub.docker.com/r/tensorflow/tensorflow
    *(
        Family(
            f"{registry}/tensorflow/tensorflow",
            Framework.TENSORFLOW,
            GpuImages.MARKED,
            python="2.7",
            python_below=(2, 1),
        )
        for registry in ("docker.io", "gcr.io")
    ),
    # `latest` is a GPU image, and CPU images are marked: https://github.com/microsoft/CNTK-docker
    Family("docker.io/microsoft/cntk", Framework.CNTK),
    Family("docker.io/pytorch/pytorch", Framework.PYTORCH),
    Family("docker.io/bvlc/caffe", Framework.CAFFE, GpuImages.MARKED),
    Family("docker.io/caffe2ai/caffe2", Framework.CAFFE2),
    Family("docker.io/caffe2/caffe2", Framework.CAFFE2),
    Family("docker.io/chainer/chainer", Framework.CHAINER),
    # Python 2 is the default where both are built; later images have Python 3 alone:
    # https://github.com/apache/mxnet/blob/master/docker/docker-python/README.md
    Family("docker.io/mxnet/python", Framework.MXNET, GpuImages.MARKED, python="2.7", python_below=(1, 4)),
    # https://github.com/Kaixhin/dockerfiles
    *_kaixhin(Framework.THEANO),
    *_kaixhin(Framework.TORCH),
    *_kaixhin(Framework.CAFFE),
    *_kaixhin(Framework.MXNET),
    # Batch AI's service has GPU recipes on all of them, whatever the tag says; the first glob counts.
    Family("docker.io/batchaitraining/*chainer*", Framework.CHAINER),
    Family("docker.io/batchaitraining/*cntk*", Framework.CNTK),
    Family("docker.io/batchaitraining/*pytorch*", Framework.PYTORCH),
    Family("docker.io/batchaitraining/*tensorflow*", Framework.TENSORFLOW),
    Family("docker.io/batchaitraining/*caffe2*", Framework.CAFFE2),
    Family("docker.io/batchaitraining/*caffe*", Framework.CAFFE),
    Family("nvcr.io/partners/chainer", Framework.CHAINER),
    *(
        Family(f"nvcr.io/nvidia/{framework}", framework, number=TagNumber.RELEASE)
        for framework in TITLES
        if framework is not Framework.CHAINER
    ),
)


def family_of(image: ImageReference) -> Family | None:
    """Return the family that the image belongs to, None for a custom or private image."""
    return next((family for family in FAMILIES if fnmatchcase(image.name, family.glob)), None)


def is_cpu_only(image: ImageReference) -> bool:
    """Return whether the image is one of a known family that does not use a GPU.

    In a family that marks its GPU images, a tag without the mark, ``latest`` and no tag are CPU-only.
    """
    family = family_of(image)
    if family is None or family.need is GpuImages.NEVER:
        return family is not None
    return image.has_cpu_mark if family.need is GpuImages.UNLESS_CPU else not image.has_gpu_mark


def framework_version_of(image: ImageReference) -> str | None:
    """Return the framework's version that a tag of a known family tells, ``1.8.0``."""
    family = family_of(image)
    return image.tag_version if family is not None and family.number is TagNumber.FRAMEWORK else None


def python_of(image: ImageReference) -> str | None:
    """Return the Python version, ``2.7`` or ``3``, that the tag, the name or the family's custom tell."""
    if image.python is not None:
        return image.python
    family, version = family_of(image), framework_version_of(image)
    if family is None or version is None:
        return None
    number = version_of(version)
    return family.python if number is not None and number < family.python_below else None

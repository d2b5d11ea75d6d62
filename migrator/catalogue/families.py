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


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The images of one repository, or of several alike.

    ``glob`` is on the full name, ``docker.io/tensorflow/tensorflow``. ``python`` is what a tag
    without a Python marker means, known for framework versions below ``python_below``.
    """

    glob: str
    framework: Framework
    gpu: GpuImages
    url: str
    number: TagNumber = TagNumber.FRAMEWORK
    python: str | None = None
    python_below: Version = (0, 0)


_TENSORFLOW_HUB = "https://hub.docker.com/r/tensorflow/tensorflow"
_KAIXHIN = "https://github.com/Kaixhin/dockerfiles"


def _batch_ai(word: str, framework: Framework) -> Family:
    # Batch AI's service has GPU recipes on all of them, whether or not the tag says so.
    return Family(
        glob=f"docker.io/batchaitraining/*{word}*",
        framework=framework,
        gpu=GpuImages.UNLESS_CPU,
        url="https://hub.docker.com/u/batchaitraining",
    )


def _kaixhin(name: str, framework: Framework) -> tuple[Family, Family]:
    cuda, plain = f"docker.io/kaixhin/cuda-{name}", f"docker.io/kaixhin/{name}"
    return (
        Family(glob=cuda, framework=framework, gpu=GpuImages.UNLESS_CPU, url=_KAIXHIN, number=TagNumber.CUDA),
        Family(glob=plain, framework=framework, gpu=GpuImages.NEVER, url=_KAIXHIN, number=TagNumber.CUDA),
    )


def _ngc(repository: str, framework: Framework, number: TagNumber = TagNumber.RELEASE) -> Family:
    return Family(
        glob=f"nvcr.io/{repository}",
        framework=framework,
        gpu=GpuImages.UNLESS_CPU,
        url="https://ngc.nvidia.com/registry",
        number=number,
    )


FAMILIES: tuple[Family, ...] = (
    # Tags without -py3 carried Python 2 until 2.1, which has no Python 2 any more.
    *(
        Family(
            glob=glob,
            framework=Framework.TENSORFLOW,
            gpu=GpuImages.MARKED,
            url=_TENSORFLOW_HUB,
            python="2.7",
            python_below=(2, 1),
        )
        for glob in ("docker.io/tensorflow/tensorflow", "gcr.io/tensorflow/tensorflow")
    ),
    # `latest` is a GPU image, and CPU images are marked: https://github.com/microsoft/CNTK-docker
    Family(
        glob="docker.io/microsoft/cntk",
        framework=Framework.CNTK,
        gpu=GpuImages.UNLESS_CPU,
        url="https://github.com/microsoft/CNTK-docker",
    ),
    Family(
        glob="docker.io/pytorch/pytorch",
        framework=Framework.PYTORCH,
        gpu=GpuImages.UNLESS_CPU,
        url="https://hub.docker.com/r/pytorch/pytorch",
    ),
    Family(
        glob="docker.io/bvlc/caffe",
        framework=Framework.CAFFE,
        gpu=GpuImages.MARKED,
        url="https://hub.docker.com/r/bvlc/caffe",
    ),
    *(
        Family(
            glob=f"docker.io/{repository}",
            framework=Framework.CAFFE2,
            gpu=GpuImages.UNLESS_CPU,
            url=f"https://hub.docker.com/r/{repository}",
        )
        for repository in ("caffe2ai/caffe2", "caffe2/caffe2")
    ),
    Family(
        glob="docker.io/chainer/chainer",
        framework=Framework.CHAINER,
        gpu=GpuImages.UNLESS_CPU,
        url="https://hub.docker.com/r/chainer/chainer",
    ),
    # Python 2 is the default where both are built; later images have Python 3 alone.
    Family(
        glob="docker.io/mxnet/python",
        framework=Framework.MXNET,
        gpu=GpuImages.MARKED,
        url="https://github.com/apache/mxnet/blob/master/docker/docker-python/README.md",
        python="2.7",
        python_below=(1, 4),
    ),
    *_kaixhin("theano", Framework.THEANO),
    *_kaixhin("torch", Framework.TORCH),
    *_kaixhin("caffe", Framework.CAFFE),
    *_kaixhin("mxnet", Framework.MXNET),
    _batch_ai("chainer", Framework.CHAINER),
    _batch_ai("cntk", Framework.CNTK),
    _batch_ai("pytorch", Framework.PYTORCH),
    _batch_ai("tensorflow", Framework.TENSORFLOW),
    _batch_ai("caffe2", Framework.CAFFE2),
    _batch_ai("caffe", Framework.CAFFE),
    *(_ngc(f"nvidia/{framework}", framework) for framework in TITLES if framework is not Framework.CHAINER),
    _ngc("partners/chainer", Framework.CHAINER, TagNumber.FRAMEWORK),
)


def family_of(image: ImageReference) -> Family | None:
    """Return the family that the image belongs to, None for a custom or private image."""
    return next((family for family in FAMILIES if fnmatchcase(image.name, family.glob)), None)


def is_cpu_only(image: ImageReference) -> bool:
    """Return whether the image is one of a known family that does not use a GPU.

    In a family that marks its GPU images, a tag without the mark, ``latest`` and no tag are CPU-only.
    """
    family = family_of(image)
    if family is None:
        return False
    match family.gpu:
        case GpuImages.MARKED:
            return not image.has_gpu_mark
        case GpuImages.UNLESS_CPU:
            return image.has_cpu_mark
        case GpuImages.NEVER:
            return True


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

"""Which GPU a size of machine has, and which GPUs an image of the registry was built for.

The rows stand in ``azure_vm_gpus.tsv`` and ``gpu_capability.tsv``; what is not known is empty there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from csv import QUOTE_NONE, DictReader
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files

from migrator.catalogue.images import NGC_REGISTRY, ImageReference, version_of

_BEST_FIRST = ("direct", "indirect", "inferred", "-")
_NAME = re.compile(r"\b[A-Z]+[0-9]+\b")
# No image of the catalogue has code for Ampere and later; Volta's runs on Turing (7.5) as well:
# https://docs.nvidia.com/cuda/turing-compatibility-guide/
_FIRST_WITHOUT_CODE = (8, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What sizes that ``pattern`` matches in lower case compute on; an empty ``capability`` is no CUDA."""

    pattern: str
    name: str
    capability: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What images of a framework, of the months ``first`` to ``last`` or of one tag, were built for.

    That is GPUs of a capability from ``least`` on, or, where this is not sure, surely from ``most`` on.
    """

    framework: str
    first: str
    last: str
    least: str
    most: str
    confidence: str
    source: str

    def __str__(self) -> str:
        return self.least if self.least == self.most else f"{self.least} or {self.most}"


class Fit(Enum):
    """Whether an image runs on a GPU."""

    PROVEN = "it was built for it"
    UNKNOWN = "nothing says so"
    TOO_OLD = "it was built for newer ones"


def gpu_of(size: str) -> Gpu | None:
    """Return what a size of machine, ``Standard_NC6`` in any case, computes on; None for one not known."""
    return next((gpu for gpu in gpus() if re.fullmatch(gpu.pattern, size.strip().lower())), None)


def gpus_by_name() -> Mapping[str, Gpu]:
    """Return the GPUs by the names that ``--gpu`` takes: ``k80``, ``v100``."""
    return {word.lower(): gpu for gpu in gpus() if gpu.capability for word in _NAME.findall(gpu.name)}


def build_of(image: ImageReference) -> Build | None:
    """Return what is best known of an image of the registry, None where there is nothing."""
    owner, _, framework = image.repository.partition("/")
    if image.registry != NGC_REGISTRY or owner not in ("nvidia", "partners") or image.tag is None:
        return None
    # Behind a month, a tag goes on with `.` or `-`, which sort before `~`.
    found = (
        row for row in builds() if row.framework == framework and row.first <= image.tag <= f"{row.last}~"
    )
    return min(found, key=lambda row: _BEST_FIRST.index(row.confidence), default=None)


def fit(gpu: Gpu, build: Build | None) -> Fit:
    """Return whether images of a build run on ``gpu``; a machine without a GPU is older than any."""
    capability = version_of(gpu.capability)
    least, most = (version_of(build.least), version_of(build.most)) if build else (None, None)
    if capability is None or (least and capability < least):
        return Fit.TOO_OLD
    return Fit.PROVEN if most and most <= capability < _FIRST_WITHOUT_CODE else Fit.UNKNOWN


@cache
def gpus() -> tuple[Gpu, ...]:
    """Return the sizes of machines that are known."""
    return tuple(Gpu(**row) for row in rows_of("azure_vm_gpus.tsv"))


@cache
def builds() -> tuple[Build, ...]:
    """Return what is known of the capabilities that images were built for."""
    return tuple(Build(**row) for row in rows_of("gpu_capability.tsv"))


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a table of the package, by the heading of its columns that tabs separate."""
    text = (files("migrator.catalogue") / name).read_text(encoding="utf-8")
    return DictReader(text.splitlines(), delimiter="\t", quoting=QUOTE_NONE)

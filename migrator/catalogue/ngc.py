"""The known NGC images, and the choice of the one that takes over from a recipe's image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache

from migrator.catalogue.changes import ImageFacts, Note, facts_of, has_other_major, notes_on
from migrator.catalogue.families import TITLES
from migrator.catalogue.gpus import Fit, Gpu, build_of, fit, rows_of
from migrator.catalogue.images import NGC_REGISTRY, ImageReference, Release, Version, version_of
from migrator.catalogue.limitations import REFERENCE_URL
from migrator.model import Framework

# Named by the Batch AI instructions (REFERENCE_URL), so proven whatever else is known of them.
NAMED: frozenset[str] = frozenset(
    {
        "nvcr.io/nvidia/tensorflow:17.10",
        "nvcr.io/nvidia/caffe:17.12",
        "nvcr.io/nvidia/caffe2:17.10",
        "nvcr.io/partners/chainer:4.0.0b1",
    }
)
PINNED: Mapping[Framework, str] = {Framework.CAFFE2: "nvcr.io/nvidia/caffe2:17.10"}

# Later releases have CUDA 10, whose drivers do not serve the K80 of Batch AI's older nodes:
# https://docs.nvidia.com/deeplearning/dgx/tensorflow-release-notes/rel_18.09.html
LAST_CUDA_9 = Release(18, 8, patch=9999, python=9)
_CUDA = "9.0"
_CUDA_9 = (9, 0)
_TAG_CUDA = re.compile(r"\bcuda[:-]?([0-9]{1,3}\.[0-9]{1,3})")

_KNOWN_PYTHON = re.compile(r"[23](?:\.[0-9]+)?(?![?0-9.])")
_LINK = re.compile(r"https?://[^\s;,)]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NgcImage:
    """A row of the catalogue; text that is not known is empty and may carry a remark.

    ``confidence``, high, medium or low, says how well it is proven that the image exists.
    """

    repository: str
    tag: str
    framework: Framework
    framework_version: str
    python: str
    cuda: str
    min_driver: str
    confidence: str
    source: str

    @property
    def image(self) -> str:
        """The full reference."""
        return f"{self.repository}:{self.tag}"

    @property
    def reference(self) -> ImageReference:
        """The reference, parsed."""
        registry, _, path = self.repository.partition("/")
        return ImageReference(registry, path, self.tag)

    @property
    def known_python(self) -> str | None:
        """The Python version by its column, else by the tag; a doubtful one is not known."""
        match = _KNOWN_PYTHON.match(self.python)
        return match[0] if match else self.reference.python

    @property
    def version(self) -> Version | None:
        """Major and minor of the framework's version."""
        return version_of(self.framework_version)

    @property
    def fact_source(self) -> str:
        """The part of the source that speaks of the image, not of CUDA and its driver."""
        return self.source.partition("; CUDA and driver:")[0]

    @property
    def url(self) -> str:
        """The first link of ``fact_source``, the instructions' where it names them, else empty."""
        match = _LINK.search(self.fact_source)
        if match is not None:
            return match[0]
        return REFERENCE_URL if "github:Azure/BatchAI" in self.fact_source else ""


def image_of(row: Mapping[str, str]) -> NgcImage:
    """Return what a row of the table says of an image."""
    return NgcImage(framework=Framework(row["repository"].rpartition("/")[2]), **row)


@cache
def catalogue() -> tuple[NgcImage, ...]:
    """Return the images that the package knows, in the order of the file."""
    return tuple(map(image_of, rows_of("ngc_images.tsv")))


def needed_driver(image: ImageReference) -> str | None:
    """Return what an image needs of its nodes' driver, None where that of CUDA 9.0 will do."""
    row = next((row for row in catalogue() if row.reference == image), None)
    told = _TAG_CUDA.search(f"{image.repository}:{image.tag}")
    if image.registry != NGC_REGISTRY:
        return None
    if told and (version_of(told[1]) or _CUDA_9) > _CUDA_9:
        return f"has CUDA {told[1]} and needs a newer driver"
    if image.release is None or image.release <= LAST_CUDA_9:
        return None
    facts = f" (CUDA {row.cuda}, driver {row.min_driver or 'not known'})" if row is not None else ""
    return f"is later than {LAST_CUDA_9.year}.{LAST_CUDA_9.month:02} and needs a newer driver{facts}"


@dataclass(frozen=True, slots=True)
class Target:
    """The image to move to, the reason in one sentence, and what a reader must know of it."""

    image: str
    reason: str
    notes: tuple[Note, ...] = ()


def choose(
    framework: Framework | None,
    current: ImageReference | None,
    *,
    overrides: Mapping[str, str],
    gpus: Sequence[Gpu] = (),
    is_gpu_told: bool = False,
    rows: Sequence[NgcImage] | None = None,
) -> Target | None:
    """Return the image that takes over from ``current``, None where nothing is known to fit.

    ``overrides`` maps full image references and framework names to images and comes first; an
    image that is on nvcr.io already stays; then the pinned one, then the best of the catalogue,
    or of ``rows`` in its stead. Of images of one version, those proven for all ``gpus`` come first;
    if the user told the GPU, no others are taken. A framework that is newer than all candidates
    has none.
    """
    known = catalogue() if rows is None else rows
    chosen = chosen_image(framework, current, overrides)
    if chosen is not None:
        return _target(framework, current, chosen, "chosen by the user", known)
    if current is not None and current.registry == NGC_REGISTRY:
        return Target(str(current), f"It is on {NGC_REGISTRY} already.")
    if framework is None:
        return None
    told = None if rows is None else tuple(rows)
    return _of_catalogue(framework, current, tuple(gpus), is_gpu_told, told)


@cache
def _of_catalogue(
    framework: Framework,
    current: ImageReference | None,
    gpus: tuple[Gpu, ...],
    is_gpu_told: bool,
    rows: tuple[NgcImage, ...] | None,
) -> Target | None:
    """Return the pinned image, else the best; many recipes ask for the same."""
    known = [row for row in (catalogue() if rows is None else rows) if row.framework is framework]
    proven = {
        row.image for row in known if all(fit(gpu, build_of(row.reference)) is Fit.PROVEN for gpu in gpus)
    }
    if framework in PINNED:
        reason = f"the only {TITLES[framework]} image that the recipes are documented to work with"
        pinned = _target(framework, current, PINNED[framework], reason, known)
        return pinned if pinned.image in proven or not is_gpu_told else None
    found = _best(framework, current, known, proven, is_gpu_told=is_gpu_told)
    return _target(framework, current, found[0].image, found[1], known) if found else None


def chosen_image(
    framework: Framework | None, current: ImageReference | None, overrides: Mapping[str, str]
) -> str | None:
    """Return what the user wants in place of an image: by its own name first, else by its framework."""
    if current is not None:
        for key, image in overrides.items():
            if key not in tuple(Framework) and ImageReference.parse(key) == current:
                return image
    return overrides.get(framework) if framework is not None else None


def is_chosen(framework: Framework | None, image: str, overrides: Mapping[str, str]) -> bool:
    """Tell whether the user named ``image`` for some image, or for the framework."""
    wanted = ImageReference.parse(image)
    keys = (key for key in overrides if key not in tuple(Framework) or key == framework)
    return any(ImageReference.parse(overrides[key]) == wanted for key in keys)


def _is_candidate(row: NgcImage, python: str | None) -> bool:
    release = row.reference.release
    is_early = release is None or release <= LAST_CUDA_9
    is_proven = row.confidence != "low" or row.image in NAMED
    is_cuda_9 = not row.cuda or row.cuda == _CUDA or row.cuda.startswith((f"{_CUDA}.", f"{_CUDA} "))
    return is_early and is_proven and is_cuda_9 and not has_other_major(python, row.known_python)


def _best(
    framework: Framework,
    current: ImageReference | None,
    rows: Sequence[NgcImage],
    proven: Set[str],
    *,
    is_gpu_told: bool,
) -> tuple[NgcImage, str] | None:
    recipe = facts_of(current)
    candidates = [row for row in rows if _is_candidate(row, recipe.python)]
    if is_gpu_told:
        candidates = [row for row in candidates if row.image in proven]
    wanted = version_of(recipe.version) if recipe.version else None
    above = [row.version for row in candidates if row.version and wanted and row.version >= wanted]
    nearest = min(above, default=None)
    title = TITLES[framework]
    if nearest is not None:
        same = [row for row in candidates if row.version == nearest]
        text = f"the newest fitting image with {title} {nearest[0]}.{nearest[1]}"
        if nearest != wanted:
            text += f", the nearest known version above {recipe.version}"
        return max([row for row in same if row.image in proven] or same, key=_age), text
    if wanted and _is_past(wanted, candidates, rows):
        return None
    return _without_versions(candidates, recipe.python)


def _is_past(wanted: Version, candidates: Sequence[NgcImage], rows: Sequence[NgcImage]) -> bool:
    """Tell whether no candidate can have the wanted version, by what they tell, else by the next image."""
    told = [row.version for row in candidates if row.version]
    if told or not candidates:
        return bool(told) and wanted > max(told)
    last = max(candidates, key=_age)
    later = (row for row in rows if row.version)
    following = min((row for row in later if _age(row) > _age(last)), key=_age, default=None)
    return following is not None and wanted >= (following.version or wanted)


def _without_versions(candidates: Sequence[NgcImage], python: str | None) -> tuple[NgcImage, str] | None:
    same = [row for row in candidates if python and row.known_python]
    named = [row for row in candidates if row.image in NAMED]
    if same and python:
        return max(same, key=_age), f"the newest fitting image known to have Python {python[0]}"
    if named:
        return max(named, key=_age), "the release that the Batch AI instructions name"
    return (max(candidates, key=_age), "the newest image not known to misfit") if candidates else None


def _age(row: NgcImage) -> tuple[Release, str]:
    return (row.reference.release or Release(0, 0), row.image)


def _target(
    framework: Framework | None,
    current: ImageReference | None,
    image: str,
    why: str,
    rows: Sequence[NgcImage],
) -> Target:
    title = TITLES[framework] if framework is not None else "framework"
    row = next((row for row in rows if row.image == image), None)
    parsed = ImageReference.parse(image)
    facts = facts_of(parsed) if parsed else ImageFacts(image)
    if row is not None:
        facts = ImageFacts(image, row.framework_version, row.known_python, row.fact_source, row.url)
    return Target(image, f"{image} is {why}.", notes_on(title, facts_of(current), facts))

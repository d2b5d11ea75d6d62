"""What is known of the world, as rows of data and look-ups in them.

In: an image reference, a framework, a rule's id. Out: the family, the target image, the limitation, the
page. Nothing here knows of files or of recipes.
"""

from __future__ import annotations

from migrator.catalogue.families import FAMILIES, TITLES, family_of, is_cpu_only
from migrator.catalogue.gpus import Build, Fit, Gpu, build_of, fit, gpu_of, gpus_by_name
from migrator.catalogue.images import DOCKER_HUB, NGC_REGISTRY, ImageReference
from migrator.catalogue.limitations import Bearing, Effect, Limitation, check
from migrator.catalogue.ngc import (
    LAST_CUDA_9,
    NAMED,
    PINNED,
    NgcImage,
    Target,
    catalogue,
    choose,
    chosen_image,
    is_chosen,
    needed_driver,
)
from migrator.catalogue.rules import RULES, topics

__all__ = [
    "DOCKER_HUB",
    "FAMILIES",
    "LAST_CUDA_9",
    "NAMED",
    "NGC_REGISTRY",
    "PINNED",
    "RULES",
    "TITLES",
    "Bearing",
    "Build",
    "Effect",
    "Fit",
    "Gpu",
    "ImageReference",
    "Limitation",
    "NgcImage",
    "Target",
    "build_of",
    "catalogue",
    "check",
    "choose",
    "chosen_image",
    "family_of",
    "fit",
    "gpu_of",
    "gpus_by_name",
    "is_chosen",
    "is_cpu_only",
    "needed_driver",
    "topics",
]

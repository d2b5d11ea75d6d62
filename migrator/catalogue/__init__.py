"""What is known of the world, as rows of data and look-ups in them.

In: an image reference, a framework, a rule's id. Out: the family, the target image, the limitation, the
page. Nothing here knows of files or of recipes.
"""

from __future__ import annotations

from migrator.catalogue.families import FAMILIES, TITLES, family_of, is_cpu_only
from migrator.catalogue.images import NGC_REGISTRY, ImageReference
from migrator.catalogue.limitations import Blocked, Clear, Lifted, Limitation, NodeCountUnknown, check
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
)
from migrator.catalogue.rules import RULES, Rule

__all__ = [
    "FAMILIES",
    "LAST_CUDA_9",
    "NAMED",
    "NGC_REGISTRY",
    "PINNED",
    "RULES",
    "TITLES",
    "Blocked",
    "Clear",
    "ImageReference",
    "Lifted",
    "Limitation",
    "NgcImage",
    "NodeCountUnknown",
    "Rule",
    "Target",
    "catalogue",
    "check",
    "choose",
    "chosen_image",
    "family_of",
    "is_chosen",
    "is_cpu_only",
]

"""Known limitations: documented reasons why a job must not be moved to an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from migrator.model import Framework

REFERENCE_URL = (
    "https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limitation:
    """A reason that blocks, as a row of data.

    ``image`` and ``unless`` are globs on the full reference of the target without its digest; a target that
    one of ``unless`` matches is free of the row. ``distributed`` is None where the number of nodes does not
    matter. ``proven`` is set where the row goes further than its source: it is the glob of the images that
    the source names, and the user's own choice
    of an image outside of it lifts the row. ``unblock`` tells a person what would lift it.
    """

    id: str
    message: str
    url: str
    framework: Framework | None = None
    image: str = "*"
    unless: tuple[str, ...] = ()
    distributed: bool | None = None
    proven: str | None = None
    unblock: str = ""


class Effect(Enum):
    """How a limitation bears on a job; the members stand from worst to best."""

    BLOCKS = "it applies"
    UNKNOWN = "whether it applies hangs on a node count that is not known"
    LIFTED = "it would apply, but the user's own choice of an image lifts it"


@dataclass(frozen=True, slots=True)
class Bearing:
    """A limitation that bears on a job."""

    effect: Effect
    limitation: Limitation


LIMITATIONS: tuple[Limitation, ...] = (
    Limitation(
        id="cntk-distributed",
        framework=Framework.CNTK,
        distributed=True,
        proven="nvcr.io/nvidia/cntk:17.*",
        message=(
            "Batch AI cannot run a CNTK job on several nodes in nvcr.io/nvidia/cntk:17.* images, "
            "and no other CNTK image of the registry is documented to work."
        ),
        url=REFERENCE_URL,
        unblock=(
            "Run the job on one node; or name a CNTK image outside of nvcr.io/nvidia/cntk:17.* "
            "with --image cntk=IMAGE, at your own risk."
        ),
    ),
    Limitation(
        id="caffe2-version",
        framework=Framework.CAFFE2,
        image="nvcr.io/*caffe2*",
        unless=("nvcr.io/nvidia/caffe2:17.10",),
        message="The Caffe2 recipe works with nvcr.io/nvidia/caffe2:17.10 only.",
        url=REFERENCE_URL,
        unblock="Leave out --image for Caffe2, or name nvcr.io/nvidia/caffe2:17.10 with it.",
    ),
    Limitation(
        id="chainer-distributed",
        framework=Framework.CHAINER,
        image="nvcr.io/partners/chainer:4.0.0b1",
        distributed=True,
        message="The image nvcr.io/partners/chainer:4.0.0b1 cannot train on several nodes.",
        url=REFERENCE_URL,
        unblock="Run the job on one node; no image is known that trains on several.",
    ),
)


def check(
    framework: Framework | None,
    target: str,
    node_count: int | None,
    *,
    is_override: bool,
    rows: Sequence[Limitation] = LIMITATIONS,
) -> Bearing | None:
    """Return how the worst of the rows bears on a job in ``target``; None where none does.

    ``target`` is a full image reference; ``node_count`` is the job's, None when unknown, and over 1
    means distributed; ``is_override`` says that the user named the target. ``framework`` None lets
    a row apply by its image alone.
    """
    found = []
    for row in rows:
        is_unknown = row.distributed is not None and node_count is None
        is_other = node_count is not None and row.distributed not in (None, node_count > 1)
        if _concerns(row, framework, target) and not is_other:
            is_lifted = is_override and row.proven is not None and not _matches(target, row.proven)
            effect = Effect.LIFTED if is_lifted else Effect.UNKNOWN if is_unknown else Effect.BLOCKS
            found.append(Bearing(effect, row))
    return min(found, key=lambda bearing: list(Effect).index(bearing.effect), default=None)


def _concerns(row: Limitation, framework: Framework | None, target: str) -> bool:
    if not _matches(target, row.image) or any(_matches(target, glob) for glob in row.unless):
        return False
    # Another framework's job, or one of none, still runs in the image that the source names.
    named = row.proven or row.image
    return row.framework in (None, framework) or (named != "*" and _matches(target, named))


def _matches(target: str, glob: str) -> bool:
    return fnmatchcase(target.partition("@")[0], glob)

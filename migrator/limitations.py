"""Known limitations: documented reasons why a job must not be moved to an image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias

from migrator.model import Framework

REFERENCE_URL = (
    "https://github.com/Azure/BatchAI/blob/master/documentation/using-nvidia-dgx-container-registry.md"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limitation:
    """A reason that blocks, as a row of data.

    ``image`` and ``unless`` are globs on the full reference of the target (a digest behind a tag
    is left out); a target that one of ``unless`` matches is free of the row. ``distributed`` is
    None where the number of nodes does not matter. ``proven`` is set where the row goes further
    than its source: it is the glob of the images that the source names, and the user's own choice
    of an image outside of it lifts the row.
    """

    id: str
    message: str
    url: str
    framework: Framework | None = None
    image: str = "*"
    unless: tuple[str, ...] = ()
    distributed: bool | None = None
    proven: str | None = None


@dataclass(frozen=True, slots=True)
class Clear:
    """No limitation applies."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The limitation applies."""

    limitation: Limitation


@dataclass(frozen=True, slots=True)
class NodeCountUnknown:
    """Whether the limitation applies hangs on a node count that is not known."""

    limitation: Limitation


@dataclass(frozen=True, slots=True)
class Lifted:
    """The limitation would apply, but the user's own choice of an image lifts it."""

    limitation: Limitation


Verdict: TypeAlias = Clear | Blocked | NodeCountUnknown | Lifted

_WORST_FIRST: tuple[type[Verdict], ...] = (Blocked, NodeCountUnknown, Lifted)

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
    ),
    Limitation(
        id="caffe2-version",
        framework=Framework.CAFFE2,
        image="nvcr.io/*caffe2*",
        unless=("nvcr.io/nvidia/caffe2:17.10",),
        message="The Caffe2 recipe works with nvcr.io/nvidia/caffe2:17.10 only.",
        url=REFERENCE_URL,
    ),
    Limitation(
        id="chainer-distributed",
        framework=Framework.CHAINER,
        image="nvcr.io/partners/chainer:4.0.0b1",
        distributed=True,
        message="The image nvcr.io/partners/chainer:4.0.0b1 cannot train on several nodes.",
        url=REFERENCE_URL,
    ),
)


def check(
    framework: Framework | None,
    target: str,
    node_count: int | None,
    *,
    is_override: bool,
    user_rows: Sequence[Limitation] = (),
) -> Verdict:
    """Return the worst verdict of the built-in rows, then the user's, on a job in ``target``.

    ``target`` is a full image reference; ``node_count`` is the job's, None when unknown, and over 1
    means distributed; ``is_override`` says that the user named the target. ``framework`` None lets
    a row apply by its image alone.
    """
    verdicts = [
        _verdict(row, framework, target, node_count, is_override=is_override)
        for row in (*LIMITATIONS, *user_rows)
    ]
    for kind in _WORST_FIRST:
        for verdict in verdicts:
            if isinstance(verdict, kind):
                return verdict
    return Clear()


def _verdict(
    row: Limitation, framework: Framework | None, target: str, node_count: int | None, *, is_override: bool
) -> Verdict:
    if not _concerns(row, framework, target):
        return Clear()
    is_unknown = row.distributed is not None and node_count is None
    if row.distributed is not None and node_count is not None and row.distributed is not (node_count > 1):
        return Clear()
    if is_override and row.proven is not None and not _matches(target, row.proven):
        return Lifted(row)
    return NodeCountUnknown(row) if is_unknown else Blocked(row)


def _concerns(row: Limitation, framework: Framework | None, target: str) -> bool:
    if not _matches(target, row.image) or any(_matches(target, glob) for glob in row.unless):
        return False
    if row.framework is None or framework is row.framework:
        return True
    # Another framework's job, or one of none, still runs in the image that the source names.
    return _matches(target, row.proven or row.image) and (row.proven or row.image) != "*"


def _matches(target: str, glob: str) -> bool:
    name, _, digest = target.partition("@")
    is_tagged = ":" in name.rpartition("/")[2]
    return fnmatchcase(target, glob) or bool(digest and is_tagged and fnmatchcase(name, glob))


_KEYS = ("id", "framework", "image", "unless", "distributed", "message", "url")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


def from_table(table: Mapping[str, object]) -> Limitation:
    """Return the limitation that a row of ``[tool.ngc-migrate] limitations`` describes.

    ``id`` and ``message`` are required, and one of ``framework`` and ``image``. Raises ValueError
    with one line that names the key and what it may be.
    """
    for key in table:
        if key not in _KEYS:
            raise ValueError(f"limitation: unknown key {key!r}, allowed are {', '.join(_KEYS)}")
    if "framework" not in table and "image" not in table:
        raise ValueError("limitation: one of framework and image is required")
    return Limitation(
        id=_id(table),
        framework=_framework(table),
        image=_text(table, "image", default="*"),
        unless=_globs(table),
        distributed=_distributed(table),
        message=_text(table, "message"),
        url=_url(table),
    )


def _text(table: Mapping[str, object], key: str, *, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"limitation: {key} must be a string of one line, not empty")
    return value


def _id(table: Mapping[str, object]) -> str:
    value = _text(table, "id")
    if not _ID.fullmatch(value):
        raise ValueError("limitation: id must be lower-case words joined by hyphens")
    if any(row.id == value for row in LIMITATIONS):
        raise ValueError(f"limitation: id {value!r} is taken by a built-in limitation")
    return value


def _framework(table: Mapping[str, object]) -> Framework | None:
    if "framework" not in table:
        return None
    value = table["framework"]
    if not isinstance(value, str) or value not in tuple(Framework):
        raise ValueError(f"limitation: framework must be one of {', '.join(Framework)}")
    return Framework(value)


def _globs(table: Mapping[str, object]) -> tuple[str, ...]:
    value = table.get("unless", ())
    if not isinstance(value, list | tuple) or not all(isinstance(glob, str) and glob for glob in value):
        raise ValueError("limitation: unless must be a list of image globs")
    return tuple(value)


def _distributed(table: Mapping[str, object]) -> bool | None:
    value = table.get("distributed")
    if "distributed" in table and not isinstance(value, bool):
        raise ValueError("limitation: distributed must be true or false")
    return value if isinstance(value, bool) else None


def _url(table: Mapping[str, object]) -> str:
    if "url" not in table:
        return ""
    value = _text(table, "url")
    if not value.startswith(("https://", "http://")):
        raise ValueError("limitation: url must start with https:// or http://")
    return value

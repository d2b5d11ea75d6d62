"""What a file can matter for, by its name and by the words in it."""

from __future__ import annotations

from collections.abc import Iterator, Set
from enum import Enum
from functools import cache

from migrator.discover.kinds import HEAD_BYTES, language_of
from migrator.discover.reading import read_head, read_regular

SUFFIXES = (".py", ".ipynb", ".json", ".template")
DOCUMENT_SUFFIXES = (".md", ".markdown", ".rst", ".txt", ".htm", ".html", ".adoc")
MARKDOWN = (".md", ".markdown")
# What stands in fenced blocks that may follow.
_BLOCK_WORDS = (
    *(b"mageSourceRegistry", b"JobCreateParameters", b"container_registry", b"subscription_id"),
    b"batchai job create",
)
ALWAYS = frozenset({"configuration.json", "configuration.json.template"})
NEEDLES = (
    *(b"batchai", b"BatchAI", b"batch_ai", b"BATCHAI", b"ontainerSettings", b"container_settings"),
    *(b"mageSourceRegistry", b"image_source_registry", b"nodeCount", b"container_registry"),
    b"vmSize",
)
# Windows PowerShell's names have no case; these are searched in lower case, without what parts words.
_TEXT_NEEDLES = (
    *(b"imagesourceregistry", b"containersettings", b"containerimage", b"jobcreateparameters"),
    *(b"batchaijobcreate", b"batchaiclustercreate", b"vmsize", b"nodecount", b"envsubst"),
)
_PARTING = b"_- \t\r\n\"',\\^`+"
_LOWER = bytes(range(256)).lower()


class Purpose(Enum):
    """What a file is looked at for."""

    SOURCE = "jobs and what they need, to be rewritten"
    TEXT = "jobs that are only reported"
    DOCUMENT = "images that documentation shows"


def read_relevant(path: str, limit: int) -> tuple[frozenset[Purpose], bytes | None]:
    """Return what a regular file can matter for, and its bytes: None where that is nothing.

    A file of more than ``limit`` bytes has none either, and what it could matter for by its name. Raises
    OSError for a file that could hold jobs by its name and cannot be read.
    """
    name = path.rpartition("/")[2]
    lowered = name.lower()
    possible = {Purpose.SOURCE} if lowered.endswith(SUFFIXES) else set()
    possible |= {Purpose.DOCUMENT} if lowered.endswith(DOCUMENT_SUFFIXES) else set()
    try:
        needs_head = "." not in name or lowered.endswith(".txt")
        if language_of(name, read_head(path, HEAD_BYTES) if needs_head else b""):
            possible.add(Purpose.TEXT)
        if not possible:
            return frozenset(), None
        data = read_regular(path, limit)
    except OSError:
        if Purpose.SOURCE in possible or language_of(name, b""):
            raise
        return frozenset(), None
    purposes = frozenset(possible if data is None else _found(name, _plain(data), possible))
    return purposes, data if purposes else None


def _found(name: str, text: bytes, possible: Set[Purpose]) -> Iterator[Purpose]:
    if Purpose.SOURCE in possible and (name in ALWAYS or any(needle in text for needle in NEEDLES)):
        yield Purpose.SOURCE
    if Purpose.TEXT in possible:
        words = text.translate(_LOWER, _PARTING)
        if any(needle in words for needle in _TEXT_NEEDLES):
            yield Purpose.TEXT
    if Purpose.DOCUMENT in possible:
        told = (*_document_words(), *(_BLOCK_WORDS if name.lower().endswith(MARKDOWN) else ()))
        if any(word in text for word in told):
            yield Purpose.DOCUMENT


def _plain(data: bytes) -> bytes:
    """Return the bytes so that ASCII words in UTF-16, as Windows PowerShell writes it, are found as well."""
    return data.replace(b"\0", b"") if data.startswith((b"\xff\xfe", b"\xfe\xff")) else data


@cache
def _document_words() -> tuple[bytes, ...]:
    """Return what makes a cluster, and what the names of public framework images start with."""
    from migrator.catalogue import FAMILIES, NGC_REGISTRY

    names = (family.glob.partition("/") for family in FAMILIES)
    starts = {rest.partition("*")[0] for registry, _, rest in names if registry != NGC_REGISTRY}
    return (b"batchai cluster create", *(start.encode() for start in sorted(starts)))

"""What a file can matter for, by its name and by the words in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

from migrator.catalogue import FAMILIES, NGC_REGISTRY
from migrator.discover.kinds import HEAD_BYTES, language_of
from migrator.discover.reading import open_regular, read_regular

SUFFIXES = (".py", ".ipynb", ".json", ".template")
DOCUMENT_SUFFIXES = (".md", ".markdown", ".rst", ".txt", ".htm", ".html", ".adoc")
ALWAYS = frozenset({"configuration.json", "configuration.json.template"})
NEEDLES = (
    *(b"batchai", b"BatchAI", b"batch_ai", b"BATCHAI", b"ontainerSettings", b"container_settings"),
    *(b"mageSourceRegistry", b"image_source_registry", b"nodeCount", b"container_registry"),
)
_SOURCE = re.compile(b"|".join(map(re.escape, NEEDLES)))
# Windows PowerShell's names have no case.
_JOB = re.compile(
    rb"(?i)image_?source_?registry|container_?settings|job_?create_?parameters|batchai job create"
)
_LONGEST_NEEDLE = 64


class Use(Enum):
    """What a file is looked at for."""

    SOURCE = "jobs and what they need, to be rewritten"
    TEXT = "jobs that are only reported"
    DOCUMENT = "images that documentation shows"


@dataclass(frozen=True, slots=True)
class Relevant:
    """A file's uses, none for a file that cannot matter, and its bytes, at most one over the limit."""

    uses: frozenset[Use] = frozenset()
    data: bytes = b""


_NOTHING = Relevant()


def read_relevant(path: str, limit: int) -> Relevant:
    """Return what a regular file can matter for; ``limit`` is in bytes.

    A longer file has its first ``limit`` + 1 bytes; it is searched to its end for jobs, and no
    documentation. Raises OSError for a file that could hold jobs by its name and cannot be read.
    """
    name = path.rpartition("/")[2]
    is_source = name.lower().endswith(SUFFIXES)
    is_document = name.lower().endswith(DOCUMENT_SUFFIXES)
    try:
        is_text = language_of(name, _head(path, name)) is not None
        if not (is_source or is_text or is_document):
            return _NOTHING
        data = read_regular(path, limit)
    except OSError:
        if is_source or language_of(name, b"") is not None:
            raise
        return _NOTHING
    is_long = len(data) > limit
    uses = frozenset(
        use
        for use, is_meant in (
            (Use.SOURCE, is_source and (name in ALWAYS or _has(_SOURCE, data, path, is_long=is_long))),
            (Use.TEXT, is_text and _has(_JOB, data, path, is_long=is_long)),
            (Use.DOCUMENT, is_document and not is_long and bool(_images().search(_plain(data)))),
        )
        if is_meant
    )
    return Relevant(uses, data) if uses else _NOTHING


def _head(path: str, name: str) -> bytes:
    needs_head = "." not in name or name.lower().endswith(".txt")
    return read_regular(path, HEAD_BYTES) if needs_head else b""


def _has(needle: re.Pattern[bytes], data: bytes, path: str, *, is_long: bool) -> bool:
    if needle.search(_plain(data)):
        return True
    return is_long and _has_further_on(needle, path)


def _has_further_on(needle: re.Pattern[bytes], path: str) -> bool:
    tail = b""
    with open_regular(path) as file:
        while chunk := file.read(2**20):
            if needle.search(tail + chunk):
                return True
            tail = chunk[-_LONGEST_NEEDLE:]
    return False


def _plain(data: bytes) -> bytes:
    """Return the bytes so that ASCII words in UTF-16, as Windows PowerShell writes it, are found as well."""
    return data.replace(b"\0", b"") if data.startswith((b"\xff\xfe", b"\xfe\xff")) else data


@cache
def _images() -> re.Pattern[bytes]:
    """Return what the names of public framework images start with: the repository up to a wildcard."""
    names = (family.glob.partition("/") for family in FAMILIES)
    starts = {rest.partition("*")[0] for registry, _, rest in names if registry != NGC_REGISTRY}
    return re.compile("|".join(map(re.escape, sorted(starts))).encode())

"""Image references and what their tags tell, without asking a registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

NGC_REGISTRY = "nvcr.io"
_DEFAULT_REGISTRY = "docker.io"
DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
"""The hosts under which Docker Hub gives images."""
_LIBRARY = "library/"
_LONGEST_NAME = 255
_LONGEST_TEXT = 1024

Version: TypeAlias = tuple[int, int]

# The grammar of https://github.com/distribution/reference/blob/main/regexp.go
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?", re.ASCII)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>\S+))?",
    re.ASCII,
)
_DIGEST = re.compile(
    r"sha256:[0-9a-f]{64}|(?!sha256:)[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}",
    re.ASCII,
)
_IDENTIFIER = re.compile(r"[0-9a-f]{64}", re.ASCII)

_PYTHON = re.compile(r"(?:^|[-_.])(?:python|py|cp)([23])(?:\.?([0-9]{1,2}))?(?=$|[-_.])", re.IGNORECASE)
_TAG_VERSION = re.compile(r"(?:c2)?v?([0-9]{1,4}(?:\.[0-9]{1,4})+(?:[.-]?(?:a|b|rc)[0-9]{1,3})?)(?=$|[-_.])")
_LEADING_VERSION = re.compile(r"v?([0-9]{1,4})(?:\.([0-9]{1,4}))?(?![0-9])")
_CPU = re.compile(r"(?:^|[-_.])cpu(?=$|[-_.])", re.IGNORECASE)
_RELEASE = re.compile(r"([0-9]{2})\.(0[1-9]|1[0-2])(?:\.([0-9]{1,4}))?(?:-tf[12])?(?:-py([23]))?")


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """An NGC release, ``YY.MM[.p]``; ``python`` is the major version of ``-py2``/``-py3``, else 0."""

    year: int
    month: int
    patch: int = 0
    python: int = 0


def version_of(text: str) -> Version | None:
    """Return major and minor of the version that ``text`` starts with, None where there is none.

    ``1.12.0-rc2`` gives (1, 12), ``0.4.0a0 observed (…)`` (0, 4), ``7`` (7, 0).
    """
    match = _LEADING_VERSION.match(text)
    return (int(match[1]), int(match[2] or 0)) if match else None


@dataclass(frozen=True, slots=True)
class ImageReference:
    """A full image reference: ``registry/repository[:tag][@digest]``."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageReference | None:
        """Return what ``docker pull text`` would ask for, None for anything that it refuses."""
        if len(text) > _LONGEST_TEXT or _IDENTIFIER.fullmatch(text):
            return None
        registry, rest = _split(text)
        match = _REFERENCE.fullmatch(rest)
        if match is None or not _DOMAIN.fullmatch(registry):
            return None
        digest = match["digest"]
        path = match["path"]
        if registry == _DEFAULT_REGISTRY and "/" not in path:
            path = _LIBRARY + path
        if len(f"{registry}/{path}") > _LONGEST_NAME or (digest and not _DIGEST.fullmatch(digest)):
            return None
        return cls(registry, path, match["tag"], digest)

    @property
    def name(self) -> str:
        """Registry and repository in full, ``docker.io/library/ubuntu``."""
        return f"{self.registry}/{self.repository}"

    @property
    def python(self) -> str | None:
        """The Python version that tag or name tell, ``3`` or ``3.6``."""
        match = _PYTHON.search(self.tag or "") or _PYTHON.search(self.repository)
        if match is None:
            return None
        return f"{match[1]}.{int(match[2])}" if match[2] else match[1]

    @property
    def tag_version(self) -> str | None:
        """The version number that the tag starts with, ``2.5.1``; of what, the family knows."""
        match = _TAG_VERSION.match(self.tag or "")
        return match[1] if match else None

    @property
    def has_gpu_mark(self) -> bool:
        """Whether the tag speaks of a GPU or of CUDA."""
        tag = (self.tag or "").lower()
        return "gpu" in tag or "cuda" in tag

    @property
    def has_cpu_mark(self) -> bool:
        """Whether the tag says ``cpu`` and nothing of a GPU."""
        return bool(_CPU.search(self.tag or "")) and not self.has_gpu_mark

    @property
    def release(self) -> Release | None:
        """The NGC release that a tag such as ``18.12.1-py3`` names, None for other tags.

        Tags: https://docs.nvidia.com/deeplearning/frameworks/tensorflow-release-notes/index.html
        """
        match = _RELEASE.fullmatch(self.tag or "")
        return Release(*(int(part or 0) for part in match.groups())) if match else None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return self._short_name() + tag + digest

    def _short_name(self) -> str:
        if self.registry != _DEFAULT_REGISTRY:
            return self.name
        short = self.repository.removeprefix(_LIBRARY)
        if "/" in short:
            short = self.repository
        # `docker.io/a.b/c` without its registry would be read as registry a.b.
        reads_back = _split(short) == (_DEFAULT_REGISTRY, short)
        is_identifier = not self.tag and not self.digest and _IDENTIFIER.fullmatch(short)
        return short if reads_back and not is_identifier else self.name


def _split(text: str) -> tuple[str, str]:
    head, slash, rest = text.partition("/")
    registry = head.lower() if head.isascii() else head
    is_host = "." in registry or ":" in registry or registry == "localhost"
    if not slash or (not is_host and head == registry):
        return _DEFAULT_REGISTRY, text
    if not is_host:
        # A host of one label is told from a user's name by its capitals alone: they stay.
        return head, rest
    return (_DEFAULT_REGISTRY if registry in DOCKER_HUB else registry), rest

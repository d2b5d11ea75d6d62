"""What the user asked for, validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrator.model import CredentialsMode, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices that shape a plan.

    ``images`` maps a framework's name or a full image reference to the image that replaces it;
    ``ignore`` maps a rule's id to globs (as in .gitignore, on paths from the root) of files in which
    it is suppressed; ``gpu`` is a key of ``migrator.catalogue.gpus_by_name``: what jobs run on,
    whatever the recipes say; with ``docs``, blocks of documentation follow.
    ``answers`` has what the network told of images and of the secret URL, where the user had it asked.
    """

    credentials: CredentialsMode = CredentialsMode.API_KEY
    key_vault_id: str | None = None
    secret_url: str | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gpu: str | None = None
    docs: bool = False
    answers: Mapping[str, Finding] = field(default_factory=dict)

"""What is known of a job before anything is decided about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from codemods.syntax.registry import EXPRESSION, USER_NAME, has_login, host_of, is_blank
from migrator.catalogue import DOCKER_HUB
from migrator.model import CredentialsMode, Framework, Place, Status


class RegistryState(StrEnum):
    """Where a job's image comes from, and whether the job can log in there.

    Unnamed is an image that does not say that it is on nvcr.io, beside a server URL that does.
    """

    PUBLIC = "public"
    PRIVATE = "private"
    NGC_INCOMPLETE = "ngc-incomplete"
    NGC_COMPLETE = "ngc-complete"
    NGC_UNNAMED = "ngc-unnamed"


class LoginState(StrEnum):
    """What stands where an image's credentials belong; blanks are nothing, but for a vault reference."""

    NONE = "none"
    PARTIAL = "partial"
    COMPLETE = "complete"
    PLACEHOLDER = "complete but for a placeholder"
    WRONG_USER = "for another user than nvcr.io knows"
    EMPTY_REFERENCE = "a reference to no Key Vault"

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing, be it right or not."""
        return self not in (LoginState.NONE, LoginState.PARTIAL)

    @property
    def is_right(self) -> bool:
        """Whether only a placeholder may still be in the way."""
        return self in (LoginState.COMPLETE, LoginState.PLACEHOLDER)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a job, and why; ``trace`` leads from a name to where its value was lost."""

    rule: str
    message: str
    status: Status = Status.MANUAL
    trace: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """One job as its source describes it; None is a value that is not known statically.

    ``login`` is the kind of credentials that stand there, ``preparation`` the job's preparation command;
    ``problem`` is the verdict where what is understood leaves no choice.
    """

    place: Place
    image: str | None = None
    toolkit: Framework | None = None
    node_count: int | None = None
    node_count_trace: tuple[str, ...] = ()
    registry: RegistryState = RegistryState.PUBLIC
    login_state: LoginState = LoginState.NONE
    login: CredentialsMode | None = None
    preparation: str | None = None
    problem: Verdict | None = None


NO_CONTAINER = Verdict(
    "no-container", "The job runs on the host, without a container: it has no image.", Status.SKIPPED
)
NO_IMAGE = Verdict("no-container", "The container settings name no image.", Status.SKIPPED)
NO_REFERENCE = Verdict("image-unknown", "The image is no image reference; fill it in or map it by hand.")

TOOLKIT_KEYS = (
    "tensorFlowSettings",
    "pyTorchSettings",
    "cntkSettings",
    "caffeSettings",
    "caffe2Settings",
    "chainerSettings",
    "horovodSettings",
    "customMpiSettings",
    "customToolkitSettings",
)
"""The toolkits of a job spec: https://learn.microsoft.com/azure/templates/microsoft.batchai/workspaces/experiments/jobs"""
_FRAMEWORKS = {key.removesuffix("Settings").lower() for key in TOOLKIT_KEYS}.intersection(Framework)


def count_of(value: object) -> int | None:
    """Return a node count, None for what is no whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def toolkit_of(key: str) -> Framework | None:
    """Return the framework of a toolkit settings key in either spelling, None for any other key.

    ``tensorFlowSettings``, ``tensor_flow_settings`` and ``tensorflow_settings`` name the same.
    Horovod, MPI and custom toolkits name none: the image tells.
    """
    name, settings, rest = key.replace("_", "").lower().partition("settings")
    return Framework(name) if settings and not rest and name in _FRAMEWORKS else None


def login_state(credentials: object) -> LoginState:
    """Judge what stands for a login: a mapping of its parts by the keys of a job spec, or anything else."""
    parts = credentials if isinstance(credentials, Mapping) else {}
    reference = parts.get("passwordSecretReference")
    if isinstance(reference, Mapping) and is_blank(parts.get("password")):
        named = (reference.get("sourceVault"), reference.get("secretUrl"))
        if any(map(is_blank, named)):
            return LoginState.EMPTY_REFERENCE
    if not has_login(credentials):
        return LoginState.NONE if all(map(is_blank, parts.values())) else LoginState.PARTIAL
    if parts.get("username", EXPRESSION) not in (USER_NAME, EXPRESSION):
        return LoginState.WRONG_USER
    return LoginState.PLACEHOLDER if any(map(is_placeholder, parts.values())) else LoginState.COMPLETE


def is_placeholder(value: object) -> bool:
    """Tell whether a value, or one inside of it, stands for one that a person is to fill in."""
    if isinstance(value, Mapping):
        return any(map(is_placeholder, value.values()))
    return isinstance(value, str) and _PLACEHOLDER.search(value) is not None


_PLACEHOLDER = re.compile(
    r"(?i)<[^<>]+>|(?<![a-z])your(?![a-z])|change[-_ ]?me|^(?:\$\{\w+\}|x+|\*+|\.\.\.|todo)$"
)


def with_registry(facts: Facts, image: str, server: object, credentials: object) -> Facts:
    """Return the facts with a registry's settings; ``credentials`` as ``login_state`` takes them."""
    unknown = "a server that is not known statically"
    host = server if server is None or isinstance(server, str) else unknown
    state = login_state(credentials)
    reference = credentials.get("passwordSecretReference") if isinstance(credentials, Mapping) else None
    kind = CredentialsMode.API_KEY if reference is None else CredentialsMode.KEY_VAULT
    return replace(
        facts,
        image=image,
        registry=registry_state(image, host, state),
        login_state=state,
        login=kind if state.is_complete else None,
    )


def registry_state(image: str, server: str | None, login: LoginState) -> RegistryState:
    """Judge an image with its server URL (None or blank: not given) and the login beside it."""
    host = host_of(server or "")
    if image.startswith("nvcr.io/"):
        if host not in ("", "nvcr.io"):
            return RegistryState.PRIVATE
        is_complete = host and login.is_complete
        return RegistryState.NGC_COMPLETE if is_complete else RegistryState.NGC_INCOMPLETE
    if host == "nvcr.io" and "." not in image.removeprefix("docker.io/").partition("/")[0]:
        return RegistryState.NGC_UNNAMED
    if login is not LoginState.NONE or host not in _DOCKER_HUB:
        return RegistryState.PRIVATE
    return RegistryState.PUBLIC


_DOCKER_HUB = {"", "hub.docker.com", "index.docker.io/v1", *DOCKER_HUB}

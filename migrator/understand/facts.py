"""What is known of a job before anything is decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from codemods.syntax.registry import has_login, is_blank
from migrator.model import CredentialsMode, Framework, Place, Status


class RegistryState(StrEnum):
    """Where a job's image comes from, and whether the job can log in there."""

    PUBLIC = "public"
    PRIVATE = "private"
    NGC_INCOMPLETE = "ngc-incomplete"
    NGC_COMPLETE = "ngc-complete"


class LoginState(StrEnum):
    """What stands where an image's credentials belong; blanks are nothing."""

    NONE = "none"
    PARTIAL = "partial"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a job cannot be decided; ``trace`` leads from the name to where its value was lost."""

    rule: str
    message: str
    status: Status = Status.MANUAL
    trace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One job as its source describes it; None is a value that is not known statically.

    ``login`` is the kind of credentials that stand there; ``preparation`` the job's preparation command.
    """

    place: Place
    image: str | None = None
    toolkit: Framework | None = None
    node_count: int | None = None
    node_count_trace: tuple[str, ...] = ()
    registry: RegistryState = RegistryState.PUBLIC
    login: CredentialsMode | None = None
    preparation: str | None = None
    problem: Problem | None = None


_TOOLKITS = {
    "tensorflow": Framework.TENSORFLOW,
    "pytorch": Framework.PYTORCH,
    "cntk": Framework.CNTK,
    "caffe": Framework.CAFFE,
    "caffe2": Framework.CAFFE2,
    "chainer": Framework.CHAINER,
}


def toolkit_of(key: str) -> Framework | None:
    """Return the framework of a toolkit settings key in either spelling, None for any other key.

    ``tensorFlowSettings``, ``tensor_flow_settings`` and ``tensorflow_settings`` name the same.
    Horovod, MPI and custom toolkits name none: the image tells.
    """
    plain = key.replace("_", "").lower()
    return _TOOLKITS.get(plain.removesuffix("settings")) if plain.endswith("settings") else None


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


def is_ngc(image: str) -> bool:
    """Tell whether an image reference names NVIDIA's registry."""
    return image.startswith("nvcr.io/")


def login_state(credentials: object) -> LoginState:
    """Judge what stands for a login: a mapping of its parts by the keys of a job spec, or anything else."""
    if has_login(credentials):
        return LoginState.COMPLETE
    parts = credentials.values() if isinstance(credentials, Mapping) else ()
    return LoginState.NONE if all(map(is_blank, parts)) else LoginState.PARTIAL


def registry_state(image: str, server: str | None, login: LoginState) -> RegistryState:
    """Judge an image with its server URL (None or blank: not given) and the login beside it."""
    host = (server or "").strip().removeprefix("https://").rstrip("/")
    if is_ngc(image):
        if host not in ("", "nvcr.io"):
            return RegistryState.PRIVATE
        is_complete = host and login is LoginState.COMPLETE
        return RegistryState.NGC_COMPLETE if is_complete else RegistryState.NGC_INCOMPLETE
    if login is not LoginState.NONE or host not in _DOCKER_HUB:
        return RegistryState.PRIVATE
    return RegistryState.PUBLIC


_DOCKER_HUB = ("", "docker.io", "index.docker.io", "index.docker.io/v1", "registry-1.docker.io")

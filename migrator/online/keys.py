"""Where the API key comes from: the environment, else what Docker keeps; never the command line."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from codemods.syntax.registry import USER_NAME
from migrator.catalogue import NGC_REGISTRY

_VARIABLES = ("NGC_API_KEY", "NGC_CLI_API_KEY")
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Key:
    """A login at the registry; ``source`` says where it was found."""

    user: str
    value: str = field(repr=False)
    source: str


def find_key(variable: str | None, *, has_helpers: bool) -> Key | str:
    """Return the key, else in words why there is none; ``has_helpers`` lets a program run that Docker names.

    Raises ValueError where the user must say which is meant.
    """
    names = _VARIABLES if variable is None else (variable,)
    found = {name: value for name in names if (value := os.environ.get(name, "").strip())}
    if len(set(found.values())) > 1:
        raise ValueError(f"{' and '.join(found)} are both set, and differ; say which with --api-key-env")
    if variable is not None and not found:
        # What was given may be the key itself, so it is not repeated.
        raise ValueError("--api-key-env: no variable of that name is set")
    for name, value in found.items():
        return Key(USER_NAME, value, name)
    folder = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")  # noqa: PTH111 - never fails
    path = Path(folder, "config.json")
    try:
        return _docker_key(path, has_helpers=has_helpers) if path.is_file() else f"there is no {path}"
    except Exception:
        return f"{path}, or the program that it names, does not tell it as Docker does"


def _docker_key(path: Path, *, has_helpers: bool) -> Key | str:
    """See https://docs.docker.com/reference/cli/docker/login/ and docker/docker-credential-helpers."""
    settings = json.loads(path.read_bytes())
    for address, entry in settings.get("auths", {}).items():
        if re.sub(r"^https?://|/.*", "", address) == NGC_REGISTRY and entry.get("auth"):
            user, _, value = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
            return Key(user, value.strip("\0"), str(path))
    helper = settings.get("credHelpers", {}).get(NGC_REGISTRY) or settings.get("credsStore")
    if not helper or not re.fullmatch(r"[\w.-]+", helper):
        return f"{path} has none for {NGC_REGISTRY}"
    if not has_helpers:
        return f"{path} leaves it to a program, which --credential-helpers would run"
    command, asked = [f"docker-credential-{helper}", "get"], NGC_REGISTRY.encode()
    ran = subprocess.run(command, input=asked, capture_output=True, check=True, timeout=_SECONDS)  # noqa: S603
    found = json.loads(ran.stdout)
    return Key(str(found["Username"]), str(found["Secret"]), command[0])

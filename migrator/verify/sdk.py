"""The real models of azure-mgmt-batchai: build, serialise and read back container settings.

The only module that imports the SDK, and only when there is something to verify.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]


class RefusedBySdk(ValueError):
    """The SDK's models, or the keys that they know, do not take the values."""


def build(model: str, arguments: Mapping[str, object]) -> object:
    """Return an instance of the model class, built with keywords as in azure-mgmt-batchai 1.0 and later.

    Raises RefusedBySdk for an unknown model, a keyword that the model would swallow silently, and a
    required one that is missing.
    """
    from azure.mgmt.batchai import models

    factory: Any = getattr(models, model, None)
    # Beside model classes the package holds enums, submodules and dunders.
    if not hasattr(factory, "_attribute_map"):
        raise RefusedBySdk(f"there is no model {model}")
    unknown = set(arguments) - set(factory._attribute_map)
    if unknown:
        raise RefusedBySdk(f"{model} has no {', '.join(sorted(unknown))}")
    try:
        return factory(**arguments)
    except TypeError as error:
        raise RefusedBySdk(f"{model} cannot be built: {error}") from error


def body_of(instance: Any) -> Body:
    """Return the REST body of a model instance. Raises RefusedBySdk where the SDK would not send it."""
    from msrest.exceptions import SerializationError, ValidationError  # type: ignore[attr-defined]

    problems = instance.validate()
    if problems:
        raise RefusedBySdk(str(problems[0]))
    try:
        body: Body = instance.serialize()
    except (SerializationError, ValidationError, TypeError, ValueError) as error:
        # The SDK's own message may quote a value, which may be a secret.
        raise RefusedBySdk(f"the SDK cannot serialise it ({type(error).__name__})") from error
    return body


def read_back(container_settings: object) -> Body:
    """Return ``containerSettings`` of a job spec as the Azure CLI would send it: read, then serialised.

    The SDK's deserialiser ignores keys that it does not know, so the caller compares.
    Raises RefusedBySdk where the CLI would fail.
    """
    from azure.mgmt.batchai import models
    from msrest.exceptions import DeserializationError  # type: ignore[attr-defined]

    try:
        instance = models.ContainerSettings.deserialize(container_settings)  # type: ignore[no-untyped-call]
    except (DeserializationError, AttributeError, TypeError, ValueError) as error:
        raise RefusedBySdk(f"the SDK cannot read it ({type(error).__name__})") from error
    if instance is None:
        raise RefusedBySdk("there are no container settings")
    return body_of(instance)

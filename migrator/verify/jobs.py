"""Check every rewritten job against the models of the real azure-mgmt-batchai before it is offered.

The only module that imports the SDK, and only when there is something to verify.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

from codemods.syntax.json_tree import Json
from codemods.syntax.registry import SERVER_URL
from migrator.decide import CredentialSource
from migrator.understand.jobs import JobSpec, PythonJob, part
from migrator.understand.python import Known, evaluate, is_dict

Body = Mapping[str, Any]


class RefusedBySdk(ValueError):
    """The SDK's models, or the keys that they know, do not take the values."""


def python_mistake(
    before: PythonJob, target: str, source: CredentialSource, rewritten: PythonJob
) -> str | None:
    """Return what is wrong with a rewritten job of a Python text, in half a sentence; None if nothing is.

    ``target`` is the image that it must have, ``source`` where its credentials must come from.
    """
    try:
        return _difference(intended_body(before, target, source, rewritten), python_body(rewritten, before))
    except RefusedBySdk as error:
        return str(error)


def spec_mistake(before: JobSpec, rewritten: JobSpec) -> str | None:
    """Return what is wrong with a rewritten job spec, in half a sentence; None if nothing is."""
    try:
        wanted, body = spec_body(rewritten)
        own = before.registry.value if before.registry is not None else None
        return _difference(_added(wanted, own, body.get("imageSourceRegistry")), body)
    except RefusedBySdk as error:
        return str(error)


def _added(value: Any, before: object, sent: object) -> Any:
    """Return a value without what stood there before and the SDK, which does not know it, drops."""
    if not isinstance(value, Mapping) or not isinstance(before, Mapping) or not isinstance(sent, Mapping):
        return value
    return {
        key: _added(each, before.get(key), sent.get(key))
        for key, each in value.items()
        if key in sent or key not in before or before[key] != each
    }


def _difference(wanted: Body, body: Body) -> str | None:
    registry = body.get("imageSourceRegistry")
    if not isinstance(registry, Mapping):
        return "the body has no imageSourceRegistry"
    if registry != wanted:
        keys = sorted(key for key in {*registry, *wanted} if registry.get(key) != wanted.get(key))
        return f"{', '.join(keys)} would not be sent as intended"
    login = registry.get("credentials") or {}
    if isinstance(login, Mapping) and ("password" in login) == ("passwordSecretReference" in login):
        return "credentials need a password or a secret reference, and not both"
    return None


def intended_body(job: PythonJob, target: str, source: CredentialSource, rewritten: PythonJob) -> Body:
    """Return the ``imageSourceRegistry`` that a job is meant to send after its rewrite.

    Credentials that stood there before are to be those of ``rewritten``. Raises RefusedBySdk.
    """
    login = _present_login(job, rewritten) if source.credentials is None else _login(source.credentials.tree)
    return {"serverUrl": SERVER_URL, "image": target, "credentials": login}


def _login(value: Json) -> object:
    """Return credentials with what their expressions stand for."""
    if isinstance(value, Mapping):
        return {key: _login(each) for key, each in value.items()}
    node = ast.parse(str(value), mode="eval").body
    return str(node.value) if isinstance(node, ast.Constant) else _stand_in(node)


def _present_login(job: PythonJob, rewritten: PythonJob) -> object:
    """Return the login that both jobs have. Raises RefusedBySdk where more than keywords differ."""
    new = rewritten.login
    if new is None or _leaves(job.login) != _leaves(new):
        raise RefusedBySdk("its credentials changed")
    if rewritten.registry is not None and is_dict(rewritten.registry):
        return _plain(rewritten, new)
    login = _argument(rewritten, "credentials", new)
    return login if isinstance(login, str) else body_of(login)


def _leaves(node: ast.expr | None) -> list[str]:
    kinds = (ast.Constant, ast.Name, ast.Attribute)
    return sorted(ast.dump(part) for part in (ast.walk(node) if node else ()) if isinstance(part, kinds))


def python_body(job: PythonJob, before: PythonJob) -> Body:
    """Return the body of a job's container settings, interpreted from their tree; nothing is executed."""
    if job.registry is not None and is_dict(job.registry):
        settings = {"imageSourceRegistry": _plain(job, job.registry)}
        own = {"imageSourceRegistry": _plain(before, before.registry)} if before.registry else None
        body = read_back(settings)
        # The SDK's deserialiser drops keys that it does not know.
        if body != _added(settings, own, body):
            raise RefusedBySdk("a part of its container settings would not be sent")
        return body
    if job.container is None or job.registry is None:
        raise RefusedBySdk("its container settings cannot be seen")
    return body_of(_built(job, job.container))


def spec_body(spec: JobSpec) -> tuple[Body, Body]:
    """Return a job spec's ``imageSourceRegistry`` as it stands, and the body that the CLI would send."""
    if spec.registry is None or not isinstance(spec.registry.value, Mapping):
        raise RefusedBySdk("its imageSourceRegistry cannot be seen")
    return spec.registry.value, read_back({"imageSourceRegistry": spec.registry.value})


def _plain(job: PythonJob, node: ast.expr) -> object:
    """Return the JSON value that a dictionary of the recipe stands for, with stand-ins."""
    entries = _entries(job, node)
    return _value(job, node) if entries is None else {key: _plain(job, entries[key]) for key in entries}


def _entries(job: PythonJob, node: ast.expr) -> dict[str, ast.expr] | None:
    """Return the values of a dictionary by their keys; None for what is no dictionary."""
    node = job.module.objects.dict_behind(job.module.names, node) or node
    if isinstance(node, ast.Dict):
        keys = (key.value if isinstance(key, ast.Constant) else None for key in node.keys)
        return dict(zip(map(str, keys), node.values, strict=True))
    if is_dict(node) and isinstance(node, ast.Call):
        return {str(keyword.arg): keyword.value for keyword in node.keywords}
    return None


def _built(job: PythonJob, call: ast.expr) -> object:
    if not isinstance(call, ast.Call):
        raise RefusedBySdk("it is not a call")
    entries = [{k.arg: k.value} if k.arg else _entries(job, k.value) for k in call.keywords]
    if call.args or None in entries:
        raise RefusedBySdk("arguments without a keyword work with azure-mgmt-batchai 0.2.0 only")
    model = _model(job, call)
    if model is None:
        raise RefusedBySdk(f"{ast.unparse(call.func)} is not bound to a Batch AI model")
    given = {name: node for each in entries if each for name, node in each.items()}
    return build(model, {name: _argument(job, name, node) for name, node in given.items()})


def _model(job: PythonJob, node: ast.expr) -> str | None:
    qualified = job.module.names.qualified(node.func) if isinstance(node, ast.Call) else ()
    models = (name.rpartition(".")[2] for name in qualified if name.startswith("azure.mgmt.batchai"))
    return next(models, None)


def _argument(job: PythonJob, name: str, node: ast.expr) -> object:
    if name == "image_source_registry" and job.registry is not None:
        return _built(job, job.registry)
    if _model(job, node):
        return _built(job, node)
    if name == "credentials":
        found = part(job.module, node, "PrivateRegistryCredentials")
        return _built(job, found) if isinstance(found, ast.Call) else _stand_in(node)
    return _value(job, node)


def _value(job: PythonJob, node: ast.expr) -> object:
    value = evaluate(job.module.names, node)
    return value.value if isinstance(value, Known) else _stand_in(node)


def _stand_in(node: ast.expr) -> str:
    """Return a text that takes the place of a value which is known only when the code runs."""
    return f"<{ast.unparse(node)}>"


class _Package(ModuleType):
    """A package that is run only when more is asked of it than its modules."""

    def __getattr__(self, name: str) -> Any:
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__loader__.exec_module(self)  # type: ignore[union-attr]
        return getattr(self, name)


@cache
def _sdk() -> tuple[Any, Any]:
    """Return the SDK's models, and what reads and writes them.

    They come without the clients, and what speaks HTTP for these, which take most of the time to import.
    """
    for name in ("azure.core", "azure.mgmt.batchai", "msrest"):
        spec = find_spec(name) if name not in sys.modules else None
        if spec is not None:
            package = sys.modules[name] = module_from_spec(spec)
            package.__class__ = _Package
            vars(sys.modules.get(name.rpartition(".")[0], package))[name.rpartition(".")[2]] = package
    with suppress(ImportError):  # it is all that the models ask of its package
        from azure.core._enum_meta import CaseInsensitiveEnumMeta

        vars(sys.modules["azure.core"])["CaseInsensitiveEnumMeta"] = CaseInsensitiveEnumMeta
    # To import them from their packages would ask for more.
    import azure.mgmt.batchai.models as models
    import msrest.serialization as serialization

    return models, serialization


def build(model: str, arguments: Mapping[str, object]) -> object:
    """Return an instance of the model class, built with keywords as in azure-mgmt-batchai 1.0 and later.

    Raises RefusedBySdk for an unknown model, a keyword that the model would swallow silently, and a
    required one that is missing.
    """
    factory: Any = getattr(_sdk()[0], model, None)
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
    serialization = _sdk()[1]
    problems = instance.validate()
    if problems:
        raise RefusedBySdk(str(problems[0]))
    try:
        body: Body = instance.serialize()
    except (serialization.SerializationError, serialization.ValidationError, TypeError, ValueError) as error:
        # The SDK's own message may quote a value, which may be a secret.
        raise RefusedBySdk(f"the SDK cannot serialise it ({type(error).__name__})") from error
    return body


def read_back(container_settings: object) -> Body:
    """Return ``containerSettings`` of a job spec as the Azure CLI would send it: read, then serialised.

    The SDK's deserialiser ignores keys that it does not know, so the caller compares.
    Raises RefusedBySdk where the CLI would fail.
    """
    models, serialization = _sdk()
    try:
        reader = serialization.Deserializer(vars(models))
        instance = reader.deserialize_data(container_settings, "ContainerSettings")
    except (serialization.DeserializationError, AttributeError, TypeError, ValueError) as error:
        raise RefusedBySdk(f"the SDK cannot read it ({type(error).__name__})") from error
    if instance is None:
        raise RefusedBySdk("there are no container settings")
    return body_of(instance)

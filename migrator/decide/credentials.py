"""Choose where migrated code takes its registry credentials from: only objects that are bound there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import starmap
from typing import TypeAlias

from codemods.configuration import SECTION
from codemods.loader_attributes import ATTRIBUTES
from codemods.syntax.registry import USER_NAME, RegistryCredentials, VaultSecret
from migrator.model import CredentialsMode
from migrator.options import Options
from migrator.understand.jobs import (
    Loader,
    Loaders,
    PythonJob,
    configuration_path,
    is_read_by_key,
    loads_dict,
)
from migrator.understand.python import (
    Binding,
    BindingKind,
    PythonModule,
    all_arguments,
    bound,
    known_text,
    named_path,
    parts_behind,
)

VARIABLES = {
    CredentialsMode.API_KEY: ("NGC_API_KEY",),
    CredentialsMode.KEY_VAULT: ("NGC_KEY_VAULT_ID", "NGC_SECRET_URL"),
}
"""The variables of the environment that migrated code reads."""

_CONFIGURATION = re.compile(r"(?i)(?:config|conf\.|setting|secret|credential|account)[^/]*\Z")
Made: TypeAlias = tuple[tuple[PythonModule, ast.Call], ...]


class Origin(StrEnum):
    """What kind of object holds the credentials."""

    LOADER = "loader"
    DICTIONARY = "dictionary"
    ENVIRONMENT = "environment"
    PRESENT = "present"
    SPEC = "spec"


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """Expressions that give the credentials at one job, and the files they depend on.

    ``credentials`` is None where they stand at the job; ``configuration`` is relative to the root, None
    where the code does not tell it.
    """

    origin: Origin
    credentials: RegistryCredentials | None = None
    loader: Loader | None = None
    configuration: str | None = None
    note: str = ""


def choose_source(job: PythonJob, loaders: Loaders, options: Options, quote: str) -> CredentialSource:
    """Return the best source at ``job``: a loader object, else a dictionary from JSON, else the environment.

    ``quote`` is the quote character for strings in the expressions. A login that stands at the job
    already needs no other.
    """
    if job.login is not None:
        return CredentialSource(Origin.PRESENT)
    note = ""
    objects = tuple(_objects(job))
    for name, made in objects:
        found = {_loaded(loaders, *each) for each in made}
        loader, configuration = found.pop() if len(found) == 1 else (None, None)
        if loader is not None and not loader.hindrance and configuration is not None:
            attributes = [f"{name}.{attribute}" for attribute in ATTRIBUTES]
            credentials = _credentials(attributes, options)
            return CredentialSource(Origin.LOADER, credentials, loader, configuration)
        unknown = "reads a file that the code does not tell"
        note = f"{loader.name} {loader.hindrance or unknown}" if loader is not None else note
    for name, made in objects:
        paths = {_json_file(*each) for each in made}
        path = paths.pop() if len(paths) == 1 else None
        if path is not None and _CONFIGURATION.search(path) and all(starmap(is_read_by_key, made)):
            keys = (filter(None, keys) for keys in ATTRIBUTES.values())
            items = [name + "".join(f"[{quote}{key}{quote}]" for key in each) for each in keys]
            credentials = _credentials(items, options)
            return CredentialSource(Origin.DICTIONARY, credentials, configuration=path)
    return from_environment(options, quote, note or _misfit(job))


def _misfit(job: PythonJob) -> str:
    """Return what a name is that the code uses like a loader object, as half a sentence."""
    names, at = job.module.names, job.registry or job.call
    for name in names.visible(at):
        value = next((binding.value for binding in bound(names, name, at)), None)
        text = value.args[0] if isinstance(value, ast.Call) and value.args else value
        path = text.value if isinstance(text, ast.Constant) else None
        has_attributes = any(
            isinstance(names.parents[use], ast.Attribute) for use in names.loads.get(name, ())
        )
        if not has_attributes or not isinstance(path, str) or not _CONFIGURATION.search(path):
            continue
        if not isinstance(value, ast.Call):
            return f"{name} is a string"
        maker = ast.unparse(value.func)
        if re.fullmatch(r"[\w.]*(?i:conf|setting)\w*", maker):
            return f"{name} is made by {maker}, whose attributes are not known"
    return ""


def _credentials(expressions: Sequence[str], options: Options) -> RegistryCredentials:
    """Return the credentials that ``expressions`` give, which stand in the order of ATTRIBUTES."""
    user, key, secret_url, vault_id = expressions
    is_key = options.credentials is CredentialsMode.API_KEY
    return RegistryCredentials(user, key if is_key else VaultSecret(vault_id, secret_url))


def from_environment(options: Options, quote: str, note: str) -> CredentialSource:
    """Return a source that needs no object; ``note`` (half a sentence) says why none is used."""
    given = {"NGC_KEY_VAULT_ID": options.key_vault_id, "NGC_SECRET_URL": options.secret_url}
    secrets = [
        f"{quote}{given[name]}{quote}" if given.get(name) else f"os.environ[{quote}{name}{quote}]"
        for name in VARIABLES[options.credentials]
    ]
    secret = secrets[0] if len(secrets) == 1 else VaultSecret(*secrets)
    credentials = RegistryCredentials(f"{quote}{USER_NAME}{quote}", secret)
    return CredentialSource(Origin.ENVIRONMENT, credentials, note=note)


def configurations_of(job: PythonJob, loaders: Loaders) -> tuple[str, ...]:
    """Return the configuration files whose section a job's login reads, relative to the root."""
    parts = [*parts_behind(job.module.names, job.login)] if job.login is not None else []
    words = {str(getattr(e, "id", getattr(e, "attr", getattr(e, "value", "")))) for e in parts}
    if words.isdisjoint({*ATTRIBUTES, SECTION}):
        return ()
    made = (each for name, calls in _objects(job) if name in words for each in calls)
    paths = (_loaded(loaders, *each)[1] or _json_file(*each) for each in made)
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def _objects(job: PythonJob) -> Iterator[tuple[str, Made]]:
    """Yield names bound at the job to what a call makes, those that the job uses first, with the calls.

    There are several calls where a parameter has several callers, in whatever module.
    """
    names, at = job.module.names, job.registry or job.call
    used = {node.id for node in ast.walk(job.call) if isinstance(node, ast.Name)}
    found: list[tuple[bool, int, str, Made]] = []
    for name in names.visible(at):
        bindings = bound(names, name, at)
        made = _made(job.module, bindings) if bindings else ()
        if made:
            found.append((name in used, bindings[0].order, name, made))
    for _, _, name, made in sorted(found, key=lambda one: one[:2], reverse=True):
        yield name, made


def _made(module: PythonModule, bindings: Sequence[Binding], depth: int = 6) -> Made:
    """Return every call that may have made what is bound; empty where that is not certain."""
    binding = bindings[0] if len(bindings) == 1 and depth else None
    if binding is None:
        return ()
    given: Sequence[tuple[PythonModule, ast.expr]] = ()
    if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, ast.FunctionDef):
        arguments = all_arguments(module.names, binding.node, binding.name) or ()
        given = [(module.owner(node), node) for _, node in arguments]
    elif binding.kind is BindingKind.ASSIGNMENT and binding.value is not None:
        given = [(module, binding.value)]
    made: list[Made] = []
    for owner, node in given:
        behind = owner.names.reaching(node) if isinstance(node, ast.Name) else ()
        made.append(((owner, node),) if isinstance(node, ast.Call) else _made(owner, behind, depth - 1))
    return tuple(one for each in made for one in each) if all(made) else ()


def _loaded(loaders: Loaders, module: PythonModule, call: ast.Call) -> tuple[Loader | None, str | None]:
    loader = loaders.of_call(module, call)
    return loader, configuration_path(module, call, loader) if loader is not None else None


def _json_file(module: PythonModule, call: ast.Call) -> str | None:
    """Return the file whose JSON ``call`` loads, relative to the root; None for any other call."""
    node = call.args[0] if call.args and loads_dict(module, call) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read":
        node = node.func.value
    # What is a text itself is the JSON, not the name of its file.
    is_file = node is not None and known_text(module.names, node) is None
    return named_path(module.names, node) if node is not None and is_file else None

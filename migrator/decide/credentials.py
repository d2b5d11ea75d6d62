"""Choose where migrated code takes its registry credentials from: only objects that are bound there."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import starmap

from codemods.loader_attributes import ATTRIBUTES
from codemods.syntax.registry import USER_NAME, RegistryCredentials, VaultSecret
from migrator.discover import resolved
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
    Known,
    PythonModule,
    all_arguments,
    bound,
    evaluate,
)

API_KEY_VARIABLE = "NGC_API_KEY"
VAULT_VARIABLE = "NGC_KEY_VAULT_ID"
SECRET_VARIABLE = "NGC_SECRET_URL"  # noqa: S105 - the name of a variable, not a secret


class Origin(StrEnum):
    """What kind of object holds the credentials."""

    LOADER = "loader"
    DICTIONARY = "dictionary"
    ENVIRONMENT = "environment"
    PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
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
        return CredentialSource(origin=Origin.PRESENT)
    note = ""
    for name, made in _objects(job):
        found = {_loaded(loaders, *each) for each in made}
        loader, configuration = found.pop() if len(found) == 1 else (None, None)
        if loader is not None and not loader.hindrance:
            return _from_loader(name, loader, configuration, options)
        if loader is not None:
            note = f"{loader.name} {loader.hindrance}"
    for name, made in _objects(job):
        paths = {_json_file(*each) for each in made}
        path = paths.pop() if len(paths) == 1 else None
        if path is not None and _is_configuration(path) and all(starmap(is_read_by_key, made)):
            return _from_dictionary(name, path, options, quote)
    return from_environment(options, quote, note)


def configurations_of(job: PythonJob, loaders: Loaders) -> tuple[str, ...]:
    """Return the configuration files behind the objects that a job's login names, relative to the root."""
    words = {node.id for node in ast.walk(job.login) if isinstance(node, ast.Name)} if job.login else set()
    made = (each for name, calls in _objects(job) if name in words for each in calls)
    paths = (_loaded(loaders, *each)[1] or _json_file(*each) for each in made)
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def _loaded(loaders: Loaders, module: PythonModule, call: ast.Call) -> tuple[Loader | None, str | None]:
    loader = loaders.of_call(module, call)
    return loader, configuration_path(module, call, loader) if loader is not None else None


Made = tuple[tuple[PythonModule, ast.Call], ...]


def _objects(job: PythonJob) -> Iterator[tuple[str, Made]]:
    """Yield names bound at the job to what a call makes, those that the job uses first, with the calls.

    There are several calls where a parameter has several callers, in whatever module.
    """
    names, at = job.module.names, job.registry or job.call
    used = {node.id for node in ast.walk(job.call) if isinstance(node, ast.Name)}
    found: list[tuple[bool, int, str, Made]] = []
    for name in names.visible(at):
        bindings = bound(names, name, at)
        made = _made(job.module, bindings[0]) if len(bindings) == 1 else ()
        if made:
            found.append((name in used, bindings[0].order, name, made))
    for _, _, name, made in sorted(found, key=lambda one: one[:2], reverse=True):
        yield name, made


def _made(module: PythonModule, binding: Binding, depth: int = 6) -> Made:
    """Return every call that may have made what is bound; empty where that is not certain."""
    if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, ast.FunctionDef) and depth:
        arguments = all_arguments(module.names, binding.node, binding.name) or ()
        owners = [(module.owner(node), node) for _, node in arguments]
        made = [_made_by(owner, node, depth - 1) for owner, node in owners]
        return tuple(one for each in made for one in each) if all(made) else ()
    is_made = binding.kind is BindingKind.ASSIGNMENT and binding.value is not None and depth
    return _made_by(module, binding.value, depth) if is_made and binding.value is not None else ()


def _made_by(module: PythonModule, node: ast.expr, depth: int) -> Made:
    if isinstance(node, ast.Call):
        return ((module, node),)
    bindings = module.names.reaching(node) if isinstance(node, ast.Name) else ()
    return _made(module, bindings[0], depth - 1) if len(bindings) == 1 else ()


def _from_loader(name: str, loader: Loader, configuration: str | None, options: Options) -> CredentialSource:
    expressions = tuple(f"{name}.{attribute}" for attribute in ATTRIBUTES)
    source = _of_object(Origin.LOADER, expressions, configuration, options)
    return replace(source, loader=loader)


def _from_dictionary(name: str, path: str, options: Options, quote: str) -> CredentialSource:
    keys = (filter(None, keys) for keys in ATTRIBUTES.values())
    expressions = tuple(name + "".join(f"[{quote}{key}{quote}]" for key in each) for each in keys)
    return _of_object(Origin.DICTIONARY, expressions, path, options)


def _of_object(
    origin: Origin, expressions: tuple[str, ...], configuration: str | None, options: Options
) -> CredentialSource:
    """Return a source whose ``expressions`` stand in the order of ATTRIBUTES."""
    user, key, secret_url, vault_id = expressions
    is_key = options.credentials is CredentialsMode.API_KEY
    credentials = RegistryCredentials(user, key if is_key else VaultSecret(vault_id, secret_url))
    return CredentialSource(origin=origin, credentials=credentials, configuration=configuration)


def from_environment(options: Options, quote: str, note: str) -> CredentialSource:
    """Return a source that needs no object; ``note`` (half a sentence) says why none is used."""

    def variable(name: str, given: str | None = None) -> str:
        return f"{quote}{given}{quote}" if given else f"os.environ[{quote}{name}{quote}]"

    secret: str | VaultSecret = variable(API_KEY_VARIABLE)
    if options.credentials is CredentialsMode.KEY_VAULT:
        vault_id = variable(VAULT_VARIABLE, options.key_vault_id)
        secret = VaultSecret(vault_id, variable(SECRET_VARIABLE, options.secret_url))
    credentials = RegistryCredentials(f"{quote}{USER_NAME}{quote}", secret)
    return CredentialSource(origin=Origin.ENVIRONMENT, credentials=credentials, note=note)


def _json_file(module: PythonModule, call: ast.Call) -> str | None:
    """Return the file whose JSON ``call`` loads, relative to the root; None for any other call."""
    if not call.args or not loads_dict(module, call):
        return None
    opened = _opened(module, call.args[0])
    if opened is None or not opened.args:
        return None
    value = evaluate(module.names, opened.args[0])
    if not isinstance(value, Known) or not isinstance(value.value, str):
        return None
    return resolved(posixpath.dirname(module.text.path), value.value)


def _opened(module: PythonModule, node: ast.expr) -> ast.Call | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read":
        node = node.func.value
    if isinstance(node, ast.Name):
        bindings = module.names.reaching(node)
        if len(bindings) != 1 or bindings[0].value is None:
            return None
        node = bindings[0].value
    is_open = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    return node if is_open and isinstance(node, ast.Call) else None


def _is_configuration(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return any(word in name for word in ("config", "conf.", "setting", "secret", "credential", "account"))

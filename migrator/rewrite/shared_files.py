"""Files that several recipes need: loader classes and configuration files, and what each must gain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from codemods.configuration import SECTION, VAULT, add_registry, conflicts
from codemods.loader_attributes import add_attributes
from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import InvalidJson, Json, Node, parse
from codemods.syntax.registry import (
    API_KEY_PLACEHOLDER,
    SECRET_URL_PLACEHOLDER,
    USER_NAME,
    VAULT_ID_PLACEHOLDER,
    RegistryCredentials,
    VaultSecret,
)
from migrator.discover import Files
from migrator.model import Change, CredentialsMode, Place
from migrator.options import Options
from migrator.understand import LoginState, login_state
from migrator.understand.jobs import Loader
from migrator.understand.texts import Text, Unreadable, read_json


class Condition(StrEnum):
    """What stands in the way of a shared file, or that nothing does."""

    READY = "ready"
    ABSENT = "absent"
    OUTSIDE = "outside"
    CONFLICT = "conflict"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A file with the change that it needs; None where it needs none or cannot have it.

    ``detail`` says what is broken or in conflict; it never quotes a value. ``login`` is what stands in a
    configuration file before the change.
    """

    path: str
    condition: Condition
    change: Change | None = None
    detail: str = ""
    place: Place | None = None
    login: LoginState = LoginState.NONE


class SharedFiles:
    """What every shared file would become; each is read and decided once."""

    def __init__(self, files: Files, options: Options) -> None:
        self._files = files
        self._options = options
        self._configurations: dict[str, SharedFile] = {}
        self._loaders: dict[Loader, SharedFile] = {}

    def configuration(self, path: str) -> SharedFile:
        """Return the configuration file at ``path`` (relative to the root) with the registry's section."""
        if path not in self._configurations:
            self._configurations[path] = self._read_configuration(path, self._options)
        return self._configurations[path]

    def with_section(self, path: str, mode: CredentialsMode) -> SharedFile:
        """Return the file at ``path`` with a login for ``mode``; one that is right stays, whatever it is."""
        found = self._read_configuration(path, replace(self._options, credentials=mode))
        return replace(found, condition=Condition.READY, change=None) if found.login.is_right else found

    def loader(self, loader: Loader) -> SharedFile:
        """Return the loader's file with the attributes that the class lacks."""
        if loader not in self._loaders:
            text, shape = loader.module.text, loader.shape
            added = add_attributes(shape, loader.missing, text.newline_at(shape.offset))
            self._loaders[loader] = self._changed(text, (added,) if loader.missing else ())
        return self._loaders[loader]

    def _read_configuration(self, path: str, options: Options) -> SharedFile:
        data = self._files.read(path)
        if data is None:
            return SharedFile(path=path, condition=Condition.ABSENT)
        text = read_json(path, data)
        if isinstance(text, Unreadable):
            return _broken(path, text)
        try:
            root = parse(text.text)
        except InvalidJson as error:
            return _broken(path, error)
        credentials = placeholders(options)
        names = ", ".join(conflicts(root, credentials))
        file = self._changed(text, add_registry(root, credentials))
        return replace(
            file,
            condition=Condition.CONFLICT if names else file.condition,
            detail=names,
            place=text.place((root.find(SECTION) or root).start),
            login=_login(root, credentials),
        )

    def _changed(self, text: Text, edits: tuple[Edit[str], ...]) -> SharedFile:
        if not edits:
            return SharedFile(path=text.path, condition=Condition.READY)
        if not self._files.is_writable(text.path):
            return SharedFile(path=text.path, condition=Condition.OUTSIDE)
        change = Change(path=text.path, before=text.data, edits=text.edits(edits))
        return SharedFile(path=text.path, condition=Condition.READY, change=change)


def _broken(path: str, fault: Unreadable | InvalidJson) -> SharedFile:
    detail = f"line {fault.line}, column {fault.column}: {fault.message}"
    return SharedFile(
        path=path, condition=Condition.BROKEN, detail=detail, place=Place(path, line=fault.line)
    )


def _login(root: Node, credentials: RegistryCredentials) -> LoginState:
    """Judge the login of the kind of ``credentials`` that a configuration holds."""

    def held(*keys: str) -> Json:
        node = root.find(*keys)
        return node.value if node is not None else None

    user, password = held(SECTION, "user"), held(SECTION, "password")
    if isinstance(credentials.password, str):
        return login_state({"username": user, "password": password})
    reference = {"sourceVault": held(VAULT), "secretUrl": held(SECTION, "secret_url")}
    return login_state({"username": user, "passwordSecretReference": reference})


def is_template(path: str) -> bool:
    """Tell whether a path names a published template of a configuration file."""
    return path.endswith(".template")


def placeholders(options: Options) -> RegistryCredentials:
    """Return the credentials as JSON holds them: placeholders, where the user gave no values."""
    if options.credentials is CredentialsMode.API_KEY:
        return RegistryCredentials(USER_NAME, API_KEY_PLACEHOLDER)
    vault_id = options.key_vault_id or VAULT_ID_PLACEHOLDER
    return RegistryCredentials(USER_NAME, VaultSecret(vault_id, options.secret_url or SECRET_URL_PLACEHOLDER))

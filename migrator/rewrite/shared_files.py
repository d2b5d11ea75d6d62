"""Files that several recipes need: loader classes and configuration files, and what each must gain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from codemods.configuration import SECTION, add_registry, conflicts
from codemods.loader_attributes import add_attributes
from codemods.syntax.edits import Edit
from codemods.syntax.json_tree import InvalidJson, Node, parse
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

    ``detail`` says what is broken or in conflict; it never quotes a value.
    """

    path: str
    condition: Condition
    change: Change | None = None
    detail: str = ""
    place: Place | None = None

    @property
    def is_incomplete(self) -> bool:
        """Whether the file lacks something that this run does not give it."""
        return self.condition is not Condition.READY


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
        """Return the file at ``path`` with the whole section for ``mode``, no change where it has one."""
        options = replace(self._options, credentials=mode)
        found = self._read_configuration(path, options)
        text = read_json(path, found.change.before) if found.change is not None else None
        if not isinstance(text, Text) or parse(text.text).find(SECTION) is None:
            return found
        return SharedFile(path=path, condition=Condition.READY)

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
        problem: Unreadable | InvalidJson
        if isinstance(text, Text):
            try:
                return self._completed(text, parse(text.text), placeholders(options))
            except InvalidJson as error:
                problem = error
        else:
            problem = text
        detail = f"line {problem.line}, column {problem.column}: {problem.message}"
        place = Place(path, line=problem.line)
        return SharedFile(path=path, condition=Condition.BROKEN, detail=detail, place=place)

    def _completed(self, text: Text, root: Node, credentials: RegistryCredentials) -> SharedFile:
        names = ", ".join(conflicts(root, credentials))
        if names:
            place = Place(text.path)
            return SharedFile(path=text.path, condition=Condition.CONFLICT, detail=names, place=place)
        return self._changed(text, add_registry(text.text, root, credentials))

    def _changed(self, text: Text, edits: tuple[Edit[str], ...]) -> SharedFile:
        if not edits:
            return SharedFile(path=text.path, condition=Condition.READY)
        if not self._files.is_writable(text.path):
            return SharedFile(path=text.path, condition=Condition.OUTSIDE)
        change = Change(path=text.path, before=text.data, edits=text.edits(edits))
        return SharedFile(path=text.path, condition=Condition.READY, change=change)


def is_template(path: str) -> bool:
    """Tell whether a path names a published template of a configuration file."""
    return path.endswith(".template")


def placeholders(options: Options) -> RegistryCredentials:
    """Return the credentials as JSON holds them: placeholders, where the user gave no values."""
    if options.credentials is CredentialsMode.API_KEY:
        return RegistryCredentials(USER_NAME, API_KEY_PLACEHOLDER)
    vault_id = options.key_vault_id or VAULT_ID_PLACEHOLDER
    return RegistryCredentials(USER_NAME, VaultSecret(vault_id, options.secret_url or SECRET_URL_PLACEHOLDER))

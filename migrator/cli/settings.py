"""The user's choices: those of the command line and of ``[tool.ngc-migrate]``, checked and joined."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar

from migrator.model import CredentialsMode, Framework
from migrator.options import Options

# Names and domains: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
_VAULT_NAME = r"[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]"
_VAULT_DOMAINS = r"(vault\.azure\.net|vault\.azure\.cn|vault\.usgovcloudapi\.net|vault\.microsoftazure\.de)"
_VAULT_ID: Final = re.compile(
    r"/subscriptions/[\w.()-]+/resourceGroups/[\w.()-]+/providers/Microsoft\.KeyVault/vaults/" + _VAULT_NAME,
    re.ASCII | re.IGNORECASE,
)
_SECRET_URL: Final = re.compile(
    rf"https://{_VAULT_NAME}\.{_VAULT_DOMAINS}/secrets/[A-Za-z0-9-]{{1,127}}(/[A-Za-z0-9]+)?", re.ASCII
)
_PLACEHOLDER: Final = frozenset({"ID", "GROUP", "NAME", "SECRET", "VERSION"})
_REGISTRY: Final = "nvcr.io"
_MAX_BYTES: Final = 2**20

_T = TypeVar("_T")


class SettingsError(ValueError):
    """A choice that cannot be followed; the message is one line that names what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The choices of one place, the command line or a file; None and empty mean not chosen."""

    credentials: CredentialsMode | None = None
    key_vault_id: str | None = None
    secret_url: str | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    gpu: str | None = None
    exclude: tuple[str, ...] = ()
    ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def over(self, base: Settings) -> Settings:
        """Return these choices where there are some, else those of ``base``; lists are joined."""
        is_key_forced = self.credentials is CredentialsMode.API_KEY
        return Settings(
            credentials=self.credentials or base.credentials,
            key_vault_id=self.key_vault_id or (None if is_key_forced else base.key_vault_id),
            secret_url=self.secret_url or (None if is_key_forced else base.secret_url),
            images={**base.images, **self.images},
            gpu=self.gpu or base.gpu,
            exclude=(*base.exclude, *self.exclude),
            ignore=_joined(base.ignore, self.ignore),
        )

    def options(self) -> Options:
        """Return what shapes the plan; raises SettingsError for choices that exclude each other."""
        mode = self.credentials or CredentialsMode.API_KEY
        values = (self.key_vault_id, self.secret_url)
        if any(values) and mode is not CredentialsMode.KEY_VAULT:
            raise SettingsError("--key-vault-id and --secret-url need --credentials key-vault")
        if any(values) and not all(values):
            raise SettingsError("--key-vault-id and --secret-url are given together or not at all")
        if self.key_vault_id and self.secret_url:
            _refuse_two_vaults(self.key_vault_id, self.secret_url)
        return Options(
            credentials=mode,
            key_vault_id=self.key_vault_id,
            secret_url=self.secret_url,
            images=dict(self.images),
            ignore=dict(self.ignore),
            gpu=self.gpu,
        )


def _refuse_two_vaults(vault: str, url: str) -> None:
    names = vault.rpartition("/")[2], url.removeprefix("https://").partition(".")[0]
    if names[0].lower() != names[1].lower():
        raise SettingsError(f"the Key Vault id names the vault {names[0]!r} and the secret URL {names[1]!r}")


def vault_id(text: str) -> str:
    """Return ``text`` if it is the resource id of a Key Vault; raises SettingsError."""
    form = "/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.KeyVault/vaults/NAME"
    if not _VAULT_ID.fullmatch(text):
        raise SettingsError(
            f"the Key Vault id must have the form {form}{_name_hint(text.rpartition('/')[2])}"
        )
    if _PLACEHOLDER & set(text.split("/")):
        raise SettingsError(f"the Key Vault id still holds a placeholder of {form}; put your own values in")
    return text


def secret_url(text: str) -> str:
    """Return ``text`` if it is the URL of a Key Vault secret; raises SettingsError."""
    form = "https://NAME.vault.azure.net/secrets/SECRET"
    name = text.removeprefix("https://").partition(".")[0]
    if not _SECRET_URL.fullmatch(text):
        raise SettingsError(f"the secret URL must have the form {form}, or end in /VERSION{_name_hint(name)}")
    if _PLACEHOLDER & {name, *text.split("/")}:
        raise SettingsError(f"the secret URL still holds a placeholder of {form}; put your own values in")
    return text


def _name_hint(name: str) -> str:
    is_right = re.fullmatch(_VAULT_NAME, name, re.ASCII)
    return "" if is_right else "; a vault's name has 3 to 24 letters, digits and hyphens, a letter first"


def gpu_name(text: str) -> str:
    """Return ``text`` if it names a GPU, in lower case; raises SettingsError."""
    from migrator.catalogue import gpus_by_name

    if text.lower() not in gpus_by_name():
        raise SettingsError(f"there is no GPU {text!r}; known are {', '.join(sorted(gpus_by_name()))}")
    return text.lower()


def image_pair(text: str) -> tuple[str, str]:
    """Return the key and the image of a ``KEY=IMAGE`` word; raises SettingsError."""
    key, sign, image = text.partition("=")
    if not sign:
        raise SettingsError(f"{text!r} must have the form FRAMEWORK=IMAGE or IMAGE=IMAGE")
    return _image_key(key), _image(image)


def _image_key(key: str) -> str:
    from migrator.catalogue import ImageReference

    if key in tuple(Framework):
        return key
    if re.search(r"[/:@]", key) and ImageReference.parse(key) is not None:
        return key
    close = get_close_matches(key, list(Framework), n=1)
    hint = f"did you mean {close[0]!s}?" if close else f"frameworks are {', '.join(Framework)}"
    raise SettingsError(f"{key!r} is neither a framework nor a full image reference; {hint}")


def _image(text: str) -> str:
    from migrator.catalogue import ImageReference

    reference = ImageReference.parse(text)
    if reference is None:
        raise SettingsError(f"{text!r} is not an image reference such as nvcr.io/nvidia/caffe:17.12")
    if reference.registry != _REGISTRY:
        raise SettingsError(f"{text!r} is not on {_REGISTRY}, which the credentials are for")
    return text


def nearest(start: Path) -> Path | None:
    """Return the pyproject.toml in ``start`` (a folder, or a file's folder) or the nearest one above."""
    try:
        here = start.resolve()
        folders = (here, *here.parents) if here.is_dir() else tuple(here.parents)
        return next(
            (file for file in (folder / "pyproject.toml" for folder in folders) if file.is_file()), None
        )
    except (OSError, RuntimeError, ValueError):
        return None


def read(file: Path, *, is_named: bool = False) -> Settings:
    """Return the choices in ``[tool.ngc-migrate]`` of a TOML file, none if it has no such table.

    Raises SettingsError, which names the file and the key; for a file that the user has named
    (``is_named``) also where the table is missing.
    """
    table = _table(file)
    if table is None and is_named:
        raise SettingsError(f"{file}: has no table [tool.ngc-migrate]")
    table = table or {}
    unknown = next((key for key in table if key not in _READERS), None)
    if unknown is not None:
        close = get_close_matches(unknown, list(_READERS), n=1)
        hint = f"did you mean {close[0]}?" if close else f"allowed are {', '.join(_READERS)}"
        raise SettingsError(f"{file}: unknown key {unknown!r} in [tool.ngc-migrate]; {hint}")
    return Settings(
        credentials=_value(file, table, "credentials", _credentials),
        key_vault_id=_value(file, table, "key-vault-id", _vault_id),
        secret_url=_value(file, table, "secret-url", _secret_url),
        images=_value(file, table, "images", _images) or {},
        gpu=_value(file, table, "gpu", lambda value: gpu_name(_string(value))),
        exclude=_value(file, table, "exclude", _strings) or (),
        ignore=_value(file, table, "ignore", _ignore) or {},
    )


def _table(file: Path) -> Mapping[str, object] | None:
    import tomllib

    try:
        with file.open("rb") as opened:
            data = opened.read(_MAX_BYTES)
            is_long = bool(opened.read(1))
        document = {} if is_long else tomllib.loads(data.decode())
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror or 'error'}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        # The parser's message may quote the file.
        found = re.search(r"at (line \d+, column \d+|end of document)", str(error))
        where = f" {found[0]}" if found else ""
        raise SettingsError(f"{file}: is not valid TOML{where}") from error
    if is_long:
        raise SettingsError(f"{file}: is larger than {_MAX_BYTES // 2**20} MiB")
    tool = document.get("tool", {})
    table = tool.get("ngc-migrate") if isinstance(tool, dict) else 0
    if table is not None and not isinstance(table, dict):
        raise SettingsError(f"{file}: tool.ngc-migrate must be a table")
    return table


def _value(file: Path, table: Mapping[str, object], key: str, reader: Callable[[object], _T]) -> _T | None:
    if key not in table:
        return None
    try:
        return reader(table[key])
    except ValueError as error:
        raise SettingsError(f"{file}: {key} in [tool.ngc-migrate]: {error}") from error


def _credentials(value: object) -> CredentialsMode:
    if value not in tuple(CredentialsMode):
        raise SettingsError(f"must be one of {', '.join(CredentialsMode)}")
    return CredentialsMode(_string(value))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise SettingsError("must be a string")
    return value


def _vault_id(value: object) -> str:
    return vault_id(_string(value))


def _secret_url(value: object) -> str:
    return secret_url(_string(value))


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise SettingsError("must be a list of strings")
    return tuple(_string(item) for item in value)


def _images(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise SettingsError("must be a table of images by framework or image")
    return {_image_key(key): _image(_string(image)) for key, image in value.items()}


def _ignore(value: object) -> Mapping[str, tuple[str, ...]]:
    from migrator.decide import rule_fault

    if not isinstance(value, Mapping):
        raise SettingsError("must be a table of lists of globs by rule")
    if fault := next(filter(None, map(rule_fault, value)), ""):
        raise SettingsError(fault)
    return {rule: tuple(_glob(glob) for glob in _strings(listed)) for rule, listed in value.items()}


def _glob(text: str) -> str:
    from migrator.discover import globs

    if not text.strip() or not text.isprintable():
        raise SettingsError("a glob must be one line, not empty")
    globs([text])
    return text


def _joined(
    base: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    return {rule: (*base.get(rule, ()), *more.get(rule, ())) for rule in (*base, *more)}


_READERS: Final = ("credentials", "key-vault-id", "secret-url", "images", "gpu", "exclude", "ignore")

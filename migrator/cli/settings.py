"""The user's choices: those of the command line and of ``[tool.ngc-migrate]``, checked and joined."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from migrator.cli.console import Refused
from migrator.cli.options import Request
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
_MAX_BYTES: Final = 2**20

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The choices of one place, the command line or a file; None and empty mean not chosen."""

    credentials: CredentialsMode | None = None
    key_vault_id: str | None = None
    secret_url: str | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    gpu: str | None = None
    docs: bool = False
    exclude: tuple[str, ...] = ()
    ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def over(self, base: Settings) -> Settings:
        """Return these choices where there are some, else those of ``base``; lists and tables are joined."""
        if self.credentials is CredentialsMode.API_KEY:
            base = replace(base, key_vault_id=None, secret_url=None)
        own = {each.name: value for each in fields(self) if (value := getattr(self, each.name))}
        own["images"] = {**base.images, **self.images}
        own["exclude"] = (*base.exclude, *self.exclude)
        return replace(base, **own)

    def options(self) -> Options:
        """Return what shapes the plan; raises Refused for choices that exclude each other."""
        mode = self.credentials or CredentialsMode.API_KEY
        vault, url = self.key_vault_id, self.secret_url
        if (vault or url) and mode is not CredentialsMode.KEY_VAULT:
            raise Refused("--key-vault-id and --secret-url need --credentials key-vault")
        if bool(vault) != bool(url):
            raise Refused("--key-vault-id and --secret-url are given together or not at all")
        names = ((vault or "").rpartition("/")[2], _vault_of(url or ""))
        if names[0].lower() != names[1].lower():
            raise Refused(f"the Key Vault id names the vault {names[0]!r} and the secret URL {names[1]!r}")
        chosen = {each.name: getattr(self, each.name) for each in fields(Options) if hasattr(self, each.name)}
        return Options(**{**chosen, "credentials": mode})


def typed(request: Request) -> Settings:
    """Return the choices of the command line. Raises Refused."""
    keys = ("credentials", "key-vault-id", "secret-url", "gpu", "docs", "exclude")
    given = {key: getattr(request, _field(key)) for key in keys}
    chosen = {_field(key): _READERS[key](value) for key, value in given.items() if value is not None}
    return Settings(images=dict(map(image_pair, request.image or ())), **chosen)


def nearest(start: Path) -> Path | None:
    """Return the pyproject.toml in ``start`` (a folder, or a file's folder) or the nearest one above."""
    try:
        here = start.resolve()
        folders = (here, *here.parents) if here.is_dir() else here.parents
        return next((file for folder in folders if (file := folder / "pyproject.toml").is_file()), None)
    except (OSError, RuntimeError, ValueError):
        return None


def read(file: Path, *, is_named: bool = False) -> Settings:
    """Return the choices in ``[tool.ngc-migrate]`` of a TOML file, none if it has no such table.

    Raises Refused, which names the file and the key; for a file that the user has named (``is_named``)
    also where the table is missing.
    """
    table = _table(file)
    if table is None and is_named:
        raise Refused(f"{file}: has no table [tool.ngc-migrate]")
    chosen = {}
    for key, value in (table or {}).items():
        if key not in _READERS:
            close = get_close_matches(key, _READERS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"allowed are {', '.join(_READERS)}"
            raise Refused(f"{file}: unknown key {key!r} in [tool.ngc-migrate]; {hint}")
        try:
            chosen[_field(key)] = _READERS[key](value)
        except ValueError as error:
            raise Refused(f"{file}: {key} in [tool.ngc-migrate]: {error}") from error
    return Settings(**chosen)


def _field(key: str) -> str:
    return key.replace("-", "_")


def _table(file: Path) -> Mapping[str, object] | None:
    import tomllib

    try:
        with file.open("rb") as opened:
            data = opened.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise OSError(errno.EFBIG, f"larger than {_MAX_BYTES // 2**20} MiB")
        document = tomllib.loads(data.decode())
    except OSError as error:
        raise Refused(f"{file}: cannot be read: {error.strerror or 'error'}") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        # The parser's message may quote the file.
        found = re.search(r"at (line \d+, column \d+|end of document)", str(error))
        raise Refused(f"{file}: is not valid TOML{f' {found[0]}' if found else ''}") from error
    tool = document.get("tool", {})
    table = tool.get("ngc-migrate") if isinstance(tool, dict) else 0
    if table is not None and not isinstance(table, dict):
        raise Refused(f"{file}: tool.ngc-migrate must be a table")
    return table


def _of(kind: type[T], value: object, what: str) -> T:
    if not isinstance(value, kind):
        raise Refused(f"must be {what}")
    return value


def _credentials(value: object) -> CredentialsMode:
    if value not in tuple(CredentialsMode):
        raise Refused(f"must be one of {', '.join(CredentialsMode)}")
    return CredentialsMode(_string(value))


def _string(value: object) -> str:
    return _of(str, value, "a string")


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(_string, _of(list, value, "a list of strings")))


def vault_id(value: object) -> str:
    """Return the value if it is the resource id of a Key Vault; raises Refused."""
    form = "/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.KeyVault/vaults/NAME"
    name = _string(value).rpartition("/")[2]
    return _address(_string(value), _VAULT_ID, "Key Vault id", form, name)


def secret_url(value: object) -> str:
    """Return the value if it is the URL of a Key Vault secret; raises Refused."""
    form = "https://NAME.vault.azure.net/secrets/SECRET"
    return _address(_string(value), _SECRET_URL, "secret URL", form, _vault_of(_string(value)))


def _vault_of(url: str) -> str:
    return url.removeprefix("https://").partition(".")[0]


def _address(text: str, pattern: re.Pattern[str], what: str, form: str, name: str) -> str:
    """Return the text if it is ``what`` the pattern says, with values of the user's own."""
    if not pattern.fullmatch(text):
        is_named = re.fullmatch(_VAULT_NAME, name, re.ASCII)
        rule = "a vault's name has 3 to 24 letters, digits and hyphens, a letter first"
        raise Refused(f"the {what} must have the form {form}{'' if is_named else f'; {rule}'}")
    if _PLACEHOLDER & {name, *text.split("/")}:
        raise Refused(f"the {what} still holds a placeholder of {form}; put your own values in")
    return text


def _gpu(value: object) -> str:
    from migrator.catalogue import gpus_by_name

    name = _string(value).lower()
    if name not in gpus_by_name():
        raise Refused(f"there is no GPU {value!r}; known are {', '.join(sorted(gpus_by_name()))}")
    return name


def _images(value: object) -> Mapping[str, str]:
    pairs = _of(dict, value, "a table of images by framework or image")
    return dict(_image(key, _string(image)) for key, image in pairs.items())


def image_pair(text: str) -> tuple[str, str]:
    """Return the key and the image of a ``KEY=IMAGE`` word; raises Refused."""
    key, sign, image = text.partition("=")
    if not sign:
        raise Refused(f"{text!r} must have the form FRAMEWORK=IMAGE or IMAGE=IMAGE")
    return _image(key, image)


def _image(key: str, image: str) -> tuple[str, str]:
    from migrator.catalogue import NGC_REGISTRY, ImageReference

    is_image = re.search(r"[/:@]", key) and ImageReference.parse(key) is not None
    if key not in tuple(Framework) and not is_image:
        close = get_close_matches(key, list(Framework), n=1)
        hint = f"did you mean {close[0]!s}?" if close else f"frameworks are {', '.join(Framework)}"
        raise Refused(f"{key!r} is neither a framework nor a full image reference; {hint}")
    reference = ImageReference.parse(image)
    if reference is None:
        raise Refused(f"{image!r} is not an image reference such as nvcr.io/nvidia/caffe:17.12")
    if reference.registry != NGC_REGISTRY:
        raise Refused(f"{image!r} is not on {NGC_REGISTRY}, which the credentials are for")
    return key, image


def _ignore(value: object) -> Mapping[str, tuple[str, ...]]:
    from migrator.decide import rule_fault

    table = _of(dict, value, "a table of lists of globs by rule")
    if fault := next(filter(None, map(rule_fault, table)), ""):
        raise Refused(fault)
    return {rule: tuple(map(_glob, _strings(listed))) for rule, listed in table.items()}


def _glob(text: str) -> str:
    from migrator.discover import globs

    if not text.strip() or not text.isprintable():
        raise Refused("a glob must be one line, not empty")
    globs([text])
    return text


_READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "credentials": _credentials,
    "key-vault-id": vault_id,
    "secret-url": secret_url,
    "images": _images,
    "gpu": _gpu,
    "docs": partial(_of, bool, what="true or false"),
    "exclude": _strings,
    "ignore": _ignore,
}

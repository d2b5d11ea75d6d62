"""What only a person can do after a run, for exactly the files that it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from codemods.syntax.registry import VAULT_ID_PLACEHOLDER
from migrator.decide import VARIABLES, Origin
from migrator.model import Blank, Change, CredentialsMode, NextStep
from migrator.options import Options
from migrator.plan.share import RecipePlan
from migrator.rewrite import Condition, SharedFile

# The service's own principal, from "Using KeyVault for Storing Secrets" in
# https://github.com/Azure/BatchAI/blob/master/documentation/using-azure-cli-20.md
_BATCH_AI = "9fcb3732-5f52-4135-8c08-9d4bbaf203ea"
_REGISTRY = "https://ngc.nvidia.com/registry"


def next_steps(
    plans: Sequence[RecipePlan], changes: Sequence[Change], options: Options
) -> tuple[NextStep, ...]:
    """Return the steps in the order in which a person takes them; none where nothing changes."""
    logins = {login for plan in plans for login in plan.logins if login[1] is not Origin.PRESENT}
    if not changes or not logins:
        return ()
    changed = {change.path for change in changes}
    files = {file.path: file for plan in plans for file in plan.files}
    specs = tuple(sorted(path for path, origin in logins if origin is None))
    scripts = tuple(sorted(path for path, origin in logins if origin is Origin.ENVIRONMENT))
    blanks = (
        *_configurations(files, changed, options),
        *_job_specs(specs, options),
        *_environment(scripts, options),
    )
    if options.credentials is CredentialsMode.API_KEY:
        return (_GET_KEY, NextStep(title=_PUT_IN, blanks=blanks))
    naming = NextStep(title="Name the Key Vault and the secret in", blanks=blanks)
    return (_GET_KEY, *_key_vault(options), *((naming,) if blanks else ()))


_GET_KEY = NextStep(title=f"Get an NGC API key: {_REGISTRY}")
_PUT_IN = "Put the key in, and do not commit it (or use --credentials key-vault)"


def _configurations(files: Mapping[str, SharedFile], changed: set[str], options: Options) -> list[Blank]:
    blanks = []
    for path, file in sorted(files.items()):
        template = f"{path}.template"
        if path.endswith((".template", ".py", ".ipynb")):
            continue
        if file.condition is Condition.ABSENT:
            is_copy = template in changed
            copied = f"{_open_keys(options) or 'as it is'} (copy the template)"
            blanks.append(Blank((path,), copied if is_copy else f"{_keys(options)} (write the file)"))
        elif file.condition is Condition.OUTSIDE:
            blanks.append(Blank((path,), f"{_keys(options)} (not changed: it lies outside of PATH)"))
        elif path in changed and (keys := _open_keys(options)):
            blanks.append(Blank((path,), keys))
    return blanks


def _keys(options: Options) -> str:
    return f'container_registry.user = "$oauthtoken", {_value_keys(options)}'


def _open_keys(options: Options) -> str:
    is_given = options.key_vault_id is not None and options.secret_url is not None
    is_done = options.credentials is CredentialsMode.KEY_VAULT and is_given
    return "" if is_done else _value_keys(options)


def _value_keys(options: Options) -> str:
    if options.credentials is CredentialsMode.API_KEY:
        return "container_registry.password"
    return "container_registry.secret_url and keyvault_id"


def _job_specs(paths: tuple[str, ...], options: Options) -> list[Blank]:
    is_key = options.credentials is CredentialsMode.API_KEY
    if not paths or (not is_key and options.key_vault_id is not None):
        return []
    secret = "passwordSecretReference (sourceVault.id and secretUrl)"  # noqa: S105 - the name of a key
    return [Blank(paths, f"imageSourceRegistry.credentials.{'password' if is_key else secret}")]


def _environment(paths: tuple[str, ...], options: Options) -> list[Blank]:
    is_key = options.credentials is CredentialsMode.API_KEY
    if not paths or (not is_key and options.key_vault_id is not None):
        return []
    return [Blank(paths, f"{' and '.join(VARIABLES[options.credentials])} of the environment")]


def _key_vault(options: Options) -> tuple[NextStep, ...]:
    vault_id = options.key_vault_id or VAULT_ID_PLACEHOLDER
    vault = (
        options.key_vault_id.rstrip("/").rpartition("/")[2] if options.key_vault_id else "<Key Vault Name>"
    )
    secret = _secret_name(options.secret_url) if options.secret_url else "<Secret Name>"
    name = vault if options.key_vault_id else f'"{vault}"'
    secret = secret if options.secret_url else f'"{secret}"'
    return (
        NextStep(
            title="Store the key in the Key Vault",
            commands=(
                f'az keyvault secret set --vault-name {name} --name {secret} --value "<Your API Key>"',
            ),
        ),
        NextStep(
            title="Let Batch AI read it",
            commands=(
                f'az role assignment create --role Reader --assignee {_BATCH_AI} --scope "{vault_id}"',
                f"az keyvault set-policy --name {name} --spn {_BATCH_AI} --secret-permissions get",
            ),
        ),
    )


def _secret_name(secret_url: str) -> str:
    return secret_url.partition("/secrets/")[2].partition("/")[0]

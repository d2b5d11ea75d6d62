"""What only a person can do after a run, for exactly the files that it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from codemods.syntax.registry import VAULT_ID_PLACEHOLDER
from migrator.decide import VARIABLES, Origin
from migrator.model import Blank, Change, CredentialsMode, NextStep
from migrator.options import Options
from migrator.pipeline.share import RecipePlan
from migrator.rewrite import Condition, SharedFile

# The service's own principal, from "Using KeyVault for Storing Secrets" in
# https://github.com/Azure/BatchAI/blob/master/documentation/using-azure-cli-20.md
_BATCH_AI = "9fcb3732-5f52-4135-8c08-9d4bbaf203ea"
_GET_KEY = NextStep(title="Get an NGC API key: https://ngc.nvidia.com/registry")
_PUT_IN = "Put the key in, and do not commit it (or use --credentials key-vault)"
# The keys of a configuration file and of a job spec that hold what is secret.
_KEYS = {
    CredentialsMode.API_KEY: ("container_registry.password", "password"),
    CredentialsMode.KEY_VAULT: (
        "container_registry.secret_url and keyvault_id",
        "passwordSecretReference (sourceVault.id and secretUrl)",
    ),
}


def next_steps(
    plans: Sequence[RecipePlan], changes: Sequence[Change], options: Options
) -> tuple[NextStep, ...]:
    """Return the steps in the order in which a person takes them; none where nothing changes."""
    logins = {login for plan in plans for login in plan.logins if login[1] is not Origin.PRESENT}
    if not changes or not logins:
        return ()
    files = {file.path: file for plan in plans for file in plan.files}
    blanks = list(_configurations(files, {change.path for change in changes}, options))
    specs = tuple(sorted(path for path, origin in logins if origin is Origin.SPEC))
    scripts = tuple(sorted(path for path, origin in logins if origin is Origin.ENVIRONMENT))
    if specs and _is_open(options):
        blanks.append(Blank(specs, f"imageSourceRegistry.credentials.{_KEYS[options.credentials][1]}"))
    if scripts and _is_open(options):
        blanks.append(Blank(scripts, f"{' and '.join(VARIABLES[options.credentials])} of the environment"))
    if options.credentials is CredentialsMode.API_KEY:
        return (_GET_KEY, NextStep(title=_PUT_IN, blanks=tuple(blanks)))
    naming = NextStep(title="Name the Key Vault and the secret in", blanks=tuple(blanks))
    return (_GET_KEY, *_key_vault(options), *((naming,) if blanks else ()))


def _is_open(options: Options) -> bool:
    """Tell whether a placeholder stands for what is secret: the user gave no Key Vault."""
    return options.credentials is CredentialsMode.API_KEY or options.key_vault_id is None


def _configurations(files: Mapping[str, SharedFile], changed: set[str], options: Options) -> Iterator[Blank]:
    keys = _KEYS[options.credentials][0]
    section = f'container_registry.user = "$oauthtoken", {keys}'
    for path, file in sorted(files.items()):
        if path.endswith((".template", ".py", ".ipynb")):
            continue
        if file.condition is Condition.ABSENT and f"{path}.template" in changed:
            yield Blank((path,), f"{keys if _is_open(options) else 'as it is'} (copy the template)")
        elif file.condition is Condition.ABSENT:
            yield Blank((path,), f"{section} (write the file)")
        elif file.condition is Condition.OUTSIDE:
            yield Blank((path,), f"{section} (not changed: it lies outside of PATH)")
        elif path in changed and _is_open(options):
            yield Blank((path,), keys)


def _key_vault(options: Options) -> tuple[NextStep, ...]:
    vault_id, name, secret = VAULT_ID_PLACEHOLDER, '"<Key Vault Name>"', '"<Secret Name>"'
    if options.key_vault_id and options.secret_url:
        vault_id = options.key_vault_id
        name = vault_id.rstrip("/").rpartition("/")[2]
        secret = options.secret_url.partition("/secrets/")[2].partition("/")[0]
    store = f'az keyvault secret set --vault-name {name} --name {secret} --value "<Your API Key>"'
    role = f'az role assignment create --role Reader --assignee {_BATCH_AI} --scope "{vault_id}"'
    policy = f"az keyvault set-policy --name {name} --spn {_BATCH_AI} --secret-permissions get"
    return (
        NextStep(title="Store the key in the Key Vault", commands=(store,)),
        NextStep(title="Let Batch AI read it", commands=(role, policy)),
    )

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.model import Blank, CredentialsMode, Plan
from migrator.options import Options
from tests.trees import CONFIGURATION, LOADER, MODELS, TARGET, job, job_spec, planned

KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
VAULT_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/meadow"
SECRET_URL = "https://meadow.vault.azure.net/secrets/ngc/3f"  # noqa: S105
GIVEN = Options(credentials=CredentialsMode.KEY_VAULT, key_vault_id=VAULT_ID, secret_url=SECRET_URL)
SUBMIT = f"from config import Configuration\ncfg = Configuration('configuration.json')\n{MODELS}{job()}"
PUBLIC = job_spec({"image": "tensorflow/tensorflow:1.8.0-gpu"})
BASE: dict[str, str | bytes] = {"config.py": LOADER, "configuration.json": CONFIGURATION, "submit.py": SUBMIT}
GET_KEY = "Get an NGC API key: https://ngc.nvidia.com/registry"
PUT_IN = "Put the key in, and do not commit it (or use --credentials key-vault)"
IN_SPEC = "imageSourceRegistry.credentials.password"


def titles(found: Plan) -> list[str]:
    return [step.title for step in found.next_steps]


def last(found: Plan) -> tuple[Blank, ...]:
    return found.next_steps[-1].blanks


@pytest.mark.parametrize("options", [Options(), KEY_VAULT, GIVEN])
@pytest.mark.parametrize(
    "files",
    [
        {},
        {"configuration.json": CONFIGURATION},
        {"job.json": job_spec({"image": "me/own"})},
        {"s.py": MODELS + job(image=f"'{TARGET}', server_url='nvcr.io', credentials=login()")},
        {**BASE, "configuration.json": "{"},
    ],
)
def test_where_nothing_changes_there_is_nothing_to_do(
    tmp_path: Path, files: dict[str, str | bytes], options: Options
) -> None:
    assert planned(tmp_path, files, options).next_steps == ()


def test_a_job_with_a_login_of_its_own_needs_no_step(tmp_path: Path) -> None:
    found = planned(tmp_path, {"s.py": MODELS + job(image=f"'{TARGET}', credentials=login()")})
    assert (len(found.changes), found.next_steps) == (1, ())


def test_an_api_key_goes_into_the_configuration(tmp_path: Path) -> None:
    found = planned(tmp_path, BASE)
    assert titles(found) == [GET_KEY, PUT_IN]
    assert last(found) == (Blank(("configuration.json",), "container_registry.password"),)


def test_every_place_is_named_once_and_in_order(tmp_path: Path) -> None:
    files = {**BASE, "more.py": SUBMIT, "job.json": PUBLIC, "a/job.json": PUBLIC, "b.py": MODELS + job()}
    assert last(planned(tmp_path, files)) == (
        Blank(("configuration.json",), "container_registry.password"),
        Blank(("a/job.json", "job.json"), IN_SPEC),
        Blank(("b.py",), "NGC_API_KEY of the environment"),
    )


def test_an_absent_configuration_is_to_be_written(tmp_path: Path) -> None:
    found = planned(tmp_path, {"config.py": LOADER, "submit.py": SUBMIT})
    keys = 'container_registry.user = "$oauthtoken", container_registry.password'
    assert last(found)[0] == Blank(("configuration.json",), f"{keys} (write the file)")


@pytest.mark.parametrize(
    ("options", "keys"), [(Options(), "container_registry.password"), (GIVEN, "as it is")]
)
def test_an_absent_configuration_with_a_template_is_a_copy_of_it(
    tmp_path: Path, options: Options, keys: str
) -> None:
    files: dict[str, str | bytes] = {
        "config.py": LOADER,
        "configuration.json.template": CONFIGURATION,
        "submit.py": SUBMIT,
    }
    copied = Blank(("configuration.json",), f"{keys} (copy the template)")
    assert last(planned(tmp_path, files, options))[0] == copied


def test_a_configuration_outside_of_the_path_is_named_as_unchanged(tmp_path: Path) -> None:
    script = SUBMIT.replace("'configuration.json'", "'../configuration.json'")
    files: dict[str, str | bytes] = {
        "r/config.py": LOADER,
        "configuration.json": CONFIGURATION,
        "r/submit.py": script,
    }
    blank = last(planned(tmp_path, files, path="r"))[0]
    assert blank.paths == ("../configuration.json",)
    assert blank.what.endswith("(not changed: it lies outside of PATH)")


def test_a_key_vault_is_filled_opened_and_named(tmp_path: Path) -> None:
    found = planned(tmp_path, {**BASE, "job.json": PUBLIC, "b.py": MODELS + job()}, KEY_VAULT)
    assert titles(found) == [
        GET_KEY,
        "Store the key in the Key Vault",
        "Let Batch AI read it",
        "Name the Key Vault and the secret in",
    ]
    assert last(found) == (
        Blank(("configuration.json",), "container_registry.secret_url and keyvault_id"),
        Blank(("job.json",), f"{IN_SPEC}SecretReference (sourceVault.id and secretUrl)"),
        Blank(("b.py",), "NGC_KEY_VAULT_ID and NGC_SECRET_URL of the environment"),
    )


def test_a_given_key_vault_is_named_in_the_commands_and_needs_no_naming_in_files(tmp_path: Path) -> None:
    found = planned(tmp_path, {**BASE, "job.json": PUBLIC, "b.py": MODELS + job()}, GIVEN)
    assert titles(found) == [GET_KEY, "Store the key in the Key Vault", "Let Batch AI read it"]
    _, store, grant = found.next_steps
    command = 'az keyvault secret set --vault-name meadow --name ngc --value "<Your API Key>"'
    assert store.commands == (command,)
    assert f'--scope "{VAULT_ID}"' in grant.commands[0]
    assert "--name meadow" in grant.commands[1]


def test_a_given_key_vault_is_still_to_be_written_into_an_absent_configuration(tmp_path: Path) -> None:
    found = planned(tmp_path, {"config.py": LOADER, "submit.py": SUBMIT}, GIVEN)
    assert last(found)[0].what.startswith('container_registry.user = "$oauthtoken"')

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.model import CredentialsMode, Plan
from migrator.options import Options
from tests.trees import CONFIGURATION, LOADER, MODELS, TARGET, job, job_spec, planned

KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
VAULT_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/meadow"
SECRET_URL = "https://meadow.vault.azure.net/secrets/ngc/3f"  # noqa: S105
GIVEN = Options(credentials=CredentialsMode.KEY_VAULT, key_vault_id=VAULT_ID, secret_url=SECRET_URL)
SUBMIT = f"from config import Configuration\ncfg = Configuration('configuration.json')\n{MODELS}{job()}"
PUBLIC = job_spec({"image": "tensorflow/tensorflow:1.8.0-gpu"})
BASE: dict[str, str | bytes] = {"config.py": LOADER, "configuration.json": CONFIGURATION, "submit.py": SUBMIT}
PRIVATE = "Do not commit a file that holds the key."


def titles(found: Plan) -> list[str]:
    return [step.title for step in found.next_steps]


def last(found: Plan) -> tuple[str, ...]:
    return found.next_steps[-1].lines


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
    assert titles(found) == ["Get an NGC API key", "Put the key in"]
    assert "https://ngc.nvidia.com/signup" in found.next_steps[0].lines[0]
    assert last(found) == ("configuration.json: container_registry.password", PRIVATE)


def test_every_place_is_named_once_and_in_order(tmp_path: Path) -> None:
    files = {**BASE, "more.py": SUBMIT, "job.json": PUBLIC, "a/job.json": PUBLIC, "b.py": MODELS + job()}
    assert last(planned(tmp_path, files)) == (
        "configuration.json: container_registry.password",
        "a/job.json: imageSourceRegistry.credentials.password",
        "job.json: imageSourceRegistry.credentials.password",
        "the environment variable NGC_API_KEY, for b.py",
        PRIVATE,
    )


def test_an_absent_configuration_is_to_be_written(tmp_path: Path) -> None:
    found = planned(tmp_path, {"config.py": LOADER, "submit.py": SUBMIT})
    keys = 'container_registry.user = "$oauthtoken", container_registry.password'
    assert last(found)[0] == f"configuration.json (a file that you write): {keys}"


def test_an_absent_configuration_with_a_template_is_a_copy_of_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "config.py": LOADER,
        "configuration.json.template": CONFIGURATION,
        "submit.py": SUBMIT,
    }
    assert last(planned(tmp_path, files))[0].startswith(
        "configuration.json (a copy of configuration.json.template): container_registry.user"
    )


def test_a_configuration_outside_of_the_path_is_named_as_unchanged(tmp_path: Path) -> None:
    script = SUBMIT.replace("'configuration.json'", "'../configuration.json'")
    files: dict[str, str | bytes] = {
        "r/config.py": LOADER,
        "configuration.json": CONFIGURATION,
        "r/submit.py": script,
    }
    found = planned(tmp_path, files, path="r")
    assert last(found)[0].startswith("../configuration.json (not changed, as it lies outside")


def test_a_key_vault_is_filled_opened_and_named(tmp_path: Path) -> None:
    found = planned(tmp_path, {**BASE, "job.json": PUBLIC, "b.py": MODELS + job()}, KEY_VAULT)
    assert titles(found) == [
        "Get an NGC API key",
        "Store the key in the Key Vault",
        "Let Batch AI read it",
        "Name the Key Vault and the secret in",
    ]
    assert last(found) == (
        "configuration.json: container_registry.secret_url and keyvault_id",
        "job.json: imageSourceRegistry.credentials.passwordSecretReference (sourceVault.id and secretUrl)",
        "the environment variables NGC_KEY_VAULT_ID and NGC_SECRET_URL, for b.py",
    )


def test_a_given_key_vault_is_named_in_the_commands_and_needs_no_naming_in_files(tmp_path: Path) -> None:
    found = planned(tmp_path, {**BASE, "job.json": PUBLIC, "b.py": MODELS + job()}, GIVEN)
    assert titles(found) == ["Get an NGC API key", "Store the key in the Key Vault", "Let Batch AI read it"]
    _, store, grant = found.next_steps
    assert store.lines == ('az keyvault secret set --vault-name meadow --name ngc --value "<Your API Key>"',)
    assert f'--scope "{VAULT_ID}"' in grant.lines[0]
    assert "--name meadow" in grant.lines[1]


def test_a_given_key_vault_is_still_to_be_written_into_an_absent_configuration(tmp_path: Path) -> None:
    found = planned(tmp_path, {"config.py": LOADER, "submit.py": SUBMIT}, GIVEN)
    assert last(found)[0].startswith("configuration.json (a file that you write): container_registry.user")

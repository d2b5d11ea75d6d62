"""The ways in which migrated code spells a job, each as a script that the real pipeline migrates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.model import CredentialsMode
from migrator.options import Options
from tests.sdk.environments import HERE, Sdk, python_of, run
from tests.sdk.recipes import API_KEY, SECRET_URL, USER, VAULT_ID, fill_in, migrate, registry

TARGET = "nvcr.io/nvidia/tensorflow:18.07-py2"

LOADER = """from settings import Configuration

cfg = Configuration('configuration.json')
"""
DICTIONARY = """import json

with open('configuration.json') as source:
    cfg = json.load(source)
"""
ENVIRONMENT = ""

# The loader that the scripts with LOADER use, as an author would have it before migration.
SETTINGS = """import json


class Configuration:
    def __init__(self, path):
        with open(path) as source:
            values = json.load(source)
        self.location = values['location']
"""


@dataclass(frozen=True, slots=True)
class Form:
    """A script before migration; ``key`` names it in code, ``title`` (Markdown) in the table."""

    key: str
    title: str
    source: str
    mode: CredentialsMode = CredentialsMode.API_KEY


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a form comes to under a release: the body of its container settings, or an error's name."""

    body: Mapping[str, Any] | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Spelling:
    """An import statement, and what stands before the names of models after it."""

    imports: str
    prefix: str


MODELS = Spelling("import azure.mgmt.batchai.models as models", "models.")
ALIAS = Spelling("from azure.mgmt.batchai import models as m", "m.")
PACKAGE = Spelling("from azure.mgmt import batchai", "batchai.models.")
NAMES = Spelling(
    "from azure.mgmt.batchai.models import (\n"
    "    ContainerSettings, ImageSourceRegistry, JobCreateParameters, ResourceId, TensorFlowSettings)",
    "",
)

# A script's container settings before migration; {0} stands for the prefix.
BARE = "{0}ContainerSettings({0}ImageSourceRegistry('tensorflow/tensorflow:1.8.0-gpu'))"
PUBLIC = """{0}ContainerSettings(
        image_source_registry={0}ImageSourceRegistry(image='tensorflow/tensorflow:1.8.0-gpu'))"""


def script(spelling: Spelling, reading: str, *, container: str = PUBLIC, job: str = "") -> str:
    """Return a script that sets ``parameters``; ``job`` goes before the job's class instead of the prefix."""
    models = spelling.prefix
    return f"""{spelling.imports}
{reading}
parameters = {job or models}JobCreateParameters(
    location='westeurope',
    cluster={models}ResourceId(id='/subscriptions/0a0a/clusters/perch'),
    node_count=1,
    std_out_err_path_prefix='$AZ_BATCHAI_JOB_MOUNT_ROOT/output',
    container_settings={container.format(models)},
    tensor_flow_settings={models}TensorFlowSettings(
        python_script_file_path='songs.py', master_command_line_args='--epochs 40'))
"""


def _both(key: str, title: str, source: str) -> tuple[Form, Form]:
    vault = Form(f"{key}-vault", f"{title}, Key Vault", source, CredentialsMode.KEY_VAULT)
    return Form(key, title, source), vault


FORMS = (
    *_both("models", "`models.X(…)`", script(MODELS, LOADER)),
    *_both("alias", "`other_name.X(…)`", script(ALIAS, LOADER)),
    *_both("package", "`batchai.models.X(…)`", script(PACKAGE, LOADER)),
    *_both("names", "`X(…)`, imported by name", script(NAMES, LOADER)),
    *_both("dictionary", "`models.X(…)` with `cfg['container_registry']`", script(MODELS, DICTIONARY)),
    *_both("keyworded", "`models.X(…)`, positional before", script(MODELS, LOADER, container=BARE)),
    *_both("environment", "`models.X(…)` with `os.environ`", script(MODELS, ENVIRONMENT)),
)

# What the tool never writes: arguments without a keyword and models by their module, as in the instructions.
POSITIONAL = """{{0}}ContainerSettings(
        {{0}}ImageSourceRegistry(
            server_url='nvcr.io',
            image='{0}',
            credentials={{0}}PrivateRegistryCredentials(
                username='{1}',
                {2})))"""
PASSWORD = f"password='{API_KEY}'"
REFERENCE = f"""password_secret_reference={{0}}KeyVaultSecretReference(
                    source_vault={{0}}ResourceId('{VAULT_ID}'),
                    secret_url='{SECRET_URL}')"""

REFERENCE_FORMS = (
    Form(
        "positional",
        "the instructions' `models.ContainerSettings(models.ImageSourceRegistry(…))`",
        script(MODELS, "", container=POSITIONAL.format(TARGET, USER, PASSWORD)),
    ),
    Form(
        "positional-vault",
        "the same with `models.ResourceId(…)`, Key Vault",
        script(MODELS, "", container=POSITIONAL.format(TARGET, USER, REFERENCE)),
        CredentialsMode.KEY_VAULT,
    ),
    Form(
        "module",
        "the instructions' `models.job_create_parameters.JobCreateParameters(…)`",
        script(MODELS, LOADER, job="models.job_create_parameters."),
    ),
)


def wanted(form: Form) -> Mapping[str, Any]:
    """Return the container settings that the form is meant to send."""
    return {"imageSourceRegistry": registry(TARGET, form.mode)}


def lay_out(folder: Path) -> Path:
    """Write every form into a folder of its own in ``folder``, those of the tool migrated by it."""
    for form in (*FORMS, *REFERENCE_FORMS):
        tree = folder / form.key
        tree.mkdir(parents=True)
        (tree / "submit.py").write_text(form.source)
        (tree / "settings.py").write_text(SETTINGS)
        (tree / "configuration.json").write_text('{\n    "location": "westeurope"\n}\n')
        migrate(tree, Options(credentials=form.mode))
        fill_in(tree / "configuration.json", {})
    return folder


def outcomes(folder: Path, sdk: Sdk) -> Mapping[str, Outcome]:
    """Run all forms in ``folder`` under a release; return the outcomes by the form's key."""
    variables = {"NGC_API_KEY": API_KEY, "NGC_KEY_VAULT_ID": VAULT_ID, "NGC_SECRET_URL": SECRET_URL}
    runner = HERE / "inside" / "run_forms.py"
    printed = run(python_of(sdk), runner, folder, cwd=folder, more=variables)
    found = json.loads(printed)
    return {key: Outcome(one.get("body"), one.get("error")) for key, one in found.items()}

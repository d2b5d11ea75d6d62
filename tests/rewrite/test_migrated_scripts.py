"""A migrated script is run with the real SDK, and the body that it would send is looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.model import CredentialsMode
from migrator.options import Options
from tests.trees import CONFIGURATION, LOADER, MODELS, TARGET, job, migrated, planned

KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
LOAD_HERE = "cfg = Configuration('configuration.json')\n"
LOAD = f"from config import Configuration\n{LOAD_HERE}"
RUN = "\nimport json\nprint(json.dumps(parameters.container_settings.serialize()))\n"


LOADED = {"config.py": LOADER, "configuration.json": CONFIGURATION}
DICTIONARY = "import json\ncfg = json.load(open('configuration.json'))\n"


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({**LOADED, "submit.py": LOAD + MODELS + job("cfg.location") + RUN}, Options()),
        ({**LOADED, "submit.py": LOAD + MODELS + job("cfg.location") + RUN}, KEY_VAULT),
        ({"submit.py": MODELS + job() + RUN}, Options()),
        ({"submit.py": MODELS + job() + RUN}, KEY_VAULT),
        ({"configuration.json": "{}", "submit.py": DICTIONARY + MODELS + job() + RUN}, Options()),
        ({"configuration.json": "{}", "submit.py": DICTIONARY + MODELS + job() + RUN}, KEY_VAULT),
        (
            {"configuration.json": CONFIGURATION, "submit.py": LOADER + LOAD_HERE + MODELS + job() + RUN},
            Options(),
        ),
    ],
)
def test_the_migrated_script_runs_and_sends_what_the_registry_wants(
    tmp_path: Path, files: dict[str, str | bytes], options: Options
) -> None:
    found = planned(tmp_path / "before", files, options)
    folder = migrated(tmp_path / "after", files, found)
    variables = {"NGC_API_KEY": "<Your API Key>", "NGC_KEY_VAULT_ID": "/v", "NGC_SECRET_URL": "https://s"}
    ran = subprocess.run(
        [sys.executable, "submit.py"],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        check=True,
    )
    registry = json.loads(ran.stdout)["imageSourceRegistry"]
    login = registry.pop("credentials")
    assert registry == {"serverUrl": "nvcr.io", "image": TARGET}
    assert login.pop("username") == "$oauthtoken"
    if options is KEY_VAULT:
        reference = login["passwordSecretReference"]
        assert set(login) == {"passwordSecretReference"}
        assert reference["sourceVault"]["id"].startswith("/")
        assert reference["secretUrl"].startswith("https://")
    else:
        assert login == {"password": "<Your API Key>"}

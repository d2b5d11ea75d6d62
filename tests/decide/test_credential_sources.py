"""Where credentials come from: the source at a job, asked directly, and the objects it must not trust."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.syntax.registry import RegistryCredentials, VaultSecret
from migrator.decide.credentials import CredentialSource, Origin, choose_source, from_environment
from migrator.model import CredentialsMode
from migrator.options import Options
from migrator.understand.jobs.loaders import Loaders
from migrator.understand.jobs.models import find_model_jobs
from migrator.understand.python.modules import Modules
from migrator.understand.reading import read_source
from tests.trees import CONFIGURATION, IMAGE, LOADER, MODELS, TARGET, emitted, job, planned, tree_of

KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
CALL = "Configuration('configuration.json')"
START = f"import json\nfrom config import Configuration\n{MODELS}"


def source_at(folder: Path, script: str, options: Options | None = None) -> CredentialSource:
    """Return the source at the last job of a script beside a loader."""
    tree = tree_of(folder, {"config.py": LOADER, "submit.py": START + script})
    modules = Modules(tree)
    (source,) = (each for each in tree.sources if each.path == "submit.py")
    module = read_source(source, modules).module
    assert module is not None
    return choose_source(find_model_jobs(module)[-1], Loaders(), options or Options(), "'")


def user(source: CredentialSource) -> str:
    assert source.credentials is not None
    return source.credentials.username


def indented(source: str) -> str:
    return "".join(f"    {line}\n" for line in source.splitlines())


def test_a_login_that_stands_there_needs_no_other(tmp_path: Path) -> None:
    login = "models.PrivateRegistryCredentials(username='me', password=secret())"
    source = source_at(tmp_path, f"cfg = {CALL}\n" + job(image=f"'{TARGET}', credentials={login}"))
    assert source == CredentialSource(origin=Origin.PRESENT)


def test_without_objects_the_environment_gives_a_key_alone(tmp_path: Path) -> None:
    source = source_at(tmp_path, job())
    assert source.origin is Origin.ENVIRONMENT
    assert source.credentials == RegistryCredentials("'$oauthtoken'", "os.environ['NGC_API_KEY']")
    assert (source.configuration, source.note) == (None, "")


def test_a_note_of_the_environment_is_kept() -> None:
    source = from_environment(KEY_VAULT, '"', "why none is used")
    secret = VaultSecret('os.environ["NGC_KEY_VAULT_ID"]', 'os.environ["NGC_SECRET_URL"]')
    assert source.credentials == RegistryCredentials('"$oauthtoken"', secret)
    assert source.note == "why none is used"


@pytest.mark.parametrize(
    ("load", "origin", "name"),
    [
        (CALL, Origin.LOADER, "cfg.container_registry_user"),
        (
            "json.load(open('configuration.json'))",
            Origin.DICTIONARY,
            "cfg['container_registry']['user']",
        ),
    ],
)
def test_an_object_gives_a_key_or_a_vault(tmp_path: Path, load: str, origin: Origin, name: str) -> None:
    for options in (Options(), KEY_VAULT):
        source = source_at(tmp_path, f"cfg = {load}\n" + job(), options)
        assert (source.origin, user(source)) == (origin, name)
        assert source.configuration == "configuration.json"
        assert source.credentials is not None
        is_key = options.credentials is CredentialsMode.API_KEY
        assert isinstance(source.credentials.password, str) is is_key


@pytest.mark.parametrize(
    "name",
    [
        "Configuration.json",
        "batch.conf.json",
        "settings.json",
        "my-secrets.json",
        "credentials.json",
        "account.json",
    ],
)
def test_a_file_is_a_configuration_by_its_name(tmp_path: Path, name: str) -> None:
    source = source_at(tmp_path, f"cfg = json.load(open('{name}'))\n" + job())
    assert (source.origin, source.configuration) == (Origin.DICTIONARY, name)


@pytest.mark.parametrize(
    "before",
    [
        "cfg = json.load(open(0))\n",
        "cfg = json.load(open(input()))\n",
        "cfg = json.load(urlopen('configuration.json'))\n",
        "if input():\n    f = open('configuration.json')\nelse:\n    f = open('settings.json')\n"
        "cfg = json.load(f)\n",
        "for f in files:\n    pass\ncfg = json.load(f)\n",
        f"with {CALL} as cfg:\n    pass\n",
        f"cfg: Configuration\n(cfg := {CALL}).location\ncfg += {CALL}\n",
    ],
)
def test_what_is_not_certainly_the_object_is_not_used(tmp_path: Path, before: str) -> None:
    assert source_at(tmp_path, before + job()).origin is Origin.ENVIRONMENT


def test_an_object_made_after_the_registry_settings_is_not_used(tmp_path: Path) -> None:
    settings = f"models.ImageSourceRegistry(image='{IMAGE}')"
    late = job("cfg.location").replace(settings, "registry")
    script = f"registry = {settings}\ncfg = {CALL}\n{late}"
    assert source_at(tmp_path, script).origin is Origin.ENVIRONMENT


@pytest.mark.parametrize(
    "calls",
    [
        "submit(json.load(open('configuration.json')))\nsubmit(json.load(open('settings.json')))\n",
        f"submit({CALL})\nsubmit(None)\n",
        f"def again(cfg):\n    submit(cfg)\n    again(cfg)\n\n\nagain({CALL})\n",
    ],
)
def test_a_parameter_of_differing_or_endless_callers_is_not_used(tmp_path: Path, calls: str) -> None:
    script = f"def submit(cfg):\n{indented(job('cfg.location'))}\n\n{calls}"
    assert source_at(tmp_path, script).origin is Origin.ENVIRONMENT


def test_an_object_is_followed_through_three_functions(tmp_path: Path) -> None:
    script = (
        f"def submit(cfg):\n{indented(job('cfg.location'))}\n\n"
        "def run(cfg):\n    submit(cfg)\n\n\n"
        "def main(cfg):\n    run(cfg)\n\n\n"
        f"main({CALL})\n"
    )
    assert user(source_at(tmp_path, script)) == "cfg.container_registry_user"


@pytest.mark.parametrize("call", [f"submit({CALL})\n", f"made = {CALL}\nsubmit(made)\n"])
def test_a_caller_in_another_module_is_read_with_its_own_names(tmp_path: Path, call: str) -> None:
    files = {
        "config.py": LOADER,
        "configuration.json": CONFIGURATION,
        "shared.py": f"{MODELS}\n\ndef submit(cfg):\n{indented(job('cfg.location'))}",
        "run.py": f"from config import Configuration\nfrom shared import submit\n{call}",
    }
    found = emitted(planned(tmp_path, files), "shared.py")
    assert found == ("cfg.container_registry_user", "cfg.container_registry_password")


def test_an_object_is_followed_through_other_names(tmp_path: Path) -> None:
    script = f"a = {CALL}\nb = a\nc = b\nd = c\ne = d\n" + job("e.location")
    assert user(source_at(tmp_path, script)) == "e.container_registry_user"


OPENED = "json.load(open('configuration.json'))"


@pytest.mark.parametrize(
    "script",
    [
        f"cfg = {OPENED}\nprint(cfg)\nif 'a' in cfg: print(cfg['a'], cfg.get('b'))\n" + job(),
        f"def show(c):\n    print(c['a'])\n\n\ncfg = {OPENED}\nshow(cfg)\n" + job(),
        f"raw = {OPENED}\ncfg = raw\nprint(cfg['a'])\n" + job(),
        f"def run(cfg):\n    print(cfg['a'])\n{indented(job())}\n\nrun({OPENED})\n",
        "cfg = json.load(open('configuration.json'), parse_float=str)\n" + job(),
    ],
)
def test_a_dictionary_is_used_that_the_code_reads_by_keys(tmp_path: Path, script: str) -> None:
    assert source_at(tmp_path, script).origin is Origin.DICTIONARY


@pytest.mark.parametrize(
    "script",
    [
        f"cfg = {OPENED}\nassert set(cfg) == {{'a'}}\n" + job(),
        f"cfg = {OPENED}\nsettings = Settings(**cfg)\n" + job(),
        f"cfg = {OPENED}\njsonschema.validate(cfg, SCHEMA)\n" + job(),
        f"cfg = {OPENED}\nfor key in cfg: print(key)\n" + job(),
        f"def check(c):\n    assert len(c) == 1\n\n\ncfg = {OPENED}\ncheck(cfg)\n" + job(),
        f"raw = {OPENED}\ncfg = raw\nassert cfg.keys() == {{'a'}}\n" + job(),
        "cfg = json.load(open('configuration.json'), object_hook=lambda d: N(**d))\n" + job(),
        "cfg = json.load(open('configuration.json'), object_pairs_hook=pairs)\n" + job(),
        "cfg = json.load(open('configuration.json'), cls=Decoder)\n" + job(),
        "cfg = json.loads(open('configuration.json').read(), object_hook=Box)\n" + job(),
        "cfg = json.load(open('configuration.json'), **options)\n" + job(),
        f"cfg = {OPENED}['part']\n" + job(),
        f"cfg = {OPENED}\ncfg = cfg['part']\n" + job(),
        f"def make():\n{indented(job())}\n\nmake()\ncfg = {OPENED}\n",
        f"def make(cfg=None):\n{indented(job())}\n\nmake()\nmake({OPENED})\n",
        f"def make(cfg):\n{indented(job())}\n\nmake({OPENED})\nmake(other())\n",
        f"def make():\n{indented(job())}    cfg = {OPENED}\n\n\nmake()\n",
        f"if input():\n    cfg = {OPENED}\n" + job(),
        f"try:\n    cfg = {OPENED}\nexcept IOError:\n    pass\n" + job(),
    ],
)
def test_a_dictionary_is_not_used_that_may_not_be_there_or_not_take_more(tmp_path: Path, script: str) -> None:
    assert source_at(tmp_path, script).origin is Origin.ENVIRONMENT

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from codemods.syntax.registry import RegistryCredentials, VaultSecret
from migrator.decide.credentials import CredentialSource, Origin, choose_source, from_environment
from migrator.model import CredentialsMode, Status
from migrator.options import Options
from migrator.understand.jobs.find import find_model_jobs
from migrator.understand.jobs.loaders import Loaders
from migrator.understand.python.modules import Modules
from migrator.understand.reading import read_source
from migrator.understand.texts.notebook import Notebook
from tests.trees import (
    CONFIGURATION,
    FULL_LOADER,
    IMAGE,
    LOADER,
    MODELS,
    TARGET,
    Memory,
    after,
    changed,
    emitted,
    findings,
    job,
    module_of,
    notebook,
    planned,
    the_job,
    tree_of,
)

KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
VAULT_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/meadow"
SECRET_URL = "https://meadow.vault.azure.net/secrets/ngc"  # noqa: S105
GIVEN = Options(credentials=CredentialsMode.KEY_VAULT, key_vault_id=VAULT_ID, secret_url=SECRET_URL)
IMPORT = "from config import Configuration\n"
LOAD = "cfg = Configuration('configuration.json')\n"
ENVIRONMENT = ("'$oauthtoken'", "os.environ['NGC_API_KEY']")
FROM_CFG = ("cfg.container_registry_user", "cfg.container_registry_password")


def indented(source: str) -> str:
    return "".join(f"    {line}\n" for line in source.splitlines())


def login(
    folder: Path, script: str, files: Mapping[str, str] | None = None, options: Options | None = None
) -> tuple[str, ...]:
    """Return the credentials that a script beside a loader and a configuration comes to."""
    every = {"config.py": LOADER, "configuration.json": CONFIGURATION, "submit.py": script, **(files or {})}
    return emitted(planned(folder, every, options), "submit.py")


@pytest.mark.parametrize(
    "before",
    [
        "",
        "cfg = 'configuration.json'\n",
        "cfg = None\n",
        "cfg = {'container_registry_user': 'me'}\n",
        "import cfg\n",
        "def cfg():\n    return Configuration('configuration.json')\n",
        "cfg = print(Configuration('configuration.json'))\n",
        f"{LOAD}del cfg\n",
        f"{LOAD}cfg = cfg.location\n",
        "cfg = [Configuration('configuration.json')]\n",
        "x = [cfg for cfg in (Configuration('configuration.json'),)]\n",
        "for cfg in (Configuration('configuration.json'),):\n    pass\n",
        f"class Settings:\n    {LOAD}",
        f"def load():\n    {LOAD}",
        f"cfg = None\ndef load():\n    global cfg\n    {LOAD}load()\n",
    ],
)
def test_a_name_that_is_no_loader_object_at_the_job_is_not_used(tmp_path: Path, before: str) -> None:
    assert login(tmp_path, IMPORT + MODELS + before + job()) == ENVIRONMENT


@pytest.mark.parametrize(
    "before",
    [
        f"import sys\nif len(sys.argv) > 1:\n    {LOAD}",
        f"try:\n    {LOAD}except OSError:\n    print('no settings')\n",
        f"for _ in range(2):\n    {LOAD}",
        f"while input():\n    {LOAD}",
        f"if input():\n    {LOAD}else:\n    cfg = None\n",
    ],
)
def test_a_name_that_may_be_unbound_is_not_used(tmp_path: Path, before: str) -> None:
    assert login(tmp_path, IMPORT + MODELS + before + job()) == ENVIRONMENT


def test_a_name_that_the_job_relies_on_already_is_used(tmp_path: Path) -> None:
    before = f"try:\n    {LOAD}except OSError:\n    raise SystemExit\n"
    assert login(tmp_path, IMPORT + MODELS + before + job("cfg.location")) == FROM_CFG


def test_an_object_that_is_bound_after_the_job_is_not_used(tmp_path: Path) -> None:
    assert login(tmp_path, IMPORT + MODELS + job() + LOAD) == ENVIRONMENT


def test_an_object_of_a_later_cell_is_not_used(tmp_path: Path) -> None:
    cells = notebook(IMPORT + MODELS, job(), LOAD)
    files = {"config.py": LOADER, "configuration.json": CONFIGURATION, "run.ipynb": cells}
    assert emitted(planned(tmp_path, files), "run.ipynb") == ENVIRONMENT


def test_a_loader_object_is_used(tmp_path: Path) -> None:
    assert login(tmp_path, IMPORT + MODELS + LOAD + job()) == FROM_CFG


def test_a_loader_object_is_used_for_a_key_vault_too(tmp_path: Path) -> None:
    assert login(tmp_path, IMPORT + MODELS + LOAD + job(), options=KEY_VAULT) == (
        "cfg.container_registry_user",
        "cfg.keyvault_id",
        "cfg.container_registry_secret_url",
    )


def test_a_loader_object_of_an_earlier_cell_is_used(tmp_path: Path) -> None:
    cells = notebook(IMPORT, MODELS, LOAD, "print(1)\n", job())
    files = {"config.py": LOADER, "configuration.json": CONFIGURATION, "run.ipynb": cells}
    assert emitted(planned(tmp_path, files), "run.ipynb") == FROM_CFG


def test_the_object_that_the_job_uses_wins_over_a_later_one(tmp_path: Path) -> None:
    objects = "mine = Configuration('configuration.json')\nother = Configuration('other.json')\n"
    script = IMPORT + MODELS + objects + job("mine.location")
    assert login(tmp_path, script)[0] == "mine.container_registry_user"


def test_of_objects_that_the_job_does_not_use_the_last_wins(tmp_path: Path) -> None:
    objects = "mine = Configuration('configuration.json')\nother = Configuration('other.json')\n"
    assert login(tmp_path, IMPORT + MODELS + objects + job())[0] == "other.container_registry_user"


@pytest.mark.parametrize(
    "call",
    [
        "submit(Configuration('configuration.json'))",
        "submit(cfg=Configuration('configuration.json'))",
        "mine = Configuration('configuration.json')\nsubmit(mine)",
        "run = submit\nrun(Configuration('configuration.json'))",
    ],
)
def test_a_parameter_with_one_caller_is_used(tmp_path: Path, call: str) -> None:
    script = f"{IMPORT}{MODELS}def submit(cfg):\n{indented(job('cfg.location'))}{call}\n"
    assert login(tmp_path, script) == FROM_CFG


@pytest.mark.parametrize(
    "call",
    [
        "",
        "submit('northeurope')",
        "submit(Configuration('configuration.json'))\nsubmit(Configuration('other.json'))",
        "submit(*[Configuration('configuration.json')])",
    ],
)
def test_a_parameter_without_one_certain_caller_is_not_used(tmp_path: Path, call: str) -> None:
    script = f"{IMPORT}{MODELS}def submit(cfg):\n{indented(job())}{call}\n"
    assert login(tmp_path, script) == ENVIRONMENT


def test_a_parameter_hides_the_object_of_the_same_name(tmp_path: Path) -> None:
    script = f"{IMPORT}{MODELS}{LOAD}def submit(cfg):\n{indented(job())}submit(3)\n"
    assert login(tmp_path, script) == ENVIRONMENT


def test_an_object_of_the_module_is_used_inside_a_function(tmp_path: Path) -> None:
    script = f"{IMPORT}{MODELS}def submit():\n{indented(job())}{LOAD}submit()\n"
    assert login(tmp_path, script) == FROM_CFG


@pytest.mark.parametrize(
    "load",
    [
        "cfg = json.load(open('configuration.json'))\n",
        "cfg = json.loads(open('configuration.json').read())\n",
        "with open('configuration.json') as f:\n    cfg = json.load(f)\n",
        "with open('configuration.json', 'r') as f:\n    cfg = json.loads(f.read())\n",
        "f = open('configuration.json')\ncfg = json.load(f)\n",
        "PATH = 'configuration.json'\nwith open(PATH) as f:\n    cfg = json.load(f)\n",
    ],
)
def test_a_dictionary_read_from_a_configuration_is_used(tmp_path: Path, load: str) -> None:
    files = {"configuration.json": CONFIGURATION, "submit.py": f"import json\n{MODELS}{load}{job()}"}
    found = planned(tmp_path, files)
    section = "cfg['container_registry']"
    assert emitted(found, "submit.py") == (f"{section}['user']", f"{section}['password']")
    assert json.loads(after(found, "configuration.json"))["container_registry"]["user"] == "$oauthtoken"


def test_a_dictionary_gives_the_key_vault_too(tmp_path: Path) -> None:
    script = f'import json\n{MODELS}cfg = json.load(open("settings.json"))\n{job()}'
    found = planned(tmp_path, {"settings.json": '{"a": 1}', "submit.py": script}, KEY_VAULT)
    section = "cfg['container_registry']"
    assert emitted(found, "submit.py") == (
        f"{section}['user']",
        "cfg['keyvault_id']",
        f"{section}['secret_url']",
    )
    assert set(json.loads(after(found, "settings.json"))) == {"a", "keyvault_id", "container_registry"}


@pytest.mark.parametrize(
    "load",
    [
        "cfg = json.load(open('job.json'))\n",
        "cfg = json.load(open('cluster.json'))\n",
        "cfg = json.load(input())\n",
        "cfg = json.loads('{}')\n",
        "cfg = json.load(open('/etc/configuration.json'))\n",
        "cfg = json.load(open('configuration.json'))['batch']\n",
        "cfg = json.dumps(open('configuration.json'))\n",
    ],
)
def test_a_dictionary_from_another_place_is_not_used(tmp_path: Path, load: str) -> None:
    script = f"import json\n{MODELS}{load}{job()}"
    assert login(tmp_path, script, {"job.json": "{}"}) == ENVIRONMENT


def test_a_loader_object_comes_before_a_dictionary(tmp_path: Path) -> None:
    script = f"import json\n{IMPORT}{MODELS}{LOAD}d = json.load(open('configuration.json'))\n{job()}"
    assert login(tmp_path, script) == FROM_CFG


def test_a_loader_that_reads_other_keys_gives_way_to_the_environment_and_is_named(tmp_path: Path) -> None:
    other = FULL_LOADER.replace("'user'", "'login'")
    files = {"config.py": other, "submit.py": IMPORT + MODELS + LOAD + job()}
    found = planned(tmp_path, files)
    assert emitted(found, "submit.py") == ENVIRONMENT
    (finding,) = findings(found, "credentials-from-environment")
    assert "Configuration reads its registry attributes from other keys" in finding.message
    assert changed(found) == ["submit.py"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("cfg = ('../configuration.json')\nprint(cfg.region)\n", "(cfg is a string)."),
        ("path = '../configuration.json'\nprint(path)\n", "at the job."),
        (
            "import config as utils\ncfg = config.Configuration('configuration.json')\ncfg.region\n",
            "(cfg is made by config.Configuration, whose attributes are not known).",
        ),
        (
            "from tools import Settings\ncfg = Settings('configuration.json')\ncfg.region\n",
            "(cfg is made by Settings, whose attributes are not known).",
        ),
        ("data = ('../digits.json')\n", "at the job."),
        ("file = open('configuration.json')\nfile.read()\n", "at the job."),
    ],
)
def test_what_stands_for_the_configuration_and_reads_nothing_is_named(
    tmp_path: Path, lines: str, why: str
) -> None:
    found = planned(tmp_path, {"config.py": LOADER, "submit.py": MODELS + lines + job()})
    assert emitted(found, "submit.py") == ENVIRONMENT
    (finding,) = findings(found, "credentials-from-environment")
    assert finding.message.endswith(why)


@pytest.mark.parametrize("loader", [LOADER, FULL_LOADER])
def test_a_loader_outside_of_the_path_is_used_only_if_it_needs_no_change(tmp_path: Path, loader: str) -> None:
    lines = "import sys\nsys.path.append('..')\nimport utilities as utils\n"
    script = f"{lines}{MODELS}cfg = utils.config.Configuration('../configuration.json')\n{job()}"
    files = {
        "utilities/config.py": loader,
        "configuration.json": CONFIGURATION,
        "r/submit.py": script,
    }
    found = planned(tmp_path, files, path="r")
    assert emitted(found, "submit.py") == (FROM_CFG if loader is FULL_LOADER else ENVIRONMENT)
    assert changed(found) == ["submit.py"]
    lacking = tmp_path if loader is FULL_LOADER else tmp_path / "utilities"
    assert [one.message.rpartition("; ")[2] for one in findings(found) if "outside" in one.message] == [
        f"give {lacking} as PATH, too."
    ]


def test_the_environment_gives_a_key_vault_by_two_variables(tmp_path: Path) -> None:
    assert login(tmp_path, MODELS + job(), options=KEY_VAULT) == (
        "'$oauthtoken'",
        "os.environ['NGC_KEY_VAULT_ID']",
        "os.environ['NGC_SECRET_URL']",
    )


def test_a_given_vault_is_written_as_literals_and_needs_no_import(tmp_path: Path) -> None:
    found = planned(tmp_path, {"submit.py": MODELS + job()}, GIVEN)
    assert emitted(found, "submit.py") == ("'$oauthtoken'", f"'{VAULT_ID}'", f"'{SECRET_URL}'")
    assert "import os" not in after(found, "submit.py")


def test_the_authors_quotes_are_used_in_what_is_emitted(tmp_path: Path) -> None:
    found = planned(tmp_path, {"submit.py": MODELS + job(image='"tensorflow/tensorflow:1.8.0-gpu"')})
    assert 'password=os.environ["NGC_API_KEY"]' in after(found, "submit.py")


def test_os_is_imported_in_a_cell_that_runs_before_the_job(tmp_path: Path) -> None:
    found = planned(tmp_path, {"run.ipynb": notebook("print(1)\n", MODELS, "print(2)\n", job())})
    assert emitted(found, "run.ipynb") == ENVIRONMENT
    module = module_of(Memory({}), "run.ipynb", found.changes[0].after)
    assert isinstance(module.text, Notebook)
    (bound,) = module.names.module.bindings["os"]
    assert module.place(bound.node).cell == 1


@pytest.mark.parametrize("imports", ["import os\n", "import os, sys\n", "import os.path\n"])
def test_os_is_not_imported_twice(tmp_path: Path, imports: str) -> None:
    found = planned(tmp_path, {"submit.py": imports + MODELS + job()})
    assert emitted(found, "submit.py") == ENVIRONMENT
    assert after(found, "submit.py").count("import os") == 1


@pytest.mark.parametrize("imports", ["os = 'linux'\n", "import posix as os\n", "from x import os\n"])
def test_a_job_where_os_means_something_else_is_left_to_a_person(tmp_path: Path, imports: str) -> None:
    found = planned(tmp_path, {"submit.py": imports + MODELS + job()})
    assert (the_job(found).status, the_job(found).rule) == (Status.MANUAL, "not-rewritable")
    assert found.changes == ()


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

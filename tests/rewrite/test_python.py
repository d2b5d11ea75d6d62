from __future__ import annotations

import ast
import re

import pytest

from codemods.syntax.edits import Edit, apply
from codemods.syntax.registry import RegistryCredentials
from migrator.decide.credentials import CredentialSource, Origin, from_environment
from migrator.model import CredentialsMode
from migrator.options import Options
from migrator.rewrite.python import Migration, Rewrite, rewrite
from migrator.understand.facts import RegistryState
from migrator.understand.jobs.find import find_dict_jobs, find_model_jobs
from migrator.understand.jobs.python import quote_of
from migrator.understand.python.module import PythonModule
from tests.reading import module_of, notebook_of, parsed

IMPORT = "from azure.mgmt.batchai import models\n"
CFG = "cfg = load()\n"
HEAD = IMPORT + CFG
TARGET = "nvcr.io/nvidia/caffe:17.12"
REGISTRY = "models.ImageSourceRegistry(image='bvlc/caffe:gpu')"
USER, KEY = "cfg.container_registry_user", "cfg.container_registry_password"
LOADER = CredentialSource(origin=Origin.LOADER, credentials=RegistryCredentials(USER, KEY))
ENVIRONMENT = from_environment(Options(), "'", "")
VAULT = from_environment(Options(credentials=CredentialsMode.KEY_VAULT), "'", "")


def job(settings: str) -> str:
    return f"models.JobCreateParameters(container_settings={settings})\n"


def edits(module: PythonModule, source: CredentialSource) -> list[Edit[str]] | str:
    jobs = find_model_jobs(module)
    assert jobs
    assert all(each.facts.problem is None for each in jobs)
    made = rewrite(module, [Migration(job=each, target=TARGET, source=source) for each in jobs])
    if made.refused:
        return next(iter(made.refused.values()))
    assert set(made.edits) <= {module}
    return sorted(made.edits.get(module, ()))


def rewritten(source: str, credentials: CredentialSource = LOADER) -> str:
    """Return the new text, in which every job must be complete and every name of it bound."""
    module = module_of(source)
    found = edits(module, credentials)
    assert not isinstance(found, str), found
    new = apply(found, module.text.text)
    check(new)
    return new


def check(source: str) -> None:
    module = parsed("recipe/job.py", source.encode())
    for each in find_model_jobs(module):
        assert each.facts.problem is None
        assert each.facts.registry is RegistryState.NGC_COMPLETE
        assert each.facts.image == TARGET
        assert isinstance(each.registry, ast.Call)
        assert all(keyword.arg for keyword in each.registry.keywords)
        assert not each.registry.args
        assert each.container is not None
        assert not each.container.args
        for node in ast.walk(each.registry):
            if isinstance(node, ast.Name):
                assert module.names.reaching(node) or module.names.module.open, node.id


def refused(source: str, credentials: CredentialSource = LOADER) -> str:
    found = edits(module_of(source), credentials)
    assert isinstance(found, str)
    return found


SERVER = "server_url='nvcr.io'"
LOGIN = f"credentials=models.PrivateRegistryCredentials(username={USER}, password={KEY})"


def test_no_jobs_make_no_edits() -> None:
    assert rewrite(module_of("x = 1"), []) == Rewrite(edits={}, refused={})


def test_a_job_that_is_complete_makes_no_edits() -> None:
    new = rewritten(HEAD + job(f"models.ContainerSettings(image_source_registry={REGISTRY})"))
    assert edits(module_of(new), LOADER) == []


def test_nothing_outside_of_the_settings_and_the_image_changes() -> None:
    source = HEAD + f"x = [ 1,2 ]  # odd\n{job(f'models.ContainerSettings({REGISTRY})')}y  =  2\n"
    new = rewritten(source)
    assert new.startswith(HEAD + "x = [ 1,2 ]  # odd\n")
    assert new.endswith(")\ny  =  2\n")


def unlaid(source: str) -> str:
    return "".join(source.split())


def test_settings_in_place_are_completed() -> None:
    new = rewritten(HEAD + job(f"models.ContainerSettings({REGISTRY})"))
    registry = f"models.ImageSourceRegistry({SERVER}, image='{TARGET}', {LOGIN})"
    assert unlaid(new) == unlaid(HEAD + job(f"models.ContainerSettings(image_source_registry={registry})"))


@pytest.mark.parametrize(
    "settings",
    [
        f"r = {REGISTRY}\ns = models.ContainerSettings(r)\n" + job("s"),
        f"r = {REGISTRY}\n" + job("models.ContainerSettings(image_source_registry=r)"),
        "def make(image):\n  return models.ImageSourceRegistry(image)\n"
        + job("models.ContainerSettings(make('bvlc/caffe:gpu'))"),
        f"def settings():\n\treturn models.ContainerSettings({REGISTRY})\n{job('settings()')}",
        f"p = models.JobCreateParameters()\np.container_settings = models.ContainerSettings({REGISTRY})\n",
        f"class C:\n    def f(self):\n        {job(f'models.ContainerSettings({REGISTRY})')}",
        job("models.ContainerSettings(models.ImageSourceRegistry(u'bvlc/caffe:gpu', None, None))"),
        job("models.ContainerSettings(models.ImageSourceRegistry('bvlc/' 'caffe:gpu', ''))"),
        "x = input()\n" + job(f"models.ContainerSettings({REGISTRY[:-1]} if x else 'bvlc/caffe:gpu'))"),
        "A = 'bvlc/caffe:gpu'\n" + job("models.ContainerSettings(models.ImageSourceRegistry(A))"),
        "if x:\n  A = 'bvlc/caffe:gpu'\nelse:\n  A = 'bvlc/caffe:gpu'\n"
        + job("models.ContainerSettings(models.ImageSourceRegistry(A))"),
        "def start(image='bvlc/caffe:gpu'):\n  "
        + job("models.ContainerSettings(models.ImageSourceRegistry(image=image))")
        + "start()\nstart('bvlc/caffe:gpu')\n",
        "models = models\n" + job(f"models.ContainerSettings({REGISTRY})"),
    ],
)
def test_every_way_to_write_the_settings_is_completed(settings: str) -> None:
    new = rewritten(HEAD + settings)
    assert "bvlc" not in new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A = f'bvlc/{name}:gpu'", f"A = '{TARGET}'"),
        ('A = f"bvlc/{name}:gpu"', f'A = "{TARGET}"'),
        ("A = 'bvlc/' + name + ':gpu'", f"A = '{TARGET}'"),
        ("A = 'bvlc/%s:gpu' % name", f"A = '{TARGET}'"),
        ("A = 'bvlc/{}:gpu'.format(name)", f"A = '{TARGET}'"),
        ("A = ('bvlc/' +\n     name)", f"A = ('{TARGET}')"),
        ("A = str(name)", f"A = '{TARGET}'"),
        ("A = u'bvlc/caffe:gpu'", f"A = u'{TARGET}'"),
        ('A = "bvlc/caffe:gpu"  # why', f'A = "{TARGET}"  # why'),
    ],
)
def test_an_image_is_written_where_it_was_composed(before: str, after: str) -> None:
    settings = job("models.ContainerSettings(image_source_registry=models.ImageSourceRegistry(image=A))")
    new = rewritten(f"{HEAD}name = 'caffe'\n{before}\n{settings}")
    assert new.startswith(f"{HEAD}name = 'caffe'\n{after}\n")
    assert "image=A" in new


def test_an_image_composed_in_the_call_is_replaced_there() -> None:
    registry = 'models.ImageSourceRegistry(f"bvlc/{name}:gpu", "")'
    new = rewritten(HEAD + "name = 'caffe'\n" + job(f"models.ContainerSettings({registry})"))
    assert f'image="{TARGET}"' in new
    assert 'server_url="nvcr.io"' in new


@pytest.mark.parametrize(
    "image", ["A", "('bvlc/' +  # the owner\n name)", "('bvlc/'  # the owner\n 'caffe')"]
)
def test_a_comment_inside_of_an_image_is_not_lost(image: str) -> None:
    source = f"{HEAD}name = 'caffe'\nA = ('bvlc/' +  # the owner\n name)\n"
    reason = refused(source + job(f"models.ContainerSettings(models.ImageSourceRegistry({image}))"))
    assert "comment" in reason


def test_a_registry_that_two_jobs_share_is_rewritten_once() -> None:
    new = rewritten(HEAD + f"r = {REGISTRY}\n" + job("models.ContainerSettings(r)") * 2)
    assert new.count("PrivateRegistryCredentials") == 1
    assert new.count("image_source_registry=r") == 2


def test_a_constant_that_two_jobs_share_is_rewritten_once() -> None:
    settings = job("models.ContainerSettings(models.ImageSourceRegistry(A))")
    new = rewritten(HEAD + "A = 'bvlc/caffe:gpu'\n" + settings * 2)
    assert new.count(TARGET) == 1
    assert new.count("PrivateRegistryCredentials") == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_the_authors(end: str) -> None:
    source = (HEAD + job(f"models.ContainerSettings({REGISTRY})")).replace("\n", end)
    module = parsed("recipe/job.py", source.encode())
    found = edits(module, ENVIRONMENT)
    assert not isinstance(found, str)
    new = apply(found, source)
    assert new.count("\r\n") == (new.count("\n") if end == "\r\n" else 0)
    assert new.count("\r") == (0 if end == "\n" else new.count(end))
    check(new)


def test_names_imported_one_by_one_gain_the_new_ones() -> None:
    names = "ContainerSettings, ImageSourceRegistry, JobCreateParameters"
    source = (
        f"from azure.mgmt.batchai.models import {names}\nimport os\n"
        "JobCreateParameters(container_settings=ContainerSettings(ImageSourceRegistry('bvlc/caffe:gpu')))\n"
    )
    key, vault = rewritten(source, ENVIRONMENT), rewritten(source, VAULT)
    assert key.splitlines()[0] == f"from azure.mgmt.batchai.models import {names}, PrivateRegistryCredentials"
    first = vault.splitlines()[0]
    assert all(
        name in first for name in ("KeyVaultSecretReference", "PrivateRegistryCredentials", "ResourceId")
    )
    assert first.count("PrivateRegistryCredentials") == 1


@pytest.mark.parametrize(
    ("head", "prefix"),
    [
        ("from azure.mgmt.batchai.models import *", ""),
        ("import azure.mgmt.batchai.models", "azure.mgmt.batchai.models."),
        ("import azure.mgmt.batchai.models as m", "m."),
        ("from azure.mgmt import batchai", "batchai.models."),
        ("import azure.mgmt.batchai.models as m\nM = m", "M."),
        ("try:\n    from azure.mgmt.batchai import models as m\nexcept ImportError:\n    raise", "m."),
    ],
)
@pytest.mark.parametrize("credentials", [ENVIRONMENT, VAULT])
def test_new_models_are_spelled_as_the_others(head: str, prefix: str, credentials: CredentialSource) -> None:
    call = f"{prefix}ContainerSettings({prefix}ImageSourceRegistry('bvlc/caffe:gpu'))"
    new = rewritten(f"{head}\n{prefix}JobCreateParameters(container_settings={call})\n", credentials)
    assert f"={prefix}PrivateRegistryCredentials(" in new
    assert "import os" in new


def test_jobs_in_two_functions_share_one_import_of_os() -> None:
    one = job(f"models.ContainerSettings({REGISTRY})")
    new = rewritten(f"import json\n{IMPORT}def f():\n    {one}\n\ndef g():\n    {one}", ENVIRONMENT)
    assert new.startswith("import json\nimport os\nfrom azure")
    assert new.count("import os") == 1


def test_os_is_imported_only_where_it_is_needed_and_not_bound() -> None:
    assert "import os" not in rewritten(HEAD + job(f"models.ContainerSettings({REGISTRY})"))
    new = rewritten("import os\n" + IMPORT + job(f"models.ContainerSettings({REGISTRY})"), ENVIRONMENT)
    assert new.count("import os") == 1


def test_the_job_whose_os_is_something_else_is_refused_and_the_others_are_rewritten() -> None:
    one = job(f"models.ContainerSettings({REGISTRY})")
    module = module_of(f"{IMPORT}def f():\n    {one}\ndef g(os):\n    {one}\ndef h(os):\n    {one}")
    made = rewrite(
        module, [Migration(job=job, target=TARGET, source=ENVIRONMENT) for job in find_model_jobs(module)]
    )
    assert [each.facts.place.line for each in made.refused] == [6, 9]
    assert all("os means something else" in each for each in made.refused.values())
    new = apply(made.edits[module], module.text.text)
    assert new.startswith("import os\n")
    assert new.count("nvcr.io'") == 1


@pytest.mark.parametrize(
    "registry",
    ["models.ImageSourceRegistry('bvlc/caffe:gpu', **x)", "models.ImageSourceRegistry(*['a'], image='b')"],
)
def test_a_registry_of_unpacked_arguments_is_never_rewritten(registry: str) -> None:
    (found,) = find_model_jobs(module_of(HEAD + job(f"models.ContainerSettings({registry})")))
    made = rewrite(found.module, [Migration(job=found, target=TARGET, source=LOADER)])
    assert found.facts.problem is not None or made.refused


def test_a_job_without_a_registry_is_refused() -> None:
    module = module_of(HEAD + "models.JobCreateParameters()")
    (found,) = find_model_jobs(module)
    result = rewrite(module, [Migration(job=found, target=TARGET, source=LOADER)])
    assert result == Rewrite(edits={}, refused={found: "its registry settings cannot be seen"})
    assert quote_of(found) == "'"


def test_a_notebook_is_edited_in_the_cells_where_things_stand() -> None:
    module = notebook_of(
        "import json\n" + IMPORT,
        '%matplotlib inline\nIMAGE = "bvlc/caffe:gpu"',
        job("models.ContainerSettings(models.ImageSourceRegistry(image=IMAGE))"),
    )
    found = edits(module, ENVIRONMENT)
    assert not isinstance(found, str)
    assert [module.text.place(edit.start).cell for edit in found][:2] == [0, 1]
    assert {module.text.place(edit.start).cell for edit in found} == {0, 1, 2}
    new = apply(found, module.text.text)
    assert f'%matplotlib inline\nIMAGE = "{TARGET}"\n' in new


@pytest.mark.parametrize(
    ("image", "quote"),
    [("'a'", "'"), ('"a"', '"'), ('u"a"', '"'), ('("a" "b")', '"'), ('f"a"', '"'), ("A", '"')],
)
def test_the_quote_is_that_of_the_image(image: str, quote: str) -> None:
    source = job(f"models.ContainerSettings(models.ImageSourceRegistry({image}))")
    (found,) = find_model_jobs(module_of(f'{HEAD}A = "a"\n{source}'))
    assert quote_of(found) == quote


@pytest.mark.parametrize(
    ("before", "given"),
    [
        ("x = None\n", "server_url=x"),
        ("x = 'docker.io'\n", "server_url=x"),
        ("x = ''\n", "server_url=x, credentials=None"),
        ("", "server_url='docker.io'"),
        ("", "server_url='https://index.docker.io/v1/', credentials=None"),
        ("x = None\n", "credentials=x"),
        ("x = y = None\n", "server_url=y, credentials=x"),
    ],
)
@pytest.mark.parametrize("form", ["models", "dict", "braces"])
def test_a_server_and_credentials_that_say_nothing_are_replaced(before: str, given: str, form: str) -> None:
    if form == "models":
        source = job(f"models.ContainerSettings({REGISTRY[:-1]}, {given}))")
    else:
        call = f"dict(image='bvlc/caffe:gpu', {given.replace('server_url', 'serverUrl')})"
        pairs = re.sub(r"(\w+)=", r"'\1': ", call[5:-1])
        registry = call if form == "dict" else f"{{{pairs}}}"
        settings = f"{{'imageSourceRegistry': {registry}}}"
        source = f"j = {{'nodeCount': 1, 'caffeSettings': {{}}, 'containerSettings': {settings}}}\n"
    module = module_of(HEAD + before + source)
    (found,) = (*find_model_jobs(module), *find_dict_jobs(module))
    made = rewrite(module, [Migration(job=found, target=TARGET, source=LOADER)])
    new = unlaid(apply(made.edits[module], module.text.text))
    assert new.count("nvcr.io'") == new.count(KEY) == 1
    assert new.startswith(unlaid(HEAD + before))


def test_a_server_by_name_that_is_right_keeps_its_name() -> None:
    new = rewritten(
        f"{HEAD}x = 'nvcr.io'\n" + job(f"models.ContainerSettings({REGISTRY[:-1]}, server_url=x))")
    )
    assert "server_url=x" in new

from __future__ import annotations

import pytest

from migrator.model import Framework, Status
from migrator.understand.facts import Facts, RegistryState, Verdict
from migrator.understand.jobs.find import find_model_jobs
from migrator.understand.jobs.python import PythonJob
from tests.reading import module_of, notebook_of

IMPORT = "from azure.mgmt.batchai import models\n"
JOB = "models.JobCreateParameters"
CONTAINER = "models.ContainerSettings"
REGISTRY = "models.ImageSourceRegistry"
SETTINGS = f"{CONTAINER}(image_source_registry={REGISTRY}(image='bvlc/caffe:gpu'))"


def jobs(source: str) -> tuple[PythonJob, ...]:
    return find_model_jobs(module_of(IMPORT + source))


def only(source: str) -> Facts:
    found = jobs(source)
    assert len(found) == 1, [job.facts for job in found]
    return found[0].facts


def problem(source: str) -> Verdict:
    found = jobs(source)[0].facts.problem
    assert found is not None
    return found


def image(source: str) -> str | None:
    """Return the image of the only job, which must be decidable."""
    facts = only(source)
    assert facts.problem is None, facts.problem
    return facts.image


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1",
        "models.JobCreateParameters",
        "models.ClusterCreateParameters(node_count=4)",
        "from other import JobParameters\nJobParameters(container_settings=1)",
        "print('JobCreateParameters(ContainerSettings(ImageSourceRegistry()))')",
        "# JobCreateParameters()",
    ],
)
def test_a_text_that_makes_no_job_has_none(source: str) -> None:
    assert jobs(source) == ()


def test_a_job_without_container_settings_is_skipped() -> None:
    for source in (f"{JOB}(node_count=1)", f"{JOB}(container_settings=None)"):
        found = problem(source)
        assert (found.rule, found.status) == ("no-container", Status.SKIPPED)


def test_container_settings_without_a_registry_are_skipped() -> None:
    found = problem(f"{JOB}(container_settings={CONTAINER}())")
    assert (found.rule, found.status) == ("no-container", Status.SKIPPED)


def test_a_job_knows_its_image_toolkit_and_node_count() -> None:
    facts = only(f"{JOB}(node_count=2, caffe_settings=x, cntk_settings=None, container_settings={SETTINGS})")
    assert (facts.image, facts.toolkit, facts.node_count) == ("bvlc/caffe:gpu", Framework.CAFFE, 2)
    assert (facts.registry, facts.problem, facts.place.line) == (RegistryState.PUBLIC, None, 2)


@pytest.mark.parametrize(
    "source",
    [
        f"s = {SETTINGS}\n{JOB}(container_settings=s)",
        f"r = {REGISTRY}(image='bvlc/caffe:gpu')\n{JOB}(container_settings={CONTAINER}(r))",
        f"r = {REGISTRY}(image='bvlc/caffe:gpu')\ns = {CONTAINER}(image_source_registry=r)\n"
        f"{JOB}(container_settings=s)",
        f"{JOB}(container_settings={CONTAINER}({REGISTRY}('bvlc/caffe:gpu')))",
        f"{JOB}('eastus', cluster, 1, {SETTINGS})",
        f"s = {SETTINGS}\n{JOB}('eastus', cluster, 1, s)",
        f"p = {JOB}(node_count=1)\np.container_settings = {SETTINGS}",
        f"s = {CONTAINER}()\ns.image_source_registry = {REGISTRY}(image='bvlc/caffe:gpu')\n"
        f"{JOB}(container_settings=s)",
        f"r = {REGISTRY}()\nr.image = 'bvlc/caffe:gpu'\n{JOB}(container_settings={CONTAINER}(r))",
        f"p = {JOB}(container_settings={CONTAINER}(image_source_registry={REGISTRY}()))\n"
        "p.container_settings.image_source_registry.image = 'bvlc/caffe:gpu'",
        f"def settings():\n  return {SETTINGS}\n{JOB}(container_settings=settings())",
        f"def settings(image):\n  r = {REGISTRY}(image=image)\n  return {CONTAINER}(r)\n"
        f"{JOB}(container_settings=settings('bvlc/caffe:gpu'))",
        f"def start(settings):\n  {JOB}(container_settings=settings)\nstart({SETTINGS})",
        f"def start(image='bvlc/caffe:gpu'):\n"
        f"  {JOB}(container_settings={CONTAINER}({REGISTRY}(image=image)))\nstart()",
        f"J = {JOB}\nJ(container_settings={SETTINGS})",
        f"M = models\nM.JobCreateParameters(container_settings={SETTINGS})",
        f"IMAGE = 'bvlc/' + 'caffe'\n{JOB}(container_settings={CONTAINER}({REGISTRY}(f'{{IMAGE}}:gpu')))",
        f"if x:\n  tag = 'gpu'\nelse:\n  tag = 'gpu'\n"
        f"{JOB}(container_settings={CONTAINER}({REGISTRY}('bvlc/caffe:' + tag)))",
        f"extra = {{'image': 'bvlc/caffe:gpu'}}\n{JOB}(container_settings={CONTAINER}({REGISTRY}(**extra)))",
        f"import sys\nfor i in range(3):\n  if i:\n    {JOB}(container_settings={SETTINGS})",
        f"class C:\n  def start(self):\n    self.p = {JOB}(container_settings={SETTINGS})",
    ],
)
def test_container_settings_are_followed_to_the_image(source: str) -> None:
    assert image(source) == "bvlc/caffe:gpu"


@pytest.mark.parametrize(
    "source",
    [
        f"{JOB}(container_settings={SETTINGS} if gpu else None)",
        f"{JOB}(**settings)",
        f"{JOB}(*settings)",
        f"{JOB}(container_settings=make())",
        f"{JOB}(container_settings=self.make())",
        f"{JOB}(container_settings=self.settings)",
        f"{JOB}(container_settings=settings['a'])",
        f"{JOB}(container_settings={CONTAINER}(**x))",
        f"{JOB}(container_settings={CONTAINER}(image_source_registry={REGISTRY}(**x)))",
        f"if x:\n  s = {SETTINGS}\nelse:\n  s = {SETTINGS}\n{JOB}(container_settings=s)",
        f"s = None\nif x:\n  s = {SETTINGS}\n{JOB}(container_settings=s)",
        f"p = {JOB}(container_settings={SETTINGS})\np.container_settings = {SETTINGS}",
        f"@cached\ndef settings():\n  return {SETTINGS}\n{JOB}(container_settings=settings())",
        f"def make():\n  if x:\n    return {SETTINGS}\n  return None\n{JOB}(container_settings=make())",
        "def settings():\n  return settings()\n" + f"{JOB}(container_settings=settings())",
        f"def start(s):\n  {JOB}(container_settings=s)\nstart({SETTINGS})\nstart(x)",
        f"p = {JOB}(container_settings={SETTINGS})\n"
        "p.container_settings.image_source_registry.image = 'other'",
        f"s = {SETTINGS}\ns.image_source_registry.server_url = 'other'\n{JOB}(container_settings=s)\n"
        "s.image_source_registry.server_url = 'another'",
        f"self.p = {JOB}(node_count=1)\nself.p.container_settings = {SETTINGS}",
        f"p = q = {JOB}(node_count=1)\nr = p\nr.container_settings = make()",
        f"def add(p):\n  p.container_settings = make()\np = {JOB}(node_count=1)\nadd(p)",
    ],
)
def test_settings_that_are_made_out_of_sight_are_for_a_person(source: str) -> None:
    found = jobs(source)
    verdicts = {(job.facts.problem.rule, job.facts.problem.status) for job in found if job.facts.problem}
    assert verdicts == {("dynamic-container", Status.MANUAL)}
    assert all(job.facts.problem for job in found)


def test_what_another_job_is_given_later_is_no_matter_of_this_one() -> None:
    other = f"q = {JOB}(container_settings={CONTAINER}(image_source_registry={REGISTRY}()))\n"
    store = "q.container_settings.image_source_registry.image = 'bvlc/caffe:cpu'"
    found = jobs(f"p = {JOB}(container_settings={SETTINGS})\n{other}{store}")
    assert [job.facts.image for job in found] == ["bvlc/caffe:gpu", "bvlc/caffe:cpu"]


def test_settings_put_into_one_job_leave_the_other_without_a_container() -> None:
    found = jobs(f"p = {JOB}(a=1)\nq = {JOB}(a=2)\nq.container_settings = {SETTINGS}")
    assert [job.facts.problem.rule if job.facts.problem else None for job in found] == ["no-container", None]


@pytest.mark.parametrize(
    "argument", ["cfg.image", "os.environ['IMAGE']", "f()", "x", "b'bvlc/caffe'", "1", "'a' if x else 'b'"]
)
def test_an_image_that_is_known_only_later_is_for_a_person(argument: str) -> None:
    found = problem(f"{JOB}(container_settings={CONTAINER}({REGISTRY}(image={argument})))")
    assert (found.rule, found.status) == ("image-unknown", Status.MANUAL)


def test_a_registry_without_an_image_is_for_a_person() -> None:
    found = problem(f"{JOB}(container_settings={CONTAINER}({REGISTRY}(server_url='x')))")
    assert (found.rule, found.status) == ("image-unknown", Status.MANUAL)


def test_the_trace_of_an_image_leads_through_cells_to_the_environment() -> None:
    module = notebook_of(
        "import os\nfrom azure.mgmt.batchai import models",
        "IMAGE = os.environ['SECRET']",
        f"{JOB}(container_settings={CONTAINER}({REGISTRY}(image=IMAGE)))",
    )
    (job,) = find_model_jobs(module)
    assert job.facts.problem is not None
    assert job.facts.problem.trace == ("IMAGE (cell 1, line 1)", "the environment (cell 1, line 1)")
    assert (job.facts.place.cell, job.facts.place.line) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "state"),
    [
        ("'bvlc/caffe:gpu'", RegistryState.PUBLIC),
        ("'bvlc/caffe:gpu', None, None", RegistryState.PUBLIC),
        ("'bvlc/caffe:gpu', 'https://index.docker.io/v1/'", RegistryState.PUBLIC),
        ("'bvlc/caffe:gpu', server_url=' '", RegistryState.PUBLIC),
        ("'bvlc/caffe:gpu', credentials=nothing", RegistryState.PUBLIC),
        ("'bvlc/caffe:gpu', 'x.azurecr.io'", RegistryState.PRIVATE),
        ("'bvlc/caffe:gpu', cfg.server", RegistryState.PRIVATE),
        ("'bvlc/caffe:gpu', credentials=cfg.login", RegistryState.PRIVATE),
        ("'nvcr.io/nvidia/caffe:17.12'", RegistryState.NGC_INCOMPLETE),
        ("'nvcr.io/nvidia/caffe:17.12', 'nvcr.io'", RegistryState.NGC_INCOMPLETE),
        ("'nvcr.io/nvidia/caffe:17.12', credentials=c", RegistryState.NGC_INCOMPLETE),
        ("'nvcr.io/nvidia/caffe:17.12', 'https://nvcr.io/', c", RegistryState.NGC_COMPLETE),
        ("'nvcr.io/nvidia/caffe:17.12', 'x.azurecr.io', c", RegistryState.PRIVATE),
        ("'nvcr.io/nvidia/caffe:17.12', cfg.server, c", RegistryState.PRIVATE),
    ],
)
def test_server_and_credentials_tell_where_the_image_comes_from(arguments: str, state: RegistryState) -> None:
    source = f"nothing = None\n{JOB}(container_settings={CONTAINER}({REGISTRY}({arguments})))"
    assert only(source).registry is state


@pytest.mark.parametrize(
    ("arguments", "count", "trace"),
    [
        ("node_count=3", 3, ()),
        ("node_count=N", 4, ()),
        ("node_count=N * 2", 8, ()),
        ("node_count=int('2')", 2, ()),
        ("node_count=True", None, ("node_count is not a number",)),
        ("node_count='2'", None, ("node_count is not a number",)),
        ("node_count=cfg.nodes", None, ("cfg.nodes (line 3)", "cfg is not bound in this file (line 3)")),
        ("", None, ("node_count is not given",)),
        ("'eastus', c, 1", None, ("node_count is not given", "it may be among the positional arguments")),
    ],
)
def test_the_node_count_is_followed_through_constants(
    arguments: str, count: int | None, trace: tuple[str, ...]
) -> None:
    facts = only(f"N = 4\n{JOB}({arguments})")
    assert (facts.node_count, facts.node_count_trace) == (count, trace)


def test_a_node_count_set_later_counts() -> None:
    assert only(f"p = {JOB}()\np.node_count = 2").node_count == 2
    assert only(f"p = {JOB}(node_count=1)\np.node_count = 2").node_count is None


def test_the_size_of_the_cluster_is_no_node_count() -> None:
    assert only(f"models.ClusterCreateParameters(node_count=4)\n{JOB}(node_count=1)").node_count == 1


@pytest.mark.parametrize(
    "source", [SETTINGS, f"{REGISTRY}(image='a')", f"x = [{SETTINGS}]", f"f({SETTINGS})"]
)
def test_settings_apart_from_every_job_are_for_a_person_once(source: str) -> None:
    facts = only(source)
    assert facts.problem is not None
    assert (facts.problem.rule, facts.problem.status) == ("dynamic-container", Status.MANUAL)


@pytest.mark.parametrize(
    "source",
    [
        "JobCreateParameters(container_settings=ContainerSettings(ImageSourceRegistry('a')))",
        "client.models.JobCreateParameters()",
        "from wrapper import ContainerSettings\nContainerSettings()",
        "def f(m):\n  m.JobCreateParameters()",
    ],
)
def test_a_model_whose_import_is_out_of_sight_is_for_a_person_once(source: str) -> None:
    (job,) = find_model_jobs(module_of(source))
    assert job.facts.problem is not None
    assert (job.facts.problem.rule, job.facts.problem.status) == ("dynamic-container", Status.MANUAL)


def test_models_under_every_import_are_recognised() -> None:
    for head, prefix in (
        ("import azure.mgmt.batchai.models", "azure.mgmt.batchai.models."),
        ("import azure.mgmt.batchai.models as m", "m."),
        ("from azure.mgmt import batchai as b", "b.models."),
        ("from azure.mgmt.batchai.models import *", ""),
        ("from azure.mgmt.batchai.models import JobCreateParameters", ""),
        ("try:\n  from azure.mgmt.batchai import models\nexcept ImportError:\n  models = None", "models."),
    ):
        (job,) = find_model_jobs(module_of(f"{head}\n{prefix}JobCreateParameters(node_count=1)"))
        assert job.facts.node_count == 1


def test_models_by_their_module_are_recognised() -> None:
    source = "models.job_create_parameters.JobCreateParameters(node_count=1)"
    assert only(source).node_count == 1


def test_two_jobs_that_share_a_registry_both_have_its_image() -> None:
    share = f"r = {REGISTRY}('bvlc/caffe:gpu')\n"
    one = f"{JOB}(container_settings={CONTAINER}(r))\n"
    first, second = jobs(share + one + one)
    assert first.registry is second.registry
    assert first.facts.image == second.facts.image == "bvlc/caffe:gpu"


def test_unresolved_models_inside_each_other_do_not_take_for_ever() -> None:
    source = "ContainerSettings(" * 80 + ")" * 80
    (job,) = find_model_jobs(module_of(source))
    assert job.facts.place.line == 1

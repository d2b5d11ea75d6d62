from __future__ import annotations

import pytest

from migrator.decide.constants import OtherUse, other_uses
from migrator.understand.jobs.find import find_model_jobs
from tests.reading import module_of, notebook_of

IMPORT = "from azure.mgmt.batchai import models\n"
TARGET = "nvcr.io/nvidia/caffe:17.12"


def job(image: str) -> str:
    registry = f"models.ImageSourceRegistry(image={image})"
    return f"models.JobCreateParameters(container_settings=models.ContainerSettings({registry}))\n"


def uses(source: str, *targets: str) -> tuple[OtherUse, ...]:
    jobs = find_model_jobs(module_of(IMPORT + source))
    assert all(each.facts.problem is None for each in jobs)
    wanted = targets or (TARGET,) * len(jobs)
    return other_uses(list(zip(jobs, wanted, strict=True)))


@pytest.mark.parametrize(
    "source",
    [
        job("'a'"),
        "A = 'a'\n" + job("A"),
        "A = 'a'\n" + job("A") + job("A"),
        "A = 'a'\nB = A\n" + job("A") + job("B"),
        "A = B = 'a'\n" + job("A") + job("B"),
        "A = B = 'a'\n" + job("A"),
        "A = 'a'\n" + job("A") + "A = 'b'\nprint(A)",
        "A = 'a'\nprint(A)\nA = 'b'\n" + job("A"),
        "A = 'a'\n" + job("A") + "def f(A): print(A)",
        "A = 'a'\n" + job("A") + "print('A', x.A)",
        "def f(image):\n  " + job("image") + "f('a')",
    ],
)
def test_a_constant_that_only_jobs_use_may_be_changed(source: str) -> None:
    assert uses(source) == ()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("A = 'a'\nprint(A)\n" + job("A"), "A"),
        ("A = 'a'\n" + job("A") + "print(A)", "A"),
        ("A = 'a'\n" + job("A") + "print(f'{A}:1')", "A"),
        ("A = 'a'\n" + job("A") + "def f(): return A", "A"),
        ("A = 'a'\nB = A\n" + job("A") + "print(B)", "B"),
        ("A = 'a'\nB = A\n" + job("B") + "print(A)", "A"),
        ("A = B = 'a'\n" + job("A") + "print(B)", "B"),
        ("A = 'a'\n" + job("A") + "A += 'b'\nprint(A)", "A"),
        ("A = 'a'\nif x:\n  A = 'b'\nprint(A)\nA = 'a'\n" + job("A") + "print(A)", "A"),
        ("def f(image):\n  print(image)\n  " + job("image") + "f('a')", "image"),
        ("def f(image):\n  " + job("image") + "A = 'a'\nf(A)\nprint(A)", "A"),
    ],
)
def test_a_constant_with_another_use_may_not_be_changed(source: str, name: str) -> None:
    (use,) = uses(source)
    assert use.message.startswith(f"{name} names this job's image")
    assert use.trace[0].startswith(f"also used as {name} (line ")


def test_every_job_of_a_constant_with_another_use_is_named() -> None:
    found = uses("A = 'a'\nprint(A)\n" + job("A") + job("A"))
    assert [use.job.facts.place.line for use in found] == [4, 5]


def test_a_job_that_stays_as_it_is_is_another_use() -> None:
    jobs = find_model_jobs(module_of(f"{IMPORT}A = 'a'\n{job('A')}{job('A')}"))
    (use,) = other_uses([(jobs[0], TARGET)])
    assert use.trace == ("also used as A (line 4)",)


def test_jobs_that_need_different_images_cannot_share_a_constant() -> None:
    found = uses("A = 'a'\n" + job("A") + job("A"), TARGET, "nvcr.io/nvidia/caffe:18.01")
    assert len(found) == 2


def test_jobs_that_need_different_images_cannot_share_a_registry() -> None:
    share = "r = models.ImageSourceRegistry(image='a')\ns = models.ContainerSettings(r)\n"
    one = "models.JobCreateParameters(container_settings=s)\n"
    assert uses(share + one + one) == ()
    found = uses(share + one + one, TARGET, "nvcr.io/nvidia/caffe:18.01")
    assert {use.message for use in found} == {
        "Jobs that need different images share one constant: give each its own."
    }
    assert len(found) == 2


def test_the_trace_in_a_notebook_names_the_cell() -> None:
    module = notebook_of(IMPORT, "A = 'a'", job("A"), "print(1)\nprint(A)")
    (use,) = other_uses([(each, TARGET) for each in find_model_jobs(module)])
    assert use.trace == ("also used as A (cell 3, line 2)",)

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.discover.tree import Source
from migrator.model import Place, Status
from migrator.understand.facts import Verdict
from migrator.understand.python.modules import Modules
from migrator.understand.reading import Reading, read_source, with_jobs
from tests.reading import notebook_bytes

JOB = (
    "from azure.mgmt.batchai import models\nmodels.JobCreateParameters(container_settings="
    "models.ContainerSettings(models.ImageSourceRegistry(image='bvlc/caffe:gpu')))\n"
)
SPEC = json.dumps({"properties": {"containerSettings": {"imageSourceRegistry": {"image": "bvlc/caffe:gpu"}}}})


class NoFiles:
    scripts: tuple[str, ...] = ()

    def read(self, path: str) -> bytes | None:
        return None

    def is_writable(self, path: str) -> bool:
        return False


def read(path: str, data: str | bytes) -> Reading:
    content = data.encode() if isinstance(data, str) else data
    return with_jobs(read_source(Source(path, content), Modules(NoFiles())))


def failure(path: str, data: str | bytes) -> tuple[Place, Verdict]:
    reading = read(path, data)
    (facts,) = reading.reported
    assert facts.problem is not None
    assert facts.problem.status is Status.FAILED
    assert (reading.python_jobs, reading.job_specs) == ((), ())
    return facts.place, facts.problem


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.py", ""),
        ("a.py", "x = 1"),
        ("a.ipynb", notebook_bytes("x = 1")),
        ("a.json", "{}"),
        ("a.txt", JOB),
        ("a.py", b"\xff\xfe"),
        ("a.py", "print 'old'"),
        ("a.ipynb", "not json"),
        ("a.json", "not json"),
        ("a.json", b"\xff"),
    ],
)
def test_a_file_that_names_no_container_has_nothing_to_tell(path: str, data: str | bytes) -> None:
    reading = read(path, data)
    assert (reading.path, reading.python_jobs, reading.job_specs, reading.reported) == (path, (), (), ())


def test_the_name_of_a_file_tells_its_kind() -> None:
    assert [job.facts.image for job in read("a.py", JOB).python_jobs] == ["bvlc/caffe:gpu"]
    assert [job.facts.image for job in read("a.ipynb", notebook_bytes(JOB)).python_jobs] == ["bvlc/caffe:gpu"]
    assert [spec.facts.image for spec in read("a.json", SPEC).job_specs] == ["bvlc/caffe:gpu"]


def test_a_script_that_does_not_parse_but_names_a_container_failed() -> None:
    place, problem = failure("a.py", JOB + "print 'old'\n")
    assert (place, problem.rule) == (Place("a.py", line=3), "syntax-error")


@pytest.mark.parametrize("source", ["f(" * 400 + ")" * 400, "x = " + "-" * 50_000 + "1", "(" * 9000])
def test_a_script_that_is_nested_too_deeply_failed(source: str) -> None:
    assert failure("a.py", f"{source}\n# ContainerSettings\n")[1].rule == "syntax-error"


def test_a_script_that_cannot_be_decoded_failed_where_it_names_a_container() -> None:
    assert failure("a.py", JOB.encode() + b"\xff")[1].rule == "unreadable-file"
    assert failure("a.py", JOB.encode("utf-16"))[1].rule == "unreadable-file"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_job_spec_in_a_wide_encoding_is_not_passed_over(encoding: str) -> None:
    assert failure("a.json", SPEC.encode(encoding))[1].rule == "invalid-json"


def test_json_that_does_not_parse_but_names_a_container_failed() -> None:
    place, problem = failure("a.json", SPEC + "\n]")
    assert (place.line, problem.rule) == (2, "invalid-json")
    assert failure("a.json", SPEC + SPEC)[1].rule == "invalid-json"


def test_json_that_is_nested_too_deeply_failed_where_it_names_a_container() -> None:
    assert failure("a.json", "[" * 9000 + SPEC + "]" * 9000)[1].rule == "invalid-json"


def test_a_broken_notebook_failed_where_it_names_a_container() -> None:
    assert failure("a.ipynb", notebook_bytes(JOB)[:-3])[1].status is Status.FAILED


def test_a_cell_that_does_not_parse_failed_and_the_others_are_read() -> None:
    reading = read("a.ipynb", notebook_bytes(JOB, "x = models.ContainerSettings(("))
    assert len(reading.python_jobs) == 1
    assert [facts.place for facts in reading.reported] == [Place("a.ipynb", 1, 1)]
    assert [facts.problem.rule for facts in reading.reported if facts.problem] == ["syntax-error"]


def test_a_cell_that_does_not_parse_and_names_no_container_is_no_matter() -> None:
    reading = read("a.ipynb", notebook_bytes(JOB, "print 'old'"))
    assert (len(reading.python_jobs), reading.reported) == (1, ())


def test_a_message_quotes_nothing_of_the_file() -> None:
    secret = "hunter2"  # noqa: S105 - stands for one
    for path, data in (
        ("a.py", f"ContainerSettings('{secret}' '"),
        ("a.json", f'{{"containerSettings": "{secret}" {secret}}}'),
        ("a.ipynb", notebook_bytes(f"ContainerSettings('{secret}' {secret} =")),
    ):
        assert secret not in failure(path, data)[1].message


PIECES = st.sampled_from(
    [
        *(
            "JobCreateParameters",
            "ContainerSettings",
            "from azure.mgmt.batchai import models\n",
            "models",
            "x",
        ),
        *(
            "import ",
            "def f(x):",
            "lambda:",
            "properties",
            "1",
            "\0",
            "\r",
            "\n",
            "\t",
            "\u2028",
            "\ud800",
            "é",
        ),
        *"()[]{}'\"\\ ,=.:#%!*f",
    ]
)


@given(st.sampled_from(["a.py", "a.ipynb", "a.json"]), st.lists(PIECES, max_size=30).map("".join))
def test_no_text_is_an_unexpected_error(path: str, text: str) -> None:
    data = text.encode(errors="surrogatepass")
    for content in (
        data,
        JOB.encode() + data,
        json.dumps({"cells": [{"cell_type": "code", "source": text}]}),
    ):
        assert read(path, content).path == path

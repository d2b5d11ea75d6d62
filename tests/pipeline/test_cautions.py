"""What a reader is told beside the verdicts: preparation commands, agreement, outputs, missing specs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrator.model import Status
from tests.trees import IMAGE, MODELS, findings, job, job_spec, jobs, notebook, planned, the_job

NGC = {
    "image": "nvcr.io/nvidia/tensorflow:18.05-py2",
    "serverUrl": "nvcr.io",
    "credentials": {"username": "$oauthtoken", "password": "<Your API Key>"},
}


def with_preparation(command: str) -> str:
    spec = json.loads(job_spec({"image": IMAGE}))
    spec["properties"]["jobPreparation"] = {"commandLine": command}
    return json.dumps(spec, indent=2)


@pytest.mark.parametrize("command", ["", "pip install numpy", "echo keras horovod", "apt install curl"])
def test_a_preparation_that_installs_nothing_of_the_image_is_not_mentioned(
    tmp_path: Path, command: str
) -> None:
    found = planned(tmp_path, {"job.json": with_preparation(command)})
    assert findings(found, "job-preparation") == []


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("apt update; pip install horovod", "Horovod (`pip install horovod`)"),
        ("pip3 install -U Keras", "Keras (`pip3 install -U Keras`)"),
        ("conda install -y keras", "Keras"),
        ("apt-get install -y libopenmpi-dev", "OpenMPI (`libopenmpi-dev`)"),
        ("apt install mpi-default-bin", "OpenMPI"),
        ("bash install_intel-mpi.sh", "Intel MPI"),
    ],
)
def test_a_preparation_that_installs_what_the_image_may_bring_is_named(
    tmp_path: Path, command: str, says: str
) -> None:
    (finding,) = findings(planned(tmp_path, {"job.json": with_preparation(command)}), "job-preparation")
    assert says in finding.message


def test_the_preparation_of_python_jobs_is_looked_at_too(tmp_path: Path) -> None:
    toolkit = "job_preparation=models.JobPreparation(command_line='pip install keras')"
    script = MODELS + job(toolkit=f"{toolkit},\n    tensor_flow_settings=models.TensorFlowSettings()")
    assert len(findings(planned(tmp_path, {"a.py": script}), "job-preparation")) == 1


def test_jobs_of_a_recipe_that_agree_are_not_mentioned(tmp_path: Path) -> None:
    files = {"a.py": MODELS + job(), "job.json": job_spec({"image": IMAGE})}
    assert findings(planned(tmp_path, files), "jobs-disagree") == []


def test_jobs_of_a_recipe_that_end_on_different_images_are_named(tmp_path: Path) -> None:
    files = {"a.py": MODELS + job(), "job.json": job_spec(NGC)}
    (finding,) = findings(planned(tmp_path, files), "jobs-disagree")
    assert "18.05-py2, nvcr.io/nvidia/tensorflow:18.07-py2" in finding.message


def test_jobs_of_a_recipe_that_log_in_differently_are_named(tmp_path: Path) -> None:
    reference = {"sourceVault": {"id": "/subscriptions/x"}, "secretUrl": "https://x"}
    login = {"username": "$oauthtoken", "passwordSecretReference": reference}
    spec = {**NGC, "image": "nvcr.io/nvidia/tensorflow:18.07-py2", "credentials": login}
    files = {"a.py": MODELS + job(), "job.json": job_spec(spec)}
    (finding,) = findings(planned(tmp_path, files), "jobs-disagree")
    assert "api-key and key-vault" in finding.message


def test_changed_cells_that_keep_outputs_are_listed(tmp_path: Path) -> None:
    document = json.loads(notebook(MODELS, job(), "print('done')", job(name="other")))
    for index in (1, 2):
        document["cells"][index]["outputs"] = [
            {"output_type": "stream", "name": "stdout", "text": ["done\n"]}
        ]
    (finding,) = findings(planned(tmp_path, {"a.ipynb": json.dumps(document)}), "stale-outputs")
    assert (finding.place.cell, "earlier run: 1." in finding.message) == (1, True)


@pytest.mark.parametrize(
    "files",
    [
        {"a.sh": "az batchai job create -n x -c spec.json\n", "spec.json": job_spec({"image": IMAGE})},
        {"a.sh": "az batchai job create -n x -c $SPEC\n"},
        {"a.sh": "az batchai job create -n x\n"},
        {
            "a.ipynb": notebook(
                "with open('spec.json', 'w') as f:\n    f.write(text)", "!az batchai job create -f spec.json"
            )
        },
    ],
)
def test_a_submitted_spec_that_can_be_looked_at_or_is_made_here_is_not_reported(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert [each for each in jobs(planned(tmp_path, files)) if each.rule == "job-spec-missing"] == []


@pytest.mark.parametrize(
    ("path", "text", "cell", "line"),
    [
        ("a.sh", "cd x\naz batchai job create -n x \\\n  --config-file 'spec.json'\n", -1, 2),
        ("a.ps1", "az batchai job create -c ..\\spec.json -n x\n", -1, 1),
        ("a.ipynb", notebook("x = 1", "y = 1\n!az batchai job create -f spec.json"), 1, 2),
        ("a.py", "import batchai\n!az batchai job create -f spec.json\n", -1, 2),
    ],
)
def test_a_submitted_spec_that_is_not_there_is_manual(
    tmp_path: Path, path: str, text: str, cell: int, line: int
) -> None:
    job = the_job(planned(tmp_path, {path: text}))
    assert (job.status, job.rule) == (Status.MANUAL, "job-spec-missing")
    assert (job.place.cell, job.place.line) == (cell, line)

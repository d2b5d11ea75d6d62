"""A plan of every kind of recipe, made by hand."""

from __future__ import annotations

from dataclasses import replace

from codemods.syntax.edits import Edit
from migrator.model import (
    Change,
    CredentialsMode,
    FileCounts,
    Finding,
    Framework,
    Job,
    NextStep,
    Place,
    Plan,
    Recipe,
    Severity,
    Status,
)

TARGET = "nvcr.io/nvidia/tensorflow:18.07-py2"
SPEC = b'{\n  "image": "tensorflow/tensorflow:1.8.0-gpu",\n  "nodeCount": 1\n}\n'
EMPTY = Plan(
    root="recipes",
    credentials=CredentialsMode.API_KEY,
    recipes=(),
    changes=(),
    files=FileCounts(),
    next_steps=(),
)


def job(path: str, status: Status, *, cell: int = -1, line: int = 1, **facts: object) -> Job:
    base = Job(
        place=Place(path, cell, line),
        framework=Framework.TENSORFLOW,
        node_count=1,
        image="tensorflow/tensorflow:1.8.0-gpu",
        target=None,
        status=status,
        rule="ngc-image",
        message="",
    )
    return replace(base, **facts)  # type: ignore[arg-type]


def recipe(path: str, *jobs: Job, findings: tuple[Finding, ...] = ()) -> Recipe:
    return Recipe(path=path, jobs=jobs, findings=findings)


def plan(*recipes: Recipe, **parts: object) -> Plan:
    return replace(EMPTY, recipes=recipes, **parts)  # type: ignore[arg-type]


MIGRATE = recipe(
    "TensorFlow/Digits",
    job("TensorFlow/Digits/job.json", Status.MIGRATE, line=2, target="nvcr.io/nvidia/tensorflow:18.07-py2"),
    job(
        "TensorFlow/Digits/digits.ipynb",
        Status.MIGRATE,
        cell=7,
        line=3,
        target="nvcr.io/nvidia/tensorflow:18.07-py2",
    ),
    findings=(
        Finding(
            rule="python-unknown",
            severity=Severity.WARNING,
            place=Place("TensorFlow/Digits/job.json", -1, 2),
            message="the Python of the image is not documented, so a script has to be tried out once in it",
            url="https://example.com/python",
        ),
    ),
)
BLOCKED = recipe(
    "CNTK/Two-Nodes",
    job(
        "CNTK/Two-Nodes/job.json",
        Status.BLOCKED,
        line=37,
        framework=Framework.CNTK,
        node_count=2,
        image="microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0",
        rule="cntk-distributed",
        message="CNTK jobs on several nodes do not run in the images of the registry",
        url="https://example.com/limits",
        trace=("node_count = 2", "job.json line 30"),
    ),
)
MIGRATED = recipe(
    "Caffe/Ready", job("Caffe/Ready/job.json", Status.MIGRATED, image="nvcr.io/nvidia/caffe:17.12")
)
CHANGE = Change(
    path="TensorFlow/Digits/job.json",
    before=SPEC,
    edits=(Edit(14, 45, TARGET.encode()), Edit(SPEC.index(b"1\n}"), len(SPEC) - 3, b"2")),
)
WHOLE = plan(
    MIGRATE,
    BLOCKED,
    MIGRATED,
    changes=(CHANGE,),
    files=FileCounts(changed=1, unchanged=3, skipped=2, blocked=1, failed=0),
    next_steps=(
        NextStep(title="Get an API key: Sign up, then copy it.", commands=("export NGC_API_KEY=...",)),
    ),
)

"""What a verdict tells beside its status: place, framework, messages, traces and links."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrator.catalogue.images import ImageReference
from migrator.catalogue.limitations import LIMITATIONS
from migrator.catalogue.ngc import choose
from migrator.decide.verdict import Decision, decide
from migrator.model import Framework, Place, Status
from migrator.options import Options
from migrator.understand.facts import Facts, Problem, RegistryState

TENSORFLOW = "tensorflow/tensorflow:1.8.0-gpu"
CNTK_3 = "microsoft/cntk:2.1-gpu-python3.5-cuda8.0-cudnn6.0"
NGC_CNTK = "nvcr.io/nvidia/cntk:18.08-py3"
FACTS = Facts(
    place=Place("a/submit.py", line=7),
    image=TENSORFLOW,
    node_count=2,
    node_count_trace=("nodes (line 3)",),
)
PROBLEM = Problem(rule="image-unknown", message="Why it is not known.")
CNTK = replace(FACTS, image="microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0")


def decided(image: str = TENSORFLOW, options: Options | None = None, **known: object) -> Decision:
    return decide(replace(FACTS, image=image, **known), options or Options())  # type: ignore[arg-type]


NGC = "nvcr.io/nvidia/tensorflow:17.10"
EVERY_VERDICT: list[tuple[Status, Facts, Options]] = [
    (Status.MIGRATE, FACTS, Options()),
    (Status.MIGRATE, replace(FACTS, image=NGC, registry=RegistryState.NGC_INCOMPLETE), Options()),
    (Status.MIGRATED, replace(FACTS, image=NGC, registry=RegistryState.NGC_COMPLETE), Options()),
    (Status.BLOCKED, CNTK, Options()),
    (Status.MANUAL, replace(CNTK, node_count=None), Options()),
    (Status.MANUAL, replace(FACTS, problem=PROBLEM), Options()),
    (Status.MANUAL, replace(FACTS, registry=RegistryState.PRIVATE), Options()),
    (Status.MANUAL, replace(FACTS, image="tensorflow/tensorflow:1.8.0"), Options()),
    (Status.MANUAL, replace(FACTS, image="tensorflow/tensorflow:2.3.0-gpu"), Options()),
]


@pytest.mark.parametrize(("status", "facts", "options"), EVERY_VERDICT)
def test_every_verdict_tells_place_framework_nodes_and_image(
    status: Status, facts: Facts, options: Options
) -> None:
    job = decide(facts, options).job
    framework = Framework.CNTK if facts.image == CNTK.image else Framework.TENSORFLOW
    assert (job.status, job.framework) == (status, framework)
    assert (job.place, job.node_count, job.image) == (facts.place, facts.node_count, facts.image)


@pytest.mark.parametrize(
    ("status", "facts", "options"),
    [*EVERY_VERDICT, (Status.MANUAL, replace(FACTS, image="not an image"), Options())],
)
def test_every_message_is_a_sentence(status: Status, facts: Facts, options: Options) -> None:
    job = decide(facts, options).job
    assert job.status is status
    assert job.message.endswith(".")
    assert not job.message.endswith("..")
    names = tuple(name for name in (job.image, job.target) if name)
    assert job.message[0].isupper() or job.message.startswith(names)


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ("example/mine:1", "--image example/mine:1=IMAGE"),
        ("tensorflow/tensorflow:2.3.0-gpu", "tensorflow/tensorflow:2.3.0-gpu; name one with --image"),
    ],
)
def test_what_needs_an_image_names_it_and_the_option(image: str, says: str) -> None:
    assert says in decided(image).job.message


def test_an_image_that_stays_says_why() -> None:
    job = decided(NGC, registry=RegistryState.NGC_INCOMPLETE).job
    assert job.message == "It is on nvcr.io already."


def test_a_problem_keeps_the_framework_of_the_image() -> None:
    assert decided("bvlc/caffe:gpu", problem=PROBLEM).job.framework is Framework.CAFFE


def test_only_an_unknown_node_count_is_traced() -> None:
    assert decided(CNTK_3, node_count=None).job.trace == ("nodes (line 3)",)
    assert decided(CNTK_3).job.status is Status.BLOCKED
    assert decided(CNTK_3).job.trace == ()


def test_only_a_limitation_has_a_link() -> None:
    assert decide(CNTK, Options()).job.url == LIMITATIONS[0].url
    assert decided().job.url == ""


def test_the_catalogues_own_choice_lifts_nothing() -> None:
    # Its target is outside of the images that the source of the limitation names.
    target = choose(Framework.CNTK, ImageReference.parse(CNTK_3), overrides={})
    assert target is not None
    assert target.image == NGC_CNTK
    assert decided(CNTK_3).job.rule == "cntk-distributed"


@pytest.mark.parametrize(
    ("images", "status"),
    [
        ({"cntk": NGC_CNTK}, Status.MIGRATED),
        ({"example/mine:1": NGC_CNTK}, Status.MIGRATED),
        ({"tensorflow": NGC_CNTK}, Status.BLOCKED),
        ({"cntk": "nvcr.io/nvidia/cntk:18.01-py3"}, Status.BLOCKED),
    ],
)
def test_an_image_on_ngc_is_the_users_where_an_option_for_it_says_so(
    images: dict[str, str], status: Status
) -> None:
    decision = decided(NGC_CNTK, Options(images=images), registry=RegistryState.NGC_COMPLETE)
    assert (decision.job.status, decision.job.framework) == (status, Framework.CNTK)


def test_warnings_stand_at_the_job_and_keep_note_and_link() -> None:
    image = "tensorflow/tensorflow:1.12.0-gpu-py3"
    target = choose(Framework.TENSORFLOW, ImageReference.parse(image), overrides={})
    assert target is not None
    assert [note.url[:8] for note in target.notes] == ["https://"]
    found = decided(image).findings
    assert [(each.rule, each.message, each.url) for each in found] == [
        (note.rule, note.message, note.url) for note in target.notes
    ]
    assert {each.place for each in found} == {FACTS.place}


def test_a_lifted_limitation_keeps_its_link() -> None:
    (lifted,) = [
        each
        for each in decided(CNTK_3, Options(images={"cntk": NGC_CNTK})).findings
        if each.rule == "limitation-lifted"
    ]
    assert lifted.url.startswith("https://")
    assert NGC_CNTK in lifted.message

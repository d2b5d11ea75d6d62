from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.catalogue.images import ImageReference
from migrator.catalogue.limitations import LIMITATIONS
from migrator.catalogue.ngc import choose
from migrator.decide.verdict import decide
from migrator.model import Finding, Framework, Job, Place, Severity, Status
from migrator.options import Options
from migrator.understand.facts import Facts, Problem, RegistryState

PLACE = Place("a/submit.py", line=7)
CNTK = "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0"
CHAINER = "nvcr.io/partners/chainer:4.0.0b1"
TENSORFLOW = "tensorflow/tensorflow:1.8.0-gpu"
CNTK_3 = "microsoft/cntk:2.1-gpu-python3.5-cuda8.0-cudnn6.0"
NGC_CNTK = "nvcr.io/nvidia/cntk:18.08-py3"


class Decision(NamedTuple):
    """What is decided of a job."""

    job: Job
    findings: tuple[Finding, ...]


def decided(image: str | None, options: Options | None = None, **known: object) -> Decision:
    facts = Facts(place=PLACE, image=image, node_count=1)
    return Decision(*decide(replace(facts, **known), options or Options()))  # type: ignore[arg-type]


def rules(decision: Decision) -> set[str]:
    return {finding.rule for finding in decision.findings}


@pytest.mark.parametrize("status", [Status.SKIPPED, Status.MANUAL, Status.FAILED])
def test_a_problem_of_the_facts_is_the_verdict(status: Status) -> None:
    problem = Problem(rule="no-container", message="Why.", status=status, trace=("name (line 1)",))
    job = decided("tensorflow/tensorflow:1.8.0-gpu", problem=problem).job
    assert (job.status, job.rule, job.message, job.trace, job.target) == (
        status,
        "no-container",
        "Why.",
        ("name (line 1)",),
        None,
    )


@pytest.mark.parametrize("image", [None, "", "not an image", "upper/CASE", "a:b:c"])
def test_what_is_no_image_reference_is_manual(image: str | None) -> None:
    job = decided(image).job
    assert (job.status, job.rule) == (Status.MANUAL, "image-unknown")


def test_an_image_that_is_migrated_already_stays_and_has_no_target() -> None:
    decision = decided("nvcr.io/nvidia/tensorflow:17.10", registry=RegistryState.NGC_COMPLETE)
    job = decision.job
    assert (job.status, job.rule, job.target, decision.findings) == (Status.MIGRATED, "already-ngc", None, ())


def test_an_override_does_not_touch_an_image_that_is_migrated_already() -> None:
    options = Options(images={"tensorflow": "nvcr.io/nvidia/tensorflow:18.08-py3"})
    decision = decided("nvcr.io/nvidia/tensorflow:17.10", options, registry=RegistryState.NGC_COMPLETE)
    assert decision.job.status is Status.MIGRATED


def test_an_image_on_nvcr_io_that_lacks_something_is_completed_as_it_is() -> None:
    decision = decided("nvcr.io/nvidia/tensorflow:17.10", registry=RegistryState.NGC_INCOMPLETE)
    job = decision.job
    assert (job.status, job.target) == (Status.MIGRATE, "nvcr.io/nvidia/tensorflow:17.10")
    assert decision.findings == ()


@pytest.mark.parametrize("registry", [RegistryState.NGC_COMPLETE, RegistryState.NGC_INCOMPLETE])
@pytest.mark.parametrize(
    ("image", "rule"),
    [
        ("nvcr.io/nvidia/cntk:17.10", "cntk-distributed"),
        ("nvcr.io/nvidia/cntk:18.08-py3", "cntk-distributed"),
        ("nvcr.io/nvidia/caffe2:18.01", "caffe2-version"),
        (CHAINER, "chainer-distributed"),
    ],
)
def test_limitations_hold_on_nvcr_io_with_credentials_and_without(
    registry: RegistryState, image: str, rule: str
) -> None:
    job = decided(image, registry=registry, node_count=2).job
    assert (job.status, job.rule, job.target) == (Status.BLOCKED, rule, None)
    assert job.url.startswith("https://")


@pytest.mark.parametrize(
    ("image", "target"),
    [
        ("tensorflow/tensorflow:1.8.0-gpu", "nvcr.io/nvidia/tensorflow:18.07-py2"),
        ("tensorflow/tensorflow:1.8.0-gpu-py3", "nvcr.io/nvidia/tensorflow:18.07-py3"),
        ("docker.io/tensorflow/tensorflow:1.4.0-gpu", "nvcr.io/nvidia/tensorflow:17.12"),
        ("pytorch/pytorch:0.4_cuda9_cudnn7", "nvcr.io/nvidia/pytorch:18.05-py3"),
        ("bvlc/caffe:gpu", "nvcr.io/nvidia/caffe:17.12"),
        ("caffe2ai/caffe2", "nvcr.io/nvidia/caffe2:17.10"),
        (CNTK, "nvcr.io/nvidia/cntk:17.12"),
        ("microsoft/cntk:2.1-gpu-python3.5-cuda8.0-cudnn6.0", "nvcr.io/nvidia/cntk:18.08-py3"),
    ],
)
def test_a_public_framework_image_is_replaced(image: str, target: str) -> None:
    job = decided(image).job
    assert (job.status, job.rule, job.target) == (Status.MIGRATE, "ngc-image", target)


@pytest.mark.parametrize("image", ["batchaitraining/tensorflow:1.1.0-gpu", "batchaitraining/pytorch"])
def test_microsofts_own_builds_are_replaced(image: str) -> None:
    job = decided(image).job
    assert job.status is Status.MIGRATE
    assert (job.target or "").startswith("nvcr.io/nvidia/")


@pytest.mark.parametrize(
    "image", ["me/training:3", "ubuntu:16.04", "example.azurecr.io/tensorflow/tensorflow:1.8.0-gpu"]
)
def test_a_custom_image_is_the_users(image: str) -> None:
    job = decided(image, toolkit=Framework.TENSORFLOW).job
    assert (job.status, job.rule, job.target) == (Status.MANUAL, "custom-image", None)


def test_an_override_of_the_framework_does_not_replace_a_custom_image() -> None:
    options = Options(images={"tensorflow": "nvcr.io/nvidia/tensorflow:17.12"})
    job = decided("me/training:3", options, toolkit=Framework.TENSORFLOW).job
    assert (job.status, job.rule) == (Status.MANUAL, "custom-image")


@pytest.mark.parametrize("key", ["me/training:3", "docker.io/me/training:3"])
def test_a_custom_image_that_is_mapped_itself_is_replaced(key: str) -> None:
    options = Options(images={key: "nvcr.io/nvidia/tensorflow:17.12"})
    job = decided("me/training:3", options).job
    assert (job.status, job.target) == (Status.MIGRATE, "nvcr.io/nvidia/tensorflow:17.12")


def test_a_newer_major_version_than_any_of_the_registrys_is_manual() -> None:
    job = decided("tensorflow/tensorflow:2.3.0-gpu").job
    assert (job.status, job.rule, job.target) == (Status.MANUAL, "no-target-image", None)


@pytest.mark.parametrize(
    "image", ["tensorflow/tensorflow:1.8.0", "tensorflow/tensorflow", "microsoft/cntk:2.5.1-cpu-python2.7"]
)
def test_an_image_for_cpus_is_manual(image: str) -> None:
    job = decided(image).job
    assert (job.status, job.rule) == (Status.MANUAL, "cpu-image")


def test_an_image_of_another_framework_than_the_toolkits_is_manual() -> None:
    job = decided("tensorflow/tensorflow:1.8.0-gpu", toolkit=Framework.CNTK).job
    assert (job.status, job.rule, job.framework) == (Status.MANUAL, "framework-mismatch", Framework.CNTK)


def test_an_image_of_a_registry_of_its_own_is_manual() -> None:
    job = decided("tensorflow/tensorflow:1.8.0-gpu", registry=RegistryState.PRIVATE).job
    assert (job.status, job.rule) == (Status.MANUAL, "private-registry")


def test_a_distributed_cntk_job_is_blocked_and_quotes_the_source() -> None:
    job = decided(CNTK, node_count=2).job
    assert (job.status, job.rule, job.target) == (Status.BLOCKED, "cntk-distributed", None)
    assert job.message.endswith(".")
    assert not job.message.endswith("..")


@pytest.mark.parametrize("image", [CNTK, "chainer/chainer:latest"])
def test_an_unknown_node_count_is_manual_where_it_matters(image: str) -> None:
    job = decided(image, node_count=None, node_count_trace=("input() (line 3)",)).job
    assert (job.status, job.rule) == (Status.MANUAL, "node-count-unknown")
    assert job.trace == ("input() (line 3)",)
    assert not job.message.endswith("..")


def test_an_unknown_node_count_does_not_matter_for_tensorflow() -> None:
    assert decided("tensorflow/tensorflow:1.8.0-gpu", node_count=None).job.status is Status.MIGRATE


LIFTING = Options(images={"cntk": "nvcr.io/nvidia/cntk:18.08-py3"})


@pytest.mark.parametrize("node_count", [2, None])
def test_the_users_own_image_lifts_the_limitation_with_a_warning(node_count: int | None) -> None:
    decision = decided(CNTK, LIFTING, node_count=node_count)
    assert (decision.job.status, decision.job.target) == (Status.MIGRATE, "nvcr.io/nvidia/cntk:18.08-py3")
    (lifted,) = [finding for finding in decision.findings if finding.rule == "limitation-lifted"]
    assert (lifted.severity, lifted.place) == (Severity.WARNING, PLACE)
    assert not lifted.message.endswith("..")


def test_what_was_lifted_stays_lifted_once_the_image_stands_there() -> None:
    def status(image: str, options: Options) -> Status:
        return decided(image, options, registry=RegistryState.NGC_COMPLETE, node_count=2).job.status

    assert status("nvcr.io/nvidia/cntk:18.08-py3", LIFTING) is Status.MIGRATED
    assert status("nvcr.io/nvidia/cntk:18.05-py3", LIFTING) is Status.BLOCKED
    assert status("nvcr.io/nvidia/cntk:18.08-py3", Options()) is Status.BLOCKED


def test_the_users_image_among_those_of_the_source_lifts_nothing() -> None:
    options = Options(images={"cntk": "nvcr.io/nvidia/cntk:17.10"})
    assert decided(CNTK, options, node_count=2).job.status is Status.BLOCKED


def test_what_changes_with_the_image_is_a_warning() -> None:
    decision = decided(CNTK.replace("2.5.1", "2.1"))
    assert rules(decision) <= {"framework-version-changes", "framework-version-unknown", "python-unknown"}
    assert decision.findings
    assert {finding.severity for finding in decision.findings} == {Severity.WARNING}


def test_the_framework_is_that_of_the_toolkit_else_of_the_image() -> None:
    assert decided("me/training:3", toolkit=Framework.CHAINER).job.framework is Framework.CHAINER
    assert decided("bvlc/caffe:gpu").job.framework is Framework.CAFFE
    assert decided("me/training:3").job.framework is None


@given(
    st.one_of(st.none(), st.text(max_size=40), st.sampled_from([CNTK, CHAINER, "bvlc/caffe:gpu"])),
    st.sampled_from(list(RegistryState)),
    st.one_of(st.none(), st.sampled_from(list(Framework))),
    st.one_of(st.none(), st.integers(-1, 5)),
)
def test_any_facts_have_one_verdict_and_only_migrate_has_a_target(
    image: str | None, registry: RegistryState, toolkit: Framework | None, node_count: int | None
) -> None:
    job = decided(image, registry=registry, toolkit=toolkit, node_count=node_count).job
    assert (job.target is not None) == (job.status is Status.MIGRATE)
    assert job.rule
    assert job.message


FACTS = Facts(place=PLACE, image=TENSORFLOW, node_count=2, node_count_trace=("nodes (line 3)",))
TWO_CNTK = replace(FACTS, image=CNTK)
PROBLEM = Problem(rule="image-unknown", message="Why it is not known.")
NGC = "nvcr.io/nvidia/tensorflow:17.10"
EVERY_VERDICT: list[tuple[Status, Facts, Options]] = [
    (Status.MIGRATE, FACTS, Options()),
    (Status.MIGRATE, replace(FACTS, image=NGC, registry=RegistryState.NGC_INCOMPLETE), Options()),
    (Status.MIGRATED, replace(FACTS, image=NGC, registry=RegistryState.NGC_COMPLETE), Options()),
    (Status.BLOCKED, TWO_CNTK, Options()),
    (Status.MANUAL, replace(TWO_CNTK, node_count=None), Options()),
    (Status.MANUAL, replace(FACTS, problem=PROBLEM), Options()),
    (Status.MANUAL, replace(FACTS, registry=RegistryState.PRIVATE), Options()),
    (Status.MANUAL, replace(FACTS, image="tensorflow/tensorflow:1.8.0"), Options()),
    (Status.MANUAL, replace(FACTS, image="tensorflow/tensorflow:2.3.0-gpu"), Options()),
]


@pytest.mark.parametrize(("status", "facts", "options"), EVERY_VERDICT)
def test_every_verdict_tells_place_framework_nodes_and_image(
    status: Status, facts: Facts, options: Options
) -> None:
    job, _ = decide(facts, options)
    framework = Framework.CNTK if facts.image == CNTK else Framework.TENSORFLOW
    assert (job.status, job.framework) == (status, framework)
    assert (job.place, job.node_count, job.image) == (facts.place, facts.node_count, facts.image)


@pytest.mark.parametrize(
    ("status", "facts", "options"),
    [*EVERY_VERDICT, (Status.MANUAL, replace(FACTS, image="not an image"), Options())],
)
def test_every_message_is_a_sentence(status: Status, facts: Facts, options: Options) -> None:
    job, _ = decide(facts, options)
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
    assert decided(CNTK_3, node_count=None, node_count_trace=("nodes (line 3)",)).job.trace == (
        "nodes (line 3)",
    )
    assert decided(CNTK_3, node_count=2).job.status is Status.BLOCKED
    assert decided(CNTK_3, node_count=2).job.trace == ()


def test_only_a_limitation_has_a_link() -> None:
    assert decide(TWO_CNTK, Options())[0].url == LIMITATIONS[0].url
    assert decided(TENSORFLOW).job.url == ""


def test_the_catalogues_own_choice_lifts_nothing() -> None:
    # Its target is outside of the images that the source of the limitation names.
    target = choose(Framework.CNTK, ImageReference.parse(CNTK_3), overrides={})
    assert target is not None
    assert target.image == NGC_CNTK
    assert decided(CNTK_3, node_count=2).job.rule == "cntk-distributed"


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
    decision = decided(NGC_CNTK, Options(images=images), registry=RegistryState.NGC_COMPLETE, node_count=2)
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
        for each in decided(CNTK_3, Options(images={"cntk": NGC_CNTK}), node_count=2).findings
        if each.rule == "limitation-lifted"
    ]
    assert lifted.url.startswith("https://")
    assert NGC_CNTK in lifted.message

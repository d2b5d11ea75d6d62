from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.catalogue.images import ImageReference
from migrator.catalogue.limitations import LIMITATIONS
from migrator.catalogue.ngc import choose
from migrator.decide.verdict import Ruling, decide
from migrator.model import Framework, Place, Severity, Status
from migrator.options import Options
from migrator.understand.facts import Facts, RegistryState, Verdict
from migrator.understand.jobs import Cluster

PLACE = Place("a/submit.py", line=7)
CNTK = "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0"
CHAINER = "nvcr.io/partners/chainer:4.0.0b1"
TENSORFLOW = "tensorflow/tensorflow:1.8.0-gpu"
CNTK_3 = "microsoft/cntk:2.1-gpu-python3.5-cuda8.0-cudnn6.0"
NGC_CNTK = "nvcr.io/nvidia/cntk:18.08-py3"


V100 = Cluster(Place("a/create.sh"), "Standard_NC6s_v3")
K80 = Cluster(Place("a/create.sh", line=3), "STANDARD_NC6")
CPU = Cluster(Place("a/create.py", line=4), "Standard_D2_v2")


def decided(
    image: str | None,
    options: Options | None = None,
    clusters: tuple[Cluster, ...] = (V100,),
    **known: object,
) -> Ruling:
    facts = replace(Facts(place=PLACE, image=image, node_count=1), **known)  # type: ignore[arg-type]
    return decide(facts, options or Options(), clusters)


def rules(verdict: Ruling) -> set[str]:
    return {finding.rule for finding in verdict[1]}


@pytest.mark.parametrize("status", [Status.SKIPPED, Status.MANUAL, Status.FAILED])
def test_a_problem_of_the_facts_is_the_verdict(status: Status) -> None:
    problem = Verdict("no-container", "Why.", status=status, trace=("name (line 1)",))
    job = decided("tensorflow/tensorflow:1.8.0-gpu", problem=problem)[0]
    assert (job.status, job.rule, job.message, job.trace, job.target) == (
        status,
        "no-container",
        "Why.",
        ("name (line 1)",),
        None,
    )


@pytest.mark.parametrize("image", [None, "", "not an image", "upper/CASE", "a:b:c"])
def test_what_is_no_image_reference_is_manual(image: str | None) -> None:
    job = decided(image)[0]
    assert (job.status, job.rule) == (Status.MANUAL, "image-unknown")


def test_an_image_that_is_migrated_already_stays_and_has_no_target() -> None:
    job, findings = decided("nvcr.io/nvidia/tensorflow:17.10", registry=RegistryState.NGC_COMPLETE)
    assert (job.status, job.rule, job.target, findings) == (Status.MIGRATED, "already-ngc", None, ())


def test_an_override_does_not_touch_an_image_that_is_migrated_already() -> None:
    options = Options(images={"tensorflow": "nvcr.io/nvidia/tensorflow:18.08-py3"})
    job, _ = decided("nvcr.io/nvidia/tensorflow:17.10", options, registry=RegistryState.NGC_COMPLETE)
    assert job.status is Status.MIGRATED


def test_an_image_on_nvcr_io_that_lacks_something_is_completed_as_it_is() -> None:
    job, findings = decided("nvcr.io/nvidia/tensorflow:17.10", registry=RegistryState.NGC_INCOMPLETE)
    assert (job.status, job.target) == (Status.MIGRATE, "nvcr.io/nvidia/tensorflow:17.10")
    assert findings == ()


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
    job = decided(image, registry=registry, node_count=2)[0]
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
    job = decided(image)[0]
    assert (job.status, job.rule, job.target) == (Status.MIGRATE, "ngc-image", target)


@pytest.mark.parametrize("image", ["batchaitraining/tensorflow:1.1.0-gpu", "batchaitraining/pytorch"])
def test_microsofts_own_builds_are_replaced(image: str) -> None:
    job = decided(image)[0]
    assert job.status is Status.MIGRATE
    assert (job.target or "").startswith("nvcr.io/nvidia/")


@pytest.mark.parametrize(
    "image", ["me/training:3", "ubuntu:16.04", "example.azurecr.io/tensorflow/tensorflow:1.8.0-gpu"]
)
def test_a_custom_image_is_the_users(image: str) -> None:
    job = decided(image, toolkit=Framework.TENSORFLOW)[0]
    assert (job.status, job.rule, job.target) == (Status.MANUAL, "custom-image", None)


def test_an_override_of_the_framework_does_not_replace_a_custom_image() -> None:
    options = Options(images={"tensorflow": "nvcr.io/nvidia/tensorflow:17.12"})
    job = decided("me/training:3", options, toolkit=Framework.TENSORFLOW)[0]
    assert (job.status, job.rule) == (Status.MANUAL, "custom-image")


@pytest.mark.parametrize("key", ["me/training:3", "docker.io/me/training:3"])
def test_a_custom_image_that_is_mapped_itself_is_replaced(key: str) -> None:
    options = Options(images={key: "nvcr.io/nvidia/tensorflow:17.12"})
    job = decided("me/training:3", options)[0]
    assert (job.status, job.target) == (Status.MIGRATE, "nvcr.io/nvidia/tensorflow:17.12")


def test_a_newer_version_than_any_of_the_registrys_is_manual() -> None:
    job = decided("tensorflow/tensorflow:2.3.0-gpu")[0]
    assert (job.status, job.rule, job.target) == (Status.MANUAL, "no-target-image", None)


@pytest.mark.parametrize(
    "image", ["tensorflow/tensorflow:1.8.0", "tensorflow/tensorflow", "microsoft/cntk:2.5.1-cpu-python2.7"]
)
def test_an_image_for_cpus_is_manual(image: str) -> None:
    job = decided(image)[0]
    assert (job.status, job.rule) == (Status.MANUAL, "cpu-image")


def test_an_image_of_another_framework_than_the_toolkits_is_manual() -> None:
    job = decided("tensorflow/tensorflow:1.8.0-gpu", toolkit=Framework.CNTK)[0]
    assert (job.status, job.rule, job.framework) == (Status.MANUAL, "framework-mismatch", Framework.CNTK)


def test_an_image_of_a_registry_of_its_own_is_manual() -> None:
    job = decided("tensorflow/tensorflow:1.8.0-gpu", registry=RegistryState.PRIVATE)[0]
    assert (job.status, job.rule) == (Status.MANUAL, "private-registry")


def test_a_distributed_cntk_job_is_blocked_and_quotes_the_source() -> None:
    job = decided(CNTK, node_count=2)[0]
    assert (job.status, job.rule, job.target) == (Status.BLOCKED, "cntk-distributed", None)
    assert job.message.endswith(".")
    assert not job.message.endswith("..")


@pytest.mark.parametrize("image", [CNTK, "chainer/chainer:latest"])
def test_an_unknown_node_count_is_manual_where_it_matters(image: str) -> None:
    job = decided(image, node_count=None, node_count_trace=("input() (line 3)",))[0]
    assert (job.status, job.rule) == (Status.MANUAL, "node-count-unknown")
    assert job.trace == ("input() (line 3)",)
    assert not job.message.endswith("..")


def test_an_unknown_node_count_does_not_matter_for_tensorflow() -> None:
    assert decided("tensorflow/tensorflow:1.8.0-gpu", node_count=None)[0].status is Status.MIGRATE


LIFTING = Options(images={"cntk": "nvcr.io/nvidia/cntk:18.08-py3"})


@pytest.mark.parametrize("node_count", [2, None])
def test_the_users_own_image_lifts_the_limitation_with_a_warning(node_count: int | None) -> None:
    job, findings = decided(CNTK, LIFTING, node_count=node_count)
    assert (job.status, job.target) == (Status.MIGRATE, "nvcr.io/nvidia/cntk:18.08-py3")
    (lifted,) = [finding for finding in findings if finding.rule == "limitation-lifted"]
    assert (lifted.severity, lifted.place) == (Severity.WARNING, PLACE)
    assert not lifted.message.endswith("..")


def test_what_was_lifted_stays_lifted_once_the_image_stands_there() -> None:
    def status(image: str, options: Options) -> Status:
        return decided(image, options, registry=RegistryState.NGC_COMPLETE, node_count=2)[0].status

    assert status("nvcr.io/nvidia/cntk:18.08-py3", LIFTING) is Status.MIGRATED
    assert status("nvcr.io/nvidia/cntk:18.05-py3", LIFTING) is Status.BLOCKED
    assert status("nvcr.io/nvidia/cntk:18.08-py3", Options()) is Status.BLOCKED


def test_the_users_image_among_those_of_the_source_lifts_nothing() -> None:
    options = Options(images={"cntk": "nvcr.io/nvidia/cntk:17.10"})
    assert decided(CNTK, options, node_count=2)[0].status is Status.BLOCKED


def test_what_changes_with_the_image_is_a_warning() -> None:
    job, findings = decided(CNTK.replace("2.5.1", "2.1"))
    assert rules((job, findings)) <= {
        "framework-version-changes",
        "framework-version-unknown",
        "python-unknown",
    }
    assert findings
    assert {finding.severity for finding in findings} == {Severity.WARNING}


def test_the_framework_is_that_of_the_toolkit_else_of_the_image() -> None:
    assert decided("me/training:3", toolkit=Framework.CHAINER)[0].framework is Framework.CHAINER
    assert decided("bvlc/caffe:gpu")[0].framework is Framework.CAFFE
    assert decided("me/training:3")[0].framework is None


@given(
    st.one_of(st.none(), st.text(max_size=40), st.sampled_from([CNTK, CHAINER, "bvlc/caffe:gpu"])),
    st.sampled_from(list(RegistryState)),
    st.one_of(st.none(), st.sampled_from(list(Framework))),
    st.one_of(st.none(), st.integers(-1, 5)),
)
def test_any_facts_have_one_verdict_and_only_migrate_has_a_target(
    image: str | None, registry: RegistryState, toolkit: Framework | None, node_count: int | None
) -> None:
    job = decided(image, registry=registry, toolkit=toolkit, node_count=node_count)[0]
    assert (job.target is not None) == (job.status is Status.MIGRATE)
    assert job.rule
    assert job.message


FACTS = Facts(place=PLACE, image=TENSORFLOW, node_count=2, node_count_trace=("nodes (line 3)",))
TWO_CNTK = replace(FACTS, image=CNTK)
PROBLEM = Verdict("image-unknown", "Why it is not known.")
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
    job = decide(facts, options)[0]
    framework = Framework.CNTK if facts.image == CNTK else Framework.TENSORFLOW
    assert (job.status, job.framework) == (status, framework)
    assert (job.place, job.node_count, job.image) == (facts.place, facts.node_count, facts.image)


@pytest.mark.parametrize(
    ("status", "facts", "options"),
    [*EVERY_VERDICT, (Status.MANUAL, replace(FACTS, image="not an image"), Options())],
)
def test_every_message_is_a_sentence(status: Status, facts: Facts, options: Options) -> None:
    job = decide(facts, options)[0]
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
    assert says in decided(image)[0].message


def test_an_image_that_stays_says_why() -> None:
    job = decided(NGC, registry=RegistryState.NGC_INCOMPLETE)[0]
    assert job.message == "It is on nvcr.io already."


def test_a_problem_keeps_the_framework_of_the_image() -> None:
    assert decided("bvlc/caffe:gpu", problem=PROBLEM)[0].framework is Framework.CAFFE


def test_only_an_unknown_node_count_is_traced() -> None:
    assert decided(CNTK_3, node_count=None, node_count_trace=("nodes (line 3)",))[0].trace == (
        "nodes (line 3)",
    )
    assert decided(CNTK_3, node_count=2)[0].status is Status.BLOCKED
    assert decided(CNTK_3, node_count=2)[0].trace == ()


def test_only_a_limitation_has_a_link() -> None:
    assert decide(TWO_CNTK, Options())[0].url == LIMITATIONS[0].url
    assert decided(TENSORFLOW)[0].url == ""


def test_the_catalogues_own_choice_lifts_nothing() -> None:
    # Its target is outside of the images that the source of the limitation names.
    target = choose(Framework.CNTK, ImageReference.parse(CNTK_3), overrides={})
    assert target is not None
    assert target.image == NGC_CNTK
    assert decided(CNTK_3, node_count=2)[0].rule == "cntk-distributed"


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
    job, _ = decided(NGC_CNTK, Options(images=images), registry=RegistryState.NGC_COMPLETE, node_count=2)
    assert (job.status, job.framework) == (status, Framework.CNTK)


def test_warnings_stand_at_the_job_and_keep_note_and_link() -> None:
    image = "tensorflow/tensorflow:1.6.0-gpu-py3"
    target = choose(Framework.TENSORFLOW, ImageReference.parse(image), overrides={})
    assert target is not None
    assert [note.url[:8] for note in target.notes] == ["https://"]
    found = decided(image)[1]
    assert [(each.rule, each.message, each.url) for each in found] == [
        (note.rule, note.message, note.url) for note in target.notes
    ]
    assert {each.place for each in found} == {FACTS.place}


def test_a_lifted_limitation_keeps_its_link() -> None:
    (lifted,) = [
        each
        for each in decided(CNTK_3, Options(images={"cntk": NGC_CNTK}), node_count=2)[1]
        if each.rule == "limitation-lifted"
    ]
    assert lifted.url.startswith("https://")
    assert NGC_CNTK in lifted.message


TF = "nvcr.io/nvidia/tensorflow"


def told(verdict: Ruling, rule: str) -> str:
    (message,) = [finding.message for finding in verdict[1] if finding.rule == rule]
    return message


def test_the_size_of_the_cluster_is_the_jobs() -> None:
    assert decided(TENSORFLOW, clusters=(K80, K80))[0].vm_size == "STANDARD_NC6"
    assert decided(TENSORFLOW, clusters=(K80, V100))[0].vm_size is None
    assert decided("me/training:3", clusters=(K80,))[0].vm_size == "STANDARD_NC6"
    assert decided(TENSORFLOW, clusters=(replace(K80, is_shown=True),))[0].vm_size is None


def test_a_gpu_that_is_too_old_is_a_warning_with_the_facts_and_the_ways_out() -> None:
    verdict = decided(TENSORFLOW, clusters=(K80,))
    message = told(verdict, "gpu-too-old")
    assert verdict[0].target == f"{TF}:18.07-py2"
    for fact in ("STANDARD_NC6", "a/create.sh:3", "K80", "3.7", "5.2", "caffe#525", "newer size", "--gpu"):
        assert fact in message


@pytest.mark.parametrize("clusters", [(K80, V100), (V100, K80), (V100, Cluster(PLACE, None), K80)])
def test_one_gpu_that_is_too_old_is_enough(clusters: tuple[Cluster, ...]) -> None:
    assert "gpu-too-old" in rules(decided(TENSORFLOW, clusters=clusters))


def test_a_gpu_that_the_image_was_built_for_says_nothing() -> None:
    assert decided(TENSORFLOW)[1] == ()
    assert not rules(decided("tensorflow/tensorflow:latest-gpu", clusters=(K80,))) & {
        "gpu-too-old",
        "gpu-unknown",
    }


@pytest.mark.parametrize(
    ("image", "clusters", "says"),
    [
        (TENSORFLOW, (), "No cluster of the recipe is seen"),
        (TENSORFLOW, (Cluster(PLACE, None),), "The size of a cluster (a/submit.py:7) is not known"),
        (TENSORFLOW, (Cluster(PLACE, "Standard_XY7"),), "Standard_XY7"),
        (
            TENSORFLOW,
            (replace(K80, is_shown=True),),
            "Documentation alone (a/create.sh:3) makes a cluster, of STANDARD_NC6",
        ),
        ("tensorflow/tensorflow:1.4.0-gpu", (K80,), "built for 3.5 or 5.2 and newer"),
        ("batchaitraining/chainermn:openMPI", (V100,), "an unknown compute capability"),
    ],
)
def test_what_is_not_known_of_the_gpu_is_told(image: str, clusters: tuple[Cluster, ...], says: str) -> None:
    verdict = decided(image, clusters=clusters)
    assert verdict[0].status is Status.MIGRATE
    assert says in told(verdict, "gpu-unknown")
    assert {each.severity for each in verdict[1] if each.rule == "gpu-unknown"} == {Severity.INFO}


def test_a_cluster_without_a_gpu_is_manual_and_one_among_others_a_warning() -> None:
    job = decided(TENSORFLOW, clusters=(CPU,))[0]
    assert (job.status, job.rule) == (Status.MANUAL, "cpu-cluster")
    assert "Standard_D2_v2 (a/create.py:4)" in job.message
    assert (
        decided(f"{TF}:17.10", clusters=(CPU,), registry=RegistryState.NGC_COMPLETE)[0].rule == "cpu-cluster"
    )
    assert "has no GPU" in told(decided(TENSORFLOW, clusters=(CPU, V100)), "gpu-too-old")
    assert decided(TENSORFLOW, clusters=(replace(CPU, is_shown=True),))[0].status is Status.MIGRATE


@pytest.mark.parametrize(
    ("gpu", "image", "target"),
    [
        ("v100", TENSORFLOW, "18.07-py2"),
        ("m60", "tensorflow/tensorflow:1.4.0-gpu", "17.12"),
        ("k80", "tensorflow/tensorflow:latest-gpu", "17.10"),
        ("k80", TENSORFLOW, None),
        ("k80", "tensorflow/tensorflow:1.4.0-gpu", None),
        ("a100", TENSORFLOW, None),
        ("v100", "batchaitraining/chainermn:openMPI", None),
    ],
)
def test_where_the_user_tells_the_gpu_only_proven_images_are_taken(
    gpu: str, image: str, target: str | None
) -> None:
    job, findings = decided(image, Options(gpu=gpu), clusters=(CPU,))
    assert job.target == (f"{TF}:{target}" if target else None)
    assert job.rule == ("ngc-image" if target else "no-target-image")
    assert not {finding.rule for finding in findings} & {"gpu-too-old", "gpu-unknown"}


def test_an_image_that_the_user_names_is_taken_for_any_gpu_with_a_warning() -> None:
    options = Options(gpu="k80", images={"tensorflow": f"{TF}:18.05-py2"})
    verdict = decided(TENSORFLOW, options)
    assert verdict[0].target == f"{TF}:18.05-py2"
    assert "--gpu k80" in told(verdict, "gpu-too-old")


@pytest.mark.parametrize(
    ("image", "is_told"),
    [("19.02-py3", True), ("18.09-py2", True), ("20.12-py3", True), ("18.08-py2", False), ("17.10", False)],
)
@pytest.mark.parametrize("registry", [RegistryState.NGC_COMPLETE, RegistryState.NGC_INCOMPLETE])
def test_an_image_for_newer_drivers_is_a_warning(
    image: str, registry: RegistryState, *, is_told: bool
) -> None:
    assert ("driver-too-new" in rules(decided(f"{TF}:{image}", registry=registry))) is is_told


def test_facts_of_the_gpu_are_told_of_an_image_that_stands_there_already() -> None:
    verdict = decided(f"{TF}:18.07-py2", clusters=(K80,), registry=RegistryState.NGC_COMPLETE)
    assert verdict[0].status is Status.MIGRATED
    assert "5.2" in told(verdict, "gpu-too-old")

from __future__ import annotations

import json
from typing import Any

import pytest

from codemods.job_spec import complete_registry
from codemods.syntax.edits import apply
from codemods.syntax.json_tree import parse
from codemods.syntax.registry import RegistryCredentials
from migrator.model import Framework, Status
from migrator.understand.facts import RegistryState
from migrator.understand.jobs.json_specs import JobSpec, find_job_specs
from migrator.understand.texts.text import Text, read_json

IMAGE = "bvlc/caffe:gpu"
NGC = "nvcr.io/nvidia/caffe:17.12"


def specs(document: object) -> tuple[JobSpec, ...]:
    source = document if isinstance(document, str) else json.dumps(document, indent=2)
    text = read_json("job.json", source.encode())
    assert isinstance(text, Text)
    return find_job_specs(text, parse(text.text))


def only(document: object) -> JobSpec:
    (spec,) = specs(document)
    return spec


def spec(registry: object = None, **properties: object) -> dict[str, Any]:
    container = {"containerSettings": {"imageSourceRegistry": registry}} if registry is not None else {}
    return {"properties": {"nodeCount": 1, "caffeSettings": {}, **container, **properties}}


def verdict(document: object) -> tuple[str, Status]:
    problem = only(document).facts.problem
    assert problem is not None
    return problem.rule, problem.status


SCHEMA = {
    "properties": {
        "nodeCount": {"type": "integer"},
        "caffeSettings": {"$ref": "#/definitions/CaffeSettings"},
        "containerSettings": {"properties": {"imageSourceRegistry": {"type": "object"}}},
    }
}


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        "null",
        "1",
        '"imageSourceRegistry"',
        {"properties": None},
        {"properties": "text"},
        {"nodeCount": 1},
        {"properties": {"nodeCount": 4, "vmSize": "x"}},
        {"imageSourceRegistry": {"image": IMAGE}},
        SCHEMA,
        {"definitions": {"job": SCHEMA}},
    ],
)
def test_a_document_that_asks_for_no_job_has_no_spec(document: object) -> None:
    assert specs(document) == ()


@pytest.mark.parametrize(
    "document",
    [
        {"$schema": "http://json-schema.org/draft-04/schema#", **spec({"image": IMAGE})},
        {"properties": {"containerSettings": {"$ref": "#/definitions/c"}, "nodeCount": 1}},
        {"properties": {"properties": {"type": "object", **SCHEMA}}},
    ],
)
def test_a_json_schema_of_jobs_is_skipped(document: object) -> None:
    assert [spec.facts.problem and spec.facts.problem.rule for spec in specs(document)] == ["not-a-job-spec"]


def test_a_job_spec_knows_its_image_toolkit_and_node_count() -> None:
    found = only(spec({"image": IMAGE}, nodeCount=2))
    assert (found.facts.image, found.facts.toolkit, found.facts.node_count) == (IMAGE, Framework.CAFFE, 2)
    assert found.facts.problem is None
    assert found.registry is not None
    assert found.facts.place.line == 7


@pytest.mark.parametrize(
    "wrap",
    [
        lambda job: [job],
        lambda job: [[{"a": [job]}]],
        lambda job: {"resources": [{"type": "Microsoft.BatchAI/jobs", "name": "a", **job}]},
        lambda job: {"properties": {"template": {"resources": [job]}}},
        lambda job: {"$schema": "https://schema.management.azure.com/deploymentTemplate.json#", "a": job},
    ],
)
def test_a_job_inside_a_list_or_template_is_found(wrap: Any) -> None:
    assert only(wrap(spec({"image": IMAGE}))).facts.image == IMAGE


def test_several_jobs_come_in_the_order_of_the_file() -> None:
    found = specs([spec({"image": "a"}), {"b": spec({"image": "b"})}, spec({"image": "c"})])
    assert [each.facts.image for each in found] == ["a", "b", "c"]


def test_a_job_without_a_container_is_skipped() -> None:
    for document in (
        spec(),
        spec(containerSettings=None),
        spec(containerSettings={}),
        spec(containerSettings={"imageSourceRegistry": None}),
    ):
        assert verdict(document) == ("no-container", Status.SKIPPED)


@pytest.mark.parametrize(
    "container", ["[parameters('c')]", {"imageSourceRegistry": "[variables('r')]"}, [], 1, True]
)
def test_container_settings_that_are_filled_in_later_are_for_a_person(container: object) -> None:
    assert verdict(spec(containerSettings=container)) == ("dynamic-container", Status.MANUAL)


@pytest.mark.parametrize(
    "registry", [{}, {"image": None}, {"image": 1}, {"image": ""}, {"image": "[a('b')]"}]
)
def test_an_image_that_is_no_reference_is_for_a_person(registry: object) -> None:
    assert verdict(spec(registry)) == ("image-unknown", Status.MANUAL)


@pytest.mark.parametrize("key", ["executionState", "provisioningState", "creationTime"])
def test_the_output_of_a_command_is_no_job_spec(key: str) -> None:
    flat = {key: "x", "nodeCount": 1, "caffeSettings": {}, "containerSettings": {"imageSourceRegistry": {}}}
    for document in (flat, spec({"image": IMAGE}, **{key: "x"}), {key: "x", **spec({"image": IMAGE})}):
        assert verdict(document) == ("not-a-job-spec", Status.SKIPPED)


@pytest.mark.parametrize("count", ["2", 2.0, None, True, "[parameters('n')]", []])
def test_a_node_count_that_is_no_integer_is_not_known(count: object) -> None:
    facts = only(spec({"image": IMAGE}, nodeCount=count)).facts
    assert facts.node_count is None
    assert facts.node_count_trace == ("nodeCount is not given as a number",)


def test_a_job_without_a_node_count_is_still_a_job() -> None:
    facts = only({"properties": {"containerSettings": {"imageSourceRegistry": {"image": IMAGE}}}}).facts
    assert (facts.image, facts.node_count, facts.toolkit) == (IMAGE, None, None)


@pytest.mark.parametrize("toolkit", ["customToolkitSettings", "customMpiSettings", "horovodSettings"])
def test_a_toolkit_without_a_framework_makes_a_job_too(toolkit: str) -> None:
    document = {"properties": {"nodeCount": 1, toolkit: {}}}
    assert only(document).facts.toolkit is None


def test_toolkit_settings_that_are_null_name_no_framework() -> None:
    document = spec({"image": IMAGE}, caffeSettings=None, tensorFlowSettings={})
    assert only(document).facts.toolkit is Framework.TENSORFLOW


BLANKS: list[object] = [
    None,
    "",
    {},
    {"username": ""},
    {"username": "", "password": " "},
    {"username": None, "password": None},
]


@pytest.mark.parametrize(
    ("registry", "state"),
    [
        ({"image": IMAGE}, RegistryState.PUBLIC),
        ({"image": IMAGE, "serverUrl": ""}, RegistryState.PUBLIC),
        ({"image": IMAGE, "serverUrl": None}, RegistryState.PUBLIC),
        ({"image": IMAGE, "serverUrl": "docker.io"}, RegistryState.PUBLIC),
        ({"image": IMAGE, "serverUrl": "x.azurecr.io"}, RegistryState.PRIVATE),
        ({"image": IMAGE, "credentials": {"username": "me"}}, RegistryState.PRIVATE),
        ({"image": NGC}, RegistryState.NGC_INCOMPLETE),
        ({"image": NGC, "serverUrl": " "}, RegistryState.NGC_INCOMPLETE),
        ({"image": NGC, "credentials": {"username": "me"}}, RegistryState.NGC_INCOMPLETE),
        (
            {"image": NGC, "serverUrl": "nvcr.io", "credentials": {"password": "x"}},
            RegistryState.NGC_INCOMPLETE,
        ),
        (
            {
                "image": NGC,
                "serverUrl": "https://nvcr.io/",
                "credentials": {"username": "a", "password": "b"},
            },
            RegistryState.NGC_COMPLETE,
        ),
        *(({"image": IMAGE, "credentials": blank}, RegistryState.PUBLIC) for blank in BLANKS),
        *(
            ({"image": NGC, "serverUrl": "nvcr.io", "credentials": blank}, RegistryState.NGC_INCOMPLETE)
            for blank in BLANKS
        ),
    ],
)
def test_server_and_credentials_tell_where_the_image_comes_from(
    registry: object, state: RegistryState
) -> None:
    assert only(spec(registry)).facts.registry is state


@pytest.mark.parametrize(
    "credentials", [*BLANKS, {"username": "a"}, {"username": "a", "password": ""}, [], 1]
)
def test_the_codemod_agrees_on_what_is_complete(credentials: object) -> None:
    found = only(spec({"image": NGC, "serverUrl": "nvcr.io", "credentials": credentials}))
    assert found.registry is not None
    edits = complete_registry(found.registry, image=NGC, credentials=RegistryCredentials("u", "p"))
    assert bool(edits) is (found.facts.registry is RegistryState.NGC_INCOMPLETE)
    again = only(apply(edits, found.text.text))
    assert again.facts.registry is RegistryState.NGC_COMPLETE


def test_of_keys_that_stand_twice_the_last_one_counts() -> None:
    registry = '{"image": "a", "image": "bvlc/caffe:gpu"}'
    settings = f'{{"imageSourceRegistry": {{"image": "b"}}, "imageSourceRegistry": {registry}}}'
    source = f'{{"properties": {{"nodeCount": 1, "nodeCount": 2, "containerSettings": {settings}}}}}'
    facts = only(source).facts
    assert (facts.image, facts.node_count) == (IMAGE, 2)


def test_keys_written_with_escapes_are_the_same_keys() -> None:
    source = json.dumps(spec({"image": IMAGE})).replace("image", "im\\u0061ge")
    assert only(source).facts.image == IMAGE


def test_a_job_at_the_greatest_depth_is_found() -> None:
    depth = 380
    document = "[" * depth + json.dumps(spec({"image": IMAGE})) + "]" * depth
    assert only(document).facts.image == IMAGE


@pytest.mark.parametrize(
    "document",
    [
        {"Properties": {"NodeCount": 1, "ContainerSettings": {"ImageSourceRegistry": {"Image": IMAGE}}}},
        {"jobs": [{"Properties": {"NodeCount": 1, "CaffeSettings": {}}}]},
        {"properties": {"nodeCount": 1, "caffeSettings": {}, "ContainerSettings": {}}},
        {
            "properties": {
                "nodeCount": 1,
                "caffeSettings": {},
                "containerSettings": {"ImageSourceRegistry": {}},
            }
        },
    ],
)
def test_keys_in_another_case_are_of_a_job_that_a_person_must_do(document: object) -> None:
    assert verdict(document) == ("dynamic-container", Status.MANUAL)


@pytest.mark.parametrize("document", [{"NodeCount": 1}, {"Parameters": {"ContainerSettings": {}}}])
def test_single_keys_in_another_case_are_no_job(document: object) -> None:
    assert specs(document) == ()

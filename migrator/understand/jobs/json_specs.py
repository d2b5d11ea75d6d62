"""Find the job specs of a JSON text and gather the facts of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from codemods.syntax.json_tree import Kind, Node
from migrator.catalogue import ImageReference
from migrator.model import Status
from migrator.understand.facts import (
    NO_CONTAINER,
    NO_REFERENCE,
    TOOLKIT_KEYS,
    Facts,
    Verdict,
    count_of,
    toolkit_of,
    with_registry,
)
from migrator.understand.texts import Text


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class JobSpec:
    """A job spec: its facts, and the ``imageSourceRegistry`` object that a rewrite would touch."""

    text: Text
    facts: Facts
    registry: Node | None = None


def find_job_specs(text: Text, root: Node) -> tuple[JobSpec, ...]:
    """Return every job spec in a JSON document: whole files, and jobs inside lists or templates.

    A JSON Schema of jobs is one that is skipped.
    """
    if not _is_json_schema(root):
        return tuple(_job_spec(text, node) for node in _candidates(root))
    facts = Facts(text.place(root.start), problem=_SCHEMA)
    return (JobSpec(text=text, facts=facts),) if "containerSettings" in text.text else ()


def _candidates(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if _is_job(node) or node.text("ImageRegistry", "image") is not None:
            yield node
        elif not _is_record(node):
            waiting += reversed([*node.items, *(member.value for member in node.members)])


def _is_record(node: Node) -> bool:
    """Tell the description of an API, its examples, and recorded requests with their responses."""
    keys = [member.key.lower() for member in node.members]
    is_exchange = all(any(key.startswith(name) for key in keys) for name in ("request", "response"))
    return is_exchange or not {"swagger", "openapi", "responses"}.isdisjoint(keys)


def _is_job(node: Node) -> bool:
    known = {_SPELLED[key.lower()] for key in _keys(node)}
    is_counted = "nodeCount" in known and not known.isdisjoint(TOOLKIT_KEYS)
    return is_counted or {"containerSettings", "imageSourceRegistry"} <= known


def _keys(node: Node, above: str = "") -> Iterator[str]:
    """Yield the keys of a job as they are spelled: .NET writes another case, and the service takes it."""
    for member in node.members:
        key, value = member.key.lower(), member.value
        # Schemas describe what stands under a key by these.
        is_described = any(map(value.find, ("$ref", "type", "properties")))
        is_schema = (key == "nodecount" and value.kind is Kind.OBJECT) or is_described
        if key in _SPELLED and not (above if key == "properties" else is_schema):
            yield member.key
            yield from _keys(value, key)


_SPELLED = {
    key.lower(): key
    for key in ("properties", "nodeCount", "containerSettings", "imageSourceRegistry", *TOOLKIT_KEYS)
}


def _is_json_schema(root: Node) -> bool:
    if "json-schema.org" in (root.text("$schema") or ""):
        return True
    described = (root.find("properties", key) for key in ("containerSettings", "properties"))
    return any(part is not None and part.find(key) for part in described for key in ("$ref", "type"))


_SCHEMA = Verdict("not-a-job-spec", "A JSON Schema of jobs is no job that anybody submits.", Status.SKIPPED)
_OUTPUT = Verdict("not-a-job-spec", "A job that ran is shown here; nobody submits this.", Status.SKIPPED)
_BESIDE = ("serverUrl", "credentials")
_OUTPUT_KEYS = ("executionState", "provisioningState", "creationTime")
# The form of Visual Studio Tools for AI.
_OTHER_FORM = Verdict("dynamic-container", "A job in another tool's form (ImageRegistry): do it by hand.")
_OTHER_CASE = Verdict(
    "dynamic-container", "The keys of this job are not spelled as documented (nodeCount): do it by hand."
)
_OUTSIDE = Verdict("dynamic-container", "Batch AI sees no container settings outside of `properties`.")
_FILLED_IN = Verdict("dynamic-container", "The container settings are filled in later: this is no object.")


def _job_spec(text: Text, node: Node) -> JobSpec:
    properties, image = node.find("properties"), node.find("ImageRegistry", "image")
    facts = Facts(text.place((image or node).start))
    parts = [part for part in (node, properties) if part is not None]
    is_output = any(part.find(key) for part in parts for key in _OUTPUT_KEYS)
    is_other = not {*_keys(node)} <= {*_SPELLED.values()}
    if properties is None or image is not None or is_output or is_other:
        problem = _OTHER_CASE if is_other else _OUTSIDE
        problem = _OTHER_FORM if image is not None else _OUTPUT if is_output else problem
        return JobSpec(text=text, facts=replace(facts, problem=problem))
    facts = _described(facts, properties)
    container = properties.find("containerSettings")
    registry = properties.find("containerSettings", "imageSourceRegistry")
    image = registry.find("image") if registry else None
    if {each.kind for each in (container, registry) if each} - {Kind.OBJECT, Kind.NULL}:
        problem = _FILLED_IN
    elif registry is None or registry.kind is Kind.NULL:
        problem = NO_CONTAINER
    else:
        facts = replace(facts, place=text.place((image or registry).start))
        name, problem = registry.text("image") or "", NO_REFERENCE
        if ImageReference.parse(name) is not None:
            server, credentials = (found and found.value for found in map(registry.find, _BESIDE))
            facts = with_registry(facts, name, server, credentials)
            return JobSpec(text=text, facts=facts, registry=registry)
    return JobSpec(text=text, facts=replace(facts, problem=problem))


def _described(facts: Facts, properties: Node) -> Facts:
    toolkits = (toolkit_of(each.key) for each in properties.members if each.value.kind is Kind.OBJECT)
    given = properties.find("nodeCount")
    count = count_of(given.value) if given is not None else None
    return replace(
        facts,
        toolkit=next(filter(None, toolkits), None),
        node_count=count,
        node_count_trace=("nodeCount is not given as a number",) if count is None else (),
        preparation=properties.text("jobPreparation", "commandLine"),
    )

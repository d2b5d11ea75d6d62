"""Find the job specs of a JSON text and gather the facts of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from codemods.syntax.json_tree import Kind, Member, Node
from migrator.catalogue import ImageReference
from migrator.model import CredentialsMode, Framework, Status
from migrator.understand.facts import (
    TOOLKIT_KEYS,
    Facts,
    Problem,
    login_state,
    registry_state,
    toolkit_of,
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
    if _is_json_schema(root):
        return (_schema(text, root),) if "containerSettings" in text.text else ()
    return tuple(_job_spec(text, node) for node in _candidates(root))


def _candidates(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.kind is Kind.OBJECT:
            if _is_job(node) or _is_other_form(node):
                yield node
                continue
            if _is_record(node):
                continue
            waiting += reversed([member.value for member in node.members])
        elif node.kind is Kind.ARRAY:
            waiting += reversed(node.items)


def _is_record(node: Node) -> bool:
    """Tell the description of an API, its examples, and recorded requests with their responses."""
    keys = [member.key.lower() for member in node.members]
    is_exchange = all(any(key.startswith(name) for key in keys) for name in ("request", "response"))
    return is_exchange or not {"swagger", "openapi", "responses"}.isdisjoint(keys)


def _is_job(node: Node) -> bool:
    counts = (node.find("nodeCount"), node.find("properties", "nodeCount"))
    if any(count is not None and count.kind is Kind.OBJECT for count in counts):
        return False
    keys = {member.key for member in (*node.members, *_members(node.find("properties")))}
    has_image = _is_registry(node.find("properties", "containerSettings", "imageSourceRegistry"))
    has_flat_image = _is_registry(node.find("containerSettings", "imageSourceRegistry"))
    has_toolkit = any(key in TOOLKIT_KEYS for key in keys)
    return has_image or has_flat_image or ("nodeCount" in keys and has_toolkit)


def _is_registry(node: Node | None) -> bool:
    """Tell an imageSourceRegistry from the description of one in a schema."""
    return node is not None and not any(node.find(key) is not None for key in ("$ref", "type", "properties"))


def _is_other_form(node: Node) -> bool:
    """Tell a job in the form of Visual Studio Tools for AI, which names its image under ``ImageRegistry``."""
    image = node.find("ImageRegistry", "image")
    return image is not None and isinstance(image.value, str)


def _members(node: Node | None) -> tuple[Member, ...]:
    return node.members if node is not None else ()


def _is_json_schema(root: Node) -> bool:
    declared = root.find("$schema")
    if declared is not None and "json-schema.org" in str(declared.value):
        return True
    described = (root.find("properties", key) for key in ("containerSettings", "properties"))
    return any(
        part is not None and part.find(key) is not None for part in described for key in ("$ref", "type")
    )


def _schema(text: Text, root: Node) -> JobSpec:
    message = "This is a JSON Schema of jobs, and no job that anybody submits."
    return _stopped(text, root, Facts(place=text.place(root.start)), "not-a-job-spec", message)


def _job_spec(text: Text, node: Node) -> JobSpec:
    if _is_other_form(node):
        message = "A job in another tool's form (ImageRegistry), which is not rewritten: do it by hand."
        problem = Problem(rule="dynamic-container", message=message)
        image = node.find("ImageRegistry", "image")
        return JobSpec(text=text, facts=Facts(place=text.place((image or node).start), problem=problem))
    properties = node.find("properties")
    if _is_output(node, properties):
        message = "This shows a job that Batch AI has run; it is not a job spec that anybody submits."
        return _stopped(text, node, Facts(place=text.place(node.start)), "not-a-job-spec", message)
    if properties is None:
        message = "The container settings stand outside of `properties`, where Batch AI does not look."
        problem = Problem(rule="dynamic-container", message=message)
        return JobSpec(text=text, facts=Facts(place=text.place(node.start), problem=problem))
    facts = Facts(
        place=text.place(node.start),
        toolkit=_toolkit(properties),
        node_count=_node_count(properties),
        preparation=_command(properties),
    )
    if facts.node_count is None:
        facts = replace(facts, node_count_trace=("nodeCount is not given as a number",))
    container = properties.find("containerSettings")
    registry = properties.find("containerSettings", "imageSourceRegistry")
    if any(node is not None and node.kind not in (Kind.OBJECT, Kind.NULL) for node in (container, registry)):
        message = "The job's container settings are filled in later; what stands here is no object."
        problem = Problem(rule="dynamic-container", message=message)
        return JobSpec(text=text, facts=replace(facts, problem=problem))
    if registry is None or registry.kind is not Kind.OBJECT:
        message = "The job runs on the host, without a container: there is no image to migrate."
        return _stopped(text, node, facts, "no-container", message)
    return _with_image(text, facts, registry)


def _is_output(node: Node, properties: Node | None) -> bool:
    parts = [part for part in (node, properties) if part is not None]
    return any(part.find(key) is not None for part in parts for key in _OUTPUT_KEYS)


_OUTPUT_KEYS = ("executionState", "provisioningState", "creationTime")


def _with_image(text: Text, facts: Facts, registry: Node) -> JobSpec:
    image = registry.find("image")
    place = text.place((image or registry).start)
    value = image.value if image is not None else None
    if not isinstance(value, str) or ImageReference.parse(value) is None:
        message = "The job spec's image is not an image reference; fill it in or map it by hand."
        problem = Problem(rule="image-unknown", message=message)
        return JobSpec(text=text, facts=replace(facts, place=place, problem=problem))
    server, credentials = registry.find("serverUrl"), registry.find("credentials")
    host = server.value if server is not None else None
    login = login_state(credentials.value if credentials is not None else None)
    state = registry_state(value, host if isinstance(host, str) else None, login)
    is_vault = credentials is not None and credentials.find("passwordSecretReference") is not None
    kind = CredentialsMode.KEY_VAULT if is_vault else CredentialsMode.API_KEY
    facts = replace(facts, place=place, image=value, registry=state, login_state=login)
    facts = replace(facts, login=kind if login.is_complete else None)
    return JobSpec(text=text, facts=facts, registry=registry)


def _stopped(text: Text, node: Node, facts: Facts, rule: str, message: str) -> JobSpec:
    problem = Problem(rule=rule, message=message, status=Status.SKIPPED)
    return JobSpec(text=text, facts=replace(facts, problem=problem))


def _toolkit(properties: Node) -> Framework | None:
    toolkits = (toolkit_of(member.key) for member in properties.members if member.value.kind is Kind.OBJECT)
    return next((toolkit for toolkit in toolkits if toolkit), None)


def _command(properties: Node) -> str | None:
    node = properties.find("jobPreparation", "commandLine")
    return node.value if node is not None and isinstance(node.value, str) else None


def _node_count(properties: Node) -> int | None:
    node = properties.find("nodeCount")
    value = node.value if node is not None else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None

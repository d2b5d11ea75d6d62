"""Find the job specs that a Python text writes as dictionaries, and gather the facts of each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migrator.model import Framework, Status
from migrator.understand.facts import TOOLKIT_KEYS, Facts, Problem, toolkit_of
from migrator.understand.jobs.python import Form, Given, PythonJob, command_of, counted, stopped, with_image
from migrator.understand.python import Path, PythonModule, Step, base_name, is_dict

_REGISTRY: Path = ("containerSettings", "imageSourceRegistry")
_PROPERTIES: tuple[Path, ...] = (("properties",), ())
_KEYS = ("image", "serverUrl", "credentials")


def find_dict_jobs(module: PythonModule) -> tuple[PythonJob, ...]:
    """Return every job spec that is a dictionary, and every registry that belongs to none seen here."""
    if "imageSourceRegistry" not in module.text.text and "nodeCount" not in module.text.text:
        return ()
    jobs: list[PythonJob] = []
    used: set[ast.expr] = set()
    for root in (
        node for node in ast.walk(module.names.tree) if isinstance(node, ast.expr) and is_dict(node)
    ):
        for properties in _PROPERTIES:
            job = _job(module, root, properties)
            if job is not None and job.registry not in used and root not in used:
                jobs.append(job)
                used.update(node for node in ast.walk(root) if isinstance(node, ast.expr))
                used.update({job.registry} if job.registry is not None else ())
    jobs += [
        _apart(module, node)
        for node in _registries(module)
        if node not in used and module.dicts.dict_behind(node) not in used
    ]
    return tuple(jobs)


def _job(module: PythonModule, root: ast.expr, properties: Path) -> PythonJob | None:
    dicts = module.dicts
    registries = dicts.at(root, (*properties, *_REGISTRY))
    node_counts = dicts.at(root, (*properties, "nodeCount"))
    toolkit = next((key for key in TOOLKIT_KEYS if dicts.at(root, (*properties, key))), None)
    if not registries and not (node_counts and toolkit):
        return None
    if not properties and not node_counts:
        return None
    commands = dicts.at(root, (*properties, "jobPreparation", "commandLine"))
    node_count, trace = counted(module, _only(module, node_counts, "nodeCount"), "nodeCount")
    facts = Facts(
        place=module.place(root),
        toolkit=_framework(toolkit),
        node_count=node_count,
        node_count_trace=trace,
        preparation=command_of(module, _only(module, commands, "commandLine")),
    )
    job = PythonJob(module=module, facts=facts, call=root, form=Form.DICTIONARY)
    given = _only(module, registries, "imageSourceRegistry")
    if given is None:
        message = "The job runs on the host, without a container: there is no image to migrate."
        return stopped(job, Problem(rule="no-container", message=message, status=Status.SKIPPED))
    if isinstance(given, Problem):
        return stopped(job, given)
    return _with_registry(job, root, properties, given)


def _with_registry(job: PythonJob, root: ast.expr, properties: Path, given: ast.expr) -> PythonJob:
    module = job.module
    registry = module.dicts.dict_behind(given)
    if registry is None or module.dicts.is_open(registry):
        message = "The job spec's imageSourceRegistry is not a dictionary that is written out here."
        return stopped(job, Problem(rule="dynamic-container", message=message))
    parts: list[Given] = []
    for key in _KEYS:
        found = dict.fromkeys(module.dicts.at(root, (*properties, *_REGISTRY, key)))
        found |= dict.fromkeys(module.dicts.at(registry, (key,)))
        parts.append(_only(module, tuple(found), key))
    return with_image(replace(job, registry=registry), *parts)


def _only(module: PythonModule, found: tuple[ast.expr, ...], key: str) -> Given:
    if len(found) > 1:
        trace = module.trace((Step(f"{key} is also set here", found[1]),))
        message = f"The job spec sets {key} in more than one place."
        return Problem(rule="dynamic-container", message=message, trace=trace)
    return found[0] if found else None


def _framework(toolkit: str | None) -> Framework | None:
    return toolkit_of(toolkit) if toolkit else None


def _registries(module: PythonModule) -> Iterator[ast.expr]:
    """Yield what is put under a key ``imageSourceRegistry`` anywhere, or under a key inside of one."""
    for node in ast.walk(module.names.tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "imageSourceRegistry":
                    yield value
        is_target = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
        if is_target and isinstance(node, ast.Subscript) and "imageSourceRegistry" in _keys(node):
            base, around = base_name(node), module.names.parents.get(node)
            is_seen = base is not None and module.dicts.dict_behind(base) is not None
            if not is_seen and isinstance(around, ast.Assign):
                yield around.value


def _keys(node: ast.expr) -> Iterator[object]:
    while isinstance(node, ast.Subscript):
        yield node.slice.value if isinstance(node.slice, ast.Constant) else None
        node = node.value


def _apart(module: PythonModule, node: ast.expr) -> PythonJob:
    message = "This imageSourceRegistry belongs to a job spec that cannot be seen whole here."
    problem = Problem(rule="dynamic-container", message=message)
    facts = Facts(place=module.place(node), problem=problem)
    return PythonJob(module=module, facts=facts, call=node, form=Form.DICTIONARY)

"""Find the job specs that a Python text writes as dictionaries, and gather the facts of each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migrator.understand.facts import NO_CONTAINER, TOOLKIT_KEYS, Verdict, toolkit_of
from migrator.understand.jobs.arguments import Given
from migrator.understand.jobs.python import Form, PythonJob, apart, job_at, stopped, with_image
from migrator.understand.python import Path, PythonModule, Step, base_name, is_dict

_KEY = "imageSourceRegistry"
_REGISTRY: Path = ("containerSettings", _KEY)
_PROPERTIES: tuple[Path, ...] = (("properties",), ())
_APART = "This imageSourceRegistry belongs to a job spec that cannot be seen whole here."


def find_dict_jobs(module: PythonModule) -> tuple[PythonJob, ...]:
    """Return every job spec that is a dictionary, and every registry that belongs to none seen here."""
    if _KEY not in module.text.text and "nodeCount" not in module.text.text:
        return ()
    jobs: list[PythonJob] = []
    used: set[ast.expr | None] = {None}
    nodes = [node for node in ast.walk(module.names.tree) if isinstance(node, ast.expr)]
    for root in filter(is_dict, nodes):
        for properties in _PROPERTIES:
            job = _job(module, root, properties) if root not in used else None
            if job is not None and (job.registry is None or job.registry not in used):
                jobs.append(job)
                used.update(node for node in ast.walk(root) if isinstance(node, ast.expr))
                used.add(job.registry)
    for node in (given for each in nodes for given in _registries(module, each)):
        behind = module.dicts.dict_behind(node)
        if node not in used and (behind is None or behind not in used):
            jobs.append(apart(module, node, Form.DICTIONARY, _APART))
    return tuple(jobs)


def _job(module: PythonModule, root: ast.expr, properties: Path) -> PythonJob | None:
    def at(*path: str) -> tuple[ast.expr, ...]:
        return module.dicts.at(root, (*properties, *path))

    registries, node_counts = at(*_REGISTRY), at("nodeCount")
    toolkit = next((key for key in TOOLKIT_KEYS if at(key)), None)
    if not (registries or (node_counts and toolkit)) or not (properties or node_counts):
        return None
    count = ("nodeCount", _only(module, node_counts, "nodeCount"))
    command = _only(module, at("jobPreparation", "commandLine"), "commandLine")
    job = job_at(module, root, Form.DICTIONARY, toolkit_of(toolkit or ""), count, command)
    given = _only(module, registries, _KEY)
    if given is None and not module.dicts.is_lost(root, (*properties, *_REGISTRY)):
        return stopped(job, NO_CONTAINER)
    if isinstance(given, Verdict):
        return stopped(job, given)
    registry = None if given is None else module.dicts.dict_behind(given)
    if registry is None or module.dicts.is_open(registry):
        message = "The job spec's imageSourceRegistry is not a dictionary that is written out here."
        return stopped(job, Verdict("dynamic-container", message))
    image, server, credentials = (
        _only(module, (*at(*_REGISTRY, key), *module.dicts.at(registry, (key,))), key)
        for key in ("image", "serverUrl", "credentials")
    )
    return with_image(replace(job, registry=registry), image, server, credentials)


def _only(module: PythonModule, given: tuple[ast.expr, ...], key: str) -> Given:
    found = list(dict.fromkeys(given))
    if len(found) > 1:
        trace = module.trace((Step(f"{key} is also set here", found[1]),))
        message = f"The job spec sets {key} in more than one place."
        return Verdict("dynamic-container", message, trace=trace)
    return found[0] if found else None


def _registries(module: PythonModule, node: ast.expr) -> Iterator[ast.expr]:
    """Yield what ``node`` puts under a key ``imageSourceRegistry``, or under a key inside of one."""
    if isinstance(node, ast.Dict):
        items = zip(node.keys, node.values, strict=True)
        yield from (value for key, value in items if isinstance(key, ast.Constant) and key.value == _KEY)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        base, around = base_name(node), module.names.parents.get(node)
        is_seen = base is not None and module.dicts.dict_behind(base) is not None
        if not is_seen and isinstance(around, ast.Assign) and f"['{_KEY}']" in ast.unparse(node):
            yield around.value

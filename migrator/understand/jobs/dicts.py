"""Find the job specs that a Python text writes as dictionaries."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.understand.facts import TOOLKIT_KEYS, Verdict, toolkit_of
from migrator.understand.jobs.python import PythonJob, apart, gathered, given, part, stopped
from migrator.understand.python import Path, PythonModule, base_name, is_dict

_KEY = "imageSourceRegistry"
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
        for path in _PROPERTIES:
            job = _job(module, root, path) if root not in used else None
            if job is not None and (job.registry is None or job.registry not in used):
                jobs.append(job)
                used.update(node for node in ast.walk(root) if isinstance(node, ast.expr))
                used.add(job.registry)
    for node in (found for each in nodes for found in _registries(module, each)):
        behind = module.dicts.dict_behind(node)
        if node not in used and (behind is None or behind not in used):
            jobs.append(apart(module, node, _APART))
    return tuple(jobs)


def _job(module: PythonModule, root: ast.expr, path: Path) -> PythonJob | None:
    def has(*keys: str) -> bool:
        return bool(module.dicts.at(root, (*path, *keys)))

    toolkit = next(filter(has, TOOLKIT_KEYS), "")
    is_counted = has("nodeCount")
    is_job = has("containerSettings", _KEY) or (is_counted and toolkit)
    if not is_job or not (path or is_counted):
        return None
    properties = part(module, given(module, root, *path)) if path else root
    if isinstance(properties, ast.expr):
        return gathered(module, root, toolkit_of(toolkit), properties)
    job = apart(module, root, _APART)
    return stopped(job, properties) if isinstance(properties, Verdict) else job


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

"""Find the jobs that a Python text makes with the SDK's models, and gather the facts of each."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrator.model import Framework, Status
from migrator.understand.facts import Facts, Problem, toolkit_of
from migrator.understand.jobs.arguments import argument, is_model, model_call
from migrator.understand.jobs.python import Given, PythonJob, command_of, counted, stopped, with_image
from migrator.understand.python import PythonModule, Step, StoreKind

_JOB = "JobCreateParameters"
_CONTAINER = "ContainerSettings"
_REGISTRY = "ImageSourceRegistry"
_MODELS = (_JOB, _CONTAINER, _REGISTRY)
# In the order in which azure-mgmt-batchai 0.2.0 takes them by position.
_REGISTRY_ARGUMENTS = ("image", "server_url", "credentials")


def find_model_jobs(module: PythonModule) -> tuple[PythonJob, ...]:
    """Return every job of the text, and every container setting that belongs to no job seen here."""
    jobs = [_job(module, call) for call in module.names.calls if is_model(module, call, _JOB)]
    used = {node for job in jobs for node in (job.container, job.registry) if node is not None}
    # Beside jobs, settings that none of them uses are a cluster's, or of jobs that have a verdict elsewhere.
    for model in () if jobs else (_CONTAINER, _REGISTRY):
        for call in module.names.calls:
            if is_model(module, call, model) and call not in used:
                jobs.append(_apart(module, call))
                used.update(node for node in ast.walk(call) if isinstance(node, ast.Call))
    unresolved = {call for call in module.names.calls if _is_unresolved(module, call)}
    outermost = (call for call in module.names.calls if call in unresolved)
    jobs += [
        _unresolved(module, call) for call in outermost if unresolved.isdisjoint(module.names.enclosing(call))
    ]
    return tuple(jobs)


def _job(module: PythonModule, call: ast.Call) -> PythonJob:
    node_count, trace = counted(module, argument(module, call, "node_count", len(call.args)), "node_count")
    if call.args and node_count is None:
        trace = (*trace, "it may be among the positional arguments")
    facts = Facts(
        place=module.place(call),
        toolkit=_toolkit(call),
        node_count=node_count,
        node_count_trace=trace,
        preparation=_preparation(module, call),
    )
    return _with_container(PythonJob(module=module, facts=facts, call=call), call)


def _preparation(module: PythonModule, call: ast.Call) -> str | None:
    given = argument(module, call, "job_preparation", len(call.args))
    found = model_call(module, given, "JobPreparation") if isinstance(given, ast.expr) else None
    if not isinstance(found, ast.Call):
        return None
    return command_of(module, argument(module, found, "command_line", 0))


def _with_container(job: PythonJob, call: ast.Call) -> PythonJob:
    given = _container(job.module, call)
    if given is None:
        message = "The job runs on the host, without a container: there is no image to migrate."
        return stopped(job, Problem(rule="no-container", message=message, status=Status.SKIPPED))
    found = given if isinstance(given, Problem) else model_call(job.module, given, _CONTAINER)
    if isinstance(found, Problem):
        return stopped(job, found)
    return _with_registry(replace(job, container=found), found)


def _container(module: PythonModule, call: ast.Call) -> Given:
    followed = ((node, model_call(module, node, _CONTAINER)) for node in call.args)
    positional = [node for node, found in followed if isinstance(found, ast.Call)]
    if positional:
        return positional[0]
    given = argument(module, call, "container_settings", len(call.args))
    return given if given is not None else _set_out_of_sight(module)


def _set_out_of_sight(module: PythonModule) -> Problem | None:
    """Return why a job without container settings may be given some: a store into an object unknown here."""
    for store in module.stores:
        values = [binding.value for binding in module.names.reaching(store.base)]
        is_job = [value is not None and is_model(module, value, _JOB) for value in values]
        is_seen = len(store.path) == 1 and is_job and all(is_job)
        if store.kind is StoreKind.ATTRIBUTE and store.path[-1] == "container_settings" and not is_seen:
            trace = module.trace((Step("container_settings of an object that is not known", store.base),))
            message = "What this job runs in is not known: container settings are put into an unknown object."
            return Problem(rule="dynamic-container", message=message, trace=trace)
    return None


def _with_registry(job: PythonJob, container: ast.Call) -> PythonJob:
    given = argument(job.module, container, "image_source_registry", 0)
    if given is None:
        message = "The container settings name no image."
        return stopped(job, Problem(rule="no-container", message=message, status=Status.SKIPPED))
    found = given if isinstance(given, Problem) else model_call(job.module, given, _REGISTRY)
    if isinstance(found, Problem):
        return stopped(job, found)
    image, server, credentials = (
        argument(job.module, found, name, position) for position, name in enumerate(_REGISTRY_ARGUMENTS)
    )
    return with_image(replace(job, registry=found), image, server, credentials)


def _toolkit(call: ast.Call) -> Framework | None:
    for keyword in call.keywords:
        is_none = isinstance(keyword.value, ast.Constant) and keyword.value.value is None
        if keyword.arg and not is_none and (toolkit := toolkit_of(keyword.arg)):
            return toolkit
    return None


def _apart(module: PythonModule, call: ast.Call) -> PythonJob:
    message = "This container setting is made apart from its job: the job that uses it cannot be seen here."
    problem = Problem(rule="dynamic-container", message=message)
    return PythonJob(module=module, facts=Facts(place=module.place(call), problem=problem), call=call)


def _is_unresolved(module: PythonModule, call: ast.Call) -> bool:
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name in _MODELS and not any(n.startswith("azure.") for n in module.names.qualified(func))


def _unresolved(module: PythonModule, call: ast.Call) -> PythonJob:
    message = "This looks like a Batch AI job, but where the name comes from cannot be seen in this file."
    problem = Problem(rule="dynamic-container", message=message)
    return PythonJob(module=module, facts=Facts(place=module.place(call), problem=problem), call=call)

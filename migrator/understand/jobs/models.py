"""Find the jobs that a Python text makes with the SDK's models, and gather the facts of each."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrator.model import Framework, Status
from migrator.understand.facts import Facts, Problem, toolkit_of
from migrator.understand.jobs.arguments import argument, is_model, model_call
from migrator.understand.jobs.python import Given, PythonJob, command_of, counted, stopped, with_image
from migrator.understand.python import PythonModule

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
    found = [node for node in module.names.uses if _is_hidden(module, node)]
    hidden = dict.fromkeys(_call_around(module, node) for node in found)
    apart = (node for node in hidden if hidden.keys().isdisjoint(module.names.enclosing(node)))
    jobs += [PythonJob(module=module, facts=_hidden(module, node), call=node) for node in apart]
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
    job = PythonJob(module=module, facts=facts, call=call)
    if text := next((node for node in module.names.enclosing(call) if isinstance(node, ast.JoinedStr)), None):
        facts = replace(facts, place=module.place(text))
        return stopped(
            replace(job, facts=facts), replace(_HIDDEN, message="The job is made inside of a text.")
        )
    return _with_container(job, call)


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
    return argument(module, call, "container_settings", len(call.args))


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


def _is_hidden(module: PythonModule, node: ast.expr) -> bool:
    """Tell whether a job is made here by a subclass, ``partial``, ``getattr`` or in another hidden way."""
    around = module.names.parents.get(node)
    is_called = isinstance(around, ast.Call) and around.func is node
    if isinstance(node, ast.Constant):
        is_read = (
            isinstance(around, ast.Call) and isinstance(around.func, ast.Name) and around.func.id == "print"
        )
        return node.value == _JOB and isinstance(around, ast.Call | ast.Subscript) and not is_read
    if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return False
    qualified = module.names.qualified(node)
    if is_called:
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        is_elsewhere = name in _MODELS and not any(one.startswith("azure.") for one in qualified)
        owners = (one.rpartition(".")[0] for one in qualified if one.startswith("azure."))
        is_made = any(owner.endswith(f".{_JOB}") for owner in owners)
        return is_elsewhere or is_made or any(_is_job_of_tree(module, one) for one in qualified)
    is_class = any(one.startswith("azure.") and f".{_JOB}" in one for one in qualified)
    return is_class and not isinstance(around, ast.Attribute) and not _is_told(module, node)


def _is_job_of_tree(module: PythonModule, qualified: str) -> bool:
    bound = module.peers.imported(module.names, qualified) if module.peers is not None else ()
    return any(
        name.startswith("azure.") and name.endswith(f".{_JOB}")
        for names, binding in bound
        for name in (binding.qualified, *(names.qualified(binding.value) if binding.value else ()))
    )


def _is_told(module: PythonModule, node: ast.expr) -> bool:
    """Tell whether a class is named only to be compared or annotated with, or under another name."""
    inner: ast.AST = node
    for around in module.names.enclosing(node):
        match around:
            case ast.Assign() | ast.NamedExpr():
                return inner is node
            case ast.Call(func=ast.Name(id=name)):
                return name in ("isinstance", "issubclass", "cast", "print")
            case ast.arg() | ast.Compare() | ast.Expr():
                return True
            case ast.AnnAssign() | ast.FunctionDef() | ast.AsyncFunctionDef():
                return (
                    inner is around.annotation
                    if isinstance(around, ast.AnnAssign)
                    else inner is around.returns
                )
            case ast.stmt():
                return False
            case _:
                pass
        inner = around
    return False


_HIDDEN = Problem(
    rule="dynamic-container",
    message="This looks like a Batch AI job, but how it is made cannot be seen in this file.",
)


def _hidden(module: PythonModule, node: ast.expr) -> Facts:
    return Facts(place=module.place(node), problem=_HIDDEN)


def _call_around(module: PythonModule, node: ast.expr) -> ast.expr:
    around = module.names.parents.get(node)
    return around if isinstance(around, ast.Call) else node

"""Find the jobs that a Python text makes: with the SDK's models, or as dictionaries of job specs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from migrator.understand.facts import NO_CONTAINER, TOOLKIT_KEYS, Verdict, toolkit_of
from migrator.understand.jobs.python import PythonJob, apart, gathered, given, is_model, part, stopped
from migrator.understand.python import Binding, Flows, PythonModule, base_name, is_dict

_JOB = "JobCreateParameters"
_CONTAINER = "ContainerSettings"
_REGISTRY = "ImageSourceRegistry"
_MODELS = (_JOB, _CONTAINER, _REGISTRY)
_IN_TEXT = "The job is made inside of a text."
_APART = "This container setting is made apart from its job: the job that uses it cannot be seen here."
_HIDDEN = "This looks like a Batch AI job, but how it is made cannot be seen in this file."

_CLONED = (
    "The job's container settings are read off another object. If that is a job which Batch AI returned, its "
    "login did not come with it: give the credentials anew."
)
_READ_OFF = re.compile(r"\.container_settings\b|\b(?:getattr|vars)\(|\.(?:__dict__|as_dict|serialize)\b")
_KEY = "imageSourceRegistry"
_PROPERTIES = (("properties",), ())
_CHANGES = ("replace", "sub", "subn", "format", "format_map", "translate")
_CHANGED = "The JSON of this job spec is changed as text, so that what it says here may not be what is sent."
_APART_SPEC = "This imageSourceRegistry belongs to a job spec that cannot be seen whole here."


def find_model_jobs(module: PythonModule) -> tuple[PythonJob, ...]:
    """Return every job of the text, and every container setting that belongs to no job seen here."""
    jobs = [_model_job(module, call) for call in module.names.calls if is_model(module, call, _JOB)]
    used = {node for job in jobs for node in (job.container, job.registry) if node is not None}
    # Beside jobs, settings that none of them uses are a cluster's, or of jobs that have a verdict elsewhere.
    for model in () if jobs else (_CONTAINER, _REGISTRY):
        for call in module.names.calls:
            if is_model(module, call, model) and call not in used:
                jobs.append(apart(module, call, _APART))
                used.update(node for node in ast.walk(call) if isinstance(node, ast.Call))
    found = [node for node in module.names.uses if _is_hidden(module, node)]
    around = ((node, module.names.parents.get(node)) for node in found)
    hidden = dict.fromkeys(call if isinstance(call, ast.Call) else node for node, call in around)
    outermost = (node for node in hidden if hidden.keys().isdisjoint(module.names.enclosing(node)))
    jobs += [apart(module, node, _HIDDEN) for node in outermost]
    return tuple(jobs)


def _model_job(module: PythonModule, call: ast.Call) -> PythonJob:
    text = next((node for node in module.names.enclosing(call) if isinstance(node, ast.JoinedStr)), None)
    if text is not None:
        return apart(module, text, _IN_TEXT)
    toolkits = (
        toolkit_of(keyword.arg)
        for keyword in call.keywords
        if keyword.arg and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None)
    )
    job = gathered(module, call, next(filter(None, toolkits), None), call)
    problem = job.facts.problem
    if _is_changed_as_text(module, call):
        return apart(module, call, _CHANGED)
    if job.container or problem is None or problem == NO_CONTAINER or not _is_cloned(module, call):
        return job
    return stopped(job, replace(problem, rule="job-cloned", message=_CLONED))


def _is_cloned(module: PythonModule, call: ast.Call) -> bool:
    """Tell whether a job's container settings are read off another object, such as a job that ran."""
    given = [each.value for each in call.keywords if each.arg in (None, "container_settings")]
    names = (part for value in given for part in ast.walk(value) if isinstance(part, ast.Name))
    bound = (binding.value for name in names for binding in module.names.reaching(name))
    return any(value is not None and _READ_OFF.search(ast.unparse(value)) for value in (*given, *bound))


def _is_hidden(module: PythonModule, node: ast.expr) -> bool:
    """Tell whether a job is made here by a subclass, ``partial``, ``getattr`` or in another hidden way."""
    around = module.names.parents.get(node)
    if isinstance(node, ast.Constant):
        is_read = isinstance(around, ast.Call) and ast.unparse(around.func) == "print"
        return node.value == _JOB and isinstance(around, ast.Call | ast.Subscript) and not is_read
    if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return False
    qualified = module.names.qualified(node)
    azure = [name for name in qualified if name.startswith("azure.")]
    if isinstance(around, ast.Call) and around.func is node:
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        is_made = any(name.rpartition(".")[0].endswith(f".{_JOB}") for name in azure)
        of_tree = module.names.reaching(node) if isinstance(node, ast.Name) else ()
        is_elsewhere = name in _MODELS and not azure and not _are_own(of_tree)
        return is_elsewhere or is_made or any(_is_job_of_tree(module, one) for one in qualified)
    is_class = any(f".{_JOB}" in name for name in azure)
    return is_class and not isinstance(around, ast.Attribute) and not _is_told(module, node)


def _are_own(bindings: Sequence[Binding]) -> bool:
    """Tell whether a name is surely that of a class of its own, which is no model of the SDK."""
    classes = [each.node for each in bindings if isinstance(each.node, ast.ClassDef) and not each.node.bases]
    return bool(bindings) and len(classes) == len(bindings)


def _is_job_of_tree(module: PythonModule, qualified: str) -> bool:
    bound = module.peers.imported(module.names, qualified)
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
            case ast.Call() if around in module.names.filled:
                return True
            case ast.Call(func=ast.Name(id=name)):
                return name in ("isinstance", "issubclass", "cast", "print", "help")
            case ast.arg() | ast.Compare() | ast.Expr():
                return True
            case ast.stmt():
                return inner in (getattr(around, "annotation", None), getattr(around, "returns", None))
            case _:
                inner = around
    return False


def find_dict_jobs(module: PythonModule) -> tuple[PythonJob, ...]:
    """Return every job spec that is a dictionary, and every registry that belongs to none seen here."""
    if not _spells(module.text.text) and "nodeCount" not in module.text.text:
        return ()
    jobs: list[PythonJob] = []
    used: set[ast.expr | None] = set()
    inside: set[ast.expr] = set()
    nodes = [node for node in module.names.parents if isinstance(node, ast.expr)]
    for root in filter(is_dict, nodes):
        for path in _PROPERTIES:
            job = _dict_job(module, root, path) if root not in used else None
            # Jobs may share a registry, but not one that stands in another of them.
            if job is not None and job.properties not in used and job.registry not in inside:
                jobs.append(job)
                inside.update(node for node in ast.walk(root) if isinstance(node, ast.expr))
                used |= inside | {job.properties or root, job.registry or root}
    for node in (found for each in nodes for found in _registries(module, each)):
        behind = module.objects.dict_behind(module.names, node)
        if node not in used and (behind is None or behind not in used):
            jobs.append(apart(module, node, _APART_SPEC))
    return tuple(jobs)


def _spells(text: str) -> bool:
    """Tell whether a text spells the key of a registry, in whatever case."""
    return _KEY.lower() in text.replace("_", "").lower()


def _dict_job(module: PythonModule, root: ast.expr, path: Sequence[str]) -> PythonJob | None:
    def has(*keys: str) -> bool:
        return module.objects.has(module.names, root, *path, *keys)

    toolkit = next(filter(has, TOOLKIT_KEYS), "")
    is_counted = has("nodeCount")
    is_job = has("containerSettings", _KEY) or (is_counted and toolkit)
    if not is_job or not (path or is_counted):
        return None
    properties = part(module, given(module, root, *path)) if path else root
    if _is_changed_as_text(module, root):
        return apart(module, root, _CHANGED)
    if isinstance(properties, ast.expr):
        return gathered(module, root, toolkit_of(toolkit), properties)
    job = apart(module, root, _APART_SPEC)
    return stopped(job, properties) if isinstance(properties, Verdict) else job


def _is_changed_as_text(module: PythonModule, job: ast.expr) -> bool:
    """Tell whether the JSON that is made of a job is changed before anybody reads it."""
    for names in module.objects.modules:
        for func in (*names.reads.get("dumps", ()), *names.loads.get("dumps", ())):
            call = names.parents.get(func)
            if not isinstance(call, ast.Call) or call.func is not func:
                continue
            uses = (use.names.parents.get(use.node) for use in Flows([(names, call)]).ends)
            named = (use.func if isinstance(use, ast.Call) else use for use in uses)
            is_changed = any(isinstance(one, ast.Attribute) and one.attr in _CHANGES for one in named)
            if is_changed and job in module.objects.within(names, *call.args):
                return True
    return False


def _registries(module: PythonModule, node: ast.expr) -> Iterator[ast.expr]:
    """Yield what ``node`` puts under a key ``imageSourceRegistry``, or under a key inside of one.

    The SDK takes that key in any case, and as its models call it.
    """
    if isinstance(node, ast.Dict | ast.Call) and is_dict(node):
        keywords = node.keywords if isinstance(node, ast.Call) else []
        pairs: list[tuple[object, ast.expr]] = [(keyword.arg, keyword.value) for keyword in keywords]
        if isinstance(node, ast.Dict):
            pairs = [(getattr(k, "value", None), v) for k, v in zip(node.keys, node.values, strict=True)]
        yield from (value for key, value in pairs if key == _KEY or (is_dict(value) and _spells(str(key))))
    elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
        key, value = node.elts
        is_pair = isinstance(key, ast.Constant) and key.value == _KEY and not isinstance(value, ast.Constant)
        yield from (value,) if is_pair else ()
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        base, around = base_name(node), module.names.parents.get(node)
        is_seen = base is not None and module.objects.dict_behind(module.names, base) is not None
        if not is_seen and isinstance(around, ast.Assign) and f"['{_KEY}']" in ast.unparse(node):
            yield around.value

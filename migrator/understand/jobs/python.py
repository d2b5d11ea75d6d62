"""One job of a Python text: the facts that models of the SDK and dictionaries of a job spec give alike."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from codemods.syntax.registry import EXPRESSION
from migrator.model import Framework
from migrator.understand.facts import NO_CONTAINER, NO_IMAGE, Facts, Verdict, count_of, with_registry
from migrator.understand.python import (
    Known,
    PythonModule,
    Step,
    Unknown,
    evaluate,
    is_dict,
    is_open,
    known_text,
)
from migrator.understand.texts import LineRange, lines_at

Given: TypeAlias = ast.expr | Verdict | None
"""What stands in a place: None where nothing does, a Verdict where that cannot be told."""

_LOGIN = {
    "PrivateRegistryCredentials": ("username", "password", "passwordSecretReference"),
    "KeyVaultSecretReference": ("sourceVault", "secretUrl"),
    "ResourceId": ("id",),
}
_LOGIN_KEYS = tuple(key for keys in _LOGIN.values() for key in keys)
_ORDER = {
    "ClusterCreateParameters": ("location", "vmSize"),
    "ContainerSettings": ("imageSourceRegistry",),
    "ImageSourceRegistry": ("image", "serverUrl", "credentials"),
    "JobPreparation": ("commandLine",),
    **_LOGIN,
}
"""The arguments of models, by the keys of a job spec, in the order in which 0.2.0 takes them."""
_NO_NAME = Verdict("image-unknown", "The job's registry settings name no image.")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PythonJob:
    """A job of a Python text: its facts, and the nodes that a rewrite would touch.

    ``properties`` hold its settings: the call itself, or a dictionary; ``registry`` is the call or dictionary
    that names the image, ``login`` the credentials given to it.
    """

    module: PythonModule
    facts: Facts
    call: ast.expr
    properties: ast.expr | None = None
    container: ast.Call | None = None
    registry: ast.expr | None = None
    image: Known | None = None
    login: ast.expr | None = None

    @property
    def written(self) -> tuple[ast.expr, ...]:
        """The expressions that spell its image, in whatever module."""
        return self.image.written if self.image is not None else ()


def is_model(module: PythonModule, node: ast.AST, model: str) -> bool:
    """Tell whether ``node`` is a call of the Batch AI model class named ``model``."""
    names = module.names.qualified(node.func) if isinstance(node, ast.Call) else ()
    return any(name.startswith("azure.mgmt.batchai") and name.endswith(f".{model}") for name in names)


def given(module: PythonModule, made: Given, key: str) -> Given:
    """Return what stands under a key of a job spec in the model or dictionary that ``made`` makes.

    It may be put there later. What is lost before stays lost.
    """
    if not isinstance(made, ast.expr):
        return made
    name = _spelled(made, key)
    known, doubts = module.objects.given(module.names, made, name)
    found = [*_positional(module, made, key), *known]
    if len(found) > 1 or doubts:
        is_set = f"`{name}` is set in more than one place" if len(found) > 1 else f"`{name}` may be set here"
        last = (*found[1:], *doubts)[-1] if found else doubts[0]
        message = f"What this job runs in is not known: {is_set}."
        return Verdict("dynamic-container", message, trace=module.trace((Step(is_set, last),)))
    node = found[0] if found else None
    if not isinstance(node, ast.Constant) or node.value is not None:
        return node
    if made in list(module.names.enclosing(node))[:2]:
        return None
    step = Step(f"`{name}` is None", node)
    message = f"What this job runs in is not known: `{name}` is set to None apart from it."
    return Verdict("dynamic-container", message, trace=module.trace((step,)))


def _spelled(made: ast.expr, key: str) -> str:
    """Return what a model calls its argument, or a dictionary its key."""
    return key if is_dict(made) else re.sub("(?=[A-Z])", "_", key).lower()


def _positional(module: PythonModule, made: ast.expr, key: str) -> Sequence[ast.expr]:
    if not isinstance(made, ast.Call) or is_dict(made):
        return ()
    called = {
        name.rpartition(".")[2] for name in (ast.unparse(made.func), *module.names.qualified(made.func))
    }
    keys = next((keys for model, keys in _ORDER.items() if model in called), ())
    return made.args[keys.index(key) :][:1] if key in keys else ()


def part(module: PythonModule, node: Given, *models: str) -> Given:
    """Return the one call of one of the models that ``node`` means; without models, the one dictionary.

    It may stand anywhere in the module. What is lost before stays lost.
    """
    if not isinstance(node, ast.expr):
        return node
    sites = module.objects.values(module.names, node)
    for site in sites if len(sites) == 1 else ():
        is_wanted = any(is_model(module, site, model) for model in models) if models else is_dict(site)
        if isinstance(site, ast.expr) and is_wanted and module.objects.home(site) is module.names:
            return site
    value = evaluate(module.names, node)
    steps = value.trace if isinstance(value, Unknown) else (Step("a constant", node),)
    what = " or ".join(models) or "dictionary"
    message = f"Cannot see the {what} that this job uses; it is made elsewhere or in more than one way."
    return Verdict("dynamic-container", message, trace=module.trace(steps))


def gathered(
    module: PythonModule, call: ast.expr, toolkit: Framework | None, properties: ast.expr
) -> PythonJob:
    """Return the job that ``call`` makes, with the facts of its properties."""

    def inner(made: Given, key: str, model: str) -> Given:
        return part(module, given(module, made, key), *([] if is_dict(properties) else [model]))

    count, trace = _counted(module, properties)
    command = given(module, inner(properties, "jobPreparation", "JobPreparation"), "commandLine")
    facts = Facts(
        place=module.place(call),
        toolkit=toolkit,
        node_count=count,
        node_count_trace=trace,
        preparation=known_text(module.names, command),
    )
    among = properties.args if isinstance(properties, ast.Call) and not is_dict(properties) else ()
    positional = (part(module, node, "ContainerSettings") for node in among)
    named = inner(properties, "containerSettings", "ContainerSettings")
    container = next((each for each in positional if isinstance(each, ast.expr)), named)
    registry = inner(container, "imageSourceRegistry", "ImageSourceRegistry")
    job = PythonJob(
        module=module,
        facts=facts,
        call=call,
        properties=properties,
        container=container if isinstance(container, ast.Call) and not is_dict(container) else None,
        registry=registry if isinstance(registry, ast.expr) else None,
    )
    if registry is None:
        return stopped(job, NO_CONTAINER if container is None else NO_IMAGE)
    image, server, credentials = (given(module, registry, key) for key in _ORDER["ImageSourceRegistry"])
    return _with_image(job, image, server, credentials)


def _counted(module: PythonModule, properties: ast.expr) -> tuple[int | None, tuple[str, ...]]:
    """Return the node count that is surely the job's, else None and the trace to where it was lost."""
    name, node = _spelled(properties, "nodeCount"), given(module, properties, "nodeCount")
    trace: tuple[str, ...] = (f"{name} is not given",)
    if isinstance(node, Verdict):
        trace = node.trace
    elif node is not None:
        value = evaluate(module.names, node)
        count = count_of(value.value) if isinstance(value, Known) else None
        if count is not None:
            return count, ()
        trace = module.trace(value.trace) if isinstance(value, Unknown) else (f"{name} is not a number",)
    is_open = isinstance(properties, ast.Call) and properties.args and not is_dict(properties)
    return None, (*trace, *(["it may be among the positional arguments"] if is_open else []))


def stopped(job: PythonJob, problem: Verdict) -> PythonJob:
    """Return the job with what keeps it from being decided."""
    return replace(job, facts=replace(job.facts, problem=problem))


def apart(module: PythonModule, node: ast.expr, message: str) -> PythonJob:
    """Return the job that something makes, of which no more can be seen than that."""
    facts = Facts(module.place(node), problem=Verdict("dynamic-container", message))
    return PythonJob(module=module, facts=facts, call=node)


def _with_image(job: PythonJob, image: Given, server: Given, credentials: Given) -> PythonJob:
    if not isinstance(image, ast.expr):
        return stopped(job, image or _NO_NAME)
    module = job.module
    value = evaluate(module.names, image)
    trace = module.trace(value.trace) if isinstance(value, Unknown) else ()
    if isinstance(value, Unknown) and isinstance(server, ast.expr) and isinstance(credentials, ast.expr):
        message = "The job's registry has a server URL and credentials of its own; decide by hand."
        return stopped(job, Verdict("private-registry", message, trace=trace))
    if isinstance(value, Unknown) or not isinstance(value.value, str):
        message = (
            "The job's image is not known before the code runs; write it as a literal or map it by hand."
        )
        return stopped(job, Verdict("image-unknown", message, trace=trace))
    for each in (server, credentials):
        if isinstance(each, Verdict):
            return stopped(replace(job, facts=replace(job.facts, image=value.value)), each)
    facts = with_registry(job.facts, value.value, shown(module, server), shown(module, credentials))
    login = credentials if isinstance(credentials, ast.expr) and facts.login else None
    return replace(job, facts=facts, image=value, login=login)


def shown(module: PythonModule, node: Given, keys: Sequence[str] = _LOGIN_KEYS, depth: int = 6) -> object:
    """Return what an expression holds under ``keys``, on every level; EXPRESSION for what is not known."""
    if not isinstance(node, ast.expr) or not depth:
        return None if node is None else EXPRESSION
    made = part(module, node)
    made = made if isinstance(made, ast.expr) else part(module, node, *_LOGIN)
    if not isinstance(made, ast.expr):
        value = evaluate(module.names, node)
        return value.value if isinstance(value, Known) else EXPRESSION
    if is_dict(made) and is_open(made):
        return EXPRESSION
    return {key: shown(module, given(module, made, key), keys, depth - 1) for key in keys}


def lines_of(jobs: Sequence[PythonJob]) -> Mapping[PythonJob, tuple[LineRange, ...]]:
    """Return the lines that each job of one text stands on.

    They are those of the statements that make the job, its container settings and its registry, and
    that spell its image, in other files too; of the expression alone in compound statements and in those
    of several jobs.
    """
    around = Counter(_statement(job.module, job.call) for job in jobs)
    found: dict[PythonJob, tuple[LineRange, ...]] = {}
    for job in jobs:
        lines: list[LineRange] = []
        for node in filter(None, (job.call, job.container, job.registry, *job.written)):
            owner = job.module.owner(node)
            statement = _statement(owner, node)
            start, end = owner.span(node if statement is None or around[statement] > 1 else statement)
            lines.append(lines_at(owner.text.place(start), owner.text.place(max(end - 1, start)).line))
        found[job] = tuple(dict.fromkeys(lines))
    return found


def _statement(module: PythonModule, node: ast.expr) -> ast.stmt | None:
    """Return the statement around ``node``, None if it is a compound one."""
    found = next((each for each in module.names.enclosing(node) if isinstance(each, ast.stmt)), None)
    return None if hasattr(found, "body") or hasattr(found, "cases") else found


def quote_of(job: PythonJob) -> str:
    """Return the quote character of the job's image literal, else of the job's first text, else ``'``."""
    module = job.module
    written = [node for node in job.written if module.owner(node) is module]
    for node in (*written, *ast.walk(job.call)):
        # From Python 3.12 on the texts inside of an f-string have no quotes of their own.
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text or isinstance(node, ast.JoinedStr):
            source = module.source(node).lstrip("bBfFrRuU(")
            if source[:1] in ("'", '"'):
                return source[0]
    return "'"

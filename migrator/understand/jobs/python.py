"""One job of a Python text, and the facts that every way of writing it shares."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from codemods.syntax.registry import EXPRESSION
from migrator.model import Framework
from migrator.understand.facts import Facts, Verdict, count_of, with_registry
from migrator.understand.jobs.arguments import Given, argument, model_call
from migrator.understand.python import Known, PythonModule, Unknown, evaluate, known_text
from migrator.understand.texts import LineRange, lines_at


class Form(StrEnum):
    """How a job is written in Python: with the SDK's models, or as the dictionary of a job spec."""

    MODELS = "models"
    DICTIONARY = "dictionary"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PythonJob:
    """A job of a Python text: its facts, and the nodes that a rewrite would touch.

    ``registry`` is the call or dictionary that names the image, ``login`` the credentials given to it.
    """

    module: PythonModule
    facts: Facts
    call: ast.expr
    form: Form = Form.MODELS
    container: ast.Call | None = None
    registry: ast.expr | None = None
    image: Known | None = None
    login: ast.expr | None = None

    @property
    def written(self) -> tuple[ast.expr, ...]:
        """The expressions that spell its image, in whatever module."""
        return self.image.written if self.image is not None else ()


def job_at(
    module: PythonModule,
    call: ast.expr,
    form: Form,
    toolkit: Framework | None,
    node_count: tuple[str, Given],
    command: Given,
) -> PythonJob:
    """Return the job that a call or dictionary makes, with its node count (the name and what is given)."""
    count, trace = _counted(module, *node_count)
    facts = Facts(
        place=module.place(call),
        toolkit=toolkit,
        node_count=count,
        node_count_trace=trace,
        preparation=known_text(module.names, command),
    )
    return PythonJob(module=module, facts=facts, call=call, form=form)


def _counted(module: PythonModule, name: str, given: Given) -> tuple[int | None, tuple[str, ...]]:
    """Return the node count that ``given`` is known to be, else None and the trace to where it was lost."""
    if given is None:
        return None, (f"{name} is not given",)
    if isinstance(given, Verdict):
        return None, given.trace
    value = evaluate(module.names, given)
    if isinstance(value, Unknown):
        return None, module.trace(value.trace)
    count = count_of(value.value)
    return count, () if count is not None else (f"{name} is not a number",)


def stopped(job: PythonJob, problem: Verdict) -> PythonJob:
    """Return the job with what keeps it from being decided."""
    return replace(job, facts=replace(job.facts, problem=problem))


def apart(module: PythonModule, node: ast.expr, form: Form, message: str) -> PythonJob:
    """Return the job that something makes, of which no more can be seen than that."""
    facts = Facts(module.place(node), problem=Verdict("dynamic-container", message))
    return PythonJob(module=module, facts=facts, call=node, form=form)


def with_image(job: PythonJob, image: Given, server: Given, credentials: Given) -> PythonJob:
    """Return the job with the facts of its registry settings, from the expressions given for each."""
    if isinstance(image, Verdict):
        return stopped(job, image)
    if image is None:
        return stopped(job, Verdict("image-unknown", "The job's registry settings name no image."))
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
    for part in (server, credentials):
        if isinstance(part, Verdict):
            return stopped(replace(job, facts=replace(job.facts, image=value.value)), part)
    facts = with_registry(job.facts, value.value, _json(module, server), _json(module, credentials))
    login = credentials if isinstance(credentials, ast.expr) and facts.login else None
    return replace(job, facts=facts, image=value, login=login)


def _json(module: PythonModule, given: Given, depth: int = 6) -> object:
    """Return what an argument would be in a job spec; EXPRESSION for what only running the code tells."""
    if not isinstance(given, ast.expr) or not depth:
        return None if given is None else EXPRESSION
    value = evaluate(module.names, given)
    if isinstance(value, Known):
        return value.value
    for model, keys in _LOGIN.items():
        call = model_call(module, given, model)
        if isinstance(call, ast.Call):
            parts = (argument(module, call, name, index) for index, name in enumerate(keys))
            values = [_json(module, part, depth - 1) for part in parts]
            return dict(zip(keys.values(), values, strict=True))
    behind = module.dicts.dict_behind(given)
    if behind is None or module.dicts.is_open(behind):
        return EXPRESSION
    found = {key: module.dicts.at(behind, (key,)) for keys in _LOGIN.values() for key in keys.values()}
    return {key: _json(module, values[0], depth - 1) for key, values in found.items() if values}


_LOGIN = {
    "PrivateRegistryCredentials": {
        "username": "username",
        "password": "password",
        "password_secret_reference": "passwordSecretReference",
    },
    "KeyVaultSecretReference": {"source_vault": "sourceVault", "secret_url": "secretUrl"},
    "ResourceId": {"id": "id"},
}
"""The models of a login: their arguments, in the order of 0.2.0, and what a job spec calls them."""


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

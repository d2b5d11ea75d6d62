"""One job of a Python text, and the facts that every way of writing it shares."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from codemods.syntax.registry import EXPRESSION
from migrator.model import CredentialsMode
from migrator.understand.facts import Facts, Problem, login_state, registry_state
from migrator.understand.jobs.arguments import argument, model_call
from migrator.understand.python import Known, PythonModule, Unknown, evaluate
from migrator.understand.texts import LineRange, lines_at

Given = ast.expr | Problem | None


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


def with_image(job: PythonJob, image: Given, server: Given, credentials: Given) -> PythonJob:
    """Return the job with the facts of its registry settings, from the expressions given for each."""
    if isinstance(image, Problem):
        return stopped(job, image)
    if image is None:
        message = "The job's registry settings name no image."
        return stopped(job, Problem(rule="image-unknown", message=message))
    module = job.module
    value = evaluate(module.names, image)
    if isinstance(value, Unknown) and isinstance(server, ast.expr) and isinstance(credentials, ast.expr):
        message = "The job's registry has a server URL and credentials of its own; decide by hand."
        return stopped(
            job, Problem(rule="private-registry", message=message, trace=module.trace(value.trace))
        )
    if isinstance(value, Unknown) or not isinstance(value.value, str):
        trace = module.trace(value.trace) if isinstance(value, Unknown) else ()
        message = (
            "The job's image is not known before the code runs; write it as a literal or map it by hand."
        )
        return stopped(job, Problem(rule="image-unknown", message=message, trace=trace))
    facts = replace(job.facts, image=value.value)
    for part in (server, credentials):
        if isinstance(part, Problem):
            return stopped(replace(job, facts=facts), part)
    given = credentials if isinstance(credentials, ast.expr) else None
    state = login_state(_value(module, given))
    login = given if state.is_complete else None
    facts = replace(
        facts,
        registry=registry_state(value.value, _host(module, server), state),
        login_state=state,
        login=_kind(login) if login is not None else None,
    )
    return replace(job, facts=facts, image=value, login=login)


def _kind(login: ast.expr) -> CredentialsMode:
    """Tell a Key Vault login by the names in it, an API key by their absence."""
    words = {part.arg for part in ast.walk(login) if isinstance(part, ast.keyword)}
    words |= {str(part.value) for part in ast.walk(login) if isinstance(part, ast.Constant)}
    is_vault = words.intersection(("password_secret_reference", "passwordSecretReference"))
    return CredentialsMode.KEY_VAULT if is_vault else CredentialsMode.API_KEY


def _host(module: PythonModule, server: Given) -> str | None:
    if not isinstance(server, ast.expr):
        return None
    value = evaluate(module.names, server)
    host = value.value if isinstance(value, Known) else "a server that is not known statically"
    return host if isinstance(host, str) else None


def _value(module: PythonModule, given: Given, depth: int = 6) -> object:
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
            values = [_value(module, part, depth - 1) for part in parts]
            return dict(zip(keys.values(), values, strict=True))
    behind = module.dicts.dict_behind(given)
    if behind is None or module.dicts.is_open(behind):
        return EXPRESSION
    found = {key: module.dicts.at(behind, (key,)) for keys in _LOGIN.values() for key in keys.values()}
    return {key: _value(module, values[0], depth - 1) for key, values in found.items() if values}


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


def stopped(job: PythonJob, problem: Problem) -> PythonJob:
    """Return the job with a problem that keeps it from being decided."""
    return replace(job, facts=replace(job.facts, problem=problem))


def command_of(module: PythonModule, given: Given) -> str | None:
    """Return a command line that is known statically, None for any other."""
    value = evaluate(module.names, given) if isinstance(given, ast.expr) else None
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def counted(module: PythonModule, given: Given, name: str) -> tuple[int | None, tuple[str, ...]]:
    """Return the node count that ``given`` is known to be, else None and the trace to where it was lost."""
    if given is None:
        return None, (f"{name} is not given",)
    if isinstance(given, Problem):
        return None, given.trace
    value = evaluate(module.names, given)
    if isinstance(value, Unknown):
        return None, module.trace(value.trace)
    if isinstance(value.value, int) and not isinstance(value.value, bool):
        return value.value, ()
    return None, (f"{name} is not a number",)


def lines_of(jobs: Sequence[PythonJob]) -> Mapping[PythonJob, tuple[LineRange, ...]]:
    """Return the lines that each job of one text stands on.

    They are those of the statements that make the job, its container settings and its registry, and
    that spell its image, in other files too; of the expression alone in compound statements and in those
    of several jobs.
    """
    around = [_statement(job.module, job.call) for job in jobs]
    crowded = {statement for statement, count in Counter(around).items() if count > 1}
    return {job: tuple(dict.fromkeys(_job_lines(job, crowded))) for job in jobs}


def _job_lines(job: PythonJob, crowded: Collection[ast.stmt | None]) -> Iterator[LineRange]:
    spelled = job.image.written if job.image is not None else ()
    for node in (job.call, job.container, job.registry, *spelled):
        if node is not None:
            owner = job.module.owner(node)
            statement = _statement(owner, node)
            start, end = owner.span(node if statement is None or statement in crowded else statement)
            first, last = (owner.text.place(offset) for offset in (start, max(end - 1, start)))
            yield lines_at(first, last.line)


def _statement(module: PythonModule, node: ast.expr) -> ast.stmt | None:
    """Return the statement around ``node``, None if it is a compound one."""
    found = next((each for each in module.names.enclosing(node) if isinstance(each, ast.stmt)), None)
    return None if hasattr(found, "body") or hasattr(found, "cases") else found


def quote_of(job: PythonJob) -> str:
    """Return the quote character of the job's image literal, else of the job's first text, else ``'``."""
    module = job.module
    written = [node for node in (job.image.written if job.image else ()) if module.owner(node) is module]
    for node in (*written, *ast.walk(job.call)):
        # From Python 3.12 on the texts inside of an f-string have no quotes of their own.
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text or isinstance(node, ast.JoinedStr):
            source = module.source(node).lstrip("bBfFrRuU(")
            if source[:1] in ("'", '"'):
                return source[0]
    return "'"

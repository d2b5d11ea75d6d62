"""Turn the decisions on the jobs of one Python text into edits, through the codemods."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from codemods.container_registry import RegistryCredentials, rewrite_settings
from codemods.image_literal import rewrite_literal
from codemods.model_imports import add_model_import
from codemods.registry_dict import rewrite_registry_dict
from codemods.syntax.edits import Edit, between
from codemods.syntax.source import NotLossless, NotRewritable
from migrator.decide import CredentialSource
from migrator.rewrite.indentation import indent_at, indent_unit
from migrator.rewrite.model_paths import NEW_MODELS, model_paths
from migrator.rewrite.os_import import is_os_bound, with_os_import
from migrator.understand.jobs import Form, PythonJob, quote_of
from migrator.understand.python import PythonModule


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A job that is to be rewritten: its target image and where its credentials come from."""

    job: PythonJob
    target: str
    source: CredentialSource


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRewritten:
    """A job that a codemod could not rewrite, with the reason (half a sentence)."""

    job: PythonJob
    reason: str


Rewritten = dict[tuple[PythonModule, int, int], str]


def rewrite(
    module: PythonModule, migrations: Sequence[Migration]
) -> dict[PythonModule, tuple[Edit[str], ...]] | tuple[NotRewritten, ...]:
    """Return the edits that make every migration, by the module whose text they change, or all refusals.

    Besides ``module``, which holds the jobs, these are the modules that spell their images. A registry,
    constant or import that several jobs share is rewritten once.
    """
    rewritten: Rewritten = {}
    refused = []
    for migration in migrations:
        try:
            rewritten |= _settings(migration)
            rewritten |= _constants(migration)
            _imports(module, (migration,))
        except (NotRewritable, NotLossless) as error:
            refused.append(NotRewritten(job=migration.job, reason=str(error)))
    if refused:
        return tuple(refused)
    try:
        rewritten |= _imports(module, migrations)
    except (NotRewritable, NotLossless) as error:
        return (NotRewritten(job=migrations[0].job, reason=f"an import cannot be added: {error}"),)
    edits: dict[PythonModule, tuple[Edit[str], ...]] = {}
    for (owner, start, end), text in rewritten.items():
        edits[owner] = (*edits.get(owner, ()), *between(owner.text.text[start:end], text, start))
    return edits


def _settings(migration: Migration) -> Rewritten:
    """Rewrite the registry, or the container settings that hold it."""
    job = migration.job
    module, registry = job.module, _registry(migration)
    outer = job.container if job.container and _holds(module, job.container, registry) else registry
    start, end = module.span(outer)
    inline = [
        node for node in _written(job) if job.module.owner(node) is module and _holds(module, registry, node)
    ]
    composed = [node for node in inline if not isinstance(node, ast.Constant)]
    text = module.text.text[start:end]
    for first, last in sorted(map(module.span, composed), reverse=True):
        literal = _composed(module.text.text[first:last], migration.target)
        text = text[: first - start] + literal + text[last - start :]
    image = migration.target if inline and not composed else None
    found = {(module, start, end): _rewritten(migration, outer, text, image)}
    if job.container is not None and outer is registry and job.container.args:
        first, last = module.span(job.container.args[0])
        found[module, first, last] = f"image_source_registry={module.text.text[first:last]}"
    return found


def _rewritten(migration: Migration, outer: ast.expr, text: str, image: str | None) -> str:
    job, source = migration.job, migration.source
    module, start = job.module, job.module.span(outer)[0]
    layout = _Layout(
        indent=indent_at(module.text.text, start),
        unit=indent_unit(module),
        newline=module.text.newline_at(start),
        quote=quote_of(job),
    )
    credentials = RegistryCredentials(
        username=source.username,
        password=source.password,
        vault_id=source.vault_id,
        secret_url=source.secret_url,
    )
    if job.form is Form.DICTIONARY:
        return rewrite_registry_dict(text, image=image, credentials=credentials, **layout)
    return rewrite_settings(
        text,
        calls=_calls(module, outer),
        image=image,
        credentials=credentials,
        models=model_paths(module, _registry(migration), _models_of(source)).spelling,
        **layout,
    )


class _Layout(TypedDict):
    indent: str
    unit: str
    newline: str
    quote: str


def _constants(migration: Migration) -> Rewritten:
    """Rewrite the image where it is written apart from the registry."""
    job = migration.job
    found = {}
    for node in _written(job):
        owner = job.module.owner(node)
        if job.registry is None or (owner is job.module and _holds(owner, job.registry, node)):
            continue
        source = owner.source(node)
        is_literal = isinstance(node, ast.Constant)
        new = rewrite_literal(source, migration.target) if is_literal else _composed(source, migration.target)
        found[owner, *owner.span(node)] = new
    return found


def _composed(source: str, image: str) -> str:
    """Return the literal that takes the place of an expression which puts the image together."""
    if "#" in source:
        raise NotRewritable("a comment may stand where the image is put together")
    quote = next((character for character in source if character in "'\""), "'")
    return f"{quote}{image}{quote}"


def _written(job: PythonJob) -> tuple[ast.expr, ...]:
    return job.image.written if job.image else ()


def _holds(module: PythonModule, outer: ast.expr, inner: ast.expr) -> bool:
    start, end = module.span(outer)
    first, last = module.span(inner)
    return start <= first and last <= end


def _calls(module: PythonModule, outer: ast.expr) -> Mapping[str, str]:
    found = {}
    for node in ast.walk(outer):
        if isinstance(node, ast.Call):
            for name in module.names.qualified(node.func):
                if name.startswith("azure.mgmt.batchai"):
                    found[ast.unparse(node.func)] = name.rpartition(".")[2]
    return found


def _imports(module: PythonModule, migrations: Sequence[Migration]) -> Rewritten:
    statements: dict[ast.stmt, str] = {}
    for migration in migrations:
        if migration.job.form is Form.DICTIONARY:
            continue
        paths = model_paths(module, _registry(migration), _models_of(migration.source))
        wanted = _models_of(migration.source) & paths.missing
        if paths.statement is not None and wanted:
            before = statements.get(paths.statement, module.source(paths.statement))
            names = [name for name in NEW_MODELS if name in wanted]
            statements[paths.statement] = add_model_import(before, names)
    found = {(module, *module.span(statement)): text for statement, text in statements.items()}
    for migration in migrations:
        registry = _registry(migration)
        if _reads_environment(migration.source) and not is_os_bound(module, registry):
            start, end, text = with_os_import(module, registry, statements)
            found[module, start, end] = text
    return found


def _registry(migration: Migration) -> ast.expr:
    if migration.job.registry is None:
        raise NotRewritable("its registry settings cannot be seen")
    return migration.job.registry


def _models_of(source: CredentialSource) -> frozenset[str]:
    return frozenset(NEW_MODELS[:1] if source.password is not None else NEW_MODELS)


def _reads_environment(source: CredentialSource) -> bool:
    expressions = (source.password, source.vault_id, source.secret_url)
    return any(text.startswith("os.environ") for text in expressions if text)

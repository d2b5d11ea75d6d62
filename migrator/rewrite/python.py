"""Turn the decisions on the jobs of one Python text into edits, through the codemods."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codemods.container_registry import RegistryChange, rewrite_registry
from codemods.image_literal import rewrite_literal
from codemods.model_imports import add_model_import
from codemods.syntax.edits import Edit, between
from codemods.syntax.registry import VaultSecret, is_blank, lacking
from codemods.syntax.source import NotLossless, NotRewritable
from migrator.decide import CredentialSource
from migrator.rewrite.model_paths import NEW_MODELS, ModelPaths, model_paths
from migrator.rewrite.os_import import is_os_bound, place_import_os
from migrator.understand.jobs import Form, PythonJob, quote_of
from migrator.understand.python import Known, PythonModule, evaluate


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """The edits of the jobs that were rewritten, by the module whose text they change, and the other jobs."""

    edits: Mapping[PythonModule, tuple[Edit[str], ...]]
    refused: tuple[NotRewritten, ...]


#: New texts by their place: module, start and end (code points).
_Texts = dict[tuple[PythonModule, int, int], str]

_INDENT = re.compile(r"[ \t]*")


def rewrite(module: PythonModule, migrations: Sequence[Migration]) -> Rewrite:
    """Return what makes every migration that can be made, each job by itself.

    Besides ``module``, which holds the jobs, the modules that spell their images change. A registry,
    constant or import that several jobs share is rewritten once.
    """
    texts: _Texts = {}
    refused = []
    for migration in migrations:
        try:
            texts |= _settings(migration) | _constants(migration) | _imports(migration, texts)
        except (NotRewritable, NotLossless) as error:
            refused.append(NotRewritten(job=migration.job, reason=str(error)))
    edits: dict[PythonModule, tuple[Edit[str], ...]] = {}
    for (owner, start, end), text in texts.items():
        edits[owner] = (*edits.get(owner, ()), *between(owner.text.text[start:end], text, start))
    return Rewrite(edits=edits, refused=tuple(refused))


def _settings(migration: Migration) -> _Texts:
    """Rewrite the registry, or the container settings that hold it."""
    job = migration.job
    module, registry = job.module, _registry(migration)
    outer = job.container if job.container and _holds(module, job.container, registry) else registry
    start, end = module.span(outer)
    inline = [
        node for node in _written(job) if module.owner(node) is module and _holds(module, registry, node)
    ]
    composed = [node for node in inline if not isinstance(node, ast.Constant)]
    literals = {module.span(node): _composed(module.source(node), migration.target) for node in composed}
    literals |= {module.span(node): text for node, text in _spelled_out(module, registry)}
    text = module.text.text[start:end]
    for (first, last), literal in sorted(literals.items(), reverse=True):
        text = text[: first - start] + literal + text[last - start :]
    change = RegistryChange(
        image=migration.target if inline and not composed else None,
        credentials=migration.source.credentials,
        calls=_calls(module, outer),
        models="" if job.form is Form.DICTIONARY else _paths(migration).spelling,
        unit=_indent_unit(module),
        newline=module.text.newline_at(start),
        quote=quote_of(job),
    )
    texts = {(module, start, end): rewrite_registry(text, change, _indent_at(module.text.text, start))}
    if job.container is not None and outer is registry and job.container.args:
        first, last = module.span(job.container.args[0])
        texts[module, first, last] = f"image_source_registry={module.text.text[first:last]}"
    return texts


def _spelled_out(module: PythonModule, registry: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Yield what names a server or credentials that must not stay, with the literal that it stands for."""
    given: list[tuple[object, ast.expr]] = []
    if isinstance(registry, ast.Dict):
        keys = (key.value if isinstance(key, ast.Constant) else None for key in registry.keys)
        given = list(zip(keys, registry.values, strict=True))
    elif isinstance(registry, ast.Call):
        given = [*zip(("image", "server_url", "credentials"), registry.args, strict=False)]
        given += [(keyword.arg, keyword.value) for keyword in registry.keywords]
    for key, node in given:
        is_part = key in ("server_url", "serverUrl", "credentials") and not isinstance(node, ast.Constant)
        value = evaluate(module.names, node) if is_part else None
        if not isinstance(value, Known):
            continue
        is_stale = key != "credentials" and "serverUrl" in lacking({"serverUrl": value.value}, "")
        if is_stale or is_blank(value.value):
            yield node, repr(value.value)


def _indent_at(text: str, offset: int) -> str:
    """Return the white space that begins the line of ``offset`` (code points, 0-based)."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    match = _INDENT.match(text, start)
    return match[0] if match else ""


def _indent_unit(module: PythonModule) -> str:
    """Return one step of the module's indentation: that of its first indented block, else four spaces."""
    text = module.text.text
    for node in ast.walk(module.names.tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt) and isinstance(body, list) and body[0].lineno > node.lineno:
            outer = _indent_at(text, module.span(node)[0])
            inner = _indent_at(text, module.span(body[0])[0])
            if inner.startswith(outer) and len(inner) > len(outer):
                return inner[len(outer) :]
    return "    "


def _constants(migration: Migration) -> _Texts:
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


def _imports(migration: Migration, texts: _Texts) -> _Texts:
    """Import what the job's new text needs; ``texts`` may hold such imports already."""
    module, registry = migration.job.module, _registry(migration)
    found: _Texts = {}
    wanted = _models(migration)
    if migration.job.form is not Form.DICTIONARY and wanted:
        paths = _paths(migration)
        names = [name for name in NEW_MODELS if name in wanted & paths.missing]
        if paths.statement is not None and names:
            place = (module, *module.span(paths.statement))
            found[place] = add_model_import(texts.get(place, module.source(paths.statement)), names)
    if _reads_environment(migration.source) and not is_os_bound(module, registry):
        offset, text = place_import_os(module, registry)
        found[module, offset, offset] = text
    return found


def _registry(migration: Migration) -> ast.expr:
    if migration.job.registry is None:
        raise NotRewritable("its registry settings cannot be seen")
    return migration.job.registry


def _paths(migration: Migration) -> ModelPaths:
    return model_paths(migration.job.module, _registry(migration), _models(migration))


def _models(migration: Migration) -> frozenset[str]:
    """Return the models that the job's credentials are made of."""
    credentials = migration.source.credentials
    if credentials is None:
        return frozenset()
    return frozenset(NEW_MODELS if isinstance(credentials.password, VaultSecret) else NEW_MODELS[:1])


def _reads_environment(source: CredentialSource) -> bool:
    secret = source.credentials.password if source.credentials else ""
    expressions = (secret,) if isinstance(secret, str) else (secret.vault_id, secret.secret_url)
    return any(each.startswith("os.environ") for each in expressions)

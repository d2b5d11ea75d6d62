"""Turn the decisions on the jobs of one Python text into edits, through the codemods."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codemods.container_registry import RegistryChange, rewrite_registry
from codemods.image_literal import rewrite_literal
from codemods.model_imports import add_model_import
from codemods.syntax.edits import Edit, apply, between
from codemods.syntax.lines import indent_at
from codemods.syntax.registry import VaultSecret, is_blank, lacking
from codemods.syntax.source import NotRewritable
from migrator.decide import CredentialSource
from migrator.rewrite.imports import NEW_MODELS, ModelPaths, is_os_bound, model_paths, place_import_os
from migrator.understand.jobs import PythonJob, given, quote_of
from migrator.understand.python import Known, PythonModule, evaluate, is_dict


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A job that is to be rewritten: its target image and where its credentials come from."""

    job: PythonJob
    target: str
    source: CredentialSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """The edits of the jobs that were rewritten, by the module whose text they change.

    The other jobs are ``refused``, each for a reason (half a sentence).
    """

    edits: Mapping[PythonModule, tuple[Edit[str], ...]]
    refused: Mapping[PythonJob, str]


_BLOCK = re.compile(
    r"^([ \t]*)(?:async|class|def|for|if|else|elif|try|while|with)\b[^\r\n]*:[ \t]*(?:#[^\r\n]*)?"
    r"\s*?[\r\n]\1([ \t]+)\S",
    re.MULTILINE,
)

#: New texts by their place: module, start and end (code points).
_Texts = dict[tuple[PythonModule, int, int], str]


def rewrite(module: PythonModule, migrations: Sequence[Migration]) -> Rewrite:
    """Return what makes every migration that can be made, each job by itself.

    Besides ``module``, which holds the jobs, the modules that spell their images change. A registry,
    constant or import that several jobs share is rewritten once.
    """
    texts: _Texts = {}
    refused = {}
    for migration in migrations:
        try:
            texts |= _texts(migration, texts)
        except NotRewritable as error:
            refused[migration.job] = str(error)
    edits: dict[PythonModule, tuple[Edit[str], ...]] = {}
    for (owner, start, end), text in texts.items():
        edits[owner] = (*edits.get(owner, ()), *between(owner.text.text[start:end], text, start))
    return Rewrite(edits=edits, refused=refused)


def _texts(migration: Migration, earlier: _Texts) -> _Texts:
    """Return the texts of one job; ``earlier`` ones may hold imports that it needs too."""
    job, module, registry = migration.job, migration.job.module, migration.job.registry
    if registry is None:
        raise NotRewritable("its registry settings cannot be seen")
    credentials = migration.source.credentials
    secret = credentials.password if credentials else ""
    models = frozenset(
        NEW_MODELS if isinstance(secret, VaultSecret) else NEW_MODELS[: credentials is not None]
    )
    paths = ModelPaths({}) if is_dict(registry) else model_paths(module, registry, models)
    found: _Texts = {}
    inside = []
    for node in job.written:
        owner = module.owner(node)
        # What partial gives is given anew, as for one call of several.
        if _holds(module, registry, node) or registry in module.names.filled.values():
            inside.append(node)
        else:
            found[owner, *owner.span(node)] = _literal(owner, node, migration.target)
    found |= _settings(migration, registry, inside, paths)
    names = [name for name in NEW_MODELS if name in models & paths.missing]
    if paths.statement is not None and names:
        place = (module, *module.span(paths.statement))
        found[place] = add_model_import(earlier.get(place, module.source(paths.statement)), names)
    expressions = (secret,) if isinstance(secret, str) else (secret.vault_id, secret.secret_url)
    if any(each.startswith("os.environ") for each in expressions) and not is_os_bound(module, registry):
        offset, text = place_import_os(module, registry)
        found[module, offset, offset] = text
    return found


def _settings(
    migration: Migration, registry: ast.expr, inside: Sequence[ast.expr], paths: ModelPaths
) -> _Texts:
    """Rewrite the registry, or the container settings that hold it; ``inside`` spell the image in it."""
    job, module = migration.job, migration.job.module
    outer = job.container if job.container and _holds(module, job.container, registry) else registry
    start, end = module.span(outer)
    text = module.text.text
    held = (node for node in inside if _holds(module, registry, node))
    asked = job.image.asked if job.image is not None else None
    composed = [node for node in held if node is not asked or not isinstance(node, ast.Constant)]
    plain = dict(_spelled_out(module, registry)) | {
        node: _literal(module, node, migration.target) for node in composed
    }
    spans = ((module.span(node), text) for node, text in plain.items())
    edits = [Edit(first - start, last - start, text) for (first, last), text in spans]
    change = RegistryChange(
        image=migration.target if inside and not composed else None,
        credentials=migration.source.credentials,
        calls={**_calls(module, outer), **paths.calls},
        unit=block[2] if (block := _BLOCK.search(text)) else "    ",
        newline=module.text.newline_at(start),
        quote=quote_of(job),
    )
    new = rewrite_registry(apply(edits, text[start:end]), change, indent_at(text, start))
    found: _Texts = {(module, start, end): new}
    if job.container is not None and outer is registry and job.container.args:
        first, last = module.span(job.container.args[0])
        found[module, first, last] = f"image_source_registry={text[first:last]}"
    return found


def _spelled_out(module: PythonModule, registry: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Yield what names a server or credentials that must not stay, with the literal that it stands for."""
    for key in ("serverUrl", "credentials"):
        node = given(module, registry, key)
        if not isinstance(node, ast.expr) or isinstance(node, ast.Constant):
            continue
        value = evaluate(module.names, node)
        if not isinstance(value, Known) or not _holds(module, registry, node):
            continue
        is_stale = key == "serverUrl" and key in lacking({key: value.value}, "")
        if is_stale or is_blank(value.value):
            yield node, repr(value.value)


def _literal(module: PythonModule, node: ast.expr, image: str) -> str:
    """Return the literal that takes the place of one, or of an expression that puts the image together."""
    source = module.source(node)
    if isinstance(node, ast.Constant):
        return rewrite_literal(source, image)
    if "#" in source:
        raise NotRewritable("a comment may stand where the image is put together")
    quote = next((character for character in source if character in "'\""), "'")
    return f"{quote}{image}{quote}"


def _holds(module: PythonModule, outer: ast.expr, inner: ast.expr) -> bool:
    if module.owner(inner) is not module:
        return False
    start, end = module.span(outer)
    first, last = module.span(inner)
    return start <= first and last <= end


def _calls(module: PythonModule, outer: ast.expr) -> Mapping[str, str]:
    calls = [node for node in ast.walk(outer) if isinstance(node, ast.Call)]
    named = ((call, name) for call in calls for name in module.names.qualified(call.func))
    return {
        ast.unparse(call.func): name.rpartition(".")[2]
        for call, name in named
        if name.startswith("azure.mgmt.batchai")
    }

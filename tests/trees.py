"""Small recipe trees, written from a mapping of paths to contents, and the plans made of them."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path

from migrator.discover.reading import Files
from migrator.discover.tree import Source, Tree, discover
from migrator.model import Finding, Job, Plan
from migrator.options import Options
from migrator.pipeline import plan
from migrator.understand.python.module import PythonModule
from migrator.understand.python.modules import Modules
from migrator.understand.reading import read_source

IMAGE = "tensorflow/tensorflow:1.8.0-gpu"
TARGET = "nvcr.io/nvidia/tensorflow:18.07-py2"
MODELS = "import azure.mgmt.batchai.models as models\n"
CONFIGURATION = '{\n    "location": "northeurope",\n    "resource_group": "meadow"\n}\n'

# A loader that lacks the registry's attributes, and one that sets them all.
LOADER = """\
import json


class Configuration:
    def __init__(self, path='configuration.json'):
        with open(path) as file:
            conf = json.load(file)
        self.location = conf['location']
        self.resource_group = conf['resource_group']
"""
FULL_LOADER = (
    LOADER
    + """\
        registry = conf.get('container_registry', {})
        self.container_registry_user = registry.get('user')
        self.container_registry_password = registry.get('password')
        self.container_registry_secret_url = registry.get('secret_url')
        self.keyvault_id = conf.get('keyvault_id')
"""
)


def job(
    location: str = "'northeurope'",
    *,
    image: str = f"'{IMAGE}'",
    nodes: str = "1",
    toolkit: str = "tensor_flow_settings=models.TensorFlowSettings(python_script_file_path='train.py')",
    name: str = "parameters",
) -> str:
    """Return the statement that makes a job; every argument is the source of an expression."""
    return (
        f"{name} = models.JobCreateParameters(\n"
        f"    location={location},\n"
        f"    cluster=models.ResourceId(id='cluster'),\n"
        f"    node_count={nodes},\n"
        f"    container_settings=models.ContainerSettings(\n"
        f"        image_source_registry=models.ImageSourceRegistry(image={image})),\n"
        f"    {toolkit})\n"
    )


def job_spec(registry: Mapping[str, object], *, nodes: object = 1, toolkit: str = "tensorFlow") -> str:
    """Return a job spec with the given ``imageSourceRegistry``."""
    properties = {
        "nodeCount": nodes,
        f"{toolkit}Settings": {"pythonScriptFilePath": "train.py"},
        "containerSettings": {"imageSourceRegistry": registry},
    }
    return json.dumps({"properties": properties}, indent=2) + "\n"


def notebook(*cells: str) -> str:
    """Return a notebook with these code cells."""
    code: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": cell.splitlines(keepends=True),
        }
        for cell in cells
    ]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}, indent=1) + "\n"


class Memory:
    """Files that are held in memory, all of them writable."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    @property
    def scripts(self) -> tuple[str, ...]:
        return ()

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def is_writable(self, path: str) -> bool:
        return path in self.files


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files below ``folder`` and return it."""
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def tree_of(folder: Path, files: Mapping[str, str | bytes], path: str = "") -> Tree:
    """Write the files and discover what is at ``path`` (below ``folder``)."""
    return discover([written(folder, files) / path])


def planned(
    folder: Path, files: Mapping[str, str | bytes], options: Options | None = None, path: str = ""
) -> Plan:
    """Write the files and plan what is at ``path`` (below ``folder``); a defect of the program fails."""
    found = plan(tree_of(folder, files, path), options or Options())
    assert [each.message for each in jobs(found) if each.rule == "internal-error"] == []
    return found


def jobs(found: Plan) -> list[Job]:
    """Return all jobs of a plan, by recipe and place."""
    return [each for recipe in found.recipes for each in recipe.jobs]


def the_job(found: Plan) -> Job:
    """Return the only job of a plan."""
    (only,) = jobs(found)
    return only


def findings(found: Plan, rule: str | None = None) -> list[Finding]:
    """Return the findings of a plan, those of one rule if one is given.

    Without one, what is told of GPUs is left out: most trees here make no cluster.
    """
    every = [finding for recipe in found.recipes for finding in recipe.findings]
    return [each for each in every if each.rule == rule or (rule is None and each.rule != "gpu-unknown")]


def after(found: Plan, path: str) -> str:
    """Return what a file would be. Raises KeyError where the plan does not change it."""
    return {change.path: change.after for change in found.changes}[path].decode()


def changed(found: Plan) -> list[str]:
    """Return the paths that the plan changes, sorted."""
    return sorted(change.path for change in found.changes)


def migrated(folder: Path, files: Mapping[str, str | bytes], found: Plan) -> Path:
    """Write the files into ``folder`` as they are after the plan."""
    return written(folder, {**files, **{change.path: change.after for change in found.changes}})


def module_of(files: Files, path: str, data: bytes) -> PythonModule:
    """Return a script or notebook as a module that can reach the others of ``files``."""
    module = read_source(Source(path, data), Modules(files)).module
    assert module is not None
    return module


def _keywords(node: ast.AST, name: str) -> list[ast.expr]:
    calls = (part for part in ast.walk(node) if isinstance(part, ast.Call))
    return [keyword.value for call in calls for keyword in call.keywords if keyword.arg == name]


def emitted(found: Plan, path: str) -> tuple[str, ...]:
    """Return user name and secrets of the only credentials in a changed file; all names are bound."""
    (change,) = [change for change in found.changes if change.path == path]
    module = module_of(Memory({}), path, change.after)
    (credentials,) = _keywords(module.names.tree, "credentials")
    for name in (node for node in ast.walk(credentials) if isinstance(node, ast.Name)):
        assert module.names.reaching(name), f"{name.id} is not bound"
    values = [v for k in ("username", "password", "id", "secret_url") for v in _keywords(credentials, k)]
    return tuple(ast.unparse(value) for value in values)

from __future__ import annotations

import ast

import pytest

from codemods.syntax.source import NotRewritable
from migrator.rewrite.imports import NEW_MODELS, ModelPaths, model_paths
from migrator.understand.jobs.python import is_model
from migrator.understand.python.module import PythonModule
from tests.reading import module_of

PACKAGE = "azure.mgmt.batchai.models"
ALL = frozenset(NEW_MODELS)


def registry_of(module: PythonModule) -> ast.Call:
    return next(call for call in module.names.calls if is_model(module, call, "ImageSourceRegistry"))


def paths(source: str, needed: frozenset[str] = ALL) -> ModelPaths:
    module = module_of(source)
    return model_paths(module, registry_of(module), needed)


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        (f"import {PACKAGE}\n{PACKAGE}.ImageSourceRegistry()", f"{PACKAGE}."),
        (f"import {PACKAGE} as m\nm.ImageSourceRegistry()", "m."),
        ("import azure.mgmt.batchai as b\nb.models.ImageSourceRegistry()", "b.models."),
        (f"import {PACKAGE} as m\nM = m\nM.ImageSourceRegistry()", "M."),
        (f"import {PACKAGE} as m\nm.image_source_registry.ImageSourceRegistry()", "m."),
        (f"import {PACKAGE} as m\nR = m.ImageSourceRegistry\nR()", "m."),
        (f"import {PACKAGE} as m\nfrom {PACKAGE}.a import ImageSourceRegistry\nImageSourceRegistry()", "m."),
        (
            f"import {PACKAGE} as m\nfrom {PACKAGE} import image_source_registry as i\n"
            "i.ImageSourceRegistry()",
            "m.",
        ),
        (f"from {PACKAGE} import *\nImageSourceRegistry()", ""),
    ],
)
def test_new_models_are_reached_as_the_registry_is(source: str, prefix: str) -> None:
    found = paths(source)
    calls = {f"{prefix}{name}": name for name in NEW_MODELS}
    assert (found.calls, found.statement, found.missing) == (calls, None, frozenset())


def test_a_from_import_must_gain_the_names_that_it_lacks() -> None:
    found = paths(f"from {PACKAGE} import ImageSourceRegistry, ResourceId as Id\nImageSourceRegistry()")
    assert found.calls == {"Id": "ResourceId"} | {name: name for name in NEW_MODELS[:2]}
    assert isinstance(found.statement, ast.ImportFrom)
    assert found.missing == ALL - {"ResourceId"}


def test_a_name_that_another_statement_imports_is_used() -> None:
    found = paths(
        f"from {PACKAGE} import ImageSourceRegistry as R\nfrom {PACKAGE} import ResourceId as Id\n"
        "def f():\n  R()"
    )
    assert found.calls["Id"] == "ResourceId"


def test_a_name_imported_in_another_function_is_not_used() -> None:
    head = f"from {PACKAGE} import ImageSourceRegistry\ndef g():\n  from {PACKAGE} import ResourceId\n"
    assert "ResourceId" in paths(head + "def f():\n  ImageSourceRegistry()").missing


@pytest.mark.parametrize(
    "other",
    ["ResourceId = 1", "from azure.mgmt.compute.models import ResourceId", "class ResourceId: pass"],
)
def test_a_needed_name_that_means_something_else_is_refused(other: str) -> None:
    source = f"from {PACKAGE} import ImageSourceRegistry\n{other}\nImageSourceRegistry()"
    with pytest.raises(NotRewritable, match="means something else"):
        paths(source)
    assert paths(source, frozenset({"PrivateRegistryCredentials"})).statement is not None


@pytest.mark.parametrize(
    "source",
    [
        f"from {PACKAGE}.image_source_registry import ImageSourceRegistry\nImageSourceRegistry()",
        f"from {PACKAGE} import image_source_registry as i\ni.ImageSourceRegistry()",
        f"if x:\n  from {PACKAGE} import ImageSourceRegistry\n"
        f"else:\n  from {PACKAGE} import ImageSourceRegistry\nImageSourceRegistry()",
        f"if x:\n  import {PACKAGE} as m\nelse:\n  m = None\n"
        f"from {PACKAGE}.a import ImageSourceRegistry\nImageSourceRegistry()",
    ],
)
def test_a_registry_that_leads_to_no_other_model_is_refused(source: str) -> None:
    with pytest.raises(NotRewritable, match="cannot be reached"):
        paths(source)


def test_a_registry_that_is_no_call_is_refused() -> None:
    module = module_of("x = {}")
    node = next(node for node in module.names.uses if isinstance(node, ast.Dict))
    with pytest.raises(NotRewritable, match="not a call"):
        model_paths(module, node)


IMPORT = f"from {PACKAGE} import PrivateRegistryCredentials"
CREDENTIALS = frozenset({"PrivateRegistryCredentials"})


@pytest.mark.parametrize(
    "other",
    [
        f"if x:\n  {IMPORT}\nImageSourceRegistry()",
        f"if TYPE_CHECKING:\n  {IMPORT}\ndef f():\n  ImageSourceRegistry()",
        f"try:\n  {IMPORT}\nexcept ImportError:\n  pass\nImageSourceRegistry()",
        f"def f():\n  ImageSourceRegistry()\nf()\n{IMPORT}",
        f"for x in y:\n  ImageSourceRegistry()\n  {IMPORT}",
    ],
)
def test_a_model_that_is_not_imported_on_every_path_is_missing(other: str) -> None:
    found = paths(f"from {PACKAGE} import ImageSourceRegistry\n{other}", CREDENTIALS)
    assert "PrivateRegistryCredentials" in found.missing


@pytest.mark.parametrize(
    "other",
    [
        f"def f():\n  ImageSourceRegistry()\n  {IMPORT}",
        "def f():\n  ImageSourceRegistry()\n  PrivateRegistryCredentials = 1",
        "if x:\n  PrivateRegistryCredentials = None\nImageSourceRegistry()",
        "if x:\n  from mine import PrivateRegistryCredentials\nImageSourceRegistry()",
        "class PrivateRegistryCredentials: pass\nImageSourceRegistry()",
    ],
)
def test_a_model_whose_name_is_taken_is_refused(other: str) -> None:
    with pytest.raises(NotRewritable, match=r"something else|bound later"):
        paths(f"from {PACKAGE} import ImageSourceRegistry\n{other}", CREDENTIALS)

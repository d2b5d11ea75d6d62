from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from codemods.container_registry import RegistryCredentials, rewrite_settings
from codemods.image_literal import rewrite_literal
from codemods.loader_attributes import rewrite_method
from codemods.loader_names import ATTRIBUTES
from codemods.model_imports import add_import_os, add_model_import
from codemods.registry_dict import rewrite_registry_dict
from codemods.syntax.model_calls import PARAMETERS

ROOT = Path(__file__).parents[2]
IMAGE = "nvcr.io/nvidia/caffe:17.12"

CALL = """models.ContainerSettings(
            models.ImageSourceRegistry(
              # from the hub
              image='bvlc/caffe:gpu')  # the image
        )"""
JOB = f"""import azure.mgmt.batchai.models as models


def job(cfg):
    if cfg:
        settings={CALL}
        return settings
    other = other_models.ImageSourceRegistry(image='bvlc/caffe:gpu')
    return models.ContainerSettings(registry), models.ImageSourceRegistry(image=cfg.image)
"""
REGISTRIES = (
    """{
                # from the hub
                "image": "bvlc/caffe:gpu"  # the image
            }""",
    "{'image': 'bvlc/caffe:gpu'}",
    "dict(image='bvlc/caffe:gpu')",
    "{'image' : IMAGE}",
)
SPEC = f"""import json

IMAGE = 'bvlc/caffe:gpu'


def job(cfg):
    if cfg:
        job = {{"properties": {{"containerSettings": {{
            "imageSourceRegistry": {REGISTRIES[0]}
        }}}}}}
    registry = {REGISTRIES[1]}
    job["properties"]["imageSourceRegistry"] = registry
    job["other"]["imageSourceRegistry"] = {REGISTRIES[3]}
    return dict(imageSourceRegistry={REGISTRIES[2]})


later = {{'image': 'bvlc/caffe:gpu'}}
later['serverUrl'] = None
unknown = {{'image': cfg.image}}
specs = [
    {{'imageSourceRegistry': later}},
    {{'imageSourceRegistry': unknown}},
    {{'imageSourceRegistry': {{'image': 'bvlc/caffe:gpu', **cfg.more}}}},
    {{'imageSourceRegistry': cfg.registry()}},
    {{'registry': {{'image': 'bvlc/caffe:gpu'}}}},
]
"""
LOADER = """class Configuration:
    def __init__(self, path):
        conf = json.load(open(path))
        self.location = encode(conf['location'])

    def other(self):
        return 1
"""


def run(command: str, file: Path, *options: str) -> str:
    words = [sys.executable, "-m", "libcst.tool", "codemod", command, *options, str(file)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return file.read_bytes().decode()


def written(folder: Path, source: str) -> Path:
    file = folder / "recipe.py"
    file.write_bytes(source.encode())
    return file


def spliced(call: str, prefix: str, credentials: RegistryCredentials, newline: str = "\n") -> str:
    return rewrite_settings(
        call,
        calls={prefix + name: name for name in PARAMETERS},
        image=IMAGE,
        credentials=credentials,
        models=prefix,
        indent="        ",
        unit="    ",
        newline=newline,
        quote="'",
    )


def test_the_tool_lists_every_command() -> None:
    words = [sys.executable, "-m", "libcst.tool", "list"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [line.partition(" - ")[0] for line in listed.splitlines()]
    assert names == [
        "container_registry.ContainerRegistry",
        "image_literal.ImageLiteral",
        "loader_attributes.LoaderAttributes",
        "registry_dict.RegistryDict",
    ]
    assert "No description" not in listed


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_container_registry_gives_the_text_of_the_pipeline(tmp_path: Path, newline: str) -> None:
    source, call = JOB.replace("\n", newline), CALL.replace("\n", newline)
    file = written(tmp_path, source)
    credentials = RegistryCredentials(
        username="cfg.container_registry_user",
        password="cfg.container_registry_password",  # noqa: S106
    )
    expected = source.replace(call, spliced(call, "models.", credentials, newline))
    for _ in range(2):
        assert run("container_registry.ContainerRegistry", file, "--image", IMAGE) == expected
    ast.parse(expected)


def test_container_registry_leaves_other_images_alone(tmp_path: Path) -> None:
    file = written(tmp_path, JOB)
    assert run("container_registry.ContainerRegistry", file, "--image", IMAGE, "--from-image", "a/b:1") == JOB


def test_container_registry_imports_what_it_writes(tmp_path: Path) -> None:
    statement = "from azure.mgmt.batchai.models import ImageSourceRegistry"
    call = "ImageSourceRegistry('bvlc/caffe:gpu')"
    file = written(tmp_path, f"# one\n{statement}\n\nif 1:\n    if 2:\n        registry = {call}\n")
    vault = RegistryCredentials(username="user", vault_id="os.environ['V']", secret_url="url")  # noqa: S106
    names = ["PrivateRegistryCredentials", "KeyVaultSecretReference", "ResourceId"]
    imports = add_import_os(add_model_import(statement, names), "\n", "")
    expected = f"# one\n{imports}\n\nif 1:\n    if 2:\n        registry = {spliced(call, '', vault)}\n"
    options = ["--username", "user", "--vault-id", "os.environ['V']", "--secret-url", "url"]
    for _ in range(2):
        assert run("container_registry.ContainerRegistry", file, "--image", IMAGE, *options) == expected
    ast.parse(expected)


def test_image_literal_replaces_literals_and_constants_of_the_image(tmp_path: Path) -> None:
    source = (
        "from azure.mgmt import batchai\n"
        "IMAGE = u'bvlc/' 'caffe:gpu'\n"
        "OTHER = 'bvlc/caffe:gpu'\n"
        "a = batchai.models.ImageSourceRegistry(IMAGE)\n"
        'b = batchai.models.ImageSourceRegistry(image="bvlc/caffe:gpu")\n'
    )
    file = written(tmp_path, source)
    expected = source.replace("u'bvlc/' 'caffe:gpu'", rewrite_literal("u'bvlc/' 'caffe:gpu'", IMAGE))
    expected = expected.replace('"bvlc/caffe:gpu"', rewrite_literal('"bvlc/caffe:gpu"', IMAGE))
    options = ["--from-image", "bvlc/caffe:gpu", "--to-image", IMAGE]
    for _ in range(2):
        assert run("image_literal.ImageLiteral", file, *options) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_loader_attributes_gives_the_text_of_the_pipeline(tmp_path: Path, newline: str) -> None:
    source = LOADER.replace("\n", newline)
    method = source[source.index("def __init__") : source.index(newline * 2)]
    expected = source.replace(
        method, rewrite_method(method, missing=list(ATTRIBUTES), indent="    ", newline=newline)
    )
    file = written(tmp_path, source)
    for _ in range(2):
        assert run("loader_attributes.LoaderAttributes", file) == expected
    assert expected.count("keyvault_id") == 5
    ast.parse(expected)


def in_pipeline(source: str, credentials: RegistryCredentials, newline: str = "\n") -> str:
    for registry, indent in zip(REGISTRIES, ("            ", "    ", "    ", "    "), strict=True):
        before = registry.replace("\n", newline)
        after = rewrite_registry_dict(
            before,
            image=None if "IMAGE" in registry else IMAGE,
            credentials=credentials,
            indent=indent,
            unit="    ",
            newline=newline,
            quote="'",
        )
        head, later, tail = source.partition("later")
        for start in ("= ", "y=", '": '):
            head = head.replace(start + before, start + after)
        source = head + later + tail
    return source.replace("IMAGE = 'bvlc/caffe:gpu'", f"IMAGE = '{IMAGE}'")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_registry_dict_gives_the_text_of_the_pipeline(tmp_path: Path, newline: str) -> None:
    file = written(tmp_path, SPEC.replace("\n", newline))
    credentials = RegistryCredentials(
        username="cfg.container_registry_user",
        password="cfg.container_registry_password",  # noqa: S106
    )
    expected = in_pipeline(SPEC.replace("\n", newline), credentials, newline)
    for _ in range(2):
        assert run("registry_dict.RegistryDict", file, "--image", IMAGE) == expected
    assert expected.count("container_registry_password") == len(REGISTRIES)
    ast.parse(expected)


def test_registry_dict_imports_what_it_writes(tmp_path: Path) -> None:
    file = written(tmp_path, SPEC)
    vault = RegistryCredentials(username="user", vault_id="os.environ['V']", secret_url="url")  # noqa: S106
    expected = in_pipeline(SPEC, vault).replace("import json", add_import_os("import json", "\n", ""))
    options = ["--username", "user", "--vault-id", "os.environ['V']", "--secret-url", "url"]
    for _ in range(2):
        assert run("registry_dict.RegistryDict", file, "--image", IMAGE, *options) == expected
    ast.parse(expected)


def test_registry_dict_leaves_other_images_alone(tmp_path: Path) -> None:
    file = written(tmp_path, SPEC)
    assert run("registry_dict.RegistryDict", file, "--image", IMAGE, "--from-image", "a/b:1") == SPEC

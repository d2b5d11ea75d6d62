from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from libcst.tool import main

from codemods.container_registry import RegistryChange, rewrite_registry
from codemods.image_literal import rewrite_literal
from codemods.loader_attributes import ATTRIBUTES
from codemods.syntax.notation import PARAMETERS
from codemods.syntax.registry import RegistryCredentials, VaultSecret
from tests.forking import forked, silence

ROOT = Path(__file__).parents[2]
IMAGE = "nvcr.io/nvidia/caffe:17.12"
API_KEY = RegistryCredentials("cfg.container_registry_user", "cfg.container_registry_password")
VAULT = RegistryCredentials("user", VaultSecret("os.environ['V']", "url"))
VAULT_OPTIONS = ["--username", "user", "--vault-id", "os.environ['V']", "--secret-url", "url"]

CALL = """models.ContainerSettings(
            models.ImageSourceRegistry(
              # from the hub
              image='bvlc/caffe:gpu')  # the image
        )"""
REGISTRY = """{
                # from the hub
                "image": "bvlc/caffe:gpu"  # the image
            }"""
RECIPE = f"""import azure.mgmt.batchai.models as models

IMAGE = 'bvlc/caffe:gpu'


def job(cfg):
    if cfg:
        settings={CALL}
        return settings
    job = {{"properties": {{"containerSettings": {{
            "imageSourceRegistry": {REGISTRY}
    }}}}}}
    other = other_models.ImageSourceRegistry(image='bvlc/caffe:gpu')
    return models.ContainerSettings(registry), models.ImageSourceRegistry(image=cfg.image)


specs = [
    {{'imageSourceRegistry': {{'image': IMAGE}}}},
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
    assert tool("codemod", command, *options, str(file)) == 0
    return file.read_bytes().decode()


def tool(*words: str) -> object:
    """Run LibCST's tool in a process of its own, where the project is; returns its exit code."""

    def ran() -> int:
        silence()
        os.chdir(ROOT)
        return main("libcst.tool", list(words))

    return forked(ran)


def written(folder: Path, source: str) -> Path:
    file = folder / "recipe.py"
    file.write_bytes(source.encode())
    return file


def spliced(
    registry: str,
    prefix: str,
    credentials: RegistryCredentials,
    newline: str = "\n",
    indent: str = "        ",
) -> str:
    """Return what the pipeline makes of a registry."""
    change = RegistryChange(
        image=IMAGE,
        credentials=credentials,
        calls={prefix + name: name for name in PARAMETERS},
        unit="    ",
        newline=newline,
        quote="'",
    )
    return rewrite_registry(registry, change, indent)


def test_the_tool_lists_every_command() -> None:
    words = [sys.executable, "-m", "libcst.tool", "list"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [line.partition(".")[0] for line in listed.splitlines()]
    assert names == sorted(path.stem for path in (ROOT / "codemods" / "commands").glob("[a-z]*.py"))
    assert "No description" not in listed


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_container_registry_gives_the_text_of_the_pipeline(tmp_path: Path, newline: str) -> None:
    expected = source = RECIPE.replace("\n", newline)
    for registry, indent in ((CALL, "        "), (REGISTRY, "            ")):
        before = registry.replace("\n", newline)
        expected = expected.replace(before, spliced(before, "models.", API_KEY, newline, indent))
    file = written(tmp_path, source)
    for _ in range(2):
        assert run("container_registry.ContainerRegistry", file, "--image", IMAGE) == expected
    assert expected.count("container_registry_password") == 2
    ast.parse(expected)


def test_container_registry_leaves_other_images_alone(tmp_path: Path) -> None:
    file = written(tmp_path, RECIPE)
    options = ["--image", IMAGE, "--from-image", "a/b:1"]
    assert run("container_registry.ContainerRegistry", file, *options) == RECIPE


def test_container_registry_imports_what_it_writes(tmp_path: Path) -> None:
    statement = "from azure.mgmt.batchai.models import ImageSourceRegistry"
    call = "ImageSourceRegistry('bvlc/caffe:gpu')"
    file = written(tmp_path, f"# one\n{statement}\n\nif 1:\n    if 2:\n        registry = {call}\n")
    expected = (
        "# one\nfrom azure.mgmt.batchai.models import KeyVaultSecretReference, PrivateRegistryCredentials, "
        "ResourceId, ImageSourceRegistry\nimport os\n\n"
        f"if 1:\n    if 2:\n        registry = {spliced(call, '', VAULT)}\n"
    )
    for _ in range(2):
        assert run("container_registry.ContainerRegistry", file, "--image", IMAGE, *VAULT_OPTIONS) == expected
    ast.parse(expected)


def test_image_literal_replaces_literals_of_the_image(tmp_path: Path) -> None:
    source = (
        "from azure.mgmt import batchai\n"
        "OTHER = 'bvlc/caffe:gpu'\n"
        "a = batchai.models.ImageSourceRegistry(u'bvlc/' 'caffe:gpu')\n"
        'b = batchai.models.ImageSourceRegistry(image="bvlc/caffe:gpu")\n'
    )
    file = written(tmp_path, source)
    expected = source
    for literal in ("u'bvlc/' 'caffe:gpu'", '"bvlc/caffe:gpu"'):
        expected = expected.replace(literal, rewrite_literal(literal, IMAGE))
    options = ["--from-image", "bvlc/caffe:gpu", "--to-image", IMAGE]
    for _ in range(2):
        assert run("image_literal.ImageLiteral", file, *options) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_loader_attributes_gives_a_class_what_it_lacks(tmp_path: Path, newline: str) -> None:
    file = written(tmp_path, LOADER.replace("\n", newline))
    first = run("loader_attributes.LoaderAttributes", file)
    assert run("loader_attributes.LoaderAttributes", file) == first
    assert first.count("self.keyvault_id") == 4
    assert all(f"self.{name} = encode(self.{name}){newline}" in first for name in ATTRIBUTES)
    assert first.count("\n") == first.count(newline)
    ast.parse(first)

"""The codemods by themselves, run by LibCST's own tool, write what the pipeline writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.codemods.test_libcst_tool import tool

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
TARGET = "nvcr.io/nvidia/tensorflow:18.07-py2"
VAULT = ["--vault-id", "cfg.keyvault_id", "--secret-url", "cfg.container_registry_secret_url"]
ENVIRONMENT = ["--username", "'$oauthtoken'", "--password", "os.environ['NGC_API_KEY']"]


REGISTRY = ["container_registry.ContainerRegistry", "--image", TARGET]
LOADER = ["loader_attributes.LoaderAttributes"]


@pytest.mark.parametrize(
    ("fixture", "file", "words"),
    [
        ("script-with-loader", "submit.py", REGISTRY),
        ("script-crlf", "submit.py", REGISTRY),
        ("script-tabs", "submit.py", REGISTRY),
        ("positional-arguments", "submit.py", REGISTRY),
        ("script-key-vault", "submit.py", [*REGISTRY, *VAULT]),
        ("no-loader", "submit.py", [*REGISTRY, *ENVIRONMENT]),
        ("loader-gains-attributes", "utils/config.py", LOADER),
        ("loader-gains-attributes-crlf", "utils/config.py", LOADER),
        ("job-as-a-dictionary", "write_job.py", [*REGISTRY, *(w.replace("'", '"') for w in ENVIRONMENT)]),
    ],
)
def test_the_tool_writes_what_the_pipeline_writes(
    tmp_path: Path, fixture: str, file: str, words: list[str]
) -> None:
    copy = tmp_path / Path(file).name
    shutil.copyfile(FIXTURES / fixture / "before" / file, copy)
    assert tool("codemod", *words, str(copy)) == 0
    expected = (FIXTURES / fixture / "after" / file).read_bytes().splitlines(keepends=True)
    written = copy.read_bytes().splitlines(keepends=True)
    # LibCST itself decides where an import goes that is new.
    added = [line for line in written if line.rstrip() == b"import os"]
    assert sorted(written) == sorted(expected)
    assert added or written == expected

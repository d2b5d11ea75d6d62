"""Loader and configuration together: what the migrated code reads is what the user wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from migrator.model import CredentialsMode
from tests.sdk.environments import HERE, Sdk, python_of, run
from tests.sdk.recipes import API_KEY, FIXTURES, SECRET_URL, USER, VAULT_ID, fill_in, prepared


@dataclass(frozen=True, slots=True)
class Loading:
    """A fixture with the module and class of its loader, the file it reads, and a file that uses it."""

    fixture: str
    module: str
    name: str
    configuration: str
    user: str

    def __str__(self) -> str:
        return self.fixture


TIDE_POOLS = ("utils.config", "Configuration", "configuration.json", "tide-pools/tide-pools.ipynb")
GAINING = (
    Loading("loader-gains-attributes", *TIDE_POOLS),
    Loading("loader-gains-attributes-crlf", *TIDE_POOLS),
    Loading("loader-gains-attributes-without-a-wrapper", *TIDE_POOLS),
    Loading("wire-notebook", "helpers.settings", "Settings", "configuration.json", "sdk-2/butterflies.ipynb"),
    Loading(
        "whole-tree", "utils.config", "Configuration", "configuration.json.template", "corals/corals.ipynb"
    ),
)
HAVING = (
    Loading("notebook-with-loader", *TIDE_POOLS),
    Loading("script-with-loader", "settings", "Configuration", "configuration.json", "submit.py"),
)

ATTRIBUTES = {
    CredentialsMode.API_KEY: {"container_registry_user": USER, "container_registry_password": API_KEY},
    CredentialsMode.KEY_VAULT: {
        "container_registry_user": USER,
        "container_registry_secret_url": SECRET_URL,
        "keyvault_id": VAULT_ID,
    },
}
NAMES = frozenset(name for attributes in ATTRIBUTES.values() for name in attributes)


class State(StrEnum):
    """A tree as it was, migrated with either mode, migrated but configured as it was, and not configured."""

    BEFORE = "before"
    API_KEY = "api-key"
    KEY_VAULT = "key-vault"
    OLD_CONFIGURATION = "old-configuration"
    NO_SECTION = "no-section"


MODES = {State.API_KEY: CredentialsMode.API_KEY, State.KEY_VAULT: CredentialsMode.KEY_VAULT}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The trees, and the attributes that a loader has in each, by fixture and state."""

    trees: Mapping[tuple[str, State], Path]
    attributes: Mapping[tuple[str, State], Mapping[str, Any]]


def tree(loading: Loading, state: State, target: Path) -> Path:
    """Return a tree in ``target`` that is in this state."""
    mode = CredentialsMode.API_KEY if state is State.OLD_CONFIGURATION else MODES.get(state)
    prepared(loading.fixture, target, mode)
    configuration = target / loading.configuration
    if state is State.OLD_CONFIGURATION:
        old = FIXTURES / loading.fixture / "before" / loading.configuration
        configuration.write_bytes(old.read_bytes())
    if state is State.NO_SECTION:
        fill_in(configuration, {'"container_registry"': '"another_section"'})
    return target


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """All of them, from one process: nearly all that a process does is import the SDK."""
    folder = tmp_path_factory.mktemp("loaders")
    trees = {
        (loading.fixture, state): tree(loading, state, folder / f"{loading}-{state}")
        for loading in (*GAINING, *HAVING)
        for state in State
    }
    by_fixture = {loading.fixture: loading for loading in (*GAINING, *HAVING)}
    words = [
        (str(path), by_fixture[fixture].module, by_fixture[fixture].name, by_fixture[fixture].configuration)
        for (fixture, _), path in trees.items()
    ]
    runner = HERE / "inside" / "run_loaders.py"
    printed = run(python_of(Sdk.V2_0_0), runner, json.dumps(words), cwd=folder)
    return Loaded(trees, dict(zip(trees, json.loads(printed), strict=True)))


def used(tree: Path, loading: Loading) -> set[str]:
    """Return the loader's registry attributes that the code in ``tree`` reads."""
    text = (tree / loading.user).read_text(encoding="utf-8")
    return set(re.findall(r"cfg\.(container_registry_\w+|keyvault_id)", text))


@pytest.mark.parametrize("state", MODES)
@pytest.mark.parametrize("loading", [*GAINING, *HAVING], ids=str)
def test_a_loader_gives_the_migrated_code_what_the_configuration_says(
    loaded: Loaded, loading: Loading, state: State
) -> None:
    wanted = ATTRIBUTES[MODES[state]]
    found = loaded.attributes[loading.fixture, state]
    assert used(loaded.trees[loading.fixture, state], loading) == set(wanted)
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("loading", GAINING, ids=str)
def test_a_loader_that_gained_attributes_has_none_for_them_with_the_old_configuration(
    loaded: Loaded, loading: Loading
) -> None:
    found = loaded.attributes[loading.fixture, State.OLD_CONFIGURATION]
    assert {name: found[name] for name in NAMES} == dict.fromkeys(NAMES)


@pytest.mark.parametrize("state", MODES)
@pytest.mark.parametrize("loading", GAINING, ids=str)
def test_every_other_attribute_is_what_it_was(loaded: Loaded, loading: Loading, state: State) -> None:
    before = loaded.attributes[loading.fixture, State.BEFORE]
    after = loaded.attributes[loading.fixture, state]
    assert NAMES.isdisjoint(before)
    assert {name: value for name, value in after.items() if name not in NAMES} == before


@pytest.mark.parametrize("loading", HAVING, ids=str)
def test_a_loader_that_has_the_attributes_loads_a_configuration_without_them(
    loaded: Loaded, loading: Loading
) -> None:
    found = loaded.attributes[loading.fixture, State.NO_SECTION]
    assert not any(found[name] for name in NAMES)

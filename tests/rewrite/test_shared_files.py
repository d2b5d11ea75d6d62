from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.discover.reading import Overlay
from migrator.discover.tree import Source
from migrator.model import CredentialsMode
from migrator.options import Options
from migrator.rewrite.shared_files import Condition, SharedFile, SharedFiles, is_template
from migrator.understand.jobs.loaders import Loader, Loaders
from migrator.understand.python.modules import Modules
from migrator.understand.reading import read_source
from tests.trees import CONFIGURATION, FULL_LOADER, LOADER, Memory, tree_of

SECTION = {"user": "$oauthtoken", "password": "<Your API Key>"}
KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)
VAULT_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/meadow"
SECRET_URL = "https://meadow.vault.azure.net/secrets/ngc"  # noqa: S105
GIVEN = Options(credentials=CredentialsMode.KEY_VAULT, key_vault_id=VAULT_ID, secret_url=SECRET_URL)


def configured(content: str | bytes, options: Options | None = None) -> SharedFile:
    data = content.encode() if isinstance(content, str) else content
    return SharedFiles(Memory({"c.json": data}), options or Options()).configuration("c.json")


def result(file: SharedFile) -> dict[str, object]:
    assert file.change is not None
    value: dict[str, object] = json.loads(file.change.after)
    return value


@pytest.mark.parametrize(
    "section",
    [
        SECTION,
        {"user": "$oauthtoken", "password": "a-key-of-the-users"},
        {"password": "a-key-of-the-users", "user": "$oauthtoken", "more": 1},
    ],
)
def test_a_complete_configuration_needs_no_change(section: Mapping[str, object]) -> None:
    file = configured(json.dumps({"container_registry": section}))
    assert (file.condition, file.change) == (Condition.READY, None)


def test_an_absent_configuration_is_absent() -> None:
    file = SharedFiles(Memory({}), Options()).configuration("c.json")
    assert (file.path, file.condition, file.change) == ("c.json", Condition.ABSENT, None)


def test_a_configuration_gains_the_section() -> None:
    assert result(configured(CONFIGURATION))["container_registry"] == SECTION


@pytest.mark.parametrize(
    "content", ["{}", "{\r\n}\r\n", '\ufeff{"a": 1}', '{\n\t"a": 1}', '{"a": {"b": []}}']
)
def test_any_object_gains_the_section_and_keeps_the_rest(content: str) -> None:
    file = configured(content)
    assert file.change is not None
    after = json.loads(file.change.after.decode("utf-8-sig"))
    assert after.pop("container_registry") == SECTION
    assert after == json.loads(content.lstrip("\ufeff"))


@pytest.mark.parametrize("section", [None, {}, "", {"user": "", "password": ""}, {"user": " "}])
def test_blank_values_are_filled(section: object) -> None:
    assert result(configured(json.dumps({"container_registry": section})))["container_registry"] == SECTION


def test_a_key_vault_configuration_gains_the_vault_and_the_secret() -> None:
    after = result(configured("{}", GIVEN))
    assert after == {
        "keyvault_id": VAULT_ID,
        "container_registry": {"user": "$oauthtoken", "secret_url": SECRET_URL},
    }


def test_a_vault_that_stands_there_is_kept_where_only_a_placeholder_would_come() -> None:
    after = result(configured(json.dumps({"keyvault_id": VAULT_ID}), KEY_VAULT))
    assert after["keyvault_id"] == VAULT_ID


@pytest.mark.parametrize(
    ("content", "options", "detail"),
    [
        ('{"container_registry": {"user": "hopper"}}', Options(), "container_registry.user"),
        ('{"container_registry": "docker.io"}', Options(), "container_registry"),
        ('{"container_registry": [1]}', Options(), "container_registry"),
        ('{"container_registry": {"password": 7}}', Options(), "container_registry.password"),
        ('{"keyvault_id": "another"}', GIVEN, "keyvault_id"),
        ("[]", Options(), "$"),
        ("7", Options(), "$"),
    ],
)
def test_values_of_another_registry_are_a_conflict_named_without_the_value(
    content: str, options: Options, detail: str
) -> None:
    file = configured(content, options)
    assert (file.condition, file.change, file.detail) == (Condition.CONFLICT, None, detail)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{'a': 1}", b'{"a": 1} {}', b'{"password": "hunter2",}', b"\xff\xfe\x00", b"[" * 100000],
)
def test_a_broken_configuration_is_broken_with_its_place(content: bytes) -> None:
    file = configured(content)
    assert (file.condition, file.change) == (Condition.BROKEN, None)
    assert file.detail.startswith("line ")
    assert file.place is not None
    assert "hunter2" not in file.detail


@given(st.binary(max_size=60))
def test_any_bytes_have_a_condition(content: bytes) -> None:
    file = configured(content)
    assert file.condition in (Condition.READY, Condition.CONFLICT, Condition.BROKEN)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["container_registry", "user", "password", "keyvault_id", "secret_url", "a"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from([Options(), KEY_VAULT, GIVEN]),
)
def test_a_changed_configuration_needs_no_second_change(value: object, options: Options) -> None:
    file = configured(json.dumps(value), options)
    if file.change is not None:
        again = configured(file.change.after, options)
        assert (again.condition, again.change) == (Condition.READY, None)


def test_a_file_outside_of_the_path_is_left_as_it_is(tmp_path: Path) -> None:
    files = {"configuration.json": CONFIGURATION, "r/submit.py": ""}
    shared = SharedFiles(tree_of(tmp_path, files, "r"), Options())
    file = shared.configuration("../configuration.json")
    assert (file.condition, file.change) == (Condition.OUTSIDE, None)


def test_a_complete_file_outside_of_the_path_is_ready(tmp_path: Path) -> None:
    files = {"configuration.json": json.dumps({"container_registry": SECTION}), "r/submit.py": ""}
    shared = SharedFiles(tree_of(tmp_path, files, "r"), Options())
    assert shared.configuration("../configuration.json").condition is Condition.READY


def test_an_excluded_configuration_counts_as_outside(tmp_path: Path) -> None:
    from migrator.discover.tree import discover

    tree_of(tmp_path, {"configuration.json": CONFIGURATION})
    tree = discover([tmp_path], exclude=["configuration.json"])
    file = SharedFiles(tree, Options()).configuration("configuration.json")
    assert (file.condition, file.change) == (Condition.OUTSIDE, None)


def test_every_file_is_decided_once() -> None:
    shared = SharedFiles(Memory({"c.json": b"{}"}), Options())
    assert shared.configuration("c.json") is shared.configuration("c.json")


def test_a_template_is_the_configuration_with_a_suffix() -> None:
    shared = SharedFiles(Memory({"c.json.template": b"{}"}), Options())
    assert (shared.configuration("c.json.template").path, shared.configuration("c.json").condition) == (
        "c.json.template",
        Condition.ABSENT,
    )
    assert is_template("a/c.json.template")
    assert not is_template("a.template/c.json")


def loader_in(folder: Path, source: str, path: str = "") -> tuple[Loader, SharedFiles]:
    script = (
        "import sys\nsys.path.append('..')\nfrom config import Configuration\ncfg = Configuration('c.json')\n"
    )
    tree = tree_of(folder, {"config.py": source, "r/submit.py": script}, path)
    name = "submit.py" if path else "r/submit.py"
    modules = Modules(tree)
    module = read_source(Source(name, script.encode()), modules).module
    assert module is not None
    loader = Loaders().of_call(module, module.names.calls[-1])
    assert loader is not None
    return loader, SharedFiles(tree, Options())


def test_a_full_loader_needs_no_change(tmp_path: Path) -> None:
    loader, shared = loader_in(tmp_path, FULL_LOADER)
    file = shared.loader(loader)
    assert (file.path, file.condition, file.change) == ("config.py", Condition.READY, None)


def test_a_full_loader_outside_of_the_path_is_ready(tmp_path: Path) -> None:
    loader, shared = loader_in(tmp_path, FULL_LOADER, "r")
    assert (loader.path, shared.loader(loader).condition) == ("../config.py", Condition.READY)


def test_a_loader_outside_of_the_path_that_lacks_attributes_is_outside(tmp_path: Path) -> None:
    loader, shared = loader_in(tmp_path, LOADER, "r")
    file = shared.loader(loader)
    assert (file.condition, file.change) == (Condition.OUTSIDE, None)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_loader_gains_what_it_lacks_and_then_lacks_nothing(tmp_path: Path, newline: str) -> None:
    loader, shared = loader_in(tmp_path, LOADER.replace("\n", newline))
    file = shared.loader(loader)
    assert file.change is not None
    after = file.change.after
    assert after.count(b"\n") == after.count(newline.encode())
    again, _ = loader_in(tmp_path, after.decode())
    assert (again.missing, again.hindrance) == ((), "")


def test_a_loader_that_gained_its_attributes_reads_the_configuration_that_gained_its_section(
    tmp_path: Path,
) -> None:
    loader, shared = loader_in(tmp_path, LOADER)
    change = shared.loader(loader).change
    assert change is not None
    namespace: dict[str, object] = {}
    exec(change.after, namespace)  # noqa: S102 - the test's own text
    place = tmp_path / "configuration.json"
    for content in (CONFIGURATION.encode(), json.dumps(result(configured(CONFIGURATION))).encode()):
        place.write_bytes(content)
        cfg = namespace["Configuration"](str(place))  # type: ignore[operator]
        has_section = b"container_registry" in content
        assert cfg.container_registry_user == ("$oauthtoken" if has_section else None)
        assert cfg.container_registry_password == ("<Your API Key>" if has_section else None)
        assert (cfg.container_registry_secret_url, cfg.keyvault_id, cfg.location) == (
            None,
            None,
            "northeurope",
        )


def test_files_under_planned_changes_read_as_changed() -> None:
    below = Memory({"c.json": b"{}", "d.json": b"{}"})
    change = SharedFiles(below, Options()).configuration("c.json").change
    assert change is not None
    overlay = Overlay(below, {"c.json": change})
    assert (overlay.read("c.json"), overlay.read("d.json"), overlay.read("e.json")) == (
        change.after,
        b"{}",
        None,
    )
    assert (overlay.is_writable("c.json"), overlay.is_writable("e.json")) == (True, False)

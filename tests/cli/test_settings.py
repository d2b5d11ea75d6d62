from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies

from migrator.cli.console import Refused
from migrator.cli.settings import Settings, image_pair, nearest, read, secret_url, vault_id
from migrator.model import CredentialsMode

VAULT = "/subscriptions/0a1b2c3d-0000/resourceGroups/rg_1/providers/Microsoft.KeyVault/vaults/kv-1"
URL = "https://kv-1.vault.azure.net/secrets/ngc-key"
TARGET = "nvcr.io/nvidia/tensorflow:18.07-py3"


def written(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(file: Path) -> str:
    with pytest.raises(Refused) as refused:
        read(file)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_a_file_without_the_table_chooses_nothing(tmp_path: Path) -> None:
    assert read(written(tmp_path, "[project]\nname = 'x'\n")) == Settings()


def test_an_empty_file_chooses_nothing(tmp_path: Path) -> None:
    assert read(written(tmp_path, "")) == Settings()


def test_nothing_chosen_means_an_api_key() -> None:
    assert Settings().options().credentials is CredentialsMode.API_KEY


def test_every_key_is_read(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        f"""
[tool.ngc-migrate]
credentials = "key-vault"
key-vault-id = "{VAULT}"
secret-url = "{URL}"
exclude = ["old/**"]
docs = true
[tool.ngc-migrate.images]
tensorflow = "{TARGET}"
"example/mine:3" = "{TARGET}"
""",
    )
    found = read(file)
    options = found.options()
    assert options.credentials is CredentialsMode.KEY_VAULT
    assert (options.key_vault_id, options.secret_url) == (VAULT, URL)
    assert options.images == {"tensorflow": TARGET, "example/mine:3": TARGET}
    assert found.exclude == ("old/**",)
    assert options.docs is True


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        ("credential = 'api-key'", "credential", "did you mean credentials?"),
        ("zzz = 1", "zzz", "allowed are"),
        ("credentials = 'none'", "credentials", "api-key, key-vault"),
        ("credentials = ['api-key']", "credentials", "must be one of"),
        ("key-vault-id = 5", "key-vault-id", "must be a string"),
        ("key-vault-id = 'kv'", "key-vault-id", "must have the form"),
        ("secret-url = 'http://kv-1.vault.azure.net/secrets/a'", "secret-url", "must have the form"),
        ("exclude = 'old'", "exclude", "must be a list of strings"),
        ("exclude = [1]", "exclude", "must be a string"),
        ("docs = 'yes'", "docs", "must be true or false"),
        ("images = ['x']", "images", "must be a table"),
        ("images = {tensorflow = 1}", "images", "must be a string"),
        ("images = {tensorflo = 'nvcr.io/nvidia/tensorflow:17.10'}", "images", "did you mean tensorflow?"),
        ("images = {caffe = 'Not An Image'}", "images", "not an image reference"),
    ],
)
def test_a_bad_key_is_refused_with_file_and_key(tmp_path: Path, line: str, key: str, said: str) -> None:
    message = refusal(written(tmp_path, f"[tool.ngc-migrate]\n{line}\n"))
    assert str(tmp_path / "pyproject.toml") in message
    assert key in message
    assert said in message


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\nngc-migrate = 2"])
def test_a_table_of_another_type_is_refused(tmp_path: Path, text: str) -> None:
    assert "must be a table" in refusal(written(tmp_path, text))


def test_broken_toml_is_refused_with_its_line_and_without_its_text(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, "[a]\nb = 1\nHUSH!"))
    assert "at line 3, column 5" in message
    assert "HUSH" not in message


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(b"a = '\xff'")
    assert "UTF-8" in refusal(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.toml")


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    refusal(written(tmp_path, "a = " + "[" * 20_000))


@given(strategies.binary(max_size=60))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(b"[tool.ngc-migrate]\n" + data)
    with contextlib.suppress(Refused):
        assert read(file).exclude == ()


def test_the_nearest_file_is_found_from_a_folder_and_from_a_file(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "job.json").write_text("{}")
    file = written(tmp_path, "")
    assert nearest(inner) == nearest(inner / "job.json") == file
    near = written(inner, "")
    assert nearest(inner) == nearest(inner / "job.json") == near


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a" / "pyproject.toml").mkdir(parents=True)
    file = written(tmp_path, "")
    assert nearest(tmp_path / "a") == file


def test_the_command_line_wins_over_the_file() -> None:
    base = Settings(images={"caffe": "nvcr.io/nvidia/caffe:17.12", "torch": TARGET}, exclude=("a",))
    joined = Settings(images={"caffe": TARGET}, exclude=("b",)).over(base)
    assert joined.images == {"caffe": TARGET, "torch": TARGET}
    assert joined.exclude == ("a", "b")


def test_an_api_key_on_the_command_line_leaves_the_files_vault_out() -> None:
    base = Settings(credentials=CredentialsMode.KEY_VAULT, key_vault_id=VAULT, secret_url=URL)
    options = Settings(credentials=CredentialsMode.API_KEY).over(base).options()
    assert (options.credentials, options.key_vault_id) == (CredentialsMode.API_KEY, None)


@pytest.mark.parametrize("mode", [None, CredentialsMode.API_KEY])
def test_vault_values_need_the_vault_mode(mode: CredentialsMode | None) -> None:
    with pytest.raises(Refused, match="need --credentials key-vault"):
        Settings(credentials=mode, key_vault_id=VAULT, secret_url=URL).options()


@pytest.mark.parametrize("values", [(VAULT, None), (None, URL)])
def test_vault_values_come_together(values: tuple[str | None, str | None]) -> None:
    chosen = Settings(credentials=CredentialsMode.KEY_VAULT, key_vault_id=values[0], secret_url=values[1])
    with pytest.raises(Refused, match="together"):
        chosen.options()


def test_the_vault_mode_needs_no_values() -> None:
    assert Settings(credentials=CredentialsMode.KEY_VAULT).options().key_vault_id is None


@pytest.mark.parametrize("text", [VAULT, VAULT.lower()])
def test_a_vault_id_is_taken_as_it_is(text: str) -> None:
    assert vault_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "kv", VAULT + "/secrets/x", VAULT + "\n", VAULT.replace("kv-1", "<name>"), VAULT + "'", VAULT[1:]],
)
def test_another_vault_id_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        vault_id(text)


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"{URL}/0123456789abcdef0123456789abcdef",
        URL.replace("azure.net", "usgovcloudapi.net"),
        URL.replace("net", "cn"),
    ],
)
def test_a_secret_url_is_taken_as_it_is(text: str) -> None:
    assert secret_url(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        URL.replace("https", "http"),
        URL.replace("azure.net", "azure.net.example.com"),
        URL + "\n",
        URL + "'",
        URL + "/a/b",
        "https://user:pw@kv-1.vault.azure.net/secrets/a",
        "https://kv-1.vault.azure.net/keys/a",
    ],
)
def test_another_secret_url_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        secret_url(text)


@pytest.mark.parametrize("key", ["tensorflow", "example/mine:3", "example.azurecr.io/a/b"])
def test_an_image_is_given_for_a_framework_or_an_image(key: str) -> None:
    assert image_pair(f"{key}={TARGET}") == (key, TARGET)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("tensorflow", "must have the form"),
        (f"tensorflo={TARGET}", "did you mean tensorflow?"),
        (f"qqq={TARGET}", "frameworks are"),
        (f"={TARGET}", "neither"),
        ("caffe=", "not an image reference"),
        ("caffe=$IMAGE", "not an image reference"),
        ("caffe=bvlc/caffe:gpu", "not on nvcr.io"),
        (f"Example/Mine:3={TARGET}", "neither"),
    ],
)
def test_another_image_word_is_refused(word: str, said: str) -> None:
    with pytest.raises(Refused, match=said.replace("?", r"\?")):
        image_pair(word)


@pytest.mark.parametrize(
    "text",
    [
        "/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.KeyVault/vaults/NAME",
        VAULT.replace("rg_1", "GROUP"),
    ],
)
def test_a_placeholder_of_a_vault_id_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="still holds a placeholder"):
        vault_id(text)


def test_a_placeholder_of_a_secret_url_is_refused() -> None:
    with pytest.raises(Refused, match="still holds a placeholder"):
        secret_url("https://NAME.vault.azure.net/secrets/SECRET")


def test_a_vault_name_of_another_form_is_told() -> None:
    with pytest.raises(Refused, match="3 to 24 letters"):
        vault_id(VAULT.replace("kv-1", "1"))
    with pytest.raises(Refused, match="3 to 24 letters"):
        secret_url(URL.replace("kv-1", "k_v"))


def test_two_vaults_are_refused_and_case_does_not_matter() -> None:
    given = Settings(credentials=CredentialsMode.KEY_VAULT, key_vault_id=VAULT, secret_url=URL)
    assert replace(given, key_vault_id=VAULT.replace("kv-1", "KV-1")).options().secret_url == URL
    with pytest.raises(Refused, match="'kv-2' and the secret URL 'kv-1'"):
        replace(given, key_vault_id=VAULT.replace("kv-1", "kv-2")).options()


def test_a_named_file_must_have_the_table(tmp_path: Path) -> None:
    file = written(tmp_path, "[tool.other]\n")
    assert read(file) == Settings()
    with pytest.raises(Refused, match="has no table"):
        read(file, is_named=True)


def test_globs_that_ignore_a_rule_are_read(tmp_path: Path) -> None:
    table = "[tool.ngc-migrate.ignore]\nngc-image = ['old/**', '!old/a']\ncpu-image = ['*']\n"
    chosen = read(written(tmp_path, table))
    assert chosen.ignore == {"ngc-image": ("old/**", "!old/a"), "cpu-image": ("*",)}
    assert Settings().over(chosen).options().ignore == chosen.ignore


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ignore = ['a']", "must be a table"),
        ("ignore = {ngc-image = 'a'}", "list of strings"),
        ("ignore = {ngc-image = [1]}", "must be a string"),
        ("ignore = {ngc-imag = ['a']}", "did you mean ngc-image?"),
        ("ignore = {suppressed = ['a']}", "cannot be suppressed"),
        ("ignore = {ngc-image = ['']}", "not empty"),
        ("ignore = {ngc-image = ['!']}", "not a pattern"),
        (r'ignore = {ngc-image = ["a\nb"]}', "one line"),
    ],
)
def test_bad_globs_are_refused(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(Refused, match="ignore") as refused:
        read(written(tmp_path, f"[tool.ngc-migrate]\n{line}\n"))
    assert said in str(refused.value)

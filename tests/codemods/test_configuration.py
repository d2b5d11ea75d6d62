from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.configuration import add_registry, conflicts
from codemods.syntax.edits import apply
from codemods.syntax.json_tree import parse
from codemods.syntax.registry import (
    API_KEY_PLACEHOLDER,
    SECRET_URL_PLACEHOLDER,
    USER_NAME,
    VAULT_ID_PLACEHOLDER,
    RegistryCredentials,
    VaultSecret,
)

URL = "https://mine.vault.azure.net/secrets/ngc"
API_KEY = RegistryCredentials(USER_NAME, API_KEY_PLACEHOLDER)
KEY_VAULT = RegistryCredentials(USER_NAME, VaultSecret("/v", URL))
VAULT_SECTION = {"user": USER_NAME, "secret_url": URL}
PLACEHOLDERS = RegistryCredentials(USER_NAME, VaultSecret(VAULT_ID_PLACEHOLDER, SECRET_URL_PLACEHOLDER))


def added(text: str, credentials: RegistryCredentials = API_KEY) -> str:
    return apply(add_registry(parse(text), credentials), text)


def found(value: object, credentials: RegistryCredentials = API_KEY) -> tuple[str, ...]:
    return conflicts(parse(json.dumps(value)), credentials)


def lines(*parts: str) -> str:
    return "\n".join(parts) + "\n"


def test_a_complete_section_gets_no_edits() -> None:
    text = '{"container_registry": {"user": "$oauthtoken", "password": "mine"}}'
    assert add_registry(parse(text), API_KEY) == ()


def test_a_complete_vault_section_gets_no_edits() -> None:
    text = json.dumps({"container_registry": VAULT_SECTION, "keyvault_id": "/v"})
    assert add_registry(parse(text), KEY_VAULT) == ()


def test_values_of_ones_own_are_kept_where_only_placeholders_would_be_added() -> None:
    own = {"keyvault_id": "/v", "container_registry": {"user": "$oauthtoken", "secret_url": "https://s"}}
    assert found(own, PLACEHOLDERS) == ()
    assert added(json.dumps(own), PLACEHOLDERS) == json.dumps(own)


def test_the_section_goes_to_the_end_in_the_style_of_the_file() -> None:
    before = lines("{", '    "location": "",', '    "admin_user" : {', '        "name": ""', "    }", "}")
    after = lines(
        "{",
        '    "location": "",',
        '    "admin_user" : {',
        '        "name": ""',
        "    },",
        '    "container_registry": {',
        '        "user": "$oauthtoken",',
        '        "password": "<Your API Key>"',
        "    }",
        "}",
    )
    assert added(before) == after
    crlf = before.replace("\n", "\r\n").rstrip()
    assert added(crlf) == after.replace("\n", "\r\n").rstrip()


def test_the_vault_id_comes_before_the_section() -> None:
    assert added('{"a": 1}', KEY_VAULT) == (
        '{"a": 1, "keyvault_id": "/v", "container_registry": {"user": "$oauthtoken", '
        '"secret_url": "https://mine.vault.azure.net/secrets/ngc"}}'
    )


def test_a_missing_vault_id_is_put_before_the_section_that_is_there() -> None:
    text = json.dumps({"a": 1, "container_registry": VAULT_SECTION, "b": 2}, indent=2)
    assert list(json.loads(added(text, KEY_VAULT))) == ["a", "keyvault_id", "container_registry", "b"]


def test_blanks_are_filled_where_they_stand() -> None:
    before = lines("{", '  "container_registry" : {', '    "password": null,', '    "user": " "', "  }", "}")
    assert added(before) == before.replace("null", '"<Your API Key>"').replace('" "', '"$oauthtoken"')


@pytest.mark.parametrize("blank", ["null", '""', "{}"])
def test_a_blank_section_is_filled(blank: str) -> None:
    text = f'{{\n  "container_registry": {blank},\n  "a": 1\n}}\n'
    assert added(text) == lines(
        "{",
        '  "container_registry": {',
        '    "user": "$oauthtoken",',
        '    "password": "<Your API Key>"',
        "  },",
        '  "a": 1',
        "}",
    )


def test_missing_members_of_a_section_are_added() -> None:
    text = '{"container_registry": {"secret_url": ""}}'
    assert json.loads(added(text)) == {
        "container_registry": {"user": USER_NAME, "password": API_KEY_PLACEHOLDER, "secret_url": ""}
    }


def test_a_missing_user_is_added_first_and_the_password_line_is_not_rewritten() -> None:
    before = lines("{", '  "container_registry": {', '    "password": "p"', "  }", "}")
    after = before.replace('    "password"', '    "user": "$oauthtoken",\n    "password"')
    assert added(before) == after


def test_a_missing_user_is_added_first() -> None:
    after = json.loads(added('{"container_registry": {"secret_url": "", "password": ""}}'))
    assert list(after["container_registry"]) == ["user", "secret_url", "password"]


def test_given_vault_values_replace_placeholders() -> None:
    text = added("{}", PLACEHOLDERS)
    assert json.loads(added(text, KEY_VAULT)) == {"keyvault_id": "/v", "container_registry": VAULT_SECTION}


def test_the_section_stands_beside_no_secret() -> None:
    before = lines("{", '  "name": "n",', '  "size": 1,', '  "aad_secret": "s"', "}")
    assert added(before).startswith('{\n  "container_registry": {\n')
    assert '  "aad_secret": "s"\n}' in added(before)


def test_the_section_stands_between_where_both_ends_hold_secrets() -> None:
    before = lines("{", '  "storage_key": "k",', '  "a": 1,', '  "b": 2,', '  "aad_secret": "s"', "}")
    keys = list(json.loads(added(before)))
    assert keys == ["storage_key", "a", "container_registry", "b", "aad_secret"]


def test_blank_secrets_and_the_vault_id_are_no_secrets() -> None:
    before = lines("{", '  "aad_secret": "",', '  "keyvault_id": "/v"', "}")
    assert list(json.loads(added(before))) == ["aad_secret", "keyvault_id", "container_registry"]


def test_where_every_line_is_a_secret_the_section_comes_first_and_rewrites_none() -> None:
    before = lines("{", '  "key": "k",', '  "token": "t"', "}")
    assert added(before).endswith('  "key": "k",\n  "token": "t"\n}\n')


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ([], ("$",)),
        ({"container_registry": "x"}, ("container_registry",)),
        ({"container_registry": []}, ("container_registry",)),
        ({"container_registry": {"user": "someone"}}, ("container_registry.user",)),
        (
            {"container_registry": {"user": 5, "password": {}}},
            ("container_registry.user", "container_registry.password"),
        ),
        ({"container_registry": {"user": " ", "password": None}}, ()),
        ({"container_registry": {"user": "$oauthtoken", "password": "p"}}, ()),
        ({"keyvault_id": "/other"}, ()),
    ],
)
def test_values_of_another_registry_are_conflicts(value: object, names: tuple[str, ...]) -> None:
    assert found(value) == names


def test_other_vault_values_than_the_given_ones_are_conflicts() -> None:
    own = {"keyvault_id": "/other", "container_registry": {"secret_url": "https://other"}}
    assert found(own, KEY_VAULT) == ("container_registry.secret_url", "keyvault_id")


def test_with_a_conflict_nothing_is_edited() -> None:
    text = '{"container_registry": {"user": "someone", "password": ""}}'
    assert added(text) == text


BLANKS = st.sampled_from([None, "", " "])
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "user": st.sampled_from(["$oauthtoken", "someone", 1]) | BLANKS,
        "password": st.sampled_from(["p", []]) | BLANKS,
        "secret_url": st.sampled_from(["https://s", URL]) | BLANKS,
    },
)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "aad_secret": st.sampled_from(["s", ""]),
        "container_registry": SECTIONS | BLANKS,
        "keyvault_id": st.sampled_from(["/v", "/other", 1]) | BLANKS,
        "admin": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    },
)


@given(
    FILES.flatmap(lambda file: st.permutations(list(file.items()))),
    st.sampled_from([API_KEY, KEY_VAULT, PLACEHOLDERS]),
    st.sampled_from([None, 2, "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(deadline=None)
def test_a_second_pass_has_nothing_to_do(
    items: list[tuple[str, object]],
    wanted: RegistryCredentials,
    indent: int | str | None,
    line_end: str,
) -> None:
    before = dict(items)
    text = json.dumps(before, indent=indent, ensure_ascii=False).replace("\n", line_end)
    after = added(text, wanted)
    assert added(after, wanted) == after
    loaded = json.loads(after)
    assert all(loaded[key] == value for key, value in before.items() if key in ("aad_secret", "admin"))
    if not conflicts(parse(text), wanted):
        assert conflicts(parse(after), wanted) == ()
        assert loaded["container_registry"]["user"] == "$oauthtoken"
        is_key = wanted is API_KEY
        assert loaded["container_registry"]["password" if is_key else "secret_url"]
        assert is_key or loaded["keyvault_id"]

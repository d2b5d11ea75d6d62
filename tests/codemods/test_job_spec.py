from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.job_spec import complete_registry
from codemods.syntax.edits import apply
from codemods.syntax.json_tree import parse
from codemods.syntax.registry import API_KEY_PLACEHOLDER, USER_NAME, RegistryCredentials, VaultSecret

IMAGE = "nvcr.io/nvidia/caffe:17.12"
API_KEY = RegistryCredentials(USER_NAME, API_KEY_PLACEHOLDER)
LOGIN = API_KEY.tree
PATH = ("properties", "containerSettings", "imageSourceRegistry")
BLANKS = st.sampled_from([None, "", " ", {}, {"username": "", "password": None}])


def completed(text: str, credentials: RegistryCredentials = API_KEY, *path: str) -> str:
    registry = parse(text).find(*path)
    assert registry is not None
    return apply(complete_registry(registry, image=IMAGE, credentials=credentials), text)


def lines(*parts: str) -> str:
    return "\n".join(parts) + "\n"


def test_a_complete_registry_gets_no_edits() -> None:
    text = json.dumps({"credentials": LOGIN, "serverUrl": "nvcr.io", "image": IMAGE})
    assert complete_registry(parse(text), image=IMAGE, credentials=API_KEY) == ()


def test_other_credentials_than_the_wanted_ones_are_kept() -> None:
    login = RegistryCredentials("u", VaultSecret("/vault", "https://secret")).tree
    text = json.dumps({"image": IMAGE, "serverUrl": "https://nvcr.io/", "credentials": login})
    assert complete_registry(parse(text), image=IMAGE, credentials=API_KEY) == ()


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "1"])
def test_what_is_no_object_gets_no_edits(text: str) -> None:
    assert complete_registry(parse(text), image=IMAGE, credentials=API_KEY) == ()


def test_one_line_is_rewritten_and_five_are_added() -> None:
    before = lines(
        '{"properties": {',
        '  "containerSettings": {',
        '     "imageSourceRegistry": {',
        '        "image": "bvlc/caffe:gpu"',
        "     }",
        "  },",
        '  "nodeCount":  1 }}',
    )
    after = lines(
        '{"properties": {',
        '  "containerSettings": {',
        '     "imageSourceRegistry": {',
        '        "image": "nvcr.io/nvidia/caffe:17.12",',
        '        "serverUrl": "nvcr.io",',
        '        "credentials": {',
        '           "username": "$oauthtoken",',
        '           "password": "<Your API Key>"',
        "        }",
        "     }",
        "  },",
        '  "nodeCount":  1 }}',
    )
    assert completed(before, API_KEY, *PATH) == after


def test_a_crlf_file_with_tabs_and_no_final_newline_keeps_them() -> None:
    before = '{\r\n\t"image" : "a",\r\n\t"serverUrl" : null\r\n}'
    after = (
        '{\r\n\t"image" : "nvcr.io/nvidia/caffe:17.12",\r\n\t"serverUrl" : "nvcr.io",'
        '\r\n\t"credentials" : {\r\n'
        '\t\t"username" : "$oauthtoken",\r\n\t\t"password" : "<Your API Key>"\r\n\t}\r\n}'
    )
    assert completed(before) == after


def test_a_minified_file_stays_minified() -> None:
    assert completed('{"image":"a"}') == (
        '{"image":"nvcr.io/nvidia/caffe:17.12","serverUrl":"nvcr.io",'
        '"credentials":{"username":"$oauthtoken","password":"<Your API Key>"}}'
    )


def test_a_key_vault_reference_has_the_documented_shape() -> None:
    assert json.loads(
        completed('{"image": "a"}', RegistryCredentials(USER_NAME, VaultSecret("/vault", "https://secret")))
    )["credentials"] == {
        "username": "$oauthtoken",
        "passwordSecretReference": {
            "sourceVault": {"id": "/vault"},
            "secretUrl": "https://secret",
        },
    }


@pytest.mark.parametrize("blank", ["null", '""', "{}", '{"username": "", "password": ""}'])
def test_blank_credentials_are_replaced_where_they_stand(blank: str) -> None:
    after = completed(f'{{"credentials": {blank}, "image": "a"}}')
    assert list(json.loads(after)) == ["credentials", "image", "serverUrl"]
    assert json.loads(after)["credentials"] == LOGIN


def test_the_server_of_another_image_goes_with_that_image() -> None:
    after = json.loads(completed('{"serverUrl": "index.docker.io", "image": "a"}'))
    assert after["serverUrl"] == "nvcr.io"


@pytest.mark.parametrize("blank", ["null", '""', '" "'])
def test_a_blank_server_is_filled_beside_the_right_image_too(blank: str) -> None:
    after = json.loads(completed(f'{{"serverUrl": {blank}, "image": "{IMAGE}"}}'))
    assert after == {"serverUrl": "nvcr.io", "image": IMAGE, "credentials": LOGIN}


def test_the_server_of_the_same_image_stays() -> None:
    text = json.dumps({"image": IMAGE, "serverUrl": "proxy.example.com", "credentials": LOGIN})
    assert completed(text) == text


def test_a_missing_image_is_added_before_the_rest() -> None:
    assert list(json.loads(completed("{}"))) == ["image", "serverUrl", "credentials"]


def test_a_line_with_a_password_is_not_rewritten_for_its_comma() -> None:
    before = lines("{", f'  "image": "{IMAGE}",', '  "credentials": {"username": "u", "password": "p"}', "}")
    after = completed(before)
    assert json.loads(after)["serverUrl"] == "nvcr.io"
    assert '  "credentials": {"username": "u", "password": "p"}\n}' in after


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "image": st.sampled_from(["a/b:1", IMAGE, "", None]),
            "serverUrl": st.sampled_from(["nvcr.io", "docker.io", 5]) | BLANKS,
            "credentials": st.sampled_from([LOGIN, [1], "x"]) | BLANKS,
            "other": st.text(max_size=3),
        },
    ),
    st.sampled_from([None, 1, 4, "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(deadline=None)
def test_a_second_pass_has_nothing_to_do(
    registry: dict[str, object], indent: int | str | None, line_end: str
) -> None:
    text = json.dumps({"job": registry}, indent=indent).replace("\n", line_end)
    after = completed(text, API_KEY, "job")
    loaded = json.loads(after)["job"]
    assert loaded["image"] == IMAGE
    assert loaded["credentials"]
    assert loaded["serverUrl"] not in (None, "", " ")
    assert completed(after, API_KEY, "job") == after
    assert {**loaded, **registry}.keys() == loaded.keys()

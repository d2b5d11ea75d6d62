from __future__ import annotations

import ast
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.container_registry import RegistryChange, rewrite_registry
from codemods.syntax.notation import PARAMETERS
from codemods.syntax.registry import RegistryCredentials, VaultSecret
from codemods.syntax.source import NotRewritable

IMAGE = "nvcr.io/nvidia/caffe:17.12"
API_KEY = RegistryCredentials("cfg.user", "cfg.key")
KEY_VAULT = RegistryCredentials("cfg.user", VaultSecret("cfg.vault", "cfg.url"))
CALLS = {f"models.{name}": name for name in PARAMETERS}


def rewrite(
    expression: str,
    credentials: RegistryCredentials | None = API_KEY,
    image: str | None = IMAGE,
    indent: str = "    ",
    newline: str = "\n",
) -> str:
    change = RegistryChange(
        image=image,
        credentials=credentials,
        calls=CALLS,
        unit="    ",
        newline=newline,
        quote="'",
    )
    after = rewrite_registry(expression, change, indent)
    ast.parse(f"({after})")
    assert rewrite_registry(after, change, indent) == after
    return after


@pytest.mark.parametrize(
    "expression",
    [
        f"models.ImageSourceRegistry(image='{IMAGE}', server_url='nvcr.io', credentials=mine)",
        f"models.ContainerSettings(models.ImageSourceRegistry('{IMAGE}', 'nvcr.io', mine))",
        f"models.ImageSourceRegistry(\n  '{IMAGE}' ,  # c\n  url, models.PrivateRegistryCredentials(u, p))",
        f'models.ImageSourceRegistry(image="nvcr.io/" "{IMAGE[8:]}", server_url=url, credentials=mine)',
    ],
)
def test_complete_settings_come_back_unchanged(expression: str) -> None:
    assert rewrite(expression) == expression


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("models.ContainerSettings(image_source_registry=registry)", "not one call"),
        (
            "models.ContainerSettings(a(models.ImageSourceRegistry(x), models.ImageSourceRegistry(y)))",
            "not one call",
        ),
        ("other.ImageSourceRegistry(image='a')", "neither"),
        ("registry", "neither"),
        ("models.ImageSourceRegistry(*args)", "starred"),
        ("models.ContainerSettings(models.ImageSourceRegistry(image='a'), **more)", "starred"),
        ("models.ImageSourceRegistry('a', image='b')", "twice"),
        ("models.ImageSourceRegistry('a', 'b', 'c', 'd')", "more positional"),
        ("models.ImageSourceRegistry(", "Python 3"),
        ("(" * 5000, "Python 3"),
        ("-" * 90000 + "a", "Python 3|too deeply"),
        ("a" + "()" * 500, "too deeply"),
        ("models.ImageSourceRegistry(\r\n    image='a',\n)", "mixes line ends"),
        ("\0", "Python 3"),
        ("", "does not parse"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(NotRewritable, match=reason):
        rewrite(expression)


def test_a_registry_without_an_image_is_refused_when_the_image_is_to_stay() -> None:
    with pytest.raises(NotRewritable, match="no image"):
        rewrite("models.ImageSourceRegistry()", image=None)


def test_an_image_that_is_no_literal_is_replaced_when_an_image_is_given() -> None:
    assert f"    image='{IMAGE}',\n" in rewrite("models.ImageSourceRegistry(image=name)")


def test_the_usual_site_is_laid_out_like_the_instructions() -> None:
    before = """models.ContainerSettings(
        image_source_registry=models.ImageSourceRegistry(image='bvlc/caffe:gpu'))"""
    after = f"""models.ContainerSettings(
        image_source_registry=models.ImageSourceRegistry(
            server_url='nvcr.io',
            image='{IMAGE}',
            credentials=models.PrivateRegistryCredentials(
                username=cfg.user,
                password=cfg.key)))"""
    assert rewrite(before) == after
    assert rewrite(before.replace("image_source_registry=", "")) == after
    assert rewrite(before.replace("\n", "\r\n"), newline="\r\n") == after.replace("\n", "\r\n")


@pytest.mark.parametrize("unpacked", ["**{'image': 'x'}", "**dict(image='x')", "**{ 'image' : 'x' }"])
def test_an_unpacked_dict_becomes_keywords(unpacked: str) -> None:
    call = "models.ImageSourceRegistry({})"
    for template in (
        f"models.ContainerSettings(image_source_registry={call})",
        f"models.ContainerSettings(**{{{{'image_source_registry': {call}}}}})",
    ):
        assert rewrite(template.format(unpacked)) == rewrite(template.format("image='x'"))


@pytest.mark.parametrize(
    "unpacked",
    [
        "**more",
        "**{}",
        "**{'image': 'x', **more}",
        "**{key: 'x'}",
        "**{'a b': 'x'}",
        "**dict(more, image='x')",
        "**{'image': 'x',  # why\n}",
        "'x', **{'image': 'y'}",
        "image='x', credentials=models.PrivateRegistryCredentials(**{'username': u, 'password': p})",
    ],
)
def test_what_is_unpacked_otherwise_is_refused(unpacked: str) -> None:
    with pytest.raises(NotRewritable):
        rewrite(f"models.ImageSourceRegistry({unpacked})")


def test_a_key_vault_is_referred_to_with_keywords_only() -> None:
    before = """models.ContainerSettings(
         models.ImageSourceRegistry(image="bvlc/caffe:gpu"))"""
    assert rewrite(before, KEY_VAULT, indent="     ") == (
        f"""models.ContainerSettings(
         image_source_registry=models.ImageSourceRegistry(
             server_url="nvcr.io",
             image="{IMAGE}",
             credentials=models.PrivateRegistryCredentials(
                 username=cfg.user,
                 password_secret_reference=models.KeyVaultSecretReference(
                     source_vault=models.ResourceId(id=cfg.vault),
                     secret_url=cfg.url))))"""
    )


def test_brackets_close_on_their_own_line_where_the_author_does_so() -> None:
    before = """models.ContainerSettings(
        image_source_registry=models.ImageSourceRegistry(image='bvlc/caffe:gpu')
    )"""
    after = f"""models.ContainerSettings(
        image_source_registry=models.ImageSourceRegistry(
            server_url='nvcr.io',
            image='{IMAGE}',
            credentials=models.PrivateRegistryCredentials(
                username=cfg.user,
                password=cfg.key
            )
        )
    )"""
    assert rewrite(before) == after
    with_commas = after.replace("\n            )", ",\n            ),").replace("\n        )", "\n        ),")
    with_commas = with_commas.replace("cfg.key\n", "cfg.key,\n")
    assert rewrite(before.replace("gpu')", "gpu'),")) == with_commas


def test_a_call_on_one_line_opens_at_the_registry() -> None:
    assert rewrite('models.ContainerSettings(models.ImageSourceRegistry(image="x"))', indent="\t") == (
        "models.ContainerSettings(image_source_registry=models.ImageSourceRegistry(\n"
        '\t    server_url="nvcr.io",\n'
        f'\t    image="{IMAGE}",\n'
        "\t    credentials=models.PrivateRegistryCredentials(\n"
        "\t        username=cfg.user,\n"
        "\t        password=cfg.key)))"
    )


def test_arguments_on_lines_of_their_own_keep_their_whitespace_and_comments() -> None:
    before = """models.ImageSourceRegistry(  # the registry
      # from the hub
      image = 'x',  # small
      # nothing else
    )"""
    assert rewrite(before) == (
        f"""models.ImageSourceRegistry(  # the registry
      server_url = 'nvcr.io',
      # from the hub
      image = '{IMAGE}',  # small
      # nothing else
      credentials = models.PrivateRegistryCredentials(
        username = cfg.user,
        password = cfg.key,
      ),
    )"""
    )


def test_aligned_arguments_stay_aligned() -> None:
    before = """models.ImageSourceRegistry(image='x',
                               credentials=None)"""
    assert rewrite(before, indent="") == (
        f"""models.ImageSourceRegistry(server_url='nvcr.io',
                               image='{IMAGE}',
                               credentials=models.PrivateRegistryCredentials(
                                   username=cfg.user,
                                   password=cfg.key))"""
    )


@pytest.mark.parametrize("blank", ["None", "''", '" "'])
def test_a_blank_server_url_is_filled_where_it_stands(blank: str) -> None:
    after = rewrite(
        f"models.ImageSourceRegistry(image=IMG, server_url={blank}, credentials=mine)", image=None
    )
    quote = '"' if blank[0] == '"' else "'"
    assert (
        after == f"models.ImageSourceRegistry(image=IMG, server_url={quote}nvcr.io{quote}, credentials=mine)"
    )


def test_credentials_without_a_secret_are_replaced() -> None:
    before = f"models.ImageSourceRegistry('{IMAGE}', 'nvcr.io', models.PrivateRegistryCredentials('me'))"
    assert "username=cfg.user,\n" in rewrite(before)
    assert "'me'" not in rewrite(before)


@pytest.mark.parametrize("expression", ["models.ImageSourceRegistry()", "models.ImageSourceRegistry(\n)"])
def test_a_call_without_arguments_gains_all_of_them(expression: str) -> None:
    after = rewrite(expression)
    assert after.startswith(
        f"models.ImageSourceRegistry(\n        server_url='nvcr.io',\n        image='{IMAGE}',\n"
    )


def test_model_classes_are_spelled_as_the_calls_say() -> None:
    change = RegistryChange(
        image=None,
        credentials=API_KEY,
        calls={
            "Registry": "ImageSourceRegistry",
            "m.creds.PrivateRegistryCredentials": "PrivateRegistryCredentials",
        },
        unit="  ",
        newline="\n",
        quote="'",
    )
    after = rewrite_registry("Registry('x')", change, "")
    assert "  credentials=m.creds.PrivateRegistryCredentials(\n    username=cfg.user,\n" in after


@given(
    st.text(max_size=60),
    st.sampled_from(["{}", "models.ImageSourceRegistry({})", "models.ContainerSettings({})"]),
)
@settings(deadline=None)
def test_any_text_is_rewritten_or_refused(text: str, template: str) -> None:
    with contextlib.suppress(NotRewritable):
        rewrite(template.format(text))


GAPS = st.sampled_from(["", " ", "\n", "\n      ", "  # c\n    ", "\n\n  # c\n\n   ", "\\\n  "])


@given(
    st.permutations(["image='x'", "server_url=None", "credentials = None", "extra=1"]),
    st.lists(GAPS, min_size=9, max_size=9),
    st.integers(0, 4),
    st.booleans(),
)
@settings(deadline=None)
def test_any_layout_keeps_its_comments(args: list[str], gaps: list[str], count: int, has_comma: bool) -> None:
    source = gaps[0]
    for index, arg in enumerate(args[:count]):
        comma = "," if index < count - 1 or has_comma else ""
        source += f"{arg}{gaps[2 * index + 1]}{comma}{gaps[2 * index + 2]}"
    after = rewrite(f"models.ImageSourceRegistry({source})")
    assert after.count("# c") == source.count("# c")
    assert after.count(IMAGE) == 1


@pytest.mark.parametrize(
    "expression",
    [
        f"{{'image': '{IMAGE}', 'serverUrl': 'nvcr.io', 'credentials': mine}}",
        f"{{ 'image' :'{IMAGE}',\n  'credentials': {{'username': u, 'password': p}},\n'serverUrl': url}}",
        f'{{"image": "nvcr.io/" "{IMAGE[8:]}", "serverUrl": url, "credentials": {{**mine}}}}',
        f"{{'image': '{IMAGE}', 'serverUrl': 'nvcr.io', 'credentials': dict(mine)}}",
        f"dict(image='{IMAGE}', serverUrl = url, credentials={{'username': u, 'password': p}}, )",
        f"dict(image='{IMAGE}', serverUrl=url, credentials=dict(username=u, passwordSecretReference=r))",
    ],
)
def test_a_complete_dict_comes_back_unchanged(expression: str) -> None:
    assert rewrite(expression) == expression


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("other.dict(image='a')", "neither"),
        ("{'image'}", "neither"),
        ("{k: v for k, v in items}", "neither"),
        ("{'image': 'a', **other}", "no string literals"),
        ("{'image': 'a', key: 1}", "no string literals"),
        ("{'image': 'a', b'serverUrl': None}", "no string literals"),
        ("{'image': 'a', f'{key}': 1}", "no string literals"),
        ("dict(image='a', **other)", "no string literals"),
        ("dict({'image': 'a'})", "no string literals"),
        ("{'image': 'a', 'im' 'age': 'b'}", "twice"),
        ("{'image': ('a'  # c\n 'b')}", "comment"),
        ("{'image': (name  # c\n)}", "comment"),
        ("{'image': 'a', 'credentials': {'username': '',  # c\n}}", "comment"),
        ("{'image': ", "Python 3"),
        ("{'image': " + "-" * 90000 + "a}", "Python 3|too deeply"),
        ("{'image': a" + "()" * 500 + "}", "too deeply"),
    ],
)
def test_a_dict_that_is_not_understood_is_refused_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(NotRewritable, match=reason):
        rewrite(expression)


@pytest.mark.parametrize("expression", ["{}", "dict()", "{'serverUrl': 'nvcr.io'}"])
def test_a_dict_without_an_image_is_refused_when_the_image_is_to_stay(expression: str) -> None:
    with pytest.raises(NotRewritable, match="no image"):
        rewrite(expression, image=None)


@pytest.mark.parametrize("username", ["a, b", "a := 1", "a for a in b", "yield", "", "a}", "*a", "'"])
def test_a_credential_that_is_no_value_of_a_dict_is_refused(username: str) -> None:
    with pytest.raises(NotRewritable):
        rewrite("{'image': 'a'}", RegistryCredentials(username, "p"))


def test_incomplete_credentials_are_refused_where_there_are_none_to_write() -> None:
    with pytest.raises(NotRewritable, match="not complete"):
        rewrite("{'image': 'a'}", None)


def test_the_usual_dict_is_laid_out_like_a_job_spec() -> None:
    before = """{
        "image": "bvlc/caffe:gpu"
    }"""
    after = f"""{{
        "image": "{IMAGE}",
        "serverUrl": "nvcr.io",
        "credentials": {{
            "username": cfg.user,
            "password": cfg.key
        }}
    }}"""
    assert rewrite(before) == after
    assert rewrite('{"image": "bvlc/caffe:gpu"}') == after
    assert rewrite('{ "image": "bvlc/caffe:gpu" }') == after
    assert rewrite(before.replace("\n", "\r\n"), newline="\n") == after.replace("\n", "\r\n")
    assert rewrite('{"image": "bvlc/caffe:gpu"}', newline="\r\n") == after.replace("\n", "\r\n")


def test_a_key_vault_is_referred_to_as_in_a_job_spec() -> None:
    assert rewrite("{'image': IMG}", KEY_VAULT, image=None, indent="\t") == (
        "{\n"
        "\t    'image': IMG,\n"
        "\t    'serverUrl': 'nvcr.io',\n"
        "\t    'credentials': {\n"
        "\t        'username': cfg.user,\n"
        "\t        'passwordSecretReference': {\n"
        "\t            'sourceVault': {\n"
        "\t                'id': cfg.vault\n"
        "\t            },\n"
        "\t            'secretUrl': cfg.url\n"
        "\t        }\n"
        "\t    }\n"
        "\t}"
    )


def test_a_dict_call_gains_keywords_and_calls() -> None:
    assert rewrite("dict(image = 'x', server = 'y')", indent="") == (
        "dict(\n"
        f"    image = '{IMAGE}',\n"
        "    server = 'y',\n"
        "    serverUrl = 'nvcr.io',\n"
        "    credentials = dict(\n"
        "        username = cfg.user,\n"
        "        password = cfg.key\n"
        "    )\n"
        ")"
    )


def test_tabs_last_commas_colons_and_quotes_are_followed() -> None:
    before = "{\n\t\t'image' : u\"x\",\n\t}"
    after = (
        f"{{\n\t\t'image' : u\"{IMAGE}\",\n"
        "\t\t'serverUrl' : \"nvcr.io\",\n"
        "\t\t'credentials' : {\n\t\t\t'username' : cfg.user,\n\t\t\t'password' : cfg.key,\n\t\t},\n\t}"
    )
    assert rewrite(before, indent="\t") == after


def test_the_narrowest_colon_is_followed_where_values_are_aligned() -> None:
    after = rewrite("{\n  'image':     'x',\n  'serverUrl': None\n}", indent="")
    assert f"  'image':     '{IMAGE}',\n  'serverUrl': 'nvcr.io',\n  'credentials': {{\n" in after


def test_braces_close_where_the_author_closes_them() -> None:
    before = """{'image': 'x',
     'serverUrl': ''}"""
    assert rewrite(before) == (
        f"""{{'image': '{IMAGE}',
     'serverUrl': 'nvcr.io',
     'credentials': {{
         'username': cfg.user,
         'password': cfg.key}}}}"""
    )
    assert rewrite("{'image':'x',}", indent="").endswith("'password':cfg.key,\n    },\n}")


def test_comments_stay_with_what_they_speak_of() -> None:
    before = """{  # the registry
      # from the hub
      'image': 'x',  # small
      # nothing else
    }"""
    assert rewrite(before) == (
        f"""{{  # the registry
      # from the hub
      'image': '{IMAGE}',  # small
      # nothing else
      'serverUrl': 'nvcr.io',
      'credentials': {{
        'username': cfg.user,
        'password': cfg.key,
      }},
    }}"""
    )
    assert f"'image': '{IMAGE}',  # small\n" in rewrite("{'image': 'x'  # small\n}")


def test_what_is_missing_goes_before_the_credentials_that_stay() -> None:
    before = """{
        'image': 'x',
        # the login
        'credentials': {'username': 'u', 'password': 'p'}  # both
    }"""
    after = before.replace("'x',\n", f"'{IMAGE}',\n        'serverUrl': 'nvcr.io',\n")
    assert rewrite(before) == after


@pytest.mark.parametrize("blank", ["None", "''", '" "'])
def test_a_blank_server_url_of_a_dict_is_filled_where_it_stands(blank: str) -> None:
    quote = '"' if blank[0] == '"' else "'"
    before = f"{{'image': IMG, 'serverUrl': {blank}, 'credentials': mine}}"
    assert rewrite(before, image=None) == before.replace(blank, f"{quote}nvcr.io{quote}")


@pytest.mark.parametrize(
    "blank",
    [
        "None",
        "''",
        "{}",
        "dict()",
        "{'username': '', 'password': None}",
        "{'username': 'me'}",
        "{'password': 'p'}",
        "{'username': 'me', 'passwordSecretReference': {'sourceVault': {'id': ''}, 'secretUrl': None}}",
    ],
)
def test_credentials_without_a_user_or_a_secret_are_replaced(blank: str) -> None:
    after = rewrite(f"{{'image': IMG, 'serverUrl': url, 'credentials': {blank}}}", image=None, indent="")
    assert after == (
        "{\n"
        "    'image': IMG,\n"
        "    'serverUrl': url,\n"
        "    'credentials': {\n"
        "        'username': cfg.user,\n"
        "        'password': cfg.key\n"
        "    }\n"
        "}"
    )


def test_another_image_alone_leaves_the_line_as_it_is() -> None:
    before = "{'image': 'x', 'serverUrl': 'nvcr.io', 'credentials': mine}"
    assert rewrite(before) == before.replace("x", IMAGE)
    assert rewrite(before.replace("'x'", "name")) == before.replace("x", IMAGE)


@pytest.mark.parametrize(("expression", "key"), [("{}", "'image': "), ("dict(\n)", "image=")])
def test_an_empty_registry_gains_everything(expression: str, key: str) -> None:
    start, end = expression.replace("\n", "")[:-1], expression[-1]
    after = rewrite(expression)
    assert after.startswith(f"{start}\n        {key}'{IMAGE}',\n        ")
    assert after.count("cfg.key") == after.count("nvcr.io'") == 1
    assert after.endswith(f"\n        {end}\n{'    ' if expression == '{}' else ''}{end}")


@given(st.text(max_size=60), st.sampled_from(["{}", "{{{}}}", "dict({})", "{{'image': {}}}"]))
@settings(deadline=None)
def test_any_text_of_a_dict_is_rewritten_or_refused(text: str, template: str) -> None:
    with contextlib.suppress(NotRewritable):
        rewrite(template.format(text))


PAIRS = [("image", "'x'"), ("serverUrl", "None"), ("credentials", "None"), ("extra", "1")]


@given(
    st.permutations(PAIRS),
    st.lists(GAPS, min_size=17, max_size=17),
    st.integers(0, 4),
    st.booleans(),
    st.booleans(),
)
@settings(deadline=None)
def test_any_layout_of_a_dict_keeps_its_comments(
    pairs: list[tuple[str, str]], gaps: list[str], count: int, has_comma: bool, is_call: bool
) -> None:
    source = gaps[-1]
    for index, (key, value) in enumerate(pairs[:count]):
        before, inner, behind, after = gaps[4 * index : 4 * index + 4]
        comma = "," if index < count - 1 or has_comma else ""
        sign = f"{key}{before}=" if is_call else f"'{key}'{before}:"
        source += f"{sign}{inner}{value}{behind}{comma}{after}"
    result = rewrite(f"dict({source})" if is_call else f"{{{source}}}")
    assert result.count("# c") == source.count("# c")
    assert result.count(IMAGE) == 1
    tree = ast.parse(f"({result})", mode="eval").body
    keys = tree.keywords if isinstance(tree, ast.Call) else tree.keys if isinstance(tree, ast.Dict) else []
    assert len(keys) == len({*(key for key, _ in pairs[:count]), "image", "serverUrl", "credentials"})

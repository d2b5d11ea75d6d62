from __future__ import annotations

import ast
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.container_registry import RegistryCredentials, rewrite_settings
from codemods.syntax.model_calls import PARAMETERS
from codemods.syntax.source import NotLossless, NotRewritable

IMAGE = "nvcr.io/nvidia/caffe:17.12"
API_KEY = RegistryCredentials(username="cfg.user", password="cfg.key")  # noqa: S106
KEY_VAULT = RegistryCredentials(username="cfg.user", vault_id="cfg.vault", secret_url="cfg.url")  # noqa: S106
CALLS = {f"models.{name}": name for name in PARAMETERS}


def rewrite(
    expression: str,
    credentials: RegistryCredentials = API_KEY,
    image: str | None = IMAGE,
    indent: str = "    ",
    newline: str = "\n",
) -> str:
    def once(source: str) -> str:
        return rewrite_settings(
            source,
            calls=CALLS,
            image=image,
            credentials=credentials,
            models="models.",
            indent=indent,
            unit="    ",
            newline=newline,
            quote="'",
        )

    after = once(expression)
    ast.parse(f"({after})")
    assert once(after) == after
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
        ("other.ImageSourceRegistry(image='a')", "not one call"),
        ("models.ImageSourceRegistry(*args)", "starred"),
        ("models.ContainerSettings(models.ImageSourceRegistry(image='a'), **more)", "starred"),
        ("models.ImageSourceRegistry('a', image='b')", "twice"),
        ("models.ImageSourceRegistry('a', 'b', 'c', 'd')", "more positional"),
        ("models.ImageSourceRegistry(", "Python 3"),
        ("(" * 5000, "Python 3"),
        ("-" * 90000 + "a", "Python 3|too deeply"),
        ("a" + "()" * 500, "too deeply"),
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


def test_model_classes_are_spelled_as_the_mapping_says() -> None:
    arguments = {"indent": "", "unit": "  ", "newline": "\n", "quote": "'"}
    calls = {"Registry": "ImageSourceRegistry"}
    spelled = {"PrivateRegistryCredentials": "m.creds.PrivateRegistryCredentials"}
    after = rewrite_settings(
        "Registry('x')", calls=calls, image=None, credentials=API_KEY, models=spelled, **arguments
    )
    assert "  credentials=m.creds.PrivateRegistryCredentials(\n    username=cfg.user,\n" in after
    with pytest.raises(NotRewritable, match="has no name here"):
        rewrite_settings(
            "Registry('x')", calls=calls, image=None, credentials=KEY_VAULT, models=spelled, **arguments
        )


@given(
    st.text(max_size=60),
    st.sampled_from(["{}", "models.ImageSourceRegistry({})", "models.ContainerSettings({})"]),
)
@settings(deadline=None)
def test_any_text_is_rewritten_or_refused(text: str, template: str) -> None:
    with contextlib.suppress(NotRewritable, NotLossless):
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

"""Every form that the tool writes, under four releases of the SDK; and the table of it in README.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.sdk.environments import Sdk, python_of, run
from tests.sdk.forms import FORMS, REFERENCE_FORMS, Form, Outcome, outcomes, wanted
from tests.sdk.sdk_table import BEGIN, END, README, Measured, cell, measure, put, table

MODERN = (Sdk.V1_0_1, Sdk.V2_0_0, Sdk.V7_0_0)
POSITIONAL = tuple(form for form in REFERENCE_FORMS if form.key.startswith("positional"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrix") / "forms"


@pytest.fixture(scope="module")
def measured(folder: Path) -> Measured:
    return measure(folder)


@pytest.mark.parametrize("sdk", Sdk)
def test_an_environment_holds_the_release_that_it_is_named_for(sdk: Sdk, tmp_path: Path) -> None:
    code = "from importlib.metadata import version; print(version('azure-mgmt-batchai'))"
    assert run(python_of(sdk), "-c", code, cwd=tmp_path).strip() == sdk


@pytest.mark.parametrize("sdk", Sdk)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.key)
def test_a_migrated_form_sends_the_same_body_under_every_release(
    measured: Measured, form: Form, sdk: Sdk
) -> None:
    assert measured[sdk][form.key] == Outcome(body=wanted(form), error=None)


@pytest.mark.parametrize("form", POSITIONAL, ids=lambda form: form.key)
def test_the_positional_form_of_the_instructions_works_under_0_2_0(measured: Measured, form: Form) -> None:
    assert measured[Sdk.V0_2_0][form.key] == Outcome(body=wanted(form), error=None)


@pytest.mark.parametrize("sdk", MODERN)
@pytest.mark.parametrize("form", POSITIONAL, ids=lambda form: form.key)
def test_the_positional_form_of_the_instructions_works_nowhere_else(
    measured: Measured, form: Form, sdk: Sdk
) -> None:
    assert measured[sdk][form.key] == Outcome(body=None, error="TypeError")


def test_the_forms_are_spelled_as_their_titles_say(folder: Path, measured: Measured) -> None:
    scripts = {each.name: (each / "submit.py").read_text() for each in folder.iterdir()}
    calls = {"models": "models.Priv", "alias": "m.Priv", "package": "batchai.models.Priv", "names": "=Priv"}
    for key, call in calls.items():
        assert f"{call}ateRegistryCredentials(" in scripts[key]
        assert f"{call}ateRegistryCredentials(" in scripts[f"{key}-vault"]
    assert "os.environ['NGC_API_KEY']" in scripts["environment"]
    assert "cfg['container_registry']['secret_url']" in scripts["dictionary-vault"]
    assert "ContainerSettings(\n        models." in scripts["positional"]


def test_the_table_in_the_readme_is_what_was_measured(measured: Measured) -> None:
    text = README.read_text(encoding="utf-8")
    assert put(text, table(measured)) == text, "stale: run python -m tests.sdk.sdk_table"


def test_a_table_row_tells_a_refusal_and_a_wrong_body_from_a_success() -> None:
    form = FORMS[0]
    right = Outcome(body=wanted(form), error=None)
    assert cell(form, right) == "yes"
    assert cell(form, replace(right, body={})) == "no, another body"
    assert cell(form, Outcome(None, "TypeError")) == "no, TypeError"


def test_a_table_goes_between_the_markers_and_changes_nothing_else() -> None:
    text = f"above\n{BEGIN}\nold\n{END}\nbelow\n"
    assert put(text, "| new |") == f"above\n{BEGIN}\n| new |\n{END}\nbelow\n"
    with pytest.raises(ValueError, match="markers"):
        put("no markers", "| new |")


def test_a_form_that_fails_or_sends_less_is_seen(tmp_path: Path) -> None:
    misspelt = """import azure.mgmt.batchai.models as models
parameters = models.JobCreateParameters(
    cluster=models.ResourceId(id='/c'), node_count=1, std_out_err_path_prefix='$X',
    container_settings=models.ContainerSettings(image_source_registry=models.ImageSourceRegistry(
        image='i', credentials=models.PrivateRegistryCredentials(username='u', passwort='p'))))
"""
    for name, source in {"crash": "raise KeyError", "misspelt": misspelt}.items():
        (tmp_path / "forms" / name).mkdir(parents=True)
        (tmp_path / "forms" / name / "submit.py").write_text(source)
    found = outcomes(tmp_path / "forms", Sdk.V2_0_0)
    registry = {"image": "i", "credentials": {"username": "u"}}
    assert found == {
        "crash": Outcome(None, "KeyError"),
        "misspelt": Outcome({"imageSourceRegistry": registry}, None),
    }

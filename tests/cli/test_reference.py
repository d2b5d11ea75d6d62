from __future__ import annotations

import re

import pytest

from migrator.catalogue import gpus_by_name
from migrator.catalogue.ngc import catalogue
from migrator.catalogue.rules import RULES, topics
from migrator.cli.console import Refused
from migrator.cli.reference import explain, render_images, render_list, render_topic
from migrator.model import Framework
from migrator.report.wording import rule_page


def uses(framework: Framework, use: str) -> list[str]:
    lines = render_images(framework).split("\n\n")[0].splitlines()
    return [line.split()[0] for line in lines if line.endswith(f" {use}") and not line.startswith("      ")]


@pytest.mark.parametrize("word", ["zzzz", "", "\0" * 100_000])
def test_a_word_unlike_all_others_leads_to_the_list(word: str) -> None:
    with pytest.raises(Refused, match="`ngc-migrate explain` lists them"):
        explain(word)


def test_a_misspelt_id_finds_the_rule() -> None:
    with pytest.raises(Refused, match=r"did you mean cntk-distributed( or .*)?\?"):
        explain("CNTK-distibuted")


def test_all_images_and_sources_are_listed() -> None:
    words = render_images(None, is_verbose=True).split()
    for row in catalogue():
        assert row.tag in words
        assert set(row.source.split()) <= set(words)


def test_a_tag_takes_one_line() -> None:
    rows = [row for row in catalogue() if row.framework is Framework.CNTK]
    assert len(render_images(Framework.CNTK).split("\n\n")[0].splitlines()) == len(rows) + 2


def test_the_page_on_gpus_says_what_the_table_says() -> None:
    page = topics()["gpus"][1]
    for gpu in gpus_by_name().values():
        assert re.search(rf"  {gpu.name.split()[0]}.* {gpu.capability}  ", page), gpu


def test_one_framework_lists_no_other() -> None:
    page = render_images(Framework.CAFFE)
    assert page.startswith("Caffe  nvcr.io/nvidia/caffe\n")
    assert "nvcr.io/nvidia/pytorch" not in page


@pytest.mark.parametrize(
    ("framework", "use", "tags"),
    [
        (Framework.CAFFE2, "pinned", ["17.10"]),
        (Framework.CAFFE, "default", ["17.12"]),
        (Framework.CHAINER, "default", ["4.0.0b1"]),
        (Framework.PYTORCH, "default", ["18.08-py3"]),
        (Framework.PYTORCH, "pinned", []),
    ],
)
def test_pinned_and_default_images_are_marked(framework: Framework, use: str, tags: list[str]) -> None:
    assert uses(framework, use) == tags


def test_remarks_stand_below_the_row() -> None:
    page = render_images(Framework.PYTORCH, is_verbose=True)
    assert "version 0.4.0a0 observed (" in page
    assert "\n  18.04-py3     0.4.0a0         3 " in page


@pytest.mark.parametrize("rule_id", sorted(RULES))
def test_a_page_fits_in_80_columns_but_for_links(rule_id: str) -> None:
    page = rule_page(RULES[rule_id])
    assert page.startswith(f"{rule_id} (")
    assert RULES[rule_id].url in page
    assert all(len(line) <= 80 or "://" in line for line in page.splitlines())


def test_the_catalogue_fits_in_80_columns_but_for_links() -> None:
    page = render_images(None)
    assert all(len(line) <= 80 or "://" in line for line in page.splitlines())
    assert not any(line.endswith(" ") for line in page.splitlines())


def test_an_example_stands_on_the_page() -> None:
    page = rule_page(RULES["ngc-image"])
    assert page.index("Before\n") < page.index("After\n") < page.index("Source\n")
    assert '  "imageSourceRegistry": {\n    "image": "tensorflow/tensorflow:1.8.0-gpu"' in page


def test_a_page_says_what_to_do_now() -> None:
    page = rule_page(RULES["chainer-distributed"])
    assert "\n\nTo do\n  Run the job on one node; no image is known that trains on several.\n\n" in page


def test_the_list_names_every_rule_and_topic_once() -> None:
    words = [line.split()[0] for line in render_list().splitlines() if line.startswith("  ")]
    assert sorted(words) == sorted((*RULES, *topics(), "json-schema"))
    assert all(len(line) <= 80 for line in render_list().splitlines())


@pytest.mark.parametrize("name", sorted(topics()))
def test_a_topic_has_a_page_of_80_columns(name: str) -> None:
    page = render_topic(name)
    assert page.startswith(f"{name}: ")
    assert all(len(line) <= 80 or "://" in line for line in page.splitlines())

from __future__ import annotations

import pytest

from migrator.understand.jobs.find import find_dict_jobs
from tests.reading import module_of

SPEC = (
    "import json, re\nspec = {'properties': {'nodeCount': 1, 'caffeSettings': {}, "
    "'containerSettings': {'imageSourceRegistry': {'image': 'bvlc/caffe:gpu'}}}}\n"
)


def rules(source: str) -> list[str | None]:
    jobs = find_dict_jobs(module_of(source))
    return [job.facts.problem.rule if job.facts.problem else None for job in jobs]


@pytest.mark.parametrize(
    "after",
    ["", "out.write(json.dumps(spec))\n", "text = json.dumps(spec)\nsend(text)\n", "'a'.replace('b', 'c')\n"],
)
def test_a_dictionary_that_is_written_as_it_is_has_no_problem(after: str) -> None:
    assert rules(SPEC + after) == [None]


@pytest.mark.parametrize(
    "after",
    [
        "out.write(json.dumps(spec).replace('gpu', TAG))\n",
        "out.write(json.dumps([{'properties': spec}]).replace('gpu', TAG))\n",
        "out.write(json.dumps(dict(properties=spec)).replace('gpu', TAG))\n",
        "class Kept:\n    it = spec\nout.write(json.dumps({'properties': Kept.it}).replace('gpu', TAG))\n",
        "text = json.dumps(spec)\ntext = text.replace('gpu', TAG)\n",
        "out.write(re.sub('gpu', TAG, json.dumps(spec, indent=2)))\n",
    ],
)
def test_a_dictionary_whose_text_is_changed_is_not_known(after: str) -> None:
    assert rules(SPEC + after) == ["dynamic-container"]


@pytest.mark.parametrize("pair", ["('imageSourceRegistry', {})", "['imageSourceRegistry', {}]"])
def test_a_spec_of_pairs_cannot_be_seen_whole(pair: str) -> None:
    pairs = pair.format("OrderedDict([('image', 'bvlc/caffe:gpu')])")
    source = f"OrderedDict([('properties', OrderedDict([('containerSettings', OrderedDict([{pairs}]))]))])\n"
    assert rules(source) == ["dynamic-container"]


def test_a_word_beside_the_name_of_a_key_is_no_registry() -> None:
    assert rules("keys = [('imageSourceRegistry', 'registry'), ('imageSourceRegistry', 1)]\n") == []

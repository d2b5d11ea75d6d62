from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies

from migrator.model import Place, Severity
from migrator.pipeline.documents import RULE, old_images
from tests.trees import findings, job_spec, planned

OLD, NEW = "tensorflow/tensorflow:1.8.0-gpu", "nvcr.io/nvidia/tensorflow:18.07-py2"
IMAGES = {OLD: NEW, "microsoft/cntk:2.1-gpu": "nvcr.io/nvidia/cntk:17.12", "caffe2ai/caffe2": "nvcr.io/c:1"}


def page(text: str, path: str = "README.md") -> tuple[Place, str]:
    return Place(path), text


def places(text: str) -> list[Place]:
    return [finding.place for finding in old_images([page(text)], IMAGES)]


def test_pages_without_an_old_image_give_nothing() -> None:
    assert old_images([], IMAGES) == ()
    assert old_images([page(f"It runs in {NEW}.\n"), (Place("a.ipynb", 0), "# Title")], IMAGES) == ()


def test_without_migrated_images_nothing_is_old() -> None:
    assert old_images([page(OLD)], {}) == ()


@pytest.mark.parametrize(
    "text",
    [
        f"{OLD}-py3",
        f"{OLD}.1",
        f"{OLD}/more",
        f"{OLD}@sha256:00",
        f"{OLD}_x",
        f"mirror/{OLD}",
        f"my-{OLD}",
        f"example.azurecr.io/{OLD}",
        "tensorflow/tensorflow:1.8.0",
        "https://github.com/caffe2ai/caffe2",
        "caffe2ai/caffe2:latest",
        "caffe2ai/caffe2/tree",
        "caffe2ai/caffe2-x",
    ],
)
def test_a_part_of_something_longer_is_not_the_image(text: str) -> None:
    assert places(text) == []


@pytest.mark.parametrize(
    "text",
    [
        OLD,
        f"`{OLD}`.",
        f"It runs in {OLD}.",
        f'"image":"{OLD}",',
        f"image:{OLD}",
        f"docker.io/{OLD}",
        f"registry-1.docker.io/{OLD}",
        f"<code>{OLD}</code>",
        "(caffe2ai/caffe2)",
        "caffe2ai/caffe2: the image",
    ],
)
def test_an_image_is_found_whatever_stands_around_it(text: str) -> None:
    assert places(text) == [Place("README.md", line=1)]


def test_a_file_has_one_finding_at_its_first_place_that_lists_all() -> None:
    text = f"a\r\n{OLD}\r\n\r\nmicrosoft/cntk:2.1-gpu and {OLD}, {OLD}\r\n"
    (finding,) = old_images([page(text)], IMAGES)
    assert (finding.rule, finding.severity) == ("old-image-in-text", Severity.INFO)
    assert finding.place == Place("README.md", line=2)
    assert f"{OLD} in line 2, line 4 (jobs use {NEW} now)" in finding.message
    assert "microsoft/cntk:2.1-gpu in line 4 (jobs use nvcr.io/nvidia/cntk:17.12 now)" in finding.message


def test_cells_of_one_notebook_have_one_finding() -> None:
    texts = [("b.ipynb", 4, OLD), ("b.ipynb", 2, f"# Run\n{OLD}"), ("a.ipynb", 0, "nothing")]
    cells = [(Place(path, cell), text) for path, cell, text in texts]
    (finding,) = old_images(cells, IMAGES)
    assert finding.place == Place("b.ipynb", 2, 2)
    assert f"{OLD} in cell 2 line 2, cell 4 line 1" in finding.message


def test_findings_are_in_the_order_of_the_paths() -> None:
    found = old_images([page(OLD, "z.md"), page(OLD, "a.md"), (Place("m.ipynb", 0), OLD)], IMAGES)
    assert [finding.place.path for finding in found] == ["a.md", "m.ipynb", "z.md"]


def test_many_places_are_counted() -> None:
    (finding,) = old_images([page(f"{OLD}\n" * 30)], IMAGES)
    assert "line 20 and 10 more" in finding.message


def test_an_image_given_with_its_registry_is_the_same_image() -> None:
    assert len(old_images([page(OLD)], {f"docker.io/{OLD}": NEW})) == 1


def test_an_image_that_is_no_reference_is_taken_literally() -> None:
    assert len(old_images([page("uses (A B)* now")], {"(A B)*": NEW})) == 1


def test_a_page_in_utf_16_is_read(tmp_path: Path) -> None:
    found = planned(tmp_path, {"job.json": job_spec({"image": OLD}), "read.md": OLD.encode("utf-16")})
    assert [finding.place for finding in findings(found, RULE)] == [Place("read.md")]


@given(strategies.lists(strategies.text()), strategies.dictionaries(strategies.text(), strategies.text()))
@settings(deadline=None)
def test_no_text_and_no_names_raise(contents: list[str], images: dict[str, str]) -> None:
    pages = [page(content + image) for content in contents for image in images]
    assert len(old_images(pages, images)) <= 1

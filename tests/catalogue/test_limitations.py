from __future__ import annotations

import pytest

from migrator.catalogue.limitations import (
    LIMITATIONS,
    Bearing,
    Effect,
    Limitation,
    check,
)
from migrator.model import Framework

ROWS = {row.id: row for row in LIMITATIONS}
CNTK, CAFFE2, CHAINER = ROWS["cntk-distributed"], ROWS["caffe2-version"], ROWS["chainer-distributed"]
DIGEST = "@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("framework", "target", "node_count"),
    [
        (Framework.TENSORFLOW, "nvcr.io/nvidia/tensorflow:18.07-py2", 2),
        (Framework.TENSORFLOW, "nvcr.io/nvidia/tensorflow:18.07-py2", None),
        (None, "example.com/mine:1", None),
        (Framework.CNTK, "nvcr.io/nvidia/cntk:17.12", 1),
        (Framework.CAFFE2, "nvcr.io/nvidia/caffe2:17.10", None),
        (Framework.CAFFE2, f"nvcr.io/nvidia/caffe2:17.10{DIGEST}", 2),
        (Framework.CAFFE2, "caffe2ai/caffe2", 2),
        (Framework.CAFFE, "nvcr.io/nvidia/caffe:17.12", 2),
        (Framework.CHAINER, "nvcr.io/partners/chainer:4.0.0b1", 1),
        (Framework.CHAINER, "nvcr.io/partners/chainer:4.0.0b10", 2),
        (Framework.CHAINER, "example.com/chainermn:5", None),
    ],
)
def test_a_job_without_a_limitation_is_clear(
    framework: Framework | None, target: str, node_count: int | None
) -> None:
    assert check(framework, target, node_count, is_override=False) is None


@pytest.mark.parametrize(
    ("framework", "target", "node_count", "row"),
    [
        (Framework.CNTK, "nvcr.io/nvidia/cntk:17.12", 2, CNTK),
        (Framework.CNTK, "nvcr.io/nvidia/cntk:18.08-py3", 2, CNTK),
        (None, "nvcr.io/nvidia/cntk:17.10", 2, CNTK),
        (Framework.CAFFE2, "nvcr.io/nvidia/caffe2:18.08-py2", 1, CAFFE2),
        (Framework.CAFFE2, "nvcr.io/nvidia/caffe2", None, CAFFE2),
        (Framework.CAFFE2, "nvcr.io/nvidia/caffe2:17.100", 1, CAFFE2),
        (Framework.CHAINER, "nvcr.io/partners/chainer:4.0.0b1", 2, CHAINER),
        (Framework.CHAINER, f"nvcr.io/partners/chainer:4.0.0b1{DIGEST}", 2, CHAINER),
    ],
)
def test_a_documented_limitation_blocks(
    framework: Framework | None, target: str, node_count: int | None, row: Limitation
) -> None:
    assert check(framework, target, node_count, is_override=False) == Bearing(Effect.BLOCKS, row)


@pytest.mark.parametrize(
    ("framework", "target", "row"),
    [
        (Framework.CNTK, "nvcr.io/nvidia/cntk:18.08-py3", CNTK),
        (Framework.CHAINER, "nvcr.io/partners/chainer:4.0.0b1", CHAINER),
    ],
)
def test_an_unknown_node_count_is_told_where_it_matters(
    framework: Framework, target: str, row: Limitation
) -> None:
    assert check(framework, target, None, is_override=False) == Bearing(Effect.UNKNOWN, row)


def test_the_users_choice_outside_of_the_proven_images_lifts() -> None:
    for count in (2, None):
        assert check(Framework.CNTK, "nvcr.io/nvidia/cntk:18.08-py3", count, is_override=True) == Bearing(
            Effect.LIFTED, CNTK
        )


def test_the_users_choice_does_not_lift_what_the_source_names() -> None:
    assert check(Framework.CNTK, "nvcr.io/nvidia/cntk:17.12", 2, is_override=True) == Bearing(
        Effect.BLOCKS, CNTK
    )
    assert check(Framework.CAFFE2, "nvcr.io/nvidia/caffe2:17.12", 1, is_override=True) == Bearing(
        Effect.BLOCKS, CAFFE2
    )


def with_built_in(row: Limitation) -> tuple[Limitation, ...]:
    return (*LIMITATIONS, row)


def test_a_users_row_blocks_and_wins_over_a_lifted_one() -> None:
    row = Limitation(id="ours", framework=Framework.CNTK, image="*:18.*", message="No.", url="")
    verdict = check(
        Framework.CNTK, "nvcr.io/nvidia/cntk:18.08-py3", 2, is_override=True, rows=with_built_in(row)
    )
    assert verdict == Bearing(Effect.BLOCKS, row)


def test_a_row_for_one_node_blocks_one_node_only() -> None:
    row = Limitation(id="ours", distributed=False, message="No.", url="")
    verdicts = [check(None, "a", count, is_override=False, rows=with_built_in(row)) for count in (1, 2, None)]
    assert verdicts == [Bearing(Effect.BLOCKS, row), None, Bearing(Effect.UNKNOWN, row)]


def test_a_row_of_a_framework_alone_leaves_other_frameworks_alone() -> None:
    row = Limitation(id="ours", framework=Framework.TENSORFLOW, message="No.", url="")
    image = "nvcr.io/nvidia/pytorch:18.05-py3"
    for framework in (Framework.PYTORCH, None):
        assert check(framework, image, 1, is_override=False, rows=with_built_in(row)) is None
    assert check(Framework.TENSORFLOW, image, 1, is_override=False, rows=with_built_in(row)) == Bearing(
        Effect.BLOCKS, row
    )


@pytest.mark.parametrize("image", ["ubuntu:1", "host:5000/a:1", "host:5000/a"])
def test_a_digest_is_left_out(image: str) -> None:
    row = Limitation(id="ours", image=image, message="No.", url="")
    verdict = check(None, image + DIGEST, 1, is_override=False, rows=with_built_in(row))
    assert verdict == Bearing(Effect.BLOCKS, row)


def test_every_row_says_what_and_where_from() -> None:
    assert len(ROWS) == len(LIMITATIONS)
    frameworks = (CNTK.framework, CAFFE2.framework, CHAINER.framework)
    assert frameworks == (Framework.CNTK, Framework.CAFFE2, Framework.CHAINER)
    assert all(row.message.endswith(".") and row.url.startswith("https://") for row in LIMITATIONS)

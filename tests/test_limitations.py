from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.limitations import (
    LIMITATIONS,
    Blocked,
    Clear,
    Lifted,
    Limitation,
    NodeCountUnknown,
    check,
    from_table,
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
    assert check(framework, target, node_count, is_override=False) == Clear()


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
    assert check(framework, target, node_count, is_override=False) == Blocked(row)


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
    assert check(framework, target, None, is_override=False) == NodeCountUnknown(row)


def test_the_users_choice_outside_of_the_proven_images_lifts() -> None:
    for count in (2, None):
        assert check(Framework.CNTK, "nvcr.io/nvidia/cntk:18.08-py3", count, is_override=True) == Lifted(CNTK)


def test_the_users_choice_does_not_lift_what_the_source_names() -> None:
    assert check(Framework.CNTK, "nvcr.io/nvidia/cntk:17.12", 2, is_override=True) == Blocked(CNTK)
    assert check(Framework.CAFFE2, "nvcr.io/nvidia/caffe2:17.12", 1, is_override=True) == Blocked(CAFFE2)


def test_a_users_row_blocks_and_wins_over_a_lifted_one() -> None:
    row = Limitation(id="ours", framework=Framework.CNTK, image="*:18.*", message="No.", url="")
    verdict = check(Framework.CNTK, "nvcr.io/nvidia/cntk:18.08-py3", 2, is_override=True, user_rows=(row,))
    assert verdict == Blocked(row)


def test_a_row_for_one_node_blocks_one_node_only() -> None:
    row = Limitation(id="ours", distributed=False, message="No.", url="")
    verdicts = [check(None, "a", count, is_override=False, user_rows=(row,)) for count in (1, 2, None)]
    assert verdicts == [Blocked(row), Clear(), NodeCountUnknown(row)]


def test_a_row_of_a_framework_alone_leaves_other_frameworks_alone() -> None:
    row = Limitation(id="ours", framework=Framework.TENSORFLOW, message="No.", url="")
    image = "nvcr.io/nvidia/pytorch:18.05-py3"
    for framework in (Framework.PYTORCH, None):
        assert check(framework, image, 1, is_override=False, user_rows=(row,)) == Clear()
    assert check(Framework.TENSORFLOW, image, 1, is_override=False, user_rows=(row,)) == Blocked(row)


@pytest.mark.parametrize(
    ("target", "glob", "is_meant"),
    [
        (f"ubuntu:1{DIGEST}", "ubuntu:1", True),
        (f"host:5000/a:1{DIGEST}", "host:5000/a:1", True),
        (f"host:5000/a{DIGEST}", "host:5000/a", False),
        (f"ubuntu{DIGEST}", "ubuntu", False),
    ],
)
def test_a_digest_is_left_out_behind_a_tag_only(target: str, glob: str, is_meant: bool) -> None:
    row = Limitation(id="ours", image=glob, message="No.", url="")
    verdict = check(None, target, 1, is_override=False, user_rows=(row,))
    assert verdict == (Blocked(row) if is_meant else Clear())


def test_every_row_says_what_and_where_from() -> None:
    assert len(ROWS) == len(LIMITATIONS)
    frameworks = (CNTK.framework, CAFFE2.framework, CHAINER.framework)
    assert frameworks == (Framework.CNTK, Framework.CAFFE2, Framework.CHAINER)
    assert all(row.message.endswith(".") and row.url.startswith("https://") for row in LIMITATIONS)


GOOD: Mapping[str, object] = {
    "id": "our-tensorflow",
    "framework": "tensorflow",
    "image": "nvcr.io/nvidia/tensorflow:17.*",
    "unless": ["nvcr.io/nvidia/tensorflow:17.12"],
    "distributed": True,
    "message": "It hangs.",
    "url": "https://example.com/1",
}


def test_a_users_row_is_read() -> None:
    row = from_table(GOOD)
    assert row == Limitation(
        id="our-tensorflow",
        framework=Framework.TENSORFLOW,
        image="nvcr.io/nvidia/tensorflow:17.*",
        unless=("nvcr.io/nvidia/tensorflow:17.12",),
        distributed=True,
        message="It hangs.",
        url="https://example.com/1",
    )
    assert from_table({"id": "a", "image": "b", "message": "c"}) == Limitation(
        id="a", image="b", message="c", url=""
    )
    assert replace(row, id="x") != row


def test_a_users_row_may_name_a_framework_alone() -> None:
    row = from_table({"id": "a", "framework": "caffe", "message": "c"})
    assert row == Limitation(id="a", framework=Framework.CAFFE, message="c", url="")
    assert row.image == "*"


def test_a_users_row_may_link_to_plain_http() -> None:
    assert from_table({**GOOD, "url": "http://intranet/1"}).url == "http://intranet/1"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": None}, "id"),
        ({"id": "Bad Id"}, "id"),
        ({"id": "cntk-distributed"}, "built-in"),
        ({"framework": "keras"}, "tensorflow, pytorch"),
        ({"framework": None}, "framework"),
        ({"image": ""}, "image"),
        ({"image": 5}, "image"),
        ({"unless": "a"}, "unless"),
        ({"unless": [1]}, "unless"),
        ({"distributed": "yes"}, "distributed"),
        ({"distributed": 1}, "distributed"),
        ({"message": "two\nlines"}, "message"),
        ({"message": "\x1b[31m"}, "message"),
        ({"url": "javascript:1"}, "url"),
        ({"colour": "red"}, "'colour', allowed are id, framework, image"),
    ],
)
def test_a_bad_row_is_refused_with_the_key(change: Mapping[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        from_table({**GOOD, **change})
    assert str(caught.value).startswith("limitation: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", [{"id"}, {"message"}, {"framework", "image"}])
def test_a_row_without_what_is_required_is_refused(missing: set[str]) -> None:
    with pytest.raises(ValueError, match=r"^limitation: "):
        from_table({key: value for key, value in GOOD.items() if key not in missing})


_VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*GOOD, "other"]), _VALUES), st.text(), st.none() | st.integers())
def test_no_table_and_no_target_raise_anything_else(
    table: dict[str, object], target: str, node_count: int | None
) -> None:
    try:
        rows: tuple[Limitation, ...] = (from_table(table),)
    except ValueError:
        rows = ()
    check(None, target, node_count, is_override=False, user_rows=rows)

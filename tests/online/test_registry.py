from __future__ import annotations

from migrator.catalogue import ImageReference
from migrator.online import Key, Replies, State, ask
from tests.online.registries import KEY, USER, Ngc

HOLDER = Key(USER, KEY, "NGC_API_KEY")
TENSORFLOW = "nvcr.io/nvidia/tensorflow"


def told(image: str, key: Key | None = HOLDER) -> Replies:
    reference = ImageReference.parse(image)
    assert reference is not None
    return ask([reference], key)[reference]


def test_an_image_for_everyone_is_found_by_nobody_and_by_the_key(ngc: Ngc) -> None:
    replies = told(f"{TENSORFLOW}:18.07-py2")
    assert (replies.reply.state, replies.by) == (State.FOUND, "anyone and the key")


def test_an_image_that_is_not_for_everyone_is_found_by_the_key(ngc: Ngc) -> None:
    replies = told("nvcr.io/nvidia/pytorch:18.05-py3")
    assert (replies.reply.state, replies.by) == (State.FOUND, "the key")

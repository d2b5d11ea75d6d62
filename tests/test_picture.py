from __future__ import annotations

from tests.picture import PICTURE, draw


def test_the_picture_in_the_readme_is_what_a_terminal_shows() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw(), "stale: run make generated"
    assert ".github/terminal.svg" in (PICTURE.parents[1] / "README.md").read_text(encoding="utf-8")

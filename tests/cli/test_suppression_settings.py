from __future__ import annotations

from pathlib import Path

import pytest

from migrator.cli.settings import Settings, SettingsError, read


def written(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(f"[tool.ngc-migrate]\n{text}\n", encoding="utf-8")
    return file


def test_the_table_is_read(tmp_path: Path) -> None:
    table = "[tool.ngc-migrate.ignore]\nngc-image = ['old/**', '!old/a']\ncpu-image = ['*']\n"
    chosen = read(written(tmp_path, table))
    assert chosen.ignore == {"ngc-image": ("old/**", "!old/a"), "cpu-image": ("*",)}
    assert Settings().over(chosen).options().ignore == chosen.ignore


def test_tables_are_joined_by_rule() -> None:
    base = Settings(ignore={"cpu-image": ("a",), "no-container": ("b",)})
    joined = Settings(ignore={"cpu-image": ("c",)}).over(base)
    assert joined.ignore == {"cpu-image": ("a", "c"), "no-container": ("b",)}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ignore = ['a']", "must be a table"),
        ("ignore = {ngc-image = 'a'}", "list of strings"),
        ("ignore = {ngc-image = [1]}", "must be a string"),
        ("ignore = {ngc-imag = ['a']}", "did you mean ngc-image?"),
        ("ignore = {suppressed = ['a']}", "cannot be suppressed"),
        ("ignore = {ngc-image = ['']}", "not empty"),
        ("ignore = {ngc-image = ['!']}", "not a pattern"),
        (r'ignore = {ngc-image = ["a\nb"]}', "one line"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(SettingsError, match="ignore") as refused:
        read(written(tmp_path, line))
    assert said in str(refused.value)

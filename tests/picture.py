"""Draws the picture in README.md: what a terminal shows of the tool on the tree of a fixture.

``python -m tests.picture`` draws it anew.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from tests.command import PROJECT, run

PICTURE = PROJECT / ".github" / "terminal.svg"
_TREE = PROJECT / "fixtures" / "whole-tree" / "before"
_WORDS = ("recipes", "--dry-run")
# Fonts from elsewhere: a picture asks for nothing.
_FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def draw() -> str:
    """Return the picture as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(_TREE, Path(folder) / "recipes", ignore=shutil.ignore_patterns("*.ipynb"))
        ran = run(*_WORDS, "--color", "always", cwd=Path(folder))
    console = Console(record=True, width=82, file=io.StringIO(), force_terminal=True)
    shown = f"$ ngc-migrate {' '.join(_WORDS)}\n{(ran.stdout + ran.stderr).decode()}".rstrip()
    console.print(Text.from_ansi(shown), soft_wrap=True)
    return console.export_svg(title="ngc-migrate", code_format=_FONTS.sub("", CONSOLE_SVG_FORMAT))


def main() -> None:
    """Draw and write."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()

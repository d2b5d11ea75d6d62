"""Draws the picture in README.md: what a terminal shows of the tool on the tree of a fixture.

``python -m tests.picture`` draws it anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from tests.command import PROJECT

PICTURE = PROJECT / ".github" / "terminal.svg"
_TREE = PROJECT / "fixtures" / "whole-tree" / "before"
_WORDS = ("recipes", "--dry-run")
# Fonts from elsewhere: a picture asks for nothing.
_FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def draw() -> str:
    """Return the picture as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(_TREE, Path(folder) / "recipes", ignore=shutil.ignore_patterns("*.ipynb"))
        printed, said = _on_a_terminal(Path(folder))
    console = Console(record=True, width=82, file=io.StringIO(), force_terminal=True)
    shown = f"$ ngc-migrate {' '.join(_WORDS)}\n{printed}{said}".rstrip()
    console.print(Text.from_ansi(shown), soft_wrap=True)
    return console.export_svg(title="ngc-migrate", code_format=_FONTS.sub("", CONSOLE_SVG_FORMAT))


def _on_a_terminal(folder: Path) -> tuple[str, str]:
    """Return what the tool prints on a terminal of 80 columns, and what it says beside it."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("4H", 40, 80, 0, 0))
    command = [sys.executable, "-m", "migrator", *_WORDS]
    environ = {**os.environ, "PYTHONPATH": str(PROJECT), "TERM": "xterm", "NO_COLOR": ""}
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=its, stderr=subprocess.PIPE) as ran:
        os.close(its)
        parts: list[bytes] = []
        with contextlib.suppress(OSError):  # a terminal whose other end is closed
            while part := os.read(ours, 2**16):
                parts.append(part)
        said = ran.stderr.read().decode() if ran.stderr else ""
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n"), said


def main() -> None:
    """Draw and write."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()

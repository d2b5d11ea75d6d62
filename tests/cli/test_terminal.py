"""The command in a real terminal, where there is tmux (https://github.com/tmux/tmux)."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import PROJECT, spec

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")

SECONDS = 30


class Terminal:
    """One tmux server with one window of so many columns."""

    def __init__(self, socket: Path, columns: int, cwd: Path) -> None:
        self._socket = socket
        self._cwd = cwd
        shell = "env -i PATH=/usr/bin:/bin HOME=/nonexistent TERM=screen PS1=$ /bin/sh"
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", "200", "-c", str(cwd), shell
        )

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-S", str(self._socket), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout

    def typed(self, *words: str) -> str:
        """Return the screen, with its colour codes, once ``ngc-migrate`` with these words has ended."""
        mark = self._cwd.parent / "ended"
        run = shlex.join(["env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", "migrator", *words])
        self._tmux("send-keys", "-l", f"clear; {run}; echo $? > {shlex.quote(str(mark))}\n")
        end = time.monotonic() + SECONDS
        while not (mark.exists() and mark.read_text().strip()):
            assert time.monotonic() < end, self._tmux("capture-pane", "-p")
            time.sleep(0.05)
        time.sleep(0.2)
        return self._tmux("capture-pane", "-p", "-e").rstrip()

    def close(self) -> None:
        """End the server."""
        self._tmux("kill-server")


@pytest.fixture(params=[80, 120])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    (recipes / "job.json").write_text(spec())
    (recipes / "two.json").write_text(
        spec("microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0", 2, "cntkSettings")
    )
    opened = Terminal(tmp_path / "tmux", request.param, recipes)
    yield opened
    opened.close()


def test_a_terminal_gets_colors_and_no_leftover_of_the_progress(terminal: Terminal) -> None:
    screen = terminal.typed()
    assert "\x1b[32m" in screen
    assert "Looking for recipes" not in screen
    assert "Planning" not in screen
    assert screen.endswith("\nReview: ngc-migrate --diff    Write: ngc-migrate apply\n$")


def test_no_line_of_the_report_is_broken_by_the_terminal(terminal: Terminal) -> None:
    screen = terminal.typed("--color", "never")
    assert "\x1b[" not in screen
    assert '\n+        "image": "nvcr.io/nvidia/tensorflow' in screen
    assert "    two.json:" in screen
    assert "  2 nodes, microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0\n" in screen
    assert "`ngc-migrate explain batch-ai-retired`\n" in screen

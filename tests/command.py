"""The real command in a process of its own, and small work trees to run it on."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.forking import SECONDS, Nest

PROJECT = Path(__file__).parents[1]
IMAGE = "tensorflow/tensorflow:1.8.0-gpu"


def spec(image: str = IMAGE, nodes: int = 1, settings: str = "tensorFlowSettings") -> str:
    container = {"imageSourceRegistry": {"image": image}}
    toolkit = {"pythonScriptFilePath": "train.py"}
    properties = {"nodeCount": nodes, settings: toolkit, "containerSettings": container}
    return json.dumps({"properties": properties}, indent=2) + "\n"


KEPT = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@cache
def nest() -> Nest:
    made = Nest({**KEPT, "PYTHONPATH": str(PROJECT)})
    atexit.register(made.close)
    return made


def run(*words: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command, with nothing of this environment but PATH and HOME."""
    if any(name.startswith(("LC_", "PYTHON")) for name in environ):  # the interpreter reads it as it starts
        return started(*words, cwd=cwd, **environ)
    nest().start(words, cwd, environ)
    return nest().end()


def started(*words: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a user starts it: it imports all that it needs."""
    return subprocess.run(
        [sys.executable, "-m", "migrator", *words],
        cwd=cwd,
        env={**KEPT, "PYTHONPATH": str(PROJECT), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
    )


def git(*words: str, cwd: Path) -> bytes:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    return subprocess.run(["git", *identity, *words], cwd=cwd, check=True, capture_output=True).stdout


def work_tree(tmp_path: Path) -> Path:
    """Make a committed work tree with one recipe to migrate; returns its top."""
    place = tmp_path / "work" / "recipes" / "Digits"
    place.mkdir(parents=True)
    (place / "job.json").write_text(spec())
    top = tmp_path / "work"
    git("init", "-q", cwd=top)
    git("add", "-A", cwd=top)
    git("commit", "-qm", "start", cwd=top)
    return top


def job(tree: Path) -> Path:
    return tree / "recipes" / "Digits" / "job.json"


def block(tree: Path) -> None:
    place = tree / "recipes" / "Two-Nodes"
    place.mkdir()
    (place / "job.json").write_text(spec("microsoft/cntk:2.5.1-gpu", 2, "cntkSettings"))


def last_line(ran: subprocess.CompletedProcess[bytes]) -> str:
    return ran.stderr.decode().splitlines()[-1]


def refused(*words: str, cwd: Path) -> str:
    ran = run(*words, cwd=cwd)
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert b"Traceback" not in ran.stderr
    return last_line(ran)

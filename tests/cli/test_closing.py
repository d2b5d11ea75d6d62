from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import PROJECT, git, job, run, work_tree


@pytest.mark.parametrize(("is_on_path", "name"), [(False, "bin/ngc-migrate"), (True, "ngc-migrate")])
def test_the_next_command_names_the_program_as_it_must_be_typed(
    tmp_path: Path, is_on_path: bool, name: str
) -> None:
    tree = work_tree(tmp_path)
    command = tree / "bin" / "ngc-migrate"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom migrator.__main__ import main\nmain()\n")
    command.chmod(0o755)
    path = f"{command.parent}:/usr/bin:/bin" if is_on_path else "/usr/bin:/bin"
    ran = subprocess.run(
        ["bin/ngc-migrate", "recipes"],
        cwd=tree,
        env={"PATH": path, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        check=True,
    )
    assert ran.stderr.decode().splitlines()[-1].endswith(f"Write: {name} apply recipes")


@pytest.mark.parametrize(
    ("stand", "path", "look"),
    [
        (".", "recipes", "git diff -- recipes"),
        ("recipes/Digits", "..", "git diff -- .."),
        ("recipes", "../../work", "git diff -- .."),
        ("..", "work/recipes", "git -C work diff -- recipes"),
        ("..", "work", "git -C work diff -- ."),
        ("..", ".", "git -C work diff -- ."),
        ("../other", "../work/recipes", "git -C {top} diff -- recipes"),
        ("..", "link", "git -C work diff -- recipes"),
    ],
)
def test_the_command_to_look_at_what_was_written_works_from_where_the_user_stands(
    tmp_path: Path, stand: str, path: str, look: str
) -> None:
    top = work_tree(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to("work/recipes")
    (_, offered), shown = _apply_and_look(top / stand, path)
    assert shlex.split(offered) == shlex.split(look.format(top=top))
    assert shown == [git("diff", cwd=top)]
    assert shown != [b""]


def test_each_repository_that_was_written_has_its_own_command_to_look_at_it(tmp_path: Path) -> None:
    tops = [work_tree(tmp_path / name) for name in ("one", "two")]
    (_, *offered), shown = _apply_and_look(tmp_path, "one/work/recipes", "two")
    assert offered == ["git -C one/work diff -- recipes", "git -C two/work diff -- ."]
    assert shown == [git("diff", cwd=top) for top in tops]
    assert job(tops[1]).name.encode() in shown[1]


def _apply_and_look(folder: Path, *paths: str) -> tuple[list[str], list[bytes]]:
    """Return the sentence and the commands that apply offers to look by, and what these print."""
    ran = run("apply", *paths, cwd=folder.resolve())
    assert ran.returncode == 0
    sentence, *lines = ran.stderr.decode().splitlines()
    offered = [part.partition(": ")[2] for line in lines for part in line.split("    ") if "Look" in part]
    shown = [subprocess.check_output(["sh", "-c", command], cwd=folder.resolve()) for command in offered]
    return [sentence, *offered], shown

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import PROJECT, work_tree


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

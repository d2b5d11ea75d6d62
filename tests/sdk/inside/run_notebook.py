"""Runs the code cells of a notebook in order in one namespace, in its own folder, as Jupyter does.

Usage: python run_notebook.py NOTEBOOK
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(notebook: Path) -> None:
    """Run the notebook; what it raises goes through."""
    cells = json.loads(notebook.read_bytes())["cells"]
    os.chdir(notebook.parent)
    sys.path[0] = ""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for index, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {index}", "exec"), namespace)  # noqa: S102


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

"""Runs scripts that build ``parameters`` and prints what each would send as its container settings.

Usage: python run_forms.py FOLDER, where every folder in FOLDER holds a submit.py. Prints a JSON object: by
folder, ``{"body": …}``, or ``{"error": "TypeError"}`` where the script or the SDK refuses.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def outcome(script: Path) -> dict[str, Any]:
    """Return the outcome of one script, which is run in its own folder."""
    os.chdir(script.parent)
    sys.modules.pop("settings", None)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(script.read_bytes(), script, "exec"), namespace)  # noqa: S102
        body = namespace["parameters"].serialize()
    except Exception as error:
        return {"error": type(error).__name__}
    return {"body": body["properties"]["containerSettings"]}


def main(folder: Path) -> None:
    """Print the outcomes."""
    sys.path[0] = ""
    found = {each.name: outcome(each / "submit.py") for each in sorted(folder.iterdir())}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

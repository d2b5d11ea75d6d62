"""Loads configurations with loader classes and prints their attributes.

Usage: python run_loaders.py LOADINGS, a JSON list of ``[folder, module, class, configuration]``, where the
module is found from the folder and the configuration's path is relative to it. Prints a JSON list of objects.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any


def attributes(folder: str, module: str, name: str, configuration: str) -> dict[str, Any]:
    """Return the attributes of a fresh loader; what it raises goes through."""
    os.chdir(folder)
    package = module.partition(".")[0]
    for each in [key for key in sys.modules if key.partition(".")[0] == package]:
        del sys.modules[each]
    importlib.invalidate_caches()
    loader = getattr(importlib.import_module(module), name)
    return dict(vars(loader(configuration)))


def main(loadings: str) -> None:
    """Print the attributes of all of them."""
    sys.path[0] = ""
    sys.stdout.write(json.dumps([attributes(*loading) for loading in json.loads(loadings)]))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Runs a program in a process of its own, and tells which jobs it submits.

The SDK's models are the real ones; ``farm`` is a module that takes jobs in place of the service.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, TypeAlias

from tests.forking import forked, silence

Body: TypeAlias = Mapping[str, Any]

SECONDS = 10  # after which a program has not ended well


def submitted(path: Path, variables: Mapping[str, str]) -> list[Body] | None:
    """Return the properties of the jobs that a script submits, and what it notes; None if it fails."""
    found: list[Body] | None = forked(lambda: _run(path, variables), SECONDS)
    return found


def _run(path: Path, variables: Mapping[str, str]) -> list[Body] | None:
    silence()
    os.chdir(path.parent)
    os.environ.update(variables)
    found: list[Body] = []

    def create(*given: Any, parameters: Any = None) -> None:
        job = parameters if parameters is not None else given[4]
        body = job if isinstance(job, dict) else job.serialize()
        found.append(json.loads(json.dumps(body.get("properties", body))))

    farm = ModuleType("farm")

    def note(*given: object, **named: object) -> None:
        found.append({"noted": repr((given, named))})

    farm.__dict__["client"] = SimpleNamespace(jobs=SimpleNamespace(create=create), note=note)
    main = ModuleType("__main__")
    main.__file__ = str(path)
    sys.modules |= {"farm": farm, "__main__": main}
    sys.path.insert(0, str(path.parent))
    sys.dont_write_bytecode = True
    try:
        exec(compile(path.read_text(), str(path), "exec"), main.__dict__)  # noqa: S102 - our own program
    except BaseException:  # whatever it is, the program did not end well
        return None
    return found

"""``python -m migrator`` is ``ngc-migrate``, and this is where both start."""

from __future__ import annotations

import contextlib
import gc
import os
import sys

from migrator.cli.signals import listen

_ALLOCATIONS = 200_000


def main() -> None:
    """Run the command line and end the process; signals are heard from the first import to the end."""
    listen()
    # Nearly all that a run makes stays to its end: to look through it for garbage takes a tenth of the time.
    gc.set_threshold(_ALLOCATIONS, 20, 50)
    from migrator.cli.app import main as run

    code: object = 0
    try:
        run()
    except SystemExit as end:
        code = end.code
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    # An interpreter that takes itself apart no longer answers to signals as it should.
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()

"""``python -m migrator`` is ``ngc-migrate``."""

from __future__ import annotations

from migrator.cli.app import main

if __name__ == "__main__":
    main()

"""What all tests share: one hypothesis profile and the switch that writes the fixtures anew."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Times vary with the machine, and a slow example is no defect.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-fixtures``, which ``make fixtures`` uses."""
    parser.addoption(
        "--update-fixtures", action="store_true", help="write the after/ trees in fixtures/ anew"
    )

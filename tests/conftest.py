"""What all tests share: one hypothesis profile and the switch that writes the fixtures anew."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

# Times vary with the machine, and a slow example is no defect.
settings.register_profile("project", deadline=None)
# A change must not fail for an example that it has nothing to do with; found by hand, it is a case.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "project")


_COUNTED = {
    "canary": "canaries: {} trees with a secret, each looked for in every output, in four encodings",
    "hostile": "hostile inputs: {}, each with a verdict, without a traceback, in bounds of time and memory",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-fixtures``, which ``make fixtures`` uses."""
    parser.addoption(
        "--update-fixtures", action="store_true", help="write the after/ trees in fixtures/ anew"
    )


def pytest_configure() -> None:
    # A shell starts background jobs with interrupts ignored, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted (``record_property("counted", ...)``): a number of tries says more."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    for line in (text for report in reports for name, text in report.user_properties if name == "counted"):
        terminalreporter.write_line(str(line))
    for marker, title in _COUNTED.items():
        tried = [report for report in reports if marker in report.keywords]
        failed = sum(report.failed for report in tried)
        if tried:
            terminalreporter.write_line(f"{title.format(len(tried))}: {failed} defects")

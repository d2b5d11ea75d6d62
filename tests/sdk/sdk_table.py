"""Writes the table of forms and releases of the SDK into README.md, from what was measured.

``python -m tests.sdk.sdk_table`` writes it anew, between the markers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.sdk.environments import Sdk
from tests.sdk.forms import FORMS, REFERENCE_FORMS, Form, Outcome, lay_out, outcomes, wanted

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- sdk-table:begin -->", "<!-- sdk-table:end -->"

Measured = Mapping[Sdk, Mapping[str, Outcome]]


def measure(folder: Path) -> Measured:
    """Lay out all forms in ``folder``, which may not exist yet, and run them under every release."""
    lay_out(folder)
    return {sdk: outcomes(folder, sdk) for sdk in Sdk}


def table(measured: Measured) -> str:
    """Return the table in Markdown, without the markers."""
    head = ("container settings written as", *(str(sdk) for sdk in Sdk))
    rows = [head, ("---",) * len(head)]
    for form in (*FORMS, *REFERENCE_FORMS):
        rows.append((form.title, *(cell(form, measured[sdk][form.key]) for sdk in Sdk)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cell(form: Form, outcome: Outcome) -> str:
    """Return ``yes`` where exactly the intended body would be sent."""
    if outcome.error is not None:
        return f"no, {outcome.error}"
    return "yes" if outcome.body == wanted(form) else "no, another body"


def put(text: str, rows: str) -> str:
    """Return a README with ``rows`` between its markers. Raises ValueError if it lacks them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the markers are missing")
    return f"{before}{begin}\n{rows}\n{end}{after}"


def main() -> None:
    """Measure and write."""
    with tempfile.TemporaryDirectory() as folder:
        rows = table(measure(Path(folder) / "forms"))
    README.write_text(put(README.read_text(encoding="utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()

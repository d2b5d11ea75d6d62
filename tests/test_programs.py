"""What is rewritten is run: random programs submit the same jobs as before, from the registry, with a login.

``PROGRAMS=2000`` tries more of them.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from migrator.model import Status
from tests.programs import program
from tests.rewrite.test_migrated_fixtures import VARIABLES, logs_in
from tests.sdk.recipes import fill_in
from tests.submitting import Body, submitted
from tests.test_metamorphic import Counted
from tests.trees import jobs, migrated, planned, written

PROGRAMS = int(os.environ.get("PROGRAMS", "160"))
SHARES = 4


def registry(job: Body) -> dict[str, Any]:
    return (job.get("containerSettings") or {}).get("imageSourceRegistry") or {}


def rest(job: Body) -> Body:
    return {key: value for key, value in job.items() if key != "containerSettings"}


def fault(before: list[Body], after: list[Body] | None, *, counts_matter: bool) -> str:
    """Return what is wrong with a rewrite, blank if nothing is."""
    if after is None:
        return "it fails after the rewrite"
    if [rest(job) for job in before] != [rest(job) for job in after]:
        return "it submits other jobs"
    for old, new in zip(before, after, strict=True):
        if bool(registry(old)) != bool(registry(new)):
            return "a job gains or loses its container"
        if registry(old) and counts_matter and old.get("nodeCount") != 1:
            return f"a CNTK job has {old.get('nodeCount')} nodes"
        if registry(new) and not (registry(new)["image"].startswith("nvcr.io/") and logs_in(registry(new))):
            return f"a job has {registry(new)}"
    return ""


@pytest.mark.parametrize("share", range(SHARES))
def test_a_program_that_is_rewritten_submits_the_same_jobs_with_a_login(
    share: int, tmp_path: Path, record_property: Counted
) -> None:
    verdicts, faults, places = Counter[str](), [], (tmp_path / str(number) for number in count())
    for seed in range(share, PROGRAMS, SHARES):
        files = program(seed)
        folder = written(next(places), files)
        before = submitted(folder / "main.py", {})
        if not before:
            verdicts["does not run"] += 1
            continue
        found = planned(folder, files)
        verdicts.update(job.status for job in jobs(found))
        if not jobs(found):
            faults.append(f"{seed}: its job is not found\n{files['main.py']}")
        rewritten = [job for job in jobs(found) if job.status is Status.MIGRATE]
        if rewritten:
            changed = migrated(next(places), files, found)
            for path in changed.glob("*.json"):
                fill_in(path, {})
            after = submitted(changed / "main.py", VARIABLES)
            is_cntk = any(job.framework == "cntk" for job in rewritten)
            why = fault(before, after, counts_matter=is_cntk)
            faults += [f"{seed}: {why}\n{files['main.py']}"] if why else []
    said = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))
    record_property("counted", f"programs: {said}")
    assert not faults, "\n\n".join(faults)
    assert verdicts["migrate"]
    assert not verdicts["failed"]
    assert verdicts["does not run"] < PROGRAMS / SHARES / 4

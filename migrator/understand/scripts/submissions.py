"""Commands that submit a job spec which is not in the tree: work that nobody can look at here."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from migrator.discover import Files, resolved
from migrator.understand.facts import Facts, Problem
from migrator.understand.texts import Text

RULE = "job-spec-missing"

_SUBMIT = re.compile(
    r"\baz[ \t]+batchai[ \t]+job[ \t]+create\b(?P<options>(?:[^\r\n\\]|\\\r?\n|\\.){0,4000})"
)
_SPEC = re.compile(
    r"(?:^|\s)(?:-f|-c|--config-file|--config)[ \t=]+[\"']?(?P<name>[\w./\\-]+\.\w+)[\"']?(?=\s|$)"
)


def missing_specs(text: Text, files: Files) -> Iterator[Facts]:
    """Yield a manual job for every command that submits a file which is not there and not made by the text.

    The file's own folder is taken for the working directory; names with variables are passed over.
    """
    for command in _SUBMIT.finditer(text.text):
        spec = _SPEC.search(command["options"])
        if spec is None or text.text.count(posixpath.basename(spec["name"])) > 1:
            continue
        path = resolved(posixpath.dirname(text.path), spec["name"])
        if path is not None and files.read(path) is None:
            message = (
                f"This submits the job spec {spec['name']}, which is not here; "
                "run ngc-migrate on it where it is, or write it anew."
            )
            problem = Problem(rule=RULE, message=message)
            yield Facts(place=text.place(command.start()), problem=problem)

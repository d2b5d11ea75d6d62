"""Keys that stand as literals in the files of a tree: who gets the repository gets them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migrator.discover import Tree, tracked
from migrator.model import Finding, Place, Severity
from migrator.secrets import literal_keys
from migrator.understand.texts import Notebook, Text

_MESSAGE = (
    "A key or a password stands here, and git tracks this file: who gets the repository gets it. Revoke it "
    "(the history keeps it when the line is gone), and take the new one from Key Vault or the environment."
)


def key_places(text: Text) -> Iterator[Place]:
    """Yield where literal keys stand in a text; of a notebook in its cells, not in their outputs."""
    yield from map(text.place, literal_keys(text.text))
    for index, shown in text.markdown if isinstance(text, Notebook) else ():
        for start in literal_keys(shown):
            yield Place(text.path, index, shown.count("\n", 0, start) + 1)


def exposed(tree: Tree, places: Iterable[Place]) -> Iterator[Finding]:
    """Yield a warning for every place of a key in a file that git tracks."""
    files = {place: f"{tree.folder}/{place.path}" for place in places}
    known = tracked(set(files.values()))
    yield from (
        Finding("literal-key", Severity.WARNING, place, _MESSAGE)
        for place, file in files.items()
        if file in known
    )

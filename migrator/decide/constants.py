"""Whether an image constant may be changed where it is bound: only if every use of it is a job's image."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from migrator.understand.jobs import PythonJob
from migrator.understand.python import SHELL, Binding, PythonModule, Step


@dataclass(frozen=True, slots=True, eq=False)
class OtherUse:
    """A job whose image constant serves something else too; ``trace`` names the other use."""

    job: PythonJob
    message: str
    trace: tuple[str, ...]


def other_uses(
    targets: Sequence[tuple[PythonJob, str]], others: Sequence[PythonJob] = ()
) -> tuple[OtherUse, ...]:
    """Return the jobs of one module that cannot be changed to their target, for what else would change.

    ``others`` are the module's jobs that stay as they are.
    """
    found = []
    for job, target in targets:
        allowed = {use for other, wanted in targets if wanted == target for use in _followed(other)}
        if (use := next((use for use in _uses(job) if use not in allowed), None)) is not None:
            name = ast.unparse(use)
            message = f"{name} names this job's image and is used elsewhere too: change it by hand."
            found.append(OtherUse(job, message, job.module.trace((Step(f"also used as {name}", use),))))
        elif (line := _expanded(job)) is not None:
            message = "A line that is not Python uses the name of this job's image: change it by hand."
            found.append(OtherUse(job, message, (line,)))
        elif (mentioned := _mentioned(job)) is not None:
            message = f"{mentioned} names what this job runs in, and other code may use it too."
            found.append(OtherUse(job, message, ()))
        elif any(_shares(job, other) for other in others):
            message = "A job that stays as it is uses the same container settings: give each its own."
            found.append(OtherUse(job, message, ()))
        elif any(wanted != target for wanted in _wanted(job, targets)):
            message = "Jobs that need different images share one constant: give each its own."
            found.append(OtherUse(job, message, ()))
    return tuple(found)


def _expanded(job: PythonJob) -> str | None:
    """Return where a line of IPython's own, such as ``!docker pull $IMAGE``, uses the image's constant.

    IPython puts in the values of ``$name`` and ``{name}``, also where the line is a string for its shell:
    https://ipython.readthedocs.io/en/stable/interactive/reference.html#system-shell-access
    """
    followed = ((job.module.owner(node), node.id) for node in _followed(job) if isinstance(node, ast.Name))
    for owner, name in (*_bound(job), *followed):
        text, used = owner.text, re.compile(rf"\$\{{?{name}\b|\{{[^{{}}\r\n]*\b{name}\b")
        places = [m.start() for m in used.finditer(text.text) if text.masked[m.start()] != m[0][0]]
        if SHELL in text.text:
            texts = [node for node in owner.names.uses if isinstance(node, ast.Constant)]
            found = (node for node in texts if isinstance(node.value, str) and used.search(node.value))
            places += [owner.span(node)[0] for node in found]
        if places:
            place = text.place(places[0])
            cell = f"cell {place.cell}, " if place.cell >= 0 else ""
            return f"also used as {name} ({cell}line {place.line})"
    return None


def _mentioned(job: PythonJob) -> str | None:
    """Return a name of what is changed for the job that something may use which cannot be followed."""
    for owner, name in (*_bound(job), *_made_apart(job)):
        peers = owner.peers
        if owner.names.is_reflected(name) or (peers is not None and peers.is_mentioned(owner, name)):
            return name
    return next((name for owner, name in _made_apart(job) if any(_elsewhere(owner, name))), None)


def _elsewhere(owner: PythonModule, name: str) -> Iterator[ast.expr]:
    return (use for _, use in owner.peers.uses(owner, name)) if owner.peers is not None else iter(())


def _bound(job: PythonJob) -> Iterator[tuple[PythonModule, str]]:
    """Yield the module-level names that are bound where the job's image is written."""
    written = set(job.image.written if job.image else ())
    for owner in dict.fromkeys(job.module.owner(node) for node in written):
        for name, bindings in owner.names.module.bindings.items():
            if any(binding.value in written for binding in bindings):
                yield owner, name


def _made_apart(job: PythonJob) -> Iterator[tuple[PythonModule, str]]:
    """Yield the module-level names under which other modules can see the settings that a job is given."""
    names = job.module.names
    own = {job.call, *names.enclosing(job.call)}
    for node in filter(None, (job.container, job.registry)):
        around = [node, *names.enclosing(node)]
        if own.isdisjoint(around[:-1]):
            top = around[-2]
            found = names.module.bindings.items()
            yield from ((job.module, name) for name, bound in found if any(b.node is top for b in bound))


def _shares(job: PythonJob, other: PythonJob) -> bool:
    is_same = job.registry is not None and job.registry is other.registry
    return is_same or (job.container is not None and job.container is other.container)


def _followed(job: PythonJob) -> tuple[ast.expr, ...]:
    return job.image.names if job.image else ()


def _uses(job: PythonJob) -> Iterator[ast.expr]:
    """Yield every use of the names that lead to the job's image, in all modules that were read."""
    written = set(job.image.written if job.image else ())
    for owner in dict.fromkeys(job.module.owner(node) for node in (*_followed(job), *written)):
        own = [node for node in _followed(job) if isinstance(node, ast.Name) and owner.owner(node) is owner]
        bindings = {binding for name in own for binding in owner.names.reaching(name)}
        bound = {name.id for name in own} | set(_also_bound(owner, written))
        for name in sorted(bound):
            for use in owner.names.loads.get(name, ()):
                behind = owner.names.reaching(use)
                if bindings.intersection(behind) or any(binding.value in written for binding in behind):
                    yield use
            if _is_of_module(owner, name, bindings, written):
                yield from _elsewhere(owner, name)


def _is_of_module(owner: PythonModule, name: str, bindings: Set[Binding], written: Set[ast.expr]) -> bool:
    """Tell whether other modules can import the name and so get the image."""
    at_top = owner.names.module.bindings.get(name, ())
    return any(binding in bindings or binding.value in written for binding in at_top)


def _also_bound(owner: PythonModule, written: Iterable[ast.expr]) -> Iterator[str]:
    """Yield the names that are bound together with the job's constant, as in ``A = B = '…'``."""
    for node in written:
        around = owner.names.parents.get(node)
        targets = around.targets if isinstance(around, ast.Assign) else ()
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _wanted(job: PythonJob, targets: Iterable[tuple[PythonJob, str]]) -> set[str]:
    """Return every target that some job wants for the places where this job's image is written."""
    written = set(job.image.written if job.image else ())
    places: Mapping[ast.expr, set[str]] = {node: set() for node in written}
    for other, target in targets:
        for node in written.intersection(other.image.written if other.image else ()):
            places[node].add(target)
    registries = {target for other, target in targets if other.registry is job.registry}
    return registries.union(*places.values())

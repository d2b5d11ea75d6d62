"""Whether what spells an image or holds it may be changed: only if every way from there leads to a job."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrator.understand.jobs import PythonJob, given, part
from migrator.understand.python import SHELL, Flows, PythonModule, Step, is_dict
from migrator.understand.texts import Notebook

_JOB = "JobCreateParameters"
_PLACES = ("containerSettings", "imageSourceRegistry")
_DIFFERENT = "Jobs that need different images share one constant: give each its own."
_STAYING = "A job that stays as it is uses the same container settings: give each its own."
_EXPANDED = "A line that is not Python uses the name of this job's image: change it by hand."


@dataclass(frozen=True, slots=True, eq=False)
class OtherUse:
    """A job whose image or container settings serve something else too; ``trace`` names the other use."""

    job: PythonJob
    message: str
    trace: tuple[str, ...] = ()


def other_uses(
    targets: Sequence[tuple[PythonJob, str]], others: Sequence[PythonJob] = ()
) -> tuple[OtherUse, ...]:
    """Return the jobs of one module that cannot be changed to their target, for what else would change.

    ``others`` are the module's jobs that stay as they are.
    """
    found = []
    for job, target in targets:
        same = [other for other, wanted in targets if wanted == target]
        different = [other for other, wanted in targets if wanted != target]
        found.append(next(_found(job, same, different, others), None))
    return tuple(use for use in found if use is not None)


def _found(
    job: PythonJob, same: Sequence[PythonJob], different: Sequence[PythonJob], staying: Sequence[PythonJob]
) -> Iterator[OtherUse]:
    ways, image = _ways_of_settings(job, same), _ways_of_image(job, same)
    names = dict.fromkeys((job.module.owner(b.node), b.name) for way in (image, ways) for _, b in way.bound)
    yield from _elsewhere(job, image, _of_image(same), _of_image(different), set(), "names this job's image")
    for line in _expanded(names):
        yield OtherUse(job, _EXPANDED, (line,))
    for owner, name in names:
        is_of_module = name in owner.names.module.bindings
        is_open = owner.peers.is_mentioned(owner.names, name)
        if is_of_module and (is_open or owner.names.is_reflected(name)):
            yield OtherUse(job, f"{name} names what this job runs in, and other code may use it too.")
    own, apart, kept = map(_of_settings, (same, different, staying))
    yield from _elsewhere(job, ways, own, apart, kept, "holds this job's container settings")
    if _is_given_on(job, same):
        yield OtherUse(job, _STAYING)


def _is_given_on(job: PythonJob, same: Sequence[PythonJob]) -> bool:
    """Tell whether a job in reach that is not among the ``same`` may be made of this one or its settings."""
    objects = job.module.objects
    holders = {each: part(each.module, given(each.module, each.properties, _PLACES[0])) for each in same}
    settings = (job.call, job.container, holders[job], job.registry)
    wanted = {node for node in settings if isinstance(node, ast.expr)}
    own = {node for each, holder in holders.items() for node in (each.call, each.properties, holder)}
    speaking = (
        names for names in objects.modules if any(word in names.text.text for word in (_JOB, *_PLACES))
    )
    return any(
        objects.may_hold(names, node, wanted, _PLACES)
        for names in speaking
        for node in names.uses
        if node not in own
        if is_dict(node)
        or (isinstance(node, ast.Call) and any(_JOB in one.split(".") for one in names.qualified(node.func)))
    )


def _ways_of_image(job: PythonJob, same: Iterable[PythonJob]) -> Flows:
    asked = {other.image.asked for other in same if other.image}
    starts = (*job.image.written, *job.image.parts) if job.image else ()
    located = ((job.module.owner(node).names, node) for node in starts)
    return Flows(located, lambda flow: flow.node in asked, job.module.objects)


def _ways_of_settings(job: PythonJob, same: Iterable[PythonJob]) -> Flows:
    calls = {other.call for other in same}
    starts = ((job.module.names, node) for node in (job.registry, job.container) if node is not None)
    return Flows(starts, lambda flow: flow.node in calls, job.module.objects)


def _of_image(jobs: Iterable[PythonJob]) -> set[ast.AST]:
    return {node for job in jobs if job.image for node in (job.image.asked, *job.image.written)}


def _of_settings(jobs: Iterable[PythonJob]) -> set[ast.AST]:
    return {node for job in jobs for node in (job.call, job.container) if node is not None}


def _elsewhere(
    job: PythonJob, ways: Flows, own: set[ast.AST], different: set[ast.AST], staying: set[ast.AST], what: str
) -> Iterator[OtherUse]:
    """Yield every end of the ways that is in none of the job's ``own`` nodes."""
    names = {binding.name for _, binding in ways.bound}
    for end in ways.ends:
        around = {*end.names.enclosing(end.node)}
        if ways.is_end(end) or not own.isdisjoint(around):
            continue
        around.add(end.node)
        parts = (part for part in ast.walk(end.node) if isinstance(part, ast.Name | ast.Attribute))
        spelled = (name for name in map(ast.unparse, parts) if name.rpartition(".")[2] in names)
        name = next(spelled, type(end.node).__name__)
        if different.isdisjoint(around) and staying.isdisjoint(around):
            trace = job.module.trace((Step(f"also used as {name}", end.node),))
            yield OtherUse(job, f"{name} {what} and is used elsewhere too: change it by hand.", trace)
        else:
            yield OtherUse(job, _STAYING if different.isdisjoint(around) else _DIFFERENT)


def _expanded(names: Iterable[tuple[PythonModule, str]]) -> Iterator[str]:
    """Yield where a line of IPython's own, such as ``!docker pull $IMAGE``, uses one of the names.

    IPython puts in the values of ``$name`` and ``{name}``, also where the line is a string for its shell:
    https://ipython.readthedocs.io/en/stable/interactive/reference.html#system-shell-access
    """
    for owner, name in names:
        text, used = owner.text, re.compile(rf"\$\{{?{name}\b|\{{[^{{}}\r\n]*\b{name}\b")
        places = [m.start() for m in used.finditer(text.text) if text.masked[m.start()] != m[0][0]]
        # Of a cell of another language IPython expands the first line only.
        cells = [cell for cell in text.cells if cell.magic] if isinstance(text, Notebook) else []
        others = [(c.start + c.magic.end, c.end) for c in cells if c.magic and not c.magic.has_python_body]
        places = [place for place in places if not any(start <= place < end for start, end in others)]
        if SHELL in text.text:
            texts = [node for node in owner.names.uses if isinstance(node, ast.Constant)]
            found = (node for node in texts if isinstance(node.value, str) and used.search(node.value))
            places += [owner.span(node)[0] for node in found]
        for place in map(text.place, places):
            cell = f"cell {place.cell}, " if place.cell >= 0 else ""
            yield f"also used as {name} ({cell}line {place.line})"

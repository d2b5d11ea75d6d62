"""Decide what becomes of a job: facts and tables in, one verdict out."""

from __future__ import annotations

from typing import TypeAlias

from migrator.catalogue import (
    Blocked,
    Clear,
    ImageReference,
    Lifted,
    Limitation,
    NodeCountUnknown,
    Target,
    check,
    choose,
    chosen_image,
    family_of,
    is_chosen,
    is_cpu_only,
)
from migrator.model import Finding, Framework, Job, Severity, Status
from migrator.options import Options
from migrator.understand import Facts, RegistryState

Ruling: TypeAlias = tuple[Job, tuple[Finding, ...]]


def decide(facts: Facts, options: Options) -> Ruling:
    """Return the verdict on a job, with a target where it is to migrate, and what its reader must know."""
    image = ImageReference.parse(facts.image) if facts.image is not None else None
    if facts.problem is not None:
        problem = facts.problem
        return _verdict(facts, image, problem.status, problem.rule, problem.message, trace=problem.trace)
    if image is None:
        message = "The image is not an image reference; fill it in or map it by hand."
        return _verdict(facts, None, Status.MANUAL, "image-unknown", message)
    if facts.registry is RegistryState.PRIVATE:
        message = (
            f"{image} comes from a registry with a server URL or credentials of its own; "
            "decide by hand whether an NGC image can take its place."
        )
        return _verdict(facts, image, Status.MANUAL, "private-registry", message)
    if facts.registry is RegistryState.PUBLIC:
        return _public(facts, image, options)
    return _on_ngc(facts, image, options)


def _public(facts: Facts, image: ImageReference, options: Options) -> Ruling:
    framework = _framework(facts, image)
    if chosen_image(None, image, options.images) is None:
        refusal = _refusal(facts, image)
        if refusal is not None:
            return _verdict(facts, image, Status.MANUAL, *refusal)
    target = choose(framework, image, overrides=options.images)
    if target is None:
        message = f"No NGC image is known that takes over from {image}; name one with --image."
        return _verdict(facts, image, Status.MANUAL, "no-target-image", message)
    return _limited(facts, image, framework, target, options)


def _refusal(facts: Facts, image: ImageReference) -> tuple[str, str] | None:
    """Return the rule and message that keep an image as it is, None for one that may be replaced."""
    family = family_of(image)
    if family is None:
        message = f"{image} is no public framework image; to replace it: --image {image}=IMAGE"
        return "custom-image", message
    if facts.toolkit is not None and facts.toolkit is not family.framework:
        message = f"The job's toolkit is {facts.toolkit}, but {image} is a {family.framework} image."
        return "framework-mismatch", message
    if is_cpu_only(image):
        return "cpu-image", f"{image} runs on the CPU; NGC images need a GPU."
    return None


def _on_ngc(facts: Facts, image: ImageReference, options: Options) -> Ruling:
    target = Target(str(image), "It is on nvcr.io already.")
    return _limited(facts, image, _framework(facts, image), target, options)


def _limited(
    facts: Facts, image: ImageReference, framework: Framework | None, target: Target, options: Options
) -> Ruling:
    is_override = is_chosen(framework, target.image, options.images)
    match check(framework, target.image, facts.node_count, is_override=is_override):
        case Blocked(row):
            return _held(facts, image, Status.BLOCKED, row.id, row)
        case NodeCountUnknown(row):
            return _held(facts, image, Status.MANUAL, "node-count-unknown", row)
        case Lifted(row):
            return _accepted(facts, image, target, lifted=row)
        case Clear():
            return _accepted(facts, image, target)


def _held(facts: Facts, image: ImageReference, status: Status, rule: str, row: Limitation) -> Ruling:
    message = f"{row.message[0].upper()}{row.message[1:].rstrip('.')}."
    if status is Status.MANUAL:
        message = (
            f"Whether this job runs on several nodes is not known, and it matters: {row.message.rstrip('.')}."
        )
    trace = facts.node_count_trace if status is Status.MANUAL else ()
    return _verdict(facts, image, status, rule, message, url=row.url, trace=trace)


def _accepted(
    facts: Facts,
    image: ImageReference,
    target: Target,
    lifted: Limitation | None = None,
) -> Ruling:
    findings = [
        Finding(
            rule=note.rule, severity=Severity.WARNING, place=facts.place, message=note.message, url=note.url
        )
        for note in target.notes
    ]
    if lifted is not None:
        message = f"Your choice of {target.image} lifts a known limitation: {lifted.message.rstrip('.')}."
        findings.append(
            Finding(
                rule="limitation-lifted",
                severity=Severity.WARNING,
                place=facts.place,
                message=message,
                url=lifted.url,
            )
        )
    if facts.registry is RegistryState.NGC_COMPLETE:
        message = f"{image} is pulled from nvcr.io with credentials already."
        return _verdict(facts, image, Status.MIGRATED, "already-ngc", message)
    job, _ = _verdict(facts, image, Status.MIGRATE, "ngc-image", target.reason, target=target.image)
    return job, tuple(findings)


def _framework(facts: Facts, image: ImageReference | None) -> Framework | None:
    family = family_of(image) if image is not None else None
    return facts.toolkit or (family.framework if family else None)


def _verdict(
    facts: Facts,
    image: ImageReference | None,
    status: Status,
    rule: str,
    message: str,
    *,
    target: str | None = None,
    url: str = "",
    trace: tuple[str, ...] = (),
) -> Ruling:
    job = Job(
        place=facts.place,
        framework=_framework(facts, image),
        node_count=facts.node_count,
        image=facts.image,
        target=target,
        status=status,
        rule=rule,
        message=message,
        url=url,
        trace=trace,
    )
    return job, ()

"""Decide what becomes of a job: facts and tables in, one verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from migrator.decide.machines import Machine, machine_findings, machines
from migrator.model import Finding, Framework, Job, Severity, Status
from migrator.options import Options
from migrator.understand import Facts, LoginState, RegistryState
from migrator.understand.jobs import Cluster

Ruling: TypeAlias = tuple[Job, tuple[Finding, ...]]


def decide(facts: Facts, options: Options, clusters: Sequence[Cluster] = ()) -> Ruling:
    """Return the verdict on a job of a recipe with ``clusters``, and what its reader must know.

    The job has a target where it is to migrate.
    """
    job, findings = _ruled(facts, options, machines(options, clusters))
    sizes = {cluster.size for cluster in clusters if not cluster.is_shown}
    return replace(job, vm_size=sizes.pop() if len(sizes) == 1 else None), findings


def _ruled(facts: Facts, options: Options, found: Sequence[Machine]) -> Ruling:
    image = ImageReference.parse(facts.image) if facts.image is not None else None
    if facts.problem is not None:
        problem = facts.problem
        return _verdict(facts, problem.status, problem.rule, problem.message, trace=problem.trace)
    if image is None:
        message = "The image is not an image reference; fill it in or map it by hand."
        return _verdict(facts, Status.MANUAL, "image-unknown", message)
    if facts.registry is RegistryState.NGC_UNNAMED and family_of(image) is None:
        return _unnamed(facts, image)
    if facts.registry in (RegistryState.PRIVATE, RegistryState.NGC_UNNAMED):
        message = (
            f"{image} comes from a registry with a server URL or credentials of its own; "
            "decide by hand whether an NGC image can take its place."
        )
        return _verdict(facts, Status.MANUAL, "private-registry", message)
    if facts.registry is not RegistryState.PUBLIC:
        return _limited(facts, Target(str(image), "It is on nvcr.io already."), options, found)
    refusal = _refusal(facts, image) if chosen_image(None, image, options.images) is None else None
    if refusal is not None:
        return _verdict(facts, Status.MANUAL, *refusal)
    gpus = [machine.gpu for machine in found if machine.gpu and machine.gpu.capability]
    is_told = options.gpu is not None
    target = choose(_framework(facts), image, overrides=options.images, gpus=gpus, is_gpu_told=is_told)
    if target is None:
        proven = f" and is proven for {gpus[0].name}" if is_told else ""
        message = f"No NGC image is known that takes over from {image}{proven}; name one with --image."
        return _verdict(facts, Status.MANUAL, "no-target-image", message)
    return _limited(facts, target, options, found)


def _unnamed(facts: Facts, image: ImageReference) -> Ruling:
    meant = f"nvcr.io/{image}"
    message = f"The server URL is nvcr.io, so the image must be {meant}: as it stands, it is Docker Hub's."
    there = replace(facts, image=meant)
    bearing = check(_framework(there), meant, facts.node_count, is_override=False)
    if isinstance(bearing, Blocked | NodeCountUnknown):
        message = f"{message} But: {bearing.limitation.message}"
    return _verdict(facts, Status.MANUAL, "image-without-registry", message)


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


def _limited(facts: Facts, target: Target, options: Options, found: Sequence[Machine]) -> Ruling:
    framework = _framework(facts)
    is_override = is_chosen(framework, target.image, options.images)
    match check(framework, target.image, facts.node_count, is_override=is_override):
        case Blocked(row):
            return _held(facts, Status.BLOCKED, row.id, row)
        case NodeCountUnknown(row):
            return _held(facts, Status.MANUAL, "node-count-unknown", row)
        case Lifted(row):
            return _accepted(facts, target, found, lifted=row)
        case Clear():
            return _accepted(facts, target, found)


def _held(facts: Facts, status: Status, rule: str, row: Limitation) -> Ruling:
    message = f"{row.message[0].upper()}{row.message[1:].rstrip('.')}."
    if status is Status.MANUAL:
        message = (
            f"Whether this job runs on several nodes is not known, and it matters: {row.message.rstrip('.')}."
        )
    trace = facts.node_count_trace if status is Status.MANUAL else ()
    return _verdict(facts, status, rule, message, url=row.url, trace=trace)


def _accepted(
    facts: Facts, target: Target, found: Sequence[Machine], lifted: Limitation | None = None
) -> Ruling:
    image = ImageReference.parse(target.image)
    unusable = _unusable(facts, image) if image is not None else None
    if unusable is not None:
        return _verdict(facts, Status.MANUAL, *unusable)
    if found and all(machine.gpu and not machine.gpu.capability for machine in found):
        message = f"NGC images need a GPU, and {found[0]}: make the cluster of another size."
        return _verdict(facts, Status.MANUAL, "cpu-cluster", message)
    findings = machine_findings(image, found, facts.place) if image is not None else ()
    if facts.registry is RegistryState.NGC_COMPLETE:
        message = f"{image} is pulled from nvcr.io with credentials already."
        job, _ = _verdict(facts, Status.MIGRATED, "already-ngc", message)
        if facts.login_state is LoginState.PLACEHOLDER:
            findings = (*findings, _warning(facts, "placeholder-left", _PLACEHOLDER))
        return job, tuple(each for each in findings if each.severity is not Severity.INFO)
    notes = [(note.rule, note.message, note.url) for note in target.notes]
    if lifted is not None:
        message = f"Your choice of {target.image} lifts a known limitation: {lifted.message.rstrip('.')}."
        notes.append(("limitation-lifted", message, lifted.url))
    told = (_warning(facts, *note) for note in notes)
    job, _ = _verdict(facts, Status.MIGRATE, "ngc-image", target.reason)
    return replace(job, target=target.image), (*told, *findings)


def _unusable(facts: Facts, image: ImageReference) -> tuple[str, str] | None:
    """Return the rule and message of what keeps an image on nvcr.io from being pulled as it stands."""
    if facts.registry is RegistryState.PUBLIC:
        return None
    if image.tag is None and image.digest is None:
        return "tag-missing", f"{image} has no tag, and nvcr.io keeps no default: see `ngc-migrate images`."
    return _REFUSED.get(facts.login_state)


_REFUSED = {
    LoginState.WRONG_USER: ("wrong-user", "nvcr.io knows an API key's user as $oauthtoken, exactly so."),
    LoginState.EMPTY_REFERENCE: (
        "vault-reference-empty",
        "The reference to the Key Vault is empty: fill in sourceVault.id and secretUrl.",
    ),
}
_PLACEHOLDER = (
    "A placeholder stands in the job's login for nvcr.io: put the value there before you submit it."
)


def _warning(facts: Facts, rule: str, message: str, url: str = "") -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, place=facts.place, message=message, url=url)


def _framework(facts: Facts) -> Framework | None:
    image = ImageReference.parse(facts.image or "")
    family = family_of(image) if image is not None else None
    return facts.toolkit or (family.framework if family else None)


def _verdict(
    facts: Facts,
    status: Status,
    rule: str,
    message: str,
    *,
    url: str = "",
    trace: tuple[str, ...] = (),
) -> Ruling:
    job = Job(
        place=facts.place,
        framework=_framework(facts),
        node_count=facts.node_count,
        image=facts.image,
        target=None,
        status=status,
        rule=rule,
        message=message,
        url=url,
        trace=trace,
    )
    return job, ()

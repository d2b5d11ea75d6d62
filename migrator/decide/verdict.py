"""Decide what becomes of a job: facts and tables in, one verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from migrator.catalogue import (
    Bearing,
    Effect,
    ImageReference,
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
from migrator.understand import NO_REFERENCE, Facts, LoginState, RegistryState, Verdict
from migrator.understand.jobs import Cluster

Ruling: TypeAlias = tuple[Job, tuple[Finding, ...]]


def decide(facts: Facts, options: Options, clusters: Sequence[Cluster] = ()) -> Ruling:
    """Return the verdict on a job of a recipe with ``clusters``, and what its reader must know.

    The job has a target where it is to migrate.
    """
    found = machines(options, clusters)
    sizes = {cluster.size for cluster in clusters if not cluster.is_shown}
    vm_size = sizes.pop() if len(sizes) == 1 else None
    target = facts.problem or _target(facts, options, found)
    if isinstance(target, Verdict):
        return _job(facts, vm_size, target), ()
    framework = _framework(facts)
    is_override = is_chosen(framework, target.image, options.images)
    bearing = check(framework, target.image, facts.node_count, is_override=is_override)
    image = ImageReference.parse(target.image)
    refused = _limited(facts, bearing) or _unusable(facts, image, found)
    if refused is not None:
        return _job(facts, vm_size, refused), ()
    findings = machine_findings(image, found, facts.place) if image is not None else ()
    names = (str(image), options.secret_url or "")
    answers = [replace(options.answers[name], place=facts.place) for name in names if name in options.answers]
    for one in (each for each in answers if each.rule == "image-not-found"):
        return _job(facts, vm_size, Verdict(one.rule, one.message)), ()
    if facts.registry is RegistryState.NGC_COMPLETE:
        told_of = (*answers, *(each for each in findings if each.severity is not Severity.INFO))
        message = f"{image} is pulled from nvcr.io with credentials already."
        is_left = facts.login_state is LoginState.PLACEHOLDER
        left = [_warning(facts, "placeholder-left", _PLACEHOLDER)] if is_left else []
        return _job(facts, vm_size, Verdict("already-ngc", message, Status.MIGRATED)), (*told_of, *left)
    job = _job(facts, vm_size, Verdict("ngc-image", target.reason, Status.MIGRATE))
    notes = [_warning(facts, note.rule, note.message, note.url) for note in target.notes]
    if bearing is not None and bearing.effect is Effect.LIFTED:
        row = bearing.limitation
        message = f"Your choice of {target.image} lifts a known limitation: {row.message.rstrip('.')}."
        notes.append(_warning(facts, "limitation-lifted", message, row.url))
    return replace(job, target=target.image), (*notes, *answers, *findings)


def _target(facts: Facts, options: Options, found: Sequence[Machine]) -> Target | Verdict:
    image = ImageReference.parse(facts.image) if facts.image is not None else None
    if image is None:
        return NO_REFERENCE
    family = family_of(image)
    if facts.registry is RegistryState.NGC_UNNAMED and family is None:
        return _unnamed(facts, image)
    if facts.registry in (RegistryState.PRIVATE, RegistryState.NGC_UNNAMED):
        message = (
            f"{image} comes from a registry with a server URL or credentials of its own; "
            "decide by hand whether an NGC image can take its place."
        )
        return Verdict("private-registry", message)
    if facts.registry is not RegistryState.PUBLIC:
        return Target(str(image), "It is on nvcr.io already.")
    if chosen_image(None, image, options.images) is None:
        if family is None:
            message = f"{image} is no public framework image; to replace it: --image {image}=IMAGE"
            return Verdict("custom-image", message)
        if facts.toolkit not in (None, family.framework):
            message = f"The job's toolkit is {facts.toolkit}, but {image} is a {family.framework} image."
            return Verdict("framework-mismatch", message)
        if is_cpu_only(image):
            return Verdict("cpu-image", f"{image} runs on the CPU; NGC images need a GPU.")
    gpus = [machine.gpu for machine in found if machine.gpu and machine.gpu.capability]
    is_told = options.gpu is not None
    target = choose(_framework(facts), image, overrides=options.images, gpus=gpus, is_gpu_told=is_told)
    proven = f" and is proven for {gpus[0].name}" if is_told else ""
    message = f"No NGC image is known that takes over from {image}{proven}; name one with --image."
    return target or Verdict("no-target-image", message)


def _unnamed(facts: Facts, image: ImageReference) -> Verdict:
    meant = f"nvcr.io/{image}"
    message = f"The server URL is nvcr.io, so the image must be {meant}: as it stands, it is Docker Hub's."
    framework = _framework(replace(facts, image=meant))
    bearing = check(framework, meant, facts.node_count, is_override=False)
    if bearing is not None:
        message = f"{message} But: {bearing.limitation.message}"
    return Verdict("image-without-registry", message)


def _limited(facts: Facts, bearing: Bearing | None) -> Verdict | None:
    """Return the verdict of a limitation that applies, or may; None for one that does not."""
    if bearing is None or bearing.effect is Effect.LIFTED:
        return None
    row = bearing.limitation
    reason = row.message.rstrip(".")
    if bearing.effect is Effect.BLOCKS:
        return Verdict(row.id, f"{reason[0].upper()}{reason[1:]}.", Status.BLOCKED, url=row.url)
    message = f"Whether this job runs on several nodes is not known, and it matters: {reason}."
    return Verdict("node-count-unknown", message, trace=facts.node_count_trace, url=row.url)


def _unusable(facts: Facts, image: ImageReference | None, found: Sequence[Machine]) -> Verdict | None:
    """Return what keeps an image on nvcr.io from being pulled as it stands, or any from its work."""
    if image is not None and facts.registry is not RegistryState.PUBLIC:
        is_unnamed = image.tag is None or (image.tag == "latest" and family_of(image) is not None)
        if is_unnamed and image.digest is None:
            message = f"{image} names no release, and nvcr.io keeps no default: see `ngc-migrate images`."
            return Verdict("tag-missing", message)
        if facts.login_state in _REFUSED:
            return _REFUSED[facts.login_state]
    if found and all(machine.gpu and not machine.gpu.capability for machine in found):
        message = f"NGC images need a GPU, and {found[0]}: make the cluster of another size."
        return Verdict("cpu-cluster", message)
    return None


_REFUSED = {
    LoginState.WRONG_USER: Verdict(
        "wrong-user", "nvcr.io knows an API key's user as $oauthtoken, exactly so."
    ),
    LoginState.EMPTY_REFERENCE: Verdict(
        "vault-reference-empty",
        "The reference to the Key Vault is empty: fill in sourceVault.id and secretUrl.",
    ),
}
_PLACEHOLDER = (
    "A placeholder stands in the job's login for nvcr.io: put the value there before you submit it."
)


def _warning(facts: Facts, rule: str, message: str, url: str = "") -> Finding:
    return Finding(rule, Severity.WARNING, facts.place, message, url)


def _framework(facts: Facts) -> Framework | None:
    image = ImageReference.parse(facts.image or "")
    family = family_of(image) if image is not None else None
    return facts.toolkit or (family.framework if family else None)


def _job(facts: Facts, vm_size: str | None, verdict: Verdict) -> Job:
    return Job(
        place=facts.place,
        framework=_framework(facts),
        node_count=facts.node_count,
        vm_size=vm_size,
        image=facts.image,
        target=None,
        status=verdict.status,
        rule=verdict.rule,
        message=verdict.message,
        url=verdict.url,
        trace=verdict.trace,
    )

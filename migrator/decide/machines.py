"""What jobs run on, by their recipe's clusters or by the user's word, and whether an image runs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.catalogue import (
    Fit,
    Gpu,
    ImageReference,
    build_of,
    fit,
    gpu_of,
    gpus_by_name,
    needed_driver,
)
from migrator.model import Finding, Place, Severity
from migrator.options import Options
from migrator.understand.jobs import Cluster

_PAGE = "https://developer.nvidia.com/cuda-gpus"


@dataclass(frozen=True, slots=True)
class Machine:
    """What jobs may run on: its name with the place that says so, and its GPU.

    Where that is not known it is None, and the name says what is.
    """

    name: str
    gpu: Gpu | None

    def __str__(self) -> str:
        if self.gpu is None:
            return self.name
        if not self.gpu.capability:
            return f"{self.name} has no GPU"
        return f"{self.name} has a {self.gpu.name} of compute capability {self.gpu.capability}"


def machines(options: Options, clusters: Sequence[Cluster]) -> tuple[Machine, ...]:
    """Return what the jobs of a recipe with these clusters may run on; empty where nothing tells.

    What documentation shows counts for nothing but a note.
    """
    if options.gpu is not None:
        return (Machine(f"--gpu {options.gpu}", gpus_by_name()[options.gpu]),)
    return tuple(map(_machine, clusters))


def _machine(cluster: Cluster) -> Machine:
    if cluster.is_shown:
        return Machine(f"Documentation alone ({cluster.place}) makes a cluster, of {cluster.size}", None)
    if cluster.size is None:
        return Machine(f"The size of a cluster ({cluster.place}) is not known", None)
    gpu = gpu_of(cluster.size)
    name = f"{cluster.size} ({cluster.place})"
    return Machine(name if gpu else f"{name} has a GPU that is not known", gpu)


def machine_findings(image: ImageReference, found: Sequence[Machine], place: Place) -> tuple[Finding, ...]:
    """Return what may keep a job in ``image`` from using the GPU: its capability, the node's driver."""
    build = build_of(image)
    built = "an unknown compute capability"
    if build is not None and build.least:
        built = f"{build} and newer ({build.confidence}: {build.source})"
    fits = {machine: fit(machine.gpu, build) if machine.gpu else Fit.UNKNOWN for machine in found}
    old, unsure = (
        "; ".join(str(machine) for machine, its in fits.items() if its is asked)
        for asked in (Fit.TOO_OLD, Fit.UNKNOWN)
    )
    findings = []
    if old:
        message = (
            f"{old}, but {image} was built for {built}: a job there uses no GPU, or stops. "
            "Make the cluster of a newer size, such as Standard_NC6s_v2, or say with --gpu what jobs run on."
        )
        findings.append(Finding("gpu-too-old", Severity.WARNING, place, message, _PAGE))
    elif unsure or not found:
        message = (
            f"Whether {image} runs on the GPU of its cluster is not known. "
            f"{unsure or 'No cluster of the recipe is seen'}; the image was built for {built}."
        )
        findings.append(Finding("gpu-unknown", Severity.INFO, place, message, _PAGE))
    driver = needed_driver(image)
    if driver is not None:
        message = f"{image} {driver}: on nodes that are made for CUDA 9.0 the job may find no GPU."
        findings.append(Finding("driver-too-new", Severity.WARNING, place, message))
    return tuple(findings)

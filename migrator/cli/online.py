"""``--online``: who asks, and what; imported only where the user asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrator.catalogue import NGC_REGISTRY, ImageReference
from migrator.cli.console import Refused, say
from migrator.cli.options import Request
from migrator.model import Finding, Plan, Status
from migrator.options import Options
from migrator.report.wording import wrapped


def asked(images: Iterable[ImageReference], request: Request) -> Mapping[ImageReference, Finding]:
    """Return what the registry tells of each image, and say who asked. Raises Refused."""
    try:
        from migrator.online import ask, find_key

        key = find_key(request.api_key_env, has_helpers=request.credential_helpers)
    except ModuleNotFoundError as error:
        raise Refused("--online needs more packages: pip install 'ngc-migrate[online]'") from error
    except ValueError as error:
        raise Refused(str(error)) from error
    how = f"without a key: {key}" if isinstance(key, str) else f"with the key of {key.source}"
    say(f"note: {NGC_REGISTRY} is asked {how}")
    return ask(images, None if isinstance(key, str) else key)


def answers(plan: Plan, options: Options, request: Request) -> Mapping[str, Finding]:
    """Return what the network tells of the images and the secret that the plan's jobs would use."""
    jobs = [job for recipe in plan.recipes for job in recipe.jobs]
    names = (job.target or (job.image if job.status is Status.MIGRATED else None) for job in jobs)
    images = {image for name in names if (image := ImageReference.parse(name or ""))}
    found = {str(image): told for image, told in asked(images, request).items()}
    if options.secret_url:
        from migrator.online import ask_vault

        told = ask_vault(options.secret_url)
        found |= {options.secret_url: told} if told else {}
    return found


def table(images: Iterable[ImageReference], request: Request) -> tuple[str, bool]:
    """Return what the registry tells of the images, by rule, and whether that is known of all."""
    found = asked(images, request).values()
    rows = [wrapped(f"{told.rule:<22}{told.message}", 80, "", " " * 22) for told in found]
    return "\n".join(rows), all(told.rule != "registry-unreachable" for told in found)

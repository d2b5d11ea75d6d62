"""``--online``: who asks, and what; imported only where the user asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.catalogue import NGC_REGISTRY, ImageReference, catalogue
from migrator.cli.console import ExitCode, Refused, emit, say
from migrator.cli.options import Request
from migrator.cli.reference import framework_of
from migrator.model import Answer, Plan, Status
from migrator.options import Options
from migrator.report.wording import wrapped

if TYPE_CHECKING:
    from migrator.online import Key

_ROW = "{:<28} {:<16} {:<18} {}"


def key_of(request: Request) -> Key | None:
    """Return the key to ask with, and say whose it is. Raises Refused."""
    if not request.online:
        raise Refused("--api-key-env and --credential-helpers need --online")
    try:
        from migrator.online import find_key
    except ModuleNotFoundError as error:
        raise Refused("--online needs more packages: pip install 'ngc-migrate[online]'") from error
    try:
        found = find_key(request.api_key_env, has_helpers=request.credential_helpers)
    except ValueError as error:
        raise Refused(str(error)) from error
    if isinstance(found, str):
        say(f"note: {NGC_REGISTRY} is asked without a key: {found}")
        return None
    say(f"note: {NGC_REGISTRY} is asked with the key of {found.source}, and without")
    return found


def answers(plan: Plan, options: Options, key: Key | None) -> dict[str, Answer]:
    """Return what the network tells of the images and the secret that the plan's jobs would use."""
    from migrator.online import ask, ask_vault

    jobs = [job for recipe in plan.recipes for job in recipe.jobs]
    names = [job.target or (job.image if job.status is Status.MIGRATED else None) for job in jobs]
    images = {image for name in names if (image := ImageReference.parse(name or ""))}
    found = {str(image): replies.answer for image, replies in ask(sorted(images, key=str), key).items()}
    secret = ask_vault(options.secret_url) if options.secret_url else None
    return {**found, **({str(options.secret_url): secret} if secret else {})}


def asked_images(framework: str | None, request: Request) -> ExitCode:
    """Print what the registry says of the catalogue's images; it fails where that is not known of all."""
    chosen, key = framework_of(framework), key_of(request)
    from migrator.online import State, ask

    images = [row.reference for row in catalogue() if chosen in (None, row.framework)]
    found = ask(images, key)
    lines = [_ROW.format("IMAGE", "STATE", "PULLED BY", "FACTS")]
    for known in map(found.__getitem__, images):
        name = f"{known.image.repository}:{known.image.tag}"
        row = _ROW.format(name, known.reply.state, known.by or "-", known.reply.text or known.near)
        lines.append(wrapped(row, 80, "", " " * 8))
    emit(("\n".join(lines) + "\n").encode())
    is_known = all(known.reply.state is not State.UNKNOWN for known in found.values())
    return ExitCode.DONE if is_known else ExitCode.FAILED

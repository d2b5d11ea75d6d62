"""What looks things up: the catalogue of images, the pages on rules and topics, and who asks the registry.

Plain text for 80 columns, with or without a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib.resources import files

from migrator.catalogue import (
    LAST_CUDA_9,
    NAMED,
    NGC_REGISTRY,
    PINNED,
    RULES,
    TITLES,
    ImageReference,
    NgcImage,
    build_of,
    catalogue,
    choose,
    topics,
)
from migrator.cli.console import ExitCode, Refused, emit, say
from migrator.cli.options import Request
from migrator.model import Finding, Framework, Plan, Severity, Status
from migrator.options import Options
from migrator.report.wording import rule_page, wrapped

_WIDTH = 80
_LONGEST_WORD = 100
_ID = 29
_SCHEMA = "json-schema"
_SCHEMA_TITLE = "The schema of --format json"
_ROW = "  {:<14}{:<16}{:<7}{:<9}{:<10}{:<8}{:<7}{}"
_HEADING = ("TAG", "VERSION", "PYTHON", "CUDA", "DRIVER", "GPU", "PROOF", "USE")
_LAST = f"{LAST_CUDA_9.year}.{LAST_CUDA_9.month:02}"
_LEGEND = f"""\
VERSION   version of the framework; "-" stands for what is not known
GPU       compute capability that it was built for, at least; `explain gpus`
PROOF     how well it is proven that the image exists: high, medium or low
USE       pinned: the only one the recipes are documented to work with
          default: taken where an image's tag tells neither version nor Python
          named: stands in the Batch AI instructions
Without --image, releases up to {_LAST} are taken: later ones need newer drivers.
Who says so: -v
"""


def images(framework: str | None, request: Request, *, is_verbose: bool) -> ExitCode:
    """Print the catalogue, or one framework's part of it; raises Refused for one that does not exist."""
    if framework is not None and framework not in tuple(Framework):
        close = get_close_matches(framework, list(Framework), n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(Framework)}"
        raise Refused(f"there is no framework {framework!r}; {hint}")
    if request.online:
        rows = (row.reference for row in catalogue() if framework in (None, row.framework))
        found = asked(rows, request).values()
        lines = [wrapped(f"{told.rule:<22}{told.message}", _WIDTH, "", " " * 22) for told in found]
        is_known = all(told.rule != "registry-unreachable" for told in found)
        return max(_print("\n".join(lines)), ExitCode.DONE if is_known else ExitCode.FAILED)
    return _print(render_images(Framework(framework) if framework else None, is_verbose=is_verbose))


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
    jobs = (job for recipe in plan.recipes for job in recipe.jobs)
    names = {job.target or (job.image if job.status is Status.MIGRATED else None) for job in jobs}
    images = [image for name in names if (image := ImageReference.parse(name or ""))]
    found = {str(image): told for image, told in asked(images, request).items()}
    from migrator.online import ask_vault

    secret = ask_vault(options.secret_url) if options.secret_url else None
    return {**found, str(options.secret_url): secret} if secret else found


def explain(word: str | None) -> ExitCode:
    """Print the page on a rule, limitation or topic, or the list of them; raises Refused for other words."""
    if word is None:
        return _print(render_list())
    if word == _SCHEMA:
        return _print((files("migrator.report") / "json-schema.json").read_text(encoding="utf-8"))
    if word in RULES:
        return _print(rule_page(RULES[word]))
    if word in topics():
        return _print(render_topic(word))
    # Comparing takes the square of the length.
    close = get_close_matches(word[:_LONGEST_WORD].lower(), (*RULES, *topics(), _SCHEMA), cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "`ngc-migrate explain` lists them"
    raise Refused(f"there is no rule or topic {word!r}; {hint}")


def _print(page: str) -> ExitCode:
    emit(f"{page.rstrip()}\n".encode())
    return ExitCode.DONE


def render_images(framework: Framework | None, *, is_verbose: bool = False) -> str:
    """Return the catalogue, of one framework or of all: a line a tag, and below it sources if verbose."""
    chosen = [framework] if framework is not None else list(Framework)
    tables = ["".join(f"{line}\n" for line in _table(one, is_verbose=is_verbose)) for one in chosen]
    return "\n".join([*tables, _LEGEND])


def _table(framework: Framework, *, is_verbose: bool) -> Iterator[str]:
    rows = [row for row in catalogue() if row.framework is framework]
    target = choose(framework, None, overrides={})
    uses = dict.fromkeys(NAMED, "named") | {target.image if target else "": "default"}
    uses |= dict.fromkeys(PINNED.values(), "pinned")
    yield f"{TITLES[framework]}  {', '.join(dict.fromkeys(row.repository for row in rows))}"
    yield _ROW.format(*_HEADING)
    for row in rows:
        yield from _lines(row, uses.get(row.image, ""), is_verbose=is_verbose)


def _lines(row: NgcImage, use: str, *, is_verbose: bool) -> Iterator[str]:
    build = build_of(row.reference)
    facts = {
        "version": row.framework_version,
        "python": row.python,
        "cuda": row.cuda,
        "driver": row.min_driver,
    }
    first = {name: text.partition(" ")[0] or "-" for name, text in facts.items()}
    first["python"] = first["python"] if row.python else row.known_python or "-"
    gpu = str(build or "").replace(" or ", "/") or "-"
    yield _ROW.format(row.tag, *first.values(), gpu, row.confidence, use).rstrip()
    remarks = [f"{name} {text}" for name, text in facts.items() if " " in text]
    told = [f"gpu {build.confidence}: {build.source}"] if build else []
    for text in (*remarks, f"source: {row.source}", *told) if is_verbose else ():
        yield wrapped(text, _WIDTH, " " * 6, " " * 8)


def render_list() -> str:
    """Return every word that ``explain`` takes, with its title: rules by what they come to, then topics."""
    parts = []
    for outcome in (*Status, *Severity):
        kind = "finding" if isinstance(outcome, Severity) else "job"
        rows = [(rule.id, rule.title) for rule in RULES.values() if rule.outcome is outcome]
        parts += [_listed(f"{kind}: {outcome}", rows)] if rows else []
    titles = [*((name, title) for name, (title, _) in topics().items()), (_SCHEMA, _SCHEMA_TITLE)]
    return "\n".join((*parts, _listed("topics", titles)))


def _listed(heading: str, rows: Iterable[tuple[str, str]]) -> str:
    return "".join((f"{heading}\n", *(f"  {name:<{_ID}} {title}\n" for name, title in rows)))


def render_topic(name: str) -> str:
    """Return the page of a topic."""
    title, text = topics()[name]
    return f"{name}: {title}\n\n{text}\n"

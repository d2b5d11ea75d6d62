"""Find the sizes of machine of which a recipe makes its clusters: what its jobs run on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codemods.syntax.json_tree import InvalidJson, Kind, Node, parse
from migrator.catalogue import gpu_of
from migrator.model import Place
from migrator.understand.jobs.python import given
from migrator.understand.python import PythonModule, known_text
from migrator.understand.texts import Text, read_json

_BETWEEN = r"""[\s"',\\^`\[\]()+]+"""
_VALUE = r"(?P<variable>[$%{(]{1,3}(?:env:)?)?(?P<size>\w+)(?::-(?P<default>\w+))?"
_SIZE = re.compile(r"(?i)(?:standard|basic)_\w+")
# The options of a command end with its line, unless that is continued, in whatever language.
_COMMAND = re.compile(
    rf"""\bbatchai{_BETWEEN}cluster{_BETWEEN}create\b
    (?P<options>(?:(?!\bbatchai\b)(?:[^\r\n]|(?<=[\\^`,"'\[(])\r?\n)){{0,2000}})""",
    re.VERBOSE,
)
_OPTION = re.compile(rf"""(?<=[\s"',\[(])(?:-s|--vm-size)[\s"',=+]+{_VALUE}""")
_SETTING = re.compile(
    rf"""(?i)\bvmSize\b["']?(?:\s*(?:[:=(]|=>|<-)\s*|[ \t]+(?=\W|standard_))["']?{_VALUE}"""
)
_SHOWN = re.compile(r"(?i)(?:.*\s)?(?:(?:#|//|::|rem\s)|(?:echo|print\w*|Write-\w+)\b[^;&|]*\bbatchai\b).*")
_CLUSTER = "ClusterCreateParameters"
_FILE_SERVER = ("dataDisks", "sshConfiguration", "data_disks", "ssh_configuration")
_PARAMETER = re.compile(r"\[(parameters|variables)\('(\w+)'\)\]")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that is made at ``place``, of machines of ``size``: as it is written, None if not known.

    With ``is_shown``, documentation alone shows how it would be made.
    """

    place: Place
    size: str | None
    is_shown: bool = False


def find_clusters(modules: Sequence[PythonModule]) -> tuple[Cluster, ...]:
    """Return every cluster that the Python modules of one recipe make.

    Where the size of one is not known, each GPU size that the modules spell may be it.
    """
    found = [cluster for module in modules for cluster in _made(module)]
    if any(cluster.size is None for cluster in found):
        nodes = ((module, node) for module in modules for node in module.names.parents)
        texts = (
            (m, n, n.value) for m, n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)
        )
        gpus = ((module, node, text, gpu_of(text)) for module, node, text in texts)
        found += [Cluster(module.place(n), text) for module, n, text, gpu in gpus if gpu and gpu.capability]
    return tuple(dict.fromkeys(found))


def find_text_clusters(text: Text) -> tuple[Cluster, ...]:
    """Return every cluster that commands and settings of a text make, in whatever language it is."""
    raw = text.text
    if "batchai" not in raw.lower().replace("_", ""):
        return ()
    commands = (command.span("options") for command in _COMMAND.finditer(raw))
    found = [option for span in commands for option in _OPTION.finditer(raw, *span)]
    for match in _SETTING.finditer(raw):
        following = raw[match.end() : match.end() + 1500].partition("vmSize")[0]
        found += [] if any(word in following for word in _FILE_SERVER) else [match]
    lines = ((match, raw.rfind("\n", 0, match.start()) + 1) for match in found)
    at = [match for match, start in lines if not _SHOWN.fullmatch(raw, start, match.start())]
    return tuple(Cluster(text.place(match.start()), size) for match in at for size in _sizes(raw, match))


def find_cluster_specs(path: str, data: bytes) -> tuple[Cluster, ...]:
    """Return every cluster that a JSON file specifies, alone or as a resource of a template."""
    text = read_json(path, data) if b'"vmSize"' in data else None
    if not isinstance(text, Text):
        return ()
    try:
        root = parse(text.text)
    except InvalidJson:
        return ()
    return tuple(_specified(text, root, root))


def _made(module: PythonModule) -> Iterator[Cluster]:
    def is_cluster(node: ast.AST) -> bool:
        function = node.func if isinstance(node, ast.Call) else None
        return _CLUSTER in (getattr(function, "attr", ""), getattr(function, "id", ""))

    for call in filter(is_cluster, module.names.calls):
        size = given(module, call, "vmSize")
        yield Cluster(
            module.place(size if isinstance(size, ast.expr) else call), known_text(module.names, size)
        )
    for node, sites in module.objects.set_later(module.names, "vm_size"):
        others = [site for site in sites if isinstance(site, ast.Call) and not is_cluster(site)]
        azure = [s for s in others if any(n.startswith("azure.") for n in module.names.qualified(s.func))]
        if not sites or len(azure) < len(sites):
            yield Cluster(module.place(node), known_text(module.names, node))
    yield from find_text_clusters(module.text)


def _sizes(raw: str, match: re.Match[str]) -> Iterator[str | None]:
    """Yield what is given as a size: itself, or all that the text assigns to a name."""
    if _SIZE.fullmatch(match["size"]):
        yield match["size"]
        return
    assigned = re.findall(rf"\b{match['size']}[\"']?\s*=\s*[\"']?(\w+)", raw)
    yield from [size for size in (*assigned, match["default"] or "") if _SIZE.fullmatch(size)] or (None,)


def _specified(text: Text, root: Node, node: Node) -> Iterator[Cluster]:
    size = node.find("properties", "vmSize")
    if size is not None and size.kind is Kind.STRING and _is_cluster(node):
        if named := _PARAMETER.fullmatch(str(size.value)):
            size = root.find(named[1], named[2], "defaultValue") or root.find(named[1], named[2]) or size
        is_size = _SIZE.fullmatch(str(size.value))
        yield Cluster(text.place(size.start), str(size.value) if is_size else None)
    for each in (*node.items, *(member.value for member in node.members)):
        yield from _specified(text, root, each)


def _is_cluster(node: Node) -> bool:
    kind = node.text("type")
    is_other = any(node.find("properties", key) for key in (*_FILE_SERVER, "deploymentConfiguration"))
    return not is_other and (kind is None or bool(re.fullmatch(r"(?i)microsoft\.batchai/.*clusters", kind)))

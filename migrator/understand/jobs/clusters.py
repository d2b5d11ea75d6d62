"""Find the sizes of machine of which a recipe makes its clusters: what its jobs run on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codemods.syntax.json_tree import InvalidJson, Node, parse
from migrator.catalogue import gpu_of
from migrator.model import Place
from migrator.understand.jobs.arguments import argument
from migrator.understand.python import Known, PythonModule, evaluate
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
_COMMENT = re.compile(r"(?i)(?:.*\s)?(?:#|//|::|rem\s).*")
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
        found += [cluster for module in modules for cluster in _spelled(module)]
    return tuple(dict.fromkeys(found))


def find_text_clusters(text: Text) -> tuple[Cluster, ...]:
    """Return every cluster that commands and settings of a text make, in whatever language it is."""
    raw = text.text
    if "batchai" not in raw.lower().replace("_", ""):
        return ()
    commands = (command.span("options") for command in _COMMAND.finditer(raw))
    found = [option for span in commands for option in _OPTION.finditer(raw, *span)]
    found += [match for match in _SETTING.finditer(raw) if not _is_file_server(raw, match.end())]
    at = [match for match in found if not _is_comment(raw, match.start())]
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
    for call in module.names.calls:
        if _name(call) == "ClusterCreateParameters":
            # The second argument of azure-mgmt-batchai 0.2.0, which takes them by position.
            given = argument(module, call, "vm_size", 1)
            yield from (
                _known(module, given) if isinstance(given, ast.expr) else (Cluster(module.place(call), None),)
            )
    for node, sites in module.objects.set_later(module.names, "vm_size"):
        if not sites or not all(_is_other(module, site) for site in sites):
            yield from _known(module, node)
    yield from find_text_clusters(module.text)


def _known(module: PythonModule, node: ast.expr) -> Iterator[Cluster]:
    value = evaluate(module.names, node)
    is_known = isinstance(value, Known) and isinstance(value.value, str)
    yield Cluster(module.place(node), str(value.value) if is_known and isinstance(value, Known) else None)


def _is_other(module: PythonModule, made: ast.AST) -> bool:
    if not isinstance(made, ast.Call) or _name(made) == "ClusterCreateParameters":
        return False
    return any(name.startswith("azure.") for name in module.names.qualified(made.func))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _spelled(module: PythonModule) -> Iterator[Cluster]:
    for node in ast.walk(module.names.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            gpu = gpu_of(node.value)
            if gpu is not None and gpu.capability:
                yield Cluster(module.place(node), node.value)


def _sizes(raw: str, match: re.Match[str]) -> Iterator[str | None]:
    """Yield what is given as a size: itself, or all that the text assigns to a name."""
    if _SIZE.fullmatch(match["size"]):
        yield match["size"]
        return
    assigned = re.findall(rf"\b{match['size']}[\"']?\s*=\s*[\"']?(\w+)", raw)
    yield from [size for size in (*assigned, match["default"] or "") if _SIZE.fullmatch(size)] or (None,)


def _is_comment(raw: str, position: int) -> bool:
    return _COMMENT.fullmatch(raw[raw.rfind("\n", 0, position) + 1 : position]) is not None


def _is_file_server(raw: str, end: int) -> bool:
    following = raw[end : end + 1500].partition("vmSize")[0]
    return any(word in following for word in _FILE_SERVER)


def _specified(text: Text, root: Node, node: Node) -> Iterator[Cluster]:
    size, kind = node.find("properties", "vmSize"), node.find("type")
    is_cluster = kind is None or re.fullmatch(r"(?i)microsoft\.batchai/.*clusters", str(kind.value))
    others = (*_FILE_SERVER, "deploymentConfiguration")
    is_text = size is not None and isinstance(size.value, str)
    if (
        size is not None
        and is_text
        and is_cluster
        and not any(node.find("properties", key) for key in others)
    ):
        named = _PARAMETER.fullmatch(str(size.value))
        if named is not None:
            size = root.find(named[1], named[2], "defaultValue") or root.find(named[1], named[2]) or size
        is_size = _SIZE.fullmatch(str(size.value))
        yield Cluster(text.place(size.start), str(size.value) if is_size else None)
    for each in (*node.items, *(member.value for member in node.members)):
        yield from _specified(text, root, each)

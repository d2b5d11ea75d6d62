from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from codemods.loader_attributes import ATTRIBUTES, LoaderShape, add_attributes, understand_method
from codemods.syntax.edits import apply

USER = "container_registry_user"
PASSWORD = "container_registry_password"  # noqa: S105

WRAPPED = """def __init__(self, path):
        with open(path) as f:
            conf = json.load(f)
        try:
            self.location = encode(conf['location'])
            self.key = conf['admin'].get('key', None)  # optional
            if self.key:
                self.key = encode(self.key)
            if not self.key:
                raise AttributeError('no key')
        except KeyError as err:
            raise AttributeError(err.args[0])
"""
PLAIN = """def __init__(self, path):
\tdata = json.loads(open(path).read())
\tself.location = data["location"]"""


def shape_of(source: str) -> LoaderShape | None:
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\n|\r", source))]
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return understand_method(
        source,
        functions[0],
        lambda line, column: starts[line - 1] + column,
        lambda call: ast.unparse(call.func) in ("json.load", "json.loads"),
    )


def rewrite(source: str, *missing: str, indent: str = "    ", newline: str = "\n") -> str:
    """Return a method, whose first line is not indented, with the attributes ``missing``."""
    head = f"class C:{newline}{indent}" if indent else ""

    def once(text: str) -> str:
        shape = shape_of(text)
        assert shape is not None
        return apply((add_attributes(shape, missing, newline),), text)

    after = once(head + source)
    assert once(after) == after
    return after.removeprefix(head)


@pytest.mark.parametrize("source", [WRAPPED, PLAIN, WRAPPED.replace("\n", "\r\n")])
def test_nothing_missing_changes_nothing(source: str) -> None:
    indent = "" if source == PLAIN else "    "
    assert rewrite(source, indent=indent, newline="\r\n" if "\r" in source else "\n") == source


def test_attributes_that_are_set_already_are_not_set_again() -> None:
    source = f"{PLAIN}\n\tself.{USER} = None\n"
    assert rewrite(source, USER, indent="") == source


@pytest.mark.parametrize(
    "source",
    [
        "def f(self): pass",
        "def f(self):\n    conf = json.load(f)",
        "def f(self):\n    self.x = conf['x']",
        "def f():\n    conf = json.load(f)\n    self.x = conf['x']",
        "def f(self): conf = json.load(f); self.x = conf['x']",
        "def f(self):\n    conf = json.load(f)\n    self.x = 1",
        "def f(self):\n    conf = json.load(f)\n    def g():\n        self.x = conf['x']",
    ],
)
def test_what_is_no_loader_has_no_shape(source: str) -> None:
    assert shape_of(source) is None


def test_new_attributes_follow_the_last_one_with_its_wrapper_and_its_default() -> None:
    start, end = WRAPPED.split("            if not self.key:")
    added = f"""            registry = conf.get('container_registry', {{}})
            self.{USER} = registry.get('user', None)
            if self.{USER}:
                self.{USER} = encode(self.{USER})
            self.keyvault_id = conf.get('keyvault_id', None)
            if self.keyvault_id:
                self.keyvault_id = encode(self.keyvault_id)
"""
    after = f"{start}{added}            if not self.key:{end}"
    assert rewrite(WRAPPED, "keyvault_id", USER) == after
    assert rewrite(WRAPPED.replace("\n", "\r\n"), USER, "keyvault_id", newline="\r\n") == after.replace(
        "\n", "\r\n"
    )


def test_a_plain_loader_gains_plain_statements_and_no_final_newline() -> None:
    assert rewrite(PLAIN, PASSWORD, USER, indent="") == (
        f"""{PLAIN}
\tregistry = data.get("container_registry", {{}})
\tself.{USER} = registry.get("user")
\tself.{PASSWORD} = registry.get("password")"""
    )


def test_the_local_name_is_one_that_the_method_does_not_use() -> None:
    source = PLAIN.replace("path", "registry")
    assert '\tregistry_2 = data.get("container_registry", {})\n' in rewrite(source, USER, indent="")


def test_a_local_that_holds_the_section_is_used_again() -> None:
    source = f"{PLAIN}\n\tr = data.get('container_registry', {{}})\n\tself.{USER} = r.get('user')\n"
    assert rewrite(source, USER, PASSWORD, indent="") == f'{source}\tself.{PASSWORD} = r.get("password")\n'


def test_a_conversion_is_no_wrapper() -> None:
    source = "def f(self):\n    d = json.load(f)\n    self.n = int(d['n'])\n"
    assert (
        rewrite(source, "keyvault_id", indent="") == source + "    self.keyvault_id = d.get('keyvault_id')\n"
    )


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({}, [None, None, None, None]),
        ({"container_registry": {"user": "me"}, "keyvault_id": ""}, ["<me>", None, None, ""]),
        (
            {"container_registry": {"user": "me", "password": "p", "secret_url": "s"}, "keyvault_id": "v"},
            ["<me>", "<p>", "<s>", "<v>"],
        ),
    ],
)
def test_an_old_configuration_loads_and_lacks_only_the_values(
    tmp_path: Path, configuration: dict[str, object], expected: list[str | None]
) -> None:
    path = tmp_path / "configuration.json"
    path.write_text(json.dumps({"location": "x", "admin": {"key": "k"}} | configuration))
    names: dict[str, object] = {"json": json, "encode": lambda value: f"<{value}>"}
    exec(rewrite(WRAPPED, *ATTRIBUTES), names)  # noqa: S102
    loaded = SimpleNamespace()
    names["__init__"](loaded, str(path))  # type: ignore[operator]
    assert [getattr(loaded, name) for name in ATTRIBUTES] == expected

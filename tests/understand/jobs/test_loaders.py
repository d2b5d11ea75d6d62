from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from codemods.loader_attributes import ATTRIBUTES
from migrator.discover.reading import resolved
from migrator.discover.tree import Source
from migrator.understand.jobs.loaders import Loader, Loaders, configuration_path
from migrator.understand.python.modules import Modules
from migrator.understand.reading import read_source
from tests.trees import FULL_LOADER, LOADER, notebook, tree_of

SETTINGS = "{}"


def found(folder: Path, files: Mapping[str, str], path: str) -> tuple[Loader | None, str | None]:
    """Return the loader behind the value of ``cfg`` in ``path``, and the configuration that it names."""
    tree = tree_of(folder, files)
    modules = Modules(tree)
    module = read_source(Source(path, files[path].encode()), modules).module
    assert module is not None
    call = next(b.value for b in module.names.module.bindings["cfg"] if isinstance(b.value, ast.Call))
    loader = Loaders().of_call(module, call)
    return loader, configuration_path(module, call, loader) if loader else None


@pytest.mark.parametrize(
    "source",
    [
        "cfg = dict(a=1)",
        "import json\ncfg = json.load(open('configuration.json'))",
        "import os\ncfg = os.environ.get('A')",
        "import azure.mgmt.batchai as b\ncfg = b.models.ResourceId(id='x')",
        "import utilities\ncfg = utilities.config.Absent('configuration.json')",
        "from utilities.config import *\ncfg = (lambda: 1)()",
        "class Plain:\n    def __init__(self, a):\n        self.a = a\ncfg = Plain('configuration.json')",
        "class Empty:\n    pass\ncfg = Empty()",
        "def Configuration(path):\n    return path\ncfg = Configuration('configuration.json')",
        "from absent.config import Configuration\ncfg = Configuration('configuration.json')",
        "import json\nclass Short:\n    def __init__(self, p): c = json.load(open(p)); self.a = c['a']\n"
        "cfg = Short('c.json')",
    ],
)
def test_what_is_no_loader_is_none(tmp_path: Path, source: str) -> None:
    files = {"utilities/__init__.py": "", "utilities/config.py": LOADER, "submit.py": source}
    assert found(tmp_path, files, "submit.py") == (None, None)


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("import utilities as utils", "utils.config.Configuration"),
        ("import utilities.config", "utilities.config.Configuration"),
        ("import utilities.config as c", "c.Configuration"),
        ("from utilities import config", "config.Configuration"),
        ("from utilities.config import Configuration", "Configuration"),
        ("from utilities.config import Configuration as Settings", "Settings"),
        ("from utilities.config import *", "Configuration"),
        ("import utilities.config\nLoad = utilities.config.Configuration", "Load"),
    ],
)
def test_every_form_of_import_reaches_a_loader_of_another_file(
    tmp_path: Path, imports: str, call: str
) -> None:
    script = f"import sys\nsys.path.append('../..')\n{imports}\ncfg = {call}('../../configuration.json')\n"
    files = {"utilities/__init__.py": "", "utilities/config.py": LOADER, "a/b/submit.py": script}
    loader, path = found(tmp_path, files, "a/b/submit.py")
    assert loader is not None
    assert (loader.path, loader.name, path) == ("utilities/config.py", "Configuration", "configuration.json")


@pytest.mark.parametrize(
    "line",
    [
        "sys.path.append('../../shared')",
        "sys.path.append('..\\\\..\\\\shared')",
        "sys.path.insert(0, '../../shared')",
        "sys.path.append(os.path.join('..', '..', 'shared'))",
    ],
)
def test_what_sys_path_is_given_is_searched(tmp_path: Path, line: str) -> None:
    script = (
        f"import os, sys\n{line}\nimport utilities as utils\ncfg = utils.config.Configuration('c.json')\n"
    )
    files = {"shared/utilities/config.py": LOADER, "a/b/submit.py": script}
    loader, path = found(tmp_path, files, "a/b/submit.py")
    assert loader is not None
    assert (loader.path, path) == ("shared/utilities/config.py", "a/b/c.json")


def test_without_that_the_folder_beside_is_not_searched(tmp_path: Path) -> None:
    script = "import utilities as utils\ncfg = utils.config.Configuration('c.json')\n"
    files = {"shared/utilities/config.py": LOADER, "a/b/submit.py": script}
    assert found(tmp_path, files, "a/b/submit.py") == (None, None)


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from ..config import Configuration", "Configuration"),
        ("from .. import config", "config.Configuration"),
    ],
)
def test_a_relative_import_reaches_the_loader(tmp_path: Path, imports: str, call: str) -> None:
    files = {"pkg/config.py": LOADER, "pkg/jobs/submit.py": f"{imports}\ncfg = {call}()\n"}
    loader, path = found(tmp_path, files, "pkg/jobs/submit.py")
    assert loader is not None
    assert (loader.path, path) == ("pkg/config.py", "pkg/jobs/configuration.json")


@pytest.mark.parametrize(
    "init",
    [
        "from .config import Configuration\n",
        "from .config import *\n",
        "from utilities.config import Configuration\n",
        "from utilities.inner import *\n",
        "from .inner import Configuration\n",
        "from .inner.deep import Configuration\n",
    ],
)
def test_a_name_that_a_package_passes_on_is_followed(tmp_path: Path, init: str) -> None:
    files = {
        "utilities/__init__.py": init,
        "utilities/config.py": LOADER,
        "utilities/inner/__init__.py": "from ..config import Configuration\n",
        "utilities/inner/deep.py": "from ..config import Configuration\n",
        "submit.py": "import utilities as utils\ncfg = utils.Configuration('configuration.json')\n",
    }
    loader, _ = found(tmp_path, files, "submit.py")
    assert loader is not None
    assert loader.path == "utilities/config.py"


def test_packages_that_pass_a_name_in_a_circle_end(tmp_path: Path) -> None:
    files = {
        "a/__init__.py": "from b import Configuration\n",
        "b/__init__.py": "from a import Configuration\n",
        "submit.py": "from a import Configuration\ncfg = Configuration()\n",
    }
    assert found(tmp_path, files, "submit.py") == (None, None)


@pytest.mark.parametrize("content", ["class Configuration(\n", "\x00", "(" * 3000, "\ufeff", ""])
def test_a_broken_loader_file_holds_no_loader(tmp_path: Path, content: str) -> None:
    files = {"config.py": content, "submit.py": "from config import Configuration\ncfg = Configuration()\n"}
    assert found(tmp_path, files, "submit.py") == (None, None)


def test_a_class_of_the_same_script_is_found(tmp_path: Path) -> None:
    loader, path = found(tmp_path, {"a/submit.py": f"{LOADER}cfg = Configuration()\n"}, "a/submit.py")
    assert loader is not None
    assert (loader.path, path) == ("a/submit.py", "a/configuration.json")


def test_a_class_of_an_earlier_cell_is_found(tmp_path: Path) -> None:
    cells = notebook("%matplotlib inline\n", LOADER, "cfg = Configuration('../c.json')")
    loader, path = found(tmp_path, {"a/run.ipynb": cells}, "a/run.ipynb")
    assert loader is not None
    assert (loader.path, path) == ("a/run.ipynb", "c.json")


def test_a_loader_outside_of_the_named_folder_is_read(tmp_path: Path) -> None:
    lines = ("import sys", "sys.path.append('..')", "from utilities.config import *", "cfg = Configuration()")
    script = "\n".join(lines)
    tree = tree_of(tmp_path, {"utilities/config.py": LOADER, "r/submit.py": script}, "r")
    modules = Modules(tree)
    module = read_source(Source("submit.py", script.encode()), modules).module
    assert module is not None
    loader = Loaders().of_call(module, module.names.calls[-1])
    assert loader is not None
    assert loader.path == "../utilities/config.py"


def understood(folder: Path, source: str) -> Loader:
    loader, _ = found(folder, {"submit.py": f"{source}cfg = Configuration('c.json')\n"}, "submit.py")
    assert loader is not None
    return loader


def test_a_loader_that_sets_everything_misses_nothing(tmp_path: Path) -> None:
    loader = understood(tmp_path, FULL_LOADER)
    assert (loader.missing, loader.hindrance) == ((), "")


def test_a_loader_that_sets_nothing_of_it_misses_all(tmp_path: Path) -> None:
    loader = understood(tmp_path, LOADER)
    assert (loader.missing, loader.hindrance) == (tuple(ATTRIBUTES), "")


def test_an_attribute_that_is_none_first_and_read_later_counts_as_set(tmp_path: Path) -> None:
    line = "        self.keyvault_id = conf.get('keyvault_id')\n"
    loader = understood(
        tmp_path, FULL_LOADER.replace(line, f"        self.keyvault_id = None\n        if conf:\n    {line}")
    )
    assert (loader.missing, loader.hindrance) == ((), "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("registry.get('user')", "registry.get('login')"),
        ("registry.get('password')", "None"),
        ("conf.get('keyvault_id')", "conf['vault']"),
    ],
)
def test_an_attribute_from_another_key_makes_the_loader_unusable(tmp_path: Path, old: str, new: str) -> None:
    assert "other keys" in understood(tmp_path, FULL_LOADER.replace(old, new)).hindrance


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("Configuration()", "a/configuration.json"),
        ("Configuration('b.json')", "a/b.json"),
        ("Configuration(path='../b.json')", "b.json"),
        ("Configuration('..\\\\b.json')", "b.json"),
        ("Configuration(HERE + '/b.json')", "a/here/b.json"),
        ("Configuration('/etc/b.json')", None),
        ("Configuration('C:\\\\b.json')", None),
        ("Configuration(input())", None),
        ("Configuration(7)", None),
    ],
)
def test_the_configuration_is_what_the_call_names_beside_the_code(
    tmp_path: Path, call: str, path: str | None
) -> None:
    script = f"{LOADER}HERE = 'here'\ncfg = {call}\n"
    assert found(tmp_path, {"a/submit.py": script}, "a/submit.py")[1] == path


@pytest.mark.parametrize(
    ("written", "expected"),
    [("c.json", "a/c.json"), ("./c.json", "a/c.json"), ("../../c.json", "../c.json"), ("", "a")],
)
def test_a_written_path_is_relative_to_its_folder(written: str, expected: str) -> None:
    assert resolved("a", written) == expected


HEAD = "import json, sys\n\n\n"
READ = "        conf = json.load(open(path))\n"
SET = "        self.a = conf['a']\n"
INIT = "    def __init__(self, path):\n"
METHOD = f"    def read(self, path):\n{READ}{SET}"
TRY = f"class C:\n{INIT}        try:\n    {READ}    {SET}"
NEVER, TOP, MORE, KEYS = "whenever it is made", "the top of the file", "further attributes", "further keys"


@pytest.mark.parametrize(
    "source",
    [
        f"class C:\n{INIT}{READ}{SET}",
        f"class C(object):\n    kind = 1\n{INIT}{READ}{SET}",
        f"class C:\n{INIT}        with open(path) as file:\n            conf = json.load(file)\n{SET}",
        f"class C:\n{INIT}        self.read(path)\n{METHOD}",
        f"{TRY}        except KeyError as e:\n            raise E(e)\n",
        f"{TRY}        except IOError:\n            sys.exit(1)\n",
        f"class C:\n{INIT}{READ}{SET}        if 'b' in conf:\n            return\n",
        f"class C:\n{INIT}{READ}        print(json.dumps(conf))\n{SET}        x = conf.get('b')\n",
        f"def check(c):\n    assert c['a']\n\n\nclass C:\n{INIT}{READ}        check(conf)\n{SET}",
        f"class C:\n{INIT}{READ}        part = conf['part']\n        self.a = part['a']\n",
    ],
)
def test_a_loader_that_surely_sets_what_it_reads_can_gain_more(tmp_path: Path, source: str) -> None:
    loader = understood(tmp_path, HEAD + source.replace("class C", "class Configuration"))
    assert loader.hindrance == ""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        # The method may never run.
        (f"class C:\n{METHOD}", NEVER),
        (f"class C:\n{INIT}        pass\n{METHOD}", NEVER),
        (f"class C:\n    @classmethod\n{METHOD}", NEVER),
        (
            f"class C:\n{INIT}        if path:\n            self.read(path)\n{METHOD}",
            NEVER,
        ),
        (
            f"class C:\n{INIT}        self.later = lambda: self.read(path)\n{METHOD}",
            NEVER,
        ),
        (
            f"class C:\n{INIT}        if not path:\n            return\n        self.read(path)\n{METHOD}",
            NEVER,
        ),
        # It may end before.
        (f"class C:\n{INIT}        if not path:\n            return\n{READ}{SET}", NEVER),
        (f"class C:\n{INIT}        if path:\n    {READ}    {SET}", NEVER),
        (f"class C:\n{INIT}        for x in path:\n    {READ}    {SET}", NEVER),
        (
            f"{TRY}        except KeyError:\n            pass\n",
            NEVER,
        ),
        (f"class C:\n{INIT}        with suppress(E):\n    {READ}    {SET}", NEVER),
        # The dictionary is another.
        (f"class C:\n{INIT}{READ}        conf = conf['part']\n{SET}", TOP),
        (f"class C:\n{INIT}{READ}        conf = conf.get('part', conf)\n{SET}", TOP),
        (
            f"class C:\n{INIT}{READ}        if 'part' in conf:\n            conf = conf['part']\n{SET}",
            TOP,
        ),
        (
            f"class C:\n{INIT}{READ}        for conf in conf['all']:\n            pass\n{SET}",
            TOP,
        ),
        (f"class C:\n{INIT}{READ}        conf, x = conf['part'], 1\n{SET}", TOP),
        (f"class C:\n{INIT}{READ}        conf = dict(DEFAULTS, **conf)\n{SET}", TOP),
        # The class, or the file, takes nothing else.
        (f"class C:\n    __slots__ = ('a',)\n{INIT}{READ}{SET}", MORE),
        (
            f"class C:\n{INIT}{READ}{SET}    def __setattr__(self, k, v):\n        pass\n",
            MORE,
        ),
        (f"@final\nclass C:\n{INIT}{READ}{SET}", MORE),
        (f"class C(Base):\n{INIT}{READ}{SET}", MORE),
        (f"class C(metaclass=M):\n{INIT}{READ}{SET}", MORE),
        (
            f"class C:\n{INIT}{READ}{SET}    @property\n    def keyvault_id(self):\n        return 1\n",
            MORE,
        ),
        (f"class C:\n{INIT}{READ}        assert set(conf) == {{'a'}}\n{SET}", KEYS),
        (f"class C:\n{INIT}{READ}        for key in conf:\n            check(key)\n{SET}", KEYS),
        (f"class C:\n{INIT}{READ}        check(conf)\n{SET}", KEYS),
        (f"class C:\n{INIT}{READ}        check(**conf)\n{SET}", KEYS),
        (
            f"def check(c):\n    assert len(c) == 1\n\n\nclass C:\n{INIT}{READ}        check(conf)\n{SET}",
            KEYS,
        ),
    ],
)
def test_a_loader_that_may_not_set_more_says_why(tmp_path: Path, source: str, reason: str) -> None:
    loader = understood(tmp_path, HEAD + source.replace("class C", "class Configuration"))
    assert reason in loader.hindrance


@pytest.mark.parametrize(
    "hook", ["object_hook=lambda d: N(**d)", "cls=Decoder", "object_pairs_hook=f", "**more"]
)
def test_a_hook_makes_no_dictionary(tmp_path: Path, hook: str) -> None:
    source = LOADER.replace("json.load(file)", f"json.load(file, {hook})")
    files = {
        "config.py": source,
        "submit.py": "from config import Configuration\ncfg = Configuration('c.json')\n",
    }
    assert found(tmp_path, files, "submit.py") == (None, None)


def test_a_loader_that_asks_for_the_section_may_gain_what_it_lacks(tmp_path: Path) -> None:
    asked = (
        "        self.container_registry_user = None\n"
        "        if 'container_registry' in conf:\n"
        "            self.container_registry_user = conf['container_registry'].get('user')\n"
    )
    loader = understood(tmp_path, f"{LOADER}{asked}")
    assert "container_registry_user" not in loader.missing
    assert loader.hindrance == ""


def test_an_attribute_that_another_condition_sets_makes_the_loader_unusable(tmp_path: Path) -> None:
    flagged = (
        "        self.container_registry_user = None\n"
        "        if conf.get('private'):\n"
        "            self.container_registry_user = conf['container_registry'].get('user')\n"
    )
    assert "on a condition" in understood(tmp_path, f"{LOADER}{flagged}").hindrance


HERE = "os.path.dirname(os.path.abspath(__file__))"


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        (f"os.path.join({HERE}, 'c.json')", "a/b/c.json"),
        (f"os.path.join(os.path.dirname({HERE}), 'c.json')", "a/c.json"),
        ("os.path.join(HERE, '..', NAME)", "a/c.json"),
        ("os.path.join(os.getcwd(), NAME)", "a/b/c.json"),
        ("str(pathlib.Path(__file__).with_name('c.json'))", "a/b/c.json"),
        ("pathlib.Path(__file__).resolve().parent.parent / 'c.json'", "a/c.json"),
        ("pathlib.Path('..', NAME)", "a/c.json"),
        ("pathlib.Path.cwd().joinpath('x', NAME)", "a/b/x/c.json"),
        ("open('c.json').name", "a/b/c.json"),
        ("sys.argv[1] if len(sys.argv) > 1 else 'c.json'", None),
        ("os.path.join(os.environ['HOME'], 'c.json')", None),
        ("os.path.join(HERE, sys.argv[1])", None),
        ("pathlib.Path.home() / 'c.json'", None),
        ("'/etc/c.json'", None),
    ],
)
def test_the_path_of_a_configuration_is_put_together(tmp_path: Path, argument: str, path: str | None) -> None:
    head = f"import os, pathlib, sys\nfrom config import Configuration\nHERE = {HERE}\nNAME = 'c.json'\n"
    script = f"{head}cfg = Configuration({argument})\n"
    loader, found_path = found(tmp_path, {"a/b/config.py": LOADER, "a/b/submit.py": script}, "a/b/submit.py")
    assert loader is not None
    assert found_path == path


@pytest.mark.parametrize(
    ("section", "is_usable"),
    [("conf.get('container_registry', {})", True), ("conf.get('registry', {})", False)],
)
def test_attributes_of_a_section_of_another_name_are_not_used(
    tmp_path: Path, section: str, is_usable: bool
) -> None:
    source = FULL_LOADER.replace("conf.get('container_registry', {})", section)
    script = "from config import Configuration\ncfg = Configuration('c.json')\n"
    loader, _ = found(tmp_path, {"config.py": source, "submit.py": script}, "submit.py")
    assert loader is not None
    assert (not loader.hindrance) == is_usable

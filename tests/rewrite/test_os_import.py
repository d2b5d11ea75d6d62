from __future__ import annotations

import ast

import pytest

from codemods.syntax.source import NotRewritable
from migrator.rewrite.imports import is_os_bound, place_import_os
from migrator.understand.python.module import PythonModule
from tests.reading import module_of, node_of, notebook_of


def bound(source: str) -> bool:
    module = module_of(source)
    return is_os_bound(module, node_of(module, "here"))


def imported(module: PythonModule) -> str:
    """Return the text with ``import os`` for the place ``here``, which must see it then."""
    offset, text = place_import_os(module, node_of(module, "here"))
    new = module.text.text[:offset] + text + module.text.text[offset:]
    again = module_of(new)
    assert is_os_bound(again, node_of(again, "here"))
    return new


@pytest.mark.parametrize(
    "source",
    [
        "import os\nuse(here)",
        "import os.path\nuse(here)",
        "import json, os\nuse(here)",
        "import os as os\nuse(here)",
        "def f():\n  use(here)\nimport os",
        "def f():\n  import os\n  use(here)",
        "if x:\n  import os\n  use(here)",
        "import os\ndef f():\n  class C:\n    use(here)",
    ],
)
def test_os_is_bound_where_it_is_imported(source: str) -> None:
    assert bound(source)


@pytest.mark.parametrize(
    "source",
    [
        "use(here)",
        "use(here)\nimport os",
        "import os as o\nuse(here)",
        "from os import environ\nuse(here)",
        "def f():\n  import os\nuse(here)",
        "if x:\n  import os\nuse(here)",
        "if x:\n  import os\nelse:\n  use(here)",
        "class C:\n  import os\n  def f(self): use(here)",
        "if TYPE_CHECKING:\n  import os\ndef f(): use(here)",
        "try:\n  import os\nexcept E:\n  pass\nuse(here)",
        "def f(): use(here)\nf()\nimport os",
        "f = lambda: use(here)\nimport os",
    ],
)
def test_os_is_not_bound_where_its_import_is_not_sure_to_have_run(source: str) -> None:
    assert not bound(source)


@pytest.mark.parametrize(
    "source",
    [
        "os = 1\nuse(here)",
        "from mine import os\nuse(here)",
        "from os import *\nuse(here)",
        "import sys as os\nuse(here)",
        "def f(os):\n  use(here)",
        "import os\nif x:\n  os = None\nuse(here)",
        "for os in x:\n  use(here)",
        "def os(): pass\nuse(here)",
        "import os\ndel os\nuse(here)",
        "def f():\n  use(here)\nimport os\nos = 1",
    ],
)
def test_an_os_that_is_something_else_is_refused(source: str) -> None:
    with pytest.raises(NotRewritable, match="os means something else"):
        bound(source)


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n  use(here)\n  import os",
        "import os\ndef f():\n  use(here)\n  import os.path",
        "def f():\n  if x:\n    import os\n  use(here)",
        "def f():\n  def g():\n    use(here)\n  g()\n  import os",
        "def f():\n  try:\n    import os\n  except E:\n    pass\n  use(here)",
        "def f():\n  use(here)\n  for os in x: pass",
        "class C:\n  use(here)\n  import os",
    ],
)
def test_an_os_that_a_function_binds_too_late_is_refused(source: str) -> None:
    with pytest.raises(NotRewritable, match="os is bound later"):
        bound(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("use(here)\n", "import os\nuse(here)\n"),
        ("import sys\nuse(here)\n", "import os\nimport sys\nuse(here)\n"),
        ("import json\nimport sys\nuse(here)\n", "import json\nimport os\nimport sys\nuse(here)\n"),
        ("import json  # why\nuse(here)\n", "import json\nimport os  # why\nuse(here)\n"),
        ("from a import b\nuse(here)\n", "import os\nfrom a import b\nuse(here)\n"),
        ("'''Doc.'''\nuse(here)\n", "'''Doc.'''\nimport os\nuse(here)\n"),
        (
            "from __future__ import print_function\nuse(here)\n",
            "from __future__ import print_function\nimport os\nuse(here)\n",
        ),
        ("'doc'; use(here)\n", "'doc'; import os\nuse(here)\n"),
        ("@g\n@h(1)\ndef f():\n  use(here)\n", "import os\n@g\n@h(1)\ndef f():\n  use(here)\n"),
        ("@g\nclass C:\n  use(here)\n", "import os\n@g\nclass C:\n  use(here)\n"),
        (
            "try:\n  import b\nexcept E: pass\nuse(here)\n",
            "import os\ntry:\n  import b\nexcept E: pass\nuse(here)\n",
        ),
        ("if x:\n  import os\nuse(here)\n", "import os\nif x:\n  import os\nuse(here)\n"),
        ("def f():\n  use(here)\nimport sys\n", "import os\ndef f():\n  use(here)\nimport sys\n"),
        ("x = 1; import sys\nuse(here)\n", "x = 1; import os\nimport sys\nuse(here)\n"),
        ("import sys; use(here)\n", "import os\nimport sys; use(here)\n"),
        ("import sys\r\nuse(here)\r\n", "import os\r\nimport sys\r\nuse(here)\r\n"),
    ],
)
def test_the_import_stands_beside_the_others(source: str, expected: str) -> None:
    new = imported(module_of(source))
    assert new == expected
    ast.parse(new)


def test_an_import_stands_in_the_cell_of_the_job_where_no_earlier_cell_imports() -> None:
    module = notebook_of("x = 1", "%matplotlib inline\n@g\ndef f():\n  use(here)", "import sys")
    place = place_import_os(module, node_of(module, "here"))
    assert place == (module.text.text.index("@g"), "import os\n")


def test_an_import_stands_in_the_first_cell_that_imports() -> None:
    module = notebook_of("import sys", "import json", "use(here)")
    offset, text = place_import_os(module, node_of(module, "here"))
    assert (module.text.place(offset).cell, text) == (0, "import os\n")

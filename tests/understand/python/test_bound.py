from __future__ import annotations

import pytest

from migrator.understand.python import bound
from tests.reading import module_of, node_of, notebook_of

CFG = "cfg = load()\n"


def is_bound(source: str) -> bool:
    module = module_of(source)
    return bool(bound(module.names, "cfg", node_of(module, "here")))


@pytest.mark.parametrize(
    "source",
    [
        f"{CFG}use(here)",
        f"{CFG}def f():\n  use(here)",
        f"{CFG}def f():\n  def g():\n    use(here)\n  g()\nf()",
        f"{CFG}class C:\n  def f(self):\n    use(here)\nC().f()",
        f"def f():\n  use(here)\n{CFG}f()",
        f"def f():\n  use(here)\ndef g():\n  f()\n{CFG}g()",
        f"def f():\n  use(here)\n{CFG}if __name__ == '__main__':\n  f()",
        f"class C:\n  def f(self):\n    use(here)\n{CFG}C().f()",
        f"def f():\n  {CFG}  use(here)",
        f"def f():\n  def g():\n    use(here)\n  {CFG}  g()",
        "def f(cfg):\n  use(here)",
        f"if x:\n  {CFG}  use(here)",
        f"if x:\n  {CFG}  def f():\n    use(here)",
        f"for x in y:\n  {CFG}  use(here)",
        f"try:\n  {CFG}  use(here)\nfinally:\n  pass",
        f"with open(x) as f:\n  {CFG}use(here)",
        f"{CFG}use([here for x in y])",
        f"{CFG}use(lambda: here)",
        f"def f():\n  f()\n  use(here)\n{CFG}f()",
        "import x as cfg\nuse(here)",
        # What the code needs already is no less bound for new code in the same place.
        f"if x:\n  {CFG}use(here, cfg.location)",
        f"if x:\n  {CFG}print(cfg)\nuse(here)",
        f"try:\n  {CFG}except E:\n  pass\nuse(here, cfg.location)",
        f"def f():\n  use(here, cfg.location)\nif __name__ == '__main__':\n  {CFG}  f()",
    ],
)
def test_a_name_is_bound_that_every_path_binds_first(source: str) -> None:
    assert is_bound(source)


@pytest.mark.parametrize(
    "source",
    [
        "use(here)",
        f"use(here)\n{CFG}",
        f"def f():\n  use(here)\n  {CFG}",
        f"{CFG}def f():\n  use(here)\n  cfg = 1",
        f"def f():\n  use(here)\nf()\n{CFG}",
        f"def f():\n  use(here)\ndef g():\n  f()\ng()\n{CFG}",
        f"def f():\n  use(here)\nThread(target=f).start()\n{CFG}",
        f"def f():\n  use(here)\nlater = [f]\nlater[0]()\n{CFG}",
        f"@run\ndef f():\n  use(here)\n{CFG}",
        f"class C:\n  def f(self):\n    use(here)\nC().f()\n{CFG}",
        f"class C:\n  def f(self):\n    use(here)\nclass D(C):\n  pass\nD().f()\n{CFG}",
        f"class C:\n  def f():\n    use(here)\n  f()\n{CFG}",
        f"f = lambda: use(here)\nf()\n{CFG}",
        f"def f():\n  def g():\n    use(here)\n  g()\n  {CFG}",
        f"for x in y:\n  use(here)\n  {CFG}",
        f"while x:\n  {CFG}use(here)",
        f"if x:\n  {CFG}use(here)",
        f"if TYPE_CHECKING:\n  {CFG}def f():\n  use(here)",
        f"def f():\n  use(here)\nif x:\n  {CFG}f()",
        f"try:\n  {CFG}except E:\n  pass\nuse(here)",
        f"def f():\n  global cfg\n  {CFG}use(here)",
        f"class C:\n  {CFG}  def f(self):\n    use(here)",
        f"if x:\n  {CFG}use(here)\nprint(cfg)",
        f"if x:\n  {CFG}if y:\n  print(cfg)\nuse(here)",
        f"if x:\n  {CFG}use(here, lambda: cfg)",
        f"if x:\n  {CFG}use(here, y and cfg)",
    ],
)
def test_a_name_is_not_bound_that_some_path_leaves_unbound(source: str) -> None:
    assert not is_bound(source)


def test_cells_run_in_their_order() -> None:
    early = notebook_of("def f():\n  use(here)", "cfg = load()", "f()")
    late = notebook_of("def f():\n  use(here)", "f()", "cfg = load()")
    assert bound(early.names, "cfg", node_of(early, "here"))
    assert not bound(late.names, "cfg", node_of(late, "here"))

"""An image in one module, the job in another: both change together, or neither does."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.syntax.edits import Edit
from migrator.discover.reading import Overlay
from migrator.model import Change, Status
from migrator.understand.python.folding import Known
from migrator.understand.python.module import PythonModule
from migrator.understand.python.modules import Modules
from migrator.understand.python.values import Unknown, evaluate
from tests.trees import IMAGE, MODELS, TARGET, after, changed, findings, notebook, planned, the_job, tree_of

BUILDER = (
    MODELS
    + """

def make_job(image, nodes=1):
    return models.JobCreateParameters(
        node_count=nodes,
        container_settings=models.ContainerSettings(
            image_source_registry=models.ImageSourceRegistry(image=image)),
        tensor_flow_settings=models.TensorFlowSettings(python_script_file_path='train.py'))
"""
)
CALL = f"from jobs.build import make_job\nmake_job('{IMAGE}')\n"


@pytest.mark.parametrize(
    "other",
    [
        {"b.py": "from jobs.build import make_job\nmake_job('ubuntu')\n"},
        {"b.py": "from jobs.build import *\nmake_job('ubuntu')\n"},
        {"b.ipynb": notebook("import jobs.build", "jobs.build.make_job('ubuntu')")},
        {"b.py": "from jobs.build import make_job\nmaker = make_job\n"},
        {"b.py": "from jobs import build\ngetattr(build, 'make_job')('ubuntu')\n"},
        {"b.py": "from jobs.build import make_job\nprint 'two'\nmake_job('ubuntu')\n"},
        {"b.ipynb": notebook("from jobs.build import make_job", "print 'two', make_job('ubuntu')")},
        {"b.sh": "python -c \"from jobs.build import make_job; make_job('ubuntu')\"\n"},
        {"b.py": "from jobs.build import make_job\nmake_job(*everything)\n"},
        {"b.py": f"from jobs.build import make_job\nmake_job(image='{IMAGE}')\nmake_job(name)\n"},
    ],
    ids=str,
)
def test_another_caller_that_is_not_known_to_agree_leaves_both_ends_alone(
    tmp_path: Path, other: dict[str, str]
) -> None:
    found = planned(tmp_path, {"jobs/build.py": BUILDER, "a.py": CALL, **other})
    assert the_job(found).status is Status.MANUAL
    assert changed(found) == []


def test_a_builder_without_a_caller_is_manual(tmp_path: Path) -> None:
    job = the_job(planned(tmp_path, {"jobs/build.py": BUILDER}))
    assert (job.status, job.rule) == (Status.MANUAL, "image-unknown")
    assert "no known caller" in job.trace[-1]


@pytest.mark.parametrize(
    ("path", "caller"),
    [
        ("a.py", CALL),
        ("a.py", f"import jobs.build as b\nb.make_job(image='{IMAGE}')\n"),
        (
            "runs/a.py",
            f"import sys\nsys.path.append('..')\nfrom jobs.build import make_job\nmake_job('{IMAGE}')\n",
        ),
        ("jobs/a.py", f"from .build import make_job\nmake_job('{IMAGE}', 2)\n"),
        ("a.ipynb", notebook("from jobs.build import make_job", f"!ls\nmake_job('{IMAGE}')")),
    ],
)
def test_builder_and_literal_change_together(tmp_path: Path, path: str, caller: str) -> None:
    found = planned(tmp_path, {"jobs/build.py": BUILDER, path: caller})
    assert the_job(found).target == TARGET
    assert changed(found) == sorted([path, "jobs/build.py"])
    assert f"'{TARGET}'" in after(found, path)
    assert "image=image," in after(found, "jobs/build.py")
    (finding,) = findings(found, "builder-logs-in")
    assert "make_job()" in finding.message


def test_a_default_is_changed_where_it_stands(tmp_path: Path) -> None:
    builder = BUILDER.replace("make_job(image,", f"make_job(image='{IMAGE}',")
    found = planned(
        tmp_path, {"jobs/build.py": builder, "a.py": "from jobs.build import make_job\nmake_job()\n"}
    )
    assert changed(found) == ["jobs/build.py"]
    assert f"image='{TARGET}'" in after(found, "jobs/build.py")


@pytest.mark.parametrize(
    "use", ["import settings\nmake_job(settings.IMAGE)\n", "from settings import IMAGE\nmake_job(IMAGE)\n"]
)
def test_a_constant_of_a_third_module_is_changed_there(tmp_path: Path, use: str) -> None:
    files = {"jobs/build.py": BUILDER, "settings.py": f"IMAGE = '{IMAGE}'\n"}
    found = planned(tmp_path, {**files, "a.py": "from jobs.build import make_job\n" + use})
    assert changed(found) == ["jobs/build.py", "settings.py"]
    assert after(found, "settings.py") == f"IMAGE = '{TARGET}'\n"


@pytest.mark.parametrize(
    "other",
    [
        "from settings import IMAGE\nprint(IMAGE)\n",
        "import settings\nprint(settings.IMAGE)\n",
        "import settings\nprint 'two', settings.IMAGE\n",
        "import settings\ngetattr(settings, 'IMAGE')\n",
    ],
)
def test_a_constant_that_another_module_uses_too_stays(tmp_path: Path, other: str) -> None:
    use = "from jobs.build import make_job\nimport settings\nmake_job(settings.IMAGE)\n"
    files = {"jobs/build.py": BUILDER, "settings.py": f"IMAGE = '{IMAGE}'\n", "a.py": use, "b.py": other}
    found = planned(tmp_path, files)
    assert (the_job(found).rule, changed(found)) == ("shared-constant", [])


def test_a_literal_outside_of_the_paths_leaves_the_builder_alone(tmp_path: Path) -> None:
    files = {
        "jobs/build.py": "import sys\nsys.path.append('..')\nimport settings\n"
        + BUILDER
        + "make_job(settings.IMAGE)\n"
    }
    found = planned(tmp_path, {**files, "settings.py": f"IMAGE = '{IMAGE}'\n"}, path="jobs")
    assert (the_job(found).rule, changed(found)) == ("not-rewritable", [])


def test_modules_that_import_each_other_end(tmp_path: Path) -> None:
    files = {"a.py": "from b import IMAGE\n", "b.py": "from a import IMAGE\n"}
    job = MODELS + "from a import IMAGE\n" + BUILDER.split("\n\n\n")[1] + "make_job(IMAGE)\n"
    assert the_job(planned(tmp_path, {**files, "c.py": job})).rule == "image-unknown"


def test_a_constant_that_changed_is_seen_from_a_module_that_did_not(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"a.py": "IMAGE = 'old'\n", "b.py": "from a import IMAGE\nx = IMAGE\n"})
    modules = Modules(tree)
    b = modules.at("b.py")
    assert b is not None
    (use,) = b.loads["IMAGE"]
    before = evaluate(b, use)
    start = len("IMAGE = '")
    change = Change(path="a.py", before=b"IMAGE = 'old'\n", edits=(Edit(start, start + 3, b"new"),))
    modules.lay_over(Overlay(tree, {"a.py": change}), {"a.py"})
    after = evaluate(b, use)
    assert isinstance(before, Known)
    assert isinstance(after, Known)
    assert (before.value, after.value) == ("old", "new")
    assert modules.at("b.py") is b


def test_a_caller_in_another_folder_is_read_when_its_function_is_asked_for(tmp_path: Path) -> None:
    caller = '{"cells": [{"cell_type": "code", "source": "from a import make\\nmake(1)"}]}'
    modules = Modules(tree_of(tmp_path, {"a.py": "def make(x):\n    return x\n", "b.ipynb": caller}))
    a = modules.at("a.py")
    (b,) = modules.parsed("b.ipynb")
    assert a is not None
    assert isinstance(b.module, PythonModule)
    assert [owner for owner, _ in modules.uses(a, "make")] == [b.module.names]


@pytest.mark.parametrize("setting", ["patch('settings.N', 4)", "monkeypatch.setattr('settings.N', 4)"])
def test_a_constant_that_is_set_by_its_dotted_name_is_unknown(tmp_path: Path, setting: str) -> None:
    files = {"settings.py": "N = 1\n", "a.py": "import settings\nuse(settings.N)\n"}
    for other, expected in ((f"print('{setting[:5]}')\n", Known), (f"{setting}\n", Unknown)):
        (module,) = Modules(tree_of(tmp_path / expected.__name__, {**files, "b.py": other})).parsed("a.py")
        assert isinstance(module.module, PythonModule)
        (use,) = module.module.names.reads["N"]
        assert isinstance(evaluate(module.module.names, use), expected)


NODES = "class Nodes:\n    def __init__(self, number):\n        self.number = number\n"


def test_what_another_program_passes_does_not_count_in_this_one(tmp_path: Path) -> None:
    called = "from nodes import Nodes\nx = Nodes(%d).number\n"
    files = {"nodes.py": NODES, "a.ipynb": notebook(called % 1), "b.ipynb": notebook(called % 4)}
    modules = Modules(tree_of(tmp_path, files))
    found = [number_in(modules, path) for path in ("a.ipynb", "b.ipynb")]
    assert [each.value for each in found if isinstance(each, Known)] == [1, 4]


def test_two_values_in_one_program_are_unknown(tmp_path: Path) -> None:
    called = "from nodes import Nodes\nx = Nodes(1).number\ny = Nodes(4)\n"
    modules = Modules(tree_of(tmp_path, {"nodes.py": NODES, "a.ipynb": notebook(called)}))
    assert isinstance(number_in(modules, "a.ipynb"), Unknown)


def number_in(modules: Modules, path: str) -> Known | Unknown:
    (parsed,) = modules.parsed(path)
    assert isinstance(parsed.module, PythonModule)
    (read,) = parsed.module.names.reads["number"]
    return evaluate(parsed.module.names, read)


def test_programs_that_share_a_module_are_each_asked_as_much_as_if_they_were_few(tmp_path: Path) -> None:
    """The questions asked of one program do not grow with the others."""
    called = "from nodes import Nodes\nx = Nodes(%d).number\n"
    asked = []
    for number in (2, 20):
        files = {f"{n}.ipynb": notebook(called % n) for n in range(number)}
        modules = Modules(tree_of(tmp_path / str(number), {**files, "nodes.py": NODES}))
        number_in(modules, "0.ipynb")
        (parsed,) = modules.parsed("0.ipynb")
        assert isinstance(parsed.module, PythonModule)
        asked.append(len(parsed.module.objects.answers.kept))
    assert asked[0] == asked[1]

from __future__ import annotations

import time
from pathlib import Path

import pytest

from migrator.model import Severity, Status
from migrator.understand.scripts.commands import changed_specs
from migrator.understand.texts import Text
from tests.trees import findings, jobs, notebook, planned, the_job

IMAGE = "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0"
SPEC = (
    '{"properties": {"nodeCount": 1, "cntkSettings": {}, "containerSettings": '
    f'{{"imageSourceRegistry": {{"image": "{IMAGE}"}}}}}}}}'
)
LOAD = "import json, sys\nspec = json.load(open('job.json'))\n"
DUMP = "json.dump(spec, open('job.json', 'w'))  # nodeCount\n"


@pytest.mark.parametrize(
    ("path", "text", "by"),
    [
        ("a.sh", "jq '.properties.nodeCount = 4' job.json > t\n", "jq"),
        ("a.sh", "jq --argjson n \"$N\" '.properties.nodeCount=$n' job.json > t\n", "jq"),
        ("a.sh", "cat job.json | jq '.properties.nodeCount |= 4' > t\n", "jq"),
        ("a.sh", "jq '.properties += {nodeCount: 4}' job.json > t\n", "jq"),
        ("a.sh", 'jq \'setpath(["properties","nodeCount"]; 2)\' job.json > t\n', "jq"),
        ("a.sh", 'jq \\\n  ".properties.nodeCount = $n" \\\n  job.json > t\n', "jq"),
        ("a.sh", 'jq "$FILTER" job.json > t # nodeCount\n', "jq"),
        ("a.sh", "yq w -i job.json properties.nodeCount 4\n", "yq w"),
        ("a.sh", 'sed -i \'s/"nodeCount": 1/"nodeCount": 4/\' job.json\n', "sed"),
        ("a.sh", 'sed -i "s/\\"nodeCount\\": 1/\\"nodeCount\\": $N/" "$SPEC"\n', "sed"),
        ("a.sh", "find . -name '*.json' -exec sed -i 's/\"nodeCount\": 1/\"nodeCount\": 4/' {} +\n", "sed"),
        ("a.ps1", "$s = gc job.json | ConvertFrom-Json\n$s.properties.nodeCount = 4\n", "a statement"),
        ("a.ps1", "(gc job.json) -replace '\"nodeCount\": 1', '\"nodeCount\": 4'\n", "-replace"),
        ("a.js", "const s = require('./job.json');\ns.properties.nodeCount = 4;\n", "a statement"),
        ("a.py", f"{LOAD}spec['properties']['nodeCount'] = 4\n{DUMP}", "a statement"),
        ("a.py", f"{LOAD}spec['properties'].update({{'nodeCount': 4}})\n{DUMP}", "update"),
        ("a.sh", "jq -f more.jq job.json > t\n", "jq"),
        ("a.sh", "jq -s 'add' job.json more.json > t\n", "jq"),
        ("a.sh", "jq --arg key \"$KEY\" '.properties[$key] = 2' job.json > t\n", "jq"),
        ("a.sh", "sed -i -f more.sed job.json\n", "sed"),
        ("a.sh", 'sed -i "s/\\"$KEY\\": 1/\\"$KEY\\": 2/" job.json\n', "sed"),
        ("a.sh", "patch job.json more.diff\n", "patch"),
        ("a.ps1", "$s = gc job.json | ConvertFrom-Json\n$s | Add-Member nodeCount 2 -Force\n", "Add-Member"),
        ("a.java", 'var s = load("job.json");\ns.get("properties").put("nodeCount", 2);\n', "put"),
        ("a.tf", 'x = merge(jsondecode(file("job.json")), { nodeCount = 2 })\n', "merge"),
        ("a.py", f"{LOAD}widen(spec)\n{DUMP}", "a statement"),
        ("a.py", "import json\njson.dump(widen(json.load(open('job.json'))), out)\n", "a statement"),
        ("a.py", f"{LOAD}print 'now'\nspec.update(more)\n{DUMP}", "a statement"),
        ("a.py", f"{LOAD}out.write(json.dumps(spec).replace(old, new))\n", "a statement"),
        ("a.js", "const s = require('./job.json');\nput(JSON.stringify({...s, ...more}));\n", "a statement"),
        ("a.ipynb", notebook('!sed -i \'s/"nodeCount": 1/"nodeCount": 4/\' job.json'), "sed"),
    ],
)
def test_a_node_count_that_a_program_changes_is_unknown(
    tmp_path: Path, path: str, text: str, by: str
) -> None:
    job = the_job(planned(tmp_path, {path: text, "job.json": SPEC}))
    assert (job.rule, job.node_count) == ("node-count-unknown", None)
    assert job.trace[0].startswith(path)
    assert job.trace[0].endswith(f": {by} changes nodeCount")


@pytest.mark.parametrize(
    "change",
    [
        "for key in sys.argv:\n    spec['properties'][key] = 4\n",
        "spec['properties'].update(more)\n",
        "spec = {**spec, 'properties': more}\n",
        "part = spec.get('properties', {})\npart[KEY] = 2\n",
        "put = spec['properties'].update\nput(more)\n",
        "import operator\noperator.setitem(spec['properties'], KEY, 2)\n",
    ],
)
def test_a_spec_that_gets_entries_by_unknown_keys_has_neither_a_known_count_nor_image(
    tmp_path: Path, change: str
) -> None:
    job = the_job(planned(tmp_path, {"a.py": f"{LOAD}{change}{DUMP}", "job.json": SPEC}))
    assert (job.rule, job.node_count) == ("image-unknown", None)
    assert job.trace[0].startswith("a.py:")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", "N=$(jq .properties.nodeCount job.json)\n"),
        ("a.sh", "jq '.properties.nodeCount = 4' other.json > t\n"),
        ("a.sh", "# jq '.properties.nodeCount = 4' job.json\n"),
        ("a.sh", "sed -n '/nodeCount/p' job.json; grep nodeCount job.json\n"),
        ("b/a.sh", "jq '.properties.nodeCount = 4' job.json > t\n"),
        ("a.sh", "jq --arg name \"$NAME\" '.location = $name' other.json > t; cat job.json\n"),
        ("a.sh", 'sed -i "s/<IMAGE>/$IMAGE/" job.json\n'),
        ("a.py", f"{LOAD}print(spec['properties']['nodeCount'])\n"),
        ("a.py", f"{LOAD}more = {{}}\nmore[KEY] = spec['properties']['nodeCount']\n{DUMP}"),
        ("a.py", f"{LOAD}mine = spec\nmine['properties']['inputs'] = find(mine['name'])\n{DUMP}"),
        ("a.py", "import json, glob\nx = [json.load(open(n)) for n in glob.glob('*')]\njson.dump(x, f)\n"),
        ("a.py", f"{LOAD}if spec['properties']['nodeCount'] == 4:\n    pass\n"),
    ],
)
def test_a_node_count_that_is_read_or_another_specs_stays_known(tmp_path: Path, path: str, text: str) -> None:
    assert the_job(planned(tmp_path, {path: text, "job.json": SPEC})).node_count == 1


def test_a_spec_that_a_notebook_writes_and_changes_is_unknown(tmp_path: Path) -> None:
    cells = ("%%writefile job.json\n" + SPEC, '!sed -i \'s/"nodeCount": 1/"nodeCount": 4/\' job.json')
    (job,) = jobs(planned(tmp_path, {"a.ipynb": notebook(*cells)}))
    assert job.rule == "node-count-unknown"


NGC = SPEC.replace(f'"{IMAGE}"', '"tensorflow/tensorflow:1.8.0-gpu"').replace("cntk", "tensorFlow")


@pytest.mark.parametrize(
    "line",
    [
        "envsubst < job.json > j.json",
        'eval "cat <<X\n$(cat job.json)\nX"',
        "cat job.json | envsubst > j.json",
        "python -c \"import os; print(os.path.expandvars(open('job.json').read()))\" > j.json",
        "python -c \"print(string.Template(open('job.json').read()).substitute({}))\" > j.json",
        "perl -pe 's/\\$(\\w+)/$ENV{$1}/g' job.json > j.json",
    ],
)
def test_a_spec_that_loses_its_user_name_is_told(tmp_path: Path, line: str) -> None:
    submit = "az batchai job create -f job.json"
    found = planned(tmp_path, {"a.sh": f"{line}\n{submit}\n", "job.json": NGC})
    (finding,) = findings(found, "user-name-expanded")
    assert (finding.severity, finding.place.path) == (Severity.WARNING, "job.json")
    assert finding.message.startswith("a.sh:1 passes this spec through ")


@pytest.mark.parametrize(
    "line",
    [
        "envsubst '$NODES $SHARE' < job.json > j.json",
        "# envsubst < job.json",
        "envsubst < other.json > j.json",
        "perl -pe 's/a/b/' job.json > j.json",
    ],
)
def test_a_spec_whose_user_name_stays_has_no_warning(tmp_path: Path, line: str) -> None:
    found = planned(tmp_path, {"a.sh": line + "\n", "job.json": NGC})
    assert findings(found, "user-name-expanded") == []


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "nodeCount",
            "jq $X ",
            '["nodeCount"]=',
            "\\\n",
            "$A ",
            "sed nodeCount\\\n",
            "[",
            'sed "s/',
            "patch ",
        ),
        *('sed "s/', "patch ", "a = json.load\nb = a\n", "a.get(", "json.dump "),
    ],
)
def test_the_time_grows_with_the_text_only(piece: str) -> None:
    text = "json jq " + piece * (20_000 // len(piece))
    start = time.process_time()
    list(changed_specs(Text(path="a.sh", data=b"", text=text, masked=text)))
    assert time.process_time() - start < 10


PLAIN = SPEC.replace("cntkSettings", "tensorFlowSettings").replace(IMAGE, "tensorflow/tensorflow:1.8.0-gpu")
STORE = "spec['properties']['containerSettings']['imageSourceRegistry']"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "a.sh",
            "jq '.properties.containerSettings.imageSourceRegistry.image = \"x/y:1\"' job.json > t\n",
        ),
        (
            "a.ps1",
            "$s = gc job.json | ConvertFrom-Json\n"
            "$s.properties.containerSettings.imageSourceRegistry.image = 'x/y:1'\n"
            "$s | ConvertTo-Json | Set-Content job.json\n",
        ),
        ("a.py", f"{LOAD}{STORE}['image'] = 'x/y:1'\n{DUMP}"),
        ("a.py", f"{LOAD}registry = {STORE}\nregistry['image'] = IMAGE\n{DUMP}"),
        ("a.py", f"{LOAD}registry = {STORE}\nregistry.update(image=IMAGE)\n{DUMP}"),
        ("a.py", f"{LOAD}spec['properties']['containerSettings'] = other\n{DUMP}"),
        ("a.py", f"{LOAD}renew(spec['properties']['containerSettings'])\n{DUMP}"),
        ("a.py", "text = open('job.json').read().replace('1.8.0-gpu', '1.4.0-gpu')\nsave(text)  # json\n"),
        (
            "a.js",
            "let s = require('./job.json');\ns.properties.containerSettings = b;\nput(JSON.stringify(s));\n",
        ),
        ("a.sh", "sed -i 's#tensorflow/tensorflow:1.8.0-gpu#x/y:1#' job.json\n"),
        ("a.sh", "sed -i 's/1\\.8\\.0-gpu/1.4.0-gpu/' job.json\n"),
        ("a.sh", 'sed -e \'s/"image": ".*"/"image": "x"/\' job.json > t\n'),
        ("a.sh", "jq '.properties.containerSettings |= . + $more' job.json > t\n"),
    ],
)
def test_a_spec_whose_image_a_program_sets_is_for_a_person(tmp_path: Path, path: str, text: str) -> None:
    found = jobs(planned(tmp_path, {"job.json": PLAIN, path: text}))
    (job,) = [each for each in found if each.place.path == "job.json"]
    assert (job.status, job.rule) == (Status.MANUAL, "image-unknown")
    assert path in job.trace[0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", "jq -r .properties.containerSettings.imageSourceRegistry.image job.json\n"),
        ("a.sh", "# jq '.imageSourceRegistry.image = 1' job.json\n"),
        ("a.py", f"{LOAD}print({STORE}['image'] == 'x/y:1')\n"),
        ("a.py", "import json\nspec = {}\nspec['image'] = 'x'\njson.dump(spec, open('job.json', 'w'))\n"),
        ("a.py", f"{LOAD}print({STORE})\nname = {STORE}['image']\n"),
        (
            "train.py",
            "import json\ncfg = json.load(open('net.json'))\nbatch['image'] = x\njson.dump(cfg, out)\n",
        ),
        (
            "train.py",
            "import json\nname = json.load(f)['name'].replace('.jpg', '.png')\njson.dump(name, out)\n",
        ),
        ("a.sh", "sed -i 's/<account>/mine/' job.json\nsed 's/1.8.0-gpu/1.9.0-gpu/' other.json > t\n"),
    ],
)
def test_a_spec_whose_image_is_only_read_migrates(tmp_path: Path, path: str, text: str) -> None:
    found = jobs(planned(tmp_path, {"job.json": PLAIN, path: text}))
    assert [each.status for each in found if each.place.path == "job.json"] == [Status.MIGRATE]

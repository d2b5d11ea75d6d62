from __future__ import annotations

import json

import pytest

from codemods.syntax.json_tree import Json
from migrator.understand.jobs.clusters import Cluster, find_cluster_specs, find_clusters, find_text_clusters
from migrator.understand.texts import Text
from tests.reading import module_of, notebook_of

IMPORT = "from azure.mgmt.batchai import models\n"
CREATE = "az batchai cluster create -n pool"
K80 = "Standard_NC6"


def made(source: str) -> set[str | None]:
    return {cluster.size for cluster in find_clusters([module_of(IMPORT + source)])}


def in_text(source: str) -> list[str | None]:
    text = Text(path="a/create.sh", data=source.encode(), text=source, masked=source)
    return [cluster.size for cluster in find_text_clusters(text)]


def specified(document: Json) -> list[str | None]:
    data = json.dumps(document).encode()
    return [cluster.size for cluster in find_cluster_specs("a/cluster.json", data)]


def test_a_file_that_is_no_json_specifies_nothing() -> None:
    assert find_cluster_specs("a/cluster.json", b'{"properties": {"vmSize": "Standard_NC6"}') == ()


@pytest.mark.parametrize(
    "source",
    [
        f"models.ClusterCreateParameters(vm_size='{K80}')",
        f"models.ClusterCreateParameters('eastus', '{K80}', users)",
        f"models.ClusterCreateParameters(**{{'vm_size': '{K80}'}})",
        "size = 'Standard_' + 'NC6'\nmodels.ClusterCreateParameters(vm_size=size)",
        f"def make(size):\n    return models.ClusterCreateParameters(vm_size=size)\nmake('{K80}')",
        f"pool = models.ClusterCreateParameters()\npool.vm_size = '{K80}'",
        f"setattr(pool, 'vm_size', '{K80}')",
        f"from azure.mgmt.batchai.models import *\nClusterCreateParameters(vm_size='{K80}')",
        f"subprocess.run(['az', 'batchai', 'cluster', 'create',\n  '-n', 'pool', '-s', '{K80}'])",
        f"size = '{K80}'\nsubprocess.run(['az', 'batchai', 'cluster', 'create', '--vm-size', size])",
        f"os.system('az batchai cluster create -n pool '\n    '-s {K80}')",
        f"size = '{K80}'\nos.system(f'az batchai cluster create --vm-size {{size}}')",
        f"body = {{'properties': {{'vmSize': '{K80}'}}}}  # batchai",
    ],
)
def test_code_that_makes_a_cluster_tells_its_size(source: str) -> None:
    assert K80 in made(source)
    assert not {size for size in made(source) if size not in (K80, None)}


@pytest.mark.parametrize(
    "source",
    [
        "models.FileServerCreateParameters(vm_size='Standard_D2_v2')",
        "server = models.FileServerCreateParameters()\nserver.vm_size = 'Standard_D2_v2'",
        "from azure.mgmt import compute\nvm = compute.VirtualMachine()\nvm.vm_size = 'Standard_D2_v2'",
        "body = {'properties': {'vmSize': 'Standard_D2_v2', 'dataDisks': {}}}",
        "os.system('az batchai file-server create -n nfs -s Standard_D2_v2')",
        "# az batchai cluster create -n pool -s Standard_NC6",
        "vm_size = 'Standard_NC6'",
        "compute.VirtualMachine(vm_size='Standard_NC6')",
    ],
)
def test_code_that_makes_no_cluster_tells_nothing(source: str) -> None:
    assert made(source) == set()


@pytest.mark.parametrize(
    "source",
    [
        f"size = os.environ.get('SIZE', '{K80}')\nmodels.ClusterCreateParameters(vm_size=size)",
        f"for size in ['{K80}', 'x']:\n    models.ClusterCreateParameters(vm_size=size)",
        f"add('--size', default='{K80}')\nmodels.ClusterCreateParameters(vm_size=args.size)",
        f"pool = models.ClusterCreateParameters(vm_size='{K80}')\npool.vm_size = pick()",
    ],
)
def test_where_a_size_is_not_known_every_gpu_that_the_code_spells_may_be_it(source: str) -> None:
    assert made(source + "\nother = 'Standard_D2_v2'") == {K80, None}


def test_the_cluster_of_another_module_counts() -> None:
    one = module_of(IMPORT + "models.ClusterCreateParameters(vm_size=settings.size)")
    other = module_of(f"size = '{K80}'")
    assert {each.size for each in find_clusters([one, other])} == {K80, None}


def test_a_cluster_in_a_notebook_has_its_cell() -> None:
    cells = [
        IMPORT,
        f"%%bash\n{CREATE} -s {K80}",
        f"!{CREATE} -s {K80}",
        f"size = '{K80}'\n!{CREATE} -s $size",
    ]
    found = find_clusters([notebook_of(*cells)])
    assert {(each.place.cell, each.place.line, each.size) for each in found} == {
        (1, 2, K80),
        (2, 1, K80),
        (3, 2, K80),
    }


@pytest.mark.parametrize(
    "source",
    [
        f"{CREATE} -s {K80} -t 1",
        f'{CREATE} \\\n  --vm-size "{K80}" \\\n  -t 1',
        f"{CREATE} --vm-size={K80}",
        f"SIZE={K80}\n{CREATE} -s $SIZE",
        f"{CREATE} -s ${{SIZE:-{K80}}}",
        f"set SIZE={K80}\r\n{CREATE} ^\r\n  -s %SIZE%\r\n",
        f"$size = '{K80}'\n{CREATE} `\n  -s $size\n",
        f"SIZE := {K80}\npool:\n\t{CREATE} -s $(SIZE)\n".replace(":=", "="),
        f'cat > c.json <<EOF\n{{"properties": {{"vmSize": "{K80}"}}}}\nEOF\n{CREATE} -f c.json',
        f"# batchai\nvmSize: {K80}\n",
        f'new BatchAICluster {{ VmSize = "{K80}" }}',
        f"New-AzureRmBatchAICluster -VMSize {K80}",
    ],
)
def test_text_that_makes_a_cluster_tells_its_size(source: str) -> None:
    assert in_text(source) == [K80]


@pytest.mark.parametrize(
    "source",
    [
        f"# {CREATE} -s {K80}",
        f"rem {CREATE} -s {K80}",
        f"// {CREATE} -s {K80}",
        "az batchai file-server create -n nfs -s Standard_D2_v2",
        f"{CREATE} -f cluster.json\naz vm create -s Standard_D2_v2",
        '# batchai\n{"properties": {"vmSize": "Standard_D2_v2", "dataDisks": {}}}',
        f"az vm create --size {K80}\nvmSize: {K80}",
        "The vmSize of a batchai cluster is its machines' size.",
    ],
)
def test_text_that_makes_no_cluster_tells_nothing(source: str) -> None:
    assert in_text(source) == []


def test_a_size_that_no_assignment_tells_is_not_known() -> None:
    assert in_text(f"{CREATE} -s $1") == [None]
    assert in_text(f"SIZE={K80}\nSIZE=Standard_D2\n{CREATE} -s $SIZE") == [K80, "Standard_D2"]


def test_a_command_that_is_only_shown_makes_no_cluster() -> None:
    assert in_text(f"echo {CREATE} -s {K80}") == []
    assert in_text(f"echo now; {CREATE} -s {K80}") == [K80]


def test_the_place_of_a_cluster_is_that_of_its_size() -> None:
    source = f"echo\n{CREATE} \\\n  -s {K80}\n"
    text = Text(path="a/create.sh", data=source.encode(), text=source, masked=source)
    assert find_text_clusters(text) == (Cluster(text.place(source.index("-s")), K80),)


@pytest.mark.parametrize(
    "document",
    [
        {"properties": {"vmSize": K80}},
        {"resources": [{"type": "Microsoft.BatchAI/workspaces/clusters", "properties": {"vmSize": K80}}]},
        {"resources": [{"type": "Microsoft.BatchAI/clusters", "properties": {"vmSize": K80}}]},
        {
            "parameters": {"size": {"type": "string", "defaultValue": K80}},
            "resources": [{"properties": {"vmSize": "[parameters('size')]"}}],
        },
        {"variables": {"size": K80}, "resources": [{"properties": {"vmSize": "[variables('size')]"}}]},
    ],
)
def test_a_cluster_spec_tells_its_size(document: Json) -> None:
    assert specified(document) == [K80]


@pytest.mark.parametrize(
    "document",
    [
        {"properties": {"nodeCount": 1}},
        {"properties": {"vmSize": "Standard_D2_v2", "dataDisks": {}, "sshConfiguration": {}}},
        {"properties": {"vmSize": {"type": "string"}}},
        {"type": "Microsoft.Batch/batchAccounts/pools", "properties": {"vmSize": K80}},
        {"properties": {"vmSize": K80, "deploymentConfiguration": {}}},
        {"properties": {"agentPoolProfiles": [{"vmSize": K80}], "hardwareProfile": {"vmSize": K80}}},
    ],
)
def test_what_specifies_no_cluster_tells_nothing(document: Json) -> None:
    assert specified(document) == []


def test_a_size_that_a_template_computes_is_not_known() -> None:
    assert specified({"properties": {"vmSize": "[concat('Standard_', parameters('size'))]"}}) == [None]

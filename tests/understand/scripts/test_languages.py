"""Jobs in every language of the table, and what looks like one there and is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrator.model import Status
from tests.trees import jobs, notebook, planned

IMAGE = "tensorflow/tensorflow:1.8.0-gpu"
SPEC = json.dumps(
    {
        "properties": {
            "nodeCount": 1,
            "tensorFlowSettings": {},
            "containerSettings": {"imageSourceRegistry": {"image": IMAGE}},
        }
    },
    indent=1,
)
BRACED = SPEC.replace("{", "{{").replace("}", "}}")
QUOTED = f"'''{SPEC}'''"
JAVA = "import com.microsoft.azure.management.batchai.*;\n"
FIELD = f"imageSourceRegistry: {{ image: '{IMAGE}' }}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("A.java", f'{JAVA}jobs.define("a").withNodeCount(1)\n .withContainerImage("{IMAGE}").create();'),
        ("A.java", f'{JAVA}x.withImageSourceRegistry(\n new ImageSourceRegistry()\n .withImage("{IMAGE}"));'),
        ("A.java", f'{JAVA}ImageSourceRegistry r = new ImageSourceRegistry();\nr.withImage("{IMAGE}");'),
        ("a.cs", f'using BatchAI;\nnew ImageSourceRegistry\n{{\n  Image = "{IMAGE}" }};'),
        ("a.cs", f'using BatchAI;\nnew ContainerSettings(new ImageSourceRegistry("{IMAGE}"));'),
        ("a.cs", 'var spec = @"' + SPEC.replace('"', '""') + '";'),
        ("a.js", f"jobs.create('n', {{ nodeCount: 1, containerSettings: {{ {FIELD} }} }});"),
        ("a.ts", f"const p: JobCreateParameters = {{ containerSettings: {{ {FIELD} }} }};"),
        ("a.ts", f"const spec = `{SPEC}`;"),
        ("a.go", f'batchai.X{{ImageSourceRegistry: &batchai.ImageSourceRegistry{{Image: p("{IMAGE}")}}}}'),
        ("a.kt", f'{JAVA}val r = ImageSourceRegistry().withImage("{IMAGE}")'),
        ("a.rb", f"require 'batchai'\nr = ImageSourceRegistry.new\nr.image = '{IMAGE}'\n"),
        ("a.tf", f"body = <<BODY\n{SPEC}\nBODY\n"),
        ("a.tf", f'containerSettings = {{ imageSourceRegistry = {{ image = "{IMAGE}" }} }}'),
        ("a.bicep", f"properties: {{ nodeCount: 1\n containerSettings: {{ {FIELD} }} }}"),
        ("a.conf", f'batchai {{ imageSourceRegistry {{\n image = "{IMAGE}"\n}} }}'),
        ("Jenkinsfile", f"sh {QUOTED} // batchai"),
        ("JOB.YAML", f"containerSettings:\n  imageSourceRegistry:\n    image: {IMAGE}\n"),
        ("job.json.sample", SPEC),
        ("job.json.example", SPEC),
        ("a.rs", f"let spec = json!({SPEC});"),
        ("a.php", f"$s = ['nodeCount' => 1, 'imageSourceRegistry' => ['image' => '{IMAGE}']];"),
        ("a.jsonnet", f"{{ nodeCount: 1, containerSettings: {{ {FIELD} }} }}"),
        ("a.py", f"import json\nspec = json.loads({QUOTED})\n"),
        ("a.py", f"submit(  # the job\n{QUOTED})\n"),
        ("a.py", f"get_ipython().run_cell_magic('bash', '', {QUOTED})\n"),
        ("A.PY", f"SPEC = {QUOTED}\n"),
        ("a.py", f"S = '''\ncontainerSettings:\n  imageSourceRegistry:\n    image: {IMAGE}\n'''\n"),
        ("a.ipynb", notebook("x = 1", f"spec = {QUOTED}")),
        ("a.ipynb", notebook("x = 1", "!echo '" + SPEC.replace("\n", "") + "' > job.json")),
        ("a.ipynb", notebook("%%writefile {NAME}\n" + SPEC)),
        ("a.ipynb", notebook("%%writefile run.sh\ncat > job.json <<EOF\n" + SPEC + "\nEOF\n")),
        ("a.ipynb", notebook("%%spec job.json\n" + SPEC)),
        ("a.ipynb", notebook("%%python3\nimport batchai\nImageSourceRegistry(image='" + IMAGE + "')")),
    ],
)
def test_a_job_is_found_in_every_language(tmp_path: Path, path: str, text: str) -> None:
    (job,) = jobs(planned(tmp_path, {path: text}))
    assert (job.status, job.rule, job.image) == (Status.MANUAL, "job-in-text", IMAGE)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.java", f"{JAVA}define().withContainerImage(IMAGE);"),
        ("a.cs", 'var s = $@"' + BRACED.replace('"', '""').replace(IMAGE, "{image}") + '";'),
        ("a.ts", "const s = `" + SPEC.replace(IMAGE, "${image}") + "`;"),
        ("a.bicep", "containerSettings: { imageSourceRegistry: { image: image } }"),
        ("a.yml", 'containerSettings:\n  imageSourceRegistry:\n    image: "{{ image }}"\n'),
        ("a.yml", "containerSettings:\n  imageSourceRegistry:\n    <<: *ours\n"),
        ("a.py", f"S = f'''{BRACED.replace(IMAGE, '{image}')}'''\n"),
        ("a.py", f"S = '''{SPEC.replace(IMAGE, '%s')}''' % image\n"),
        ("a.ipynb", notebook("%%fill job.json\n" + BRACED.replace(IMAGE, "{image}"))),
    ],
)
def test_a_job_whose_image_is_not_written_out_is_found_without_it(
    tmp_path: Path, path: str, text: str
) -> None:
    (job,) = jobs(planned(tmp_path, {path: text}))
    assert (job.rule, job.image) == ("job-in-text", None)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yml", "container_settings:\n  name: me/web:1\n  registry_server_url: x.azurecr.io\nbatchai: 1\n"),
        ("a.yml", f"nodeCount: 2\ntasks:\n- containerSettings:\n    imageName: {IMAGE}\n"),
        ("a.yml", f"imageSourceRegistry: quay.io\nnodeCount: 3\nimage: {IMAGE}\n"),
        ("a.yml", f"interactions:\n- request:\n    body: '{SPEC}'\n"),
        ("a.yml", f"log:\n  request:\n    postData: '{SPEC}'\n  response:\n    status: 200\n"),
        ("a.yml", f"swagger: '2.0'\nx: {{containerSettings: {{{FIELD}}}}}\n"),
        ("a.yml", f"executionState: running\ncontainerSettings:\n  {FIELD}\n"),
        ("a.js", f"nock('https://x').put('/jobs', {SPEC}).reply(200, {{}});"),
        ("a.js", f"const t = {{ nodeCount: 1, containerSettings: {{ imageName: '{IMAGE}' }} }};"),
        ("a.js", f"// {FIELD} batchai\n/* {FIELD} */\n"),
        ("a.ts", "interface A { containerSettings?: S; imageSourceRegistry: ImageSourceRegistry; }"),
        ("a.cs", f'new Builder().WithContainerImage("{IMAGE}");'),
        ("a.cs", f'using BatchAI;\nt.ContainerSettings = new TaskContainerSettings("{IMAGE}");'),
        ("A.java", f'p.withContainerSettings(new TaskContainerSettings().withImageName("{IMAGE}"));'),
        ("a.py", f"class ContainerSettings:\n    pass\n\n\nx = ContainerSettings('{IMAGE}')  # batchai\n"),
        ("a.cs", "namespace BatchAI;\nclass C { public C(ImageSourceRegistry r) { } }"),
        ("A.java", f"{JAVA}class A {{ A withImageSourceRegistry(ImageSourceRegistry r) {{ this.r = r; }} }}"),
        ("a.json", json.dumps({"parameters": {"a": json.loads(SPEC)}, "responses": {}})),
        ("a.json", json.dumps([{"RequestBody": json.loads(SPEC), "ResponseBody": json.loads(SPEC)}])),
        ("a.py", f'"""Makes this:\n\n{SPEC}\n"""\nimport os\n'),
        ("a.py", f'def make():\n    """Return this.\n    {SPEC}\n    """\n    return 1\n'),
        ("a.py", "# " + SPEC.replace("\n", "\n# ") + "\n"),
        ("a.ipynb", notebook("%%html\n" + SPEC)),
        ("a.ipynb", notebook("%%writefile README.md\n" + SPEC)),
    ],
)
def test_what_is_no_batch_ai_job_is_not_reported(tmp_path: Path, path: str, text: str) -> None:
    assert jobs(planned(tmp_path, {path: text})) == []


CODE = (
    f"from azure.mgmt.batchai import models as m\nIMAGE = '{IMAGE}'",
    "job = m.JobCreateParameters(node_count=1, tensor_flow_settings=m.TensorFlowSettings(), "
    "container_settings=m.ContainerSettings("
    "image_source_registry=m.ImageSourceRegistry(image=IMAGE)))\nhelp(m.JobCreateParameters)",
)


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("%%bash\necho $IMAGE", "ngc-image"),
        ("%%bash -s $IMAGE\necho $1", "image-unknown"),
        ("%%time\n!echo $IMAGE", "shared-constant"),
    ],
)
def test_only_the_first_line_of_a_shell_cell_uses_python_names(tmp_path: Path, cell: str, rule: str) -> None:
    (job,) = jobs(planned(tmp_path, {"a.ipynb": notebook(CODE[0], cell, CODE[1])}))
    assert job.rule == rule

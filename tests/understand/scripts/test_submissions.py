from __future__ import annotations

from pathlib import Path

import pytest

from tests.trees import job_spec, jobs, notebook, planned

IMAGE = "tensorflow/tensorflow:1.8.0-gpu"
SUBMIT = "az batchai job create -n one -c pool "
NIGHT = SUBMIT + "-f night.json\n"


def rules(folder: Path, files: dict[str, str]) -> list[str]:
    return [job.rule for job in jobs(planned(folder, dict(files)))]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.cmd", "az batchai job create -n x ^\r\n  -c pool ^\r\n  -f night.json\r\n"),
        ("a.ps1", "az batchai job create -n x `\n  --config-file night.json\n"),
        ("a.sh", "az batchai job create \\\n -n x \\\n --config-file=night.json\n"),
        ("a.sh", SUBMIT + "-f 'my night.json'\n"),
        ("a.sh", SUBMIT + "-f ~/night.json\n"),
        ("ci.yml", "- run: >\n    az batchai job create\n    -n x\n    -f night.json\n"),
        (
            "a.py",
            "run(['az', 'batchai', 'job', 'create',\n     '-n', 'x',\n     '--config-file', 'night.json'])\n",
        ),
        ("a.py", f"import os\nos.system('{NIGHT.strip()}')\n"),
        ("a.py", "import os\nos.system('az batchai job create '\n          '-n x -f night.json')\n"),
        ("a.py", "invoke(['batchai', 'job', 'create', '-n', 'x', '-f', 'night.json'])\n"),
        ("a.js", "spawn('az', ['batchai', 'job', 'create', '-n', 'x',\n  '-f', 'night.json']);"),
        ("a.py", "print 1\nimport os\nos.system('az batchai job create -f night.json')\n"),
        ("a.py", "x = ['batchai', 'job', 'create']\nx.extend(['-n', 'x'])\nx += ['-f', 'night.json']\n"),
        ("a.py", "AZ = ['az', 'batchai']\nrun(AZ + ['job', 'create', '-f', 'night.json'])\n"),
        ("a.yml", "argv:\n  - az\n  - batchai\n  - job\n  - create\n  - --config-file\n  - night.json\n"),
        ("package.json", '{"scripts": {"night": "az batchai job create -f night.json"}}'),
        ("tasks.json", '{"command": "az", "args": ["batchai", "job", "create", "-f", "night.json"]}'),
        ("Rakefile", f"sh '{NIGHT.strip()}'\n"),
        ("justfile", f"night:\n  {NIGHT}"),
        ("a.pl", f"system('{NIGHT.strip()}');\n"),
        ("a.ipynb", notebook("!az batchai job create -n x \\\n  -f night.json")),
        ("a.ipynb", notebook("%%bash\n" + NIGHT)),
        ("a.sh", f"# writes > night.json\n{NIGHT}"),
        ("a.sh", f"cat night.json\n{NIGHT}"),
        ("a.sh", f"cp /mnt/base.json night.json\n{NIGHT}"),
        ("a.sh", f"wget -O night.json https://example.org/night.json\n{NIGHT}"),
        ("a.sh", f"curl -s https://example.org/night.json > night.json\n{NIGHT}"),
        ("a.sh", f"az storage file download --path night.json\n{NIGHT}"),
        ("a.ps1", f"Invoke-WebRequest https://example.org/a -OutFile night.json\n{NIGHT}"),
        ("a.py", f"f = open('night.json', 'wb')\nf.write(1)\nos.system('{SUBMIT} -f day.json')\n"),
        (
            "a.py",
            "with open('night.json', 'wb') as f:\n    f.write(requests.get(U).content)\n"
            f"os.system('{NIGHT.strip()}')\n",
        ),
    ],
)
def test_a_submitted_spec_that_nobody_can_look_at_is_manual(tmp_path: Path, path: str, text: str) -> None:
    assert rules(tmp_path, {path: text}) == ["job-spec-missing"]


def test_every_submission_of_a_missing_spec_is_one(tmp_path: Path) -> None:
    assert rules(tmp_path, {"a.sh": NIGHT + NIGHT}) == ["job-spec-missing"] * 2


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", f"# {NIGHT}"),
        ("a.sh", f'echo "usage: {NIGHT.strip()}"\n'),
        ("a.sh", SUBMIT + "-f $SPEC\n"),
        ("a.R", 'system(paste("az batchai job create --config-file", file))\n'),
        ("a.py", "run(['az', 'batchai', 'job', 'create', '--config-file', spec])\n"),
        ("a.sh", SUBMIT + '-f "job_$i.json"\n'),
        ("a.sh", SUBMIT + "; tar -f night.json\n"),
        ("a.yml", f"- run: {SUBMIT}\n- run: tar -f night.json\n"),
        ("a.json", '{"help": "az batchai job create", "more": "-f"}'),
        ("a.py", f'"""Run it.\n\n    {NIGHT}"""\nimport os\n'),
        ("a.py", f"print('now: {NIGHT.strip()}')\n"),
        ("a.py", f"# {NIGHT}x = 1\n"),
        ("a.sh", f"make_it > night.json\n{NIGHT}"),
        ("a.sh", f"echo $SPEC > night.json\n{NIGHT}"),
        ("Makefile", f"a:\n\tprintenv SPEC > night.json\n\t{NIGHT}"),
        ("a.sh", f"make_it | tee -a night.json\n{NIGHT}"),
        ("a.ps1", f"$spec | Out-File -FilePath night.json\n{NIGHT}"),
        ("a.ps1", f"Set-Content -Path .\\night.json -Value $spec\n{SUBMIT}-f .\\night.json\n"),
        ("a.R", f"writeLines(spec, 'night.json')\nsystem('{NIGHT.strip()}')\n"),
        ("a.py", f"Path('night.json').write_text(spec)\nos.system('{NIGHT.strip()}')\n"),
        ("a.py", f"with open('night.json', 'w') as f:\n    f.write(s)\nos.system('{NIGHT.strip()}')\n"),
    ],
)
def test_a_command_that_is_only_shown_or_whose_spec_the_text_writes_is_none(
    tmp_path: Path, path: str, text: str
) -> None:
    assert rules(tmp_path, {path: text}) == []


@pytest.mark.parametrize("before", ["", "cd jobs\n", "cp jobs/night.json night.json\n"])
def test_a_spec_that_is_there_is_looked_at_where_it_is(tmp_path: Path, before: str) -> None:
    place = "jobs/night.json" if before else "night.json"
    assert rules(tmp_path, {"a.sh": before + NIGHT, place: job_spec({"image": IMAGE})}) == ["ngc-image"]

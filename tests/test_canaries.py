"""A canary stands where a secret can; no output shows it, however it is escaped."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from migrator.cli.console import ExitCode
from migrator.model import Plan
from migrator.report import FORMATS, Detail, View, render
from migrator.report.patch import patch
from tests.command import run
from tests.trees import LOADER, MODELS, job, job_spec, notebook, planned

pytestmark = pytest.mark.canary

CANARY = 'Zq7w+Xk/9pé"4=r'
WORD = "Zq7wXk9pR4"
LOGIN = base64.b64encode(f"me:{WORD}".encode()).decode()
RANDOM = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ"
JWT = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0In0", "c2lnbmF0dXJlMTIz"))
STORAGE = "q1W+e2/R" * 10 + "abcdef=="

# Lines of Python; W is the canary as a literal's content.
PLACES = {
    "assignment": "password = 'W'",
    "short name": "pwd = 'W'",
    "pass": "db_pass = 'W'",
    "auth": "auth = 'W'",
    "creds": "creds = 'W'",
    "camel case": "accessToken = 'W'",
    "key": "storage_account_key = 'W'",
    "personal access token": "pat = 'W'",
    "pin": "pin = 'W'",
    "cookie": "session_cookie = 'W'",
    "connection string": "conn_str = 'W'",
    "sas": "sas = 'W'",
    "annotated": "password: str = 'W'",
    "compared": "if password == 'W': pass",
    "one of": "ok = password in ('W', 'other')",
    "keyword": "login(user='me', password='W')",
    "default": "def connect(user, password='W'): pass",
    "dictionary": "d = {'password': 'W'}",
    "item": "d['password'] = 'W'",
    "attribute": "setattr(cfg, 'password', 'W')",
    "environment": "os.environ['NGC_API_KEY'] = 'W'",
    "fallback": "key = os.environ.get('NGC_API_KEY', 'W')",
    "adjacent": "password = 'first' 'W'",
    "parenthesised": "password = ('first'\n            'W')",
    "continued": "password = 'first' \\\n    'W'",
    "joined": "x = 'password=' + 'W'",
    "added": "password = prefix + 'W'",
    "f-string": "password = f'{prefix}W'",
    "bytes": "password = b'W'",
    "triple quotes": "password = '''\nW'''",
    "wrapped": "password = base64.b64encode('W')",
    "list": "passwords = ['W', 'W']",
    "tuple of a login": "requests.get(url, auth=('me', 'W'))",
    "second argument": "service = FileService('account', 'W')",
    "third argument": "c = ServicePrincipalCredentials('id', 'W', tenant='t')",
    "only argument": "c = AzureKeyCredential('W')",
    "pair": "d = dict([('password', 'W')])",
    "secrets": "secrets = [EnvironmentVariableWithSecretValue(name='X', value='W')]",
    "name and value": "e = EnvironmentVariable(name='API_TOKEN', value='W')",
    "value and name": "e = {'value': 'W', 'name': 'API_TOKEN'}",
    "option": "parser.add_argument('--password', default='W')",
    "words of a command": "subprocess.run(['az', 'login', '-u', 'me', '-p', 'W'])",
    "long option as words": "subprocess.run(['az', '--password', 'W'])",
    "shell option": "os.system('docker login -u me --password W nvcr.io')",
    "short shell option": "os.system('docker login -u me -p W nvcr.io')",
    "curl": "os.system('curl -u me:W https://example.com')",
    "address": "url = 'https://me:W@example.com/x'",
    "shell variable": "os.system('export NGC_API_KEY=W && run')",
    "header": "h = {'Authorization': 'Bearer W0123456789'}",
    "shared access signature": "u = 'https://a.blob.core.windows.net/c?sv=1&sig=W'",
    "account key": "c = 'AccountName=n;AccountKey=W;Suffix=s'",
    "comment": "x = 1  # password: W",
    "prose of a comment": "x = 1  # the old password was W",
    "suppression": "x = 1  # ngc-migrate: ignore[ngc-image] the password is W",
    "shape: NVIDIA": "x = 'nvapi-W0123456789'",
    "shape: GitHub": "x = 'ghp_W0123456789'",
    "shape: random": f"x = '{RANDOM}'",
    "shape: web token": f"x = '{JWT}'",
    "shape: storage": f"x = '{STORAGE}'",
    "login in base64": f"x = '{LOGIN}'",
}
SHAPED = {
    "shape: random": RANDOM,
    "shape: web token": JWT,
    "shape: storage": STORAGE,
    "login in base64": LOGIN,
}


def encodings(value: str) -> set[bytes]:
    """Return a value plain, in JSON, in a URL and in base64 with any neighbours."""
    data = value.encode()
    coded = {
        base64.b64encode(b"\0" * n + data)[(n * 8 + 5) // 6 : (n + len(data)) * 8 // 6] for n in range(3)
    }
    return {data, json.dumps(value)[1:-1].encode(), quote(value, safe="").encode(), *coded}


def outputs(found: Plan) -> dict[str, bytes]:
    """Return everything that a run can show of a plan."""
    views = {f"{name} {detail}": (name, View(detail=detail)) for name in FORMATS for detail in Detail}
    shown = {kind: render(name, found, view).encode() for kind, (name, view) in views.items()}
    return {**shown, "diff": patch(found.changes, secrets=found.secrets).text}


def leaks(shown: dict[str, bytes], value: str) -> list[str]:
    return [kind for kind, text in shown.items() for code in encodings(value) if code in text]


def around(line: str, form: str) -> dict[str, str]:
    """Return a recipe with the line right beside what is rewritten."""
    script = f"{MODELS}{line}\n{job()}{line}\n"
    return {"run.ipynb": notebook("x = 1\n", script)} if form == "notebook" else {"submit.py": script}


@pytest.mark.parametrize("form", ["script", "notebook"])
@pytest.mark.parametrize("place", PLACES)
def test_no_output_shows_a_secret_beside_a_change(tmp_path: Path, place: str, form: str) -> None:
    found = planned(tmp_path, around(PLACES[place].replace("W", WORD), form))
    assert found.changes
    assert leaks(outputs(found), SHAPED.get(place, WORD)) == []


ELSEWHERE = [
    f"x = {CANARY!r}",
    f"x = {json.dumps(CANARY)}",
    f"x = 'https://example.com/?a={quote(CANARY, safe='')}'",
    f"x = '{base64.b64encode(f'me:{CANARY}'.encode()).decode()}'",
    f"x = '{base64.b64encode(f'a{CANARY}'.encode()).decode()}'",
    f"x = 1  # {CANARY}",
]


@pytest.mark.parametrize("form", ["script", "notebook"])
@pytest.mark.parametrize("line", ELSEWHERE)
def test_a_value_that_is_masked_in_one_file_is_masked_in_all(tmp_path: Path, line: str, form: str) -> None:
    files = {"other/config.json": json.dumps({"batchai": 1, "password": CANARY}), **around(line, form)}
    found = planned(tmp_path, files)
    assert found.changes
    assert leaks(outputs(found), CANARY) == []


PRIVATE = {"subscription_id": WORD, "anything": {"at": ["all", WORD]}, "location": "northeurope"}


def test_nothing_of_an_untracked_configuration_is_shown_but_what_is_added(tmp_path: Path) -> None:
    load = "from config import Configuration\ncfg = Configuration('configuration.json')\n"
    files = {
        "config.py": LOADER,
        "submit.py": load + MODELS + job("cfg.location"),
        "configuration.json": json.dumps(PRIVATE, indent=2),
    }
    found = planned(tmp_path, files)
    shown = outputs(found)
    assert leaks(shown, WORD) == []
    assert b"container_registry" in shown[f"text {Detail.NORMAL}"]
    assert patch(found.changes).withheld == ("configuration.json",)


def test_no_command_shows_a_secret(tmp_path: Path) -> None:
    text = "\n".join(line.replace("W", WORD) for line in PLACES.values())
    files = {"submit.py": f"{MODELS}{text}\n{job()}", "job.json": job_spec({"image": "x"})[:-9] + WORD}
    for path, content in files.items():
        (tmp_path / path).write_text(content)
    said = b""
    for words in ((".",), ("-v", "."), ("--diff", "."), ("apply", "."), ("apply", "--allow-no-vcs", ".")):
        ran = run(*words, cwd=tmp_path)
        assert ran.returncode in tuple(ExitCode)
        said += ran.stdout + ran.stderr
    assert leaks({"command": said}, WORD) == []


def test_the_canaries_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    kinds, shown = len(PLACES) + len(ELSEWHERE) + 1, len(FORMATS) * len(Detail) + 1
    with capsys.disabled():
        print(f"\ncanaries: {kinds} kinds of place x {shown} outputs + 5 commands, 4 encodings")  # noqa: T201
    assert kinds >= 40

"""``--online`` of the real command, which finds the front by HTTPS_PROXY and trusts its certificate."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrator.report import FORMATS
from tests.command import PROJECT, git, job, last_line, run, spec, work_tree
from tests.online.front import Asked, Front, Given
from tests.online.registries import KEY, Ngc, Registry

CARRIED = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "DOCKER_CONFIG")
VAULT = (
    *("--credentials", "key-vault", "--secret-url", "https://keys.vault.azure.net/secrets/ngc"),
    *("--key-vault-id", "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/keys"),
)
ABSENT = ("--image", "tensorflow=nvcr.io/nvidia/tensorflow:18.07-py9")
TARGET = "nvcr.io/nvidia/tensorflow:18.07-py2"


def environment(**more: str) -> dict[str, str]:
    return {**{name: os.environ[name] for name in CARRIED}, **more}


def online(*words: str, cwd: Path, key: str = KEY, **more: str) -> subprocess.CompletedProcess[bytes]:
    return run(*words, "--online", cwd=cwd, **environment(NGC_API_KEY=key, **more))


def reported(*words: str, cwd: Path, key: str = KEY) -> tuple[list[tuple[str, str]], set[str]]:
    """Return status and rule of the jobs, and the rules of the findings."""
    ran = online(*words, "--format", "json", cwd=cwd, key=key)
    assert ran.returncode == 0, ran.stderr
    recipes = json.loads(ran.stdout)["recipes"]
    jobs = [(job["status"], job["rule"]) for recipe in recipes for job in recipe["jobs"]]
    return jobs, {finding["rule"] for recipe in recipes for finding in recipe["findings"]}


def test_images_are_listed_as_the_registry_has_them(ngc: Ngc, tmp_path: Path) -> None:
    ran = online("images", "tensorflow", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.decode().splitlines()
    assert all(len(line) <= 80 or "sha256:" in line for line in lines)
    rows = {line.split()[1]: line.split()[0] for line in lines if "nvidia/" in line}
    assert rows[TARGET] == "image-found"
    assert rows["nvcr.io/nvidia/tensorflow:17.10"] == "image-not-found"
    assert ran.stderr == b"note: nvcr.io is asked with the key of NGC_API_KEY\n"


def test_images_that_nobody_tells_of_are_no_success(front: Front, tmp_path: Path) -> None:
    front.handler = lambda asked: Given(418)
    ran = online("images", "caffe2", cwd=tmp_path)
    assert ran.returncode == 2
    assert b"registry-unreachable" in ran.stdout


def test_a_plan_tells_of_the_image_that_is_found(ngc: Ngc, tmp_path: Path) -> None:
    jobs, rules = reported(cwd=work_tree(tmp_path))
    assert jobs == [("migrate", "ngc-image")]
    assert "image-found" in rules


def test_a_job_whose_image_is_absent_is_left_to_a_person(ngc: Ngc, tmp_path: Path) -> None:
    tree = work_tree(tmp_path)
    before = job(tree).read_bytes()
    assert reported(*ABSENT, cwd=tree)[0] == [("manual", "image-not-found")]
    ran = online("apply", *ABSENT, cwd=tree)
    assert ran.returncode == 0
    assert b"1 manual" in ran.stderr
    assert job(tree).read_bytes() == before


def test_apply_writes_what_is_found_and_the_next_plan_asks_again(ngc: Ngc, tmp_path: Path) -> None:
    tree = work_tree(tmp_path)
    assert online("apply", cwd=tree).returncode == 0
    assert TARGET in job(tree).read_text()
    jobs, rules = reported(cwd=tree)
    assert jobs == [("migrated", "already-ngc")]
    assert "image-found" in rules


def test_a_job_on_an_absent_image_of_nvcr_io_is_left_to_a_person(ngc: Ngc, tmp_path: Path) -> None:
    tree = work_tree(tmp_path)
    container = json.loads(spec(TARGET.replace("18.07", "18.00")))
    registry = container["properties"]["containerSettings"]["imageSourceRegistry"]
    registry["serverUrl"] = "nvcr.io"
    registry["credentials"] = {"username": "$oauthtoken", "password": "<Your API Key>"}
    job(tree).write_text(json.dumps(container))
    assert reported(cwd=tree)[0] == [("manual", "image-not-found")]


def test_several_jobs_with_one_image_ask_for_it_once(ngc: Ngc, front: Front, tmp_path: Path) -> None:
    tree = work_tree(tmp_path)
    for number in range(5):
        (tree / "recipes" / f"Net{number}").mkdir()
        (tree / "recipes" / f"Net{number}" / "job.json").write_text(spec())
    assert len(reported(cwd=tree)[0]) == 6
    assert sum("/manifests/" in asked.path and "Bearer" in asked.login for asked in front.heard) == 2


@pytest.mark.parametrize(
    ("handler", "rule"),
    [
        (lambda asked: Given(403), "image-forbidden"),
        (lambda asked: Given(401, {"WWW-Authenticate": 'Basic realm="x"'}), "key-refused"),
        (lambda asked: Given(500), "registry-unreachable"),
    ],
)
def test_what_is_not_found_is_a_warning_with_which_check_does_not_pass(
    front: Front, tmp_path: Path, handler: object, rule: str
) -> None:
    front.handler = handler  # type: ignore[assignment]
    tree = work_tree(tmp_path)
    jobs, rules = reported("apply", cwd=tree)
    assert jobs == [("migrate", "ngc-image")]
    assert rule in rules
    git("commit", "-qam", "migrated", cwd=tree)
    ran = online("--check", cwd=tree)
    assert ran.returncode == 1
    assert last_line(ran).endswith(f"ngc-migrate explain {rule}")


@pytest.mark.parametrize("name", FORMATS)
def test_every_form_of_the_report_names_the_rule_and_shows_no_key(
    front: Front, ngc: Ngc, tmp_path: Path, name: str
) -> None:
    for words in (ABSENT, ("-v",), ("--diff",)):
        form = () if "--diff" in words else ("--format", name)
        ran = online(*words, *form, cwd=work_tree(tmp_path / words[0]))
        assert KEY.encode() not in ran.stdout + ran.stderr
        if words == ABSENT:
            assert b"image-not-found" in ran.stdout


def test_a_rule_is_suppressed_as_every_other(front: Front, tmp_path: Path) -> None:
    front.handler = lambda asked: Given(403)
    tree = work_tree(tmp_path)
    (tree / "pyproject.toml").write_text('[tool.ngc-migrate.ignore]\nimage-forbidden = ["*"]\n')
    assert "image-forbidden" not in reported(cwd=tree)[1]


def test_the_next_command_asks_as_well(ngc: Ngc, tmp_path: Path) -> None:
    ran = online("--api-key-env", "OURS", cwd=work_tree(tmp_path), OURS=KEY)
    assert "Write: ngc-migrate apply --online --api-key-env OURS" in ran.stderr.decode()


def test_a_vault_without_the_secret_is_told(front: Front, registry: Registry, tmp_path: Path) -> None:
    ngc = Ngc(registry, frozenset({"nvidia/tensorflow"}))

    def handler(asked: Asked) -> Given:
        return Given(404) if asked.host == "keys.vault.azure.net" else ngc(asked)

    front.handler = handler
    jobs, rules = reported(*VAULT, cwd=work_tree(tmp_path))
    assert jobs == [("migrate", "ngc-image")]
    assert {"secret-not-found", "image-found"} <= rules


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "dxf.py").write_text("raise ModuleNotFoundError('no dxf')\n")
    tree = work_tree(tmp_path)
    for words in (("images",), ()):
        ran = run(*words, "--online", cwd=tree, PYTHONPATH=f"{hidden}:{PROJECT}")
        assert ran.returncode == 2
        assert ran.stderr == b"error: --online needs more packages: pip install 'ngc-migrate[online]'\n"


@pytest.mark.parametrize("words", [("--api-key-env", "X"), ("--credential-helpers",), ("--api-key-env", "")])
@pytest.mark.parametrize("command", ["plan", "apply", "images"])
def test_options_of_online_need_it(tmp_path: Path, command: str, words: tuple[str, ...]) -> None:
    ran = run(command, *words, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert last_line(ran) == "error: --api-key-env and --credential-helpers need --online"


def test_two_keys_that_differ_are_an_error(tmp_path: Path) -> None:
    ran = run("--online", cwd=work_tree(tmp_path), NGC_API_KEY=KEY, NGC_CLI_API_KEY=f"{KEY}x")
    assert ran.returncode == 2
    assert KEY not in ran.stderr.decode()
    assert "are both set, and differ" in last_line(ran)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_that_waits_for_an_answer(
    front: Front, tmp_path: Path, number: int, code: int
) -> None:
    front.handler = lambda asked: Given(raw=lambda connection: time.sleep(20))
    words = [sys.executable, "-m", "migrator", "--online"]
    made = environment(NGC_API_KEY=KEY, PYTHONPATH=str(PROJECT), PATH=os.environ["PATH"])
    with subprocess.Popen(words, cwd=work_tree(tmp_path), env=made, stderr=subprocess.PIPE) as child:
        for _ in range(400):
            if front.heard:
                break
            time.sleep(0.05)
        child.send_signal(number)
        started = time.monotonic()
        assert child.wait(10) == code
        assert time.monotonic() - started < 2
        assert child.stderr is not None
        assert b"Traceback" not in child.stderr.read()


OFFLINE = """
import sys
def hear(event, words):
    # urllib3, which the SDK loads, binds a port of ::1 to see whether there is IPv6.
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg"):
        sys.stderr.write(f"{event}\\n")
        sys.stderr.flush()
sys.addaudithook(hear)
from migrator.__main__ import main
main()
"""
WORDS = [(), ("apply",), ("undo",), ("images",), ("explain", "gpus"), VAULT, ("--format", "html", "-j", "2")]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_nothing_is_asked_of_the_network_without_the_option(tmp_path: Path, words: tuple[str, ...]) -> None:
    made = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "NGC_API_KEY": KEY}
    command = [sys.executable, "-c", OFFLINE, *words]
    ran = subprocess.run(command, cwd=work_tree(tmp_path), env=made, capture_output=True, check=False)
    assert b"socket." not in ran.stderr
    assert ran.returncode == 0, ran.stderr


def test_the_test_for_sockets_hears_of_one(front: Front, ngc: Ngc, tmp_path: Path) -> None:
    made = environment(PATH=os.environ["PATH"], PYTHONPATH=str(PROJECT), NGC_API_KEY=KEY)
    command = [sys.executable, "-c", OFFLINE, "--online"]
    ran = subprocess.run(command, cwd=work_tree(tmp_path), env=made, capture_output=True, check=False)
    assert b"socket.connect\n" in ran.stderr
    assert {asked.host for asked in front.heard} == {"nvcr.io"}

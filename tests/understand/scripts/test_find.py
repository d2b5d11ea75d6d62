from __future__ import annotations

import time

import pytest
from hypothesis import given, settings, strategies

from migrator.discover.tree import Source
from migrator.model import Framework, Status
from migrator.pipeline.around import plain
from migrator.understand.facts import Facts, LoginState, RegistryState
from migrator.understand.scripts.find import find_text_jobs

IMAGE = "tensorflow/tensorflow:1.8.0-gpu"
SPEC = f"""\
{{
    "properties": {{
        "nodeCount": 2,
        "tensorFlowSettings": {{"pythonScriptFilePath": "train.py"}},
        "containerSettings": {{
            "imageSourceRegistry": {{
                "image": "{IMAGE}"
            }}
        }}
    }}
}}
"""
LOGIN = (
    '"containerSettings": {{"imageSourceRegistry": {{'
    '"image": "nvcr.io/nvidia/tensorflow:18.07-py2", "serverUrl": "nvcr.io",\n'
    '"credentials": {{"username": "{user}", "password": "$KEY"}}}}}}\n'
)


def heredoc(body: str, word: str = "EOF", end: str = "EOF") -> str:
    return f"set -e\ncat > job.json <<{word}\n{body}{end}\naz batchai job create -f job.json\n"


def found(path: str, text: str | bytes) -> tuple[Facts, ...]:
    return find_text_jobs(plain(Source(path, text.encode() if isinstance(text, str) else text)))


def the(path: str, text: str | bytes) -> Facts:
    (only,) = found(path, text)
    return only


def message(facts: Facts) -> str:
    assert facts.problem is not None
    assert (facts.problem.rule, facts.problem.status) == ("job-in-text", Status.MANUAL)
    return facts.problem.message


def trace(facts: Facts) -> tuple[str, ...]:
    return facts.problem.trace if facts.problem else ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", ""),
        ("a.sh", "az batchai job create -n a -f job.json\n"),
        ("a.sh", f'# "imageSourceRegistry": {{"image": "{IMAGE}"}}\n'),
        ("a.sh", "jq -r .properties.containerSettings.imageSourceRegistry.image job.json\n"),
        ("a.bat", f'rem "imageSourceRegistry": {{"image": "{IMAGE}"}}\n'),
        ("a.ps1", f'<# don\'t\n"imageSourceRegistry": {{"image": "{IMAGE}"}}\n#>\n'),
        ("a.R", "image <- job$properties$containerSettings$imageSourceRegistry$image\n"),
        ("a.R", "if (job$containerSettings$imageSourceRegistry$image == 'a') stop()\n"),
        ("a.yml", "imageSourceRegistry:\n  type: object\n  properties:\n    image:\n      type: string\n"),
        ("a.yml", "imageSourceRegistry:\n  $ref: '#/definitions/ImageSourceRegistry'\n"),
        ("a.yml", "containerSettings: null\n"),
        ("a.md", SPEC),
        ("a.txt", f"The key imageSourceRegistry: {IMAGE}\n"),
        ("a.txt", SPEC.replace('"nodeCount"', '"executionState": "running", "nodeCount"')),
    ],
)
def test_what_starts_no_job_is_none(path: str, text: str) -> None:
    assert found(path, text) == ()


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("run.sh", heredoc(SPEC), 9),
        ("run", "#!/usr/bin/env bash\n" + heredoc(SPEC), 10),
        ("run.sh", heredoc(SPEC).replace("\n", "\r\n"), 9),
        ("run.sh", f"echo '{SPEC}' > job.json\n", 7),
        (
            "run.sh",
            "jq '.properties.containerSettings.imageSourceRegistry.image = \"" + IMAGE + "\"' a.json\n",
            1,
        ),
        ("Makefile", f"define SPEC\n{SPEC}endef\n", 8),
        ("run.ps1", f'$spec = @"\n{SPEC}"@\n', 8),
        (
            "run.ps1",
            f"$registry = @{{\n}}\n$j.containerSettings.imageSourceRegistry = @{{\n  Image = '{IMAGE}'\n}}\n",
            4,
        ),
        ("run.ps1", f"$job.properties.containerSettings.imageSourceRegistry.image = '{IMAGE}'\n", 1),
        (
            "run.ps1",
            f"$r = [Microsoft.Azure.Management.BatchAI.Models.ImageSourceRegistry]::new('{IMAGE}')\n",
            1,
        ),
        ("run.ps1", f"$r = New-Object Azure.BatchAI.Models.ImageSourceRegistry -ArgumentList '{IMAGE}'\n", 1),
        (
            "run.bat",
            f'echo {{"containerSettings": {{"imageSourceRegistry": {{"image": "{IMAGE}"}} > job.json\n',
            1,
        ),
        (
            "run.R",
            f"spec <- list(containerSettings = list(imageSourceRegistry = list(\n  image = '{IMAGE}')))\n",
            2,
        ),
        ("run.R", f"job$containerSettings$imageSourceRegistry$image <- '{IMAGE}'\n", 1),
        ("run.R", f"r <- batchai$models$ImageSourceRegistry('{IMAGE}')\n", 1),
        (
            "run.Rmd",
            f"models$ContainerSettings(\n  image_source_registry = models$ImageSourceRegistry(\n"
            f"    image = '{IMAGE}'))\n",
            3,
        ),
        (
            "job.yml",
            f"containerSettings:\n  imageSourceRegistry:\n    # ours\n\n    image: {IMAGE}\nx: 1\n",
            5,
        ),
        ("job.json.j2", SPEC, 7),
        ("job.json.template", SPEC, 7),
        ("job.txt", SPEC, 7),
        ("run.ps1", f'$s = @"\n{SPEC}"@\n'.encode("utf-16"), 8),
    ],
)
def test_a_job_is_found_at_the_line_of_its_image(path: str, text: str | bytes, line: int) -> None:
    facts = the(path, text)
    assert (facts.place.path, facts.place.cell, facts.place.line) == (path, -1, line)
    assert (facts.image, facts.registry) == (IMAGE, RegistryState.PUBLIC)
    assert "not rewritten" in message(facts)
    assert "ngc-migrate images tensorflow" in message(facts)


def test_toolkit_and_node_count_are_those_of_the_heredoc() -> None:
    text = "NODE_COUNT=9\n" + heredoc(SPEC) + heredoc(SPEC.replace("2", "1").replace("tensorFlow", "cntk"))
    assert [(facts.toolkit, facts.node_count) for facts in found("a.sh", text)] == [
        (Framework.TENSORFLOW, 2),
        (Framework.CNTK, 1),
    ]


def test_a_node_count_from_a_variable_is_unknown() -> None:
    assert the("a.sh", heredoc(SPEC.replace("2,", "$NODES,"))).node_count is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("$IMAGE", "$IMAGE"),
        ("${IMAGE}:latest", "${IMAGE}"),
        ("'\"$IMAGE\"'", "$IMAGE"),
        ("{{ image }}", "{{ image }}"),
        ("<your image>", "<your image>"),
        ("%s", "%s"),
    ],
)
def test_an_image_that_is_not_written_out_is_named_in_the_trace(value: str, said: str) -> None:
    facts = the("a.sh", heredoc(SPEC.replace(IMAGE, value)))
    assert (facts.image, facts.place.line) == (None, 9)
    assert trace(facts) == (f"line 9: the image is {said}",)
    assert "decide which image of `ngc-migrate images`" in message(facts)


def test_settings_from_a_name_are_a_job_with_a_trace() -> None:
    facts = the("a.ps1", "$p = @{\n  containerSettings = $container\n  cntkSettings = @{} }\n")
    assert (facts.place.line, facts.image) == (2, None)
    assert trace(facts) == ("line 2: the settings come from $container",)


def test_settings_that_are_named_twice_are_one_job() -> None:
    text = (
        f"r = models$ImageSourceRegistry(image = '{IMAGE}')\nContainerSettings(image_source_registry = r)\n"
    )
    assert the("a.R", text).place.line == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", heredoc(LOGIN.format(user="\\$oauthtoken"))),
        ("a.sh", heredoc(LOGIN.format(user="$oauthtoken"), "'EOF'")),
        ("a.sh", heredoc(LOGIN.format(user="$NGC_USER"))),
        ("Makefile", "define S\n" + LOGIN.format(user="$$oauthtoken") + "endef\n"),
        ("Makefile", 'a:\n\techo "' + LOGIN.format(user="\\$$oauthtoken").replace('"', '\\"') + '"\n'),
        ("a.ps1", '$s = @"\n' + LOGIN.format(user="`$oauthtoken") + '"@\n'),
        (
            "a.sh",
            heredoc(
                LOGIN.format(user="\\$oauthtoken").replace(
                    '"password": "$KEY"',
                    '"passwordSecretReference": {"secretUrl": "https://a.vault.azure.net/secrets/b"}',
                )
            ),
        ),
    ],
)
def test_a_complete_job_on_nvcr_io_has_no_problem(path: str, text: str) -> None:
    facts = the(path, text)
    assert (facts.registry, facts.problem) == (RegistryState.NGC_COMPLETE, None)
    assert facts.image == "nvcr.io/nvidia/tensorflow:18.07-py2"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", heredoc(LOGIN.format(user="$oauthtoken"))),
        ("Makefile", "define S\n" + LOGIN.format(user="$oauthtoken") + "endef\n"),
        ("Makefile", 'a:\n\techo "' + LOGIN.format(user="$$oauthtoken").replace('"', '\\"') + '"\n'),
        ("a.ps1", '$s = @"\n' + LOGIN.format(user="$oauthtoken") + '"@\n'),
    ],
)
def test_a_user_name_that_is_lost_leaves_something_to_do(path: str, text: str) -> None:
    assert "must reach the service literally" in message(the(path, text))


@pytest.mark.parametrize("shift", ["\t", "    "])
def test_a_user_name_is_lost_in_heredocs_of_other_files_too(shift: str) -> None:
    text = heredoc(LOGIN.format(user="$oauthtoken")).replace("\n", f"\n{shift}")
    assert the("ci.yml", text).registry is RegistryState.NGC_INCOMPLETE


def test_a_user_name_survives_where_quotes_keep_it() -> None:
    spec = LOGIN.format(user="$oauthtoken").replace("$KEY", "{{ key }}")
    assert the("a.sh", f"# don't\necho '{spec}'\n").registry is RegistryState.NGC_COMPLETE
    assert the("a.ps1", f"$s = @'\n{spec}'@\n").registry is RegistryState.NGC_COMPLETE
    doubled = spec.replace('"', '\\"')
    assert the("a.sh", f'echo "{doubled}"\n').registry is RegistryState.NGC_INCOMPLETE


def test_a_login_that_is_not_complete_leaves_something_to_do() -> None:
    text = heredoc(LOGIN.format(user="\\$oauthtoken").replace("$KEY", ""))
    assert the("a.sh", text).registry is RegistryState.NGC_INCOMPLETE
    assert "as password beside it" in message(the("a.sh", text))


def test_a_login_of_another_registry_is_left_to_a_person() -> None:
    text = heredoc(LOGIN.format(user="me").replace("nvcr.io", "example.azurecr.io"))
    assert the("a.sh", text).registry is RegistryState.PRIVATE
    assert "decide which image" in message(the("a.sh", text))


def test_a_custom_image_is_left_to_a_person() -> None:
    facts = the("a.sh", heredoc(SPEC.replace(IMAGE, "me/mine:1")))
    assert facts.image == "me/mine:1"
    assert "decide which image of `ngc-migrate images` takes" in message(facts)


def test_no_password_is_shown() -> None:
    text = heredoc(LOGIN.format(user="a").replace("$KEY", "Hunter2Hunter2").replace("nvcr.io/n", "$X/n"))
    assert "Hunter2" not in repr(found("a.sh", text))


PIECES = (
    *("imageSourceRegistry", "ImageSourceRegistry(", "containerSettings", "image", "username", "\n", " "),
    *(":", "=", "<-", "<<EOF", "EOF", "'", '"', '\\"', '@"\n', '"@', "#", "<#", "{", "}", "(", ")", "[", "]"),
    *("$X", "${X}", "{{", "\\", "`", "`a/b:1`", "New-Object a.ImageSourceRegistry", "$ref:", "\r\n", "\t"),
)
PATHS = ("a.sh", "Makefile", "a.ps1", "a.R", "a.yml", "a.tmpl", "a.toml", "a.bat", "a.txt", "a")


@given(strategies.sampled_from(PATHS), strategies.lists(strategies.sampled_from(PIECES)))
@settings(deadline=None)
def test_jobs_of_any_text_lie_on_its_lines_and_carry_a_verdict(path: str, pieces: list[str]) -> None:
    text = "{" + "".join(pieces)
    for facts in found(path, text):
        assert 1 <= facts.place.line <= text.count("\n") + 1
        assert facts.problem is not None or facts.registry is RegistryState.NGC_COMPLETE


@given(strategies.sampled_from(PATHS), strategies.binary(), strategies.binary())
@settings(deadline=None)
def test_no_bytes_raise(path: str, before: bytes, after: bytes) -> None:
    found(path, before + b'"imageSourceRegistry": {"image": "' + after)


@pytest.mark.parametrize("piece", [*PIECES, "imageSourceRegistry={", "<<A\n", 'image:"', "username:'\\"])
def test_the_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    for path in ("a.sh", "a.ps1", "a.yml"):
        found(path, '"imageSourceRegistry": {' + piece * (200_000 // len(piece)))
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("user", "password", "state"),
    [
        ("\\$oauthtoken", "<Your API Key>", LoginState.PLACEHOLDER),
        ("me", "$KEY", LoginState.WRONG_USER),
        ("\\$oauthtoken", "$YOUR_KEY", LoginState.COMPLETE),
    ],
)
def test_a_login_in_a_text_is_judged_as_that_of_a_job_spec(
    user: str, password: str, state: LoginState
) -> None:
    facts = the("a.sh", heredoc(LOGIN.format(user=user).replace("$KEY", password)))
    assert (facts.registry, facts.login_state, facts.problem) == (RegistryState.NGC_COMPLETE, state, None)

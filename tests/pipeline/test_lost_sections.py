from __future__ import annotations

from pathlib import Path

import pytest

from migrator.model import CredentialsMode, Status
from migrator.options import Options
from tests.trees import (
    CONFIGURATION,
    FULL_LOADER,
    MODELS,
    after,
    changed,
    findings,
    job,
    migrated,
    notebook,
    planned,
    the_job,
)

SCRIPT = f"from config import Configuration\ncfg = Configuration('c.json')\n{MODELS}" + job("cfg.location")
FILES = {"config.py": FULL_LOADER, "submit.py": SCRIPT, "c.json": CONFIGURATION}
KEY_VAULT = Options(credentials=CredentialsMode.KEY_VAULT)


def applied(folder: Path, options: Options, **files: str) -> dict[str, str]:
    """Return the files as they are after an apply, but for those that are given anew."""
    found = planned(folder / "first", FILES, options)
    tree = migrated(folder / "done", FILES, found)
    return {**{path: (tree / path).read_text() for path in FILES}, **files}


@pytest.mark.parametrize("then", [Options(), KEY_VAULT])
@pytest.mark.parametrize("first", [Options(), KEY_VAULT])
def test_a_lost_section_is_added_again_in_the_form_that_the_code_reads(
    tmp_path: Path, first: Options, then: Options
) -> None:
    files = applied(tmp_path, first, **{"c.json": CONFIGURATION})
    found = planned(tmp_path / "again", files, then)
    assert (the_job(found).status, the_job(found).rule) == (Status.MIGRATE, "configuration-lost")
    assert changed(found) == ["c.json"]
    key = "secret_url" if first is KEY_VAULT else "password"
    assert f'"{key}"' in after(found, "c.json")
    last = planned(tmp_path / "last", {**files, "c.json": after(found, "c.json")}, then)
    assert (the_job(last).status, changed(last)) == (Status.MIGRATED, [])


@pytest.mark.parametrize("then", [Options(), KEY_VAULT])
def test_a_section_of_either_kind_is_enough(tmp_path: Path, then: Options) -> None:
    found = planned(tmp_path / "again", applied(tmp_path, Options()), then)
    assert (the_job(found).status, changed(found)) == (Status.MIGRATED, [])


def test_a_configuration_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    files = applied(tmp_path, Options())
    del files["c.json"]
    found = planned(tmp_path / "again", files)
    assert (the_job(found).status, changed(found)) == (Status.MIGRATED, [])
    assert [told.rule for told in findings(found)] == ["configuration-missing"]


def test_a_template_stands_for_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    files = applied(tmp_path, Options())
    files["c.json.template"] = files.pop("c.json")
    found = planned(tmp_path / "again", files)
    assert (the_job(found).status, changed(found)) == (Status.MIGRATED, [])
    assert [told.rule for told in findings(found)] == ["placeholder-left"]


def test_a_placeholder_is_told_at_its_section_and_waits_for_a_person(tmp_path: Path) -> None:
    found = planned(tmp_path / "again", applied(tmp_path, Options()))
    (told,) = findings(found, "placeholder-left")
    assert (the_job(found).status, told.place.path, told.place.line) == (Status.MIGRATED, "c.json", 4)
    filled = after(planned(tmp_path, FILES), "c.json").replace("<Your API Key>", "not-a-key")
    found = planned(tmp_path / "filled", applied(tmp_path / "anew", Options(), **{"c.json": filled}))
    assert (the_job(found).status, findings(found)) == (Status.MIGRATED, [])


@pytest.mark.parametrize(
    "section",
    ["{}", "null", '{"user": "", "password": " "}', '{"user": "$oauthtoken"}', '{"password": "not-a-key"}'],
)
def test_a_section_that_lacks_a_value_is_completed(tmp_path: Path, section: str) -> None:
    files = applied(tmp_path, Options(), **{"c.json": f'{{"container_registry": {section}}}'})
    found = planned(tmp_path / "again", files)
    assert (the_job(found).status, the_job(found).rule) == (Status.MIGRATE, "configuration-lost")
    last = planned(tmp_path / "last", {**files, "c.json": after(found, "c.json")})
    assert (the_job(last).status, changed(last)) == (Status.MIGRATED, [])


def test_a_section_with_another_user_is_left_to_a_person(tmp_path: Path) -> None:
    section = '{"user": "oauthtoken", "password": "not-a-key"}'
    files = applied(tmp_path, Options(), **{"c.json": f'{{"container_registry": {section}}}'})
    found = planned(tmp_path / "again", files)
    assert (the_job(found).status, the_job(found).rule) == (Status.MANUAL, "configuration-conflict")


def test_the_file_is_found_behind_a_login_with_a_name(tmp_path: Path) -> None:
    files = applied(tmp_path, Options(), **{"c.json": CONFIGURATION})
    script = files["submit.py"]
    start = script.index("models.PrivateRegistryCredentials(")
    login = script[start : script.index(")", start) + 1]
    named = script.replace(login, "login").replace(
        "parameters =", f"login = {' '.join(login.split())}\nparameters ="
    )
    found = planned(tmp_path / "again", {**files, "submit.py": named})
    assert (the_job(found).rule, changed(found)) == ("configuration-lost", ["c.json"])


def test_a_login_from_another_section_needs_none(tmp_path: Path) -> None:
    files = applied(tmp_path, Options(), **{"c.json": CONFIGURATION})
    script = files["submit.py"].replace("cfg.container_registry_", "cfg.registry_")
    found = planned(tmp_path / "again", {**files, "submit.py": script})
    assert (the_job(found).status, changed(found)) == (Status.MIGRATED, [])


@pytest.mark.parametrize("is_migrated", [False, True])
def test_code_that_writes_the_configuration_without_a_login_is_named(
    tmp_path: Path, is_migrated: bool
) -> None:
    setup = "import json\n\nwith open('c.json', 'w') as out:\n    json.dump({'location': input()}, out)\n"
    files = applied(tmp_path, Options()) if is_migrated else dict(FILES)
    (told,) = findings(
        planned(tmp_path / "again", {**files, "setup.py": setup}), "configuration-written-by-code"
    )
    assert (told.place.path, told.place.line) == ("setup.py", 4)
    assert "container_registry" in told.message


def test_code_that_writes_another_file_is_not_named(tmp_path: Path) -> None:
    setup = "import json\n\nwith open('other.json', 'w') as out:\n    json.dump({}, out)\n"
    found = planned(tmp_path, {**FILES, "setup.py": setup})
    assert findings(found, "configuration-written-by-code") == []


def test_a_configuration_that_the_code_does_not_tell_gives_no_login(tmp_path: Path) -> None:
    script = SCRIPT.replace("'c.json'", "sys.argv[1]").replace("from config", "import sys\nfrom config", 1)
    found = planned(tmp_path, {**FILES, "submit.py": script})
    assert changed(found) == ["submit.py"]
    assert "os.environ['NGC_API_KEY']" in after(found, "submit.py")
    (told,) = findings(found, "credentials-from-environment")
    assert "Configuration reads a file that the code does not tell" in told.message


LACKING = '{"location": "x"}'
LOGIN = '{"container_registry": {"user": "$oauthtoken", "password": "not-a-key"}}'


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("setup.sh", "# setup\ncat > c.json <<E\n%s\nE\n", 2),
        ("setup.sh", "echo '%s' > c.json\n", 1),
        ("setup.py", "open('c.json', 'w').write('''%s''')\n", 1),
        ("setup.py", "with open('c.json', 'w') as out:\n    out.write('%s')\n", 1),
        ("setup.ipynb", "%%%%writefile c.json\n%s", 1),
        ("setup.ipynb", "!echo '%s' > c.json", 1),
        ("setup.ipynb", "%%%%bash\ncat > c.json <<E\n%s\nE", 2),
    ],
)
def test_a_configuration_that_is_written_as_text_is_named(
    tmp_path: Path, path: str, text: str, line: int
) -> None:
    def told(content: str) -> list[tuple[str, int]]:
        source = text % content
        source = notebook(source) if path.endswith(".ipynb") else source
        found = planned(tmp_path / str(len(content)), {**FILES, path: source})
        return [(e.place.path, e.place.line) for e in findings(found, "configuration-written-by-code")]

    assert told(LACKING) == [(path, line)]
    assert told(LOGIN) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("setup.sh", f"# echo '{LACKING}' > c.json\n"),
        ("setup.sh", f"cat c.json\necho '{LACKING}'\n"),
        ("setup.sh", f"echo '{LACKING}' > other.json\n"),
        ("setup.py", 'import json\njson.dump(dict(conf, more={"a": 1}), open("c.json", "w"))\n'),
        ("setup.py", 'import json\njson.dump(conf, open("c.json", "w"))\nmore = {"a": 1}\n'),
    ],
)
def test_text_that_is_not_written_to_the_configuration_is_not_named(
    tmp_path: Path, path: str, text: str
) -> None:
    found = planned(tmp_path, {**FILES, path: text})
    assert findings(found, "configuration-written-by-code") == []

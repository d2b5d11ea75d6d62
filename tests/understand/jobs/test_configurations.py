from __future__ import annotations

import pytest

from migrator.understand.jobs.configurations import find_written_files
from tests.reading import module_of, notebook_of

HEAD = "import json, os\nfrom pathlib import Path\n"
DUMP = "with open('configuration.json', 'w') as out:\n    json.dump(conf, out)\n"
PATH = "recipe/configuration.json"


def lacking(source: str) -> dict[str, tuple[str, ...]]:
    return {each.path: each.lacks for each in find_written_files(module_of(HEAD + source))}


@pytest.mark.parametrize(
    "write",
    [
        DUMP,
        "json.dump(conf, open('configuration.json', 'w'))",
        "out = open('configuration.json', 'w')\njson.dump(obj=conf, fp=out)".replace("obj=", ""),
        "with open('configuration.json', 'w') as out:\n    out.write(json.dumps(conf))",
        "text = json.dumps(conf)\nwith open('configuration.json', 'w') as out:\n    out.write(text + '\\n')",
        "Path('configuration.json').write_text(json.dumps(conf))",
        "path = Path('configuration.json')\npath.write_text(json.dumps(conf, indent=4))",
        "json.dump(conf, open(os.path.join(HERE, 'configuration.json'), 'w'))",
        "name = 'configuration' + '.json'\njson.dump(conf, open(name, 'w'))",
        "json.dump(fp=open('configuration.json', 'w'), obj=conf)",
        "import simplejson\nsimplejson.dump(conf, open('configuration.json', 'w'))",
        "with open('configuration.json', 'w') as out:\n    print(json.dumps(conf), file=out)",
        "with open('configuration.json', 'w') as out:\n    out.write(str(json.dumps(conf)))",
    ],
)
def test_a_file_that_is_written_without_the_section_is_found(write: str) -> None:
    assert lacking("conf = {'subscription_id': input()}\n" + write) == {PATH: ("container_registry",)}


@pytest.mark.parametrize(
    ("section", "lacks"),
    [
        ("{'user': '', 'password': ''}", ("container_registry.user", "container_registry.password")),
        ("{'user': '$oauthtoken', 'password': None}", ("container_registry.password",)),
        ("{'user': '$oauthtoken', 'secret_url': ' '}", ("container_registry.password",)),
        ("{'user': '', 'password': os.environ['KEY']}", ("container_registry.user",)),
        ("None", ("container_registry",)),
    ],
)
def test_what_is_blank_in_the_section_is_told(section: str, lacks: tuple[str, ...]) -> None:
    assert lacking(f"conf = {{'container_registry': {section}}}\n{DUMP}") == {PATH: lacks}


@pytest.mark.parametrize(
    "source",
    [
        "conf = {'container_registry': {'user': '$oauthtoken', 'password': os.environ['KEY']}}\n" + DUMP,
        "conf = {'container_registry': {'user': '$oauthtoken', 'secret_url': 'https://x'}}\n" + DUMP,
        "conf = {}\nconf['container_registry'] = registry()\n" + DUMP,
        "conf = {}\nconf.update(registry())\n" + DUMP,
        "conf = {**defaults, 'subscription_id': '1'}\n" + DUMP,
        "conf = json.load(open('configuration.json'))\nconf['subscription_id'] = '1'\n" + DUMP,
        "conf = {}\njson.dump(conf, sys.stdout)",
        "conf = {}\nprint(json.dumps(conf))",
        "import yaml\nconf = {}\nyaml.dump(conf, open('configuration.json', 'w'))",
        "conf = {}\nwith open('notes.txt', 'w') as out:\n    json.dump(conf, out)",
    ],
)
def test_a_file_that_may_have_the_section_is_left_alone(source: str) -> None:
    assert lacking(source) == {}


def test_each_dictionary_counts_for_the_file_that_it_goes_to() -> None:
    other = "with open('job.json', 'w') as stream:\n    json.dump({}, stream)\n"
    conf = "conf = {'container_registry': {'user': '$oauthtoken', 'password': input()}}\n"
    assert lacking(conf + DUMP + other) == {"recipe/job.json": ("container_registry",)}


def test_a_notebook_is_named_with_its_cell() -> None:
    (found,) = find_written_files(notebook_of("import json", "conf = {}", DUMP))
    assert (found.place.cell, found.place.line) == (2, 2)

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.secrets import Redaction, masked

# Put together here so that no scanner takes the test itself for a leak.
NGC_KEY = "nvapi-" + "Zk3" * 20
LEGACY_KEY = "bW9ja2tleQ1" * 7 + "YWJjZDU"
STORAGE_KEY = "q1W+e2/R" * 10 + "abcdef=="


@pytest.mark.parametrize(
    "line",
    [
        "",
        '    "password": "",',
        '    "password": "<Your API Key>",',
        '"user": "$oauthtoken",',
        '"token": "$oauthtoken"',
        "password=cfg.container_registry_password,",
        "credentials=models.PrivateRegistryCredentials(",
        "account_key=cfg.storage_account_key),",
        "service = FileService(cfg.storage_account_name, cfg.storage_account_key)",
        "password=os.environ['NGC_API_KEY'],",
        "password = os.environ.get('NGC_API_KEY', '')",
        "self.container_registry_password = conf['container_registry'].get('password', None)",
        "self.aad_secret_key = encode(conf['aad_secret'])",
        "self.aad_token_uri = 'https://login.microsoftonline.com/{0}/oauth2/token'.format(tenant)",
        '"secretUrl": "https://vault.vault.azure.net/secrets/ngc"',
        '"secret_url": "https://<KeyVault Name>.vault.azure.net/secrets/<Secret Name>"',
        '"keyvault_id": "/subscriptions/1/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"',
        '"passwordSecretReference": {',
        "password = None",
        '"password": null',
        "password = getpass.getpass('Password: ')",
        "tokenizer = 'basic_english'",
        "max_tokens = 4096",
        '"ssh_public_key": "ssh-rsa AAAAB3NzaC1yc2E me@here"',
        "docker login --password $NGC_API_KEY nvcr.io",
        "docker login --password-stdin nvcr.io",
        "PASSWORD=cfg.password",
        "NGC_API_KEY=$KEY",
        "url = 'https://github.com/owner/repository/blob/0123456789abcdef0123456789abcdef01234567/file'",
        '"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"',
        "password = '{0}'.format(value)",
        '"password": "***"',
        "image='nvcr.io/nvidia/tensorflow:18.07-py2'",
        "id='/subscriptions/0a1b2c3d-0000-4444-8888-ABCDEF012345/resourceGroups/g'",
        "x = '0A1B2C3D-0000-4444-8888-ABCDEF012345'",
        "from azure.mgmt.batchai.models import ContainerSettings",
        '"image/png": "iVBORw0KGgoAAAANSUhEUgAAAYAAAAEACAYAAAC6d6FnAAAABHNCSVQICAgIfAhkiAAAAAlwSFlz'
        + "A" * 400
        + '"',
        "read -p 'Password: ' password",
        "sorted(names, key=len)",
        "pin_memory = True",
        "for token in tokens:",
        "def login(password: str, key: bytes) -> None:",
        '"credentials": {"type": "object", "required": ["username", "password"]}',
        '"credentials": {"passwordSecretReference": {"sourceVault": {"id": "[parameters(\'v\')]"}}}',
    ],
)
def test_a_line_without_a_secret_stays_as_it_is(line: str) -> None:
    assert Redaction().spans(line) == ()
    assert masked(line) == line
    assert not Redaction().spans(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('"password": "hunter2"', '"password": "***"'),
        ('"key" : "hunter2",', '"key" : "***",'),
        ('"aad_secret": "hunter2"', '"aad_secret": "***"'),
        ("password='hunter2', user='u'", "password='***', user='u'"),
        ('"    password=\\"hunter2\\",\\n",', '"    password=\\"***\\",\\n",'),
        ("\"    password='hunter2',\\n\",", "\"    password='***',\\n\","),
        ('"password": "a\\"hunter2"', '"password": "***"'),
        ('\\"password\\": \\"a\\\\\\"hunter2\\"', '\\"password\\": \\"***\\"'),
        ("conf['password'] = 'hunter2'", "conf['password'] = '***'"),
        ("password: str = 'hunter2'", "password: str = '***'"),
        ("if password == 'hunter2':", "if password == '***':"),
        ("password = encode('hunter2')", "password = encode('***')"),
        ("password = (b'hunter2')", "password = (b'***')"),
        (
            "password = os.environ.get('NGC_API_KEY', 'hunter2')",
            "password = os.environ.get('NGC_API_KEY', '***')",
        ),
        ('{"name": "API_TOKEN", "value": "hunter2"}', '{"name": "API_TOKEN", "value": "***"}'),
        (
            "EnvironmentVariable(name='API_TOKEN', value='hunter2')",
            "EnvironmentVariable(name='API_TOKEN', value='***')",
        ),
        ('"password": 20301122,', '"password": ***,'),
        ("password = 'hunter2", "password = '***"),
        ("docker login -u u --password hunter2 nvcr.io", "docker login -u u --password *** nvcr.io"),
        ("--storage-account-key=hunter2", "--storage-account-key=***"),
        ("export NGC_API_KEY=hunter2", "export NGC_API_KEY=***"),
        (f"x = ['{NGC_KEY}']", "x = ['***']"),
        (f"x = '{LEGACY_KEY}'", "x = '***'"),
        (f"FileService(name, '{STORAGE_KEY}')", "FileService(name, '***')"),
        (f'"{STORAGE_KEY}"'.replace("=", "\\u003d"), '"***"'),
        ("'AccountName=n;AccountKey=aGk=;Suffix=s'", "'AccountName=n;AccountKey=***;Suffix=s'"),
        (
            "'https://a.blob.core.windows.net/c?sv=1&sig=aGk%3D&se=2'",
            "'https://a.blob.core.windows.net/c?sv=1&sig=***&se=2'",
        ),
        ("headers = 'Bearer abcdefgh.ijklmnop.qrstu'", "headers = 'Bearer ***'"),
        ("pip install -i https://me:hunter2@example.org/", "pip install -i https://me:***@example.org/"),
        ("sas = 'hunter2'", "sas = '***'"),
        ("storageKey='hunter2'", "storageKey='***'"),
        ("password: swordfish", "password: ***"),
        ("db_password = hunter2", "db_password = ***"),
        ("# the password was hunter2", "# the password was ***"),
        ("pin = 1234", "pin = ***"),
        ("passwords = ['a1', 'b2']", "passwords = ['***', '***']"),
    ],
)
def test_a_secret_is_masked_and_the_rest_is_shown(line: str, expected: str) -> None:
    assert masked(line) == expected
    assert Redaction().spans(line)


def test_a_value_on_the_line_after_its_name_is_masked() -> None:
    assert masked('"password":\n    "hunter2"\n') == '"password":\n    "***"\n'


def test_a_value_in_the_next_line_of_a_notebook_is_masked() -> None:
    assert masked('"password=(\\n",\n "  \'hunter2\')\\n"') == '"password=(\\n",\n "  \'***\')\\n"'


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_literal_that_a_backslash_continues_in_json_is_masked_in_all_its_parts(
    indent: int | None, line_end: str, quote: str
) -> None:
    lines = [f"password = {quote}first{quote} \\{line_end}", f" {quote}second{quote}"]
    for source in (lines, "".join(lines)):
        shown = masked(json.dumps({"source": source}, indent=indent))
        assert "first" not in shown
        assert "second" not in shown


def test_a_private_key_is_masked_over_all_its_lines() -> None:
    text = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA " + "PRIVATE KEY-----\n"
    assert "MIIE" not in masked(text)
    assert "abcd" not in masked(text)


def test_a_masked_line_has_no_secret_left() -> None:
    line = f"password='a', token='b', x='{NGC_KEY}'"
    assert not Redaction().spans(masked(line))


UNITS = (
    *(" ", "a", "A", "password", "password=", "'", '\\"', "\\", "://", "a:", "--key ", "(", "\\n", "sig="),
    *("password=[", "password: {", "service('a',", "('password','x'),", "# password is a1\n", "-p login "),
    *(
        "curl -u a:",
        "eyJaaaaaaaa.",
        "'aA1",
        "name='key',value='x'",
        "-----BEGIN PRIVATE KEY-----",
        "AccountKey=",
    ),
)


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_with_the_length_alone(unit: str) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        Redaction().spans(unit * (size // len(unit)))
        return time.process_time() - start

    # Four times the length: 4 if linear, 16 if quadratic. What other work leaves alone is one of some.
    most = 10 * max(seconds(20_000), 0.02)
    assert any(seconds(80_000) < most for _ in range(3))


def test_a_line_of_a_mebibyte_is_no_trouble() -> None:
    assert Redaction().spans("x = '" + "a" * 2**20 + "'\npassword = 'hunter2'") != ()


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet=st.sampled_from("password=key:'\"\\ \n<>$[](),naé\ud800")))
def test_spans_are_sorted_disjoint_and_inside(text: str) -> None:
    spans = Redaction().spans(text)
    flat = [position for span in spans for position in span]
    assert flat == sorted(flat)
    assert all(0 <= start < end <= len(text) for start, end in spans)

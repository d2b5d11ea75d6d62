"""What is made of the answers of Debian's docker-registry, behind a front that answers as nvcr.io does."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest

from migrator.catalogue import ImageReference
from migrator.model import Finding, Severity
from migrator.online import ask
from migrator.online.keys import Key
from tests.online.front import Asked, Front, Given
from tests.online.registries import KEY, LIST, OCI, USER, Ngc, Registry, basic, digest_of, installed

HOLDER = Key(USER, KEY, "NGC_API_KEY")
TENSORFLOW = "nvcr.io/nvidia/tensorflow"
GATED = "nvcr.io/nvidia/pytorch:18.05-py3"


def reference(image: str) -> ImageReference:
    found = ImageReference.parse(image)
    assert found is not None
    return found


def told(image: str, key: Key | None = HOLDER) -> Finding:
    return ask([reference(image)], key)[reference(image)]


@pytest.fixture
def odd(registry: Registry) -> Registry:
    """The registry with images of other forms."""
    digest = registry.push("nvidia/forms", "oci", OCI)
    one = registry.push("nvidia/forms", "one")
    platforms = [("amd64", one), ("arm64", digest)]
    listed = [
        {"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "size": 1, "digest": digest}
        | {"platform": {"architecture": name, "os": "linux"}}
        for name, digest in platforms
        if digest == one
    ]
    manifest = {"schemaVersion": 2, "mediaType": LIST, "manifests": listed}
    registry.push_manifest("nvidia/forms", "list", manifest, LIST)
    return registry


def skopeo(*words: str) -> bytes:
    """Run another client, which knows nothing of the front."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nowhere",
        "XDG_RUNTIME_DIR": "/nowhere",
    }
    command = (installed("skopeo"), *words)
    return subprocess.run(command, capture_output=True, check=True, env=environment).stdout


def manifest_of(registry: Registry, image: str) -> bytes:
    """Return an image's manifest as another client gets it."""
    where = f"docker://127.0.0.1:{registry.port}/{image}"
    return skopeo("inspect", "--raw", "--tls-verify=false", "--creds", f"{USER}:{KEY}", where)


def test_an_image_for_everyone_is_found_by_nobody_and_by_the_key(ngc: Ngc) -> None:
    found = told(f"{TENSORFLOW}:18.07-py2")
    assert (found.rule, found.severity) == ("image-found", Severity.INFO)
    assert "can be pulled by anyone and the key: schema 2," in found.message


def test_an_image_that_is_not_for_everyone_is_found_by_the_key(ngc: Ngc) -> None:
    found = told(GATED)
    assert found.rule == "image-found"
    assert "can be pulled by the key: schema 2," in found.message


def test_without_a_key_an_image_for_everyone_is_found(ngc: Ngc) -> None:
    found = told(f"{TENSORFLOW}:18.07-py2", None)
    assert found.rule == "image-found"
    assert "can be pulled by anyone: " in found.message


@pytest.mark.parametrize("image", [GATED, f"{TENSORFLOW}:17.00"])
def test_without_a_key_what_is_not_given_is_forbidden_and_not_absent(ngc: Ngc, image: str) -> None:
    found = told(image, None)
    assert (found.rule, found.severity) == ("image-forbidden", Severity.WARNING)
    assert "is refused, asked for without a key" in found.message


@pytest.mark.parametrize("tag", ["one", "oci", "list"])
def test_digest_and_size_are_those_that_skopeo_tells(ngc: Ngc, odd: Registry, tag: str) -> None:
    manifest = manifest_of(odd, f"nvidia/forms:{tag}")
    message = told(f"nvcr.io/nvidia/forms:{tag}").message
    assert digest_of(manifest) in message
    data = json.loads(manifest_of(odd, "nvidia/forms:one") if tag == "list" else manifest)
    size = sum(part["size"] for part in (data["config"], *data["layers"]))
    assert f"{size / 1e9:.2f} GB packed" in message


@pytest.mark.parametrize(
    ("tag", "form"), [("one", ": schema 2, "), ("oci", ": OCI, "), ("list", ", list: schema 2, ")]
)
def test_the_form_of_the_manifest_is_named(ngc: Ngc, odd: Registry, tag: str, form: str) -> None:
    assert form in told(f"nvcr.io/nvidia/forms:{tag}").message


def test_an_image_by_digest_is_found(ngc: Ngc, registry: Registry) -> None:
    digest = registry.push("nvidia/tensorflow", "18.07-py2")
    assert told(f"{TENSORFLOW}@{digest}").rule == "image-found"


def test_an_absent_tag_is_not_found_and_near_ones_are_named(ngc: Ngc) -> None:
    found = told(f"{TENSORFLOW}:18.07-py3")
    assert found.rule == "image-not-found"
    assert "; near it are 18.07-py2, 18.06-py3, 18.05-py3." in found.message


def test_an_absent_repository_is_not_found(ngc: Ngc) -> None:
    found = told("nvcr.io/nvidia/none:1")
    assert found.rule == "image-not-found"
    assert "near" not in found.message


def test_a_manifest_of_schema_1_is_told(ngc: Ngc, registry: Registry) -> None:
    registry.push("nvidia/old", "new")
    images = [f"docker://127.0.0.1:{registry.port}/nvidia/old:{tag}" for tag in ("new", "old")]
    login = ("--src-creds", f"{USER}:{KEY}", "--dest-creds", f"{USER}:{KEY}")
    insecure = ("--src-tls-verify=false", "--dest-tls-verify=false", "--insecure-policy")
    skopeo("copy", "--format", "v2s1", *login, *insecure, *images)
    found = told("nvcr.io/nvidia/old:old")
    assert (found.rule, found.severity) == ("image-schema1", Severity.WARNING)
    assert told("nvcr.io/nvidia/old:new").rule == "image-found"


def test_every_request_for_a_manifest_says_what_it_takes(ngc: Ngc, front: Front) -> None:
    told(GATED)
    accepted = [asked.headers["accept"] for asked in front.heard if "/manifests/" in asked.path]
    assert accepted
    for kind in (
        "manifest.v2+json",
        "manifest.list.v2+json",
        "oci.image.manifest.v1+json",
        "oci.image.index",
    ):
        assert all(kind in each for each in accepted)


def test_a_false_key_is_refused_and_no_longer_used(ngc: Ngc, front: Front) -> None:
    images = [
        reference(f"{TENSORFLOW}:{tag}") for tag in ("18.05-py3", "18.06-py2", "18.06-py3", "18.07-py2")
    ]
    found = ask(images, replace(HOLDER, value="false"))
    assert {each.rule for each in found.values()} == {"key-refused"}
    assert sum(asked.login.startswith("Basic") for asked in front.heard) == 3


def test_a_right_key_without_a_right_to_the_image_is_forbidden(front: Front, registry: Registry) -> None:
    ngc = Ngc(registry)
    front.handler = lambda asked: Given(403) if "/v2/" in asked.path and asked.login else ngc(asked)
    found = told(GATED)
    assert found.rule == "image-forbidden"
    assert "with the key of NGC_API_KEY" in found.message


@pytest.mark.parametrize("uses", [1, 2])
def test_a_token_that_expires_during_the_run_is_asked_for_anew(ngc: Ngc, front: Front, uses: int) -> None:
    """The realm has moved by then, to where nobody gets anything: nobody begins anew."""
    ngc.uses = uses
    tags = ("18.05-py3", "18.06-py2", "18.06-py3", "18.07-py2")
    found = ask([reference(f"{TENSORFLOW}:{tag}") for tag in tags], HOLDER)
    assert [each.rule for each in found.values()] == ["image-found"] * 4
    assert all("anyone and the key" in each.message for each in found.values())
    moved = [asked for asked in front.heard if asked.host == "authn.nvidia.com"]
    assert any(asked.login == basic() for asked in moved)
    assert any(not asked.login for asked in moved)


@pytest.mark.parametrize("times", [1, 2])
def test_a_401_by_whim_is_asked_again(front: Front, ngc: Ngc, times: int) -> None:
    left = {"nobody": times, "key": times}

    def whim(asked: Asked) -> Given:
        who = "key" if asked.login else "nobody"
        if asked.path.startswith("/proxy_auth") and left[who]:
            left[who] -= 1
            return Given(401)
        return ngc(asked)

    front.handler = whim
    assert "anyone and the key" in told(f"{TENSORFLOW}:18.07-py2").message


def test_a_registry_with_a_plain_login_is_asked_too(front: Front, registry: Registry) -> None:
    """Debian's own challenge: Basic, for everything."""

    def plain(asked: Asked) -> Given:
        login = asked.login or "none"
        answer = registry.send(
            "GET", asked.path, b"", {"Authorization": login, "Accept": asked.headers["accept"]}
        )
        return replace(answer, headers={n: v for n, v in answer.headers.items() if n != "Transfer-Encoding"})

    front.handler = plain
    found = told(GATED)
    assert found.rule == "image-found"
    assert "can be pulled by the key" in found.message
    assert told(GATED, replace(HOLDER, value="false")).rule == "key-refused"


def test_four_requests_are_under_way_at_most_and_an_image_is_asked_for_once(
    front: Front, registry: Registry
) -> None:
    ngc = Ngc(registry, frozenset(f"nvidia/net{n}" for n in range(40)))
    front.handler = ngc
    images = [reference(f"nvcr.io/nvidia/net{n % 40}:{n}") for n in range(200)]
    found = ask([*images, *images], HOLDER)
    assert len(found) == 200
    assert {each.rule for each in found.values()} == {"image-not-found"}
    assert 1 < front.most_at_once <= 4
    asked = [(one.path, one.login) for one in front.heard if "/manifests/" in one.path and one.login]
    assert len(asked) == len(set(asked)) == 400

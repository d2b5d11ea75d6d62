"""A certificate authority of the tests' own, and one certificate for every name that they answer as."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.online.registries import installed

NAMES = (
    "nvcr.io",
    "authn.nvidia.com",
    "elsewhere.example.com",
    "keys.vault.azure.net",
    "others.vault.azure.net",
    "login.microsoftonline.com",
)
_FOR_SIGNING = ("-addext", "keyUsage=critical,keyCertSign")


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """Make them in ``folder``; returns the authority's certificate, and the other with its key."""
    folder.mkdir(parents=True, exist_ok=True)
    authority, both = folder / "authority.pem", folder / "server.pem"
    key, request = folder / "authority.key", folder / "server.csr"
    names = folder / "names"
    # From Python 3.13 on, certificates have to say whose they are and what for (VERIFY_X509_STRICT).
    names.write_text(
        f"subjectAltName={','.join(f'DNS:{name}' for name in NAMES)}\n"
        "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n"
    )
    openssl = installed("openssl")
    new = (openssl, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch")
    _run(*new, "-x509", "-days", "2", "-subj", "/CN=tests", *_FOR_SIGNING, "-keyout", key, "-out", authority)
    _run(*new, "-subj", "/CN=nvcr.io", "-keyout", both, "-out", request)
    signing = (openssl, "x509", "-req", "-days", "2", "-CA", authority, "-CAkey", key, "-CAcreateserial")
    signed = _run(*signing, "-in", request, "-extfile", names)
    both.write_bytes(both.read_bytes() + signed)
    return authority, both


def _run(*words: str | Path) -> bytes:
    return subprocess.run(words, check=True, capture_output=True).stdout

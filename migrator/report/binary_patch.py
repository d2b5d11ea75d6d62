"""Git's binary deltas, for changes that no text patch may show (https://git-scm.com/docs/gitformat-pack)."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable

from codemods.syntax.edits import Edit, apply

_ESCAPES = dict(zip(b'\a\b\t\n\v\f\r"\\', b'abtnvfr"\\', strict=True))


def quoted(name: bytes) -> bytes:
    """Return the name as git writes it in a patch: as it is, or like a C string."""
    escaped = b"".join(
        b"\\%c" % _ESCAPES[c] if c in _ESCAPES else b"%c" % c if 32 <= c < 127 else b"\\%03o" % c
        for c in name
    )
    return name if escaped == name else b'"' + escaped + b'"'


def binary_patch(
    before: bytes, after: bytes, edits: Iterable[Edit[bytes]], undo: Iterable[Edit[bytes]]
) -> bytes:
    """Return what follows the ``diff --git`` line of a binary patch, both ways.

    It holds the texts of ``edits`` and ``undo`` (the inverse) and nothing else of either side.
    """
    ids = _object_id(before) + b".." + _object_id(after)
    return b"index %b\nGIT binary patch\n%b\n%b\n" % (ids, _delta(before, edits), _delta(after, undo))


def _object_id(data: bytes) -> bytes:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest().encode()


def _delta(source: bytes, edits: Iterable[Edit[bytes]]) -> bytes:
    """Return git's delta of the edits, deflated and in base 85, in lines of at most 52 bytes."""
    parts = [_varint(len(source)), _varint(len(apply(edits, source)))]
    position = 0
    for edit in (*sorted(edits), Edit(len(source), len(source), b"")):
        for start in range(position, edit.start, 0xFFFF):
            size = min(0xFFFF, edit.start - start)
            parts.append(b"\xbf" + start.to_bytes(4, "little") + size.to_bytes(2, "little"))
        chunks = (edit.text[start : start + 127] for start in range(0, len(edit.text), 127))
        parts += (bytes([len(chunk)]) + chunk for chunk in chunks)
        position = edit.end
    delta = b"".join(parts)
    packed = zlib.compress(delta)
    rows = (packed[start : start + 52] for start in range(0, len(packed), 52))
    sizes = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    coded = (sizes[len(row) - 1 : len(row)] + base64.b85encode(row, pad=True) + b"\n" for row in rows)
    return b"delta %d\n" % len(delta) + b"".join(coded)


def _varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])

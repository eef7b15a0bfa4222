"""The version of a Windows program, out of its file: the four numbers of its VS_FIXEDFILEINFO resource."""

from __future__ import annotations

import struct

from vcaudit.collect.tree import Entry

LARGEST = 256 << 20
"""Bytes of a program; the largest of VirtualCenter's is a tenth of it."""
_FIXED = b"\xbd\x04\xef\xfe\x00\x00\x01\x00"
"""Signature and version of the structure, as every linker writes them."""


def file_version(entry: Entry) -> str | None:
    """`2.0.1.42389`; None: it has none, or several that differ. Raises Unreadable."""
    data = entry.read(LARGEST)
    found: set[tuple[int, ...]] = set()
    at = data.find(_FIXED)
    while at >= 0 and len(data) >= at + 16:
        high, low = struct.unpack_from("<II", data, at + 8)
        found.add((high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF))
        at = data.find(_FIXED, at + 4)
    if len(found) != 1:
        return None
    numbers = found.pop()
    return ".".join(map(str, numbers)) if any(numbers) else None

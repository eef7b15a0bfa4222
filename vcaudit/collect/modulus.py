"""The public half of a private key that somebody handed over in a folder: the same as the collector gives on a node."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_PEM = re.compile(rb"-----BEGIN (RSA )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END")
_RSA = bytes.fromhex("2a864886f70d010101")
_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_SHORTEST = 64
"""Bytes of a modulus: 512 bits; of what stands before it nothing is as long."""


def modulus_sha256(pem: bytes) -> str | None:
    """SHA-256 of the modulus of an RSA private key in PEM, without leading zeros; None: there is none in it."""
    found = _PEM.search(pem)
    if found is None:
        return None
    try:
        der = base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error:
        return None
    if found[1] is None and _RSA not in der:
        return None
    modulus = _first_long_number(der).lstrip(b"\0")
    return hashlib.sha256(modulus).hexdigest() if modulus else None


def _first_long_number(der: bytes) -> bytes:
    """Walks into sequences and octet strings; empty: none, or the bytes are cut."""
    at = 0
    while at < len(der) - 1:
        tag, size = der[at], der[at + 1]
        at += 2
        if size > 127:
            width = size - 128
            if width > 3:
                return b""
            size = int.from_bytes(der[at : at + width], "big")
            at += width
        if tag == _INTEGER and size >= _SHORTEST:
            return der[at : at + size] if at + size <= len(der) else b""
        at += 0 if tag in (_SEQUENCE, _OCTETS) else size
    return b""

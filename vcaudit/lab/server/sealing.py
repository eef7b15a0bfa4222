"""Message encryption of WinRM over http (MS-WSMV 2.2.9.1): one sealed part behind a head that says its length."""

from __future__ import annotations

import re

import spnego

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
CONTENT_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'
BOUNDARY = b"--Encrypted Boundary"
OCTETS = b"\tContent-Type: application/octet-stream\r\n"


def unseal(context: spnego.ContextProxy, body: bytes) -> bytes:
    """The message inside. Raises ValueError for a malformed body, SpnegoError for one sealed in another session."""
    head, found, rest = body.partition(OCTETS)
    length = re.search(rb"Length=(\d+)", head)
    if not found or not length:
        raise ValueError("not a sealed message")
    sealed = rest[: rest.rindex(BOUNDARY + b"--")]
    size = int.from_bytes(sealed[:4], "little")
    plain = context.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :])
    if len(plain) != int(length.group(1)):
        raise ValueError("a sealed message of another length than it says")
    return plain


def seal(context: spnego.ContextProxy, message: bytes) -> bytes:
    """The body that carries `message`."""
    wrapped = context.wrap_winrm(message)
    return b"".join((
        BOUNDARY, b"\r\n\tContent-Type: ", PROTOCOL.encode(),
        b"\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=",
        str(len(message) + wrapped.padding_length).encode(), b"\r\n", BOUNDARY, b"\r\n", OCTETS,
        len(wrapped.header).to_bytes(4, "little"), wrapped.header, wrapped.data, BOUNDARY, b"--\r\n",
    ))  # fmt: skip

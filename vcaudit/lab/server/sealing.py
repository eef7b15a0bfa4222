"""Message encryption of WinRM over http (MS-WSMV 2.2.9.1): sealed parts, each behind a head that says its length."""

from __future__ import annotations

import re

import spnego

PIECE = 16_384
"""Bytes of a message in one part under CredSSP: what fits into a TLS record. The others seal a message whole."""
BOUNDARY = b"--Encrypted Boundary"
OCTETS = b"\tContent-Type: application/octet-stream\r\n"
HEAD = re.compile(
    rb"--Encrypted Boundary\r\n\s*Content-Type: application/HTTP-[\w-]+\r\n"
    rb"\s*OriginalContent: [^\r]*Length=(\d+)\r\n--Encrypted Boundary\r\n"
)


def _protocol(context: spnego.ContextProxy) -> str:
    name = "CredSSP" if context.protocol == "credssp" else "SPNEGO"
    return f"application/HTTP-{name}-session-encrypted"


def content_type(context: spnego.ContextProxy, message: bytes) -> str:
    """Of the body that `seal` gives."""
    kind = "multipart/encrypted" if len(_pieces(context, message)) == 1 else "multipart/x-multi-encrypted"
    return f'{kind};protocol="{_protocol(context)}";boundary="Encrypted Boundary"'


def unseal(context: spnego.ContextProxy, body: bytes) -> bytes:
    """The message inside. Raises ValueError for a malformed body, SpnegoError for one sealed in another session."""
    heads = [(match, int(match[1])) for match in HEAD.finditer(body)]
    end = body.rfind(BOUNDARY + b"--")
    if not heads or end < 0:
        raise ValueError("not a sealed message")
    ends = [match.start() for match, _ in heads[1:]] + [end]
    return b"".join(_open(context, body[match.end() : to], size) for (match, size), to in zip(heads, ends, strict=True))


def _open(context: spnego.ContextProxy, part: bytes, length: int) -> bytes:
    sealed = part.removeprefix(OCTETS)
    size = int.from_bytes(sealed[:4], "little")
    plain: bytes = context.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :])
    if len(plain) != length:
        raise ValueError("a sealed message of another length than it says")
    return plain


def _pieces(context: spnego.ContextProxy, message: bytes) -> list[bytes]:
    step = PIECE if context.protocol == "credssp" else max(1, len(message))
    return [message[at : at + step] for at in range(0, len(message), step)] or [b""]


def seal(context: spnego.ContextProxy, message: bytes) -> bytes:
    """The body that carries `message`."""
    return b"".join(_part(context, piece) for piece in _pieces(context, message)) + BOUNDARY + b"--\r\n"


def _part(context: spnego.ContextProxy, piece: bytes) -> bytes:
    wrapped = context.wrap_winrm(piece)
    return b"".join((
        BOUNDARY, b"\r\n\tContent-Type: ", _protocol(context).encode(),
        b"\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=",
        str(len(piece) + wrapped.padding_length).encode(), b"\r\n", BOUNDARY, b"\r\n", OCTETS,
        len(wrapped.header).to_bytes(4, "little"), wrapped.header, wrapped.data,
    ))  # fmt: skip

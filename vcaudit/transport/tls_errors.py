"""What OpenSSL's complaints mean to someone who looks after certificates."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from vcaudit.errors import Unreachable

if TYPE_CHECKING:
    from vcaudit.transport.wire import Wire

EXPIRED, NOT_YET = 10, 9
SELF_SIGNED = frozenset({18, 19, 20, 21, 2})
"""Codes of X509_verify_cert for a chain that ends in nobody we trust."""
NAME = frozenset({62, 64})

PLAIN_HTTP = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
TOO_OLD = ("UNSUPPORTED_PROTOCOL", "HANDSHAKE_FAILURE", "PROTOCOL_VERSION", "KEY_TOO_SMALL", "NO_CIPHERS", "WEAK",
           "TOO_WEAK", "NO_SHARED_CIPHER", "LEGACY_SIGALG", "UNSAFE_LEGACY_RENEGOTIATION")  # fmt: skip

UNTOUCHED = "nothing was sent"


def tls(cause: ssl.SSLError | None, error: Exception, wire: Wire) -> Unreachable:
    """`cause` is OpenSSL's own error, when there is one inside `error`."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _certificate(cause, wire)
    # Absent on errors that ssl's Python side raises itself.
    reason = (getattr(cause, "reason", "") or "").upper()
    if any(word in reason for word in PLAIN_HTTP):
        what, hint = "plain HTTP is spoken on this port, and https was asked for", "set `scheme: http`, or the port"
    elif any(word in reason for word in TOO_OLD):
        what = f"no common TLS version or cipher ({reason.lower()})"
        hint = "old Windows offers none that is still safe: use NTLM over http, whose messages are encrypted"
    elif "doesn't match" in str(error):
        # urllib3's own comparison of names.
        what, hint = _name(wire)
    else:
        what = f"the TLS handshake failed ({reason.lower() or type(cause or error).__name__})"
        hint = "check that the port is WinRM's https listener and that its certificate is there"
    return Unreachable(what, where=wire.target.place, hint=f"{UNTOUCHED}; {hint}")


def _certificate(cause: ssl.SSLCertVerificationError, wire: Wire) -> Unreachable:
    if cause.verify_code == EXPIRED:
        what, hint = "the node's certificate has expired", "renew it, or pin it with `fingerprint`"
    elif cause.verify_code == NOT_YET:
        what, hint = "the node's certificate is not valid yet", "compare the clocks of both machines"
    elif cause.verify_code in NAME:
        what, hint = _name(wire)
    elif cause.verify_code in SELF_SIGNED:
        trusted = f"the authorities in {wire.target.ca}" if wire.target.ca else "the system's authorities"
        what = f"the node's certificate is signed by none of {trusted}"
        hint = "give the file of its authority with `ca`, or pin the certificate with `fingerprint`"
    else:
        what = f"the node's certificate is not accepted: {cause.verify_message}"
        hint = "correct it, or pin it with `fingerprint`"
    return Unreachable(what, where=wire.target.place, hint=f"{UNTOUCHED}; {hint}", code=cause.verify_code)


def _name(wire: Wire) -> tuple[str, str]:
    return (
        f"the node's certificate is not made out to {wire.target.address}",
        "write the name that the certificate bears as `address`, or pin the certificate with `fingerprint`",
    )

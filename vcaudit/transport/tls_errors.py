"""What OpenSSL's complaints mean to someone who looks after certificates, down to the line of the inventory."""

from __future__ import annotations

import ipaddress
import ssl
from typing import TYPE_CHECKING

from vcaudit.errors import AuthenticationFailed, TransportError, Unreachable
from vcaudit.transport.base import Target

if TYPE_CHECKING:
    from vcaudit.transport.wire import Wire

EXPIRED, NOT_YET = 10, 9
SELF_SIGNED = frozenset({18, 19, 20, 21, 2})
"""Codes of X509_verify_cert for a chain that ends in nobody we trust."""
NAME = frozenset({62, 64})
SMALL_KEY = frozenset({66, 67})
WEAK_SIGNATURE = 68

PLAIN_HTTP = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
TOO_OLD = ("UNSUPPORTED_PROTOCOL", "HANDSHAKE_FAILURE", "PROTOCOL_VERSION", "KEY_TOO_SMALL", "NO_CIPHERS", "WEAK",
           "TOO_WEAK", "NO_SHARED_CIPHER", "LEGACY_SIGALG", "UNSAFE_LEGACY_RENEGOTIATION")  # fmt: skip
OUR_CERTIFICATE = ("ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNSUPPORTED_CERTIFICATE",
                   "ALERT_ACCESS_DENIED", "ALERT_DECRYPT_ERROR", "ALERT_NO_CERTIFICATE")  # fmt: skip
"""Alerts by which a node says what it thinks of a client's certificate."""

UNTOUCHED = "nothing was sent"
BETTER = "; NTLM over http, whose messages are encrypted, needs no TLS"


def tls(cause: ssl.SSLError | None, error: Exception, wire: Wire) -> Unreachable:
    """`cause` is OpenSSL's own error, when there is one inside `error`."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        found = _certificate(cause, wire)
        found.code = cause.verify_code
        return found
    # Absent on errors that ssl's Python side raises itself.
    reason = (getattr(cause, "reason", "") or "").upper()
    if any(word in reason for word in PLAIN_HTTP):
        what, hint = "plain HTTP is spoken on this port, and https was asked for", "set `scheme: http`, or the port"
    elif any(word in reason for word in TOO_OLD):
        what, hint = f"no common TLS version or cipher ({reason.lower()})", _older(reason, wire.target)
    elif "doesn't match" in str(error):
        # urllib3's own comparison of names.
        what, hint = _name(wire)
    else:
        what = f"the TLS handshake failed ({reason.lower() or type(cause or error).__name__})"
        hint = "check that the port is WinRM's https listener and that its certificate is there"
    return Unreachable(what, where=wire.target.place, hint=f"{UNTOUCHED}; {hint}")


def _older(reason: str, target: Target) -> str:
    """What the inventory would have to allow."""
    if "RENEGOTIATION" in reason:
        return f"the node lacks MS10-049: install it, or allow it with {_line('legacy_renegotiation: true')}"
    if "KEY_TOO_SMALL" in reason:
        return f"the node's key exchange is too short: {_line('security_level: 0')} allows it{BETTER}"
    if target.tls.minimum == "1.3":
        return "the inventory asks for TLS 1.3 (`minimum`), which Windows has from Server 2022 on"
    if target.tls.minimum in {"1.0", "1.1"} and target.tls.security_level == 0:
        # What is left are ciphers that OpenSSL has at no level: Server 2003 has RC4 and 3DES only.
        return f"the node may have RC4 and 3DES only, which no OpenSSL of today has{BETTER}"
    return f"if the node is as old as that, {_line(_OLDEST)} allows it{BETTER}"


_OLDEST = "minimum: '1.0', security_level: 0"


def _line(setting: str) -> str:
    return f"`tls: {{{setting}}}` in the node's `winrm`"


def refused(cause: ssl.SSLError | None, wire: Wire) -> TransportError | None:
    """The error when the node does not accept the certificate that we have shown."""
    reason = (getattr(cause, "reason", "") or "").upper()
    if wire.target.authentication != "certificate" or not any(word in reason for word in OUR_CERTIFICATE):
        return None
    certificate = wire.target.certificate
    hint = f"openssl x509 -in {certificate} -noout -dates -issuer -purpose"
    if "EXPIRED" in reason:
        what = f"the node says that the certificate {certificate} has expired"
    elif "UNKNOWN_CA" in reason:
        what = f"the node does not know the authority of the certificate {certificate}"
        hint = "its root belongs into Root, its issuer into CA of the node's LocalMachine store"
    else:
        what = f"the node refuses the certificate {certificate} ({reason.lower().rpartition('alert_')[2]})"
    return AuthenticationFailed(what, where=wire.target.place, hint=hint)


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
    elif cause.verify_code in SMALL_KEY:
        what = "the node's certificate has too small a key"
        hint = f"pin it with `fingerprint`, or allow keys of 1024 bits with {_line('security_level: 1')}"
    elif cause.verify_code == WEAK_SIGNATURE:
        what = "the node's certificate is signed with SHA-1 or MD5"
        hint = f"pin it with `fingerprint`, or allow such signatures with {_line('security_level: 0')}"
    else:
        what = f"the node's certificate is not accepted: {cause.verify_message}"
        hint = "correct it, or pin it with `fingerprint`"
    return Unreachable(what, where=wire.target.place, hint=f"{UNTOUCHED}; {hint}")


def _name(wire: Wire) -> tuple[str, str]:
    what = f"the node's certificate is not made out to {wire.target.address}"
    hint = "write the name that the certificate bears as `address`, or pin the certificate with `fingerprint`"
    if not wire.target.tls.common_name and not is_address(wire.target.address):
        hint += f"; if it bears the name as common name only, {_line('common_name: true')} accepts that"
    return what, hint


def is_address(host: str) -> bool:
    """Whether a host is given by its IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

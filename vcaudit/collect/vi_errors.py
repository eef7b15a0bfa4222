"""Every error of pyvmomi, http.client, ssl and sockets becomes one of ours: what, where, what to do next.

Imports pyvmomi: only `vi.py` imports this module, and only when VirtualCenter is asked.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable

from pyVmomi import vim, vmodl

from vcaudit.collect.vi_wire import Watch, place_of
from vcaudit.errors import AccessDenied, AuthenticationFailed, BadOutput, TimedOut, TransportError, Unreachable

Handler = Callable[[Exception, Watch], TransportError]

READ_ONLY = "grant it the role Read-only on the root folder of the inventory, with propagation to all below"
NOT_ONE = "something else than VirtualCenter seems to answer at this port: check `virtualcenter` in the inventory"
UNTOUCHED = "nothing was sent"
PLAIN_HTTP = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
TOO_OLD = ("UNSUPPORTED_PROTOCOL", "HANDSHAKE_FAILURE", "PROTOCOL_VERSION", "TOO_SMALL", "NO_CIPHERS", "TOO_WEAK",
           "NO_SHARED_CIPHER", "LEGACY", "UNKNOWN_PROTOCOL", "INTERNAL_ERROR", "WRONG_SIGNATURE")  # fmt: skip
_NAME = frozenset({62, 64})
_DATES = {9: "is not valid yet", 10: "has expired"}
_KEYS = frozenset({66, 67, 68})
"""Codes of X509_verify_cert (x509_vfy.h): keys and signatures weaker than the security level."""


def translate(error: Exception, watch: Watch, secret: str) -> TransportError:
    """Our error for whatever came out of the conversation; `secret` is never repeated, whoever repeats it to us."""
    if isinstance(error, TransportError):
        return error
    if watch.late:
        return _late(error, watch)
    _scrub(error, secret)
    for kind, handler in TABLE:
        if isinstance(error, kind):
            return handler(error, watch)
    return _nonsense(error, watch)


def _scrub(error: Exception, secret: str) -> None:
    """Before anything is cut to its length: a half password is one too."""
    for name in ("msg", "privilegeId"):
        text = getattr(error, name, None)
        if isinstance(text, str) and secret and secret in text:
            setattr(error, name, text.replace(secret, "***"))


def plain(text: object, limit: int = 200) -> str:
    """Text from outside, fit for one line on a terminal."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text or "")).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def kind_of(fault: object) -> str:
    """`vim.fault.NoPermission` → `NoPermission`."""
    return type(fault).__name__.rpartition(".")[2]


def _late(error: Exception, watch: Watch) -> TransportError:
    if not watch.reached:
        return Unreachable("no connection within the time allowed", where=place_of(watch.center), hint=_DEAD)
    return TimedOut(
        "no complete answer before the deadline", where=place_of(watch.center),
        hint="VirtualCenter may be starting or busy; a longer `timeout` of the cluster gives it more time",
    )  # fmt: skip


_DEAD = "check that VirtualCenter runs, address and port of `virtualcenter` in the inventory, and the firewalls"


def _login(error: Exception, watch: Watch) -> TransportError:
    center = watch.center
    return AuthenticationFailed(
        f"VirtualCenter did not accept {center.credential.user}", where=place_of(center),
        hint="check name and password; the name is written as for VirtualCenter's client: DOMAIN\\user, or a local one",
    )  # fmt: skip


def _denied(error: Exception, watch: Watch) -> TransportError:
    missing = plain(getattr(error, "privilegeId", ""))
    which = f" (it lacks {missing})" if missing else ""
    return AccessDenied(
        f"{watch.center.credential.user} may not read the permissions{which}", where=place_of(watch.center),
        hint=READ_ONLY,
    )  # fmt: skip


def _fault(error: Exception, watch: Watch) -> TransportError:
    said = f"VirtualCenter answered with the fault {kind_of(error)}: {plain(getattr(error, 'msg', ''))}"
    return BadOutput(said.rstrip(": "), where=place_of(watch.center), hint="its log, vpxd-*.log, says more")


def _name(error: Exception, watch: Watch) -> TransportError:
    hint = "write the IP address, or a name that this machine resolves, as `address` of `virtualcenter`"
    return Unreachable(f"the name {watch.center.address} is not known here", where=place_of(watch.center), hint=hint)


def _certificate(error: Exception, watch: Watch) -> TransportError:
    assert isinstance(error, ssl.SSLCertVerificationError)
    center, hint = watch.center, "give the file of its authority as `ca`, or pin the certificate with `fingerprint`"
    if error.verify_code in _NAME:
        what = f"VirtualCenter's certificate is not made out to {center.address}"
        hint = "write the name that it bears as `address`, pin it with `fingerprint`, or, when it bears the name as " \
               "common name only, allow that: `tls: {common_name: true}`"  # fmt: skip
    elif error.verify_code in _DATES:
        what = f"VirtualCenter's certificate {_DATES[error.verify_code]}"
        hint = "compare the clocks, renew the certificate, or pin it with `fingerprint`"
    elif error.verify_code in _KEYS:
        what = f"VirtualCenter's certificate is weaker than this machine accepts: {plain(error.verify_message)}"
        hint = "pin it with `fingerprint`, or allow it: `tls: {security_level: 0}`"
    else:
        trusted = f"the authorities in {center.ca}" if center.ca else "the system's authorities"
        what = f"VirtualCenter's certificate is signed by none of {trusted} ({plain(error.verify_message)})"
    return Unreachable(what, where=place_of(center), hint=f"{UNTOUCHED}; {hint}")


def _tls(error: Exception, watch: Watch) -> TransportError:
    reason = (getattr(error, "reason", "") or "").upper()
    if any(word in reason for word in PLAIN_HTTP):
        what, hint = "no TLS is spoken on this port", "give the port of VirtualCenter's https, usually 443"
    elif any(word in reason for word in TOO_OLD):
        what = f"no common version or cipher of TLS ({reason.lower()})"
        hint = "an old VirtualCenter offers nothing newer than TLS 1.0; the inventory can allow that: " \
               "`tls: {minimum: '1.0', security_level: 0}`"  # fmt: skip
    else:
        what, hint = f"TLS failed ({reason.lower() or kind_of(error)})", "check address and port of `virtualcenter`"
    return Unreachable(what, where=place_of(watch.center), hint=hint if watch.reached else f"{UNTOUCHED}; {hint}")


def _slow(error: Exception, watch: Watch) -> TransportError:
    return _late(error, watch)


def _socket(error: Exception, watch: Watch) -> TransportError:
    if isinstance(error, ConnectionRefusedError):
        return Unreachable("nothing listens at this port", where=place_of(watch.center), hint=_DEAD)
    if isinstance(error, ConnectionError):
        hint = "the service may just be restarting or moving to the other node: try again"
        return Unreachable("the connection was closed", where=place_of(watch.center), hint=hint)
    said = plain(getattr(error, "strerror", "") or kind_of(error))
    return Unreachable(f"cannot be reached: {said}", where=place_of(watch.center), hint=_DEAD)


def _http(error: Exception, watch: Watch) -> TransportError:
    # pyvmomi puts the status line into the text of the library's base class.
    status = str(error)[:3] if type(error) is http.client.HTTPException else ""
    if status in ("502", "503", "504"):
        return Unreachable(
            f"the web server in front of VirtualCenter answers HTTP {status}: VirtualCenter itself does not run",
            where=place_of(watch.center), hint="start the service, or wait until it has started",
        )  # fmt: skip
    if status.isdigit():
        return BadOutput(f"HTTP status {status} instead of an answer", where=place_of(watch.center), hint=NOT_ONE)
    return _nonsense(error, watch)


def _nonsense(error: Exception, watch: Watch) -> TransportError:
    """What a server that speaks something else makes pyvmomi raise: anything at all."""
    what = f"the answer is not one of VirtualCenter's ({kind_of(error)})"
    return BadOutput(what, where=place_of(watch.center), hint=NOT_ONE)


TABLE: tuple[tuple[type[Exception], Handler], ...] = (
    (vim.fault.InvalidLogin, _login),
    (vim.fault.NoPermission, _denied),
    (vmodl.fault.SecurityError, _denied),
    (vmodl.MethodFault, _fault),
    (vmodl.RuntimeFault, _fault),
    (socket.gaierror, _name),
    (ssl.SSLCertVerificationError, _certificate),
    (TimeoutError, _slow),
    (ssl.SSLEOFError, _socket),
    (ssl.SSLError, _tls),
    (OSError, _socket),
    (http.client.HTTPException, _http),
)
"""The first kind that fits; order matters where one is a kind of another."""

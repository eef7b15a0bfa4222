"""Every error of pywinrm, requests, urllib3, pyspnego and ssl becomes one of ours: what, where, what to do next.

Imports those libraries: only `winrm.py` imports this module, and only when a scan starts.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from http.client import BadStatusLine, IncompleteRead

import requests.exceptions as http
import urllib3.exceptions as lower
from spnego.exceptions import BadMICError, ContextExpiredError, SpnegoError
from winrm import exceptions as winrm

from vcaudit.errors import (
    AccessDenied,
    AuthenticationFailed,
    BadOutput,
    Busy,
    Refused,
    TimedOut,
    TransportError,
    Unreachable,
)
from vcaudit.transport.base import Target
from vcaudit.transport.kerberos_errors import explain, said
from vcaudit.transport.quotas import QUOTAS
from vcaudit.transport.quotas import hint as quota_hint
from vcaudit.transport.tls_errors import refused, tls
from vcaudit.transport.wire import BY_CONNECTION, Wire

Handler = Callable[[Exception, Wire], TransportError]

DENIED = frozenset({5, 0x80070005})
OFFERS = {"ntlm": ("negotiate", "ntlm"), "kerberos": ("negotiate", "kerberos"), "basic": ("basic",),
          "credssp": ("credssp",), "certificate": ("",), "local": ("",)}  # fmt: skip
"""Which of the schemes that a node offers are good for which way of logging on; certificates are not offered."""
NAMES = {"ntlm": "NTLM", "kerberos": "Kerberos", "credssp": "CredSSP"}
NO_SHELL = 2150858843
SHELLS_FORBIDDEN = 2150859180


def translate(error: Exception, wire: Wire) -> TransportError:
    """Our error for whatever came out of a pywinrm call."""
    if isinstance(error, TransportError):
        # What was cut off for want of time looks dropped to whoever sends the next request.
        return timed_out(wire.target) if error.retry and wire.cut_off else error
    if wire.cut_off:
        # We closed the connection under the library's hands; what it says about that is of no interest.
        return timed_out(wire.target) if wire.reached else _no_answer(error, wire)
    if said(error) is not None:
        return explain(error, wire)
    for kind, handler in TABLE:
        if isinstance(error, kind):
            return _numbered(handler(error, wire), error)
    return nonsense(error, wire)


def _numbered(ours: TransportError, error: Exception) -> TransportError:
    """With the number of the fault or HTTP status, for whoever has to tell causes apart (the doctor)."""
    number = getattr(error, "wsman_fault_code", None) or getattr(error, "code", None)
    if ours.code is None and isinstance(number, int):
        ours.code = number
    return ours


def timed_out(target: Target) -> TimedOut:
    """The deadline has passed."""
    return TimedOut(
        "no complete answer before the deadline", where=target.place,
        hint="the node may be slow or hang in WMI; a longer `timeout` of the cluster gives it more time",
    )  # fmt: skip


def plain(text: object, limit: int = 200) -> str:
    """Text from outside, fit for one line on a terminal."""
    line = "".join(sign if sign.isprintable() else " " for sign in str(text))
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps, in the several ways that these libraries have."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [getattr(each, "reason", None), *each.args, each.__cause__, each.__context__]


def nonsense(error: Exception, wire: Wire) -> TransportError:
    """What a server that does not speak WS-Management makes pywinrm raise: anything at all."""
    return BadOutput(
        f"the answer is not one of WS-Management ({type(error).__name__})", where=wire.target.place,
        hint="something else than WinRM seems to answer at this port, or it changes the messages on their way",
    )  # fmt: skip


def _rejected(error: Exception, wire: Wire) -> TransportError:
    target, offered = wire.target, wire.offered.lower()
    wanted = OFFERS[target.authentication]
    if offered and not any(scheme in offered for scheme in wanted):
        return AuthenticationFailed(
            f"the node does not accept {target.authentication}; it offers {plain(wire.offered)}", where=target.place,
            hint="choose another `transport` in the inventory, or allow this one in the node's WinRM configuration",
            said=wire.offered,
        )  # fmt: skip
    if target.authentication == "certificate":
        return _unmapped(target)
    hint = "check name and password; the account may be locked, expired, or not allowed to log on over the network"
    if target.authentication == "kerberos":
        hint = "the ticket is good: the account may be unknown to the node, or not allowed to log on over the network"
    if target.scheme == "https" and target.authentication in {"ntlm", "kerberos"}:
        hint += "; a TLS proxy between here and the node has the same effect (channel binding)"
    return AuthenticationFailed(f"the node did not accept {target.user}", where=target.place, hint=hint)


def _unmapped(target: Target) -> TransportError:
    return AuthenticationFailed(
        f"the node did not accept the certificate {target.certificate} for {target.user}", where=target.place,
        hint="its principal name must be mapped to a local account: `winrm enumerate winrm/config/service/certmapping` "
             "on the node shows to which, and Auth\\Certificate must be true there",
    )  # fmt: skip


def _fault(error: Exception, wire: Wire) -> TransportError:
    assert isinstance(error, winrm.WSManFaultError)
    code, where = error.wsman_fault_code, wire.target.place
    subcode = (error.fault_subcode or "").rpartition(":")[2]
    said = f"WS-Management fault {code}: {plain(error.reason)}"
    if code in QUOTAS or subcode == "QuotaLimit":
        return Busy(said, where=where, hint=quota_hint(code))
    if code in DENIED or subcode == "AccessDenied":
        hint = "the account logged on and may not open a remote shell: that takes membership in Administrators"
        hint += ", and with `protocol: psrp` in Remote Management Users only"
        return AccessDenied(said, where=where, hint=hint)
    if code == SHELLS_FORBIDDEN:
        hint = "AllowRemoteShellAccess is off in the node's WinRM configuration (a policy, perhaps)"
        return AccessDenied(said, where=where, hint=hint)
    if code in {NO_SHELL, 995}:
        # Somebody else ended the shell, or WinRM restarted.
        return Unreachable(said, where=where, hint="the session on the node ended while it was in use", retry=True)
    return BadOutput(said, where=where, hint="WinRM on the node cannot do what the scan needs; see its event log")


def _status(error: Exception, wire: Wire) -> TransportError:
    assert isinstance(error, winrm.WinRMTransportError)
    code, where, target = error.code, wire.target.place, wire.target
    said = f"HTTP status {code}"
    if code == 400 and target.authentication in BY_CONNECTION and target.scheme == "http":
        # pywinrm sends a message again, sealed for the connection that broke.
        return Unreachable("the node closed the connection", where=where, retry=True)
    if code == 403:
        return AccessDenied(f"{said}: access is forbidden", where=where, hint="check WinRM's IPv4Filter and RootSDDL")
    if code == 413:
        return Refused(f"{said}: the request is too long for the node", where=where, hint="raise MaxEnvelopeSizekb")
    if code == 503:
        hint = "its queue is full, or it is just starting: `sc query winrm` on the node; restart it if that stays"
        return Busy(f"{said}: WinRM takes no requests just now", where=where, hint=hint)
    if 400 <= code < 500:
        hint = "no WinRM listens at /wsman here: check port and scheme; 5985 is WinRM's for http, 5986 for https"
        return Unreachable(f"{said}: something else answers there", where=where, hint=hint)
    return BadOutput(f"{said} without an explanation", where=where, hint="see the node's WinRM event log")


def _redirected(error: Exception, wire: Wire) -> TransportError:
    response = getattr(error, "response", None)
    to = plain(response.headers.get("Location", "")) if response is not None else ""
    return Unreachable(
        f"something else answers there, with a redirect to {to or 'nowhere'}", where=wire.target.place,
        hint="redirects are not followed; check address and port",
    )  # fmt: skip


def _tls(error: Exception, wire: Wire) -> TransportError:
    cause = next((e for e in chain(error) if isinstance(e, ssl.SSLError)), None)
    # In TLS 1.3 a client's certificate is looked at when the handshake is over for the client.
    if ours := refused(cause, wire):
        return ours
    if wire.reached:
        # Behind the handshake: OpenSSL's way of saying that the other side is gone.
        return _dropped(wire)
    return tls(cause, error, wire)


def _no_answer(error: Exception, wire: Wire) -> TransportError:
    return Unreachable(
        f"no connection within {wire.patience:.2g} s", where=wire.target.place,
        hint="the node is down, the address is another one's, or a firewall drops the connection",
    )  # fmt: skip


def _late(error: Exception, wire: Wire) -> TransportError:
    return timed_out(wire.target)


def _connection(error: Exception, wire: Wire) -> TransportError:
    where = wire.target.place
    links = list(chain(error))
    if any(isinstance(each, ssl.SSLError) for each in links):
        return _tls(error, wire)
    for each in links:
        if isinstance(each, lower.NameResolutionError | socket.gaierror):
            what = f"the name {wire.target.address} cannot be resolved"
            return Unreachable(what, where=where, hint="check the address in the inventory, or the name server")
        if isinstance(each, ConnectionRefusedError):
            hint = "WinRM does not listen there: `winrm quickconfig` on the node, or another port in the inventory"
            return Unreachable("the connection was refused: nothing listens on the port", where=where, hint=hint)
        if isinstance(each, BadStatusLine) and str(each.args[0]).startswith(("\x15\x03", "\x16\x03")):
            hint = "set `scheme: https` for this node, or the http port (5985)"
            return Unreachable("HTTPS is spoken on this port, and http was asked for", where=where, hint=hint)
    if any(isinstance(each, ConnectionError | IncompleteRead | BadStatusLine | lower.ProtocolError) for each in links):
        return _dropped(wire)
    for each in links:
        if isinstance(each, OSError) and each.errno and each.strerror:
            hint = "check the route to the node, and its address"
            return Unreachable(f"no connection: {plain(each.strerror)}", where=where, hint=hint)
    return Unreachable(f"no connection ({type(error).__name__})", where=where, hint="check address and port")


def _dropped(wire: Wire) -> TransportError:
    hint = "the connection breaks while it is in use"
    if wire.target.scheme == "http":
        hint += "; if the port is an HTTPS one, set `scheme: https`"
    return Unreachable("the node closed the connection", where=wire.target.place, hint=hint, retry=True)


def _address(error: Exception, wire: Wire) -> TransportError:
    return Unreachable("the address is not usable", where=wire.target.place, hint="check `address` in the inventory")


def _token(error: Exception, wire: Wire) -> TransportError:
    if wire.target.authentication == "credssp" and hasattr(getattr(error, "base_error", None), "winerror"):
        # The node's own refusal (an NTSTATUS), carried inside the TLS of CredSSP.
        return _rejected(error, wire)
    return AuthenticationFailed(
        f"{NAMES.get(wire.target.authentication, 'the logon')} does not come about ({type(error).__name__})",
        where=wire.target.place,
        hint="something between here and the node may change the messages, or the node allows no NTLMv2",
    )  # fmt: skip


TABLE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Handler], ...] = (
    (winrm.WinRMOperationTimeoutError, _late),
    (winrm.AuthenticationError, _rejected),
    (winrm.WSManFaultError, _fault),
    (winrm.WinRMTransportError, _status),
    (winrm.WinRMError, nonsense),
    ((http.SSLError, lower.SSLError, ssl.SSLError), _tls),
    ((http.ConnectTimeout, lower.ConnectTimeoutError), lambda error, wire: (
        # urllib3 counts every failed connection as a time-out of connecting.
        _connection(error, wire) if any(isinstance(e, lower.NewConnectionError) for e in chain(error))
        else _no_answer(error, wire)
    )),
    ((http.Timeout, lower.TimeoutError, TimeoutError), _late),
    (http.TooManyRedirects, _redirected),
    ((http.InvalidURL, http.MissingSchema, http.InvalidSchema, http.URLRequired), _address),
    ((lower.LocationValueError, lower.ProxySchemeUnsupported), _address),
    ((http.InvalidHeader, http.ContentDecodingError, http.InvalidJSONError), nonsense),
    ((lower.DecodeError, lower.InvalidHeader, lower.HeaderParsingError, lower.ResponseError), nonsense),
    ((BadMICError, ContextExpiredError), nonsense),
    (SpnegoError, _token),
    ((http.RequestException, lower.HTTPError, OSError), _connection),
)  # fmt: skip
"""First match wins: what is more exact stands first."""

"""How far the way to one node goes, rung by rung: name, TCP, TLS, WinRM, logon, shell. Nothing runs on the node.

The way is the one of a scan: the same TLS settings, the same logon, the same errors. Only the certificate chain is
fetched over a connection that trusts anybody, because a chain that is not trusted is what people want to see.
"""

from __future__ import annotations

import hashlib
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from vcaudit.errors import AuthenticationFailed, BadOutput, Refused, TimedOut, TransportError, Unreachable
from vcaudit.transport.base import Script, Spent, Target
from vcaudit.transport.winrm import CLOSING, WinRm

if TYPE_CHECKING:
    import requests
    from winrm.protocol import Protocol

    from vcaudit.transport.wire import Wire

Rung = Literal["name", "tcp", "tls", "identify", "authentication", "quota", "shell"]

IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
_IDENTIFY = (
    f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid="{IDENTITY}"><s:Header/>'
    "<s:Body><wsmid:Identify/></s:Body></s:Envelope>"
)
_HEADERS = {"Content-Type": "application/soap+xml;charset=UTF-8", "WSMANIDENTIFY": "unauthenticated"}
_PART = r"<(?:\w+:)?{0}>([^<]{{0,200}})</"
_NOTHING = Script(text=b"", sha256="", requests_sha256="")
_NO_SERVER = "check the address in the inventory, or the name server"


class Shown(msgspec.Struct, frozen=True):
    """A certificate that the node shows, the node's own first."""

    subject: str
    issuer: str
    not_before: str
    """RFC 3339 UTC."""
    not_after: str
    sha256: str
    """Hexadecimal pairs with colons, as the inventory pins it."""


class Way(msgspec.Struct):
    """What was reached, and what stopped us."""

    reached: dict[Rung, str] = msgspec.field(default_factory=dict)
    """Rung → what was found there, in order."""
    at: Rung | None = None
    """Where it ended; None: nothing stopped us."""
    error: TransportError | None = None
    certificates: tuple[Shown, ...] = ()
    addresses: tuple[str, ...] = ()


class Visit(WinRm):
    """Logs on, opens a shell and deletes it again: a run without a command, with all its care about what stays open."""

    def visit(self, deadline: float) -> None:
        """Raises TransportError."""
        end = time.monotonic() + deadline
        try:
            self._restarting(_NOTHING, end - min(CLOSING, 0.2 * deadline), end)
        finally:
            self._sweep(end)

    def _converse(self, protocol: Protocol, wire: Wire, shell: str, script: Script) -> tuple[bytes, bytes, int]:
        return b"", b"", 0


def probe(target: Target, deadline: float, visit: Visit | None) -> Way:
    """Goes the way as far as it leads, within `deadline` seconds. `visit`: the logon; None: it is left to the run."""
    until = time.monotonic() + deadline
    way = Way()
    # Identify needs no logon, so a certificate of ours (and the password of its key) does not come into it.
    stranger = msgspec.structs.replace(target, certificate=None, key=None)
    try:
        _name(stranger, way, until)
        _tcp(stranger, way, until)
        if target.scheme == "https":
            _tls(stranger, way, until)
        _identify(stranger, way, until)
        if visit is not None:
            _logon(visit, way, until)
        way.at = None
    except TransportError as error:
        way.error = error
    return way


def _left(until: float) -> float:
    return max(0.001, until - time.monotonic())


def _name(target: Target, way: Way, until: float) -> None:
    way.at = "name"
    try:
        ipaddress.ip_address(target.address)
        way.addresses = (target.address,)
        way.reached["name"] = f"{target.address} is an address"
        return
    except ValueError:
        pass  # a name, then
    answers: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def look() -> None:
        try:
            found = socket.getaddrinfo(target.address, target.port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # In a thread: a look-up has no time limit of its own.
    threading.Thread(target=look, name=f"name {target.node}", daemon=True).start()
    try:
        answer = answers.get(timeout=min(target.connect_timeout, _left(until)))
    except queue.Empty:
        what = f"the name server did not answer for {target.address}"
        raise Unreachable(what, where=target.place, hint=_NO_SERVER) from None
    if not isinstance(answer, list) or not answer:
        raise Unreachable(f"the name {target.address} cannot be resolved", where=target.place, hint=_NO_SERVER)
    way.addresses = tuple(answer)
    way.reached["name"] = f"{target.address} is {', '.join(answer)}"


def _connect(target: Target, way: Way, until: float) -> socket.socket:
    """To the first address that answers; the error of the last one otherwise."""
    failure: OSError = TimeoutError()
    for address in way.addresses:
        patience = min(target.connect_timeout, _left(until))
        try:
            return socket.create_connection((address, target.port), timeout=patience)
        except OSError as error:
            failure = error
    where = target.place
    if isinstance(failure, ConnectionRefusedError):
        what = "the connection was refused: nothing listens on the port"
        raise Unreachable(what, where=where, hint="is WinRM running?", code=failure.errno)
    if isinstance(failure, TimeoutError):
        what = f"no connection within {patience:.2g} s"
        raise TimedOut(what, where=where, hint="the node is down, or a firewall drops the connection")
    raise Unreachable(f"no connection: {failure.strerror or type(failure).__name__}", where=where,
                      hint="check the route to the node, and its address", code=failure.errno)  # fmt: skip


def _tcp(target: Target, way: Way, until: float) -> None:
    way.at = "tcp"
    began = time.monotonic()
    with _connect(target, way, until) as sock:
        took = (time.monotonic() - began) * 1000
        way.reached["tcp"] = f"port {target.port} of {sock.getpeername()[0]} answers after {took:.0f} ms"


def _tls(target: Target, way: Way, until: float) -> None:
    """Fetches the chain and does not judge it: `_identify` finds out whether it is trusted, as a scan would."""
    from vcaudit.transport.contexts import tls_context
    from vcaudit.transport.tls_errors import tls
    from vcaudit.transport.wire import Wire

    way.at = "tls"
    context = tls_context(target)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    wire = Wire(target, Spent(), until)
    try:
        with _connect(target, way, until) as sock:
            sock.settimeout(min(target.connect_timeout, _left(until)))
            with context.wrap_socket(sock, server_hostname=target.address) as secure:
                wire.connected(secure, None)  # from here on the deadline cuts it
                way.certificates = _chain(secure)
                cipher = secure.cipher()
                way.reached["tls"] = f"{secure.version()}, {cipher[0] if cipher else 'no cipher'}"
    except ssl.SSLError as error:
        raise tls(error, error, wire) from None
    except OSError as error:
        what = f"the TLS handshake did not come about ({error.strerror or type(error).__name__})"
        raise Unreachable(what, where=target.place, hint="check that the port is WinRM's https listener") from None
    finally:
        wire.close()


def _chain(secure: ssl.SSLSocket) -> tuple[Shown, ...]:
    """All that the node sent. Python before 3.13 has it on an inner object only; without that, the first one."""
    leaf = secure.getpeercert(binary_form=True)
    source: Any = secure if hasattr(secure, "get_unverified_chain") else getattr(secure, "_sslobj", None)
    ask = getattr(source, "get_unverified_chain", None)
    found = [each if isinstance(each, bytes) else each.public_bytes(_DER) for each in ask() or ()] if ask else []
    return tuple(_shown(der) for der in found or ([leaf] if leaf else []))


_DER = 2
"""_ssl.ENCODING_DER."""


def _shown(der: bytes) -> Shown:
    from cryptography import x509

    from vcaudit.transport.mapping import plain

    sha256 = hashlib.sha256(der).digest().hex(":").upper()
    try:
        certificate = x509.load_der_x509_certificate(der)
        subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    except ValueError:
        # Old tools made certificates that no standard allows; they can be pinned all the same.
        return Shown(subject="cannot be read", issuer="", not_before="", not_after="", sha256=sha256)
    return Shown(
        subject=plain(subject),
        issuer=plain(issuer),
        not_before=f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
        not_after=f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
        sha256=sha256,
    )


def _identify(target: Target, way: Way, until: float) -> None:
    """The one question that WinRM answers without a logon."""
    import requests

    from vcaudit.transport.mapping import translate
    from vcaudit.transport.wire import Adapter, Wire

    way.at = "identify"
    wire = Wire(target, Spent(), until)
    session = requests.Session()
    session.trust_env, session.max_redirects = False, 0
    session.adapters.clear()
    session.mount(f"{target.scheme}://", Adapter(wire))
    try:
        response = session.post(target.endpoint, data=_IDENTIFY.encode(), headers=_HEADERS)
        way.reached["identify"] = _product(target, response, wire)
    except Exception as error:
        # Everything: what listens there may answer anything. A certificate is refused before the request is sent.
        way.at = "tls" if target.scheme == "https" and not wire.reached else "identify"
        raise translate(error, wire) from None
    finally:
        session.close()
        wire.close()


def _product(target: Target, response: requests.Response, wire: Wire) -> str:
    from winrm.exceptions import WinRMTransportError

    from vcaudit.transport.mapping import plain

    if response.status_code == 401:
        return f"asks for a logon first; offers {plain(wire.offered)}"
    if response.status_code != 200:
        raise WinRMTransportError("http", response.status_code, "")
    text = response.content.decode("utf-8", "replace")
    parts = [re.search(_PART.format(name), text) for name in ("ProductVendor", "ProductVersion", "ProtocolVersion")]
    vendor, version, protocol = (plain(part[1]) if part else "" for part in parts)
    if "IdentifyResponse" not in text or not protocol:
        hint = "something else than WinRM seems to answer at this port"
        raise BadOutput("the answer to Identify is not one of WS-Management", where=target.place, hint=hint)
    number = re.search(r"/wbem/wsman/(\d+)/", protocol)
    return f"{vendor} {version}, protocol {f'WS-Management {number[1]}' if number else protocol}".strip()


def _logon(visit: Visit, way: Way, until: float) -> None:
    """Logon and shell come in one request; which of them failed, the kind of error says."""
    way.at = "authentication"
    try:
        visit.visit(_left(until))
    except TransportError as error:
        if not isinstance(error, AuthenticationFailed | Unreachable | TimedOut):
            way.reached["authentication"] = "accepted"
            way.at = "quota" if isinstance(error, Refused) else "shell"
        raise
    way.reached |= {"authentication": "accepted", "quota": "there was room for a shell"}
    way.reached["shell"] = "opened and deleted"

"""The connection to VirtualCenter: whom we trust, how long it may take, and how much may come.

pyvmomi opens its connections through `Connection`; the time-outs of a socket start anew with every byte, so a watch
cuts the connection when the time for the whole conversation is up.
"""

from __future__ import annotations

import functools
import hashlib
import http.client
import socket
import ssl
import threading
import time
import warnings
from typing import Any

from vcaudit.errors import BadOutput, Unreachable
from vcaudit.inventory.types import Tls, VirtualCenter
from vcaudit.transport.waiting import GivenUp, within

MOST_BYTES = 64 << 20
"""Of all answers together: hundreds of thousands of permissions, and no more than memory holds."""
CONNECTING = 10.0
"""Seconds that opening a connection may take at most, TLS included."""
_LEGACY = 0x4
"""OP_LEGACY_SERVER_CONNECT, which ssl names from Python 3.12 on: servers without secure renegotiation (RFC 5746)."""
_VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
             "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}  # fmt: skip


def place_of(center: VirtualCenter) -> str:
    """As errors and reports say it: `VirtualCenter (192.0.2.50:443)`."""
    return f"VirtualCenter ({center.address}:{center.port})"


def weakened(tls: Tls) -> tuple[str, ...]:
    """What the inventory allows beyond what is safe today, a sentence each for the report."""
    out = []
    if tls.minimum in ("1.0", "1.1"):
        out.append(f"TLS weakened by the inventory: version {tls.minimum} is accepted")
    if tls.security_level is not None and tls.security_level < 2:
        level = tls.security_level
        out.append(f"TLS weakened by the inventory: security level {level} (small keys, signatures with SHA-1 or MD5)")
    if tls.common_name:
        out.append("TLS weakened by the inventory: a certificate may bear its name as common name only")
    return tuple(out)


def tls_context(center: VirtualCenter) -> ssl.SSLContext:
    """Whom we trust, and from which version on. Raises OSError for a file of authorities that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = center.tls.common_name
    if center.tls.minimum:
        with warnings.catch_warnings():
            # Python warns of TLS 1.0 and 1.1; that is what the report does.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = _VERSIONS[center.tls.minimum]
    if center.tls.security_level is not None:
        context.set_ciphers(f"DEFAULT@SECLEVEL={center.tls.security_level}")
        if center.tls.security_level == 0:
            context.options |= _LEGACY
    if center.fingerprint:
        # Names and dates of a pinned certificate say nothing more; it is compared in Connection.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif center.ca:
        context.load_verify_locations(center.ca)
    else:
        context.load_default_certs()
    return context


class Watch:
    """The time of one conversation, what it cost, and a way to end it from another thread."""

    def __init__(self, center: VirtualCenter, seconds: float) -> None:
        self.center = center
        self.requests = 0
        self.received = 0
        """Bytes of bodies."""
        self.version = ""
        """Of TLS, once spoken."""
        self.late = False
        """The time was up, or somebody cancelled: whatever error follows is ours."""
        self.reached = False
        """A connection came about, TLS included."""
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._cut = False
        self._until = 0.0
        self._timer: threading.Timer | None = None
        self.limit(seconds)

    def limit(self, seconds: float) -> None:
        """Gives the conversation so many seconds from now; also when the time before that is up."""
        with self._lock:
            self._cut = False
            self._until = time.monotonic() + seconds
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(seconds, self.cut)
            self._timer.daemon = True
            self._timer.start()

    def left(self) -> float:
        """Seconds; never quite 0, which a socket would take for no limit."""
        return max(0.001, self._until - time.monotonic())

    def cut(self) -> None:
        """Ends whatever is going on."""
        with self._lock:
            self.late = self._cut = True
            _shut(self._socket)

    def unwanted(self) -> bool:
        """The conversation was cut."""
        return self._cut

    def use(self, sock: socket.socket) -> None:
        """Called with each new socket."""
        with self._lock:
            self._socket = sock
            if self._cut:
                _shut(sock)

    def close(self) -> None:
        """Stops watching the time."""
        with self._lock:
            self._socket = None
            if self._timer:
                self._timer.cancel()


def _shut(sock: socket.socket | None) -> None:
    try:
        if sock is not None:
            # Wakes a thread that waits in recv(), as close() would not.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return


class Connection(http.client.HTTPSConnection):
    """One connection, made within the time that is left, to whom the inventory trusts; through no proxy."""

    def __init__(self, watch: Watch, context: ssl.SSLContext) -> None:
        super().__init__(watch.center.address, watch.center.port, context=context)
        self.response_class = functools.partial(_Response, watch)  # type: ignore[assignment]
        self._watch, self._tls = watch, context

    def connect(self) -> None:
        """TCP, TLS, and the pinned certificate, before a byte of ours is sent."""
        watch = self._watch
        self.timeout = min(CONNECTING, watch.left())
        try:
            # In a thread: nothing can wake one that looks up a name or connects.
            within(lambda: http.client.HTTPConnection.connect(self), f"connect {self.host}", watch.unwanted)
        except GivenUp:
            raise TimeoutError from None
        # Shaking hands apart from wrapping, so that the watch knows the socket meanwhile.
        secured = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = secured
        watch.use(secured)
        secured.do_handshake()
        if pinned := watch.center.fingerprint:
            _compare(watch.center, pinned, secured.getpeercert(binary_form=True) or b"")
        watch.reached, watch.version = True, secured.version() or ""
        secured.settimeout(watch.left())

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Counted; a connection that is used again gets what time is left."""
        self._watch.requests += 1
        if self.sock is not None:
            self.sock.settimeout(self._watch.left())
        super().request(*args, **kwargs)


def _compare(center: VirtualCenter, pinned: str, certificate: bytes) -> None:
    shown = hashlib.sha256(certificate).digest()
    if shown.hex() != pinned:
        raise Unreachable(
            "another certificate is shown than the inventory pins: "
            f"pinned SHA-256 {bytes.fromhex(pinned).hex(':')}, shown {shown.hex(':')}",
            where=place_of(center),
            hint="nothing was sent; if the certificate was renewed, compare the one shown with the real one and pin it",
        )  # fmt: skip


class _Response(http.client.HTTPResponse):
    """An answer that ends when too much has come."""

    def __init__(self, watch: Watch, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watch = watch

    def read(self, amt: int | None = None) -> bytes:
        """As the library's, never without a limit."""
        if amt is None:
            return b"".join(iter(functools.partial(self.read, 1 << 16), b""))
        data = super().read(amt)
        self._watch.received += len(data)
        if self._watch.received > MOST_BYTES:
            raise BadOutput(
                f"the answers are longer than {MOST_BYTES >> 20} MB", where=place_of(self._watch.center),
                hint="something else than VirtualCenter seems to answer at this port",
            )  # fmt: skip
        return data

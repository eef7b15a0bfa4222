"""What happens on the wire during one run: time left, what it cost, and a way to cut it off from another thread.

Imports requests and urllib3: only `winrm.py` imports this module, and only when a scan starts.
"""

from __future__ import annotations

import functools
import hashlib
import io
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import IncompleteRead

from vcaudit.errors import BadOutput, Refused, TimedOut, TransportError, Unreachable
from vcaudit.transport.alarm import Alarm, alarm
from vcaudit.transport.base import Spent, Target
from vcaudit.transport.contexts import shared_context
from vcaudit.transport.waiting import GivenUp, within

LOG = logging.getLogger(__name__)
"""Sizes and times; never a header or a body, which hold passwords or what was read."""

BY_CONNECTION = frozenset({"ntlm", "kerberos", "credssp"})
"""A logon of these holds for one connection."""
LATE = 0.3
"""Seconds after the deadline that the library has to give up connecting."""
LONGEST_ANSWER = 4 << 20
"""Bytes of one HTTP answer. We ask for envelopes of 150 kB; a server that ignores that has this much more."""


class Wire:
    """The state of one session with one node."""

    def __init__(self, target: Target, spent: Spent, until: float) -> None:
        self.target, self.spent = target, spent
        self.settled = True
        """No request is under way, so the connection can carry another one."""
        self.cut_off = False
        """The time was up, or `cut` was called: whatever error follows is ours."""
        self.offered = ""
        """What the node accepts for authentication, from its last 401."""
        self.certificate: bytes | None = None
        """The node's certificate (DER) on https."""
        self.reached = False
        """A connection came about."""
        self.patience = target.connect_timeout
        """Seconds that connecting may take: what the inventory gives, or what is left."""
        self._closing = False
        self._connections = 0
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._alarm: Alarm | None = None
        self.until = until
        self.limit(until)

    def limit(self, until: float) -> None:
        """Sets the moment (monotonic) at which the connection is cut.

        Time-outs of a socket start anew with every byte; a node that answers byte by byte would hold a scan for ever.
        """
        with self._lock:
            self.until = until
            if self._alarm is None:
                self._alarm = alarm(until, self.cut)
            else:
                self._alarm.move(until)

    @contextmanager
    def beyond_budget(self) -> Iterator[None]:
        """What is done inside is sent whatever was spent: a shell is deleted also when nothing else may be asked."""
        self._closing = True
        try:
            yield
        finally:
            self._closing = False

    def check_budget(self, more: int) -> None:
        """Raises Refused when `more` requests would go beyond the budget, or more was received than it allows."""
        target, spent = self.target, self.spent
        over = (
            ("requests", target.max_requests, spent.requests + more),
            ("received_bytes", target.max_received, spent.bytes_received),
        )
        for name, most, used in over:
            if used > most and not self._closing:
                raise Refused(
                    f"the budget of {most:,} {name.replace('_', ' ')} for this node is spent", where=target.place,
                    hint=f"`limits: {{{name}: …}}` of the cluster in the inventory gives it more",
                )  # fmt: skip

    def left(self) -> float:
        """Seconds until the deadline; never quite 0, which urllib3 would take for no limit."""
        return max(0.001, self.until - time.monotonic())

    def cut(self) -> None:
        """Ends whatever is going on. May be called from any thread."""
        with self._lock:
            self.cut_off = True
            if self._socket is not None:
                _shut(self._socket)

    def close(self) -> None:
        """Stops watching the time."""
        with self._lock:
            self._socket = None
            if self._alarm:
                self._alarm.cancel()

    def open(self, connect: Callable[[], None]) -> None:
        """Makes each connection. Raises Unreachable for a second one where the first was authenticated.

        urllib3 reconnects silently, and pywinrm would then send what was sealed for the connection that is gone; in the
        middle of the logon it would look like a wrong password.
        """
        if self._connections and self.target.authentication in BY_CONNECTION:
            raise Unreachable("the node closed the connection", where=self.target.place, retry=True)
        self._connections += 1
        try:
            # In a thread: nothing can wake one that looks up a name, connects or shakes hands.
            within(connect, f"connect {self.target.node}", self._unwanted)
        except GivenUp:
            raise TimedOut(
                "no connection before the deadline, looking up its name included", where=self.target.place,
                hint="the node is down, or a firewall or name server drops what is asked",
            ) from None

    def _unwanted(self) -> bool:
        """Nobody waits for the connection any more."""
        now = time.monotonic()
        # At the deadline the library gives up by itself, and can say more; but not while it looks up a name.
        return self.cut_off and not self.until <= now < self.until + LATE

    def connected(self, sock: socket.socket, certificate: bytes | None) -> None:
        """Called for each new connection."""
        self.certificate, self.reached = certificate, True
        with self._lock:
            self._socket = sock
            if self.cut_off:
                _shut(sock)


def _shut(sock: socket.socket) -> None:
    try:
        # Wakes a thread that waits in recv(); close() would leave it waiting.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return


class _Connection(HTTPConnection):
    """Tells the wire about its socket."""

    def __init__(self, wire: Wire, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire

    def connect(self) -> None:
        self._wire.open(super().connect)
        self._wire.connected(self.sock, None)


class _TlsConnection(HTTPSConnection):
    """Tells the wire about its socket, and accepts one certificate only when a fingerprint is pinned."""

    def __init__(self, wire: Wire, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire

    def connect(self) -> None:
        self._wire.open(super().connect)
        assert isinstance(self.sock, ssl.SSLSocket)
        certificate = self.sock.getpeercert(binary_form=True) or b""
        pinned = self._wire.target.fingerprint
        if pinned:
            # Before a byte of ours is sent: the request is written after connect().
            error = differs(self._wire.target, pinned, certificate)
            if error:
                self.close()
                raise error
            self.is_verified = True
        self._wire.connected(self.sock, certificate)


def differs(target: Target, pinned: str, certificate: bytes) -> TransportError | None:
    """The error when `certificate` is not the one with the fingerprint `pinned`."""
    seen = hashlib.sha256(certificate).hexdigest()
    wanted = pinned.replace(":", "").lower()
    if seen == wanted:
        return None
    return Unreachable(
        "the node shows another certificate than the inventory pins: "
        f"pinned SHA-256 {bytes.fromhex(wanted).hex(':')}, shown {bytes.fromhex(seen).hex(':')}",
        where=target.place,
        hint="nothing was sent; if the certificate was renewed, compare the one shown with the node's and pin it",
    )


def _cut(missing: int | None, body: bytes, headers: Mapping[str, str]) -> bool:
    """The connection ended within the answer: in its body, or in its head before that said how long the body is.

    urllib3 takes both for the end of the answer, and half of one would look as if something else had answered.
    """
    return bool(missing) or not (body or "Content-Length" in headers or "Transfer-Encoding" in headers)


class Adapter(HTTPAdapter):
    """Sends requests over one connection: counted, limited in time and size, through no proxy."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._context = shared_context(wire.target) if wire.target.scheme == "https" else None
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Connections of our own classes."""
        super().init_poolmanager(*args, **kwargs)
        plain, tls = functools.partial(_Connection, self._wire), functools.partial(_TlsConnection, self._wire)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Our own TLS settings in place of requests', which would add the public authorities to the inventory's."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self._context} if self._context else {}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context has it all."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """One request and its whole answer."""
        wire = self._wire
        wire.check_budget(1)
        left, began = wire.left(), time.monotonic()
        wire.spent.requests += 1
        wire.spent.bytes_sent += len(request.body or b"")
        wire.settled = False
        wire.patience = min(wire.target.connect_timeout, left)
        response = super().send(request, stream=True, timeout=(wire.patience, left), verify=verify)
        body = response.raw.read(LONGEST_ANSWER + 1)
        wire.spent.bytes_received += len(body)
        if len(body) <= LONGEST_ANSWER and _cut(response.raw.length_remaining, body, response.headers):
            raise IncompleteRead(len(body), response.raw.length_remaining or 0)
        LOG.debug("%s request %d: HTTP %d, %d bytes sent, %d received, %.0f ms", wire.target.node,
                  wire.spent.requests, response.status_code, len(request.body or b""), len(body),
                  (time.monotonic() - began) * 1000)  # fmt: skip
        if len(body) > LONGEST_ANSWER:
            raise BadOutput(
                f"one answer is longer than {LONGEST_ANSWER >> 20} MB", where=wire.target.place,
                hint="something else than WinRM seems to answer at this port",
            )  # fmt: skip
        wire.settled = True
        wire.check_budget(0)
        if response.status_code == 401:
            wire.offered = response.headers.get("WWW-Authenticate", "")
        # Without the headers: WinRM does not compress, and nothing shall be unpacked that says it is.
        response.raw = HTTPResponse(io.BytesIO(body), status=response.status_code, preload_content=False)
        return response

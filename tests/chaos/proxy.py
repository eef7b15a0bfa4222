"""Stands between the auditor and an endpoint, and spoils one request of a scan at an exact place.

It reads HTTP on both sides. On https it shows the endpoint's own certificate, so that the logon's channel binding fits.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vcaudit.lab.server import Endpoint

HOST = "127.0.0.1"
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
"""TLS: fatal, handshake_failure; in the clear, as somebody on the way can send it at any time."""
REFUSAL = (
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm=\"WSMAN\"\r\n"
    b"Content-Length: 0\r\n\r\n"
)
BEFORE_HTTP = ("abort-handshake", "alert-handshake", "silent-handshake")
AT_A_REQUEST = (
    "drop-before", "drop-after", "half-request", "half-head", "half-body", "last-byte", "reset-before", "reset-after",
    "unauthorized", "alert", "stray-bytes", "unavailable",
)  # fmt: skip
"""What can happen to a request. `before`: the node never sees it; `after`: it does, and its answer is lost."""
SLOW = ("delay", "trickle", "stall")


@dataclass(frozen=True)
class Trouble:
    """What goes wrong, and when."""

    kind: str
    at: int = 1
    """The first request (or connection) it happens to, counted from 1 over the connections of a scan."""
    times: int = 1
    gap: int | None = None
    """Requests that go well between the first and the last of `times`; None: it happens to each of them."""
    seconds: float = 0.0
    byte: int | None = None
    """Of `cut-body`: how much of the answer's body arrives."""


@dataclass
class Proxy:
    """A context manager; `port` stays the same over `go_away` and `come_back`."""

    endpoint: Endpoint
    trouble: Trouble | None = None
    bodies: list[int] = field(default_factory=list)
    """Bytes of each answer's body since `begin`."""
    on_request: Callable[[int], None] | None = None
    """Called with the number of a request before it is passed on."""

    def __enter__(self) -> Proxy:
        self._lock = threading.Lock()
        self._requests = self._connections = 0
        self._open: set[socket.socket] = set()
        self.port = 0
        self.come_back()
        return self

    def __exit__(self, *error: object) -> None:
        self.go_away()

    def begin(self, trouble: Trouble | None = None) -> None:
        """A new scan, with this trouble."""
        with self._lock:
            self.trouble, self._requests, self._connections = trouble, 0, 0
            self.bodies = []

    def come_back(self) -> None:
        """Listens, on the port of before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def go_away(self) -> None:
        """The machine is gone: nobody listens, every connection ends."""
        _end(self._listener)
        with self._lock:
            connections = list(self._open)
        for each in connections:
            _end(each, close=False)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _hits(self, number: int, kinds: tuple[str, ...] | None = None) -> Trouble | None:
        trouble = self.trouble
        if trouble is None:
            return None
        if trouble.gap is not None:
            hit = number in {trouble.at, trouble.at + trouble.gap + 1}
        else:
            hit = trouble.at <= number < trouble.at + trouble.times
        if not hit:
            return None
        return trouble if kinds is None or trouble.kind in kinds else None

    def _serve(self, client: socket.socket) -> None:
        node = socket.socket()
        with self._lock:
            self._connections += 1
            number = self._connections
            self._open |= {client, node}
        try:
            if before := self._hits(number, BEFORE_HTTP):
                self._refuse(client, before)
                return
            node.connect((HOST, self.endpoint.port))
            plain_client, plain_node = client, node
            if self.endpoint.identity is not None:
                client.settimeout(10)
                client = self.endpoint.identity.context.wrap_socket(client, server_side=True)
                client.settimeout(None)
                node = _trusting().wrap_socket(node)
            with self._lock:
                self._open = (self._open - {plain_client, plain_node}) | {client, node}
            self._talk(client, node)
        except OSError:
            # One of the two went away; the other one learns of it below.
            pass
        finally:
            with self._lock:
                self._open -= {client, node}
            for each in (client, node):
                _end(each)

    def _refuse(self, client: socket.socket, trouble: Trouble) -> None:
        if trouble.kind == "silent-handshake":
            client.settimeout(30)
            while client.recv(4096):
                pass
        elif trouble.kind == "alert-handshake":
            client.recv(4096)
            client.sendall(ALERT)
        else:
            client.recv(16)

    def _talk(self, client: socket.socket, node: socket.socket) -> None:
        from_client, from_node = client.makefile("rb"), node.makefile("rb")
        while request := _message(from_client):
            with self._lock:
                self._requests += 1
                number = self._requests
            if self.on_request:
                self.on_request(number)
            trouble = self._hits(number, (*AT_A_REQUEST, *SLOW, "cut-body"))
            if trouble and not self._before(trouble, client, node, request):
                return
            if trouble and trouble.kind == "unauthorized":
                continue
            node.sendall(b"".join(request))
            answer = _message(from_node)
            if answer is None:
                return
            self.bodies.append(len(answer[1]))
            if trouble and not _after(trouble, client, *answer):
                return
            if not trouble or trouble.kind not in {"trickle"}:
                client.sendall(b"".join(answer))

    def _before(self, trouble: Trouble, client: socket.socket, node: socket.socket, request: Message) -> bool:
        """What happens instead of passing the request on; False: the connection ends."""
        kind = trouble.kind
        if kind == "half-request":
            whole = b"".join(request)
            node.sendall(whole[: len(whole) // 2])
        elif kind == "reset-before":
            _reset_when_closed(client)
        elif kind == "unauthorized":
            client.sendall(REFUSAL)
        elif kind == "unavailable":
            client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        elif kind == "alert":
            socket.socket.send(client, ALERT)
        elif kind == "stray-bytes":
            socket.socket.send(client, b"\0\xff" * 40)
        elif kind == "delay":
            time.sleep(trouble.seconds)
        elif kind == "stall":
            time.sleep(trouble.seconds)
            return False
        return kind not in {"drop-before", "half-request", "reset-before", "unavailable", "alert", "stray-bytes"}


Message = tuple[bytes, bytes]
"""Head, with the empty line behind it, and body."""


def _after(trouble: Trouble, client: socket.socket, head: bytes, body: bytes) -> bool:
    """What happens instead of passing the answer on; False: the connection ends."""
    kind, whole = trouble.kind, head + body
    if kind == "half-head":
        client.sendall(head[: len(head) // 2])
    elif kind == "half-body":
        client.sendall(whole[: len(head) + len(body) // 2])
    elif kind == "cut-body":
        client.sendall(whole[: len(head) + (trouble.byte or 0)])
    elif kind == "last-byte":
        client.sendall(whole[:-1])
    elif kind == "reset-after":
        _reset_when_closed(client)
    elif kind == "trickle":
        step = max(1, len(whole) // 10)
        for at in range(0, len(whole), step):
            client.sendall(whole[at : at + step])
            time.sleep(trouble.seconds / 10)
    return kind not in {"drop-after", "half-head", "half-body", "cut-body", "last-byte", "reset-after"}


def _message(stream) -> Message | None:  # type: ignore[no-untyped-def]
    """One HTTP message; None: the connection has ended, in whatever place."""
    lines, length = [], 0
    while True:
        line: bytes = stream.readline()
        if not line.endswith(b"\n"):
            return None
        lines.append(line)
        if line in {b"\r\n", b"\n"}:
            break
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = stream.read(length)
    return (b"".join(lines), body) if len(body) == length else None


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _reset_when_closed(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _end(sock: socket.socket, *, close: bool = True) -> None:
    try:
        # Of the TCP connection; TLS would say farewell first. A reset comes from close() alone.
        linger = struct.unpack("ii", sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
        if linger != (1, 0):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        pass
    if close:
        sock.close()

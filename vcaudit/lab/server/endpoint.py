"""A WinRM endpoint on 127.0.0.1 that an unmodified pywinrm cannot tell from Windows' own, as far as the shell goes."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from vcaudit.lab.server.accounts import Accounts
from vcaudit.lab.server.connection import Connection
from vcaudit.lab.server.faults import parse
from vcaudit.lab.server.shells import Limits, Run, Shells
from vcaudit.lab.server.silence import fall_silent
from vcaudit.lab.server.tls import Identity, identity_for

if TYPE_CHECKING:
    from vcaudit.lab.server.psrp import Sessions

HOST = "127.0.0.1"
HANDSHAKE = 10.0  # seconds for TLS
LINGER = 1.0  # seconds that a client has for reading an alert


class Served(msgspec.Struct, frozen=True):
    """One request, for tests to count."""

    kind: str
    """`auth`, or the operation: Create, Command, Send, Receive, Signal, Delete."""
    status: int
    """0: not answered."""
    connection: int
    """Port of the client: one number, one TCP connection."""
    received: int
    sent: int


def _schemes(safe: bool) -> tuple[str, ...]:
    return ("Negotiate", "Basic") if safe else ("Negotiate",)


def _bound() -> tuple[socket.socket, int]:
    """A socket that does not listen yet, and its port."""
    made = socket.socket()
    made.bind((HOST, 0))
    return made, int(made.getsockname()[1])


class Endpoint:
    """One simulated node's WinRM service; a context manager. `port` is known at once, it answers once entered."""

    def __init__(
        self,
        run: Run,
        users: Mapping[str, str],
        *,
        tls: bool = False,
        faults: Iterable[str] = (),
        delay: float = 0.0,
        limits: Limits | None = None,
        schemes: tuple[str, ...] | None = None,
        allow_unencrypted: bool = False,
        late_done: bool = False,
        sessions: Sessions | None = None,
        administrators: bool = True,
        identity: Identity | None = None,
        keytab: str | None = None,
        certificates: Mapping[str, str] | None = None,
    ) -> None:
        """`run` is the node: command line and stdin to stdout, stderr and exit code.

        `tls` shows a certificate of `vcaudit.lab.server.tls.authority()`; `faults` are names of TRANSPORT_FAULTS;
        `delay` seconds pass before each answer; `schemes` are offered for authentication (default: Negotiate, and
        Basic where it is safe); `late_done` reports the end of a command in an answer of its own; `sessions` are
        the session configurations of PowerShell remoting, which is not spoken without any; there, users that are no
        `administrators` may not open a remote command shell. `identity` takes the place of the certificate and the TLS
        settings; `keytab` holds the node's Kerberos keys; `certificates` maps principal names of client certificates
        to users.
        Raises ValueError for an unknown fault.
        """
        self.faults, self.delay, self.limits = parse(faults), delay, limits or Limits()
        self.allow_unencrypted = allow_unencrypted
        self.schemes = schemes or _schemes(tls or identity is not None or allow_unencrypted)
        self._users = {name: self._other(password) for name, password in users.items()}
        self.identity = identity or (identity_for(self.faults.names & TLS_FAULTS) if tls else None)
        self.certificates, self._keytab = certificates, keytab
        self._closing = threading.Event()
        self.shells = self._shells(run, late_done, sessions, administrators)
        self._lock, self.served, self._counted = threading.Lock(), list[Served](), 0
        self._clients, self._fillers = set[socket.socket](), list[socket.socket]()
        self._listener, self.port = _bound()

    def _other(self, password: str) -> str:
        """Than the client's, where the fault says so."""
        return hashlib.sha256(password.encode()).hexdigest() if "wrong-password" in self.faults else password

    def _shells(self, run: Run, late: bool, sessions: Sessions | None, administrators: bool) -> Shells:
        if sessions is None:
            return Shells(run, self.faults, self.limits, self._closing, late=late)
        from vcaudit.lab.server.psrp import PowerShells

        return PowerShells(
            run, self.faults, self.limits, self._closing, late=late, sessions=sessions, administrators=administrators
        )

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the certificate, as an inventory pins it."""
        return self.identity.fingerprint if self.identity else None

    @property
    def binding(self) -> bytes | None:
        """What NTLM is bound to on this side of the TLS connection."""
        if self.identity is None:
            return None
        return hashlib.sha256(b"a proxy's").digest() if "channel-binding" in self.faults else self.identity.der_sha256

    @property
    def requests(self) -> Counter[str]:
        """How many requests of which kind have come."""
        with self._lock:
            return Counter(served.kind for served in self.served)

    @property
    def open_shells(self) -> int:
        """Shells that nobody has deleted and that are not idle for too long."""
        return self.shells.open()

    def __enter__(self) -> Endpoint:
        self.accounts = Accounts(self._users, keytab=self._keytab, certificates=self.certificates)
        if "down" in self.faults:
            self._fillers = fall_silent(self._listener)
        elif "refused" not in self.faults:
            # "refused": bound, so that nobody else gets the port, and not listening.
            self._listener.listen(128)
            threading.Thread(target=self._accept, name=f"lab endpoint {self.port}", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with self._lock:
            clients = list(self._clients)
        # shutdown() wakes threads that wait in accept() or recv(); close() alone does not.
        for each in [self._listener, *clients, *self._fillers]:
            _shut(each)
        self._listener.close()
        for filler in self._fillers:
            filler.close()
        self.accounts.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, address = self._listener.accept()
            except OSError:
                # Closed by __exit__.
                return
            threading.Thread(target=self._talk, args=(client, address), name="lab connection", daemon=True).start()

    def _talk(self, client: socket.socket, address: tuple[str, int]) -> None:
        try:
            client = self._secured(client)
            with self._lock:
                self._clients.add(client)
            Connection(client, address, self)  # type: ignore[arg-type]  # we stand where socketserver's server would
        except OSError:
            # The client went away, or speaks something else (ssl.SSLError is one): its own side reports it.
            pass
        finally:
            with self._lock:
                self._clients.discard(client)
            _shut(client)
            client.close()

    def _secured(self, client: socket.socket) -> socket.socket:
        """TLS first, where it is spoken. The plain socket is empty afterwards: the secure one has taken it over."""
        if self.identity is None or "plain-http-on-tls" in self.faults:
            return client
        client.settimeout(HANDSHAKE)
        secure = self.identity.context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        try:
            secure.do_handshake()
        except OSError:
            _linger(secure)
            raise
        secure.settimeout(None)
        return secure

    def count(self) -> int:
        """The number of the request that has just come, from 1."""
        with self._lock:
            self._counted += 1
            return self._counted

    def note(self, connection: Connection, status: int, sent: int) -> None:
        """Logs one request."""
        port = connection.client_address[1]
        with self._lock:
            self.served.append(Served(connection.kind, status, port, connection.received, sent))


TLS_FAULTS = frozenset({"tls-expired", "tls-other-host", "tls-untrusted"})


def _linger(sock: socket.socket) -> None:
    """Lets a client read why its handshake failed: closing over bytes that nobody read would take the alert back."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_WR)
        sock.settimeout(LINGER)
        while socket.socket.recv(sock, 1 << 16):
            pass
    except OSError:
        return


def _shut(sock: socket.socket) -> None:
    try:
        # Of the TCP connection: a TLS socket's own would send a farewell first, and could wait for that.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        # Was never connected, or is closed already.
        return

"""The virtual servers' ports on loopback: each keeps its port for as long as the lab runs, open or not."""

from __future__ import annotations

import functools
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType

from vcaudit.lab.listening import At, Listener
from vcaudit.lab.server.silence import fall_silent

HOST = "127.0.0.1"
PATIENCE = 5.0  # seconds that a client has for TLS


class Front:
    """Listens for clients of the virtual servers; a context manager. `through` is the inventory's `probe.through`."""

    def __init__(self, doors: Iterable[At]) -> None:
        self._doors = {door: _Port() for door in doors}

    @property
    def through(self) -> dict[str, str]:
        """`address:port` of the virtual server → where it is here."""
        return {f"{address}:{port}": f"{HOST}:{door.number}" for (address, port), door in self._doors.items()}

    def show(self, listening: Mapping[At, Listener]) -> None:
        """Opens and closes: what is not in `listening` refuses."""
        for at, door in self._doors.items():
            door.become(listening.get(at))

    def __enter__(self) -> Front:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for door in self._doors.values():
            door.close()


class _Port:
    """One port of ours."""

    def __init__(self) -> None:
        self._listener = _bound(0)
        self.number: int = self._listener.getsockname()[1]
        # A port that the system chose is given back when nobody listens any more; one that was asked for is not.
        asked = _bound(self.number)
        self._listener.close()
        self._listener = asked
        self._fillers: list[socket.socket] = []
        self._now: Listener | None = None

    def become(self, wanted: Listener | None) -> None:
        if wanted == self._now:
            return
        self._stop()
        self._now = wanted
        if wanted is None:
            return
        if wanted.how == "dropped":
            self._fillers = fall_silent(self._listener)
            return
        self._listener.listen(16)
        # "hung": the system takes connections, and nobody ever looks at them.
        if wanted.how == "answers":
            threading.Thread(target=self._accept, args=(wanted,), name=f"lab port {self.number}", daemon=True).start()

    def close(self) -> None:
        self._stop()
        self._listener.close()

    def _stop(self) -> None:
        if self._now is not None:
            # Ends listening and wakes the thread in accept(); the port stays ours.
            self._listener.shutdown(socket.SHUT_RDWR)
        for filler in self._fillers:
            filler.close()
        self._fillers, self._now = [], None

    def _accept(self, listener: Listener) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                # Closed, or no longer listening.
                return
            threading.Thread(target=_greet, args=(client, listener), name="lab client", daemon=True).start()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HOST, port))
    return made


def _greet(client: socket.socket, listener: Listener) -> None:
    """TLS where it is spoken; then whatever the client does, until it goes."""
    client.settimeout(PATIENCE)
    try:
        if listener.tls:
            client = _context(listener.pem).wrap_socket(client, server_side=True)
        while client.recv(1 << 12):
            pass
    except OSError:
        # The client went away, or speaks something else: its own side reports it.
        pass
    finally:
        client.close()


@functools.cache
def _context(pem: str) -> ssl.SSLContext:
    """Shows the node's own certificate; where that and its key are no pair, one of the lab's."""
    from vcaudit.lab.server.tls import identity_for

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Keys are as small as they were.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with tempfile.NamedTemporaryFile(prefix="vcaudit-lab-", suffix=".pem") as file:
        file.write(pem.encode())
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except ssl.SSLError:
            return identity_for(frozenset()).context
    return context

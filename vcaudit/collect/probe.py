"""Knocks at the doors of the virtual server from where vcaudit runs: a TCP connection each, all side by side.

Nothing is sent but what makes a connection, and at https ports the opening of TLS (a ClientHello), which shows the
certificate: no request, no logon, nothing at all to the license server. The connection is closed at once.
"""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Door, Probe

CONNECT: Final = 4.0
"""Seconds for a connection: on a network, time for two repetitions of a lost SYN."""
HELLO: Final = 4.0
"""Seconds for the other side of TLS to say its first word."""
GRACE: Final = 0.5
"""Seconds after which a thread is left behind that hangs where no time limit reaches (looking up a name)."""

Outcome: TypeAlias = Literal["answered", "refused", "timeout", "silent", "no host", "unreachable"]
_NOBODY: Final = frozenset({errno.EHOSTUNREACH, errno.EHOSTDOWN})
_CLOSED: Final = frozenset({errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED})


class _Found(msgspec.Struct, frozen=True):
    """What came of one connection."""

    outcome: Outcome
    milliseconds: int
    error: str = ""
    certificate: str | None = None


def probe(
    doors: Sequence[Door], through: Mapping[str, str], wait: Callable[[float], bool] | None = None
) -> tuple[Probe, ...]:
    """Every door tried; several at one address and port are one connection.

    `through`: `address:port` or `port` of the virtual server → `address:port` that leads there from here. `wait` waits
    so many seconds and says whether somebody interrupted; what has not ended then is a timeout.
    """
    plan: dict[str, bool] = {}
    for door in doors:
        if not isinstance(door.address, Missing):
            way = _way(door, through)
            plan[way] = plan.get(way, False) or door.tls
    found = _side_by_side(plan, wait or _pause)
    return tuple(_probe(door, _way(door, through), found) for door in doors)


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _way(door: Door, through: Mapping[str, str]) -> str:
    """The `address:port` to connect to."""
    if isinstance(door.address, Missing):
        return ""
    own = f"{door.address}:{door.port}"
    return through.get(own) or through.get(str(door.port)) or own


def _probe(door: Door, way: str, found: Mapping[str, _Found]) -> Probe:
    if isinstance(door.address, Missing):
        return Probe(door=door, via="", outcome=door.address, milliseconds=0)
    result = found.get(way) or _Found("timeout", int((CONNECT + HELLO) * 1000), "gave up waiting")
    shown = result.certificate if door.tls else None
    # How TLS went at a port is said of whoever should speak it there.
    outcome: Outcome = "answered" if result.outcome == "silent" and not door.tls else result.outcome
    error = result.error if door.tls or outcome != "answered" else ""
    return Probe(door=door, via=way, outcome=outcome, milliseconds=result.milliseconds, error=error, certificate=shown)


def _side_by_side(plan: Mapping[str, bool], wait: Callable[[float], bool]) -> dict[str, _Found]:
    found: dict[str, _Found] = {}

    def work(way: str, tls: bool) -> None:
        found[way] = _knock(way, tls)

    threads = [threading.Thread(target=work, args=each, name="probe", daemon=True) for each in plan.items()]
    for thread in threads:
        thread.start()
    end = time.monotonic() + CONNECT + HELLO + GRACE
    while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
        if wait(0.02):
            break
    return dict(found)


def _knock(way: str, tls: bool) -> _Found:
    host, _, port = way.rpartition(":")
    began = time.monotonic()
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), CONNECT)
    except OSError as error:
        return _Found(_outcome(error), _since(began), _said(error))
    with connection:
        passed = _since(began)
        return _hello(connection, passed) if tls else _Found("answered", passed)


def _outcome(error: OSError) -> Outcome:
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return "timeout"
    if error.errno in _CLOSED:
        return "refused"
    # Whoever drops or rejects on the way looks the same as nobody at home; no route from here is our own matter.
    return "no host" if error.errno in _NOBODY else "unreachable"


def _said(error: OSError) -> str:
    if error.errno is None:
        return f"no answer within {CONNECT:g} s" if isinstance(error, TimeoutError) else str(error)
    name = errno.errorcode.get(error.errno, str(error.errno))
    if error.errno in _CLOSED:
        return name
    return f"{error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno)}, {name}"


def _hello(connection: socket.socket, passed: int) -> _Found:
    """TLS as far as the certificate: nobody is trusted or distrusted here, and nothing is said inside."""
    connection.settimeout(HELLO)
    try:
        with _context().wrap_socket(connection, do_handshake_on_connect=False) as secure:
            secure.do_handshake()
            der = secure.getpeercert(binary_form=True) or b""
            return _Found("answered", passed, certificate=hashlib.sha256(der).hexdigest())
    except TimeoutError:
        return _Found("silent", passed, f"took the connection, and said nothing to TLS within {HELLO:g} s")
    except (OSError, ValueError) as error:
        # An alert, another protocol, a connection that was cut: somebody was there to do that.
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        return _Found("answered", passed, f"TLS: {str(reason).replace('_', ' ').lower()}")


def _context() -> ssl.SSLContext:
    """Whatever the other side can, be it of 2006: the certificate is compared by those who judge."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        # Python warns of old versions of TLS; nothing worth protecting is said here.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)

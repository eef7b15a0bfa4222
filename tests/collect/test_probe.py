"""Knocking at doors: every way a connection can go, over real sockets, and that nothing is said into it."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from vcaudit.collect import probe as module
from vcaudit.collect.probe import probe
from vcaudit.lab.listening import Listener
from vcaudit.lab.server.front import Front
from vcaudit.lab.server.tls import identity_for
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Door, Probe

VIRTUAL = "192.0.2.50"
AT = (VIRTUAL, 443)


def door(port: int = 443, address: str | Missing = VIRTUAL, **more: object) -> Door:
    given = {"role": "vpxd", "told_by": "default", "expected": True, "tls": False, **more}
    return Door(address=address, port=port, **given)  # type: ignore[arg-type]


def knock(*doors: Door, front: Front, **more: str) -> tuple[Probe, ...]:
    return probe(doors, {**front.through, **more})


@contextmanager
def opened(how: str | None = "answers", tls: bool = False) -> Iterator[Front]:
    with Front([AT]) as front:
        front.show({AT: Listener(how, tls)} if how else {})  # type: ignore[arg-type]
        yield front


@contextmanager
def listener(*, says: bytes = b"", hold: float = 1.0) -> Iterator[tuple[str, list[bytes]]]:
    """A server of a test's own: what it heard on each connection, once the client had gone."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(hold)
                    client.sendall(says)
                    data = b""
                    try:
                        while more := client.recv(4096):
                            data += more
                    except OSError:
                        pass
                    heard.append(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)
        thread.join(2)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT", 0.4)
    monkeypatch.setattr(module, "HELLO", 0.4)


def test_a_port_that_answers() -> None:
    with opened() as front:
        [found] = knock(door(), front=front)
    assert (found.outcome, found.error, found.certificate) == ("answered", "", None)
    assert found.via == front.through[f"{VIRTUAL}:443"]
    assert 0 <= found.milliseconds < 400


def test_a_port_where_nothing_listens() -> None:
    with opened(None) as front:
        [found] = knock(door(), front=front)
    assert (found.outcome, found.error) == ("refused", "ECONNREFUSED")


def test_a_port_behind_a_firewall_that_drops() -> None:
    with opened("dropped") as front:
        began = time.monotonic()
        [found] = knock(door(), front=front)
        assert time.monotonic() - began < 0.4 + 0.4
    assert (found.outcome, found.error) == ("timeout", "no answer within 0.4 s")


def test_a_service_that_hangs_is_told_from_one_that_answers_where_tls_is_spoken() -> None:
    with opened("hung") as front:
        silent, plain = knock(door(tls=True), door(role="web"), front=front)
    assert silent.outcome == "silent"
    assert "said nothing to TLS" in silent.error
    assert (plain.outcome, plain.error) == ("answered", ""), "without TLS nobody can tell"


def test_the_certificate_that_is_shown() -> None:
    with opened(tls=True) as front:
        [found] = knock(door(tls=True), front=front)
    assert found.outcome == "answered"
    assert found.certificate == identity_for(frozenset()).der_sha256.hex()


@pytest.mark.parametrize("says", [b"220 VMware Authentication Daemon\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_something_else_than_tls_is_somebody_all_the_same(says: bytes) -> None:
    with listener(says=says) as (way, _):
        [found] = probe([door(tls=True)], {"443": way})
    assert (found.outcome, found.certificate) == ("answered", None)
    assert found.error.startswith("TLS: ")


def test_tls_as_old_as_virtualcenter_is_spoken() -> None:
    context = module._context()
    assert context.minimum_version == ssl.TLSVersion.MINIMUM_SUPPORTED
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)
    assert {"AES128-SHA", "AES256-SHA"} <= {each["name"] for each in context.get_ciphers()}


def test_nothing_is_said_into_a_connection() -> None:
    with listener() as (way, heard):
        probe([door(27000, role="license")], {"27000": way})
    assert heard == [b""]


def test_only_the_opening_of_tls_is_said() -> None:
    with listener(says=b"\0", hold=0.3) as (way, heard):
        probe([door(tls=True)], {"443": way})
    [said] = heard
    handshake, client_hello = 0x16, 1
    assert (said[0], said[5]) == (handshake, client_hello)
    assert len(said) < 1000


def test_one_connection_for_several_roles_at_one_port() -> None:
    with listener(hold=0.2) as (way, heard):
        found = probe([door(80), door(80, role="web"), door(80, address="192.0.2.60")], {"80": way})
    assert [each.outcome for each in found] == ["answered"] * 3
    assert len(heard) == 1


def test_the_way_is_the_one_for_the_address_before_the_one_for_the_port() -> None:
    with opened() as front, listener(hold=0.2) as (way, heard):
        probe([door(), door(address="192.0.2.60")], {"443": way, **front.through})
    assert len(heard) == 1, "the other address took the way of the port"


def test_without_another_way_the_door_itself_is_tried() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        [found] = probe([door(port, address="127.0.0.1")], {})
    assert (found.outcome, found.via) == ("answered", f"127.0.0.1:{port}")


def test_all_doors_are_tried_at_the_same_time() -> None:
    doors = [(VIRTUAL, port) for port in (443, 902, 80, 27000)]
    with Front(doors) as front:
        front.show(dict.fromkeys(doors, Listener("dropped", False)))
        began = time.monotonic()
        found = knock(*(door(port) for _, port in doors), front=front)
        assert time.monotonic() - began < 1.2
    assert [each.outcome for each in found] == ["timeout"] * 4


def test_an_address_that_nobody_knows_is_not_tried() -> None:
    gap = Missing(reason="timeout", detail="WMI")
    [found] = probe([door(address=gap)], {})
    assert (found.outcome, found.via) == (gap, "")


def test_somebody_who_interrupts_does_not_wait() -> None:
    with opened("dropped") as front:
        began = time.monotonic()
        [found] = probe([door()], front.through, lambda _: True)
        assert time.monotonic() - began < 0.2
    assert found.outcome == "timeout"


def test_a_name_that_leads_nowhere_is_about_this_machine() -> None:
    [found] = probe([door()], {"443": "nobody.invalid:443"})
    assert found.outcome in ("unreachable", "timeout")
    assert found.error


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (errno.ECONNREFUSED, "refused"), (errno.ECONNRESET, "refused"), (errno.ETIMEDOUT, "timeout"),
        (errno.EHOSTUNREACH, "no host"), (errno.EHOSTDOWN, "no host"), (errno.ENETUNREACH, "unreachable"),
        (errno.ENETDOWN, "unreachable"), (errno.EPERM, "unreachable"), (errno.EACCES, "unreachable"),
        (errno.EADDRNOTAVAIL, "unreachable"), (errno.EMFILE, "unreachable"),
    ],
)  # fmt: skip
def test_what_the_system_says_and_what_it_means(number: int, outcome: str) -> None:
    error = OSError(number, "said")
    assert module._outcome(error) == outcome
    assert errno.errorcode[number] in module._said(error)

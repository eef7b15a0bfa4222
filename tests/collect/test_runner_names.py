"""Names as the auditor resolves them: what a name server says, and what it means when it says nothing."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from vcaudit.collect.resolver import _endpoint, resolve_names
from vcaudit.lab.server.dns import NameServer
from vcaudit.snapshot.base import Missing

TABLE = {"vcvirtual.corp.example": ["192.0.2.50"], "vcnode1": ["192.0.2.12", "192.0.2.9"], "v6only": []}


def one(name: str, dns: str | None, lifetime: float = 2.0):
    (resolution,) = resolve_names([name], dns, lifetime=lifetime)
    assert resolution.name == name
    return resolution.addresses


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("vcvirtual.corp.example", ("192.0.2.50",)),
        ("VCVIRTUAL", ("192.0.2.50",)),
        ("vcnode1", ("192.0.2.9", "192.0.2.12")),
        ("nobody.corp.example", ()),
        ("v6only", ()),
        ("192.0.2.77", ("192.0.2.77",)),
        ("x" * 64, ()),
        ("a..b", ()),
        ("", ()),
    ],
)
def test_the_named_server_is_asked(name, addresses):
    with NameServer(TABLE) as server:
        assert one(name, f"127.0.0.1:{server.port}") == addresses


def test_it_is_asked_for_exactly_the_name(monkeypatch):
    monkeypatch.setenv("LOCALDOMAIN", "corp.example")
    with NameServer({}) as server:
        one("vcvirtual", f"127.0.0.1:{server.port}")
        assert server.asked == ["vcvirtual"]


def test_the_order_of_answers_is_no_difference():
    with NameServer(TABLE) as server:
        answers = {one("vcnode1", f"127.0.0.1:{server.port}") for _ in range(8)}
    assert len(answers) == 1


def test_many_names_keep_their_order_and_are_asked_once():
    with NameServer(TABLE) as server:
        names = ["vcnode1", "nobody", "vcvirtual", "vcnode1"]
        found = resolve_names(names, f"127.0.0.1:{server.port}")
        assert [resolution.name for resolution in found] == ["vcnode1", "nobody", "vcvirtual"]
        assert sorted(server.asked) == ["nobody", "vcnode1", "vcvirtual"]


def test_a_silent_server_is_missing_and_costs_its_time_once():
    with NameServer(TABLE, silent=True) as server:
        begin = time.monotonic()
        found = resolve_names([f"name{n}" for n in range(10)], f"127.0.0.1:{server.port}", lifetime=0.4)
        assert time.monotonic() - begin < 1
    assert {resolution.addresses.reason for resolution in found} == {"timeout"}
    assert "did not answer within 0.4 s" in found[0].addresses.detail


def test_a_server_that_refuses_is_missing():
    with NameServer(TABLE) as server:
        server._answer = refuse  # a server for other names than ours
        missing = one("vcnode1", f"127.0.0.1:{server.port}", lifetime=0.6)
    assert isinstance(missing, Missing)
    assert missing.reason == "unavailable"


def refuse(query):
    import dns.message
    import dns.rcode

    reply = dns.message.make_response(query)
    reply.set_rcode(dns.rcode.REFUSED)
    return reply


def test_a_server_that_cannot_be_reached_is_missing():
    # No route: TEST-NET addresses of IPv6's discard prefix.
    missing = one("vcnode1", "[100::1]:53", lifetime=0.4)
    assert isinstance(missing, Missing)
    assert missing.reason in {"unreachable", "timeout", "unavailable"}


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
    ],
)
def test_how_a_server_is_written(text, endpoint):
    assert _endpoint(text) == endpoint


def answers(*addresses: str, canonical: str = ""):
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, canonical, (each, 0)) for each in addresses]


def failing(number: int):
    def look_up(*_, **__):
        raise socket.gaierror(number, "said so")

    return look_up


def test_the_system_is_asked_without_a_server():
    assert one("localhost", None) == ("127.0.0.1",)
    assert one("127.0.0.1", None) == ("127.0.0.1",)
    assert one("x" * 300, None) == ()


@pytest.mark.parametrize(
    ("look_up", "expected"),
    [
        (answers("192.0.2.2", "192.0.2.1", "192.0.2.2"), ("192.0.2.1", "192.0.2.2")),
        (answers("192.0.2.1", canonical="vc.corp.example"), ("192.0.2.1",)),
        (answers("192.0.2.1", canonical="other.corp.example"), ("192.0.2.1",)),
        (answers("192.0.2.1", canonical="VC.corp.example.lab.local"), ()),
        (failing(socket.EAI_NONAME), ()),
        (failing(socket.EAI_AGAIN), "unreachable"),
        (failing(socket.EAI_FAIL), "unavailable"),
    ],
)
def test_what_the_system_says(monkeypatch, look_up, expected):
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    found = one("vc.corp.example", None)
    assert (found.reason if isinstance(found, Missing) else found) == expected


def test_the_systems_search_domains_serve_names_without_a_dot(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", answers("192.0.2.1", canonical="vc.corp.example"))
    assert one("vc", None) == ("192.0.2.1",)


def test_a_dead_resolver_of_the_system_does_not_hold_the_scan(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(10) and [])
    begin = time.monotonic()
    found = resolve_names(["a", "b"], None, lifetime=0.1)
    assert time.monotonic() - begin < 1
    release.set()
    assert [resolution.addresses.reason for resolution in found] == ["timeout", "timeout"]


def test_no_names_no_questions():
    assert resolve_names([], "192.0.2.1") == ()

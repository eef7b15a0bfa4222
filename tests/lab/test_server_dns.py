"""The lab's name server, asked by dnspython's own client."""

from __future__ import annotations

import socket

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from vcaudit.lab.server.dns import NameServer

TABLE = {"VCVirtual.corp.example": ["192.0.2.50"], "vcnode1": ["192.0.2.11", "192.0.2.12"], "empty.corp.example": []}


def ask(server: NameServer, name: str, kind: str = "A") -> tuple[int, list[str]]:
    reply = dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=server.port, timeout=2)
    return reply.rcode(), sorted(record.to_text() for rrset in reply.answer for record in rrset)


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "addresses"),
    [
        ("vcvirtual.corp.example", "A", dns.rcode.NOERROR, ["192.0.2.50"]),
        ("VCVIRTUAL.CORP.EXAMPLE.", "A", dns.rcode.NOERROR, ["192.0.2.50"]),
        ("vcvirtual", "A", dns.rcode.NOERROR, ["192.0.2.50"]),
        ("vcnode1.corp.example", "A", dns.rcode.NOERROR, ["192.0.2.11", "192.0.2.12"]),
        ("vcvirtual.other.example", "A", dns.rcode.NXDOMAIN, []),
        ("vcnode2", "A", dns.rcode.NXDOMAIN, []),
        ("vcvirtual", "AAAA", dns.rcode.NOERROR, []),
        ("empty.corp.example", "A", dns.rcode.NOERROR, []),
    ],
)
def test_names_with_and_without_case_and_domain(name, kind, rcode, addresses):
    with NameServer(TABLE) as server:
        assert ask(server, name, kind) == (rcode, addresses)


def test_what_was_asked_is_kept():
    with NameServer(TABLE) as server:
        ask(server, "vcnode1")
        assert server.asked == ["vcnode1"]


def test_a_silent_server_takes_queries():
    with NameServer(TABLE, silent=True) as server:
        query = dns.message.make_query("vcnode1", "A")
        with pytest.raises(dns.exception.Timeout):
            dns.query.udp(query, "127.0.0.1", port=server.port, timeout=0.2)
        assert server.asked == ["vcnode1"]


def test_noise_does_not_stop_it():
    with NameServer(TABLE) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
        noise.sendto(b"\xff" * 20, ("127.0.0.1", server.port))
        assert ask(server, "vcnode1")[0] == dns.rcode.NOERROR

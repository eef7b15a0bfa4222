"""A name server on loopback (UDP) that knows the names a scenario gives the auditor, and says NXDOMAIN otherwise."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

HOST = "127.0.0.1"
TTL = 60


class NameServer:
    """Answers A queries; a context manager with `.port`. Other types of a known name exist without data."""

    def __init__(self, table: Mapping[str, Iterable[str]], *, silent: bool = False) -> None:
        """`table`: name → IPv4 addresses; case does not matter, a domain may be missing on either side.

        `silent` takes queries and never answers, as a dead name server does.
        """
        self._table = {name.lower().rstrip("."): tuple(addresses) for name, addresses in table.items()}
        self._silent = silent
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self.asked: list[str] = []
        """Names in the order they were asked for."""

    def __enter__(self) -> NameServer:
        threading.Thread(target=self._serve, name=f"lab name server {self.port}", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An empty datagram wakes the thread; closing the socket alone would not.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (HOST, self.port))

    def _serve(self) -> None:
        with self._socket as sock:
            while True:
                data, client = sock.recvfrom(4096)
                if not data:
                    return
                try:
                    query = dns.message.from_wire(data)
                except dns.exception.DNSException:
                    continue
                self.asked += [question.name.to_text(omit_final_dot=True) for question in query.question]
                if not self._silent:
                    sock.sendto(self._answer(query).to_wire(), client)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=True)
        reply.flags |= dns.flags.AA
        for question in query.question:
            addresses = self.lookup(question.name.to_text(omit_final_dot=True))
            if addresses is None:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            elif question.rdtype == dns.rdatatype.A and addresses:
                reply.answer.append(
                    dns.rrset.from_text_list(question.name, TTL, dns.rdataclass.IN, dns.rdatatype.A, addresses)
                )
        return reply

    def lookup(self, name: str) -> tuple[str, ...] | None:
        """Addresses of `name`, the whole name first, then one of them without its domain; None: there is no such."""
        name = name.lower().rstrip(".")
        if name in self._table:
            return self._table[name]
        host = name.partition(".")[0]
        for known, addresses in self._table.items():
            # One side without a domain: the same machine. Two different domains: not.
            if ("." in known) != ("." in name) and known.partition(".")[0] == host:
                return addresses
        return None

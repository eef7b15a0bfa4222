"""Names as they resolve from where vcaudit runs: through the system, or through one name server of the owner's choice.

The named server is asked for exactly the name. The system adds its search domains to a name without a dot, as it does
for every program here; to a name with dots it must not (an answer for `vc.corp.example.lab.local` is none for
`vc.corp.example`).
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resolution

LIFETIME = 3.0
"""Seconds for one name; all names are asked for at the same time, so a dead resolver costs no more than this."""

Addresses = tuple[str, ...] | Missing
NOBODY = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def resolve_names(names: Sequence[str], dns: str | None, *, lifetime: float = LIFETIME) -> tuple[Resolution, ...]:
    """IPv4 addresses of each name, in the order given and without repetition.

    `dns`: `ADDRESS[:PORT]` or `[IPv6]:PORT` of a name server; None: the system's resolver. No address: the resolver
    said that there is none; Missing: it said nothing.
    """
    ask = functools.partial(_ask_server, *_endpoint(dns), lifetime) if dns else _ask_system
    found: dict[str, Addresses] = {}

    def work(name: str) -> None:
        found[name] = ask(name)

    threads = [threading.Thread(target=work, args=(name,), name="resolver", daemon=True) for name in set(names)]
    for thread in threads:
        thread.start()
    # The system's resolver knows no time limit of ours: its threads are left behind when they are late.
    end = time.monotonic() + lifetime + 0.5
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = Missing(reason="timeout", detail=f"no answer within {lifetime:g} s", where="auditor")
    return tuple(Resolution(name=name, addresses=found.get(name, late)) for name in dict.fromkeys(names))


def _endpoint(dns: str) -> tuple[str, int]:
    """`192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:53` → address and port."""
    if dns.startswith("["):
        address, _, port = dns[1:].partition("]")
        return address, int(port.removeprefix(":") or 53)
    if dns.count(":") == 1:
        address, _, port = dns.partition(":")
        return address, int(port)
    return dns, 53


def _literal(ask: Callable[[str], Addresses], name: str) -> Addresses:
    """An address is its own answer, whoever is asked."""
    try:
        return (str(ipaddress.IPv4Address(name)),)
    except ValueError:
        return ask(name)


def _ask_server(address: str, port: int, lifetime: float, name: str) -> Addresses:
    import dns.exception
    import dns.name
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [address], port
    # Two tries: one lost datagram is no answer about a name.
    resolver.timeout, resolver.lifetime = lifetime / 2, lifetime

    def ask(name: str) -> Addresses:
        try:
            absolute = dns.name.from_text(name)
            return _sorted(str(record) for record in resolver.resolve(absolute, "A", search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.resolver.LifetimeTimeout:
            detail = f"the name server {address} did not answer within {lifetime:g} s"
            return Missing(reason="timeout", detail=detail, where="auditor")
        except dns.resolver.NoNameservers:
            return Missing(reason="unavailable", detail=f"the name server {address} refused or failed", where="auditor")
        except (dns.exception.DNSException, UnicodeError):
            # Not a name that DNS can hold (too long, an empty label): nobody can have an address for it.
            return ()
        except OSError as error:
            detail = f"the name server {address} cannot be reached: {error.strerror}"
            return Missing(reason="unreachable", detail=detail, where="auditor")

    return _literal(ask, name)


def _ask_system(name: str) -> Addresses:
    return _literal(_getaddrinfo, name)


def _getaddrinfo(name: str) -> Addresses:
    try:
        answers = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    except socket.gaierror as error:
        if error.errno in NOBODY:
            return ()
        if error.errno == socket.EAI_AGAIN:
            return Missing(reason="unreachable", detail="no name server of this machine answers", where="auditor")
        return Missing(reason="unavailable", detail=f"the system's resolver: {error.strerror}", where="auditor")
    except (UnicodeError, ValueError):
        # As above: not a name.
        return ()
    if "." in name and _is_longer(answers[0][3], name):
        return ()
    return _sorted(str(answer[4][0]) for answer in answers)


def _sorted(addresses: Iterable[str]) -> tuple[str, ...]:
    """Name servers turn the order round with every answer; that is no difference."""
    return tuple(str(address) for address in sorted({ipaddress.IPv4Address(text) for text in addresses}))


def _is_longer(canonical: str, name: str) -> bool:
    """Whether the answer is for the name with a search domain behind it."""
    return canonical.lower().rstrip(".").startswith(name.lower().rstrip(".") + ".")

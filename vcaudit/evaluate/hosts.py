"""Whose host a name or an address is: a node's, the cluster's virtual servers', or somebody else's (A8, F9).

Two equal texts can mean two machines: `localhost` is another one on every node.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from vcaudit.evaluate import fronts
from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.properties import IP_ADDRESS, NETWORK_NAME, text
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource

_SELF: Final = frozenset({"", ".", "localhost", "(local)", "local", "this_host", "::1"})


@dataclass(frozen=True)
class Whereabouts:
    """What a host turned out to be."""

    kind: str
    """self, node, virtual or other."""
    name: str | None
    """The node, or the virtual server's network name or address."""
    group: str | None | Missing = None
    """Of a virtual server: the group that it moves with."""


class Hosts:
    """All names and addresses of a cluster's nodes and virtual servers."""

    def __init__(self, nodes: Sequence[Node], merged: Merged) -> None:
        self._nodes = nodes
        self._unnamed = next((n.state for n in nodes if not n.identified and isinstance(n.state, Missing)), None)
        self._resources = merged.resources
        self._interfaces = merged.interfaces

    def find(self, host: str, on: str) -> Whereabouts | Missing:
        """Whose `host` is, as node `on` understands it; Missing when one that could match was not looked at."""
        wanted = host.strip().strip("[]").rstrip(".").casefold()
        if wanted in _SELF or is_loopback(wanted):
            return Whereabouts("self", on)
        return self._by_address(wanted) if is_address(wanted) else self._by_name(wanted)

    def _by_name(self, wanted: str) -> Whereabouts | Missing:
        for node in self._nodes:
            if any(fronts.is_called(name, wanted) for name in node.names):
                return Whereabouts("node", node.name)
        virtual, gap = self._virtual(NETWORK_NAME, "Name")
        for name, group in virtual:
            if fronts.is_called(name, wanted):
                return Whereabouts("virtual", name, group)
        return gap or self._unnamed or Whereabouts("other", None)

    def _by_address(self, wanted: str) -> Whereabouts | Missing:
        virtual, gap = self._virtual(IP_ADDRESS, "Address")
        for address, group in virtual:
            if same(address, wanted):
                return Whereabouts("virtual", address, group)
        # On its owner a virtual address is among the node's own: first all virtual ones have to be known.
        if gap is not None:
            return gap
        if not isinstance(self._interfaces, Missing):
            for interface in self._interfaces:
                if same(interface.address, wanted):
                    return Whereabouts("node", interface.node)
        for node in self._nodes:
            own = node.host if isinstance(node.host, Missing) else node.host.addresses
            if isinstance(own, Missing):
                gap = gap or own
            elif wanted in own:
                return Whereabouts("node", node.name)
        return gap or Whereabouts("other", None)

    def _virtual(self, kind: str, key: str) -> tuple[list[tuple[str, str | None | Missing]], Missing | None]:
        """(name or address, group) of all resources of a type, and what could not be read."""
        if isinstance(self._resources, Missing):
            return [], self._resources
        found: list[tuple[str, str | None | Missing]] = []
        gap: Missing | None = None
        for resource in self._resources:
            value = _value(resource, kind, key)
            if isinstance(value, Missing):
                gap = gap or value
            elif value is not None:
                found.append((value, resource.group))
        return found, gap


def _value(resource: Resource, kind: str, key: str) -> str | None | Missing:
    if isinstance(resource.type, Missing):
        return resource.type
    return text(resource, key) if same(resource.type, kind) else None


def is_address(host: str) -> bool:
    """Whether a host is written as an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_ipv4(value: str) -> bool:
    """Whether a text is one IPv4 address (Option 1, step 4)."""
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True


def is_loopback(address: str) -> bool:
    """127.*, ::1: every machine's own."""
    return is_address(address) and ipaddress.ip_address(address).is_loopback


def own_addresses(addresses: Iterable[str], virtual: Iterable[str]) -> list[str]:
    """A node's addresses without loopback ones and without those that IP Address resources brought up on it."""
    taken = set(virtual)
    return [a for a in addresses if a not in taken and not is_loopback(a) and a not in {"0.0.0.0", "::"}]  # noqa: S104

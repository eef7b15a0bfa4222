"""Which ports answer at which addresses, as Windows would have it: where the address is up and the service runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from vcaudit.lab.scenario import Scenario

How: TypeAlias = Literal["answers", "hung", "dropped"]
At: TypeAlias = tuple[str, int]
CIM, CLUSTER = r"root\cimv2", r"root\mscluster"
USUAL = (443, 902, 80, 27000)
"""Ports that clients may try, whether or not anything listens there."""


class Listener(NamedTuple):
    """What a client meets at one address and port."""

    how: How
    """`hung`: the connection comes about and nobody speaks; `dropped`: nothing comes back, as behind a firewall."""
    tls: bool
    pem: str = ""
    """The node's own certificate and key, which TLS shows; empty: one of the lab's."""


def listening(scenario: Scenario) -> dict[At, Listener]:
    """Everything that does not refuse a connection."""
    out: dict[At, Listener] = {}
    for node in scenario.nodes.values():
        running = {
            str(row.get("Name", "")).casefold() for row in _rows(node, CIM, "Win32_Service")
            if row.get("State") == "Running"
        }  # fmt: skip
        for address in _addresses(node):
            for port, service, listener in _listens(node):
                if service.casefold() in running:
                    out[address, port] = listener._replace(pem=_pair(node)) if listener.tls else listener
    return out


def clients_try(scenario: Scenario) -> list[At]:
    """Every address of a virtual server with every port: what a lab needs a way for, open or not."""
    addresses = dict.fromkeys(
        str((row.get("PrivateProperties") or {}).get("Address", "")).strip()
        for node in scenario.nodes.values() for row in _rows(node, CLUSTER, "MSCluster_Resource")
        if row.get("Type") == "IP Address"
    )  # fmt: skip
    addresses |= dict.fromkeys([str(scenario.inventory.get("virtual_address") or "")])
    ports = dict.fromkeys((*USUAL, *(port for node in scenario.nodes.values() for port, _, _ in _listens(node))))
    return [(address, port) for address in addresses if address for port in ports]


def _listens(node: Mapping[str, Any]) -> Iterator[tuple[int, str, Listener]]:
    for port, given in (node.get("listens") or {}).items():
        about = {"service": given} if isinstance(given, str) else given
        if about is not None:
            how = cast("How", about.get("how") or "answers")
            yield int(port), str(about["service"]), Listener(how, bool(about.get("tls")))


def _pair(node: Mapping[str, Any]) -> str:
    """rui.crt and rui.key, as texts one after the other."""
    parts = []
    for wanted in ("\\rui.crt", "\\rui.key"):
        found = next((text for path, text in (node.get("files") or {}).items() if path.casefold().endswith(wanted)), "")
        parts.append(found if isinstance(found, str) else str((found or {}).get("text") or ""))
    return "".join(parts) if all(parts) else ""


def _addresses(node: Mapping[str, Any]) -> Iterator[str]:
    for row in _rows(node, CIM, "Win32_NetworkAdapterConfiguration"):
        if row.get("IPEnabled") is not False:
            yield from row.get("IPAddress") or []


def _rows(node: Mapping[str, Any], namespace: str, name: str) -> list[Mapping[str, Any]]:
    spaces = node.get("wmi") or {}
    classes = next((found for key, found in spaces.items() if key.casefold() == namespace.casefold()), None) or {}
    rows = next((found for key, found in classes.items() if key.casefold() == name.casefold()), None) or {}
    return [row for row in rows.values() if row is not None]

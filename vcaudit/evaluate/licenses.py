"""Whether the licences are usable on every node, not only identical on them (F9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from vcaudit.evaluate.contents import parsed_licenses
from vcaudit.evaluate.hosts import Hosts
from vcaudit.evaluate.known import all_of, any_of
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.schema import LicenseServerView, LicenseSourceView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import LicenseFile, LicenseServerLine, LicenseSource
from vcaudit.snapshot.model import Declared

Kind = Literal["local", "virtual", "node", "remote"]
_MAC = re.compile(r"[0-9a-f]{12}")


def license_servers(nodes: Sequence[Node], hosts: Hosts) -> tuple[LicenseServerView, ...]:
    """Every SERVER line; a node whose license files could not be read stands there once, with everything Missing."""
    out: list[LicenseServerView] = []
    for node in nodes:
        parsed = parsed_licenses(node.facts)
        if isinstance(parsed, Missing):
            out.append(LicenseServerView(
                node=node.name, file="license files", host=parsed, host_id=parsed,
                host_fits=parsed, host_id_fits=parsed,
            ))  # fmt: skip
        else:
            out += [_server(file, line, node, nodes, hosts) for file in parsed or () for line in file.servers]
    return tuple(out)


def _server(
    file: LicenseFile, line: LicenseServerLine, node: Node, nodes: Sequence[Node], hosts: Hosts
) -> LicenseServerView:
    found = hosts.find(line.host, node.name)
    fits = found if isinstance(found, Missing) else found.kind in {"self", "virtual"}
    return LicenseServerView(
        node=node.name, file=file.name, host=line.host, host_id=line.host_id, host_fits=fits,
        host_id_fits=_id_fits(line.host_id, nodes, hosts),
    )  # fmt: skip


def _id_fits(host_id: str, nodes: Sequence[Node], hosts: Hosts) -> bool | Missing:
    """ANY, or an id (one of several) that every node has."""
    ids = host_id.strip().strip('"').split()
    if not ids:
        return Missing(reason="bad_output", detail="a SERVER line without a host id")
    return all_of(any_of(_has(node, one, hosts) for one in ids) for node in nodes)


def _has(node: Node, host_id: str, hosts: Hosts) -> bool | Missing:
    lowered = host_id.casefold()
    if lowered in {"any", "demo"}:
        return True
    mac = lowered.replace("-", "").replace(":", "")
    if _MAC.fullmatch(mac):
        addresses = node.host if isinstance(node.host, Missing) else node.host.mac_addresses
        return addresses if isinstance(addresses, Missing) else mac in addresses
    kind, _, value = lowered.partition("=")
    if kind in {"hostname", "internet"} and value:
        found = hosts.find(value, node.name)
        if isinstance(found, Missing):
            return found
        return found.kind == "virtual" or (found.kind == "node" and found.name == node.name)
    # Disk serial numbers, dongles and the rest are not read: whether a node has one cannot be told.
    return Missing(reason="not_found", detail=f"host id {host_id} is of a kind that is not looked at", where=node.name)


def license_sources(
    nodes: Sequence[Node], declared: Declared, hosts: Hosts
) -> tuple[LicenseSourceView, ...] | Missing:
    """The license server VirtualCenter is told to use, node by node; what the owner declares counts on every node."""
    out: list[LicenseSourceView] = []
    for node in nodes:
        told = node.facts.software if isinstance(node.facts.software, Missing) else node.facts.software.license_sources
        if declared.license_server is not None:
            out += _sources(LicenseSource(value=declared.license_server, place="inventory"), node, hosts)
        if isinstance(told, Missing):
            out.append(LicenseSourceView(node=node.name, value=told, place="settings", kind=told, host=""))
        else:
            out += [view for source in told for view in _sources(source, node, hosts)]
    if out:
        return tuple(out)
    return Missing(reason="not_found", detail="no node says which license server VirtualCenter uses", where="software")


def _sources(source: LicenseSource, node: Node, hosts: Hosts) -> list[LicenseSourceView]:
    """A source may list several, separated by semicolons (paths) or commas (servers)."""
    out = []
    for value in filter(None, (part.strip() for part in re.split(r"[;,]", source.value))):
        host = "" if _is_path(value) else value.rpartition("@")[2]
        out.append(LicenseSourceView(
            node=node.name, value=value, place=source.place, kind=_kind(host, node, hosts), host=host,
        ))  # fmt: skip
    return out


def _is_path(value: str) -> bool:
    return "@" not in value and ("\\" in value or "/" in value or value.casefold().endswith((".lic", ".dat")))


def _kind(host: str, node: Node, hosts: Hosts) -> Kind | Missing:
    found = hosts.find(host, node.name)
    if isinstance(found, Missing):
        return found
    kinds: dict[str, Kind] = {"self": "local", "virtual": "virtual", "node": "node", "other": "remote"}
    return kinds[found.kind]

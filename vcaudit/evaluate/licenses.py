"""Whether the licences are usable on every node, not only identical on them (F9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from msgspec.structs import replace

from vcaudit.evaluate import fronts
from vcaudit.evaluate.checkpoints import Checkpoints
from vcaudit.evaluate.contents import parsed_licenses
from vcaudit.evaluate.hosts import Hosts
from vcaudit.evaluate.known import all_of, any_of, apply, first_missing, same, unless_missing, whole
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema import LicenseServerView, LicenseSourceView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import LicenseFile, LicenseServerLine, LicenseSource, Resource
from vcaudit.snapshot.model import Declared

Kind = Literal["local", "virtual", "node", "stray", "remote"]
_MAC = re.compile(r"[0-9a-f]{12}")
PORT: Final = 27000
"""Of the license server, as it is installed."""
_FREE: Final = frozenset(range(PORT, PORT + 10))
"""Where the server looks for a port when its SERVER line names none."""


@dataclass(frozen=True)
class Servers:
    """Which host of this cluster is the license server's: it moves with its group."""

    hosts: Hosts
    roles: Roles

    def kind(self, host: str, on: str) -> Kind | Missing:
        """Whose `host` is, as VirtualCenter on node `on` understands it."""
        found = self.hosts.find(host, on)
        if isinstance(found, Missing):
            return found
        if found.kind == "self":
            # In design G the two groups may be on different nodes.
            return apply(lambda own: "stray" if own else "local", self.roles.license_group)
        if found.kind == "virtual":
            return apply(lambda ours: "virtual" if ours else "stray", self._with_server(found.group))
        return "node" if found.kind == "node" else "remote"

    def _with_server(self, group: str | None | Missing) -> bool | Missing:
        """Whether what is in a group is always where the license server is."""
        own = self.roles.license_group
        server = self.roles.bound.get("license")
        placed = server.group if isinstance(server, Resource) else server
        gap = first_missing(group, own, *(() if own else (self.roles.group, placed)))
        if gap is not None:
            return gap
        homes = (own,) if own else (self.roles.group, placed)
        return any(same(unless_missing(group), unless_missing(home)) for home in homes)


def license_servers(nodes: Sequence[Node], around: Servers) -> tuple[LicenseServerView, ...]:
    """Which machines the license files are for, node by node."""
    return tuple(_servers(node, nodes, around) for node in nodes)


def _servers(node: Node, nodes: Sequence[Node], around: Servers) -> LicenseServerView:
    parsed = parsed_licenses(node.facts)
    if isinstance(parsed, Missing):
        return LicenseServerView(
            node=node.name, lines=parsed, hosts_fit=parsed, bindings=parsed, host_ids_fit=parsed, other_hosts=parsed,
            other_ids=parsed, files=parsed, counted=parsed,
        )  # fmt: skip
    lines = [(file.name, line) for file in parsed or () for line in file.servers]
    shown = [f"{file}: SERVER {line.host} {line.host_id}" for file, line in lines]
    named = [_host_fits(line, node, around) for _, line in lines]
    ids = dict(zip(shown, (line.host_id for _, line in lines), strict=True))
    # An id at a licence itself binds that one, whatever the SERVER line says; without a server it is the only one.
    ids |= {f"{file.name}: {one.feature} HOSTID={one.host_id}": one.host_id
            for file in parsed or () for one in file.licenses if one.host_id is not None}  # fmt: skip
    bound = [_id_fits(host_id, nodes, around) for host_id in ids.values()]
    return LicenseServerView(
        node=node.name, lines=tuple(shown), hosts_fit=all_of(named), bindings=tuple(ids), host_ids_fit=all_of(bound),
        other_hosts=_unfit(shown, named), other_ids=_unfit(tuple(ids), bound),
        files=tuple(file.name for file in parsed or ()),
        counted=tuple(f"{file.name}: {one.feature}" for file in parsed or () for one in file.licenses if one.count),
    )  # fmt: skip


def _unfit(lines: Sequence[str], fits: Sequence[bool | Missing]) -> tuple[str, ...]:
    """The lines of which it is known: others may be among those that could not be told, and one is enough to fail."""
    return tuple(line for line, fit in zip(lines, fits, strict=True) if fit is False)


def _host_fits(line: LicenseServerLine, node: Node, around: Servers) -> bool | Missing:
    found = around.hosts.find(line.host, node.name)
    if not isinstance(found, Missing) and found.kind == "self":
        return True
    return apply(lambda kind: kind == "virtual", around.kind(line.host, node.name))


def _id_fits(host_id: str, nodes: Sequence[Node], around: Servers) -> bool | Missing:
    """ANY, or an id (one of several) that every node has."""
    ids = host_id.strip().strip('"').split()
    if not ids:
        return Missing(reason="bad_output", detail="a license file with an empty host id")
    return all_of(any_of(_has(node, one, around) for one in ids) for node in nodes)


def _has(node: Node, host_id: str, around: Servers) -> bool | Missing:
    lowered = host_id.casefold()
    if lowered in {"any", "demo"}:
        return True
    mac = lowered.replace("-", "").replace(":", "")
    if _MAC.fullmatch(mac):
        addresses = node.host if isinstance(node.host, Missing) else node.host.mac_addresses
        return addresses if isinstance(addresses, Missing) else mac in addresses
    kind, _, value = lowered.partition("=")
    if kind in {"hostname", "internet"} and value:
        found = around.hosts.find(value, node.name)
        if not isinstance(found, Missing) and found.kind == "node":
            return found.name == node.name
        return apply(lambda known: known == "virtual", around.kind(value, node.name))
    # Disk serial numbers, dongles and the rest are not read: whether a node has one cannot be told.
    return Missing(reason="not_found", detail=f"host id {host_id} is of a kind that is not looked at", where=node.name)


def license_sources(
    nodes: Sequence[Node], declared: Declared, around: Servers, checkpoints: Checkpoints
) -> tuple[LicenseSourceView, ...]:
    """The license servers VirtualCenter is told to use; what the owner declares counts on every node."""
    return tuple(_sources(node, declared, around, checkpoints) for node in nodes)


def _sources(node: Node, declared: Declared, around: Servers, checkpoints: Checkpoints) -> LicenseSourceView:
    told = _told(node, checkpoints)
    if isinstance(told, Missing):
        return _nothing_known(node, told)
    own = () if declared.license_server is None else (LicenseSource(value=declared.license_server, place="inventory"),)
    listed = [(value, source.place) for source in (*own, *told) for value in _each(source.value)]
    if not listed:
        detail = "nothing on this node says which license server VirtualCenter uses"
        return _nothing_known(node, Missing(reason="not_found", detail=detail, where=node.name))
    kinds = [_kind(value, node, around) for value, _ in listed]
    served = apply(_served, parsed_licenses(node.facts))
    counting = len(_each(own[0].value)) if own else len(listed)
    ports = whole(_port(value, kind) for (value, _), kind in zip(listed[:counting], kinds, strict=False))
    return LicenseSourceView(
        node=node.name,
        values=tuple(f"{value} ({place})" for value, place in listed),
        kinds=whole(kinds),
        tied=any_of(apply(lambda known: known in {"node", "stray"}, kind) for kind in kinds),
        remote_hosts=_remote([_host(value) for value, _ in listed], kinds, declared),
        ports=apply(lambda found: tuple(dict.fromkeys(port for port in found if port is not None)), ports),
        served=apply(lambda found: tuple(sorted({port or PORT for port in found})), served),
        reached=_reached(ports, served),
    )


def _nothing_known(node: Node, gap: Missing) -> LicenseSourceView:
    return LicenseSourceView(
        node=node.name, values=gap, kinds=gap, tied=gap, remote_hosts=gap, ports=gap, served=gap, reached=gap
    )


def _told(node: Node, checkpoints: Checkpoints) -> tuple[LicenseSource, ...] | Missing:
    """What vpxd would find there: a checkpoint renews what it covers, and leaves files, variables and other keys."""
    own = _own(node)
    giver = checkpoints.giver(node, _own)
    if isinstance(own, Missing) or giver is node:
        return own
    theirs = giver if isinstance(giver, Missing) else _own(giver)
    if isinstance(giver, Missing) or isinstance(theirs, Missing):
        return giver if isinstance(giver, Missing) else theirs
    renewed = [
        each if each in own else replace(each, place=f"{each.place}, which the checkpoint brings from {giver.name}")
        for each in theirs if checkpoints.cover(each.place) is True
    ]  # fmt: skip
    return (*renewed, *(each for each in own if checkpoints.cover(each.place) is not True))


def _own(node: Node) -> tuple[LicenseSource, ...] | Missing:
    software = node.facts.software
    return software if isinstance(software, Missing) else software.license_sources


def _port(value: str, kind: Kind | Missing) -> int | None | Missing:
    """At which a license server of this cluster is asked; None: another one, or by no port."""
    if isinstance(kind, Missing):
        return kind
    port = value.partition("@")[0].strip() if "@" in value else ""
    return int(port) if kind in {"local", "virtual"} and port.isascii() and port.isdigit() else None


def _served(parsed: tuple[LicenseFile, ...] | None) -> tuple[int | None, ...]:
    return tuple(line.port for file in parsed or () for line in file.servers)


def _reached(
    ports: tuple[int | None, ...] | Missing, served: tuple[int | None, ...] | Missing
) -> bool | Missing:
    """Whether VirtualCenter asks where the license server listens; told of several, it may use any of them."""
    if isinstance(ports, Missing) or isinstance(served, Missing):
        return ports if isinstance(ports, Missing) else served if isinstance(served, Missing) else True
    fits = [_serves(port, served) for port in ports if port is not None]
    if not fits or not served or all(fit is True for fit in fits):
        return True
    if len(fits) == len(ports) and all(fit is False for fit in fits):
        return False
    detail = "VirtualCenter is told of several license servers, and which of them it uses is not known"
    return first_missing(*fits) or Missing(reason="not_found", detail=detail)


def _serves(port: int, served: tuple[int | None, ...]) -> bool | Missing:
    stated = {each or PORT for each in served}
    if None in served and port in _FREE - stated:
        detail = f"a SERVER line without a port: the license server takes the first free one from {PORT} on"
        return Missing(reason="not_found", detail=detail)
    if port in stated and len(stated) > 1:
        return Missing(reason="not_found", detail="the SERVER lines name several ports, and it listens at one of them")
    return port in stated


def _remote(hosts: Sequence[str], kinds: Sequence[Kind | Missing], declared: Declared) -> tuple[str, ...] | Missing:
    """Where licences come from when none of them comes from this cluster.

    What the owner calls the virtual server is this cluster, also while no resource bears that name (D2).
    """
    ours = (declared.network_name, declared.virtual_address)
    if any(kind in {"local", "virtual", "node", "stray"} for kind in kinds if not isinstance(kind, Missing)):
        return ()
    if any(fronts.is_called(host, name) for host in hosts for name in ours):
        return ()
    return apply(lambda _: tuple(dict.fromkeys(host.casefold() for host in hosts)), whole(kinds))


def _host(value: str) -> str:
    return "" if _is_path(value) else value.rpartition("@")[2]


def _each(source: str) -> list[str]:
    """A source may list several, separated by semicolons (paths) or commas (servers)."""
    return [part.strip() for part in re.split(r"[;,]", source) if part.strip()]


def _is_path(value: str) -> bool:
    return "@" not in value and ("\\" in value or "/" in value or value.casefold().endswith((".lic", ".dat")))


def _kind(value: str, node: Node, around: Servers) -> Kind | Missing:
    return "local" if _is_path(value) else around.kind(_host(value), node.name)

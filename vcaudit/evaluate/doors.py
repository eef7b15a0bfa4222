"""Which ports should answer, and where: what `--probe` tries (Test the VirtualCenter Failover Functionality; H2).

The ports are the inventory's, else those that the nodes were set up with, else the usual ones. A port that had to be
guessed because the nodes could not be asked is tried all the same: that it answers counts, that it does not, does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, Literal, NamedTuple

from vcaudit.evaluate.cluster import merge
from vcaudit.evaluate.contents import parsed_licenses, view
from vcaudit.evaluate.known import same, unless_missing
from vcaudit.evaluate.nodes import Node, identify
from vcaudit.evaluate.schema import RequiredRole, RuleView, VpxdView
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Door
from vcaudit.snapshot.model import Snapshot

Part = Literal["vpxd", "web", "license"]
PARTS: Final[tuple[Part, ...]] = ("vpxd", "web", "license")
HTTPS, HTTP, CLIENT, LICENSE = 443, 80, 902, 27000
"""VirtualCenter, Web access, the VI Client of 2.0, the license server, as they are installed."""
CLIENT_ENDS: Final = 2_005_000
"""From 2.5 on the VI Client comes to the https port too, and nothing has to listen at 902."""
_KEY: Final = {HTTPS: "HttpsPort", HTTP: "HttpPort"}


class _Port(NamedTuple):
    number: int
    told_by: str
    sure: bool | Missing = True
    """Missing: guessed, because what says it could not be read."""


def doors(snapshot: Snapshot, ports: Mapping[str, Sequence[int]]) -> tuple[Door, ...]:
    """Every port to try, role by role. `ports`: those that the inventory states, by role."""
    return tuple(_Doors(snapshot, ports).all())


class _Doors:
    def __init__(self, snapshot: Snapshot, ports: Mapping[str, Sequence[int]]) -> None:
        self._view: RuleView = build_view(snapshot)
        self._nodes = identify(snapshot, merge(snapshot.nodes))
        self._declared = snapshot.declared
        self._ports = ports

    def all(self) -> Iterator[Door]:
        for row in self._view.vc.required:
            if row.role in PARTS and row.needed is not False:
                yield from self._of(row)

    def _of(self, row: RequiredRole) -> Iterator[Door]:
        address, sure = self._address(row)
        for port in self._ports_of(row.role):
            gaps = [each for each in (row.needed, sure, port.sure) if isinstance(each, Missing)]
            yield Door(
                role=row.role,  # type: ignore[arg-type]  # `all` gives no others
                address=address,
                port=port.number,
                told_by=port.told_by,
                expected=gaps[0] if gaps else True,
                tls=row.role != "license" and port.number in (HTTPS, self._https.number),
            )

    def _address(self, row: RequiredRole) -> tuple[str | Missing, bool | Missing]:
        """Where the role should answer, and whether it is certain that it is there."""
        own = "license_ip" if row.role == "license" and self._separate else "ip"
        bound = self._view.vc.resources
        stated = self._declared.virtual_address
        if isinstance(bound, Missing):
            # Without the resources nobody knows which design this is, and which roles there are.
            return stated or bound, True if row.role == "vpxd" else bound
        found = next((r.address for r in bound if r.role == own), None)
        if isinstance(found, str) and found:
            return found, True
        if own == "ip" and stated is not None:
            return stated, True
        nothing = Missing(reason="not_found", detail="no IP Address resource says which address it is", where="cluster")
        return (found if isinstance(found, Missing) else nothing), True

    @property
    def _separate(self) -> bool:
        return any(row.role == "license_ip" for row in self._view.vc.required)

    def _ports_of(self, role: str) -> Iterator[_Port]:
        if role in self._ports:
            yield from (_Port(number, "inventory") for number in self._ports[role])
        elif role == "license":
            yield from self._license_ports()
        elif role == "web":
            yield from (self._registry_port(HTTP), self._https)
        else:
            yield from (self._https, *self._client_port())

    @cached_property
    def _https(self) -> _Port:
        return self._registry_port(HTTPS)

    def _client_port(self) -> Iterator[_Port]:
        told = [node.vpxd for node in self._view.nodes]
        releases = [program.release if isinstance(program, VpxdView) else program for program in told]
        known = [number for number in releases if isinstance(number, int)]
        gap = next((number for number in releases if isinstance(number, Missing)), None)
        # The same version belongs on every node (A6); one that is known stands for those that could not be read.
        if not known or min(known) < CLIENT_ENDS:
            yield _Port(CLIENT, "default", (not known and gap) or True)

    def _registry_port(self, usual: int) -> _Port:
        gap: Missing | None = None
        for node in self._holder_first("vpxd"):
            found = _registry_value(node, _KEY[usual])
            if isinstance(found, Missing):
                gap = gap or found
            elif found is not None:
                return _Port(found, f"registry of {node.name}, {_KEY[usual]}")
        return _Port(usual, "default", gap or True)

    def _license_ports(self) -> Iterator[_Port]:
        """Where it listens, and where VirtualCenter asks when that is known to be elsewhere."""
        first = self._license_port()
        yield first
        holder = self._holder_first("vpxd")[0].name
        for source in unless_missing(self._view.vc.license_sources) or ():
            if source.node == holder and source.reached is False and not isinstance(source.ports, Missing):
                asked = [port for port in source.ports if port != first.number]
                yield from (_Port(port, f"license source of {holder}") for port in asked)

    def _license_port(self) -> _Port:
        gap: Missing | None = None
        for node in self._holder_first("license"):
            parsed = parsed_licenses(node.facts)
            if isinstance(parsed, Missing):
                gap = gap or parsed
                continue
            for line in (line for file in parsed or () for line in file.servers if line.port):
                return _Port(line.port or LICENSE, f"SERVER line of {node.name}")
        number, told_by = self._source_port() or (LICENSE, "default")
        return _Port(number, told_by, gap or True)

    def _source_port(self) -> tuple[int, str] | None:
        """`27000@host`, as VirtualCenter is told to ask for licences."""
        if self._declared.license_server:
            return int(self._declared.license_server.partition("@")[0]), "inventory, license_server"
        for node in self._holder_first("vpxd"):
            software = node.facts.software
            sources = () if isinstance(software, Missing) else software.license_sources
            for source in () if isinstance(sources, Missing) else sources:
                port = source.value.partition("@")[0].strip()
                if "@" in source.value and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
                    return int(port), f"license source of {node.name}"
        return None

    def _holder_first(self, role: str) -> list[Node]:
        """The nodes that are in the inventory, the one that holds a role before the others."""
        bound = self._view.vc.resources
        owner = None if isinstance(bound, Missing) else next((r.owner for r in bound if r.role == role), None)
        here = [node for node in self._nodes if node.declared]
        return sorted(here, key=lambda node: not (isinstance(owner, str) and same(node.name, owner)))


def _registry_value(node: Node, name: str) -> int | None | Missing:
    """A port in the registry view that vpxd reads; None: no such value."""
    registry, seen = node.facts.registry, view(node.facts)
    if isinstance(registry, Missing):
        return registry
    if isinstance(seen, Missing):
        return seen
    tree = registry.native if seen == "native" else registry.wow6432
    if tree is None or isinstance(tree, Missing):
        return tree
    if isinstance(tree.keys, Missing):
        return tree.keys
    values = next((key.values for key in tree.keys if not key.path), ())
    if isinstance(values, Missing):
        return values
    found = next((value.data for value in values if same(value.name, name)), None)
    return found if isinstance(found, Missing) or (isinstance(found, int) and 0 < found < 65536) else None

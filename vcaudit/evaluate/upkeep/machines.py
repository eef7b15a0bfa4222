"""The nodes as machines: room on the disks that are in use, clocks, and what waits for a restart of Windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vcaudit.evaluate.known import apply, first_missing, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.schema_upkeep import ClockView, ClusterServiceView, DiskView, NodeDisks, RestartView
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.facts import Disk, Restart

_MEGABYTE = 1 << 20
_FILES = {"vpxd_cfg": "vpxd.cfg", "ssl": "SSL files", "licenses": "license files", "upgrade": "upgrade files"}


def disks(nodes: Sequence[Node]) -> tuple[NodeDisks, ...]:
    """Every disk of each node."""
    return tuple(NodeDisks(node=node.name, disks=_disks(node)) for node in nodes)


def _disks(node: Node) -> tuple[DiskView, ...] | Missing:
    found = node.host if isinstance(node.host, Missing) else node.host.disks
    places = list(_places(node))
    return apply(lambda listed: tuple(_disk(disk, places) for disk in listed), found)


def _disk(disk: Disk, places: Sequence[tuple[str, str | Missing]]) -> DiskView:
    here = tuple(what for what, drive in places if not isinstance(drive, Missing) and same(drive, disk.name))
    gap = first_missing(*(drive for _, drive in places))
    free, size = disk.free, disk.size
    share = first_missing(free, size)
    if share is None and isinstance(free, int) and isinstance(size, int):
        percent: int | Missing = 100 * free // size if size else 0
    else:
        percent = share or 0
    return DiskView(
        name=disk.name,
        used=True if here else gap or False,
        holds=gap or here,
        free_mb=apply(lambda found: found // _MEGABYTE, free),
        size_mb=apply(lambda found: found // _MEGABYTE, size),
        free_percent=percent,
    )


def _places(node: Node) -> Iterator[tuple[str, str | Missing]]:
    """What lies where, as drives; what is not on this node lies nowhere."""
    yield "Windows", node.host if isinstance(node.host, Missing) else node.host.system_drive
    software = node.facts.software
    program = software if isinstance(software, Missing) else software.vpxd
    yield from _drives("VirtualCenter Server", program)
    files = node.facts.files
    for name, what in _FILES.items():
        yield from _drives(what, files if isinstance(files, Missing) else getattr(files, name))


def _drives(what: str, found: Fact | None) -> Iterator[tuple[str, str | Missing]]:
    if isinstance(found, Missing):
        yield what, found
    elif found is not None:
        # license files may lie in several folders, with semicolons between them
        for path in str(getattr(found, "path", "")).split(";"):
            if path.strip()[1:2] == ":":
                yield what, path.strip()[:2].upper()


def clocks(nodes: Sequence[Node], owner: str | None | Missing) -> tuple[ClockView, ...]:
    """Every other node's clock against the owner's; without a known owner nobody's."""
    nobody = Missing(reason="not_found", detail="no node holds the VirtualCenter group", where="cluster")
    reference: float | Missing = owner if isinstance(owner, Missing) else nobody
    for node in nodes:
        if isinstance(owner, str) and same(node.name, owner):
            reference = _skew(node)
    others = [node for node in nodes if not (isinstance(owner, str) and same(node.name, owner))]
    return tuple(ClockView(node=node.name, apart=_apart(_skew(node), reference)) for node in others)


def _skew(node: Node) -> float | Missing:
    return node.host if isinstance(node.host, Missing) else node.host.clock_skew


def _apart(one: float | Missing, other: float | Missing) -> float | Missing:
    if isinstance(one, Missing):
        return one
    return other if isinstance(other, Missing) else round(abs(one - other), 1)


def restarts(nodes: Sequence[Node]) -> tuple[RestartView, ...]:
    """One for each node."""
    return tuple(_restart(node) for node in nodes)


def _restart(node: Node) -> RestartView:
    found: tuple[Restart, ...] | Missing = node.host if isinstance(node.host, Missing) else node.host.restarts
    return RestartView(
        node=node.name,
        updates=apply(lambda all_: tuple(one.place for one in all_ if one.kind == "update"), found),
        files=apply(lambda all_: sum(one.files for one in all_), found),
    )


def cluster_services(nodes: Sequence[Node]) -> tuple[ClusterServiceView, ...]:
    """One for each node."""
    return tuple(ClusterServiceView(node=node.name, start_mode=_start_mode(node)) for node in nodes)


def _start_mode(node: Node) -> str | None | Missing:
    services = node.facts.services
    if isinstance(services, Missing):
        return services
    return next((one.start_mode for one in services if same(one.name, "ClusSvc")), None)

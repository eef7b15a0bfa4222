"""The variables `cluster` and `nodes` of an expression, as types: see `schema.py` for what null and Missing mean."""

from __future__ import annotations

from vcaudit.evaluate.schema_cluster import QuorumView
from vcaudit.snapshot.base import Fact, Missing


class MemberView(Fact, frozen=True, kw_only=True):
    """A member of the cluster, as the cluster says."""

    name: str
    state: str | Missing
    """up, down, paused, joining, unknown."""


class Disagreement(Fact, frozen=True, kw_only=True):
    """Something the nodes say differently about the cluster."""

    subject: str
    said: str
    """`VCNODE1: online; VCNODE2: offline`."""


class Conflict(Fact, frozen=True, kw_only=True):
    """Something that two sources on one node say differently about the cluster."""

    subject: str
    """`VC Server: registry checkpoints`"""
    said: str
    """`WMI: none; hive: SOFTWARE\\X`"""


class ClusterVar(Fact, frozen=True, kw_only=True):
    """Variable `cluster`."""

    name: str
    members: tuple[MemberView, ...] | Missing
    owner: str | None | Missing
    """The node that holds the VirtualCenter group; None: no such group, or nobody holds it."""
    disagreements: tuple[Disagreement, ...] | Missing
    """Missing unless at least two nodes gave their view, or when a member's view is Missing."""
    quorum_type: str | None | Missing
    quorum_resource: str | None | Missing
    quorum: QuorumView


class VpxdView(Fact, frozen=True, kw_only=True):
    """vpxd.exe on one node."""

    path: str
    version: str | Missing
    release: int | Missing
    """2.0.1 is 2000001: major * 10**6 + minor * 10**3 + patch."""
    build: int | Missing


class InstalledView(Fact, frozen=True, kw_only=True):
    """Which of the tightly coupled parts are installed."""

    vpxd: bool | Missing
    web: bool | Missing
    license: bool | Missing


class DatabaseView(Fact, frozen=True, kw_only=True):
    """The DSN of one node."""

    dsn: str | None | Missing
    server: str | None | Missing
    database: str | None | Missing
    driver: str | None | Missing
    host: str | None | Missing
    """Host of `server`, normalised: no instance, no port, short name, lower case."""
    on: str | None | Missing
    """The node, or the cluster's network name or address, that the host is; None: a separate host.

    Told by names, addresses, `localhost`, `.`, `(local)`.
    """


class NodeVar(Fact, frozen=True, kw_only=True):
    """An element of variable `nodes`: every declared node and every member of the cluster."""

    name: str
    declared: bool
    """In the inventory. A member that is not has Missing facts only."""
    owner: bool | Missing
    """Holds the VirtualCenter group."""
    state: str | Missing
    """What the cluster says of it."""
    domain: str | None | Missing
    os_name: str | Missing
    os_version: str | Missing
    service_pack: int | Missing
    architecture: str | Missing
    maker: str | Missing
    model: str | Missing
    hypervisor: str | None | Missing
    """Whose guest it is, by maker and model; None: a physical machine."""
    hotfixes: tuple[str, ...] | Missing
    """Articles of installed updates: KB921181. Service packs are not among them."""
    installed: InstalledView
    vpxd: VpxdView | None | Missing
    database: DatabaseView | Missing
    ssl_missing: tuple[str, ...] | Missing
    """Of rui.crt, rui.key, rui.pfx; all three when there is no SSL folder."""
    conflicts: tuple[Conflict, ...] | Missing
    """Between WMI and the cluster hive of this node; Missing when only one of them could be read."""

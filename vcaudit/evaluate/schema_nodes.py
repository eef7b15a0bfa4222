"""The variables `cluster` and `nodes` of an expression, as types: see `schema.py` for what null and Missing mean."""

from __future__ import annotations

from vcaudit.evaluate.schema_cluster import QuorumView
from vcaudit.snapshot.base import Fact, Missing


class MemberView(Fact, frozen=True, kw_only=True):
    """A member of the cluster, as the cluster says.

    From: MSCluster_Node (WMI); else the cluster hive, or cluster.exe.
    """

    name: str
    """As the cluster spells it."""
    state: str | Missing
    """up, down, paused, joining, unknown."""


class Disagreement(Fact, frozen=True, kw_only=True):
    """Something the nodes say differently about the cluster.

    From: What each node says of the cluster.
    """

    subject: str
    """What it is about: `state of VC Server`."""
    said: str
    """`VCNODE1: online; VCNODE2: offline`."""


class Conflict(Fact, frozen=True, kw_only=True):
    """Something that two sources on one node say differently about the cluster.

    From: WMI and the cluster hive of one node.
    """

    subject: str
    """`VC Server: registry checkpoints`"""
    said: str
    """`WMI: none; hive: SOFTWARE\\X`"""


class ClusterVar(Fact, frozen=True, kw_only=True):
    """Variable `cluster`.

    From: What all nodes say of the cluster.
    """

    name: str
    """As the inventory names it."""
    members: tuple[MemberView, ...] | Missing
    """Its nodes."""
    owner: str | None | Missing
    """The node that holds the VirtualCenter group; None: no such group, or nobody holds it."""
    disagreements: tuple[Disagreement, ...] | Missing
    """Missing unless at least two nodes gave their view, or when a member's view is Missing."""
    quorum_type: str | None | Missing
    """As Windows calls it; null: it says none."""
    quorum_resource: str | None | Missing
    """Name of the quorum resource; null: there is none."""
    quorum: QuorumView
    """What decides which nodes may go on."""


class VpxdView(Fact, frozen=True, kw_only=True):
    """vpxd.exe on one node.

    From: The program that service vpxd starts; the registry where it is gone.
    """

    path: str
    """Where it lies."""
    version: str | Missing
    """`2.0.1`"""
    release: int | Missing
    """2.0.1 is 2000001: major * 10**6 + minor * 10**3 + patch."""
    build: int | Missing
    """Build number."""


class InstalledView(Fact, frozen=True, kw_only=True):
    """Which of the tightly coupled parts are installed.

    From: Win32_Service, and the programs themselves.
    """

    vpxd: bool | Missing
    """VirtualCenter Server: its service is registered, and its program is there."""
    vpxd_service: bool | Missing
    """Its service is registered, whether or not its program is there."""
    web: bool | Missing
    """Web access."""
    license: bool | Missing
    """The license server."""


class DatabaseView(Fact, frozen=True, kw_only=True):
    r"""The DSN of one node.

    From: The registry: DB\1 of the VirtualCenter key names the data source, ODBC.INI describes it. On a standby under a
    registry checkpoint the name is the owner's, looked up in the standby's own ODBC.INI.
    """

    dsn: str | None | Missing
    """Name of the data source; null: none is named."""
    server: str | None | Missing
    """As the data source names it, with instance and port."""
    database: str | None | Missing
    """Its name there."""
    driver: str | None | Missing
    """Name of the ODBC driver."""
    host: str | None | Missing
    """Host of `server`, normalised: no instance, no port, short name, lower case."""
    on: str | None | Missing
    """The node, or the cluster's network name or address, that the host is; None: a separate host.

    Told by names, addresses, `localhost`, `.`, `(local)`.
    """


class NodeVar(Fact, frozen=True, kw_only=True):
    """An element of variable `nodes`: every declared node and every member of the cluster.

    From: Each node's own answers: Win32_OperatingSystem, Win32_ComputerSystem, registry, files; its state from the
    cluster.
    """

    name: str
    """As the cluster spells it."""
    declared: bool
    """In the inventory. A member that is not has Missing facts only."""
    owner: bool | Missing
    """Holds the VirtualCenter group."""
    state: str | Missing
    """What the cluster says of it."""
    domain: str | None | Missing
    """Windows domain; null: in none."""
    os_name: str | Missing
    """As Windows calls itself."""
    os_version: str | Missing
    """`5.2.3790`"""
    service_pack: int | Missing
    """Number of the service pack; 0: none."""
    architecture: str | Missing
    """x86, x64, …"""
    maker: str | Missing
    """Of the machine."""
    model: str | Missing
    """Of the machine."""
    hypervisor: str | None | Missing
    """Whose guest it is, by maker and model; None: a physical machine."""
    hotfixes: tuple[str, ...] | Missing
    """Articles of installed updates: KB921181. Service packs are not among them."""
    installed: InstalledView
    """Which parts of VirtualCenter there are."""
    vpxd: VpxdView | None | Missing
    """Its program; null: not installed."""
    database: DatabaseView | Missing
    """The data source that VirtualCenter uses."""
    ssl_missing: tuple[str, ...] | Missing
    """Of rui.crt, rui.key, rui.pfx; all three when there is no SSL folder. A rui.crt without a certificate is none."""
    conflicts: tuple[Conflict, ...] | Missing
    """Between WMI and the cluster hive of this node; Missing when only one of them could be read."""

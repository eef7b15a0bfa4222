"""What keeps a cluster ready beyond what the note asks, as types: the variable `upkeep` (see `schema.py` for null)."""

from __future__ import annotations

from typing import Literal

from vcaudit.evaluate.schema_group import Role
from vcaudit.snapshot.base import Fact, Missing


class CertificateView(Fact, frozen=True, kw_only=True):
    """rui.crt of one node.

    From: rui.crt, and the modulus of rui.key as the node computed it.
    """

    node: str
    """The node."""
    exists: bool | Missing
    """There is a certificate."""
    subject: str | Missing
    """Whom it is made for; empty: there is none, as in all texts here."""
    names: tuple[str, ...] | Missing
    """Common names and alternative names; empty: there is no certificate."""
    wanted: tuple[str, ...] | Missing
    """Names of the virtual server of which one should be among them; empty: it has none yet."""
    covers: bool | Missing
    """One of them is."""
    begins: str | Missing
    """Valid from, RFC 3339 UTC."""
    ends: str | Missing
    """Valid until, RFC 3339 UTC."""
    begun: bool | Missing
    """It is valid already; false where there is none."""
    days_left: int | Missing
    """Whole days until it expires, negative once it has; 0 where there is none."""
    has_key: bool | Missing
    """Certificate and rui.key are there, and the certificate is for an RSA key."""
    key_fits: bool | Missing
    """rui.key belongs to it; false where has_key is false."""


class LicenseEnd(Fact, frozen=True, kw_only=True):
    """A licence that is still valid and will expire.

    From: The license files of the node.
    """

    feature: str
    """`PROD_VC`"""
    ends: str
    """Its last day."""
    days_left: int
    """Whole days after the day of the snapshot."""


class LicenseSetView(Fact, frozen=True, kw_only=True):
    """All licences on one node.

    From: The license files of each node.
    """

    node: str
    """The node."""
    installed: bool | Missing
    """The license server is installed there: its license files matter."""
    expired: tuple[str, ...] | Missing
    """Features of which every licence has expired."""
    ending: tuple[LicenseEnd, ...] | Missing
    """Licences that have a last day and have not reached it."""
    virtualcenter: int | Missing
    """How many different PROD_VC licences there are; Missing where lines of the files were not understood."""
    host_based: tuple[str, ...] | Missing
    """Features with a licence for one host (licenseType=Host)."""
    server_based: tuple[str, ...] | Missing
    """Features with a licence that a license server gives out (licenseType=Server)."""


class DiskView(Fact, frozen=True, kw_only=True):
    """A local disk of one node.

    From: Win32_LogicalDisk, held against where Windows and VirtualCenter lie.
    """

    name: str
    """`C:`"""
    used: bool | Missing
    """Windows or something of VirtualCenter is on it."""
    holds: tuple[str, ...] | Missing
    """What of them: Windows, VirtualCenter Server, vpxd.cfg, SSL files, license files, upgrade files."""
    free_mb: int | Missing
    """Free megabytes."""
    size_mb: int | Missing
    """Megabytes in all."""
    free_percent: int | Missing
    """Of its size, rounded down."""


class NodeDisks(Fact, frozen=True, kw_only=True):
    """The local disks of one node.

    From: Win32_LogicalDisk.
    """

    node: str
    """The node."""
    disks: tuple[DiskView, ...] | Missing
    """All of them, those of the cluster that it holds as well."""


class ClockView(Fact, frozen=True, kw_only=True):
    """The clock of a node beside the one that holds the group.

    From: Each node's clock when its answer came, held against the clock of the machine that vcaudit ran on.
    """

    node: str
    """The node."""
    apart: float | Missing
    """Seconds between its clock and the owner's; includes what the answers took on their way."""


class RestartView(Fact, frozen=True, kw_only=True):
    """What waits on a node for a restart of Windows.

    From: The registry: Component Based Servicing, Windows Update, UpdateExeVolatile, PendingFileRenameOperations.
    """

    node: str
    """The node."""
    updates: tuple[str, ...] | Missing
    """Keys and values that say that an update does."""
    files: int | Missing
    """Files that will be replaced, renamed or deleted then."""


class ClusterServiceView(Fact, frozen=True, kw_only=True):
    """The service that makes a machine a node.

    From: Win32_Service ClusSvc of each node.
    """

    node: str
    """The node."""
    start_mode: str | None | Missing
    """Auto, Manual, Disabled; null: there is no such service."""


class NetworkView(Fact, frozen=True, kw_only=True):
    """A network of the cluster.

    From: MSCluster_Network, MSCluster_NetworkInterface (WMI).
    """

    name: str
    """As the cluster names it."""
    role: Literal["none", "internal", "client", "both"] | Missing
    """What the cluster uses it for."""
    heartbeat: bool | Missing
    """The nodes hear each other over it: internal or both."""
    clients: bool | Missing
    """Virtual servers are reached over it: client or both."""
    lacking: tuple[str, ...] | Missing
    """Members without an interface on it."""
    state: Literal["up", "down", "partitioned", "unavailable"] | Missing
    """partitioned: some nodes do not hear each other over it."""


class AddressNetwork(Fact, frozen=True, kw_only=True):
    """The network that an address of the virtual server is on.

    From: Private property Network of the IP Address resource (WMI), MSCluster_Network.
    """

    resource: str
    """Name of the IP Address resource."""
    role: Role
    """`ip`, or `license_ip` in design G."""
    network: str | Missing
    """Name of the network; empty: the resource names none."""
    clients: bool | Missing
    """Clients reach that network; false where there is no such network."""


class GroupPolicy(Fact, frozen=True, kw_only=True):
    """How a VirtualCenter group moves.

    From: MSCluster_ResourceGroup (WMI): AutoFailbackType, FailoverThreshold, FailoverPeriod.
    """

    name: str
    """The group."""
    failback: bool | Missing
    """It moves back by itself to a preferred owner that is up again."""
    moves: int | Missing
    """How often it may move within `hours`; 0: never."""
    hours: int | Missing
    """The period in which moves are counted."""


class RestartPolicy(Fact, frozen=True, kw_only=True):
    """What the cluster does when a bound resource fails.

    From: MSCluster_Resource (WMI): RestartAction, RestartThreshold, RestartPeriod.
    """

    name: str
    """The resource."""
    role: Role
    """What it is for."""
    action: Literal["none", "restart", "restart and fail over"] | Missing
    """`restart` starts it again on the same node and never moves the group."""
    restarts: int | Missing
    """How often it is started again within `seconds` before that."""
    seconds: int | Missing
    """The period in which restarts are counted."""


class CheckpointKey(Fact, frozen=True, kw_only=True):
    """A registry key that the cluster replicates.

    From: RegistryCheckpoints of every MSCluster_Resource (WMI); else the cluster hive.
    """

    key: str
    """Below HKEY_LOCAL_MACHINE."""
    copied_by: tuple[str, ...]
    """Every checkpoint that covers it, as `VC Server: SOFTWARE\\X`."""


class UpkeepVar(Fact, frozen=True, kw_only=True):
    """Variable `upkeep`: what keeps the cluster ready beyond what the note asks.

    From: The cluster and its nodes, joined; each part below says whence.
    """

    certificates: tuple[CertificateView, ...]
    """One for each node."""
    licenses: tuple[LicenseSetView, ...]
    """One for each node."""
    disks: tuple[NodeDisks, ...]
    """One for each node, with its disks in it."""
    clocks: tuple[ClockView, ...]
    """One for each node beside the one that holds the group."""
    restarts: tuple[RestartView, ...]
    """One for each node."""
    cluster_services: tuple[ClusterServiceView, ...]
    """One for each node."""
    networks: tuple[NetworkView, ...] | Missing
    """Networks of the cluster."""
    address_networks: tuple[AddressNetwork, ...] | Missing
    """One for each address of the virtual server."""
    groups: tuple[GroupPolicy, ...] | Missing
    """VirtualCenter's group, and in design G the license server's."""
    resources: tuple[RestartPolicy, ...] | Missing
    """The resources that fill roles."""
    checkpoints: tuple[CheckpointKey, ...] | Missing
    """Every key that any resource of the cluster replicates, each once."""

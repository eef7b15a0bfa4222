"""What was seen: one Snapshot per cluster, one NodeSnapshot per node, and Missing where nothing could be seen."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import NOT_ASKED_THEN, Fact, Missing
from vcaudit.snapshot.drills import Recorded
from vcaudit.snapshot.facts import (
    Accounts,
    ClusterView,
    Database,
    Files,
    Host,
    Permission,
    Probe,
    Registry,
    Resolution,
    Service,
    Software,
    Synchronization,
)
from vcaudit.snapshot.facts.extra import ExtraFact

SCHEMA = 1
"""Raised when a reader of an older version would misread a snapshot."""


NOT_PROBED = Missing(
    reason="not_asked",
    detail="scan, or collect, with --probe: it tries the ports at the virtual server's address from here",
    where="auditor",
)
"""Also said of snapshots from before there were probes."""


class Budget(Fact, frozen=True, kw_only=True):
    """What one scan was allowed to spend on a node."""

    seconds: float
    """From connecting to closing."""
    requests: int
    received_bytes: int
    script_seconds: int
    """Run time of the script on the node."""
    wmi_seconds: int
    """One question to WMI or to cluster.exe."""
    registry_values: int
    file_bytes: int
    """Of one file whose content is read."""


class Provenance(Fact, frozen=True, kw_only=True):
    """How the facts of one node were had."""

    route: str
    """`winrm ntlm http`, `recorded`, …"""
    address: str
    user: str
    """Account name; never its password."""
    started: str
    """RFC 3339 UTC."""
    seconds: float
    requests: int
    """HTTP requests spent on the node, authentication included."""
    bytes_sent: int
    bytes_received: int
    script_sha256: str
    requests_sha256: str
    """Of the request list sent along with the script, as it travelled; empty: none was."""
    collector_milliseconds: int | None = None
    """Spent by the script on the node; None when it did not finish."""
    warnings: tuple[str, ...] = ()
    """Weakened security, restarts, redactions: whatever a reader should know."""
    budget: Budget | None = None
    """None: nothing was asked of the node itself."""


class NodeSnapshot(Fact, frozen=True, kw_only=True):
    """All facts of one node. Every field may be Missing; one Missing never takes others with it."""

    name: str
    """As the inventory calls it; the computer name once known is `host.computer_name`."""
    provenance: Provenance
    host: Host | Missing
    software: Software | Missing
    services: tuple[Service, ...] | Missing
    """Win32_Service, all of them, in the node's order."""
    files: Files | Missing
    """Table 1: license files, vpxd.cfg, SSL, upgrade files."""
    registry: Registry | Missing
    """Table 1: the VirtualCenter key in both views."""
    database: Database | Missing
    accounts: Accounts | Missing
    names: tuple[Resolution, ...] | Missing
    """Names as this node resolves them."""
    cluster: ClusterView | Missing
    """The cluster as this node sees it."""
    synchronization: Synchronization | Missing = NOT_ASKED_THEN
    """What may keep the nodes synchronised: scheduled tasks, DFS replication, scripts."""
    extra: tuple[ExtraFact, ...] | Missing = ()
    """What rule packs asked for; what is not among them was not asked."""


class Declared(Fact, frozen=True, kw_only=True):
    """What the owner says in the inventory, without credentials and without addresses of nodes."""

    nodes: tuple[str, ...]
    virtual_address: str | None = None
    netmask: str | None = None
    license_netmask: str | None = None
    """Of the license server's own address, where it is in a group of its own."""
    network_name: str | None = None
    managedip_place: Literal["file", "registry"] | None = None
    witness: str | None = None
    """Machine that holds the witness share."""
    witness_runs_virtualcenter: bool | None = None
    """Whether there is software of VirtualCenter on it, as the owner states; None: not said."""
    synchronisation: Literal["manual"] | None = None
    minimum_build: int | None = None
    license_server: str | None = None
    """`port@host`, when the owner states which license server VirtualCenter uses."""
    drills: tuple[Recorded, ...] = ()
    """Records of failovers that were tried, of this cluster, from the files that the inventory names."""
    drill_max_age: int | None = None
    """Days after which a drill no longer counts (H3); None: the owner asks for none."""
    params: tuple[Param, ...] = ()
    exceptions: tuple[AcceptedException, ...] = ()


class Param(Fact, frozen=True, kw_only=True):
    """A rule parameter set in the inventory."""

    rule: str
    name: str
    value: str | int | float | bool | tuple[str, ...]


class AcceptedException(Fact, frozen=True, kw_only=True):
    """A difference the owner accepts, shown with its reason in every report."""

    rule: str
    subject: str | None = None
    """Only this subject (a registry value, a file, a resource); None: all of the rule's."""
    reason: str


class Auditor(Fact, frozen=True, kw_only=True):
    """What was seen from where vcaudit ran."""

    version: str
    names: tuple[Resolution, ...] | Missing
    resolver: str
    """`system` or the address of the name server asked."""
    probes: tuple[Probe, ...] | Missing = NOT_PROBED
    """What answers at the virtual server's addresses; only with `--probe`."""


class PermissionsOrigin(Fact, frozen=True, kw_only=True):
    """Where the role holders came from, also when they could not be had."""

    source: Literal["file", "virtualcenter"]
    place: str
    """Name of the file, or `address:port`."""
    user: str = ""
    """Account that VirtualCenter was asked as; never its password."""
    version: str = ""
    """What VirtualCenter says it is, and the version of TLS."""
    requests: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    """Weakened security, sources that disagree: whatever a reader should know."""


class Snapshot(Fact, frozen=True, kw_only=True):
    """One cluster at one time: the input of `evaluate`."""

    schema: int = SCHEMA
    cluster: str
    """As the inventory calls it."""
    taken_at: str
    """RFC 3339 UTC; the only clock the rules know."""
    declared: Declared
    auditor: Auditor
    nodes: tuple[NodeSnapshot, ...]
    """In the inventory's order."""
    permissions: tuple[Permission, ...] | Missing
    """VirtualCenter role holders; Missing(not_asked) when the owner gave no export and VirtualCenter was not asked."""
    permissions_origin: PermissionsOrigin | None = None
    """None when nobody was asked, and in snapshots from before this was kept."""
    warnings: tuple[str, ...] = ()
    """About the whole: what a reader should know before any result."""

"""The cluster as one node sees it (field facts, sections 4 to 6)."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import NOT_ASKED_THEN, Fact, Missing
from vcaudit.snapshot.sources import Source, SourceConflict, Told


class ClusterNode(Fact, frozen=True, kw_only=True):
    """MSCluster_Node."""

    name: str
    state: Literal["up", "down", "paused", "joining", "unknown"] | Missing


class ResourceGroup(Fact, frozen=True, kw_only=True):
    """MSCluster_ResourceGroup."""

    name: str
    state: Literal["online", "offline", "failed", "partial online", "pending", "unknown"] | Missing
    owner: str | None | Missing
    """Node that holds it (MSCluster_NodeToActiveGroup)."""
    preferred_owners: tuple[str, ...] | Missing
    anti_affinity: tuple[str, ...] | Missing
    """AntiAffinityClassNames."""
    failback: bool | Missing = NOT_ASKED_THEN
    """AutoFailbackType: the group moves back to a preferred owner by itself."""
    failover_threshold: int | Missing = NOT_ASKED_THEN
    """FailoverThreshold: how often it may move within the period; 0: never."""
    failover_period: int | Missing = NOT_ASKED_THEN
    """FailoverPeriod, hours."""


class Property(Fact, frozen=True, kw_only=True):
    """A private property of a resource; redacted ones are `***`."""

    name: str
    value: str | int | bool | tuple[str, ...] | None | Missing


class Resource(Fact, frozen=True, kw_only=True):
    """MSCluster_Resource and its association classes."""

    name: str
    type: str | Missing
    state: Literal["inherited", "initializing", "online", "offline", "failed", "pending", "online pending", "offline pending", "unknown"] | Missing  # noqa: E501
    group: str | None | Missing
    separate_monitor: bool | Missing
    monitor_process: int | None | Missing
    """MonitorProcessId; None where this Windows has no such property, or the resource is not online."""
    possible_owners: tuple[str, ...] | Missing
    depends_on: tuple[str, ...] | Missing
    """Names of resources."""
    properties: tuple[Property, ...] | Missing
    checkpoints: tuple[str, ...] | Missing
    """Registry checkpoints, relative to HKEY_LOCAL_MACHINE, without a leading backslash."""
    restart: Literal["none", "restart", "restart and fail over"] | Missing = NOT_ASKED_THEN
    """RestartAction: what the cluster does when it fails. `restart` never moves the group."""
    restart_threshold: int | Missing = NOT_ASKED_THEN
    """RestartThreshold: restarts within the period before the group moves."""
    restart_period: int | Missing = NOT_ASKED_THEN
    """RestartPeriod, milliseconds."""
    checkpoints_from: Literal["wmi", "hive"] | None = None
    properties_from: Told | None = None


class Interface(Fact, frozen=True, kw_only=True):
    """MSCluster_NetworkInterface: a node's own address on a cluster network."""

    node: str
    network: str
    address: str


class Network(Fact, frozen=True, kw_only=True):
    """MSCluster_Network."""

    name: str
    role: Literal["none", "internal", "client", "both"] | Missing
    """internal: the nodes among themselves (heartbeat); client: addresses of virtual servers; both; none: not used."""
    state: Literal["up", "down", "partitioned", "unavailable", "unknown"] | Missing


class ClusterView(Fact, frozen=True, kw_only=True):
    """The cluster as one node sees it."""

    name: str | Missing
    identity: str | None | Missing
    """ClusterInstanceID of the hive; None: this Windows keeps none."""
    nodes: tuple[ClusterNode, ...] | Missing
    groups: tuple[ResourceGroup, ...] | Missing
    resources: tuple[Resource, ...] | Missing
    quorum_resource: str | None | Missing
    quorum_type: str | None | Missing
    interfaces: tuple[Interface, ...] | Missing
    networks: tuple[Network, ...] | Missing = NOT_ASKED_THEN
    sources: tuple[Source, ...] = ()
    """Of what WMI did not give; empty where all of it is WMI's."""
    conflicts: tuple[SourceConflict, ...] | Missing = Missing(
        reason="not_asked", detail="the snapshot was taken by a version that did not compare the sources"
    )
    """Between WMI and the hive. Missing: one of the two could not be read, so nothing was compared."""

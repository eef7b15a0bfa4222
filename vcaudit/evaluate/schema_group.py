"""Roles, resources, groups, services: parts of the variable `vc`, as types (null and Missing: see `schema.py`)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.snapshot.base import Fact, Missing

Role: TypeAlias = Literal["ip", "name", "vpxd", "web", "license", "license_ip", "license_name"]
"""What a resource is for; the last two only in the second group of design G."""


class RequiredRole(Fact, frozen=True, kw_only=True):
    """A row of Table 2 (again for the license group of design G).

    From: Table 2 of the note, held against the resources of the cluster.
    """

    role: Role
    """The role that the row is about."""
    type: str
    """The resource type Table 2 asks for."""
    what: str
    """In words: VirtualCenter IP address."""
    needed: bool | Missing
    """False: Web access or the license server is installed nowhere."""
    resource: str | None | Missing
    """Name of the bound resource; None: nothing fills the role."""
    candidates: tuple[str, ...] | Missing
    """All resources that could be it; more than one breaks B4."""
    group: str | None | Missing
    """The group it is in or belongs in."""


class ResourceVar(Fact, frozen=True, kw_only=True):
    """A resource bound to a role.

    From: MSCluster_Resource and its private properties (WMI); where that fails, the cluster hive of the registry,
    or cluster.exe.
    """

    name: str
    """As the cluster names it."""
    role: Role
    """What it is for, told by its type and parameters, never by its name."""
    type: str
    """`Generic Service`, `IP Address`, …"""
    group: str
    """Name of the group it is in."""
    owner: str | None | Missing
    """The node that holds its group."""
    state: str | Missing
    """online, offline, failed, online pending, …"""
    separate: bool | Missing
    """The flag is set and no other online resource shares its MonitorProcessId."""
    separate_flag: bool | Missing
    """The flag alone: property SeparateMonitor."""
    shares_monitor_with: tuple[str, ...] | Missing
    """Online resources with the same MonitorProcessId; empty: none."""
    possible_owners: tuple[str, ...] | Missing
    """Nodes that may run it."""
    depends_on: tuple[str, ...] | Missing
    """Names of the resources it depends on."""
    required_on: tuple[str, ...]
    """Names of the resources Table 4 makes it depend on; a role nothing fills stands there as `(no Network Name)`."""
    missing_dependencies: tuple[str, ...] | Missing
    """Of required_on, those it does not depend on."""
    extra_dependencies: tuple[str, ...] | Missing
    """Those it depends on and that are not in required_on."""
    text_variant: bool | Missing
    """License server on the VirtualCenter Server resource, as the note's text (not its Table 4) has it."""
    address: str | None | Missing
    """Property Address; null but for an IP Address."""
    netmask: str | None | Missing
    """Property SubnetMask; null but for an IP Address."""
    netbios: bool | Missing
    """Property EnableNetBIOS."""
    network_name: str | None | Missing
    """Property Name of a Network Name; null for another type."""
    network_name_as_declared: bool | None | Missing
    """Whether it is the name the owner declared, bare or full; None: none declared, or another role."""
    service_name: str | None | Missing
    """Property ServiceName of a Generic Service; null for another type."""
    service_key: str | None | Missing
    """service_name in lower case."""
    start_parameters: str | Missing
    """Property StartupParameters; empty for none."""
    use_network_name: bool | Missing
    """Property UseNetworkName: the service sees the network name as its computer's."""
    checkpoints: tuple[str, ...] | Missing
    """Registry keys that the cluster replicates with it, below HKEY_LOCAL_MACHINE."""


class OwnerPair(Fact, frozen=True, kw_only=True):
    """A bound resource and a member of the cluster.

    From: MSCluster_ResourceToPossibleOwner (WMI); else the cluster hive, or cluster.exe.
    """

    resource: str
    """Its name."""
    role: Role
    """Its role."""
    node: str
    """The member."""
    possible: bool | Missing
    """Whether the node may run it."""
    possible_owners: tuple[str, ...] | Missing
    """All nodes that may run it."""


class OtherResource(Fact, frozen=True, kw_only=True):
    """A resource in a VirtualCenter group that fills no role.

    From: MSCluster_Resource (WMI); else the cluster hive, or cluster.exe.
    """

    name: str
    """As the cluster names it."""
    type: str
    """`Physical Disk`, `Generic Application`, …"""
    group: str
    """Name of the group it is in."""


class GroupVar(Fact, frozen=True, kw_only=True):
    """A VirtualCenter group: the one with vpxd, and in design G the license server's.

    From: MSCluster_ResourceGroup (WMI); else the cluster hive, or cluster.exe.
    """

    name: str
    """As the cluster names it."""
    state: str | Missing
    """online, offline, partial online, failed, pending."""
    owner: str | None | Missing
    """The node that holds it; null: nobody does."""
    preferred_owners: tuple[str, ...] | Missing
    """Nodes in their order; empty: none is preferred."""
    anti_affinity: tuple[str, ...] | Missing
    """AntiAffinityClassNames, without empty ones."""
    roles: tuple[str, ...]
    """Roles of the bound resources in it."""
    others: tuple[OtherResource, ...]
    """Resources in it that fill no role."""


class Lookup(Fact, frozen=True, kw_only=True):
    """The virtual server's name as one node (or the auditor) resolves it.

    From: The resolver of each node, and the one of the auditor.
    """

    name: str
    """What was looked up."""
    role: Role
    """`name`, or `license_name` for the second group of design G."""
    node: str | None
    """None: the auditor."""
    addresses: tuple[str, ...] | Missing
    """IPv4 addresses; empty: the name server knows none."""
    address: str | None | Missing
    """Of the IP Address resource in the same group."""


class ServiceCopy(Fact, frozen=True, kw_only=True):
    """A clustered service on one node.

    From: Win32_Service of each node.
    """

    role: Role
    """Of the resource that runs it."""
    resource: str
    """Name of the resource that runs it."""
    service: str
    """Name of the service."""
    node: str
    """The node it was looked for on."""
    owner: bool | Missing
    """This node holds the resource's group."""
    exists: bool | Missing
    """It is registered there."""
    state: str | None | Missing
    """`Running`, `Stopped`, …; null: no such service."""
    running: bool | Missing
    """It runs."""
    stopped: bool | Missing
    """Neither runs nor is on its way there: pending and paused ones are neither."""
    start_mode: str | None | Missing
    """`Auto`, `Manual`, `Disabled`; null: no such service."""
    account: str | None | Missing
    """Who it runs as; null: no such service."""

"""What rules see: the variables of an expression, as types. The loader refuses every field that is not here.

`X | None`: looked, and absent (null in CEL). Missing: could not be looked at; the key is left out before CEL sees it,
so that touching it is an error, which the engine turns into unknown. A list is given only when it was read whole.
Names of nodes and resources are in the spelling the cluster uses, wherever they come from.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.evaluate.schema_cluster import ChoiceCopy, LicenseGroupView, QuorumOwner, QuorumView
from vcaudit.evaluate.schema_data import (
    AccountDifference,
    LicenseServerView,
    LicenseSourceView,
    ManagedIp,
    ManagedIpCopy,
    NodeAddress,
    PrincipalCopy,
    RegistryCopy,
    Replication,
)
from vcaudit.evaluate.schema_nodes import (
    ClusterVar,
    Conflict,
    DatabaseView,
    Disagreement,
    InstalledView,
    MemberView,
    NodeVar,
    VpxdView,
)
from vcaudit.evaluate.schema_operation import AnswerView, DrillStep, DrillVar, TakeoverView
from vcaudit.evaluate.schema_sync import SyncResource, SyncScript, SyncScripts, SyncThing, SyncUnclear, SyncWay
from vcaudit.snapshot.base import Fact, Missing

__all__ = [  # rules and code know one schema, however many files it takes
    "AccountDifference",
    "AnswerView",
    "ChoiceCopy",
    "ClusterVar",
    "Conflict",
    "DatabaseView",
    "DeclaredVar",
    "Disagreement",
    "DrillStep",
    "DrillVar",
    "GroupVar",
    "InstalledView",
    "LicenseGroupView",
    "LicenseServerView",
    "LicenseSourceView",
    "Lookup",
    "ManagedIp",
    "ManagedIpCopy",
    "MemberView",
    "NodeAddress",
    "NodeVar",
    "OtherResource",
    "OwnerPair",
    "PrincipalCopy",
    "QuorumOwner",
    "QuorumView",
    "RegistryCopy",
    "Replication",
    "RequiredRole",
    "ResourceVar",
    "Role",
    "RuleView",
    "ServiceCopy",
    "SyncResource",
    "SyncScript",
    "SyncScripts",
    "SyncThing",
    "SyncUnclear",
    "SyncWay",
    "TakeoverView",
    "VcVar",
    "VpxdView",
]

Role: TypeAlias = Literal["ip", "name", "vpxd", "web", "license", "license_ip", "license_name"]
"""What a resource is for; the last two only in the second group of design G."""


class RequiredRole(Fact, frozen=True, kw_only=True):
    """A row of Table 2 (again for the license group of design G)."""

    role: Role
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
    """A resource bound to a role."""

    name: str
    role: Role
    type: str
    group: str
    owner: str | None | Missing
    """The node that holds its group."""
    state: str | Missing
    separate: bool | Missing
    """The flag is set and no other online resource shares its MonitorProcessId."""
    separate_flag: bool | Missing
    shares_monitor_with: tuple[str, ...] | Missing
    possible_owners: tuple[str, ...] | Missing
    depends_on: tuple[str, ...] | Missing
    required_on: tuple[str, ...]
    """Names of the resources Table 4 makes it depend on; a role nothing fills stands there as `(no Network Name)`."""
    missing_dependencies: tuple[str, ...] | Missing
    extra_dependencies: tuple[str, ...] | Missing
    text_variant: bool | Missing
    """License server on the VirtualCenter Server resource, as the note's text (not its Table 4) has it."""
    address: str | None | Missing
    netmask: str | None | Missing
    netbios: bool | Missing
    network_name: str | None | Missing
    network_name_as_declared: bool | None | Missing
    """Whether it is the name the owner declared, bare or full; None: none declared, or another role."""
    service_name: str | None | Missing
    service_key: str | None | Missing
    """service_name in lower case."""
    start_parameters: str | Missing
    use_network_name: bool | Missing
    checkpoints: tuple[str, ...] | Missing


class OwnerPair(Fact, frozen=True, kw_only=True):
    """A bound resource and a member of the cluster."""

    resource: str
    role: Role
    node: str
    possible: bool | Missing
    possible_owners: tuple[str, ...] | Missing


class OtherResource(Fact, frozen=True, kw_only=True):
    """A resource in a VirtualCenter group that fills no role."""

    name: str
    type: str
    group: str


class GroupVar(Fact, frozen=True, kw_only=True):
    """A VirtualCenter group: the one with vpxd, and in design G the license server's."""

    name: str
    state: str | Missing
    owner: str | None | Missing
    preferred_owners: tuple[str, ...] | Missing
    anti_affinity: tuple[str, ...] | Missing
    roles: tuple[str, ...]
    others: tuple[OtherResource, ...]


class Lookup(Fact, frozen=True, kw_only=True):
    """The virtual server's name as one node (or the auditor) resolves it."""

    name: str
    role: Role
    node: str | None
    """None: the auditor."""
    addresses: tuple[str, ...] | Missing
    address: str | None | Missing
    """Of the IP Address resource in the same group."""


class ServiceCopy(Fact, frozen=True, kw_only=True):
    """A clustered service on one node."""

    role: Role
    resource: str
    service: str
    node: str
    owner: bool | Missing
    """This node holds the resource's group."""
    exists: bool | Missing
    state: str | None | Missing
    running: bool | Missing
    stopped: bool | Missing
    """Neither runs nor is on its way there: pending and paused ones are neither."""
    start_mode: str | None | Missing
    account: str | None | Missing


class VcVar(Fact, frozen=True, kw_only=True):
    """Variable `vc`: the VirtualCenter virtual server, roles bound and relations joined."""

    design: Literal["one group", "separate license group", "scattered"] | Missing
    """scattered: neither of the two designs the note has."""
    scattered: tuple[str, ...] | Missing
    """Names of the bound resources that are in the wrong group."""
    required: tuple[RequiredRole, ...]
    resources: tuple[ResourceVar, ...] | Missing
    groups: tuple[GroupVar, ...] | Missing
    sync_resources: tuple[SyncResource, ...] | Missing
    sync_scripts: tuple[SyncScript, ...] | Missing
    sync_script_sets: tuple[SyncScripts, ...] | Missing
    sync_things: tuple[SyncThing, ...]
    """The four of Table 1, always."""
    sync_ways: tuple[SyncWay, ...]
    """Ways of synchronisation; what could not be looked for stands there as one that is unknown."""
    sync_unclear: tuple[SyncUnclear, ...] | Missing
    """Tasks and resources that are not understood, or disabled: shown, because they are not counted."""
    owner_pairs: tuple[OwnerPair, ...] | Missing
    address: str | None | Missing
    """Of the bound IP Address resource."""
    managedip: ManagedIp
    replication: Replication | Missing
    lookups: tuple[Lookup, ...] | Missing
    """By the nodes."""
    auditor_lookups: tuple[Lookup, ...] | Missing
    services: tuple[ServiceCopy, ...] | Missing
    node_addresses: tuple[NodeAddress, ...] | Missing
    principals: tuple[PrincipalCopy, ...] | Missing
    """Local ones only; Missing(not_asked) without an export."""
    account_differences: tuple[AccountDifference, ...] | Missing
    settings_alike: bool | Missing
    """vpxd.cfg says the same on every node, whatever its bytes."""
    licenses_alike: bool | Missing
    """The licences are the same on every node, whatever their files."""
    registry_copies: tuple[RegistryCopy, ...] | Missing
    license_servers: tuple[LicenseServerView, ...] | Missing
    license_sources: tuple[LicenseSourceView, ...] | Missing
    choices: tuple[ChoiceCopy, ...] | Missing
    license_groups: tuple[LicenseGroupView, ...] | Missing
    """One, or none: the license server is in VirtualCenter's group, or in no group of its own."""
    answers: tuple[AnswerView, ...] | Missing
    """Ports of the virtual server that were tried; Missing(not_asked) without `--probe`."""
    takeovers: tuple[TakeoverView, ...] | Missing
    """Every VirtualCenter group and node with its newest drill; Missing(not_asked) when none is and none must be."""
    drill_steps: tuple[DrillStep, ...] | Missing


class DeclaredVar(Fact, frozen=True, kw_only=True):
    """Variable `declared`: the inventory's statements; null where the owner said nothing."""

    virtual_address: str | None
    netmask: str | None
    network_name: str | None
    managedip_place: str | None
    witness: str | None
    witness_runs_virtualcenter: bool | None
    synchronisation: str | None
    minimum_build: int | None
    license_server: str | None
    drill_max_age: int | None
    """Days after which a drill no longer counts; null: the owner asks for none."""


class RuleView(Fact, frozen=True, kw_only=True):
    """All variables: one field, one variable of an expression. `params` and `each` are added per rule."""

    cluster: ClusterVar
    nodes: tuple[NodeVar, ...]
    vc: VcVar
    declared: DeclaredVar
    drills: tuple[DrillVar, ...]
    """Records that were given, newest first; what follows from them is `vc.takeovers` and `vc.drill_steps`."""
    taken_at: str

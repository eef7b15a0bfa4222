"""What rules see: the variables of an expression, as types. The loader refuses every field that is not here.

`X | None`: looked, and absent (null in CEL). Missing: could not be looked at; the key is left out before CEL sees it,
so that touching it is an error, which the engine turns into unknown. A list is given only when it was read whole.
Names of nodes and resources are in the spelling the cluster uses, wherever they come from.
"""

from __future__ import annotations

from typing import Literal

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
from vcaudit.evaluate.schema_group import (
    GroupVar,
    Lookup,
    OtherResource,
    OwnerPair,
    RequiredRole,
    ResourceVar,
    Role,
    ServiceCopy,
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
from vcaudit.evaluate.schema_upkeep import UpkeepVar
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
    "UpkeepVar",
    "VcVar",
    "VpxdView",
]


class VcVar(Fact, frozen=True, kw_only=True):
    """Variable `vc`: the VirtualCenter virtual server, roles bound and relations joined.

    From: The cluster and its nodes, joined; each part below says whence.
    """

    design: Literal["one group", "separate license group", "scattered"] | Missing
    """scattered: neither of the two designs the note has."""
    scattered: tuple[str, ...] | Missing
    """Names of the bound resources that are in the wrong group."""
    required: tuple[RequiredRole, ...]
    """Every role of Table 2, and what fills it."""
    resources: tuple[ResourceVar, ...] | Missing
    """The resources that fill roles."""
    groups: tuple[GroupVar, ...] | Missing
    """VirtualCenter's group, and in design G the license server's."""
    sync_resources: tuple[SyncResource, ...] | Missing
    """Synchronisation tasks in these groups."""
    sync_scripts: tuple[SyncScript, ...] | Missing
    """Scripts that such tasks name, on each node."""
    sync_script_sets: tuple[SyncScripts, ...] | Missing
    """The same, all nodes of a task together."""
    sync_things: tuple[SyncThing, ...]
    """The four of Table 1, always."""
    sync_ways: tuple[SyncWay, ...]
    """Ways of synchronisation; what could not be looked for stands there as one that is unknown."""
    sync_unclear: tuple[SyncUnclear, ...] | Missing
    """Tasks and resources that are not understood, or disabled: shown, because they are not counted."""
    owner_pairs: tuple[OwnerPair, ...] | Missing
    """Each bound resource with each member."""
    address: str | None | Missing
    """Of the bound IP Address resource."""
    managedip: ManagedIp
    """Where the VirtualCenter Server address is set."""
    replication: Replication | Missing
    """What is replicated with the VirtualCenter Server resource, and what should be."""
    lookups: tuple[Lookup, ...] | Missing
    """By the nodes."""
    auditor_lookups: tuple[Lookup, ...] | Missing
    """By the machine that vcaudit ran on."""
    services: tuple[ServiceCopy, ...] | Missing
    """Each clustered service on each node."""
    node_addresses: tuple[NodeAddress, ...] | Missing
    """Addresses that are the nodes' own."""
    principals: tuple[PrincipalCopy, ...] | Missing
    """Local ones only; Missing(not_asked) without an export."""
    account_differences: tuple[AccountDifference, ...] | Missing
    """Local accounts that are not on every node."""
    settings_alike: bool | Missing
    """vpxd.cfg says the same on every node, whatever its bytes."""
    licenses_alike: bool | Missing
    """The licences are the same on every node, whatever their files."""
    registry_copies: tuple[RegistryCopy, ...] | Missing
    """The registry of the nodes that do not hold the group, held against that of the one that does."""
    license_servers: tuple[LicenseServerView, ...] | Missing
    """What the license files of each node say."""
    license_sources: tuple[LicenseSourceView, ...] | Missing
    """Which license server VirtualCenter is told to use, on each node."""
    choices: tuple[ChoiceCopy, ...] | Missing
    """What was chosen at the installation, held against the node that holds the group."""
    license_groups: tuple[LicenseGroupView, ...] | Missing
    """One, or none: the license server is in VirtualCenter's group, or in no group of its own."""
    answers: tuple[AnswerView, ...] | Missing
    """Ports of the virtual server that were tried; Missing(not_asked) without `--probe`."""
    takeovers: tuple[TakeoverView, ...] | Missing
    """Every VirtualCenter group and node with its newest drill; Missing(not_asked) when none is and none must be."""
    drill_steps: tuple[DrillStep, ...] | Missing
    """Steps of the newest drills."""


class DeclaredVar(Fact, frozen=True, kw_only=True):
    """Variable `declared`: the inventory's statements; null where the owner said nothing.

    From: The inventory.
    """

    virtual_address: str | None
    """Address of the virtual server."""
    netmask: str | None
    """Its netmask."""
    license_netmask: str | None
    """Netmask of the license server's own address, where it is in a group of its own."""
    network_name: str | None
    """Network name of the virtual server, bare or full."""
    managedip_place: str | None
    """`file` or `registry`."""
    witness: str | None
    """The server that holds the witness share."""
    witness_runs_virtualcenter: bool | None
    """Whether that server runs VirtualCenter software."""
    synchronisation: str | None
    """`manual`: somebody copies by hand."""
    minimum_build: int | None
    """Build number that is Patch 2 or later."""
    license_server: str | None
    """`port@host` that VirtualCenter uses."""
    drill_max_age: int | None
    """Days after which a drill no longer counts; null: the owner asks for none."""


class RuleView(Fact, frozen=True, kw_only=True):
    """All variables: one field, one variable of an expression. `params` and `each` are added per rule.

    From: The snapshot.
    """

    cluster: ClusterVar
    """The cluster as a whole."""
    nodes: tuple[NodeVar, ...]
    """Every node, what it runs and what it is."""
    vc: VcVar
    """The VirtualCenter virtual server."""
    upkeep: UpkeepVar
    """What keeps the cluster ready beyond what the note asks."""
    declared: DeclaredVar
    """What the owner says in the inventory."""
    drills: tuple[DrillVar, ...]
    """Records that were given, newest first; what follows from them is `vc.takeovers` and `vc.drill_steps`."""
    taken_at: str
    """When the snapshot was taken, RFC 3339 UTC: the only clock there is."""

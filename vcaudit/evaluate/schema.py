"""What rules see: the variables of an expression, as types. The loader refuses every field that is not here.

`X | None`: looked, and absent (null in CEL). Missing: could not be looked at; the key is left out before CEL sees it, so
that touching it is an error, which the engine turns into unknown. A list is given only when it was read whole.
Names of nodes and resources are in the spelling the cluster uses, wherever they come from.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.snapshot.base import Fact, Missing

Role: TypeAlias = Literal["ip", "name", "vpxd", "web", "license", "license_ip", "license_name"]
"""What a resource is for; the last two only in the second group of design G."""


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
    """The node (or the virtual server) that the host is; None: a separate host. Names, addresses, `localhost`, `.`, `(local)`."""


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
    installed: InstalledView
    vpxd: VpxdView | None | Missing
    database: DatabaseView | Missing
    ssl_missing: tuple[str, ...] | Missing
    """Of rui.crt, rui.key, rui.pfx; all three when there is no SSL folder."""


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


class ManagedIpCopy(Fact, frozen=True, kw_only=True):
    """managedip on one node, in what vpxd reads there."""

    node: str
    owner: bool | Missing
    judged: bool | Missing
    """False for a standby whose copy the registry checkpoint renews when the resource goes online there (E1)."""
    place: Literal["file", "registry", "both", "nowhere"] | Missing
    values: tuple[str, ...] | Missing
    """Trimmed; more than one when set more than once."""
    file_paths: tuple[str, ...] | Missing
    """Elements found: `config/vpxd/managedip`."""
    misplaced: tuple[str, ...] | Missing
    """Those of file_paths that are not a child of <vpxd> below the root."""
    valid: bool | Missing
    """Every value is an IPv4 address."""
    registry_form: Literal["value", "key"] | None | Missing
    ignored: tuple[str, ...] | Missing
    """Values in the registry view that vpxd does not read."""


class ManagedIp(Fact, frozen=True, kw_only=True):
    """Where the VirtualCenter Server address is set (Clustering Considerations)."""

    place: Literal["file", "registry", "both", "nowhere", "differs"] | Missing
    """The one place on every node, or what is wrong."""
    owner_place: Literal["file", "registry", "both", "nowhere"] | Missing
    at: str | Missing
    """In words, node by node."""
    covered: bool | Missing
    """A registry checkpoint covers the view that vpxd reads."""
    copies: tuple[ManagedIpCopy, ...]


class Replication(Fact, frozen=True, kw_only=True):
    """Registry replication of the VirtualCenter Server resource (Table 4, step 6)."""

    required: tuple[str, ...] | Missing
    missing: tuple[str, ...] | Missing
    extra: tuple[str, ...] | Missing


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
    start_mode: str | None | Missing
    account: str | None | Missing


class NodeAddress(Fact, frozen=True, kw_only=True):
    """An address that belongs to a node itself, not to a resource."""

    node: str
    address: str


class PrincipalCopy(Fact, frozen=True, kw_only=True):
    """A principal of VirtualCenter that is local to the nodes, on one node."""

    principal: str
    roles: tuple[str, ...]
    is_group: bool
    node: str
    qualified_with: str | None
    """The node whose name stands before it: it resolves only there."""
    exists: bool | Missing
    enabled: bool | Missing
    why_not: str | Missing
    """disabled, locked, expired, must change its password; empty when enabled."""
    missing_members: tuple[str, ...] | Missing
    """On the owner and not here; empty for users and on the owner."""
    extra_members: tuple[str, ...] | Missing


class AccountDifference(Fact, frozen=True, kw_only=True):
    """A local account that is not on every node."""

    name: str
    is_group: bool
    absent_on: tuple[str, ...]


class LicenseServerView(Fact, frozen=True, kw_only=True):
    """The SERVER lines of one node's license files."""

    node: str
    lines: tuple[str, ...] | Missing
    """`vc.lic: SERVER this_host ANY`."""
    hosts_fit: bool | Missing
    """Each names this_host, or the virtual server's name or address."""
    host_ids_fit: bool | Missing
    """Each says ANY, or an id that every node has."""


class LicenseSourceView(Fact, frozen=True, kw_only=True):
    """The license servers VirtualCenter is told to use on one node; Missing(not_found) where nothing says."""

    node: str
    values: tuple[str, ...] | Missing
    """`27000@localhost (registry)`."""
    kinds: tuple[Literal["local", "virtual", "node", "remote"], ...] | Missing
    """Of the values; `node`: one node's own name or address."""
    tied: bool | Missing
    """One of them is a node's own."""


class RegistryCopy(Fact, frozen=True, kw_only=True):
    """The VirtualCenter registry entries of a node that does not hold the group."""

    node: str
    differs_in: tuple[str, ...] | Missing
    """Values that are not as on the owner."""


class VcVar(Fact, frozen=True, kw_only=True):
    """Variable `vc`: the VirtualCenter virtual server, roles bound and relations joined."""

    design: Literal["one group", "separate license group", "scattered"] | Missing
    """scattered: neither of the two designs the note has."""
    scattered: tuple[str, ...] | Missing
    """Names of the bound resources that are in the wrong group."""
    required: tuple[RequiredRole, ...]
    resources: tuple[ResourceVar, ...] | Missing
    groups: tuple[GroupVar, ...] | Missing
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


class DeclaredVar(Fact, frozen=True, kw_only=True):
    """Variable `declared`: the inventory's statements; null where the owner said nothing."""

    virtual_address: str | None
    netmask: str | None
    network_name: str | None
    managedip_place: str | None
    witness: str | None
    synchronisation: str | None
    minimum_build: int | None
    license_server: str | None


class RuleView(Fact, frozen=True, kw_only=True):
    """All variables: one field, one variable of an expression. `params` and `each` are added per rule."""

    cluster: ClusterVar
    nodes: tuple[NodeVar, ...]
    vc: VcVar
    declared: DeclaredVar
    taken_at: str

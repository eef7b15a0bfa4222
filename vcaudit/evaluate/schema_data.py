"""Relations over the data of Table 1, over accounts and licences, as types: parts of the variable `vc`."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import Fact, Missing


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


class RegistryCopy(Fact, frozen=True, kw_only=True):
    """The VirtualCenter registry entries of a node that does not hold the group."""

    node: str
    differs_in: tuple[str, ...] | Missing
    """Values that are not as on the owner."""


class LicenseServerView(Fact, frozen=True, kw_only=True):
    """Which machines one node's license files are for."""

    node: str
    lines: tuple[str, ...] | Missing
    """`vc.lic: SERVER this_host ANY`."""
    hosts_fit: bool | Missing
    """Each names this_host, or the virtual server's name or address."""
    bindings: tuple[str, ...] | Missing
    """What has a host id: the SERVER lines, and licences that name one (`vc.lic: PROD_VC HOSTID=ANY`)."""
    host_ids_fit: bool | Missing
    """Each host id is ANY, or one that every node has."""
    other_hosts: tuple[str, ...] | Missing
    """The lines whose host does not fit."""
    other_ids: tuple[str, ...] | Missing
    """Those of `bindings` whose host id does not fit every node."""
    files: tuple[str, ...] | Missing
    """Names of the license files; none: the license server has nothing to serve."""


class LicenseSourceView(Fact, frozen=True, kw_only=True):
    """The license servers VirtualCenter is told to use on one node; Missing(not_found) where nothing says."""

    node: str
    values: tuple[str, ...] | Missing
    """`27000@localhost (registry)`."""
    kinds: tuple[Literal["local", "virtual", "node", "remote"], ...] | Missing
    """Of the values; `node`: one node's own name or address."""
    tied: bool | Missing
    """One of them is a node's own."""
    remote_hosts: tuple[str, ...] | Missing
    """Hosts of those outside the cluster, in lower case; empty as soon as one is inside."""

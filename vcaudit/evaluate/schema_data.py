"""Relations over the data of Table 1, over accounts and licences, as types: parts of the variable `vc`."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import Fact, Missing


class ManagedIpCopy(Fact, frozen=True, kw_only=True):
    """managedip on one node, in what vpxd reads there.

    From: vpxd.cfg, and the registry in the view that vpxd reads.
    """

    node: str
    """The node."""
    owner: bool | Missing
    """It holds the VirtualCenter group."""
    judged: bool | Missing
    """False for a standby whose copy the registry checkpoint renews when the resource goes online there (E1)."""
    everywhere: bool | Missing
    """The owner's, which the registry checkpoint writes to every node: what is wrong with it goes along."""
    place: Literal["file", "registry", "both", "nowhere"] | Missing
    """Where it is set there."""
    values: tuple[str, ...] | Missing
    """Trimmed; more than one when set more than once."""
    file_paths: tuple[str, ...] | Missing
    """Elements found: `config/vpxd/managedip`."""
    misplaced: tuple[str, ...] | Missing
    """Those of file_paths that are not a child of <vpxd> below the root."""
    valid: bool | Missing
    """Every value is an IPv4 address."""
    registry_form: Literal["value", "key"] | None | Missing
    """How it stands in the registry; null: it is not set there."""
    ignored: tuple[str, ...] | Missing
    """Values in the registry view that vpxd does not read."""


class ManagedIp(Fact, frozen=True, kw_only=True):
    """Where the VirtualCenter Server address is set (Clustering Considerations).

    From: vpxd.cfg and the registry of every node, and the checkpoints of the resource.
    """

    place: Literal["file", "registry", "both", "nowhere", "differs"] | Missing
    """The one place on every node, or what is wrong."""
    owner_place: Literal["file", "registry", "both", "nowhere"] | Missing
    """Where it is set on the node that holds the group."""
    at: str | Missing
    """In words, node by node."""
    covered: bool | Missing
    """A registry checkpoint covers the view that vpxd reads."""
    copies: tuple[ManagedIpCopy, ...]
    """Node by node."""


class Replication(Fact, frozen=True, kw_only=True):
    """Registry replication of the VirtualCenter Server resource (Table 4, step 6).

    From: The resource's registry checkpoints, held against where the address is set.
    """

    required: tuple[str, ...] | Missing
    """Keys that have to be replicated; empty when the address is in vpxd.cfg."""
    missing: tuple[str, ...] | Missing
    """Of these, those that no checkpoint covers."""
    extra: tuple[str, ...] | Missing
    """Checkpoints that nothing asks for."""


class NodeAddress(Fact, frozen=True, kw_only=True):
    """An address that belongs to a node itself, not to a resource.

    From: Win32_NetworkAdapterConfiguration, without the addresses of resources.
    """

    node: str
    """The node."""
    address: str
    """IPv4."""


class PrincipalCopy(Fact, frozen=True, kw_only=True):
    """A principal of VirtualCenter that is local to the nodes, on one node.

    From: The export of VirtualCenter's role holders, held against the local accounts of each node.
    """

    principal: str
    """User or group, without the name of a machine."""
    roles: tuple[str, ...]
    """The VirtualCenter roles it holds."""
    is_group: bool
    """A group; else a user."""
    node: str
    """The node it was looked for on."""
    qualified_with: str | None
    """The node whose name stands before it: it resolves only there."""
    exists: bool | Missing
    """There is such a local account."""
    enabled: bool | Missing
    """It can log on there; true for a group."""
    why_not: str | Missing
    """disabled, locked, expired, must change its password; empty when enabled."""
    missing_members: tuple[str, ...] | Missing
    """On the owner and not here; empty for users and on the owner."""
    extra_members: tuple[str, ...] | Missing
    """Here and not on the owner."""


class AccountDifference(Fact, frozen=True, kw_only=True):
    """A local account that is not on every node.

    From: The local accounts of each node.
    """

    name: str
    """Of the account."""
    is_group: bool
    """A group; else a user."""
    absent_on: tuple[str, ...]
    """Nodes that lack it."""


class RegistryCopy(Fact, frozen=True, kw_only=True):
    """The VirtualCenter registry entries of a node that does not hold the group.

    From: The VirtualCenter key in both views of the registry.
    """

    node: str
    """The node."""
    differs_in: tuple[str, ...] | Missing
    """Values that are not as on the owner."""


class LicenseServerView(Fact, frozen=True, kw_only=True):
    """Which machines one node's license files are for.

    From: The license files of each node.
    """

    node: str
    """The node."""
    lines: tuple[str, ...] | Missing
    """`vc.lic: SERVER this_host ANY`."""
    hosts_fit: bool | Missing
    """Each names this_host, or the name or address of the license server's group."""
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
    counted: tuple[str, ...] | Missing
    """Licences with a count (`vc.lic: PROD_VC`): none of them is given out without a SERVER line."""


class LicenseSourceView(Fact, frozen=True, kw_only=True):
    """The license servers VirtualCenter is told to use on one node; Missing(not_found) where nothing says.

    From: The VirtualCenter key, vpxd.cfg, FLEXlm's own keys, and the machine's variables; on a standby, what a registry
    checkpoint covers as the owner has it; the ports of the node's license files.
    """

    node: str
    """The node."""
    values: tuple[str, ...] | Missing
    """`27000@localhost (registry)`."""
    kinds: tuple[Literal["local", "virtual", "node", "stray", "remote"], ...] | Missing
    """Of the values; `node`: one node's own name or address; `stray`: this cluster's, but not always
    where the license server is."""
    tied: bool | Missing
    """One of them is a node's own, or of a group that the license server does not move with."""
    remote_hosts: tuple[str, ...] | Missing
    """Hosts of those outside the cluster, in lower case; empty as soon as one is inside."""
    ports: tuple[int, ...] | Missing
    """At which it asks a license server of this cluster; where the inventory names the server, at that one's."""
    served: tuple[int, ...] | Missing
    """Ports of the SERVER lines of the node's license files; 27000 where a line names none."""
    reached: bool | Missing
    """It asks at the port that is served; Missing where one of several answers counts and nobody knows which."""

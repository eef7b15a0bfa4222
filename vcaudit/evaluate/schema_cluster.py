"""Quorum, installation choices and the license server's own group, as types: see `schema.py` for null and Missing."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import Fact, Missing


class QuorumOwner(Fact, frozen=True, kw_only=True):
    """The quorum resource and a member of the cluster.

    From: MSCluster_ResourceToPossibleOwner (WMI).
    """

    resource: str
    """Name of the quorum resource."""
    node: str
    """The member."""
    possible: bool | Missing
    """Whether the node may hold it."""


class QuorumView(Fact, frozen=True, kw_only=True):
    """What decides which nodes may go on as the cluster (Cluster Configuration, Fig. 2, Fig. 3).

    From: MSCluster_Cluster and the quorum resource with its private properties (WMI); else the cluster hive.
    """

    kind: Literal["disk", "majority", "local", "none"] | Missing
    """By the type of the quorum resource; `majority`: of the nodes, and of a witness share if there is one."""
    named: str | None | Missing
    """The kind as this Windows calls it; it decides only where there is no resource, as with Node Majority."""
    resource: str | None | Missing
    """Name of the quorum resource; null: there is none."""
    type: str | None | Missing
    """Of the resource."""
    shown: str | Missing
    """Resource and type in one: `Disk Q: (Physical Disk)`."""
    state: str | None | Missing
    """Of the resource."""
    owners: tuple[QuorumOwner, ...] | Missing
    """The quorum disk, the majority node set or the witness with every member; empty where there is none of them."""
    share: str | None | Missing
    """UNC path of the witness share; None: there is none."""
    host: str | None | Missing
    """The server in that path; None: there is no share, or its path names no server."""
    on: str | None | Missing
    """The node, or the virtual server of this cluster, that `host` is; None: another machine."""
    as_declared: bool | None | Missing
    """Whether `host` is the witness of the inventory, bare or full; None: no share, or none declared."""


class ChoiceCopy(Fact, frozen=True, kw_only=True):
    """Something that was chosen at the installation, on one node beside the one that holds the group (A9).

    From: Win32_Service, vpxd.cfg and the registry of each node.
    """

    kind: Literal["account", "path", "port"]
    """What sort of choice it is."""
    what: str
    """In words: `Service account of VirtualCenter Server`."""
    role: Literal["vpxd", "web", "license"]
    """The program it is about."""
    node: str
    """The node, never the one that holds the group."""
    applies: bool | Missing
    """Both nodes have it; that one lacks it is another requirement's matter."""
    value: str | Missing
    """As it stands there; empty where it does not apply."""
    reference: str | Missing
    """The same on the node that holds the group."""
    same: bool | Missing
    """Whether the two mean the same, however they are written."""


class LicenseGroupView(Fact, frozen=True, kw_only=True):
    """The group of a license server that is not in VirtualCenter's (Separate Resource Group, Fig. 5).

    From: MSCluster_Resource, MSCluster_ResourceGroup (WMI); else the cluster hive, or cluster.exe.
    """

    name: str
    """As the cluster names it."""
    resource: str
    """The license server's."""
    lacks: tuple[str, ...] | Missing
    """Of IP Address and Network Name, those it has none of its own of."""
    unchained: tuple[str, ...] | Missing
    """`LS does not depend on LS Network Name`."""
    web: str | None | Missing
    """Web access, when it is in this group."""
    anti_affinity: tuple[str, ...] | Missing
    """AntiAffinityClassNames, without empty ones."""
    vc_anti_affinity: tuple[str, ...] | Missing
    """Those of VirtualCenter's group."""
    shared_classes: tuple[str, ...] | Missing
    """Those that both have."""
    vc_group: str
    """Name of VirtualCenter's group."""
    owner: str | None | Missing
    """The node that holds this group."""
    vc_owner: str | None | Missing
    """The node that holds VirtualCenter's."""

"""Relations over the ways of synchronisation (Data Synchronization), as types: parts of the variable `vc`."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import Fact, Missing


class SyncResource(Fact, frozen=True, kw_only=True):
    """A synchronisation task in a VirtualCenter group (F8); C1 holds for it too.

    From: MSCluster_Resource (WMI); else the cluster hive, or cluster.exe.
    """

    name: str
    """As the cluster names it."""
    group: str
    """Name of the group it is in."""
    separate: bool | Missing
    """As of a bound resource: the flag is set, and nothing shares its monitor."""
    separate_flag: bool | Missing
    """The flag alone: property SeparateMonitor."""
    shares_monitor_with: tuple[str, ...] | Missing
    """Online resources with the same MonitorProcessId; empty: none."""
    command: str
    """Its command line; secrets in it are `***`; empty: none."""
    ends: bool | None | Missing
    """It is over as soon as it has copied; None: what it runs is not understood."""


class SyncScript(Fact, frozen=True, kw_only=True):
    """A script that the command line of a synchronisation resource names, on one node.

    From: The command line of the resource, and the file itself on each node.
    """

    resource: str
    """Name of the resource."""
    script: str
    """Its path there."""
    node: str
    """The node it was looked for on."""
    exists: bool | Missing
    """It is there."""


class SyncScripts(Fact, frozen=True, kw_only=True):
    """The scripts of a synchronisation resource on all nodes.

    From: The command line of the resource, and the file itself on each node.
    """

    resource: str
    """Name of the resource."""
    scripts: tuple[str, ...]
    """Their paths."""
    identical: bool | Missing
    """Those that are there are the same, byte by byte."""
    differ_on: tuple[str, ...] | Missing
    """Nodes that have another than the owner of the group, or than the first node."""


class SyncWay(Fact, frozen=True, kw_only=True):
    """Something that keeps Table 1 the same on the nodes, wholly or in part.

    From: Scheduled tasks, DFS replication and Generic Application resources of the nodes.
    """

    kind: Literal["task", "resource", "dfsr"]
    """What sort of way it is."""
    name: str
    """Of the task, the resource or the folder."""
    node: str | None
    """Where it runs; None: where the group is."""
    what: str
    """`scheduled task \\Copy on VCNODE1`"""
    covers: tuple[str, ...] | Missing
    """Requirement ids of what it takes along, wholly or in part, in some direction."""
    covers_any: bool | Missing
    """It takes along any of F1 to F4: known as soon as one of them is, where others could not be looked at."""
    works: bool | Missing
    """The last run ended well; of a resource: it is online; of a replicated folder: its state is normal."""
    state: str | Missing
    """The same in words."""
    last_run: str | None | Missing
    """None: it goes on all the time, or never ran."""
    last_result: int | None | Missing
    """Exit code of the last run; null: it has not run, or says none."""
    age_hours: int | None | Missing
    """Whole hours from the last run to the scan, by the node's own clock; None: it never ran, or nobody says."""
    continuous: bool | Missing
    """It copies whenever something changes, and not at certain times."""
    overwrites_newer: bool | Missing
    """A copy of it has a fixed source and can put older data over the owner's newer."""
    overwrites: tuple[str, ...] | Missing
    """How, in words."""


class SyncThing(Fact, frozen=True, kw_only=True):
    """One of the four things of Table 1 that F1 to F4 are about.

    From: Scheduled tasks, DFS replication and Generic Application resources of the nodes.
    """

    what: str
    """In words."""
    requirement: str
    """Its id in the catalogue."""
    needed: bool | Missing
    """False: no node has it."""
    alike: bool | Missing
    """It is the same on every node now."""
    covered: bool | Missing
    """From whichever node holds the group, a way brings it to every other."""
    uncovered: tuple[str, ...] | Missing
    """`from VCNODE1 to VCNODE2`, where none does."""
    by: tuple[str, ...] | Missing
    """The ways that bring it anywhere, in words."""
    unclear: tuple[str, ...] | Missing
    """What might bring it, and is not counted: what of it is not understood, in words."""


class SyncUnclear(Fact, frozen=True, kw_only=True):
    """A task or a resource that is not counted as a way, because of what it runs is not all understood.

    From: Scheduled tasks and Generic Application resources of the nodes.
    """

    name: str
    """Of the task or the resource."""
    node: str | None
    """The node it was seen on; null: it is the cluster's."""
    what: str
    """Why it is not counted."""
    why: str
    """`disabled`, or what is not understood."""
